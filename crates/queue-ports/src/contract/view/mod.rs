//! The suite of the view: writing, reading and waiting.

mod follower;
mod promises;
mod same;
mod waiting;

use super::check;
use super::random::Random;
use super::story::Story;
use crate::ledger::Applied;
use crate::view::{ViewBatch, ViewChanges, ViewReader, ViewWriter};
use queue_domain::EventId;
use same::{everything, same};

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
        check("follower", follower::follower(&make(), seed)).await;
    }
    check("unknown", promises::unknown(&make())).await;
    check("generations", promises::generations(&make())).await;
    check("images", promises::images(&make())).await;
    check("wipe", promises::wipe(&make())).await;
    check("marks", promises::marks(&make())).await;
    check("waiting", waiting::waiting(&make())).await;
    check("bounded", waiting::bounded(&make())).await;
    check("heads", promises::heads(&make())).await;
    check("stale reader", promises::stale_reader(&make())).await;
}

const MANY: usize = 1_000;

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
