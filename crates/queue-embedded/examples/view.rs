//! What a line of a given length costs the view on this machine: taking joins, reading ranks, building anew.
//!
//! `cargo run --release -p queue-embedded --example view -- [PLACES]`

#![expect(
    clippy::print_stdout,
    reason = "a tool that people run to read what it prints"
)]

use queue_domain::{
    CommandId, CommandKind, Definition, Effect, EffectKind, EventId, Guise, Lobby, LogPosition,
    Outcome, Phase, PlaceId, PlaceNo, Policy, Position, Schedule, ServiceTime, ShopperId, Stamp,
};
use queue_embedded::{MemoryView, ViewLimits};
use queue_ports::view::{ViewBatch, ViewChanges, ViewImage, ViewReader, ViewWriter};
use std::sync::Arc;
use std::time::Instant;

const BATCH: u64 = 256;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let places: u64 = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000);
    let event = EventId::parse("measured").expect("an event id");
    let view = MemoryView::new(ViewLimits::default());
    view.apply(created(&event))
        .await
        .expect("the event is made");
    let before = resident_bytes();
    let mut checkpoint = 10_000;
    let (mut taken, mut reported) = (0, 0);
    let mut began = Instant::now();
    while taken < places {
        let offset = 2 + taken / BATCH;
        let effects = (taken..taken + BATCH)
            .flat_map(|place| joined(&event, offset, place))
            .collect();
        let at = |offset| LogPosition {
            generation: 1,
            offset,
        };
        let batch = ViewBatch {
            partition: 0,
            event: event.clone(),
            follows: Some(at(offset - 1)),
            last: at(offset),
            effects,
        };
        view.apply(batch).await.expect("a valid batch");
        taken += BATCH;
        if taken >= checkpoint || taken >= places {
            let per_join = began.elapsed().as_nanos() as u64 / (taken - reported);
            reported = taken;
            report(
                &view,
                &event,
                taken,
                per_join,
                resident_bytes().saturating_sub(before),
            )
            .await;
            checkpoint *= 10;
            began = Instant::now();
        }
    }
    rebuild(&event, places).await;
}

async fn report(view: &MemoryView, event: &EventId, taken: u64, join_ns: u64, bytes: u64) {
    const READS: u64 = 200_000;
    let began = Instant::now();
    let mut ranks = 0;
    for read in 0..READS {
        let place = read.wrapping_mul(0x9e37_79b9_7f4a_7c15) % taken;
        let seen = view
            .shopper(event, shopper(place))
            .await
            .expect("it can be read")
            .expect("it is known");
        ranks += u64::from(seen.place.and_then(|place| place.ahead).unwrap_or(0));
    }
    let read_ns = began.elapsed().as_nanos() as u64 / READS;
    let began = Instant::now();
    let line = view
        .line(event)
        .await
        .expect("it can be read")
        .expect("it is known");
    let line_us = began.elapsed().as_micros();
    println!(
        "{taken} places: {join_ns} ns a join, {read_ns} ns a shopper's read, {line_us} us for the whole line of {}, {} bytes a place (checksum {ranks})",
        line.line.len(),
        bytes / taken
    );
}

async fn rebuild(event: &EventId, places: u64) {
    let mut effects = created(event).effects;
    effects.extend((0..places).flat_map(|place| joined(event, 2 + place / BATCH, place)));
    let version = LogPosition {
        generation: 1,
        offset: 2 + places / BATCH,
    };
    effects.push(Effect {
        at: effects[0].at,
        event: event.clone(),
        kind: EffectKind::ImageEnd { version },
    });
    let view = MemoryView::new(ViewLimits::default());
    let began = Instant::now();
    view.rebuild(ViewImage {
        partition: 0,
        event: event.clone(),
        version,
        effects,
    })
    .await
    .expect("a valid image");
    println!("{places} places built anew in {:?}", began.elapsed());
}

fn shopper(place: u64) -> ShopperId {
    let mixed = u128::from(place).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    ShopperId(mixed.to_le_bytes())
}

fn joined(event: &EventId, offset: u64, place: u64) -> [Effect; 2] {
    let at = Position {
        generation: 1,
        offset,
        index: (place % BATCH) as u32,
    };
    let effect = |kind| Effect {
        at,
        event: event.clone(),
        kind,
    };
    let (no, shopper) = (PlaceNo(place as u32), shopper(place));
    let taken = EffectKind::Joined {
        place: no,
        id: PlaceId(at),
        shopper,
        number: Some(no.0 + 1),
        began_ahead: no.0,
        wish: None,
        stamp: Stamp(1_700_000_000_000),
    };
    let outcome = EffectKind::Outcome {
        command: CommandId(shopper.0),
        shopper,
        place: Some(no),
        kind: CommandKind::Join,
        outcome: Outcome::Done,
        reservation: None,
        slot: None,
    };
    [effect(taken), effect(outcome)]
}

fn created(event: &EventId) -> ViewBatch {
    let schedule = Schedule {
        lobby_opens_at: Stamp(0),
        opens_at: Stamp(0),
        closes_at: Stamp(u64::MAX),
    };
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
    let definition = Definition {
        id: event.clone(),
        lobby: Lobby::Arrival,
        schedule,
        policy,
        slots: Vec::new(),
        texts: Default::default(),
    };
    let at = Position {
        generation: 1,
        offset: 1,
        index: 0,
    };
    let guise = Guise {
        phase: Phase::Open,
        paused: false,
        standby: false,
        phase_since: Stamp(0),
    };
    let effect = |kind| Effect {
        at,
        event: event.clone(),
        kind,
    };
    let effects = vec![
        effect(EffectKind::Created {
            definition: Arc::new(definition),
            rules: 1,
            creation: CommandId([1; 16]),
        }),
        effect(EffectKind::Status(guise)),
        effect(EffectKind::Clock {
            service: ServiceTime(1),
            stamp: Stamp(1),
        }),
    ];
    ViewBatch {
        partition: 0,
        event: event.clone(),
        follows: None,
        last: at.record(),
        effects,
    }
}

/// Memory of this process, from the kernel.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok())
        .unwrap_or(0)
        * 4_096
}
