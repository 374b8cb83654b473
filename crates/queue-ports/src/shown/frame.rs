//! Bodies of frames: the same names as on HTTP, times as milliseconds since the Unix epoch.

use super::place::{began_ahead, slot_id, until};
use crate::shown;
use crate::view::{EventView, PlaceView, ReservationView, ShopperView};
use queue_domain::{LogPosition, SlotNo, Stamp};
use queue_protocol::http::{EventFields, Frame, PlaceFields, SlotSeats};
use queue_protocol::time::parse_rfc3339;
use serde_json::{Map, Value};

/// A place frame. `version` is the shopper's.
pub fn place_fields(view: &EventView, shopper: &ShopperView) -> PlaceFields {
    let current = shopper.place.as_ref();
    PlaceFields {
        version: shopper.version.to_string(),
        id: current.map(|place| place.id.to_string()),
        state: current
            .map_or("pending", |place| shown::place_state(view, place))
            .into(),
        number: current.and_then(|place| place.number),
        ahead: current.and_then(|place| place.ahead),
        began_ahead: current.and_then(began_ahead),
        waiting: shopper.waiting,
        eta_s: current
            .and_then(|place| place.ahead)
            .and_then(|ahead| shown::wait(view, ahead.into())),
        until_ms: current
            .and_then(|place| until(view, place))
            .map(|stamp| stamp.0),
        extensions: current.map_or(0, |place| place.extensions),
        reason: current
            .and_then(|place| shown::reason(view, place))
            .map(Into::into),
        wish: current
            .and_then(|place| place.wish)
            .and_then(|slot| slot_id(view, slot)),
    }
}

/// The frame that says it is this shopper's turn.
pub fn admitted(view: &EventView, version: LogPosition, place: &PlaceView) -> Frame {
    Frame::Admitted {
        version: version.to_string(),
        until_ms: until(view, place).map(|stamp| stamp.0),
    }
}

/// A reservation frame.
pub fn reservation_frame(view: &EventView, reservation: &ReservationView) -> Frame {
    let body = shown::reservation(view, reservation);
    Frame::Reservation {
        version: body.version,
        id: body.id,
        state: body.state,
        reason: body.reason,
        slot: body.slot,
        seats: body.seats,
        code: body.code,
    }
}

/// An event frame.
pub fn event_fields(view: &EventView) -> EventFields {
    EventFields {
        version: view.version.to_string(),
        phase: shown::phase(view.guise.phase).into(),
        paused: view.guise.paused,
        standby: view.guise.standby,
        waiting: view.waiting,
        cancelled: view.totals.cancelled,
        eta_s: shown::wait(view, view.waiting),
        notice: super::event::notice(view),
        opens_at_ms: view.definition.schedule.opens_at.0,
        closes_at_ms: view.definition.schedule.closes_at.0,
    }
}

/// The seats of the named slots, or of all.
pub fn slot_seats(view: &EventView, only: Option<&[SlotNo]>) -> Vec<SlotSeats> {
    let seats = |slot: &crate::view::SlotView| SlotSeats {
        id: slot.definition.id.to_string(),
        remaining: slot.capacity.0.saturating_sub(slot.confirmed.0),
        capacity: slot.capacity.0,
        state: shown::slot_state(slot.status).into(),
    };
    match only {
        None => view.slots.iter().map(seats).collect(),
        Some(numbers) => numbers
            .iter()
            .filter_map(|slot| view.slots.get(usize::from(slot.0)))
            .map(seats)
            .collect(),
    }
}

/// The event as it stands in `hello`: the same for every socket of a version, so it can be made once and shared.
pub fn hello_event(view: &EventView, now: Stamp) -> Value {
    let body = serde_json::to_value(shown::event(view, now))
        .expect("a body of strings and numbers is always JSON");
    in_milliseconds(
        body,
        &[
            "now",
            "lobby_opens_at",
            "opens_at",
            "closes_at",
            "starts_at",
            "ends_at",
        ],
    )
}

/// The place as it stands in `hello`.
pub fn hello_place(view: &EventView, shopper: &ShopperView, receipt: Option<String>) -> Value {
    let body = serde_json::to_value(shown::place(view, Some(shopper), receipt))
        .expect("a body of strings and numbers is always JSON");
    in_milliseconds(body, &["until"])
}

/// Renames the named fields to `…_ms` and writes their times as integers, also inside lists.
fn in_milliseconds(value: Value, times: &[&str]) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| field_in_milliseconds(key, value, times))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|item| in_milliseconds(item, times))
                .collect(),
        ),
        other => other,
    }
}

fn field_in_milliseconds(key: String, value: Value, times: &[&str]) -> (String, Value) {
    if !times.contains(&key.as_str()) {
        return (
            key,
            if value.is_array() {
                in_milliseconds(value, times)
            } else {
                value
            },
        );
    }
    let stamp = value.as_str().and_then(parse_rfc3339);
    (
        format!("{key}_ms"),
        stamp.map_or(Value::Null, |stamp| stamp.0.into()),
    )
}
