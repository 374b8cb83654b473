//! The suite of the view: writing, reading and waiting.

use super::check;
use super::random::Random;
use super::story::Story;
use crate::ledger::{Applied, StoreError};
use crate::view::{
    Changes, EventView, Heads, LineView, ShopperView, ViewBatch, ViewChanges, ViewImage,
    ViewReader, ViewWriter,
};
use futures_util::FutureExt;
use queue_domain::{EventId, EventState, LogPosition, PlaceState, Position, ShopperId};
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;

const RECORDS: usize = 220;

/// A view with all its sides.
pub trait View: ViewWriter + ViewReader + ViewChanges {}
impl<V: ViewWriter + ViewReader + ViewChanges> View for V {}

/// A place where views can be opened and wiped.
#[expect(
    async_fn_in_trait,
    reason = "only tests of this workspace implement it, and run it on one thread"
)]
pub trait ViewFixture {
    /// The back end.
    type View: View;

    /// An empty view in which at most `waiters` can wait at once.
    async fn empty(&self, waiters: usize) -> Self::View;

    /// Loses everything that the view holds.
    async fn wipe(&self, view: &Self::View);
}

/// Everything that a view promises. `make` gives a fresh place each time.
pub async fn view_contract<F: ViewFixture>(make: impl Fn() -> F, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        check("story", story(&make(), seed)).await;
        check("storm", storm(&make(), seed)).await;
        check("follower", follower(&make(), seed)).await;
    }
    check("unknown", unknown(&make())).await;
    check("generations", generations(&make())).await;
    check("images", images(&make())).await;
    check("wipe", wipe(&make())).await;
    check("marks", marks(&make())).await;
    check("waiting", waiting(&make())).await;
    check("bounded", bounded(&make())).await;
    check("heads", heads(&make())).await;
    check("stale reader", stale_reader(&make())).await;
}

const MANY: usize = 1_000;

/// Everything that is shown of an event must be what the fold says.
async fn same<V: View>(view: &V, story: &Story, event: &EventId, moment: usize) {
    let told = format!("seed {}, event {event} after record {moment}", story.seed);
    let Some(state) = story.event_after(event, moment) else {
        assert_eq!(
            view.event(event).await.expect("it can be read"),
            None,
            "{told}"
        );
        return;
    };
    let shown = view
        .event(event)
        .await
        .expect("it can be read")
        .unwrap_or_else(|| panic!("{told}: unknown"));
    assert_eq!(
        (shown.version, shown.guise, shown.totals),
        (state.version(), state.guise(), state.totals()),
        "{told}"
    );
    assert_eq!(
        (shown.waiting, (shown.admitted, shown.inside)),
        (state.waiting().into(), widen(state.room())),
        "{told}"
    );
    assert_eq!(
        (
            shown.definition.policy,
            shown.definition.schedule,
            shown.clock.0
        ),
        (state.policy(), state.schedule(), state.service()),
        "{told}"
    );
    let slots = shown.slots.iter().map(|slot| {
        (
            &slot.definition.id,
            slot.capacity,
            slot.confirmed,
            slot.status,
        )
    });
    assert!(slots.eq(state.slots()), "{told}: {:?}", shown.slots);
    let waiting: Vec<u32> = story
        .shoppers
        .iter()
        .filter_map(|shopper| waiting_number(state, *shopper))
        .collect();
    for shopper in &story.shoppers {
        let seen = view
            .shopper(event, *shopper)
            .await
            .expect("it can be read")
            .expect("the event is known");
        let place = seen
            .place
            .as_ref()
            .map(|place| (place.state, place.number, place.id));
        assert_eq!(
            (seen.version, seen.waiting, place),
            (
                state.version(),
                state.waiting().into(),
                state.place_of(*shopper)
            ),
            "{told}, {shopper}"
        );
        let ahead = waiting_number(state, *shopper)
            .map(|number| waiting.iter().filter(|other| **other < number).count() as u32);
        assert_eq!(
            seen.place.as_ref().and_then(|place| place.ahead),
            ahead,
            "{told}, {shopper}: people ahead"
        );
        for reservation in &seen.reservations {
            let slot = reservation
                .slot
                .map(|slot| &shown.slots[usize::from(slot.0)].definition.id);
            assert_eq!(
                Some((reservation.state, slot)),
                state.reservation(reservation.id),
                "{told}, {shopper}"
            );
            let alone = view
                .reservation(event, reservation.id)
                .await
                .expect("it can be read");
            assert_eq!(
                alone.as_ref(),
                Some(reservation),
                "{told}: by id as by shopper"
            );
        }
    }
    for (_, command) in story.operators.iter().filter(|(of, _)| of == event) {
        let result = view
            .operator_result(event, *command)
            .await
            .expect("it can be read");
        assert_eq!(
            result.as_ref(),
            state.operator_result(*command),
            "{told}, command {command}"
        );
    }
}

fn widen((admitted, inside): (u32, u32)) -> (u64, u64) {
    (admitted.into(), inside.into())
}

fn waiting_number(state: &EventState, shopper: ShopperId) -> Option<u32> {
    state
        .place_of(shopper)
        .filter(|(state, ..)| *state == PlaceState::Waiting)
        .and_then(|(_, number, _)| number)
}

/// What an image does not tell: admissions of the last minute, last outcomes, and since when a place is what it is.
fn comparable(
    mut event: EventView,
    mut shoppers: Vec<ShopperView>,
) -> (EventView, Vec<ShopperView>) {
    (event.admitted_last_minute, event.admitted_last_second) = ((0, 0), 0);
    for shopper in &mut shoppers {
        shopper.last = None;
        shopper
            .place
            .iter_mut()
            .for_each(|place| place.changed_at = Position::default());
        shopper
            .reservations
            .iter_mut()
            .for_each(|reservation| reservation.changed_at = Position::default());
    }
    (event, shoppers)
}

async fn everything<V: View>(
    view: &V,
    story: &Story,
    event: &EventId,
) -> (EventView, Vec<ShopperView>) {
    let shown = view
        .event(event)
        .await
        .expect("it can be read")
        .expect("it is known");
    let mut shoppers = Vec::new();
    for shopper in &story.shoppers {
        shoppers.push(
            view.shopper(event, *shopper)
                .await
                .expect("it can be read")
                .expect("it is known"),
        );
    }
    comparable(shown.as_ref().clone(), shoppers)
}

async fn story<F: ViewFixture>(fixture: &F, seed: u64) {
    let (story, mut random) = (Story::new(seed, RECORDS), Random::new(seed));
    let (view, rebuilt) = (fixture.empty(MANY).await, fixture.empty(MANY).await);
    let mut from = 0;
    while from < RECORDS {
        let to = (from + 1 + random.below(25) as usize).min(RECORDS);
        for event in story.events() {
            if let Some(batch) = story.view_batch(&event, from..to) {
                assert_eq!(
                    view.apply(batch).await.expect("a valid batch"),
                    Applied::Applied
                );
            }
            same(&view, &story, &event, to - 1).await;
        }
        from = to;
    }
    for event in story.events() {
        rebuilt
            .rebuild(story.image(&event, RECORDS - 1).expect("the event exists"))
            .await
            .expect("a valid image");
        same(&rebuilt, &story, &event, RECORDS - 1).await;
        assert_eq!(
            everything(&view, &story, &event).await,
            everything(&rebuilt, &story, &event).await,
            "seed {seed}: batches or image, the same view"
        );
    }
    let ids: Vec<_> = view
        .events()
        .await
        .expect("it can be read")
        .iter()
        .map(|event| event.definition.id.clone())
        .collect();
    assert_eq!(ids, story.events(), "all events, by id");
}

/// Batches late, early, again, overlapping, and images between: each answer is the contract's, and the end is the story's.
async fn storm<F: ViewFixture>(fixture: &F, seed: u64) {
    let (story, mut random) = (Story::new(seed, RECORDS), Random::new(!seed));
    let view = fixture.empty(MANY).await;
    for event in story.events() {
        let (mut stored, mut absorbed, mut behind) = (0, 0, 0);
        while stored < RECORDS {
            let from = (stored as u64 + random.below(30))
                .saturating_sub(20)
                .min(RECORDS as u64 - 1) as usize;
            let to = (from + 1 + random.below(30) as usize).min(RECORDS);
            if random.once_in(15) {
                if let Some(image) = story.image(&event, to - 1) {
                    view.rebuild(image).await.expect("a valid image");
                    stored = stored.max(to);
                }
            } else if let Some(batch) = story.view_batch(&event, from..to) {
                let expected = expected(&story, &event, stored, &batch);
                assert_eq!(
                    view.apply(batch).await.expect("a valid batch"),
                    expected,
                    "seed {seed}: {from}..{to} with {stored} stored"
                );
                (absorbed, behind) = (
                    absorbed + usize::from(expected == Applied::AlreadyThere),
                    behind + usize::from(matches!(expected, Applied::Behind(_))),
                );
                stored = if expected == Applied::Applied {
                    to
                } else {
                    stored
                };
            } else if stored >= from {
                stored = stored.max(to);
            }
            if stored > 0 {
                same(&view, &story, &event, stored - 1).await;
            }
        }
        assert!(
            absorbed > 0 && behind > 0,
            "seed {seed}: the storm did not bite"
        );
    }
}

/// The contract's answer to a batch when the first `stored` records are stored.
fn expected(story: &Story, event: &EventId, stored: usize, batch: &ViewBatch) -> Applied {
    let version = story.version_before(event, stored);
    match version {
        Some(version) if version >= batch.last => Applied::AlreadyThere,
        _ if version < batch.follows => Applied::Behind(version),
        _ => Applied::Applied,
    }
}

/// What a gateway keeps by following differences is what it would read anew, and whoever is not named has not changed.
async fn follower<F: ViewFixture>(fixture: &F, seed: u64) {
    let (story, mut random) = (Story::new(seed, RECORDS), Random::new(seed ^ 77));
    let (view, event) = (
        fixture.empty(MANY).await,
        story.events().swap_remove(seed as usize % 2),
    );
    let mut from = 0;
    let mut followed: Option<Followed> = None;
    while from < RECORDS {
        let to = (from + 1 + random.below(12) as usize).min(RECORDS);
        let Some(batch) = story.view_batch(&event, from..to) else {
            from = to;
            continue;
        };
        let last = batch.last;
        view.apply(batch).await.expect("a valid batch");
        if random.once_in(3) {
            view.mark(story.partition(), last).await.expect("a mark");
        }
        followed = Some(match followed {
            Some(before) => follow(&view, &story, &event, before).await,
            None => read(&view, &story, &event).await,
        });
        from = to;
    }
    assert!(followed.is_some());
}

async fn read<V: View>(view: &V, story: &Story, event: &EventId) -> Followed {
    let line = view
        .line(event)
        .await
        .expect("it can be read")
        .expect("it is known");
    let shown = view
        .event(event)
        .await
        .expect("it can be read")
        .expect("it is known")
        .as_ref()
        .clone();
    let mut shoppers = Vec::new();
    for shopper in &story.shoppers {
        shoppers.push(
            view.shopper(event, *shopper)
                .await
                .expect("it can be read")
                .expect("it is known"),
        );
    }
    (line, shown, shoppers)
}

type Followed = (LineView, EventView, Vec<ShopperView>);

async fn follow<V: View>(view: &V, story: &Story, event: &EventId, before: Followed) -> Followed {
    let (mut line, shown_before, shoppers_before) = before;
    let now = read(view, story, event).await;
    let (mut named, mut slots, mut event_changed, mut turned) =
        (BTreeSet::new(), BTreeSet::new(), false, false);
    while line.version < now.0.version || line.cursor < now.0.cursor {
        let Changes::Since(change) = view
            .changes(event, line.cursor)
            .await
            .expect("it can be followed")
        else {
            panic!(
                "seed {}: nothing was rebuilt, and so little is kept",
                story.seed
            );
        };
        for (number, waits) in &change.line {
            assert!(
                if *waits {
                    line.line.insert(*number)
                } else {
                    line.line.remove(*number)
                },
                "a difference is a difference"
            );
        }
        (line.cursor, line.version) = (change.cursor, change.version);
        named.extend(change.shoppers);
        slots.extend(change.slots);
        event_changed |= change.event;
        turned |= change.turned;
    }
    assert!(
        line.line.iter().eq(now.0.line.iter()),
        "seed {}: the line followed is the line read",
        story.seed
    );
    for ((shopper, before), after) in story
        .shoppers
        .iter()
        .zip(&shoppers_before)
        .zip(&now.2)
        .filter(|((shopper, _), _)| !named.contains(*shopper))
    {
        assert_eq!(
            unaged(before),
            unaged(after),
            "seed {}: {shopper} changed and was not named",
            story.seed
        );
        let ahead = |view: &ShopperView| view.place.as_ref().and_then(|place| place.ahead);
        assert!(
            turned || ahead(after) <= ahead(before),
            "seed {}: `ahead` rises only at a turn to standby",
            story.seed
        );
    }
    for (number, (before, after)) in shown_before.slots.iter().zip(&now.1.slots).enumerate() {
        assert!(
            before == after || slots.iter().any(|slot| usize::from(slot.0) == number),
            "seed {}: slot {number} changed and was not named",
            story.seed
        );
    }
    let looks = |event: &EventView| (event.guise, event.definition.clone(), event.revealed);
    assert!(
        event_changed || looks(&shown_before) == looks(&now.1),
        "seed {}: the event changed and it was not told",
        story.seed
    );
    (line, now.1, now.2)
}

/// A shopper's view without what changes by others' doing.
fn unaged(shopper: &ShopperView) -> ShopperView {
    let mut shopper = shopper.clone();
    (shopper.version, shopper.waiting) = (LogPosition::default(), 0);
    shopper
        .place
        .iter_mut()
        .for_each(|place| place.ahead = None);
    shopper
        .reservations
        .iter_mut()
        .for_each(|reservation| reservation.version = LogPosition::default());
    shopper
}

/// A view with the first event of a story after so many records.
async fn told<F: ViewFixture>(fixture: &F, records: usize) -> (F::View, Story, EventId) {
    let (story, view) = (Story::new(1, RECORDS), fixture.empty(MANY).await);
    let event = story.events().swap_remove(0);
    view.apply(
        story
            .view_batch(&event, 0..records)
            .expect("the event moved"),
    )
    .await
    .expect("a valid batch");
    (view, story, event)
}

async fn unknown<F: ViewFixture>(fixture: &F) {
    let view = fixture.empty(MANY).await;
    let story = Story::new(1, RECORDS);
    let event = story.events().swap_remove(0);
    assert_eq!(view.event(&event).await.expect("it can be read"), None);
    assert_eq!(view.version(&event).await.expect("it can be read"), None);
    assert_eq!(
        view.shopper(&event, story.shoppers[0])
            .await
            .expect("it can be read"),
        None,
        "unknown, not without a place"
    );
    assert!(view.line(&event).await.expect("it can be read").is_none());
    assert!(view.events().await.expect("it can be read").is_empty());
    assert_eq!(view.partition_heads(0).await.expect("it can be read"), None);
    let late = story.view_batch(&event, 30..40).expect("the event moved");
    assert_eq!(
        view.apply(late).await.expect("a valid batch"),
        Applied::Behind(None)
    );
    assert_eq!(
        view.event(&event).await.expect("it can be read"),
        None,
        "what does not follow is not stored"
    );
}

async fn generations<F: ViewFixture>(fixture: &F) {
    let (view, story, event) = told(fixture, 40).await;
    let image = story.image(&event, 60).expect("the event exists");
    let newer = LogPosition {
        generation: image.version.generation + 1,
        offset: 2,
    };
    view.rebuild(ViewImage {
        version: newer,
        ..image.clone()
    })
    .await
    .expect("a newer generation takes over");
    let old = view
        .apply(story.view_batch(&event, 40..50).expect("the event moved"))
        .await;
    assert!(
        matches!(old, Err(StoreError::Superseded(_))),
        "the old owner stops: {old:?}"
    );
    let old = view.rebuild(image).await;
    assert!(
        matches!(old, Err(StoreError::Superseded(_))),
        "the old owner stops: {old:?}"
    );
    assert_eq!(
        view.version(&event).await.expect("it can be read"),
        Some(newer)
    );
    let last = LogPosition {
        generation: newer.generation + 1,
        offset: 9,
    };
    let batch = ViewBatch {
        partition: 0,
        event,
        follows: Some(LogPosition { offset: 8, ..last }),
        last,
        effects: Vec::new(),
    };
    assert_eq!(
        view.apply(batch).await.expect("a valid batch"),
        Applied::Behind(Some(newer)),
        "what is of an older generation is built anew"
    );
}

async fn images<F: ViewFixture>(fixture: &F) {
    let (view, story, event) = told(fixture, 100).await;
    let cursor = view
        .line(&event)
        .await
        .expect("it can be read")
        .expect("it is known")
        .cursor;
    view.rebuild(story.image(&event, 59).expect("the event exists"))
        .await
        .expect("a valid image");
    same(&view, &story, &event, 99).await;
    view.rebuild(story.image(&event, 119).expect("the event exists"))
        .await
        .expect("a valid image");
    same(&view, &story, &event, 119).await;
    assert_eq!(
        view.changes(&event, cursor)
            .await
            .expect("it can be followed"),
        Changes::Reload,
        "nobody goes on from before an image"
    );
    let next = story.view_batch(&event, 110..140).expect("the event moved");
    assert_eq!(
        view.apply(next).await.expect("a valid batch"),
        Applied::Applied,
        "batches go on from an image"
    );
    same(&view, &story, &event, 139).await;
}

async fn wipe<F: ViewFixture>(fixture: &F) {
    let (view, story, event) = told(fixture, 100).await;
    let cursor = view
        .line(&event)
        .await
        .expect("it can be read")
        .expect("it is known")
        .cursor;
    fixture.wipe(&view).await;
    assert_eq!(view.event(&event).await.expect("it can be read"), None);
    let next = story.view_batch(&event, 100..110).expect("the event moved");
    assert_eq!(
        view.apply(next).await.expect("a valid batch"),
        Applied::Behind(None)
    );
    view.rebuild(story.image(&event, 109).expect("the event exists"))
        .await
        .expect("a valid image");
    same(&view, &story, &event, 109).await;
    assert_eq!(
        view.changes(&event, cursor)
            .await
            .expect("it can be followed"),
        Changes::Reload
    );
}

async fn marks<F: ViewFixture>(fixture: &F) {
    let (view, story, event) = told(fixture, 150).await;
    let mark = async || {
        view.event(&event)
            .await
            .expect("it can be read")
            .expect("it is known")
            .ledger_mark
    };
    assert_eq!(mark().await, None, "no mark: nothing is confirmed yet");
    let (early, late) = (story.moments[60].position, story.moments[149].position);
    let cursor = view
        .line(&event)
        .await
        .expect("it can be read")
        .expect("it is known")
        .cursor;
    view.mark(story.partition(), late).await.expect("a mark");
    view.mark(story.partition(), early).await.expect("a mark");
    assert_eq!(mark().await, Some(late), "a mark is a maximum");
    let Changes::Since(change) = view
        .changes(&event, cursor)
        .await
        .expect("it can be followed")
    else {
        panic!("nothing was rebuilt")
    };
    let named: BTreeSet<_> = change.shoppers.into_iter().collect();
    for shopper in &story.shoppers {
        let seen = view
            .shopper(&event, *shopper)
            .await
            .expect("it can be read")
            .expect("it is known");
        let settled = seen.reservations.iter().any(|reservation| {
            !matches!(
                reservation.state,
                queue_domain::ReservationState::Refused(_)
            )
        });
        assert!(
            !settled || named.contains(shopper),
            "{shopper} is told that the ledger has it"
        );
    }
    view.mark(
        story.partition() + 1,
        LogPosition {
            generation: 9,
            offset: 9,
        },
    )
    .await
    .expect("a mark");
    assert_eq!(
        mark().await,
        Some(late),
        "another partition's mark is not this event's"
    );
    let other = story.events().swap_remove(1);
    view.apply(story.view_batch(&other, 0..100).expect("the event moved"))
        .await
        .expect("a valid batch");
    assert_eq!(
        view.event(&other)
            .await
            .expect("it can be read")
            .expect("it is known")
            .ledger_mark,
        Some(late),
        "a mark is there before the event"
    );
}

async fn waiting<F: ViewFixture>(fixture: &F) {
    let (view, story, event) = told(fixture, 40).await;
    let at = |moments| {
        story
            .version_before(&event, moments)
            .expect("the event exists")
    };
    view.reached(&event, at(40)).await.expect("it is there");
    let (mut near, mut far) = (
        pin!(view.reached(&event, at(50))),
        pin!(view.reached(&event, at(90))),
    );
    let mut marked = pin!(view.marked(&event, at(50)));
    assert!(
        near.as_mut().now_or_never().is_none()
            && far.as_mut().now_or_never().is_none()
            && marked.as_mut().now_or_never().is_none()
    );
    view.apply(story.view_batch(&event, 40..60).expect("the event moved"))
        .await
        .expect("a valid batch");
    near.await.expect("it is there now");
    assert!(
        far.as_mut().now_or_never().is_none() && marked.as_mut().now_or_never().is_none(),
        "neither of these is"
    );
    view.mark(story.partition(), at(60)).await.expect("a mark");
    marked.await.expect("the ledger has it now");
    view.rebuild(story.image(&event, 99).expect("the event exists"))
        .await
        .expect("a valid image");
    far.await.expect("an image is as good as batches");
    let other = story.events().swap_remove(1);
    let mut coming = pin!(view.reached(
        &other,
        story.version_before(&other, 10).expect("the event exists")
    ));
    let mut appearing = pin!(view.changes(&other, 0));
    assert!(
        coming.as_mut().now_or_never().is_none() && appearing.as_mut().now_or_never().is_none(),
        "an event that is not there yet"
    );
    view.apply(story.view_batch(&other, 0..20).expect("the event moved"))
        .await
        .expect("a valid batch");
    coming.await.expect("it is there now");
    appearing.await.expect("it is there now");
}

async fn bounded<F: ViewFixture>(fixture: &F) {
    let (story, view) = (Story::new(1, RECORDS), fixture.empty(2).await);
    let event = story.events().swap_remove(0);
    let version = story.version_before(&event, 30).expect("the event exists");
    {
        let (mut first, mut second) = (
            pin!(view.reached(&event, version)),
            pin!(view.reached(&event, version)),
        );
        assert!(
            first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none()
        );
        let third = view.reached(&event, version).await;
        assert!(
            matches!(third, Err(StoreError::Unavailable(_))),
            "a third one is refused at once: {third:?}"
        );
    }
    let mut again = pin!(view.reached(&event, version));
    assert!(
        again.as_mut().now_or_never().is_none(),
        "who gave up makes room"
    );
    view.apply(story.view_batch(&event, 0..30).expect("the event moved"))
        .await
        .expect("a valid batch");
    again.await.expect("it is there now");
}

async fn heads<F: ViewFixture>(fixture: &F) {
    let view = fixture.empty(MANY).await;
    let at = |offset| Heads {
        position: LogPosition {
            generation: 1,
            offset,
        },
        log_hash: [offset as u8; 32],
        state_hash: [7; 32],
        last_tick: None,
    };
    view.heads(1, at(5)).await.expect("heads");
    view.heads(1, at(9)).await.expect("heads");
    view.heads(1, at(7)).await.expect("heads");
    assert_eq!(
        view.partition_heads(1).await.expect("it can be read"),
        Some(at(9)),
        "an owner that is late changes nothing"
    );
    assert_eq!(view.partition_heads(0).await.expect("it can be read"), None);
}

/// Who still holds what was read sees it as it was: all of a batch or none.
async fn stale_reader<F: ViewFixture>(fixture: &F) {
    let (view, story, event) = told(fixture, 60).await;
    let held: Arc<EventView> = view
        .event(&event)
        .await
        .expect("it can be read")
        .expect("it is known");
    let copy = held.as_ref().clone();
    view.apply(story.view_batch(&event, 60..160).expect("the event moved"))
        .await
        .expect("a valid batch");
    assert_eq!(
        *held, copy,
        "what was read does not change under the reader"
    );
    same(&view, &story, &event, 159).await;
}
