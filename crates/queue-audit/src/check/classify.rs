//! Which rules a contradiction breaks: what was shown or written on the one hand, what the naive fold says on the other.

use crate::naive::{Event, Place, ReservationState, State};
use crate::rule::Rule;

/// A place was shown in another state than it has.
pub(crate) fn place(event: &Event, place: &Place, shown: &str) -> Vec<Rule> {
    let mut rules = vec![Rule::P2];
    match (place.state, shown) {
        (State::Waiting, "admitted" | "inside" | "booked") => {
            let number = place.number.unwrap_or(u32::MAX);
            if event.why_nobody_is_admitted().is_some() {
                rules.push(Rule::L7);
            } else if event.line.first().is_some_and(|first| first < number) {
                rules.push(Rule::L6);
            }
            if shown == "booked" {
                rules.push(Rule::S3);
            }
        }
        (State::Waiting, "timed_out" | "left" | "closed") if place.sent_back.is_some() => {
            rules.push(Rule::S4)
        }
        (State::Waiting | State::Inside, "timed_out")
        | (State::Waiting | State::Admitted, "no_show") => rules.push(Rule::L7),
        (State::Admitted | State::Inside, "waiting") => rules.push(Rule::L9),
        (State::Admitted | State::Inside, "booked") => rules.push(Rule::S3),
        (State::NoShow | State::TimedOut, "admitted" | "inside") => rules.push(Rule::S3),
        _ => {}
    }
    rules
}

/// Something counts as confirmed although the naive fold refused it.
pub(crate) fn confirmed_but(reason: &str) -> Rule {
    match reason {
        "sold_out" => Rule::S1,
        "limit_reached" => Rule::S5,
        "not_admitted" | "session_over" | "closed" => Rule::S3,
        "idempotency_mismatch" => Rule::A4,
        _ => Rule::P2,
    }
}

/// Something was refused although the naive fold decided otherwise. `free` seats were there, `seats` were asked.
pub(crate) fn refused_but(
    reason: &str,
    decided: ReservationState,
    free: u32,
    seats: u32,
) -> Option<Rule> {
    match reason {
        "sold_out" if free >= seats => Some(Rule::S4),
        "idempotency_mismatch" if decided != ReservationState::Refused("idempotency_mismatch") => {
            Some(Rule::A4)
        }
        _ => None,
    }
}
