//! What a single Rust file must and must not say. Each rule is a function of a path and a text, so that its tests plant a
//! fault and look whether it is found. Reading files and adding up is `super`'s.

use super::source::{code_only, find_word, functions, line_of, test_ranges};
use super::{Finding, Rule};

/// Lines a file and a function may have before tidy mentions them.
const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;

/// What stays out of code, and why.
const BANNED: &[(&str, &str)] = &[
    ("todo!", "unfinished work is an issue, not a panic"),
    ("unimplemented!", "unfinished work is an issue, not a panic"),
    ("dbg!", "leftover of debugging"),
    (
        "#[allow",
        "use #[expect(…, reason = \"…\")]: it says so itself when it is no longer needed",
    ),
    (
        "#![allow",
        "use #![expect(…, reason = \"…\")]: it says so itself when it is no longer needed",
    ),
    ("#[ignore", "a test that does not run protects nothing"),
];

/// What the pure crate must not touch outside its tests.
const IMPURE: &[(&str, &str)] = &[
    (
        "f32",
        "no floats in the rules: results must agree to the byte",
    ),
    (
        "f64",
        "no floats in the rules: results must agree to the byte",
    ),
    ("std::fs", "the rules have no IO"),
    ("std::io", "the rules have no IO"),
    ("std::net", "the rules have no IO"),
    ("std::env", "the rules have no IO"),
    ("std::process", "the rules have no IO"),
    ("std::thread", "the rules are synchronous"),
    ("std::time", "the rules know service time only"),
    (
        "std::collections::HashMap",
        "its order is random: use BTreeMap, or hashbrown with a fixed hasher",
    ),
    (
        "std::collections::HashSet",
        "its order is random: use BTreeSet, or hashbrown with a fixed hasher",
    ),
    ("RandomState", "its order is random"),
];

/// Every finding in one Rust file. `path` is relative to the workspace.
pub(super) fn check_rust(path: &str, text: &str) -> Vec<Finding> {
    let code = code_only(text);
    let mut found = opening(path, text);
    found.extend(banned(path, &code));
    found.extend(sleeps(path, text, &code));
    if path.starts_with("crates/queue-domain/src/") && !is_test_file(path) {
        found.extend(impure(path, &code));
    }
    found
}

fn opening(path: &str, text: &str) -> Vec<Finding> {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if first.starts_with("//!") {
        return Vec::new();
    }
    vec![finding(
        path,
        1,
        Rule::Opening,
        "must open with //! what it is, and what it is not",
    )]
}

fn banned(path: &str, code: &str) -> Vec<Finding> {
    let hits = BANNED
        .iter()
        .flat_map(|(word, why)| find_word(code, word).map(move |offset| (offset, word, why)));
    hits.map(|(offset, word, why)| {
        finding(
            path,
            line_of(code, offset),
            Rule::Banned,
            &format!("{word}: {why}"),
        )
    })
    .collect()
}

fn impure(path: &str, code: &str) -> Vec<Finding> {
    let tests = test_ranges(code);
    let outside = |offset: &usize| !tests.iter().any(|range| range.contains(offset));
    let hits = IMPURE.iter().flat_map(|(word, why)| {
        find_word(code, word)
            .filter(outside)
            .map(move |offset| (offset, word, why))
    });
    hits.map(|(offset, word, why)| {
        finding(
            path,
            line_of(code, offset),
            Rule::Pure,
            &format!("{word}: {why}"),
        )
    })
    .collect()
}

/// A `// poll:` comment on the line or the one above says why a sleep stands there and what state it looks at.
const POLL: &str = "// poll:";

fn sleeps(path: &str, text: &str, code: &str) -> Vec<Finding> {
    let whole_file = is_test_file(path);
    let tests = test_ranges(code);
    let in_test = |offset: &usize| whole_file || tests.iter().any(|range| range.contains(offset));
    let sleeps = find_word(code, "sleep")
        .filter(in_test)
        .filter(|&offset| code[offset..].starts_with("sleep("));
    let lines: Vec<_> = sleeps
        .map(|offset| line_of(code, offset))
        .filter(|&line| !explained(text, line))
        .collect();
    lines
        .into_iter()
        .map(|line| finding(path, line, Rule::Sleep, SLEEP))
        .collect()
}

pub(super) const SLEEP: &str =
    "a test waits for a state, it never sleeps (a bounded poll says why with // poll: …)";

pub(super) fn explained(text: &str, line: usize) -> bool {
    text.lines()
        .skip(line.saturating_sub(2))
        .take(2)
        .any(|line| line.contains(POLL))
}

pub(super) fn is_test_file(path: &str) -> bool {
    path.split('/')
        .any(|part| part == "tests" || part == "tests.rs")
}

/// What is long enough to stop and think; never a failure.
pub(super) fn long_parts(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let file = (lines > FILE_LINES).then(|| format!("{path}: {lines} lines"));
    let functions = functions(&code_only(text))
        .into_iter()
        .filter(|function| function.lines > FUNCTION_LINES);
    let functions =
        functions.map(|f| format!("{path}:{}: fn {} has {} lines", f.line, f.name, f.lines));
    file.into_iter().chain(functions).collect()
}

pub(super) fn finding(path: &str, line: usize, rule: Rule, message: &str) -> Finding {
    Finding {
        path: path.to_owned(),
        line,
        rule,
        message: message.to_owned(),
    }
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
    fn a_clean_file_is_clean() {
        let text = "//! A room.\n\nfn a() { let s = \"todo!()\"; } // dbg! is banned\n";
        assert!(check_rust("crates/queue-domain/src/room.rs", text).is_empty());
    }

    #[test]
    fn a_file_says_what_it_is() {
        assert_eq!(
            rules(&check_rust("crates/a/src/lib.rs", "\nfn a() {}")),
            [(1, Rule::Opening)]
        );
    }

    #[test]
    fn leftovers_are_found() {
        for word in [
            "todo!()",
            "unimplemented!()",
            "dbg!(1)",
            "#[allow(dead_code)]",
            "#![allow(x)]",
            "#[ignore]",
        ] {
            let text = format!("//! A room.\n{word}\nfn a() {{}}");
            assert_eq!(
                rules(&check_rust("crates/a/src/lib.rs", &text)),
                [(2, Rule::Banned)],
                "{word}"
            );
        }
    }

    #[test]
    fn tests_do_not_sleep() {
        let inside = "//! A room.\nfn a() { sleep(1); }\n#[cfg(test)]\nmod tests {\n    fn b() { tokio::time::sleep(d); }\n}\n";
        assert_eq!(
            rules(&check_rust("crates/a/src/lib.rs", inside)),
            [(5, Rule::Sleep)]
        );
        let file = "//! A test.\nfn b() { std::thread::sleep(d); }\n";
        assert_eq!(
            rules(&check_rust("crates/a/tests/it/main.rs", file)),
            [(2, Rule::Sleep)]
        );
        let explained = "//! A test.\n// poll: the child's file has no event to wait for\nfn b() { sleep(d); }\n";
        assert!(check_rust("crates/a/tests/it/main.rs", explained).is_empty());
    }

    #[test]
    fn the_rules_stay_pure() {
        for impure in [
            "let x: f64;",
            "use std::time::Instant;",
            "use std::collections::HashMap;",
            "std::fs::read(p);",
        ] {
            let text = format!("//! A room.\n{impure}");
            assert_eq!(
                rules(&check_rust("crates/queue-domain/src/room.rs", &text)),
                [(2, Rule::Pure)],
                "{impure}"
            );
            assert!(check_rust("crates/gateway/src/room.rs", &text).is_empty());
        }
    }

    #[test]
    fn long_parts_are_named() {
        let text = format!(
            "//! Long.\nfn a() {{\n{}}}\n",
            "    b();\n".repeat(FILE_LINES)
        );
        assert_eq!(long_parts("crates/a/src/lib.rs", &text).len(), 2);
    }
}
