//! Counts of a rehearsal as it runs: where the shoppers stand, what was answered, how long it took, second by second.
//! Counts only what shoppers were told; the server's own counts are in its metrics.

use super::clock::Clock;
use super::kinds::{Ended, Stand, Timed};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Requests that end so long after the server is back are still put down to its death.
const AFTERMATH_US: u64 = 1_000_000;

/// All counts.
pub(crate) struct Tally {
    stands: [AtomicI64; Stand::COUNT],
    /// Shoppers that have something to do or to wait for, other than their turn.
    pub(crate) busy: AtomicI64,
    /// Shoppers whose join was sent for the first time.
    pub(crate) clicked: AtomicU64,
    /// Shoppers whose join was acknowledged.
    pub(crate) joined: AtomicU64,
    /// Times a shopper was let in.
    pub(crate) admitted: AtomicU64,
    /// Seats of reservations that shoppers hold as confirmed.
    pub(crate) seats: AtomicI64,
    /// Reservations told as confirmed.
    pub(crate) confirmed: AtomicU64,
    /// Reservations told as cancelled.
    pub(crate) cancelled: AtomicU64,
    /// Reservations moved.
    pub(crate) moved: AtomicU64,
    /// Times that a shopper was told `sold_out`.
    pub(crate) sold_out: AtomicU64,
    /// Sockets open now.
    pub(crate) sockets: AtomicI64,
    /// Most sockets open at once.
    pub(crate) peak_sockets: AtomicI64,
    /// Sockets opened in all.
    pub(crate) opened: AtomicU64,
    /// Shoppers who went without a socket because none was left.
    pub(crate) without: AtomicU64,
    /// Frames received, and their bytes.
    pub(crate) frames: AtomicU64,
    /// See `frames`.
    pub(crate) frame_bytes: AtomicU64,
    /// Frames that were no frame.
    pub(crate) bad_frames: AtomicU64,
    /// Whether the event said that nothing is left, now.
    pub(crate) standby: AtomicBool,
    /// Whether it ever did.
    pub(crate) was_sold_out: AtomicBool,
    endings: [AtomicU64; Ended::COUNT],
    times: Mutex<[Vec<Sample>; Timed::COUNT]>,
    windows: Mutex<Vec<Window>>,
    failures: Mutex<Vec<Failure>>,
    last_change_us: AtomicU64,
    clock: Clock,
}

/// One measured time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// When it was over.
    pub(crate) at_us: u64,
    /// How long it took.
    pub(crate) took_us: u64,
}

/// From a kill until the server was ready again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    from_us: u64,
    to_us: Option<u64>,
}

/// A failure that no kill explains, for the report.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// When.
    pub(crate) at_us: u64,
    /// What was asked, and what was said.
    pub(crate) what: String,
}

/// Failures kept in words; all are counted.
const FAILURES_KEPT: usize = 200;

impl Tally {
    /// All zero.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            stands: Default::default(),
            busy: AtomicI64::new(0),
            clicked: AtomicU64::new(0),
            joined: AtomicU64::new(0),
            admitted: AtomicU64::new(0),
            seats: AtomicI64::new(0),
            confirmed: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            moved: AtomicU64::new(0),
            sold_out: AtomicU64::new(0),
            sockets: AtomicI64::new(0),
            peak_sockets: AtomicI64::new(0),
            opened: AtomicU64::new(0),
            without: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            frame_bytes: AtomicU64::new(0),
            bad_frames: AtomicU64::new(0),
            standby: AtomicBool::new(false),
            was_sold_out: AtomicBool::new(false),
            endings: Default::default(),
            times: Mutex::default(),
            windows: Mutex::default(),
            failures: Mutex::default(),
            last_change_us: AtomicU64::new(0),
            clock,
        }
    }

    /// A shopper came to another stand.
    pub(crate) fn stands(&self, from: Stand, to: Stand) {
        self.stands[from as usize].fetch_sub(1, Ordering::Relaxed);
        self.stands[to as usize].fetch_add(1, Ordering::Relaxed);
        self.last_change_us
            .store(self.clock.now_us(), Ordering::Relaxed);
    }

    /// So many shoppers begin.
    pub(crate) fn begin(&self, shoppers: u32) {
        self.stands[Stand::Outside as usize].store(i64::from(shoppers), Ordering::Relaxed);
    }

    /// How many stand there.
    pub(crate) fn standing(&self, at: Stand) -> u64 {
        count(&self.stands[at as usize])
    }

    /// When somebody's stand changed last.
    pub(crate) fn last_change_us(&self) -> u64 {
        self.last_change_us.load(Ordering::Relaxed)
    }

    /// A socket was opened.
    pub(crate) fn socket_opened(&self) {
        let now = self.sockets.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak_sockets.fetch_max(now, Ordering::Relaxed);
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// What the event said of itself.
    pub(crate) fn told_standby(&self, standby: bool) {
        self.standby.store(standby, Ordering::Relaxed);
        if standby {
            self.was_sold_out.store(true, Ordering::Relaxed);
        }
    }

    /// A time was measured.
    pub(crate) fn took(&self, what: Timed, at_us: u64, took_us: u64) {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)[what as usize]
            .push(Sample { at_us, took_us });
    }

    /// All measured times of a kind, in the order in which they were over.
    pub(crate) fn times(&self, what: Timed) -> Vec<Sample> {
        let mut times =
            self.times.lock().unwrap_or_else(PoisonError::into_inner)[what as usize].clone();
        times.sort_unstable_by_key(|sample| sample.at_us);
        times
    }

    /// The server was killed.
    pub(crate) fn killed(&self, at_us: u64) {
        self.windows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Window {
                from_us: at_us,
                to_us: None,
            });
    }

    /// The server is back.
    pub(crate) fn back(&self, at_us: u64) {
        if let Some(window) = self
            .windows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .last_mut()
        {
            window.to_us = Some(at_us);
        }
    }

    /// Whether a kill explains that a request failed, which was sent and ended then.
    pub(crate) fn explained(&self, sent_us: u64, done_us: u64) -> bool {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.iter().any(|window| {
            done_us >= window.from_us
                && window
                    .to_us
                    .is_none_or(|to_us| sent_us <= to_us + AFTERMATH_US)
        })
    }

    /// A request ended so.
    pub(crate) fn ended(&self, how: Ended, at_us: u64, what: impl FnOnce() -> String) {
        self.endings[how as usize].fetch_add(1, Ordering::Relaxed);
        if how == Ended::Unexplained {
            let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
            if failures.len() < FAILURES_KEPT {
                failures.push(Failure {
                    at_us,
                    what: what(),
                });
            }
        }
    }

    /// How many requests ended so.
    pub(crate) fn endings(&self, how: Ended) -> u64 {
        self.endings[how as usize].load(Ordering::Relaxed)
    }

    /// Requests in all.
    pub(crate) fn requests(&self) -> u64 {
        self.endings
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
            .sum()
    }

    /// The failures that no kill explains, the first 200.
    pub(crate) fn failures(&self) -> Vec<Failure> {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A gauge as a count; while two counters are being changed it may be below zero for an instant.
pub(crate) fn count(gauge: &AtomicI64) -> u64 {
    u64::try_from(gauge.load(Ordering::Relaxed)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kill_explains_what_was_unanswered_until_shortly_after_the_return() {
        let tally = Tally::new(Clock::start());
        assert!(!tally.explained(0, 10));
        tally.killed(1_000_000);
        assert!(
            tally.explained(999_000, 1_000_100),
            "unanswered at the kill"
        );
        assert!(!tally.explained(100, 999_999), "over before the kill");
        assert!(tally.explained(5_000_000, 6_000_000), "not back yet");
        tally.back(4_000_000);
        assert!(tally.explained(4_900_000, 5_500_000), "just back");
        assert!(!tally.explained(5_100_000, 5_500_000), "long back");
    }
}
