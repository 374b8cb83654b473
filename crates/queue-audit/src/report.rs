//! What the audit found, as text for people and as JSON for programs. It judges nothing.

use crate::rule::Rule;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Violations kept per rule; beyond that they are only counted.
const KEPT: usize = 20;

/// One violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What is wrong, in a sentence.
    pub what: String,
    /// The records that show it, as `partition/offset.index`, or lines of the witness, as `line N`.
    pub shown_by: Vec<String>,
}

/// What was found about one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// How many things were looked at.
    pub checked: u64,
    /// How many of them break the rule.
    pub violated: u64,
    /// The first of those.
    pub violations: Vec<Violation>,
}

/// What the audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// By rule. A rule without a single thing checked had nothing to be checked on.
    pub rules: BTreeMap<Rule, Findings>,
    /// What was read, counted.
    pub counts: BTreeMap<&'static str, u64>,
    /// What a reader should know about how far the audit reaches.
    pub notes: Vec<String>,
}

impl Report {
    /// An empty report that lists every rule.
    pub fn new() -> Self {
        let rules = Rule::ALL
            .iter()
            .map(|rule| (*rule, Findings::default()))
            .collect();
        Self {
            rules,
            counts: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// Whether no rule is violated.
    pub fn is_clean(&self) -> bool {
        self.rules.values().all(|findings| findings.violated == 0)
    }

    /// The rules that are violated.
    pub fn violated(&self) -> Vec<Rule> {
        self.rules
            .iter()
            .filter(|(_, findings)| findings.violated > 0)
            .map(|(rule, _)| *rule)
            .collect()
    }

    /// The findings about a rule.
    pub fn findings(&self, rule: Rule) -> &Findings {
        &self.rules[&rule]
    }

    /// Counts things looked at.
    pub(crate) fn checked(&mut self, rule: Rule, things: u64) {
        self.entry(rule).checked += things;
    }

    /// Counts something read.
    pub(crate) fn count(&mut self, what: &'static str, things: u64) {
        *self.counts.entry(what).or_default() += things;
    }

    /// Adds a remark.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Adds a violation.
    pub(crate) fn violation(
        &mut self,
        rule: Rule,
        what: impl FnOnce() -> String,
        shown_by: &[String],
    ) {
        let findings = self.entry(rule);
        findings.violated += 1;
        if findings.violations.len() < KEPT {
            findings.violations.push(Violation {
                what: what(),
                shown_by: shown_by.to_vec(),
            });
        }
    }

    /// Looks at one thing: counts it, and adds a violation unless `holds`.
    pub(crate) fn check(
        &mut self,
        rule: Rule,
        holds: bool,
        what: impl FnOnce() -> String,
        shown_by: impl FnOnce() -> Vec<String>,
    ) {
        self.checked(rule, 1);
        if !holds {
            self.violation(rule, what, &shown_by());
        }
    }

    fn entry(&mut self, rule: Rule) -> &mut Findings {
        self.rules.entry(rule).or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in &self.counts {
            writeln!(f, "{count:>12}  {what}")?;
        }
        writeln!(f)?;
        for (rule, findings) in &self.rules {
            let verdict = match findings {
                Findings { violated: 1.., .. } => format!("VIOLATED {} times", findings.violated),
                Findings { checked: 0, .. } => "nothing to check".to_owned(),
                Findings { checked, .. } => format!("holds, {checked} checked"),
            };
            writeln!(f, "{:<7} {verdict:<26} {}", rule.name(), rule.text())?;
            for violation in &findings.violations {
                writeln!(
                    f,
                    "        - {} [{}]",
                    violation.what,
                    violation.shown_by.join(", ")
                )?;
            }
            let more = findings
                .violated
                .saturating_sub(findings.violations.len() as u64);
            if more > 0 {
                writeln!(f, "        - and {more} more")?;
            }
        }
        writeln!(f)?;
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        match self.violated().as_slice() {
            [] => writeln!(f, "No rule is violated."),
            violated => writeln!(
                f,
                "Violated: {}.",
                violated
                    .iter()
                    .map(|rule| rule.name())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violated_rule_is_named_with_the_records_that_show_it() {
        let mut report = Report::new();
        report.check(Rule::L1, true, || "fine".into(), Vec::new);
        assert!(report.is_clean());
        report.check(
            Rule::S1,
            false,
            || "slot 1000 holds 5 of 4 seats".into(),
            || vec!["0/17.2".into()],
        );
        assert_eq!(report.violated(), [Rule::S1]);
        let text = report.to_string();
        assert!(
            text.contains("slot 1000 holds 5 of 4 seats [0/17.2]")
                && text.contains("Violated: S1."),
            "{text}"
        );
        let json = serde_json::to_value(&report).expect("a report is JSON");
        assert_eq!(json["rules"]["S1"]["violated"], 1);
    }

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut report = Report::new();
        (0..100).for_each(|n| report.violation(Rule::P1, || format!("row {n}"), &[]));
        assert_eq!(report.findings(Rule::P1).violated, 100);
        assert!(report.to_string().contains("and 80 more"));
    }
}
