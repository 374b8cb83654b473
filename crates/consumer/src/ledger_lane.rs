//! The lane to the ledger: batches in order, the mark after each, snapshots once the ledger has reached them. What the lane had to
//! drop is folded again from the log.

use crate::batches::concerns_ledger;
use crate::deps::Deps;
use crate::metrics::signed;
use crate::start::{fold_stored, read, restore};
use crate::view_lane::retry;
use queue_domain::{LogPosition, Partition, PartitionImage};
use queue_ports::ledger::{Applied, LedgerBatch, StoreError, StoredSnapshot};
use queue_protocol::snapshot;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::{error, info, warn};

/// What the lane carries.
#[derive(Debug)]
pub(crate) enum Item {
    /// What a stretch of the log did.
    Batch(LedgerBatch),
    /// To be stored once the ledger is there.
    Snapshot(Box<PartitionImage>),
    /// A batch was dropped here: fold again up to this record.
    Refold(LogPosition),
}

/// The owner's end of the lane.
#[derive(Debug)]
pub(crate) struct LedgerLane {
    items: mpsc::Sender<Item>,
    dropped_to: Option<LogPosition>,
}

impl LedgerLane {
    /// Starts the lane's task, which first brings the ledger up to `target`.
    pub(crate) fn start(deps: &Deps, target: Option<LogPosition>) -> Self {
        let (items, receiver) = mpsc::channel(deps.settings.lane_batches);
        deps.tasks.spawn(project(deps.clone(), receiver));
        Self {
            items,
            dropped_to: target,
        }
    }

    /// Hands a batch over; a full lane drops it and remembers how far.
    pub(crate) fn give(&mut self, batch: LedgerBatch) {
        let last = batch.last;
        if let Some(target) = self.dropped_to.take()
            && self.items.try_send(Item::Refold(target)).is_err()
        {
            self.dropped_to = Some(last);
            return;
        }
        if self.items.try_send(Item::Batch(batch)).is_err() {
            self.dropped_to = Some(last);
        }
    }

    /// Whether the lane's task is gone: the ledger refused what the fold decided, or the task broke.
    pub(crate) fn has_ended(&self) -> bool {
        self.items.is_closed()
    }

    /// Brings the ledger up to what was dropped, when there is room.
    pub(crate) fn flush(&mut self) {
        if let Some(target) = self.dropped_to.take()
            && self.items.try_send(Item::Refold(target)).is_err()
        {
            self.dropped_to = Some(target);
        }
    }

    /// Whether a snapshot would be taken: there is room, and nothing has to be folded again first.
    pub(crate) fn takes_snapshot(&self) -> bool {
        self.dropped_to.is_none() && self.items.capacity() > 0
    }

    /// Hands a snapshot over; `false` when the lane does not take it.
    pub(crate) fn give_snapshot(&self, image: PartitionImage) -> bool {
        let item = Item::Snapshot(Box::new(image));
        self.takes_snapshot() && self.items.try_send(item).is_ok()
    }
}

async fn project(deps: Deps, mut items: mpsc::Receiver<Item>) {
    let mut idle: Option<Idle> = None;
    loop {
        let turn = next(&mut items, idle.as_ref()).await;
        let ended = matches!(turn, Turn::Ended);
        let done = match turn {
            Turn::Item(Item::Batch(batch)) => take_batch(&deps, &mut idle, batch).await,
            Turn::Item(Item::Snapshot(image)) => match flush(&deps, &mut idle).await {
                Ok(()) => {
                    store(&deps, &image).await;
                    Ok(())
                }
                failed => failed,
            },
            // Folds again from what the ledger has, so what is idle is contained in it.
            Turn::Item(Item::Refold(target)) => {
                idle = None;
                refold(&deps, target).await
            }
            Turn::Quiet | Turn::Ended => flush(&deps, &mut idle).await,
        };
        if let Err(error) = done {
            deps.metrics.ledger_stopped.set(1);
            error!("The ledger takes no more; the line goes on and bookings stay pending: {error}");
            return;
        }
        if ended {
            return;
        }
    }
}

/// What the lane does next.
enum Turn {
    Item(Item),
    /// What is idle has waited long enough.
    Quiet,
    /// The owner is gone.
    Ended,
}

async fn next(items: &mut mpsc::Receiver<Item>, idle: Option<&Idle>) -> Turn {
    let received = match idle {
        None => items.recv().await,
        Some(idle) => match timeout_at(idle.until, items.recv()).await {
            Ok(received) => received,
            Err(_) => return Turn::Quiet,
        },
    };
    received.map_or(Turn::Ended, Turn::Item)
}

/// Batches in a row that say nothing to the ledger, as one: only its position would be stored.
#[derive(Debug)]
struct Idle {
    batch: LedgerBatch,
    until: Instant,
}

/// Applies a batch together with what was idle before it. One that says nothing to the ledger, as most of a burst of joins
/// does, waits for one that does, or for a while.
async fn take_batch(
    deps: &Deps,
    idle: &mut Option<Idle>,
    batch: LedgerBatch,
) -> Result<(), String> {
    let silent = batch.effects.is_empty();
    let (batch, until) = match idle.take() {
        Some(before) => (
            LedgerBatch {
                follows: before.batch.follows,
                ..batch
            },
            before.until,
        ),
        None => (batch, Instant::now() + deps.settings.ledger_idle),
    };
    if silent && Instant::now() < until {
        *idle = Some(Idle { batch, until });
        return Ok(());
    }
    apply(deps, batch).await
}

async fn flush(deps: &Deps, idle: &mut Option<Idle>) -> Result<(), String> {
    match idle.take() {
        Some(idle) => apply(deps, idle.batch).await,
        None => Ok(()),
    }
}

async fn apply(deps: &Deps, batch: LedgerBatch) -> Result<(), String> {
    let last = batch.last;
    match retry(deps, || deps.ledger.apply(batch.clone())).await {
        Ok(Applied::Applied | Applied::AlreadyThere) => mark(deps, last).await,
        Ok(Applied::Behind(stored)) => {
            warn!("The ledger stands at {stored:?} and lacks what the batch follows");
            refold(deps, last).await
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The ledger is at `position`: what it confirmed may be shown.
async fn mark(deps: &Deps, position: LogPosition) -> Result<(), String> {
    deps.metrics.ledger_position.set(signed(position.offset));
    match retry(deps, || deps.view.mark(deps.settings.partition, position)).await {
        Ok(()) => Ok(()),
        Err(error @ StoreError::Superseded(_)) => Err(error.to_string()),
        Err(error) => {
            warn!("The view does not take the ledger's mark: {error}");
            Ok(())
        }
    }
}

/// Folds again, from the newest snapshot that the ledger has reached, up to `target`.
async fn refold(deps: &Deps, target: LogPosition) -> Result<(), String> {
    let partition = deps.settings.partition;
    let stored = retry(deps, || deps.ledger.position(partition))
        .await
        .map_err(|error| error.to_string())?;
    if stored.is_some_and(|stored| stored >= target) {
        return mark(deps, stored.unwrap_or(target)).await;
    }
    deps.metrics.ledger_refolds.inc();
    let mut fold = match stored {
        Some(stored) => restore(deps, Some(stored)).await,
        None => Partition::new(partition),
    };
    info!(
        "The log is folded again for the ledger, from {:?} to {target}",
        fold.position()
    );
    while fold.position() < Some(target) {
        let follows = fold.position();
        let mut effects = Vec::new();
        let records = read(deps, fold.next_offset())
            .await
            .map_err(|error| error.to_string())?;
        for record in records
            .iter()
            .take_while(|record| record.offset <= target.offset)
        {
            fold_stored(&mut fold, record, &mut effects).map_err(|error| error.to_string())?;
        }
        effects.retain(|effect| concerns_ledger(&effect.kind));
        let Some(last) = fold.position().filter(|last| Some(*last) != follows) else {
            return Err(format!(
                "the log has no record after {follows:?} on the way to {target}"
            ));
        };
        let batch = LedgerBatch {
            partition,
            follows,
            last,
            effects,
        };
        match retry(deps, || deps.ledger.apply(batch.clone())).await {
            Ok(Applied::Applied | Applied::AlreadyThere) => {}
            Ok(Applied::Behind(stored)) => {
                return Err(format!(
                    "the ledger fell back to {stored:?} while the log was folded again"
                ));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
    mark(deps, target).await
}

/// Stores a snapshot; one that fails costs only a longer start.
async fn store(deps: &Deps, image: &PartitionImage) {
    let stored = StoredSnapshot {
        position: image.position,
        bytes: snapshot::encode(image),
    };
    match deps
        .snapshots
        .store(
            deps.settings.partition,
            stored,
            deps.settings.snapshots_kept,
        )
        .await
    {
        Ok(()) => deps.metrics.snapshots_stored.inc(),
        Err(error) => warn!("A snapshot could not be stored: {error}"),
    }
}
