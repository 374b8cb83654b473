//! What is shown: from the view's rows to the public bodies. Pure; reads no store and no clock.
//!
//! The one place where the fold's word becomes the shopper's: what the ledger does not hold yet reads `pending`, deadlines are
//! told in wall-clock time, waits as ranges. Handlers and the gateway only pass these bodies on.

mod event;
mod frame;
mod place;
mod stats;
#[cfg(test)]
mod tests;
mod wait;

pub use event::{event, slot_state, slots};
pub use frame::{
    admitted, event_fields, hello_event, hello_place, place_fields, reservation_frame, slot_seats,
};
pub use place::{is_settled, place, place_state, reason, reservation, reservation_id};
pub use stats::{operator_event, policy, stats};
pub use wait::{deadline, wait};

use queue_domain::{CommandKind, Phase, PlaceState};

/// A phase as written.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Scheduled => "scheduled",
        Phase::Lobby => "lobby",
        Phase::Open => "open",
        Phase::Closed => "closed",
    }
}

/// A place's state as written, before the ledger's mark is considered.
pub fn state(state: PlaceState) -> &'static str {
    match state {
        PlaceState::Waiting => "waiting",
        PlaceState::Admitted => "admitted",
        PlaceState::Inside => "inside",
        PlaceState::Booked => "booked",
        PlaceState::Left => "left",
        PlaceState::NoShow => "no_show",
        PlaceState::TimedOut => "timed_out",
        PlaceState::Closed => "closed",
    }
}

/// A command's kind as written.
pub fn kind(kind: CommandKind) -> &'static str {
    match kind {
        CommandKind::Join => "join",
        CommandKind::Leave => "leave",
        CommandKind::Enter => "enter",
        CommandKind::Extend => "extend",
        CommandKind::Reserve => "reserve",
        CommandKind::Cancel => "cancel",
        CommandKind::Move => "move",
    }
}
