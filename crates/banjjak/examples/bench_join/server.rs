//! The servers under load, each a child process that says where it listens.

use anyhow::Context as _;
use banjjak::cli::Cli;
use clap::Parser as _;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A child that serves; ends with this.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts this program again as a server and waits for its first line.
    pub(crate) fn start(kind: &str, folder: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(kind)
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("a pipe was asked for")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready: serde_json::Value =
            serde_json::from_str(&line).with_context(|| format!("the server said {line:?}"))?;
        let address = ready["public"].as_str().unwrap_or_default();
        let address = address.trim_start_matches("http://").parse()?;
        Ok(Self { child, address })
    }

    /// Processor time that the server has taken so far, in seconds: `utime` and `stime` of proc_pid_stat(5), in hundredths.
    pub(crate) fn processor_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = stat.rsplit_once(')').context("a stat without a name")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(ticks as f64 / 100.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its folder is thrown away: nothing is left to put in order.
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            panic!("the server cannot be ended: {error}");
        }
    }
}

/// `banjjak serve` with the demo event, as anyone starts it, but that one address may send as much as it can.
pub(crate) async fn run_whole(folder: &Path) -> anyhow::Result<()> {
    let folder = folder.display().to_string();
    let cli = Cli::try_parse_from([
        "banjjak",
        "serve",
        "--demo",
        "--print-json",
        "--any-port",
        "--data",
        &folder,
        "--set",
        "api.address_changes_per_second=10000000",
        "--set",
        "telemetry.level=warn",
    ])?;
    banjjak::run(cli).await;
    Ok(())
}
