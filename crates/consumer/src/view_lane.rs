//! The lane to the view: batches in order; when the view lost track or the lane overflowed, images from memory.

use crate::deps::Deps;
use queue_domain::LogPosition;
use queue_ports::ledger::{Applied, StoreError};
use queue_ports::view::{Heads, ViewBatch, ViewImage};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

/// What the lane carries.
#[derive(Debug)]
pub(crate) enum Item {
    /// What a stretch of the log did, and where the fold stands after it.
    Batches(Vec<ViewBatch>, Heads),
    /// Every event anew.
    Images(Vec<ViewImage>, Heads),
}

/// The owner's end of the lane.
#[derive(Debug)]
pub(crate) struct ViewLane {
    items: mpsc::Sender<Item>,
    lost: Arc<AtomicBool>,
    taken: watch::Receiver<Option<LogPosition>>,
}

impl ViewLane {
    /// Starts the lane's task.
    pub(crate) fn start(deps: &Deps) -> Self {
        let (items, receiver) = mpsc::channel(deps.settings.lane_batches);
        let (taken_sender, taken) = watch::channel(None);
        let lost = Arc::new(AtomicBool::new(false));
        deps.tasks.spawn(project(
            deps.clone(),
            receiver,
            taken_sender,
            Arc::clone(&lost),
        ));
        Self { items, lost, taken }
    }

    /// Hands batches over; a full lane drops them and asks for images.
    pub(crate) fn give(&self, batches: Vec<ViewBatch>, heads: Heads) {
        if self.items.try_send(Item::Batches(batches, heads)).is_err() {
            self.lost.store(true, Ordering::Release);
        }
    }

    /// Whether images are due and there is room for them; asked once, it is answered once.
    pub(crate) fn wants_images(&self) -> bool {
        self.items.capacity() > 0 && self.lost.swap(false, Ordering::AcqRel)
    }

    /// Hands images over.
    pub(crate) fn give_images(&self, images: Vec<ViewImage>, heads: Heads) {
        if self.items.try_send(Item::Images(images, heads)).is_err() {
            self.lost.store(true, Ordering::Release);
        }
    }

    /// The last record that the view has taken.
    pub(crate) fn taken(&self) -> Option<LogPosition> {
        *self.taken.borrow()
    }

    /// Waits until the view has taken more.
    pub(crate) fn taken_changes(&self) -> watch::Receiver<Option<LogPosition>> {
        self.taken.clone()
    }
}

async fn project(
    deps: Deps,
    mut items: mpsc::Receiver<Item>,
    taken: watch::Sender<Option<LogPosition>>,
    lost: Arc<AtomicBool>,
) {
    while let Some(item) = items.recv().await {
        let heads = match item {
            Item::Batches(batches, heads) => apply(&deps, batches, &lost).await.map(|()| heads),
            Item::Images(images, heads) => rebuild(&deps, images).await.map(|()| heads),
        };
        let told = match heads {
            Ok(heads) => retry(&deps, || deps.view.heads(deps.settings.partition, heads))
                .await
                .map(|()| heads.position),
            Err(error) => Err(error),
        };
        match told {
            Ok(position) => taken.send_replace(Some(position)),
            Err(error) => {
                error!("The view takes no more from this owner: {error}");
                return;
            }
        };
    }
}

async fn apply(deps: &Deps, batches: Vec<ViewBatch>, lost: &AtomicBool) -> Result<(), StoreError> {
    for batch in batches {
        let applied = retry(deps, || deps.view.apply(batch.clone())).await?;
        if let Applied::Behind(stored) = applied {
            warn!(event.id = %batch.event, "The view stands at {stored:?} and lacks what the batch follows: it is built anew");
            lost.store(true, Ordering::Release);
        }
    }
    Ok(())
}

async fn rebuild(deps: &Deps, images: Vec<ViewImage>) -> Result<(), StoreError> {
    deps.metrics.view_rebuilds.inc();
    for image in images {
        info!(event.id = %image.event, view.version = %image.version, "The view of an event is built anew");
        retry(deps, || deps.view.rebuild(image.clone())).await?;
    }
    Ok(())
}

/// Tries until the store answers for good.
pub(crate) async fn retry<T, F, Fut>(deps: &Deps, call: F) -> Result<T, StoreError>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T, StoreError>>,
{
    loop {
        match call().await {
            Err(StoreError::Unavailable(why)) => {
                warn!("A store cannot be reached and is tried again: {why}");
                tokio::time::sleep(deps.settings.retry_delay).await;
            }
            answer => return answer,
        }
    }
}
