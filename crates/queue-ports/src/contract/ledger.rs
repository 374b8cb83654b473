//! The suite of the ledger and of what operators ask it.

use super::check;
use super::random::Random;
use super::story::Story;
use crate::ledger::{Applied, Ledger, LedgerBatch, LedgerQueries, StoreError};
use queue_domain::{
    Effect, EffectKind, EventId, LogPosition, PlaceNo, Position, ReservationChange, ReservationId,
    ReservationState, Seats, SlotNo, SlotStatus,
};
use std::collections::BTreeSet;

const RECORDS: usize = 250;

/// A place where ledgers can be opened and crash.
#[expect(
    async_fn_in_trait,
    reason = "only tests of this workspace implement it, and run it on one thread"
)]
pub trait LedgerFixture {
    /// The back end.
    type Ledger: Ledger + LedgerQueries;

    /// Opens the ledger, also again after [`LedgerFixture::crash`].
    async fn open(&self) -> Self::Ledger;

    /// Ends the ledger as a killed process would.
    async fn crash(&self, ledger: Self::Ledger);
}

/// Everything that a ledger promises. `make` gives a fresh place each time.
pub async fn ledger_contract<F: LedgerFixture>(make: impl Fn() -> F, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        check("story", story(&make(), seed)).await;
        check("storm", storm(&make(), seed)).await;
    }
    check("position", position(&make())).await;
    check("generations", generations(&make())).await;
    check("oversold", oversold(&make())).await;
    check("forged rows", forged_rows(&make())).await;
    check("forged codes", forged_codes(&make())).await;
    check("forged changes", forged_changes(&make())).await;
    check("forged counts", forged_counts(&make())).await;
}

/// What the ledger must hold is what the fold holds, for every reservation ever asked for.
async fn same<L: Ledger + LedgerQueries>(ledger: &L, story: &Story, moment: usize) {
    for event in story.events() {
        let Some(state) = story.event_after(&event, moment) else {
            continue;
        };
        let asked: BTreeSet<ReservationId> = story
            .reservations
            .iter()
            .filter(|(of, _)| *of == event)
            .map(|(_, id)| *id)
            .collect();
        let mut expected = Vec::new();
        for id in asked {
            let row = ledger
                .reservation(&event, id)
                .await
                .expect("it can be read");
            let word = match state.reservation(id) {
                Some((ReservationState::Confirmed, slot)) => Some(("confirmed", slot)),
                Some((ReservationState::Cancelled { .. }, slot)) => Some(("cancelled", slot)),
                Some((ReservationState::Refused(_), _)) | None => None,
            };
            let expected_row = word.map(|(word, slot)| {
                (
                    word.to_owned(),
                    slot.map(|slot| slot.to_string()).unwrap_or_default(),
                )
            });
            let found = row
                .as_ref()
                .map(|row| (row.state.clone(), row.slot.clone()));
            assert_eq!(
                found, expected_row,
                "seed {}, reservation {event}.{id} after record {moment}",
                story.seed
            );
            expected.extend(row);
        }
        assert_eq!(
            pages(ledger, &event).await,
            expected,
            "seed {}: the pages hold every row once, in order",
            story.seed
        );
    }
}

async fn pages<L: LedgerQueries>(
    ledger: &L,
    event: &EventId,
) -> Vec<queue_protocol::http::OperatorReservation> {
    let mut rows: Vec<queue_protocol::http::OperatorReservation> = Vec::new();
    loop {
        let last = rows
            .last()
            .and_then(|row| row.id.rsplit('.').next())
            .and_then(ReservationId::parse_hex);
        let page = ledger
            .reservations(event, last, 3)
            .await
            .expect("it can be read");
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

async fn story<F: LedgerFixture>(fixture: &F, seed: u64) {
    let story = Story::new(seed, RECORDS);
    let mut random = Random::new(seed);
    let mut ledger = fixture.open().await;
    let mut from = 0;
    while from < RECORDS {
        let to = (from + 1 + random.below(40) as usize).min(RECORDS);
        assert_eq!(
            ledger
                .apply(story.ledger_batch(from..to))
                .await
                .expect("a valid batch"),
            Applied::Applied
        );
        if random.once_in(4) {
            fixture.crash(ledger).await;
            ledger = fixture.open().await;
            same(&ledger, &story, to - 1).await;
        }
        from = to;
    }
    same(&ledger, &story, RECORDS - 1).await;
}

/// Batches late, early, again and overlapping, with crashes between: each answer is the contract's, and the end is the story's.
async fn storm<F: LedgerFixture>(fixture: &F, seed: u64) {
    let story = Story::new(seed, RECORDS);
    let mut random = Random::new(!seed);
    let mut ledger = fixture.open().await;
    let (mut stored, mut absorbed, mut behind) = (0, 0, 0);
    while stored < RECORDS {
        let from = (stored as u64 + random.below(40))
            .saturating_sub(30)
            .min(RECORDS as u64 - 1) as usize;
        let to = (from + 1 + random.below(40) as usize).min(RECORDS);
        let batch = story.ledger_batch(from..to);
        let expected = match () {
            () if stored >= to => Applied::AlreadyThere,
            () if stored < from => Applied::Behind(
                stored
                    .checked_sub(1)
                    .map(|last| story.moments[last].position),
            ),
            () => Applied::Applied,
        };
        assert_eq!(
            ledger.apply(batch).await.expect("a valid batch"),
            expected,
            "seed {seed}: {from}..{to} with {stored} stored"
        );
        absorbed += usize::from(expected == Applied::AlreadyThere);
        behind += usize::from(matches!(expected, Applied::Behind(_)));
        stored = if expected == Applied::Applied {
            to
        } else {
            stored
        };
        if random.once_in(10) {
            fixture.crash(ledger).await;
            ledger = fixture.open().await;
        }
    }
    assert!(
        absorbed > 0 && behind > 0,
        "seed {seed}: the storm did not bite"
    );
    same(&ledger, &story, RECORDS - 1).await;
}

fn at(offset: u64) -> LogPosition {
    LogPosition {
        generation: 3,
        offset,
    }
}

fn empty(partition: u32, follows: Option<LogPosition>, last: LogPosition) -> LedgerBatch {
    LedgerBatch {
        partition,
        follows,
        last,
        effects: Vec::new(),
    }
}

async fn position<F: LedgerFixture>(fixture: &F) {
    let ledger = fixture.open().await;
    assert_eq!(ledger.position(0).await.expect("it can be read"), None);
    assert_eq!(
        ledger
            .apply(empty(0, Some(at(1)), at(2)))
            .await
            .expect("a valid batch"),
        Applied::Behind(None)
    );
    assert_eq!(
        ledger
            .apply(empty(0, None, at(5)))
            .await
            .expect("a valid batch"),
        Applied::Applied,
        "a batch without effects moves the position"
    );
    assert_eq!(
        ledger
            .apply(empty(1, None, at(1)))
            .await
            .expect("a valid batch"),
        Applied::Applied
    );
    fixture.crash(ledger).await;
    let ledger = fixture.open().await;
    assert_eq!(
        ledger.position(0).await.expect("it can be read"),
        Some(at(5))
    );
    assert_eq!(
        ledger.position(1).await.expect("it can be read"),
        Some(at(1)),
        "partitions are apart"
    );
}

async fn generations<F: LedgerFixture>(fixture: &F) {
    let ledger = fixture.open().await;
    let newer = LogPosition {
        generation: 4,
        offset: 0,
    };
    ledger
        .apply(empty(0, None, newer))
        .await
        .expect("a valid batch");
    let old = ledger.apply(empty(0, Some(at(7)), at(8))).await;
    assert!(
        matches!(old, Err(StoreError::Superseded(_))),
        "an old owner stops: {old:?}"
    );
    let newest = LogPosition {
        generation: 5,
        offset: 3,
    };
    let answer = ledger
        .apply(empty(
            0,
            Some(LogPosition {
                generation: 5,
                offset: 2,
            }),
            newest,
        ))
        .await
        .expect("a valid batch");
    assert_eq!(answer, Applied::Behind(Some(newer)));
}

/// A ledger with a story in it, and the batch after that with these effects.
async fn forge<F: LedgerFixture>(
    fixture: &F,
    effects: Vec<EffectKind>,
) -> (F::Ledger, Result<Applied, StoreError>, Story) {
    let story = Story::new(1, RECORDS);
    let ledger = fixture.open().await;
    ledger
        .apply(story.ledger_batch(0..RECORDS))
        .await
        .expect("a valid batch");
    let (event, last) = (
        story.events().remove(0),
        story.moments[RECORDS - 1].position,
    );
    let next = LogPosition {
        offset: last.offset + 1,
        ..last
    };
    let position = Position {
        generation: next.generation,
        offset: next.offset,
        index: 0,
    };
    let effects = effects
        .into_iter()
        .map(|kind| Effect {
            at: position,
            event: event.clone(),
            kind,
        })
        .collect();
    let answer = ledger
        .apply(LedgerBatch {
            partition: story.partition(),
            follows: Some(last),
            last: next,
            effects,
        })
        .await;
    (ledger, answer, story)
}

/// The forged batch is refused as a whole, and nothing of it is stored.
async fn refused<F: LedgerFixture>(fixture: &F, what: &str, effects: Vec<EffectKind>) {
    let (ledger, answer, story) = forge(fixture, effects).await;
    assert!(
        matches!(answer, Err(StoreError::Corrupt(_))),
        "{what}: {answer:?}"
    );
    assert_eq!(
        ledger
            .position(story.partition())
            .await
            .expect("it can be read"),
        Some(story.moments[RECORDS - 1].position),
        "{what}: the position stays"
    );
    same(&ledger, &story, RECORDS - 1).await;
}

fn reservation(id: u8, seats: u32, change: ReservationChange) -> EffectKind {
    EffectKind::Reservation {
        change,
        id: ReservationId([id; 16]),
        request: queue_domain::RequestId([id; 16]),
        shopper: queue_domain::ShopperId([200; 16]),
        place: Some(PlaceNo(0)),
        slot: Some(SlotNo(0)),
        seats: Seats(seats),
        state: if change == ReservationChange::Cancelled {
            ReservationState::Cancelled {
                slot_cancelled: false,
            }
        } else {
            ReservationState::Confirmed
        },
        code: Some(queue_domain::DoorCode::new(0x77)),
        moved: false,
        decided: queue_domain::Stamp(1),
        changed: queue_domain::Stamp(1),
        checked_in: None,
        contact: None,
    }
}

fn slot(capacity: u32, confirmed: u32) -> EffectKind {
    EffectKind::Slot {
        slot: SlotNo(0),
        capacity: Seats(capacity),
        confirmed: Seats(confirmed),
        status: SlotStatus::Bookable,
    }
}

/// Seats confirmed in the first slot of the first event at the end of the story.
fn confirmed_in_first_slot() -> u32 {
    let story = Story::new(1, RECORDS);
    let event = story.events().remove(0);
    let state = story
        .event_after(&event, RECORDS - 1)
        .expect("the event exists");
    state.slots().next().expect("it has slots").2.0
}

async fn oversold<F: LedgerFixture>(fixture: &F) {
    let confirmed = confirmed_in_first_slot();
    let effects = vec![
        slot(confirmed + 3, confirmed),
        reservation(1, 4, ReservationChange::Confirmed),
        slot(confirmed + 3, confirmed + 4),
    ];
    refused(fixture, "one seat too many", effects).await;
}

async fn forged_rows<F: LedgerFixture>(fixture: &F) {
    let confirmed = confirmed_in_first_slot();
    let around = |rows: [EffectKind; 2]| {
        let [first, second] = rows;
        vec![
            slot(100, confirmed),
            first,
            second,
            slot(100, confirmed + 2),
        ]
    };
    let row = |id| reservation(id, 1, ReservationChange::Confirmed);
    refused(
        fixture,
        "a second row for a reservation",
        around([row(1), row(1)]),
    )
    .await;
}

async fn forged_codes<F: LedgerFixture>(fixture: &F) {
    let confirmed = confirmed_in_first_slot();
    let row = |id| reservation(id, 1, ReservationChange::Confirmed);
    refused(
        fixture,
        "a door code used twice",
        vec![
            slot(100, confirmed),
            row(1),
            row(2),
            slot(100, confirmed + 2),
        ],
    )
    .await;
}

async fn forged_changes<F: LedgerFixture>(fixture: &F) {
    let confirmed = confirmed_in_first_slot();
    let unknown = vec![
        reservation(1, 1, ReservationChange::Cancelled),
        slot(100, confirmed),
    ];
    refused(fixture, "a cancel of what was never confirmed", unknown).await;
}

async fn forged_counts<F: LedgerFixture>(fixture: &F) {
    let confirmed = confirmed_in_first_slot();
    let miscounted = vec![
        slot(100, confirmed),
        reservation(1, 2, ReservationChange::Confirmed),
        slot(100, confirmed + 1),
    ];
    refused(fixture, "a count that the rows do not give", miscounted).await;
}
