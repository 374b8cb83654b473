//! The view's handle: compare and set, reading, and waiting.

use super::Misfit;
use super::apply::Applying;
use super::changes::{Ring, tidy};
use super::rows::EventRows;
use super::waits::Waits;
use crate::compare::{Compared, compare};
use async_trait::async_trait;
use queue_domain::{Effect, EventId, LogPosition};
use queue_ports::ledger::{Applied, StoreError};
use queue_ports::view::{Change, Heads, ViewBatch, ViewImage, ViewWriter};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::{Semaphore, watch};

/// Images with more effects than this are taken on a thread of their own, so that they hold up no task.
const BIG_IMAGE_EFFECTS: usize = 10_000;

/// Bounds of the view. Beyond one, a call is refused or a follower reloads; nothing grows.
#[derive(Debug, Clone, Copy)]
pub struct ViewLimits {
    /// Most who wait for a version or a mark at once.
    pub waiters: usize,
    /// Most who follow changes at once.
    pub followers: usize,
    /// Most differences kept of an event.
    pub recent_changes: usize,
    /// Most numbers, shoppers and slots named in those.
    pub recent_items: usize,
    /// Most operators' results kept of an event; the oldest go.
    pub operator_results: usize,
}

impl Default for ViewLimits {
    fn default() -> Self {
        Self {
            waiters: 16_384,
            followers: 1_024,
            recent_changes: 4_096,
            recent_items: 262_144,
            operator_results: 65_536,
        }
    }
}

/// The view in memory. Cheap to clone; all clones are the same view.
#[derive(Debug, Clone)]
pub struct MemoryView(pub(super) Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    limits: ViewLimits,
    pub(super) events: RwLock<BTreeMap<EventId, Arc<Cell>>>,
    pub(super) partitions: RwLock<BTreeMap<u32, PartitionRow>>,
    pub(super) reached: Waits,
    pub(super) marked: Waits,
    pub(super) followers: Semaphore,
    /// Counts events that appeared, for who follows one that is not there yet.
    pub(super) appeared: watch::Sender<u64>,
}

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct PartitionRow {
    pub(super) heads: Option<Heads>,
    mark: Option<LogPosition>,
}

/// One event's lock.
#[derive(Debug)]
pub(super) struct Cell {
    partition: u32,
    state: RwLock<CellState>,
    /// The newest cursor.
    pub(super) changed: watch::Sender<u64>,
}

#[derive(Debug)]
pub(super) struct CellState {
    /// `None`: forgotten.
    pub(super) rows: Option<EventRows>,
    pub(super) ring: Ring,
}

impl Cell {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, CellState> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, CellState> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryView {
    /// An empty view.
    pub fn new(limits: ViewLimits) -> Self {
        Self(Arc::new(Shared {
            limits,
            events: RwLock::default(),
            partitions: RwLock::default(),
            reached: Waits::new(limits.waiters),
            marked: Waits::new(limits.waiters),
            followers: Semaphore::new(limits.followers),
            appeared: watch::Sender::default(),
        }))
    }

    /// Forgets every event, as a store that was wiped: everything is unknown until it is built anew.
    pub fn forget(&self) {
        let cells: Vec<_> = self
            .0
            .events
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect();
        for cell in cells {
            let mut state = cell.write();
            state.rows = None;
            state.ring.restart();
            cell.changed.send_replace(state.ring.cursor());
        }
    }

    pub(super) fn cell(&self, event: &EventId) -> Option<Arc<Cell>> {
        self.0
            .events
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(event)
            .cloned()
    }

    fn cell_or_new(&self, event: &EventId, partition: u32) -> Arc<Cell> {
        let mut events = self
            .0
            .events
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let cell = events.entry(event.clone()).or_insert_with(|| {
            let ring = Ring::new(self.0.limits.recent_changes, self.0.limits.recent_items);
            // Who follows it finds it once this lock is given back.
            self.0.appeared.send_modify(|events| *events += 1);
            Arc::new(Cell {
                partition,
                state: RwLock::new(CellState { rows: None, ring }),
                changed: watch::Sender::default(),
            })
        });
        Arc::clone(cell)
    }

    fn partition_mark(&self, partition: u32) -> Option<LogPosition> {
        self.0
            .partitions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&partition)?
            .mark
    }

    /// Reads an event's rows; `None` when they are unknown.
    pub(super) fn rows<T>(&self, event: &EventId, read: impl FnOnce(&EventRows) -> T) -> Option<T> {
        self.cell(event)?.read().rows.as_ref().map(read)
    }

    fn apply_now(&self, batch: &ViewBatch) -> Result<Applied, StoreError> {
        let cell = match (self.cell(&batch.event), batch.follows) {
            (Some(cell), _) => cell,
            (None, Some(_)) => return Ok(Applied::Behind(None)),
            (None, None) => self.cell_or_new(&batch.event, batch.partition),
        };
        let mut state = cell.write();
        let stored = state.rows.as_ref().map(|rows| rows.header.version);
        match compare(stored, batch.follows, batch.last)? {
            Compared::Nothing => return Ok(Applied::AlreadyThere),
            Compared::Behind => return Ok(Applied::Behind(stored)),
            Compared::After => {}
        }
        let change = self
            .take(&cell, &mut state, batch, stored)
            .map_err(|misfit| {
                // Half a batch must not be seen: unknown is honest, and the owner builds it anew.
                (state.rows, _) = (None, state.ring.restart());
                StoreError::Corrupt(format!("event {}: {misfit}", batch.event))
            });
        let change = match change {
            Ok(change) => change,
            Err(error) => {
                cell.changed.send_replace(state.ring.cursor());
                return Err(error);
            }
        };
        state.ring.push(change);
        self.announce(&cell, state, &batch.event, batch.last);
        Ok(Applied::Applied)
    }

    /// Takes the effects after `stored`, and tells what changed.
    fn take(
        &self,
        cell: &Cell,
        state: &mut CellState,
        batch: &ViewBatch,
        stored: Option<LogPosition>,
    ) -> Result<Change, Misfit> {
        let mut new = batch
            .effects
            .iter()
            .filter(|effect| stored.is_none_or(|stored| effect.at.record() > stored))
            .peekable();
        let rows = match &mut state.rows {
            Some(rows) => rows,
            empty => {
                let mut rows = EventRows::created(
                    new.next()
                        .ok_or_else(|| Misfit::new("nothing creates the event"))?,
                )?;
                Arc::make_mut(&mut rows.header).ledger_mark = self.partition_mark(cell.partition);
                empty.insert(rows)
            }
        };
        let mut change = Change {
            event: stored.is_none(),
            ..Change::default()
        };
        take_effects(rows, new, &mut change, self.0.limits.operator_results)?;
        Arc::make_mut(&mut rows.header).version = batch.last;
        change.version = batch.last;
        Ok(change)
    }

    /// Wakes who waits for what just happened, after the lock is given back.
    fn announce(
        &self,
        cell: &Cell,
        state: RwLockWriteGuard<'_, CellState>,
        event: &EventId,
        version: LogPosition,
    ) {
        let (cursor, mark) = (
            state.ring.cursor(),
            state.rows.as_ref().and_then(|rows| rows.header.ledger_mark),
        );
        drop(state);
        cell.changed.send_replace(cursor);
        self.0.reached.release(event, version);
        if let Some(mark) = mark {
            self.0.marked.release(event, mark);
        }
    }

    fn rebuild_now(&self, image: &ViewImage) -> Result<(), StoreError> {
        let corrupt = |misfit: Misfit| {
            StoreError::Corrupt(format!("image of event {}: {misfit}", image.event))
        };
        let mut effects = image.effects.iter();
        let mut rows = EventRows::created(
            effects
                .next()
                .ok_or_else(|| corrupt(Misfit::new("empty")))?,
        )
        .map_err(corrupt)?;
        take_effects(
            &mut rows,
            effects,
            &mut Change::default(),
            self.0.limits.operator_results,
        )
        .map_err(corrupt)?;
        let cell = self.cell_or_new(&image.event, image.partition);
        let header = Arc::make_mut(&mut rows.header);
        header.version = image.version;
        header.ledger_mark = self.partition_mark(image.partition);
        rows.find_unsettled();
        let mut state = cell.write();
        match state.rows.as_ref().map(|rows| rows.header.version) {
            Some(stored) if stored.generation > image.version.generation => {
                return Err(StoreError::Superseded(stored.to_string()));
            }
            Some(stored) if stored > image.version => return Ok(()),
            _ => {}
        }
        // The mark may have risen while the image was taken in.
        if let Some(mark) = self.partition_mark(image.partition) {
            rows.mark(mark);
        }
        state.rows = Some(rows);
        state.ring.restart();
        self.announce(&cell, state, &image.event, image.version);
        Ok(())
    }
}

fn take_effects<'a>(
    rows: &mut EventRows,
    effects: impl Iterator<Item = &'a Effect>,
    change: &mut Change,
    max_operator_results: usize,
) -> Result<(), Misfit> {
    let header = Arc::make_mut(&mut rows.header);
    let mut applying = Applying {
        header,
        body: &mut rows.body,
        change,
        max_operator_results,
    };
    for effect in effects {
        applying.apply(effect)?;
    }
    header.admitted_last_minute = rows.body.admissions.last_minute();
    header.admitted_last_second = rows.body.admissions.last_second();
    tidy(change);
    Ok(())
}

#[async_trait]
impl ViewWriter for MemoryView {
    async fn apply(&self, batch: ViewBatch) -> Result<Applied, StoreError> {
        self.apply_now(&batch)
    }

    async fn rebuild(&self, image: ViewImage) -> Result<(), StoreError> {
        if image.effects.len() <= BIG_IMAGE_EFFECTS {
            return self.rebuild_now(&image);
        }
        let view = self.clone();
        let rebuilt = tokio::task::spawn_blocking(move || view.rebuild_now(&image)).await;
        rebuilt.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }

    async fn mark(&self, partition: u32, ledger: LogPosition) -> Result<(), StoreError> {
        {
            let mut partitions = self
                .0
                .partitions
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            let row = partitions.entry(partition).or_default();
            row.mark = row.mark.max(Some(ledger));
        }
        let events = self.0.events.read().unwrap_or_else(PoisonError::into_inner);
        let cells: Vec<_> = events
            .iter()
            .filter(|(_, cell)| cell.partition == partition)
            .map(|(event, cell)| (event.clone(), Arc::clone(cell)))
            .collect();
        drop(events);
        for (event, cell) in cells {
            let mut state = cell.write();
            let Some(rows) = &mut state.rows else {
                continue;
            };
            let Some(shoppers) = rows.mark(ledger) else {
                continue;
            };
            let version = rows.header.version;
            let mut change = Change {
                version,
                shoppers,
                ..Change::default()
            };
            tidy(&mut change);
            state.ring.push(change);
            self.announce(&cell, state, &event, version);
        }
        Ok(())
    }

    async fn heads(&self, partition: u32, heads: Heads) -> Result<(), StoreError> {
        let mut partitions = self
            .0
            .partitions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let row = partitions.entry(partition).or_default();
        if row
            .heads
            .is_none_or(|stored| stored.position <= heads.position)
        {
            row.heads = Some(heads);
        }
        Ok(())
    }

    async fn version(&self, event: &EventId) -> Result<Option<LogPosition>, StoreError> {
        Ok(self.rows(event, |rows| rows.header.version))
    }
}
