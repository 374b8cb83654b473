//! What operators see: counts, rates, room and lag.

use crate::shown;
use crate::view::{EventView, Heads};
use queue_domain::{Policy, Stamp};
use queue_protocol::http::{
    Lag, OperatorEvent, PolicyBody, RateNow, RoomNow, SlotStats, Stats, TotalsBody,
};
use queue_protocol::time::rfc3339;

/// The figures of an event. `log_end` is the offset that the partition's next record will have.
pub fn stats(view: &EventView, heads: Option<&Heads>, log_end: u64, now: Stamp) -> Stats {
    let policy = &view.definition.policy;
    Stats {
        event: view.definition.id.to_string(),
        phase: shown::phase(view.guise.phase).into(),
        paused: view.guise.paused,
        standby: view.guise.standby,
        version: view.version.to_string(),
        at: rfc3339(now),
        waiting: view.waiting,
        room: RoomNow {
            admitted: view.admitted,
            inside: view.inside,
            max: policy.room_max,
        },
        totals: totals(view),
        slots: view.slots.iter().map(slot_stats).collect(),
        rate: RateNow {
            admit_per_second: thousandths(policy.admit_per_second_milli),
            last_second: view.admitted_last_second,
        },
        lag: lag(heads, log_end, now),
    }
}

/// Full state of an event, for operators.
pub fn operator_event(
    view: &EventView,
    heads: Option<&Heads>,
    log_end: u64,
    now: Stamp,
) -> OperatorEvent {
    OperatorEvent {
        event: shown::event(view, now),
        policy: policy(&view.definition.policy),
        rules_version: view.rules,
        stats: stats(view, heads, log_end, now),
    }
}

/// A policy as operators read and write it.
pub fn policy(policy: &Policy) -> PolicyBody {
    let seconds = |ms: u64| u32::try_from(ms / 1_000).unwrap_or(u32::MAX);
    PolicyBody {
        admit_per_second: thousandths(policy.admit_per_second_milli),
        room_max: policy.room_max,
        room_per_seat: thousandths(policy.room_per_seat_milli),
        claim_window_s: seconds(policy.claim_window_ms),
        session_s: seconds(policy.session_ms),
        session_extensions: policy.session_extensions,
        per_shopper_max: policy.per_shopper_max,
        party_max: policy.party_max,
        joins_per_shopper: policy.joins_per_shopper,
    }
}

/// Exact: a thousandth of any `u32` has few enough digits for a double.
fn thousandths(milli: u32) -> f64 {
    f64::from(milli) / 1_000.0
}

fn totals(view: &EventView) -> TotalsBody {
    let totals = &view.totals;
    TotalsBody {
        joined: totals.joined,
        admitted: totals.admitted,
        entered: totals.entered,
        booked: totals.booked,
        left: totals.left,
        no_show: totals.no_show,
        timed_out: totals.timed_out,
        confirmed: totals.confirmed,
        refused: totals.refused,
        cancelled: totals.cancelled,
    }
}

fn slot_stats(slot: &crate::view::SlotView) -> SlotStats {
    SlotStats {
        id: slot.definition.id.to_string(),
        capacity: slot.capacity.0,
        confirmed: slot.confirmed.0,
        remaining: slot.capacity.0.saturating_sub(slot.confirmed.0),
        state: shown::slot_state(slot.status).into(),
    }
}

/// Records not folded yet, and how long ago the last folded tick was if there are any.
fn lag(heads: Option<&Heads>, log_end: u64, now: Stamp) -> Lag {
    let folded = heads.map_or(0, |heads| heads.position.offset + 1);
    let records = log_end.saturating_sub(folded);
    let since_tick = heads
        .and_then(|heads| heads.last_tick)
        .map_or(0, |tick| now.0.saturating_sub(tick.0));
    Lag {
        records,
        ms: if records == 0 { 0 } else { since_tick },
    }
}
