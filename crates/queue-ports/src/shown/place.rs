//! A shopper's place, reservations and last outcome: what the ledger does not hold yet is not shown as done.

use crate::shown;
use crate::view::{EventView, LastView, PlaceView, ReservationView, ShopperView};
use queue_domain::{
    CommandKind, EventId, Outcome, Phase, PlaceReason, PlaceState, Position, ReservationId,
    ReservationState, SlotNo,
};
use queue_protocol::http::{Last, Place, Reservation};
use queue_protocol::time::rfc3339;

/// Whether the ledger holds everything up to `position`. No mark: nothing.
pub fn is_settled(view: &EventView, position: Position) -> bool {
    view.ledger_mark
        .is_some_and(|mark| position.record() <= mark)
}

/// A place's body. `pending` when the view has no place: whether there is one is the caller's to know. `receipt` is the signed one.
pub fn place(view: &EventView, shopper: Option<&ShopperView>, receipt: Option<String>) -> Place {
    let current = shopper.and_then(|shopper| shopper.place.as_ref());
    Place {
        id: current.map(|place| place.id.to_string()),
        event: view.definition.id.to_string(),
        state: current
            .map_or("pending", |place| place_state(view, place))
            .into(),
        number: current.and_then(|place| place.number),
        ahead: current.and_then(|place| place.ahead),
        began_ahead: current.and_then(began_ahead),
        waiting: Some(shopper.map_or(view.waiting, |shopper| shopper.waiting)),
        eta_s: current
            .and_then(|place| place.ahead)
            .and_then(|ahead| shown::wait(view, ahead.into())),
        until: current.and_then(|place| until(view, place)).map(rfc3339),
        extensions: current.map_or(0, |place| place.extensions),
        reason: current
            .and_then(|place| reason(view, place))
            .map(Into::into),
        wish: current
            .and_then(|place| place.wish)
            .and_then(|slot| slot_id(view, slot)),
        reservations: shopper
            .iter()
            .flat_map(|shopper| &shopper.reservations)
            .map(|reservation| self::reservation(view, reservation))
            .collect(),
        last: shopper
            .and_then(|shopper| shopper.last.as_ref())
            .map(|last| self::last(view, last)),
        receipt,
        version: shopper
            .map_or(view.version, |shopper| shopper.version)
            .to_string(),
    }
}

/// A place's state as shown: above the ledger's mark a booked place reads `inside`.
pub fn place_state(view: &EventView, place: &PlaceView) -> &'static str {
    if place.state == PlaceState::Booked && !is_settled(view, place.changed_at) {
        return shown::state(PlaceState::Inside);
    }
    shown::state(place.state)
}

/// Why a place waits, or moved without being asked: `standby | rate | paused | slot_cancelled`.
///
/// Standby comes before a pause, since a turn may raise `ahead` while paused and must say so.
pub fn reason(view: &EventView, place: &PlaceView) -> Option<&'static str> {
    let guise = view.guise;
    match place.state {
        PlaceState::Waiting if guise.standby && guise.phase == Phase::Open => Some("standby"),
        PlaceState::Waiting | PlaceState::Admitted | PlaceState::Inside if guise.paused => {
            Some("paused")
        }
        PlaceState::Waiting if guise.phase == Phase::Open => Some("rate"),
        _ => match place.reason {
            Some(PlaceReason::SlotCancelled) => Some("slot_cancelled"),
            Some(PlaceReason::Standby) => Some("standby"),
            None => None,
        },
    }
}

/// When the claim window or session ends, in wall-clock time.
pub(super) fn until(view: &EventView, place: &PlaceView) -> Option<queue_domain::Stamp> {
    if !place.state.in_room() {
        return None;
    }
    place.until.and_then(|until| shown::deadline(view, until))
}

pub(super) fn began_ahead(place: &PlaceView) -> Option<u32> {
    place.number.map(|_| place.began_ahead)
}

pub(super) fn slot_id(view: &EventView, slot: SlotNo) -> Option<String> {
    view.slots
        .get(usize::from(slot.0))
        .map(|slot| slot.definition.id.to_string())
}

/// A reservation's public id.
pub fn reservation_id(event: &EventId, id: ReservationId) -> String {
    format!("{event}.{id}")
}

/// A reservation's body. Above the ledger's mark a confirmed, moved or cancelled one reads `pending` without its code.
pub fn reservation(view: &EventView, reservation: &ReservationView) -> Reservation {
    let (state, reason) = match reservation.state {
        ReservationState::Refused(refusal) => ("refused", Some(refusal.as_str())),
        _ if !is_settled(view, reservation.changed_at) => ("pending", None),
        ReservationState::Confirmed => ("confirmed", None),
        ReservationState::Cancelled { slot_cancelled } => {
            ("cancelled", slot_cancelled.then_some("slot_cancelled"))
        }
    };
    Reservation {
        id: reservation_id(&view.definition.id, reservation.id),
        event: view.definition.id.to_string(),
        slot: reservation.slot.and_then(|slot| slot_id(view, slot)),
        seats: reservation.seats.0,
        state: state.into(),
        reason: reason.map(Into::into),
        code: reservation
            .code
            .filter(|_| state == "confirmed")
            .map(|code| code.to_string()),
        version: reservation.version.to_string(),
    }
}

/// What became of the last command. One about seats that holds is `pending` until the ledger has it.
fn last(view: &EventView, last: &LastView) -> Last {
    let about_seats = matches!(
        last.kind,
        CommandKind::Reserve | CommandKind::Cancel | CommandKind::Move
    );
    let (state, reason) = match last.outcome {
        Outcome::Refused(refusal) => ("refused", Some(refusal.as_str())),
        Outcome::Done if about_seats && !is_settled(view, last.position) => ("pending", None),
        Outcome::Done => ("done", None),
    };
    Last {
        kind: shown::kind(last.kind).into(),
        state: state.into(),
        reason: reason.map(Into::into),
        of: match last.reservation {
            Some(id) => Some(reservation_id(&view.definition.id, id)),
            None => last.place.map(|place| place.to_string()),
        },
        slot: last.slot.and_then(|slot| slot_id(view, slot)),
    }
}
