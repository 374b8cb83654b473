//! What the rehearsal came to, as text, JSON and a page of its own. Measures only what the shoppers saw; whether the rules
//! held is `banjjak audit`'s to say.

mod chart;
mod html;
mod latency;
mod text;

use super::args::Args;
use super::kinds::{Ended, Stand, Timed};
use super::progress::Row;
use super::stage::Outcome;
use super::tally::count;
use anyhow::Context;
use latency::Spread;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// The budget of failures that no kill explains, in thousandths of the requests.
const BUDGET_PERMILLE: u64 = 3;

/// Everything in the report.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    event: String,
    seed: u64,
    shoppers: u32,
    join_over_ms: u64,
    policy: serde_json::Value,
    took_s: f64,
    /// Ended by its time limit, not by itself.
    cut_off: bool,
    sold_out: bool,
    quiet: bool,
    unsettled: u64,
    trouble: Option<String>,
    seats: Seats,
    sockets: Sockets,
    requests: Requests,
    told: Told,
    /// Where the shoppers stood at the end.
    stands: BTreeMap<&'static str, u64>,
    times: Vec<Times>,
    kills: Vec<KillRow>,
    /// Kills that were asked for and whose moment never came.
    kills_missed: usize,
    /// The first failures that no kill explains.
    failures: Vec<String>,
    seconds: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Seats {
    capacity: u64,
    confirmed: u64,
}

#[derive(Debug, Serialize)]
struct Sockets {
    allowed: u32,
    peak: u64,
    opened: u64,
    shoppers_without: u64,
    frames: u64,
    frame_bytes: u64,
    unreadable_frames: u64,
    witness_lines: u64,
}

#[derive(Debug, Serialize)]
struct Requests {
    sent: u64,
    ok: u64,
    refused_by_the_rules: u64,
    failed_explained: u64,
    failed_unexplained: u64,
    /// Unexplained failures in percent of all requests.
    unexplained_percent: f64,
    within_budget: bool,
}

#[derive(Debug, Serialize)]
struct Told {
    joined: u64,
    admitted: u64,
    confirmed: u64,
    cancelled: u64,
    moved: u64,
    sold_out: u64,
}

#[derive(Debug, Serialize)]
struct Times {
    what: &'static str,
    #[serde(flatten)]
    spread: Spread,
    /// Each second's median and 99th percentile, in milliseconds.
    #[serde(skip)]
    seconds: Vec<(i64, f64, f64)>,
}

#[derive(Debug, Serialize)]
struct KillRow {
    moment: String,
    /// Seconds after the first click.
    at_s: f64,
    unanswered_requests: u64,
    sockets: u64,
    ready_again_after_s: f64,
    records_folded_again: Option<u64>,
}

impl Report {
    /// Gathers it.
    pub(crate) fn new(args: &Args, outcome: &Outcome, sockets: u32, witness_lines: u64) -> Self {
        let tally = &outcome.world.tally;
        let total = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let begin_us = outcome.world.begin_us;
        let second = |us: u64| (us as f64 - begin_us as f64) / 1e6;
        let kills = outcome.kills.iter().map(|(kill, restart)| KillRow {
            moment: kill.moment.clone(),
            at_s: second(kill.at_us),
            unanswered_requests: kill.unanswered,
            sockets: kill.sockets,
            ready_again_after_s: (restart.at_us - kill.at_us) as f64 / 1e6,
            records_folded_again: restart.folded_again,
        });
        let times = Timed::ALL.into_iter().map(|(what, name)| {
            let samples = tally.times(what);
            Times {
                what: name,
                spread: Spread::of(&samples),
                seconds: latency::by_second(&samples, begin_us),
            }
        });
        Self {
            event: outcome.setting.event.clone(),
            seed: args.seed,
            shoppers: args.shoppers,
            join_over_ms: u64::try_from(args.join_over.as_millis()).unwrap_or(u64::MAX),
            policy: outcome.setting.policy.clone(),
            took_s: outcome.took_s,
            cut_off: outcome.cut_off,
            sold_out: outcome.end.sold_out,
            quiet: outcome.end.quiet,
            unsettled: outcome.unsettled,
            trouble: outcome.trouble.clone(),
            seats: Seats {
                capacity: outcome
                    .setting
                    .slots
                    .iter()
                    .map(|slot| u64::from(slot.capacity))
                    .sum(),
                confirmed: count(&tally.seats),
            },
            sockets: Sockets {
                allowed: sockets,
                peak: outcome.end.peak_sockets,
                opened: total(&tally.opened),
                shoppers_without: total(&tally.without),
                frames: total(&tally.frames),
                frame_bytes: total(&tally.frame_bytes),
                unreadable_frames: total(&tally.bad_frames),
                witness_lines,
            },
            requests: Requests::of(tally),
            told: Told {
                joined: total(&tally.joined),
                admitted: total(&tally.admitted),
                confirmed: total(&tally.confirmed),
                cancelled: total(&tally.cancelled),
                moved: total(&tally.moved),
                sold_out: total(&tally.sold_out),
            },
            stands: Stand::ALL
                .into_iter()
                .map(|stand| (stand.name(), tally.standing(stand)))
                .filter(|(_, standing)| *standing > 0)
                .collect(),
            times: times.collect(),
            kills: kills.collect(),
            kills_missed: usize::from(args.kills).saturating_sub(outcome.kills.len()),
            failures: tally
                .failures()
                .iter()
                .map(|failure| format!("{:.3} s: {}", second(failure.at_us), failure.what))
                .collect(),
            seconds: outcome.progress.rows.clone(),
        }
    }

    /// Whether it ended by itself, at rest, within the budget, and nothing was oversold or unreadable.
    pub(crate) fn is_good(&self) -> bool {
        let honest =
            self.seats.confirmed <= self.seats.capacity && self.sockets.unreadable_frames == 0;
        !self.cut_off
            && self.quiet
            && self.trouble.is_none()
            && self.requests.within_budget
            && honest
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        text::write(self)
    }

    /// Writes the three files.
    pub(crate) fn save(&self, folder: &std::path::Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let json = serde_json::to_string_pretty(self).context("the report is no JSON")? + "\n";
        for (name, content) in [
            ("report.txt", self.text()),
            ("report.json", json),
            ("report.html", html::write(self)),
        ] {
            let path = folder.join(name);
            std::fs::write(&path, content)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

impl Requests {
    fn of(tally: &super::tally::Tally) -> Self {
        let (sent, unexplained) = (tally.requests(), tally.endings(Ended::Unexplained));
        Self {
            sent,
            ok: tally.endings(Ended::Ok),
            refused_by_the_rules: tally.endings(Ended::Refused),
            failed_explained: tally.endings(Ended::Explained),
            failed_unexplained: unexplained,
            unexplained_percent: unexplained as f64 * 100.0 / sent.max(1) as f64,
            within_budget: unexplained * 1000 < BUDGET_PERMILLE * sent.max(1),
        }
    }
}
