//! What a single text file of any kind must and must not say: scripts, manifests, lock files, documents, and Rust where
//! the words matter and not the code. Rules for Rust alone are in `rust`.

use super::rust::{SLEEP, explained, finding, is_test_file};
use super::source::{code_only, line_of};
use super::{Finding, Rule};
use std::path::Path;

/// Every finding in one text file of any kind, Rust included.
pub(super) fn check_text(path: &str, text: &str) -> Vec<Finding> {
    let mut found = machine_paths(path, text);
    found.extend(registries(path, text));
    found.extend(script_sleeps(path, text));
    if path.starts_with("crates/queue-audit/") {
        found.extend(names_domain(path, text));
    }
    if path.ends_with(".md") {
        found.extend(dead_links(path, text, |target| Path::new(target).exists()));
    }
    found
}

/// Browser and script tests.
fn script_sleeps(path: &str, text: &str) -> Vec<Finding> {
    let is_script = path.ends_with(".mjs") || path.ends_with(".js");
    if !is_script || !is_test_file(path) {
        return Vec::new();
    }
    let sleeping =
        |line: &str| line.contains("waitForTimeout(") || line.contains("timers/promises");
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| sleeping(line))
        .map(|(index, _)| index + 1);
    lines
        .filter(|&line| !explained(text, line))
        .map(|line| finding(path, line, Rule::Sleep, SLEEP))
        .collect()
}

/// The checker's independence: it names the rules' crate nowhere but in prose.
fn names_domain(path: &str, text: &str) -> Vec<Finding> {
    let code = if path.ends_with(".rs") {
        code_only(text)
    } else {
        text.to_owned()
    };
    let names = ["queue_domain", "queue-domain"];
    let hits = names.iter().flat_map(|name| code.match_indices(name));
    let lines = hits.map(|(offset, _)| line_of(&code, offset));
    let is_comment = |line: &usize| {
        code.lines()
            .nth(line - 1)
            .is_some_and(|text| text.trim_start().starts_with('#'))
    };
    let lines = lines.filter(|line| !is_comment(line));
    lines
        .map(|line| {
            finding(
                path,
                line,
                Rule::Independent,
                "the checker never names the crate whose work it checks",
            )
        })
        .collect()
}

/// Homes and work folders of somebody's machine. Spelt in pieces, so that this file does not find itself.
const MACHINE: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Use", "rs/"),
    concat!("/wo", "rk/"),
];

fn machine_paths(path: &str, text: &str) -> Vec<Finding> {
    let begins = |text: &str, offset: usize| {
        let before = text[..offset].chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || "\"'`=(:<[,".contains(c))
    };
    let hits = MACHINE
        .iter()
        .flat_map(|part| text.match_indices(part))
        .filter(|(offset, _)| begins(text, *offset));
    hits.map(|(offset, part)| {
        finding(
            path,
            line_of(text, offset),
            Rule::Paths,
            &format!("{part}… exists on one machine only"),
        )
    })
    .collect()
}

/// A lock file names versions and checksums; the place to load from is the reader's own setting.
fn registries(path: &str, text: &str) -> Vec<Finding> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let marks: &[&str] = match name {
        "package-lock.json" | "npm-shrinkwrap.json" => &["\"resolved\": \"http"],
        ".npmrc" => &["registry=http"],
        "requirements.txt" => &[
            "--index-url",
            "--extra-index-url",
            "--find-links",
            " @ http",
        ],
        "Cargo.lock" => return other_registries(path, text),
        _ => return Vec::new(),
    };
    let hits = marks.iter().flat_map(|mark| text.match_indices(mark));
    hits.map(|(offset, _)| {
        finding(
            path,
            line_of(text, offset),
            Rule::Registry,
            "names the host of a registry",
        )
    })
    .collect()
}

fn other_registries(path: &str, text: &str) -> Vec<Finding> {
    let foreign = |line: &str| {
        line.starts_with("source = ")
            && !line.contains("registry+https://github.com/rust-lang/crates.io-index")
    };
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| foreign(line))
        .map(|(index, _)| index + 1);
    lines
        .map(|line| {
            finding(
                path,
                line,
                Rule::Registry,
                "a crate that does not come from crates.io",
            )
        })
        .collect()
}

/// Links from one document to another file of the repository.
fn dead_links(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    for (offset, _) in text.match_indices("](") {
        let target = text[offset + 2..]
            .split([')', '#', ' '])
            .next()
            .unwrap_or_default();
        if target.is_empty() || target.contains(':') || target.starts_with('/') {
            continue;
        }
        let whole = if folder.is_empty() {
            target.to_owned()
        } else {
            format!("{folder}/{target}")
        };
        if !exists(&whole) {
            found.push(finding(
                path,
                line_of(text, offset),
                Rule::Links,
                &format!("{target} is not there"),
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(found: &[Finding]) -> Vec<(usize, Rule)> {
        found
            .iter()
            .map(|finding| (finding.line, finding.rule))
            .collect()
    }

    #[test]
    fn the_checker_stays_apart() {
        let named = check_text(
            "crates/queue-audit/src/lib.rs",
            "//! Not queue-domain.\nuse queue_domain::Event;\n",
        );
        assert_eq!(rules(&named), [(2, Rule::Independent)]);
        let manifest = check_text(
            "crates/queue-audit/Cargo.toml",
            "[dependencies]\nqueue-domain.workspace = true\n",
        );
        assert_eq!(rules(&manifest), [(2, Rule::Independent)]);
    }

    #[test]
    fn machine_paths_are_found() {
        let path = format!("let data = \"{}me/kim/data\";", "/ho");
        assert_eq!(
            rules(&check_text("crates/a/src/lib.rs", &path)),
            [(1, Rule::Paths)]
        );
        assert!(check_text("README.md", "see https://example.org/home/page").is_empty());
    }

    #[test]
    fn registries_are_found() {
        let npm = "{\n  \"resolved\": \"https://registry.example/a.tgz\"\n}";
        assert_eq!(
            rules(&check_text("web/package-lock.json", npm)),
            [(2, Rule::Registry)]
        );
        let cargo = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nsource = \"git+https://example.org/a\"\n";
        assert_eq!(
            rules(&check_text("Cargo.lock", cargo)),
            [(2, Rule::Registry)]
        );
        assert_eq!(
            rules(&check_text("a/requirements.txt", "--index-url x\n")),
            [(1, Rule::Registry)]
        );
    }

    #[test]
    fn links_lead_somewhere() {
        let text = "[a](b.md) [c](../d.md#e) [f](https://g) [h](#i)";
        assert_eq!(
            dead_links("docs/x.md", text, |target| target == "docs/b.md").len(),
            1
        );
    }

    #[test]
    fn browser_tests_do_not_sleep() {
        assert_eq!(
            rules(&check_text(
                "web/tests/a.test.mjs",
                "\nawait page.waitForTimeout(5)"
            )),
            [(2, Rule::Sleep)]
        );
    }
}
