//! Readers on other threads while batches arrive late, twice, cut and out of order: nothing torn is ever seen.

use queue_domain::EventId;
use queue_embedded::{MemoryView, ViewLimits};
use queue_ports::contract::{Random, Story};
use queue_ports::ledger::Applied;
use queue_ports::view::{ViewBatch, ViewChanges, ViewReader, ViewWriter};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const RECORDS: usize = 400;

/// Takes batches as they come, in whatever order its seed makes of them, and asks again for what it was handed too early.
async fn carry(
    view: MemoryView,
    story: Arc<Story>,
    event: EventId,
    mut batches: mpsc::Receiver<ViewBatch>,
    seed: u64,
) -> usize {
    let (mut random, mut held, mut reordered) = (Random::new(seed), Vec::new(), 0);
    loop {
        match batches.try_recv() {
            Ok(batch) => held.push(batch),
            Err(mpsc::error::TryRecvError::Empty) => tokio::task::yield_now().await,
            Err(mpsc::error::TryRecvError::Disconnected) if held.is_empty() => return reordered,
            Err(mpsc::error::TryRecvError::Disconnected) => {}
        }
        if held.is_empty() || random.once_in(3) {
            continue;
        }
        let chosen = held.swap_remove(random.below(held.len() as u64) as usize);
        if random.once_in(4) {
            held.push(chosen.clone());
        }
        if let Applied::Behind(stored) = view.apply(chosen.clone()).await.expect("a valid batch") {
            reordered += 1;
            // Cut in the middle of what it was: everything from what is stored up to this batch's end.
            let index = |position| {
                story
                    .moments
                    .iter()
                    .position(|moment| Some(moment.position) == position)
                    .map_or(0, |index| index + 1)
            };
            let again = story.view_batch(&event, index(stored)..index(Some(chosen.last)));
            held.extend(again.filter(|_| random.once_in(2)));
            held.push(chosen);
        }
    }
}

/// Reads until the story's end is there: versions never go back, and what is read together belongs together.
async fn watch(view: MemoryView, story: Arc<Story>, event: EventId) -> usize {
    let (mut compared, mut newest) = (0, None);
    let end = story.version_before(&event, RECORDS);
    while newest < end {
        tokio::task::yield_now().await;
        let (line, shown) = (
            view.line(&event).await.expect("it can be read"),
            view.event(&event).await.expect("it can be read"),
        );
        let (Some(line), Some(shown)) = (line, shown) else {
            continue;
        };
        assert!(Some(shown.version) >= newest, "versions never go back");
        newest = Some(shown.version);
        if line.version == shown.version {
            compared += 1;
            assert_eq!(
                u64::from(line.line.len()),
                shown.waiting,
                "line and count are of one batch"
            );
        }
        for shopper in &story.shoppers {
            let seen = view
                .shopper(&event, *shopper)
                .await
                .expect("it can be read")
                .expect("it is known");
            assert!(Some(seen.version) >= newest, "a later read is not older");
        }
    }
    compared
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_whole_batches_in_order_whatever_the_carrier_does() {
    for seed in 0..4 {
        let story = Arc::new(Story::new(seed, RECORDS));
        let event = story.events().swap_remove(0);
        let view = MemoryView::new(ViewLimits::default());
        let mut readers = JoinSet::new();
        (0..3).for_each(|_| {
            _ = readers.spawn(watch(view.clone(), Arc::clone(&story), event.clone()))
        });
        let (sender, batches) = mpsc::channel(8);
        let mut carrier = JoinSet::new();
        carrier.spawn(carry(
            view.clone(),
            Arc::clone(&story),
            event.clone(),
            batches,
            seed,
        ));
        for from in (0..RECORDS).step_by(5) {
            if let Some(batch) = story.view_batch(&event, from..from + 5) {
                sender.send(batch).await.expect("the carrier listens");
            }
        }
        drop(sender);
        let reordered: usize = carrier.join_all().await.into_iter().sum();
        assert!(reordered > 0, "seed {seed}: nothing came out of order");
        let compared: usize = readers.join_all().await.into_iter().sum();
        assert!(
            compared > 0,
            "seed {seed}: nobody read line and event of one version"
        );
    }
}
