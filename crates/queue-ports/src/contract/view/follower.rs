//! Following an event by differences, as a gateway does.

use super::same::{line_of, seen, shown};
use super::{MANY, RECORDS, View, ViewFixture};
use crate::contract::{Random, Story};
use crate::view::{Changes, EventView, LineView, ShopperView, ViewWriter};
use queue_domain::{EventId, LogPosition};
use std::collections::BTreeSet;

/// What a gateway keeps by following differences is what it would read anew, and whoever is not named has not changed.
pub(super) async fn follower<F: ViewFixture>(fixture: &F, seed: u64) {
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
    let line = line_of(view, event).await;
    let shown = shown(view, event).await.as_ref().clone();
    let mut shoppers = Vec::new();
    for shopper in &story.shoppers {
        shoppers.push(seen(view, event, *shopper).await);
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
