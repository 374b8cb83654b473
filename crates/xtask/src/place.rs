//! Where things are: the repository, the build's folder, and what set-up puts there. It creates nothing.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders that the tasks work in.
pub(crate) struct Place {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the machine's settings put it.
    pub(crate) target: PathBuf,
}

impl Place {
    /// Asks cargo.
    ///
    /// # Errors
    /// When `cargo metadata` fails.
    pub(crate) fn find() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest
            .ancestors()
            .nth(2)
            .context("crates/xtask is not two folders deep")?
            .to_owned();
        let mut cargo = Command::new("cargo");
        cargo
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(&root);
        let output = cargo.output().context("cannot run cargo")?;
        anyhow::ensure!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: serde_json::Value =
            serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")?;
        let target = metadata["target_directory"]
            .as_str()
            .context("cargo metadata names no target folder")?;
        Ok(Self {
            root,
            target: target.into(),
        })
    }

    /// The binary of the development profile.
    pub(crate) fn banjjak(&self) -> PathBuf {
        self.target.join("debug/banjjak")
    }

    /// What the tasks make for themselves: tools, environments, logs.
    pub(crate) fn own(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// The Python environment of the API's fuzzer.
    pub(crate) fn venv(&self) -> PathBuf {
        self.own().join("venv")
    }

    /// The root of cargo-installed tools.
    pub(crate) fn tools(&self) -> PathBuf {
        self.own().join("tools")
    }

    /// The licence checker.
    pub(crate) fn cargo_deny(&self) -> PathBuf {
        self.tools().join("bin/cargo-deny")
    }
}
