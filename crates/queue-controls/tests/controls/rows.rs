//! A ledger without guards: rows written from effects as they are. The real one refuses to store what breaks a rule; the controls need
//! to see the audit refuse it.

use queue_audit::source::{LedgerPosition, LedgerRow, LedgerRows, LedgerSlot};
use queue_domain::{Effect, EffectKind, LogPosition, ReservationState, SlotStatus};

fn word(status: SlotStatus) -> String {
    match status {
        SlotStatus::Bookable => "bookable",
        SlotStatus::Over => "over",
        SlotStatus::Stopped => "stopped",
        SlotStatus::Cancelled => "cancelled",
    }
    .to_owned()
}

/// Takes what one record did.
pub(crate) fn take(rows: &mut LedgerRows, partition: u32, effects: &[Effect], last: LogPosition) {
    effects.iter().for_each(|effect| take_one(rows, effect));
    rows.positions
        .retain(|position| position.partition != partition);
    rows.positions.push(LedgerPosition {
        partition,
        generation: last.generation,
        offset: last.offset,
    });
}

fn take_one(rows: &mut LedgerRows, effect: &Effect) {
    let event = effect.event.to_string();
    match &effect.kind {
        EffectKind::SlotAdded { slot, definition } => rows.slots.push(LedgerSlot {
            event,
            slot_no: slot.0.into(),
            slot_id: definition.id.to_string(),
            capacity: definition.capacity.0,
            confirmed: 0,
            status: word(SlotStatus::Bookable),
        }),
        EffectKind::Slot {
            slot,
            capacity,
            confirmed,
            status,
        } => {
            if let Some(row) = rows
                .slots
                .iter_mut()
                .find(|row| row.event == event && row.slot_no == u32::from(slot.0))
            {
                (row.capacity, row.confirmed, row.status) =
                    (capacity.0, confirmed.0, word(*status));
            }
        }
        EffectKind::Reservation {
            id,
            shopper,
            place,
            slot: Some(slot),
            seats,
            state,
            code: Some(code),
            moved,
            decided,
            changed,
            checked_in,
            ..
        } => {
            let row = LedgerRow {
                event,
                id: id.to_string(),
                shopper: shopper.to_string(),
                place_no: place.map(|place| place.0),
                slot_no: slot.0.into(),
                seats: seats.0,
                confirmed: *state == ReservationState::Confirmed,
                cancelled_by_slot: *state
                    == ReservationState::Cancelled {
                        slot_cancelled: true,
                    },
                code: code.to_string(),
                moved: *moved,
                decided_ms: decided.0,
                changed_ms: changed.0,
                checked_in_ms: checked_in.map(|stamp| stamp.0),
                changed_at: (effect.at.generation, effect.at.offset, effect.at.index),
            };
            rows.reservations.retain(|other| other.id != row.id);
            rows.reservations.push(row);
        }
        _ => {}
    }
}
