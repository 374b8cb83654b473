//! Waits and deadlines: service time told in the shopper's time. Integers only.

use crate::view::EventView;
use queue_domain::{Phase, ServiceTime, Stamp};
use queue_protocol::http::Range;

/// With fewer admissions than this possible in what was seen, the set rate is the better guess.
const MEASURABLE_ADMISSIONS: u64 = 5;
/// Added to the upper end, in seconds: an admission is noticed at a tick and takes a moment to arrive.
const NOTICE_S: u64 = 5;

/// How long `ahead` people take to be let in, in seconds: their number over the admissions of the last minute of service time,
/// bounded by the set rate. `None` where nobody can know: not open, paused, standby, or nobody let in for as long as was seen.
pub fn wait(view: &EventView, ahead: u64) -> Option<Range> {
    if view.guise.phase != Phase::Open || view.guise.paused || view.guise.standby {
        return None;
    }
    let set_milli = u64::from(view.definition.policy.admit_per_second_milli.max(1));
    let (admitted, seen_ms) = view.admitted_last_minute;
    let possible = set_milli.saturating_mul(seen_ms) / 1_000_000;
    let rate_milli = if possible < MEASURABLE_ADMISSIONS {
        set_milli
    } else {
        (admitted.saturating_mul(1_000_000) / seen_ms).min(set_milli)
    };
    let likely_s = ahead.saturating_mul(1_000).checked_div(rate_milli)?;
    let soonest_s = ahead.saturating_mul(1_000) / set_milli;
    let (low, high) = (
        (likely_s - likely_s / 5).max(soonest_s),
        likely_s
            .saturating_add(likely_s.div_ceil(4))
            .saturating_add(NOTICE_S),
    );
    Some(Range {
        low: low - low % grain(low),
        high: high
            .checked_next_multiple_of(grain(high))
            .unwrap_or(u64::MAX),
    })
}

/// Seconds up to 32, then a sixteenth of the wait or less: a range that moved with every tick would be sent to everybody in line
/// twice a second, and would tell nobody more.
fn grain(wait_s: u64) -> u64 {
    1 << (wait_s.max(16).ilog2() - 4)
}

/// When a point in service time will come if nothing pauses it: the last tick's stamp plus what is left. `None` while paused, and
/// before the first tick.
pub fn deadline(view: &EventView, until: ServiceTime) -> Option<Stamp> {
    let (service, tick) = view.clock;
    if view.guise.paused || tick == Stamp::default() {
        return None;
    }
    Some(Stamp(
        tick.0.saturating_add(until.0.saturating_sub(service.0)),
    ))
}
