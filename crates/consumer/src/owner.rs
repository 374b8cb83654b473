//! The owner's loop: fold what is new, hand it to the lanes, tick, snapshot. One step is apart from the loop, so that tests drive it.

use crate::ConsumerError;
use crate::batches::Given;
use crate::deps::Deps;
use crate::ledger_lane::LedgerLane;
use crate::metrics::signed;
use crate::start::{catch_up, fold_stored, read};
use crate::ticker::Ticker;
use crate::view_lane::ViewLane;
use queue_domain::{Effect, Partition};
use queue_ports::view::{Heads, ViewImage};
use std::sync::atomic::Ordering;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// The owner of one partition.
pub struct Owner {
    deps: Deps,
    partition: Partition,
    given: Given,
    view: ViewLane,
    ledger: LedgerLane,
    ticker: Ticker,
    /// The offset after the last snapshot, and when this process took it.
    last_snapshot: (u64, Option<Instant>),
}

impl Owner {
    /// Catches up with the log, gives the view an image of everything and the ledger what it lacks.
    pub async fn start(deps: Deps) -> Result<Self, ConsumerError> {
        let (partition, snapshot_end) = catch_up(&deps).await?;
        let view = ViewLane::start(&deps);
        let mut ledger = LedgerLane::start(&deps, partition.position());
        ledger.flush();
        let given = Given::all_of(&partition);
        // A long tail is worth a snapshot at once: the next start need not fold it again.
        let last_snapshot = (snapshot_end, None);
        let owner = Self {
            deps,
            partition,
            given,
            view,
            ledger,
            ticker: Ticker::default(),
            last_snapshot,
        };
        owner.publish_directory();
        owner.give_images();
        Ok(owner)
    }

    /// What is folded so far.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// Runs until `shutdown`, then stores a last snapshot.
    pub async fn run(&mut self, shutdown: CancellationToken) -> Result<(), ConsumerError> {
        let mut ticks = interval(self.deps.settings.tick_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut taken = self.view.taken_changes();
        let log = self.deps.log.clone();
        loop {
            let mut tick_due = false;
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                _ = ticks.tick() => {
                    tick_due = true;
                    self.deps.metrics.tell(&self.partition);
                    if let Ok(end) = log.end(self.deps.settings.partition).await {
                        self.deps.metrics.lag_records.set(signed(end.saturating_sub(self.partition.next_offset())));
                    }
                }
                () = self.ticker.appended() => {}
                reached = log.reached(self.deps.settings.partition, self.partition.next_offset()) => {
                    if let Err(error) = reached {
                        warn!("The log cannot be followed at the moment: {error}");
                        tokio::time::sleep(self.deps.settings.retry_delay).await;
                    }
                    self.step().await?;
                }
                changed = taken.changed() => {
                    if changed.is_err() {
                        return Err(ConsumerError::ViewEnded { partition: self.deps.settings.partition });
                    }
                    self.deps.ready.store(true, Ordering::Release);
                }
            }
            self.look_after_lanes();
            self.ticker
                .append(&self.deps, &self.partition, self.view.taken(), tick_due);
        }
        self.snapshot();
        Ok(())
    }

    /// Folds what the log has now, at most one batch. Says how many records that were.
    pub async fn step(&mut self) -> Result<usize, ConsumerError> {
        let records = read(&self.deps, self.partition.next_offset()).await?;
        let mut effects = Vec::new();
        for stored in &records {
            fold_stored(&mut self.partition, stored, &mut effects)?;
        }
        if !records.is_empty() {
            self.deps
                .metrics
                .folded_records
                .inc_by(records.len() as u64);
            self.project(&effects);
        }
        Ok(records.len())
    }

    fn project(&mut self, effects: &[Effect]) {
        self.publish_directory();
        if let Some(heads) = self.heads() {
            self.deps
                .metrics
                .position
                .set(signed(heads.position.offset));
            self.view
                .give(self.given.view_batches(&self.partition, effects), heads);
        }
        if let Some(batch) = self.given.ledger_batch(&self.partition, effects) {
            self.ledger.give(batch);
        }
    }

    fn publish_directory(&self) {
        for entry in self.partition.directory() {
            if self.deps.directory.partition(&entry.event).is_none() {
                self.deps.directory.place(entry);
            }
        }
    }

    fn heads(&self) -> Option<Heads> {
        Some(Heads {
            position: self.partition.position()?,
            log_hash: self.partition.log_hash(),
            state_hash: self.partition.state_hash(),
            last_tick: self.partition.last_tick(),
        })
    }

    fn give_images(&self) {
        let images = self.partition.events().map(|event| ViewImage {
            partition: self.partition.number(),
            event: event.id().clone(),
            version: event.version(),
            effects: event.image(),
        });
        if let Some(heads) = self.heads() {
            self.view.give_images(images.collect(), heads);
        }
    }

    fn look_after_lanes(&mut self) {
        if self.view.wants_images() {
            self.give_images();
        }
        self.ledger.flush();
        if self.ledger.has_ended() {
            self.deps.metrics.ledger_stopped.set(1);
        }
        let (records, at) = self.last_snapshot;
        let due = self.partition.next_offset() - records >= self.deps.settings.snapshot_records;
        let rested = at.is_none_or(|at| at.elapsed() >= self.deps.settings.snapshot_interval);
        if due && rested && self.ledger.takes_snapshot() {
            self.snapshot();
        }
    }

    fn snapshot(&mut self) {
        if let Some(image) = self.partition.image()
            && self.ledger.give_snapshot(image)
        {
            self.last_snapshot = (self.partition.next_offset(), Some(Instant::now()));
        }
    }
}
