//! Adding up: how many tests a runner says passed and failed, read from what it printed. It runs nothing.

use std::ops::AddAssign;

/// Counts of tests (or of checks, which count as one test each).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// A check that knows only yes and no.
    pub(crate) fn of(passed: bool) -> Self {
        Self {
            passed: u64::from(passed),
            failed: u64::from(!passed),
        }
    }

    /// A runner that ended badly without naming a failed test (it did not build, it crashed) is a failure too, and one
    /// that ran nothing proved nothing.
    pub(crate) fn with_exit(mut self, succeeded: bool) -> Self {
        if self.failed == 0 && (!succeeded || self.passed == 0) {
            self.failed = 1;
        }
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// `test result: ok. 12 passed; 0 failed; …`, one line a binary.
pub(crate) fn of_cargo_test(output: &str) -> Tally {
    let mut tally = Tally::default();
    for line in output
        .lines()
        .filter(|line| line.starts_with("test result:"))
    {
        tally += Tally {
            passed: number_before(line, " passed;"),
            failed: number_before(line, " failed;"),
        };
    }
    tally
}

/// The summary of node's test runner: `ℹ pass 12` (spec) or `# pass 12` (TAP). Cancelled tests have failed.
pub(crate) fn of_node_test(output: &str) -> Tally {
    let mut tally = Tally::default();
    for line in output.lines() {
        let mut words = line.split_whitespace();
        let (Some("ℹ" | "#"), Some(word), Some(count), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        let count: u64 = count.parse().unwrap_or_default();
        match word {
            "pass" => tally.passed += count,
            "fail" | "cancelled" => tally.failed += count,
            _ => {}
        }
    }
    tally
}

/// JUnit's `<testsuite tests="9" failures="1" errors="0" …>` elements.
pub(crate) fn of_junit(xml: &str) -> Tally {
    let mut tally = Tally::default();
    for suite in xml.split("<testsuite ").skip(1) {
        let suite = suite.split('>').next().unwrap_or_default();
        let attribute = |name: &str| {
            let value = suite
                .split_once(&format!("{name}=\""))
                .map(|(_, rest)| rest)?;
            value.split('"').next()?.parse::<u64>().ok()
        };
        let failed = attribute("failures").unwrap_or(0) + attribute("errors").unwrap_or(0);
        let skipped = attribute("skipped").unwrap_or(0);
        tally.passed += attribute("tests")
            .unwrap_or(0)
            .saturating_sub(failed + skipped);
        tally.failed += failed;
    }
    tally
}

fn number_before(line: &str, mark: &str) -> u64 {
    let before = line.split_once(mark).map_or("", |(before, _)| before);
    before
        .rsplit(' ')
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_prints_a_line_a_binary() {
        let output = "running 3 tests\ntest result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
                      test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(
            of_cargo_test(output),
            Tally {
                passed: 15,
                failed: 2
            }
        );
    }

    #[test]
    fn node_prints_a_summary() {
        assert_eq!(
            of_node_test("✔ a (3ms)\nℹ tests 5\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\n"),
            Tally {
                passed: 3,
                failed: 2
            }
        );
        assert_eq!(
            of_node_test("# pass 4\n# fail 0\n"),
            Tally {
                passed: 4,
                failed: 0
            }
        );
    }

    #[test]
    fn junit_has_attributes() {
        let xml = "<testsuites tests=\"99\"><testsuite name=\"a\" errors=\"1\" failures=\"1\" skipped=\"1\" tests=\"9\" time=\"1\"><testcase/>";
        assert_eq!(
            of_junit(xml),
            Tally {
                passed: 6,
                failed: 2
            }
        );
    }

    #[test]
    fn a_runner_that_dies_or_runs_nothing_has_failed() {
        assert_eq!(
            Tally {
                passed: 9,
                failed: 0
            }
            .with_exit(false),
            Tally {
                passed: 9,
                failed: 1
            }
        );
        assert_eq!(
            Tally::default().with_exit(true),
            Tally {
                passed: 0,
                failed: 1
            }
        );
        assert_eq!(
            Tally {
                passed: 9,
                failed: 2
            }
            .with_exit(false),
            Tally {
                passed: 9,
                failed: 2
            }
        );
    }
}
