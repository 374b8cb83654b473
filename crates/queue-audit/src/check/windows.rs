//! The rate over every window of service time, from the naive fold's admissions by arithmetic of its own: no bucket.

use super::command;
use crate::naive::{At, Event, State, TOKEN, What};
use crate::report::Report;
use crate::rule::Rule;

/// What is needed to bound a window that begins anywhere: admissions minus refunds minus what the rate gave, at its lowest so far.
struct Windows {
    rate: u64,
    since: u64,
    admissions: i128,
    lowest: i128,
}

impl Windows {
    fn new(event: &Event, service: u64) -> Self {
        Self {
            rate: u64::from(event.policy.admit_per_second_milli),
            since: service,
            admissions: 0,
            lowest: 0,
        }
    }

    /// Admissions so far in the bucket's unit, less what the rate gave until then.
    fn level(&self, service: u64) -> i128 {
        self.admissions * i128::from(TOKEN)
            - i128::from(self.rate) * i128::from(service - self.since)
    }

    fn most(&self) -> i128 {
        i128::from(TOKEN.max(self.rate * 1000))
    }
}

/// Holds the admissions of an event against its rate, live: one at a time, as they happen.
#[derive(Default)]
pub(crate) struct Rate {
    windows: Option<Windows>,
}

impl Rate {
    /// Looks at what happened since `from`.
    pub(crate) fn look(&mut self, partition: u32, event: &Event, from: usize, report: &mut Report) {
        for happening in &event.happenings[from..] {
            let windows = self
                .windows
                .get_or_insert_with(|| Windows::new(event, happening.service));
            match happening.what {
                // A window that reaches over a change of rate or an opening is cut there.
                What::Policy | What::BucketFilled => {
                    *windows = Windows::new(event, happening.service)
                }
                What::Moved(_, State::NoShow) => {
                    windows.admissions -= 1;
                    windows.lowest = windows.lowest.min(windows.level(happening.service));
                }
                What::Moved(_, State::Admitted) => {
                    admit(windows, partition, happening.at, happening.service, report)
                }
                What::Joined(_) | What::Moved(..) | What::Turn => {}
            }
        }
    }
}

fn admit(windows: &mut Windows, partition: u32, at: At, service: u64, report: &mut Report) {
    windows.lowest = windows.lowest.min(windows.level(service));
    windows.admissions += 1;
    let window = windows.level(service) - windows.lowest;
    report.check(
        Rule::L7,
        window <= windows.most(),
        || "more admissions than rate and bucket allow".to_owned(),
        || vec![command(partition, at)],
    );
}

impl std::fmt::Debug for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rate")
    }
}
