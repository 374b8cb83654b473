//! From what the server said to what the witness keeps of it. Nothing here judges it.

use crate::http;
use crate::witness::{SeenEvent, SeenFrame, SeenPlace, SeenReservation, SeenSlot};

impl From<&http::Place> for SeenPlace {
    fn from(place: &http::Place) -> Self {
        Self {
            version: place.version.clone(),
            state: place.state.clone(),
            id: place.id.clone(),
            number: place.number,
            ahead: place.ahead,
            began_ahead: place.began_ahead,
            waiting: place.waiting,
            reason: place.reason.clone(),
            reservations: place
                .reservations
                .iter()
                .map(SeenReservation::from)
                .collect(),
            last: place
                .last
                .as_ref()
                .map(|last| (last.kind.clone(), last.state.clone(), last.reason.clone())),
            receipt: place.receipt.clone(),
        }
    }
}

impl From<&http::Reservation> for SeenReservation {
    fn from(reservation: &http::Reservation) -> Self {
        Self {
            version: reservation.version.clone(),
            id: reservation.id.clone(),
            state: reservation.state.clone(),
            reason: reservation.reason.clone(),
            slot: reservation.slot.clone(),
            seats: reservation.seats,
            code: reservation.code.clone(),
        }
    }
}

impl From<&http::SlotSeats> for SeenSlot {
    fn from(slot: &http::SlotSeats) -> Self {
        Self(slot.id.clone(), slot.remaining, slot.capacity)
    }
}

impl From<&http::PlaceFields> for SeenPlace {
    fn from(place: &http::PlaceFields) -> Self {
        Self {
            version: place.version.clone(),
            state: place.state.clone(),
            id: place.id.clone(),
            number: place.number,
            ahead: place.ahead,
            began_ahead: place.began_ahead,
            waiting: Some(place.waiting),
            reason: place.reason.clone(),
            ..Self::default()
        }
    }
}

impl From<&http::EventFields> for SeenEvent {
    fn from(event: &http::EventFields) -> Self {
        Self {
            version: event.version.clone(),
            phase: event.phase.clone(),
            paused: event.paused,
            standby: event.standby,
            waiting: event.waiting,
        }
    }
}

impl SeenFrame {
    /// What a received frame says, as far as it can be checked.
    pub fn new(shopper: u32, socket: u32, at_us: u64, frame: &http::Frame) -> Self {
        let bare = |kind: &str, version: Option<&String>| Self {
            shopper,
            socket,
            at_us,
            kind: kind.to_owned(),
            version: version.cloned(),
            stale: false,
            place: None,
            reservation: None,
            slots: Vec::new(),
            event: None,
        };
        let seats = |slots: &[http::SlotSeats]| slots.iter().map(SeenSlot::from).collect();
        match frame {
            http::Frame::Hello {
                version,
                event,
                place,
                slots,
                stale,
                ..
            } => Self {
                stale: *stale,
                place: place.as_ref().map(|place| place_of_hello(place, version)),
                event: Some(event_of_hello(event, version)),
                slots: seats(slots),
                ..bare("hello", Some(version))
            },
            http::Frame::Place(place) => Self {
                place: Some(place.into()),
                ..bare("place", Some(&place.version))
            },
            http::Frame::Admitted { version, .. } => bare("admitted", Some(version)),
            http::Frame::Slots { version, slots } => Self {
                slots: seats(slots),
                ..bare("slots", Some(version))
            },
            http::Frame::Reservation {
                version,
                id,
                state,
                reason,
                slot,
                seats,
                code,
            } => Self {
                reservation: Some(SeenReservation {
                    version: version.clone(),
                    id: id.clone(),
                    state: state.clone(),
                    reason: reason.clone(),
                    slot: slot.clone(),
                    seats: *seats,
                    code: code.clone(),
                }),
                ..bare("reservation", Some(version))
            },
            http::Frame::Event(event) => Self {
                event: Some(event.into()),
                ..bare("event", Some(&event.version))
            },
            http::Frame::Alive { version, .. } => bare("alive", Some(version)),
            http::Frame::Reconnect { .. } => bare("reconnect", None),
        }
    }
}

fn text(value: &serde_json::Value, field: &str) -> Option<String> {
    value[field].as_str().map(str::to_owned)
}

fn number(value: &serde_json::Value, field: &str) -> Option<u32> {
    value[field]
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
}

/// The place inside a hello has the names of the HTTP body.
fn place_of_hello(place: &serde_json::Value, version: &str) -> SeenPlace {
    let reservations = place["reservations"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let last = &place["last"];
    SeenPlace {
        version: version.to_owned(),
        state: text(place, "state").unwrap_or_default(),
        id: text(place, "id"),
        number: number(place, "number"),
        ahead: number(place, "ahead"),
        began_ahead: number(place, "began_ahead"),
        waiting: place["waiting"].as_u64(),
        reason: text(place, "reason"),
        reservations: reservations
            .iter()
            .map(|seen| SeenReservation {
                version: version.to_owned(),
                id: text(seen, "id").unwrap_or_default(),
                state: text(seen, "state").unwrap_or_default(),
                reason: text(seen, "reason"),
                slot: text(seen, "slot"),
                seats: number(seen, "seats").unwrap_or_default(),
                code: text(seen, "code"),
            })
            .collect(),
        last: text(last, "kind").map(|kind| {
            (
                kind,
                text(last, "state").unwrap_or_default(),
                text(last, "reason"),
            )
        }),
        receipt: None,
    }
}

/// The event inside a hello bears its own version: it may be a little older than the place beside it.
fn event_of_hello(event: &serde_json::Value, version: &str) -> SeenEvent {
    SeenEvent {
        version: text(event, "version").unwrap_or_else(|| version.to_owned()),
        phase: text(event, "phase").unwrap_or_default(),
        paused: event["paused"].as_bool().unwrap_or_default(),
        standby: event["standby"].as_bool().unwrap_or_default(),
        waiting: event["waiting"].as_u64().unwrap_or_default(),
    }
}
