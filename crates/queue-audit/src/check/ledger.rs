//! The ledger against the naive fold at the ledger's own position, row for row.

use super::{classify, command, record};
use crate::naive::{Event, Partition, Reservation, ReservationState, hex, unhex};
use crate::report::Report;
use crate::rule::Rule;
use crate::source::{LedgerRow, LedgerRows};
use std::collections::{BTreeMap, HashMap};

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A door code as people read it.
pub(crate) fn door_code(bits: u64) -> String {
    (0..8)
        .rev()
        .map(|digit| char::from(CROCKFORD[(bits >> (5 * digit)) as usize % 32]))
        .collect()
}

/// Compares the rows of one partition, when the fold has reached the ledger's position.
pub(crate) fn compare(
    partition: &Partition,
    offset: u64,
    ledger: &LedgerRows,
    report: &mut Report,
) {
    let mut rows: HashMap<(&str, &str), &LedgerRow> = HashMap::new();
    for row in ledger
        .reservations
        .iter()
        .filter(|row| partition.events.contains_key(&row.event))
    {
        rows.insert((&row.event, &row.id), row);
        let event = &partition.events[&row.event];
        let decided = unhex(&row.id).and_then(|id| event.reservations.get(&id));
        compare_row(partition, event, row, decided, report);
    }
    for event in partition.events.values() {
        for (id, reservation) in &event.reservations {
            let kept = matches!(reservation.state, ReservationState::Refused(_))
                || rows.contains_key(&(event.id.as_str(), hex(id).as_str()));
            report.check(
                Rule::P1,
                kept,
                || format!("reservation {}.{} is decided and not in the ledger, which is at record {offset}", event.id, hex(id)),
                || vec![command(partition.number, reservation.at), record(partition.number, offset)],
            );
        }
        compare_slots(partition, event, ledger, report);
    }
    totals(partition, ledger, report);
}

fn compare_row(
    partition: &Partition,
    event: &Event,
    row: &LedgerRow,
    decided: Option<&Reservation>,
    report: &mut Report,
) {
    let written = || {
        vec![command(
            partition.number,
            (row.changed_at.1, row.changed_at.2),
        )]
    };
    report.checked(Rule::P1, 1);
    let Some(decided) = decided else {
        report.violation(
            Rule::P1,
            || {
                format!(
                    "row {}.{} is of a reservation that nobody asked for",
                    row.event, row.id
                )
            },
            &written(),
        );
        return;
    };
    if let ReservationState::Refused(reason) = decided.state {
        let what = || {
            format!(
                "row {}.{} is confirmed, and should be refused as {reason}",
                row.event, row.id
            )
        };
        report.violation(Rule::P1, what, &written());
        let rule = classify::confirmed_but(reason);
        if rule != Rule::P2 {
            report.violation(rule, what, &written());
        }
        return;
    }
    let ours = expected(partition, event, row, decided);
    if ours != *row {
        report.violation(
            Rule::P1,
            || {
                format!(
                    "row {}.{} is {row:?}, and should be {ours:?}",
                    row.event, row.id
                )
            },
            &written(),
        );
    }
}

/// The row as the naive fold has it.
fn expected(
    partition: &Partition,
    event: &Event,
    row: &LedgerRow,
    decided: &Reservation,
) -> LedgerRow {
    LedgerRow {
        event: event.id.clone(),
        id: row.id.clone(),
        shopper: hex(&decided.shopper),
        place_no: decided.place.map(|place| place as u32),
        slot_no: decided.slot.map_or(u32::MAX, |slot| slot as u32),
        seats: decided.seats,
        confirmed: decided.state == ReservationState::Confirmed,
        cancelled_by_slot: decided.state == ReservationState::Cancelled { with_slot: true },
        code: decided.code.map(door_code).unwrap_or_default(),
        moved: decided.moved,
        decided_ms: decided.stamps.0,
        changed_ms: decided.stamps.1,
        checked_in_ms: decided.stamps.2,
        changed_at: (partition.generation, decided.changed.0, decided.changed.1),
    }
}

fn compare_slots(partition: &Partition, event: &Event, ledger: &LedgerRows, report: &mut Report) {
    let here = || vec![record(partition.number, event.version)];
    let kept = ledger
        .slots
        .iter()
        .filter(|slot| slot.event == event.id)
        .count();
    report.check(
        Rule::P1,
        kept == event.slots.len(),
        || {
            format!(
                "{}: the ledger has {kept} slots of {}",
                event.id,
                event.slots.len()
            )
        },
        here,
    );
    for slot in ledger.slots.iter().filter(|slot| slot.event == event.id) {
        let ours = event.slots.get(slot.slot_no as usize);
        let same = ours.is_some_and(|ours| {
            (
                ours.definition.id.as_str(),
                ours.capacity,
                ours.confirmed,
                ours.status.word(),
            ) == (
                slot.slot_id.as_str(),
                slot.capacity,
                slot.confirmed,
                slot.status.as_str(),
            )
        });
        report.check(
            Rule::P1,
            same,
            || {
                format!(
                    "{}: the ledger has slot {slot:?}, it should be {ours:?}",
                    event.id
                )
            },
            here,
        );
        report.check(
            Rule::S1,
            slot.confirmed <= slot.capacity,
            || {
                format!(
                    "{}: slot {} holds {} of {} seats",
                    event.id, slot.slot_id, slot.confirmed, slot.capacity
                )
            },
            here,
        );
    }
}

/// What rows add up to, whatever the fold says.
fn totals(partition: &Partition, ledger: &LedgerRows, report: &mut Report) {
    let mut seats: BTreeMap<(&str, u32), u64> = BTreeMap::new();
    let mut held: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for row in ledger
        .reservations
        .iter()
        .filter(|row| row.confirmed && partition.events.contains_key(&row.event))
    {
        *seats.entry((&row.event, row.slot_no)).or_default() += u64::from(row.seats);
        *held.entry((&row.event, &row.shopper)).or_default() += 1;
    }
    for slot in ledger
        .slots
        .iter()
        .filter(|slot| partition.events.contains_key(&slot.event))
    {
        let taken = seats
            .get(&(slot.event.as_str(), slot.slot_no))
            .copied()
            .unwrap_or(0);
        let here = || {
            vec![record(
                partition.number,
                partition.events[&slot.event].version,
            )]
        };
        report.check(
            Rule::S1,
            taken <= u64::from(slot.capacity),
            || {
                format!(
                    "{}: rows of slot {} add up to {taken} of {} seats",
                    slot.event, slot.slot_id, slot.capacity
                )
            },
            here,
        );
        report.check(
            Rule::S2,
            taken == u64::from(slot.confirmed),
            || {
                format!(
                    "{}: rows of slot {} add up to {taken}, the ledger counts {}",
                    slot.event, slot.slot_id, slot.confirmed
                )
            },
            here,
        );
    }
    for ((event, shopper), held) in held {
        let state = &partition.events[event];
        let most = u32::from(state.most_per_shopper);
        report.check(
            Rule::S5,
            held <= most,
            || format!("{event}: shopper {shopper} holds {held} reservations of {most}"),
            || vec![record(partition.number, state.version)],
        );
    }
}
