//! How fast the ledger takes confirmed reservations on this machine: batches of 500 into one slot.
//!
//! `cargo run --release -p queue-embedded --example ledger -- [FOLDER] [RESERVATIONS]`

#![expect(
    clippy::print_stdout,
    reason = "a tool that people run to read what it prints"
)]

use queue_domain::{
    CommandId, Definition, DoorCode, Effect, EffectKind, EventId, Lobby, LogPosition, PlaceNo,
    Policy, Position, RequestId, ReservationChange, ReservationId, ReservationState, Schedule,
    Seats, ShopperId, SlotDefinition, SlotId, SlotNo, SlotStatus, Stamp,
};
use queue_embedded::{DataFolder, SqliteLedger};
use queue_ports::ledger::{Ledger, LedgerBatch};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

const BATCH: u64 = 500;
const SEATS: u32 = u32::MAX;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(
        || std::env::temp_dir().join("banjjak-ledger"),
        PathBuf::from,
    );
    let reservations: u64 = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let event = EventId::parse("measured").expect("an event id");
    let ledger = SqliteLedger::open(&DataFolder::open(&folder).expect("the folder can be used"))
        .expect("the ledger opens");
    ledger
        .apply(batch(None, 1, created(&event)))
        .await
        .expect("a fresh folder");
    let began = Instant::now();
    for offset in 2..2 + reservations.div_ceil(BATCH) {
        let effects = (0..BATCH)
            .flat_map(|index| confirmed(&event, offset, index))
            .collect();
        ledger
            .apply(batch(Some(offset - 1), offset, effects))
            .await
            .expect("a valid batch");
    }
    println!(
        "{:.0} reservations/s",
        reservations as f64 / began.elapsed().as_secs_f64()
    );
}

fn batch(follows: Option<u64>, last: u64, effects: Vec<Effect>) -> LedgerBatch {
    let at = |offset| LogPosition {
        generation: 1,
        offset,
    };
    LedgerBatch {
        partition: 0,
        follows: follows.map(at),
        last: at(last),
        effects,
    }
}

fn created(event: &EventId) -> Vec<Effect> {
    let policy = Policy {
        admit_per_second_milli: 50_000,
        room_max: 2_000,
        room_per_seat_milli: 1_000,
        claim_window_ms: 60_000,
        session_ms: 300_000,
        session_extensions: 1,
        per_shopper_max: 1,
        party_max: 4,
        joins_per_shopper: 20,
    };
    let schedule = Schedule {
        lobby_opens_at: Stamp(0),
        opens_at: Stamp(0),
        closes_at: Stamp(1),
    };
    let definition = Definition {
        id: event.clone(),
        lobby: Lobby::Arrival,
        schedule,
        policy,
        slots: Vec::new(),
        texts: Default::default(),
    };
    let slot = SlotDefinition {
        id: SlotId::parse("0900").expect("a slot id"),
        starts_at: Stamp(0),
        ends_at: Stamp(1),
        bookable_until: Stamp(0),
        day: (Stamp(0), Stamp(1)),
        capacity: Seats(SEATS),
    };
    let at = Position {
        generation: 1,
        offset: 1,
        index: 0,
    };
    let created = EffectKind::Created {
        definition: Arc::new(definition),
        rules: 1,
        creation: CommandId([1; 16]),
    };
    let added = EffectKind::SlotAdded {
        slot: SlotNo(0),
        definition: slot,
    };
    [created, added]
        .into_iter()
        .map(|kind| Effect {
            at,
            event: event.clone(),
            kind,
        })
        .collect()
}

fn confirmed(event: &EventId, offset: u64, index: u64) -> [Effect; 2] {
    let number = (offset - 2) * BATCH + index;
    let id = u128::from(number + 1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        .to_be_bytes();
    let at = Position {
        generation: 1,
        offset,
        index: index as u32,
    };
    let reservation = EffectKind::Reservation {
        change: ReservationChange::Confirmed,
        id: ReservationId(id),
        request: RequestId(id),
        shopper: ShopperId(id),
        place: Some(PlaceNo(number as u32)),
        slot: Some(SlotNo(0)),
        seats: Seats(1),
        state: ReservationState::Confirmed,
        code: Some(DoorCode::new(number)),
        moved: false,
        decided: Stamp(1),
        changed: Stamp(1),
        checked_in: None,
        contact: None,
    };
    let slot = EffectKind::Slot {
        slot: SlotNo(0),
        capacity: Seats(SEATS),
        confirmed: Seats(number as u32 + 1),
        status: SlotStatus::Bookable,
    };
    [reservation, slot].map(|kind| Effect {
        at,
        event: event.clone(),
        kind,
    })
}
