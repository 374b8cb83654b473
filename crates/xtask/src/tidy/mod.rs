//! The house rules as a test: borders between crates, and what a file must and must not say. Only these fail; a long
//! file or function is mentioned. What the compiler, clippy and cargo-deny already check is not repeated here.

mod borders;
mod rust;
mod source;
mod text;

use crate::tally::Tally;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A rule; each counts as one test in the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    Borders,
    Lints,
    Pure,
    Independent,
    Opening,
    Banned,
    Sleep,
    Paths,
    Registry,
    Links,
}

impl Rule {
    const ALL: [(Self, &'static str); 10] = [
        (Self::Borders, "dependencies stay inside the borders"),
        (
            Self::Lints,
            "every crate takes the workspace's lints and licence",
        ),
        (
            Self::Pure,
            "the rules' crate has no IO, clock, float or random order",
        ),
        (
            Self::Independent,
            "the checker names nothing of what it checks",
        ),
        (Self::Opening, "every Rust file says what it is"),
        (
            Self::Banned,
            "no leftovers, no silenced lints, no ignored tests",
        ),
        (Self::Sleep, "no test sleeps"),
        (Self::Paths, "no path of one machine"),
        (Self::Registry, "no registry's host in a lock file"),
        (Self::Links, "links between documents lead somewhere"),
    ];
}

/// A broken rule and where.
struct Finding {
    path: String,
    /// 1-based; 0 for the whole file.
    line: usize,
    rule: Rule,
    message: String,
}

/// Checks the workspace at `root` and prints what it finds.
///
/// # Errors
/// When the tree cannot be read or `cargo metadata` fails; findings are no error but count as failed.
pub(crate) fn run(root: &Path) -> Result<Tally> {
    let mut found = borders::check(&borders::packages(&metadata(root)?)?);
    let mut long = Vec::new();
    for path in files(root)? {
        let Ok(content) = std::fs::read_to_string(root.join(&path)) else {
            continue;
        }; // not text
        found.extend(text::check_text(&path, &content));
        if path.ends_with(".rs") {
            found.extend(rust::check_rust(&path, &content));
            long.extend(rust::long_parts(&path, &content));
        }
        if path.starts_with("crates/") && path.ends_with("/Cargo.toml") {
            found.extend(inherits(&path, &content));
        }
    }
    print(&found, &long);
    Ok(tally(&found))
}

fn metadata(root: &Path) -> Result<serde_json::Value> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root);
    let output = cargo.output().context("cannot run cargo metadata")?;
    anyhow::ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")
}

/// Folders that hold what was made or fetched, not what was written.
const NOT_OURS: &[&str] = &["target", "node_modules", ".git", "data", "out", ".venv"];

/// Every file of the tree, relative to `root`, in a stable order.
fn files(root: &Path) -> Result<Vec<String>> {
    let (mut files, mut folders) = (Vec::new(), vec![PathBuf::from(root)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)
            .with_context(|| format!("cannot list {}", folder.display()))?
        {
            let entry = entry?;
            let name = entry.file_name();
            let kind = entry.file_type()?;
            if kind.is_dir() && !NOT_OURS.iter().any(|not_ours| name == **not_ours) {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let inside = path.strip_prefix(root).context("a file outside the tree")?;
                files.extend(inside.to_str().map(str::to_owned));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A crate of its own lints or licence is a crate of its own rules.
fn inherits(path: &str, text: &str) -> Vec<Finding> {
    let manifest: toml::Table = match text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![lints(path, format!("is no TOML: {error}"))],
    };
    let inherited = |section: &str, key: &[&str]| {
        let value = key
            .iter()
            .try_fold(manifest.get(section)?, |value, key| value.get(key));
        value
            .and_then(toml::Value::as_bool)
            .filter(|&inherited| inherited)
    };
    let mut found = Vec::new();
    if inherited("lints", &["workspace"]).is_none() {
        found.push(lints(path, "must say [lints] workspace = true".to_owned()));
    }
    for key in ["license", "rust-version", "edition", "publish"] {
        if inherited("package", &[key, "workspace"]).is_none() {
            found.push(lints(path, format!("must say {key}.workspace = true")));
        }
    }
    found
}

fn lints(path: &str, message: String) -> Finding {
    Finding {
        path: path.to_owned(),
        line: 0,
        rule: Rule::Lints,
        message,
    }
}

fn tally(found: &[Finding]) -> Tally {
    let broken = Rule::ALL
        .iter()
        .filter(|(rule, _)| found.iter().any(|finding| finding.rule == *rule))
        .count();
    Tally {
        passed: (Rule::ALL.len() - broken) as u64,
        failed: broken as u64,
    }
}

#[expect(clippy::print_stdout, reason = "a tool that reports to a person")]
fn print(found: &[Finding], long: &[String]) {
    for part in long {
        println!("long  {part}");
    }
    let mut counts: BTreeMap<Rule, usize> = BTreeMap::new();
    for finding in found {
        *counts.entry(finding.rule).or_default() += 1;
        println!(
            "wrong {}:{}: {}",
            finding.path, finding.line, finding.message
        );
    }
    for (rule, says) in Rule::ALL {
        match counts.get(&rule) {
            None => println!("ok    {says}"),
            Some(count) => println!("FAIL  {says} ({count} findings)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_of_its_own_lints_is_found() {
        let good = "[package]\nname = \"a\"\nlicense.workspace = true\nrust-version.workspace = true\nedition.workspace = true\n\
                    publish.workspace = true\n[lints]\nworkspace = true\n";
        assert!(inherits("crates/a/Cargo.toml", good).is_empty());
        let own = good
            .replace("license.workspace = true", "license = \"GPL-3.0\"")
            .replace("[lints]\nworkspace = true", "");
        assert_eq!(inherits("crates/a/Cargo.toml", &own).len(), 2);
    }

    #[test]
    fn a_planted_tree_is_searched_and_built_folders_are_not() {
        let tree = tempfile::tempdir().unwrap();
        for path in [
            "crates/a/src/lib.rs",
            "target/debug/b.rs",
            "web/node_modules/c.js",
            "README.md",
        ] {
            let path = tree.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        assert_eq!(
            files(tree.path()).unwrap(),
            ["README.md", "crates/a/src/lib.rs"]
        );
    }

    #[test]
    fn each_broken_rule_counts_once() {
        let broken = |line| Finding {
            path: "a.rs".into(),
            line,
            rule: Rule::Sleep,
            message: String::new(),
        };
        let tally = tally(&[broken(1), broken(2)]);
        assert_eq!((tally.passed, tally.failed), (9, 1));
    }
}
