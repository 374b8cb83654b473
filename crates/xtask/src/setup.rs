//! Setting a machine up for the tests: Debian packages, npm packages, a Python environment, cargo-deny. What is there
//! already is left alone; what cannot be installed is named precisely. It runs no test.

use crate::child;
use crate::place::Place;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A whole installation, on a slow line.
const LIMIT: Duration = Duration::from_secs(900);

/// The release of cargo-deny that deny.toml was written for.
const DENY_VERSION: &str = "0.20.2";

/// The oldest Node that the browser tests run on.
const NODE_MAJOR: u32 = 20;

/// Something the tests need from the system.
struct Need {
    what: &'static str,
    /// A shell command that succeeds when it is there.
    probe: &'static str,
    /// The Debian packages that bring it.
    packages: &'static [&'static str],
}

/// Needed to build and to run the Rust tests.
const RUST: &[Need] = &[
    Need {
        what: "a C compiler",
        probe: "command -v cc",
        packages: &["gcc", "libc6-dev"],
    },
    Need {
        what: "strace",
        probe: "command -v strace",
        packages: &["strace"],
    },
    Need {
        what: "zbarimg",
        probe: "command -v zbarimg",
        packages: &["zbar-tools"],
    },
    Need {
        what: "rsvg-convert",
        probe: "command -v rsvg-convert",
        packages: &["librsvg2-bin"],
    },
];

/// Needed for the browser tests.
const WEB: &[Need] = &[
    Need {
        what: "node",
        probe: "command -v node",
        packages: &["nodejs"],
    },
    Need {
        what: "npm",
        probe: "command -v npm",
        packages: &["npm"],
    },
    Need {
        what: "Chromium",
        probe: "command -v chromium",
        packages: &["chromium"],
    },
    Need {
        what: "a Korean font",
        probe: "fc-list :lang=ko family | grep -q .",
        packages: &["fonts-noto-cjk", "fontconfig"],
    },
    Need {
        what: "zbarimg",
        probe: "command -v zbarimg",
        packages: &["zbar-tools"],
    },
    Need {
        what: "rsvg-convert",
        probe: "command -v rsvg-convert",
        packages: &["librsvg2-bin"],
    },
];

/// Needed for the fuzzer of the API.
const API: &[Need] = &[Need {
    what: "python3 with venv",
    probe: "python3 -c 'import ensurepip, venv'",
    packages: &["python3", "python3-venv"],
}];

/// Sets up what the Rust tests need.
///
/// # Errors
/// When something is missing that cannot be installed here; the message names it and how to get it.
pub(crate) fn rust() -> Result<()> {
    for (component, probe) in [
        ("rustfmt", "cargo fmt --version"),
        ("clippy", "cargo clippy --version"),
    ] {
        if !probe_succeeds(probe) && !shown("rustup", &["component", "add", component], None) {
            bail!("missing: {component}; install it with: rustup component add {component}");
        }
    }
    packages(RUST)
}

/// Sets up what the browser tests need.
///
/// # Errors
/// When something is missing that cannot be installed here; the message names it and how to get it.
pub(crate) fn web(place: &Place) -> Result<()> {
    packages(WEB)?;
    let version = Command::new("node")
        .arg("--version")
        .output()
        .context("cannot run node")?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    if !is_recent_enough(&version) {
        bail!("node {version} is too old: the browser tests need Node {NODE_MAJOR} or newer");
    }
    let (web, lock) = (
        place.root.join("web"),
        place.root.join("web/package-lock.json"),
    );
    unless_fresh(&lock, &web.join("node_modules/.lock-installed"), || {
        let arguments = ["ci", "--no-audit", "--no-fund"];
        installed(
            shown("npm", &arguments, Some(&web)),
            "web/node_modules",
            "npm ci, in web/",
        )
    })
}

/// Sets up what the fuzzer of the API needs.
///
/// # Errors
/// When something is missing that cannot be installed here; the message names it and how to get it.
pub(crate) fn api(place: &Place) -> Result<()> {
    packages(API)?;
    let (venv, list) = (
        place.venv(),
        place.root.join("crates/xtask/requirements.txt"),
    );
    unless_fresh(&list, &venv.join("requirements.installed"), || {
        let folder = venv
            .to_str()
            .context("the target folder's path is not UTF-8")?;
        installed(
            shown("python3", &["-m", "venv", "--clear", folder], None),
            folder,
            "python3 -m venv",
        )?;
        let pip = format!("{folder}/bin/pip");
        let list = list
            .to_str()
            .context("the repository's path is not UTF-8")?;
        let arguments = [
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            list,
        ];
        installed(
            shown(&pip, &arguments, None),
            folder,
            "pip install -r crates/xtask/requirements.txt",
        )
    })
}

/// Sets cargo-deny up, in the target folder: a build of some minutes, once.
///
/// # Errors
/// When it cannot be built.
pub(crate) fn deny(place: &Place) -> Result<()> {
    let installed_version = Command::new(place.cargo_deny()).arg("--version").output();
    let current = installed_version.is_ok_and(|output| {
        output.status.success()
            && String::from_utf8_lossy(&output.stdout)
                .trim()
                .ends_with(DENY_VERSION)
    });
    if current {
        return Ok(());
    }
    let root = place.tools();
    let root = root
        .to_str()
        .context("the target folder's path is not UTF-8")?;
    let arguments = [
        "install",
        "cargo-deny",
        "--version",
        DENY_VERSION,
        "--locked",
        "--quiet",
        "--root",
        root,
    ];
    installed(
        shown("cargo", &arguments, None),
        "cargo-deny",
        &format!("cargo install cargo-deny --version {DENY_VERSION} --locked"),
    )
}

/// Installs what is missing of `needs`, as root on Debian; names it otherwise.
fn packages(needs: &[Need]) -> Result<()> {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|need| need.packages.iter().copied())
        .collect();
    if rustix::process::geteuid().is_root() && probe_succeeds("command -v apt-get") {
        let mut install = vec!["install", "-y", "--no-install-recommends"];
        install.extend(&packages);
        // A stale package list names versions that the mirror has dropped.
        let _ = shown("apt-get", &["update", "-q"], None);
        let _ = shown("apt-get", &install, None);
    }
    let missing = self::missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let what: Vec<&str> = missing.iter().map(|need| need.what).collect();
    let packages = missing
        .iter()
        .flat_map(|need| need.packages.iter().copied())
        .collect::<Vec<_>>()
        .join(" ");
    bail!(
        "missing: {}; on Debian: sudo apt-get install --no-install-recommends {packages}",
        what.join(", ")
    )
}

fn missing(needs: &[Need]) -> Vec<&Need> {
    needs
        .iter()
        .filter(|need| !probe_succeeds(need.probe))
        .collect()
}

fn probe_succeeds(probe: &str) -> bool {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", probe])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    shell.status().is_ok_and(|status| status.success())
}

fn is_recent_enough(version: &str) -> bool {
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .unwrap_or_default();
    major.parse::<u32>().is_ok_and(|major| major >= NODE_MAJOR)
}

/// Runs an installer where everybody can see it.
fn shown(program: &str, arguments: &[&str], folder: Option<&Path>) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    child::run(&mut command, LIMIT).is_ok_and(|outcome| outcome.succeeded)
}

fn installed(succeeded: bool, what: &str, by: &str) -> Result<()> {
    if !succeeded {
        bail!("could not install {what} (by: {by}); what it printed is above");
    }
    Ok(())
}

/// Runs `install` unless `stamp` says that this very `list` is installed already.
fn unless_fresh(list: &Path, stamp: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = std::fs::read(list).with_context(|| format!("cannot read {}", list.display()))?;
    if std::fs::read(stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install()?;
    std::fs::write(stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_left_alone() {
        packages(&[Need {
            what: "a shell",
            probe: "command -v sh",
            packages: &["no-such-package"],
        }])
        .unwrap();
    }

    #[test]
    fn an_old_node_is_refused() {
        assert!(is_recent_enough("v20.20.2") && is_recent_enough("v24.1.0"));
        assert!(!is_recent_enough("v18.20.4") && !is_recent_enough(""));
    }

    #[test]
    fn an_unchanged_list_is_installed_once() {
        let folder = tempfile::tempdir().unwrap();
        let (list, stamp) = (folder.path().join("list"), folder.path().join("stamp"));
        let mut runs = 0;
        for text in ["a", "a", "b"] {
            std::fs::write(&list, text).unwrap();
            unless_fresh(&list, &stamp, || {
                runs += 1;
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(runs, 2);
        std::fs::write(&list, "c").unwrap();
        assert!(unless_fresh(&list, &stamp, || bail!("no network")).is_err());
        assert_eq!(std::fs::read_to_string(&stamp).unwrap(), "b");
    }
}
