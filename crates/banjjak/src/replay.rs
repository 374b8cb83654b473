//! `banjjak replay`: placeholder until the fold lands.

use crate::cli::ReplayArgs;
use std::process::ExitCode;

pub(crate) async fn run(_args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
