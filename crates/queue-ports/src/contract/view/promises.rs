//! One promise at a time: what is unknown, generations, images, wipes, marks, heads, readers that hold on.

use super::same::{line_of, same, seen, shown};
use super::{MANY, RECORDS, ViewFixture, told};
use crate::contract::Story;
use crate::ledger::{Applied, StoreError};
use crate::view::{
    Changes, EventView, Heads, ViewBatch, ViewChanges, ViewImage, ViewReader, ViewWriter,
};
use queue_domain::LogPosition;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) async fn unknown<F: ViewFixture>(fixture: &F) {
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

pub(super) async fn generations<F: ViewFixture>(fixture: &F) {
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

pub(super) async fn images<F: ViewFixture>(fixture: &F) {
    let (view, story, event) = told(fixture, 100).await;
    let cursor = line_of(&view, &event).await.cursor;
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

pub(super) async fn wipe<F: ViewFixture>(fixture: &F) {
    let (view, story, event) = told(fixture, 100).await;
    let cursor = line_of(&view, &event).await.cursor;
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

pub(super) async fn marks<F: ViewFixture>(fixture: &F) {
    let (view, story, event) = told(fixture, 150).await;
    let mark = async || shown(&view, &event).await.ledger_mark;
    assert_eq!(mark().await, None, "no mark: nothing is confirmed yet");
    let (early, late) = (story.moments[60].position, story.moments[149].position);
    let cursor = line_of(&view, &event).await.cursor;
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
        let seen = seen(&view, &event, *shopper).await;
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
        shown(&view, &other).await.ledger_mark,
        Some(late),
        "a mark is there before the event"
    );
}

pub(super) async fn heads<F: ViewFixture>(fixture: &F) {
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
pub(super) async fn stale_reader<F: ViewFixture>(fixture: &F) {
    let (view, story, event) = told(fixture, 60).await;
    let held: Arc<EventView> = shown(&view, &event).await;
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
