//! Waiting for a view: woken by what happens, bounded in number.

use super::{RECORDS, ViewFixture, told};
use crate::contract::Story;
use crate::ledger::StoreError;
use crate::view::{ViewChanges, ViewWriter};
use futures_util::FutureExt;
use std::pin::pin;

pub(super) async fn waiting<F: ViewFixture>(fixture: &F) {
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

pub(super) async fn bounded<F: ViewFixture>(fixture: &F) {
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
