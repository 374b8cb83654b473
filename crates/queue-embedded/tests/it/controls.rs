//! The suites themselves, on back ends that break a promise on purpose: each must be found out.

use crate::fixtures::{Memory, Place};
use async_trait::async_trait;
use queue_domain::{CommandId, EventId, LogPosition, OperatorResult, ReservationId, ShopperId};
use queue_embedded::{MemoryView, SqliteLedger, SqliteLog};
use queue_ports::contract::{
    LedgerFixture, LogFixture, ViewFixture, ledger_contract, log_contract, view_contract,
};
use queue_ports::ledger::{Applied, Ledger, LedgerBatch, LedgerQueries, StoreError};
use queue_ports::log::{AppendError, Appended, CommandLog, Gather, LogError, StoredRecord};
use queue_ports::view::{
    Changes, EventView, Heads, LineView, ReservationView, ShopperView, ViewBatch, ViewChanges,
    ViewImage, ViewReader, ViewWriter,
};
use queue_protocol::http::OperatorReservation;
use queue_protocol::record::EncodedEntry;
use std::sync::Arc;

/// Which promise a view breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// A follower is not told whose place changed.
    NamesNobody,
    /// A batch is applied whatever it follows.
    TakesAnyBatch,
    /// A mark of the ledger goes back.
    ForgetsMarks,
}

struct BrokenView(MemoryView, Broken);

#[async_trait]
impl ViewWriter for BrokenView {
    async fn apply(&self, mut batch: ViewBatch) -> Result<Applied, StoreError> {
        if self.1 == Broken::TakesAnyBatch && self.0.version(&batch.event).await?.is_some() {
            batch.follows = None;
        }
        self.0.apply(batch).await
    }

    async fn rebuild(&self, image: ViewImage) -> Result<(), StoreError> {
        self.0.rebuild(image).await
    }

    async fn mark(&self, partition: u32, ledger: LogPosition) -> Result<(), StoreError> {
        if self.1 == Broken::ForgetsMarks {
            Ok(())
        } else {
            self.0.mark(partition, ledger).await
        }
    }

    async fn heads(&self, partition: u32, heads: Heads) -> Result<(), StoreError> {
        self.0.heads(partition, heads).await
    }

    async fn version(&self, event: &EventId) -> Result<Option<LogPosition>, StoreError> {
        self.0.version(event).await
    }
}

#[async_trait]
impl ViewReader for BrokenView {
    async fn events(&self) -> Result<Vec<Arc<EventView>>, StoreError> {
        self.0.events().await
    }

    async fn event(&self, event: &EventId) -> Result<Option<Arc<EventView>>, StoreError> {
        self.0.event(event).await
    }

    async fn shopper(
        &self,
        event: &EventId,
        shopper: ShopperId,
    ) -> Result<Option<ShopperView>, StoreError> {
        self.0.shopper(event, shopper).await
    }

    async fn reservation(
        &self,
        event: &EventId,
        id: ReservationId,
    ) -> Result<Option<ReservationView>, StoreError> {
        self.0.reservation(event, id).await
    }

    async fn operator_result(
        &self,
        event: &EventId,
        command: CommandId,
    ) -> Result<Option<OperatorResult>, StoreError> {
        self.0.operator_result(event, command).await
    }

    async fn partition_heads(&self, partition: u32) -> Result<Option<Heads>, StoreError> {
        self.0.partition_heads(partition).await
    }
}

#[async_trait]
impl ViewChanges for BrokenView {
    async fn reached(&self, event: &EventId, version: LogPosition) -> Result<(), StoreError> {
        self.0.reached(event, version).await
    }

    async fn marked(&self, event: &EventId, position: LogPosition) -> Result<(), StoreError> {
        self.0.marked(event, position).await
    }

    async fn changes(&self, event: &EventId, cursor: u64) -> Result<Changes, StoreError> {
        let mut changes = self.0.changes(event, cursor).await?;
        if let (Changes::Since(change), Broken::NamesNobody) = (&mut changes, self.1) {
            change.shoppers.clear();
        }
        Ok(changes)
    }

    async fn line(&self, event: &EventId) -> Result<Option<LineView>, StoreError> {
        self.0.line(event).await
    }
}

struct BrokenMemory(Broken);

impl ViewFixture for BrokenMemory {
    type View = BrokenView;

    async fn empty(&self, waiters: usize) -> BrokenView {
        BrokenView(Memory.empty(waiters).await, self.0)
    }

    async fn wipe(&self, view: &BrokenView) {
        Memory.wipe(&view.0).await;
    }
}

#[tokio::test]
#[should_panic(expected = "changed and was not named")]
async fn a_view_that_names_nobody_is_found_out() {
    view_contract(|| BrokenMemory(Broken::NamesNobody), 0..4).await;
}

#[tokio::test]
#[should_panic(expected = "stored")]
async fn a_view_that_takes_any_batch_is_found_out() {
    view_contract(|| BrokenMemory(Broken::TakesAnyBatch), 0..4).await;
}

#[tokio::test]
#[should_panic(expected = "a mark is a maximum")]
async fn a_view_that_forgets_marks_is_found_out() {
    view_contract(|| BrokenMemory(Broken::ForgetsMarks), 0..0).await;
}

/// Says that it took what it refused.
struct Credulous(SqliteLedger);

#[async_trait]
impl Ledger for Credulous {
    async fn apply(&self, batch: LedgerBatch) -> Result<Applied, StoreError> {
        match self.0.apply(batch).await {
            Err(StoreError::Corrupt(_)) => Ok(Applied::Applied),
            answer => answer,
        }
    }

    async fn position(&self, partition: u32) -> Result<Option<LogPosition>, StoreError> {
        self.0.position(partition).await
    }
}

#[async_trait]
impl LedgerQueries for Credulous {
    async fn reservations(
        &self,
        event: &EventId,
        after: Option<ReservationId>,
        limit: usize,
    ) -> Result<Vec<OperatorReservation>, StoreError> {
        self.0.reservations(event, after, limit).await
    }

    async fn reservation(
        &self,
        event: &EventId,
        id: ReservationId,
    ) -> Result<Option<OperatorReservation>, StoreError> {
        self.0.reservation(event, id).await
    }
}

struct CredulousPlace(Place);

impl LedgerFixture for CredulousPlace {
    type Ledger = Credulous;

    async fn open(&self) -> Credulous {
        Credulous(LedgerFixture::open(&self.0).await)
    }

    async fn crash(&self, ledger: Credulous) {
        LedgerFixture::crash(&self.0, ledger.0).await;
    }
}

#[tokio::test]
#[should_panic(expected = "one seat too many")]
async fn a_ledger_that_swallows_an_oversold_slot_is_found_out() {
    ledger_contract(|| CredulousPlace(Place::new()), 0..0).await;
}

/// Appends again what it got no answer for.
struct Insistent(SqliteLog);

#[async_trait]
impl CommandLog for Insistent {
    async fn append(
        &self,
        partition: u32,
        entry: EncodedEntry,
        gather: Gather,
    ) -> Result<Appended, AppendError> {
        match self.0.append(partition, entry.clone(), gather).await {
            Err(AppendError::OutcomeUnknown(why)) => {
                self.0.append(partition, entry, gather).await?;
                Err(AppendError::OutcomeUnknown(why))
            }
            answer => answer,
        }
    }

    async fn read(
        &self,
        partition: u32,
        from: u64,
        max_records: usize,
    ) -> Result<Vec<StoredRecord>, LogError> {
        self.0.read(partition, from, max_records).await
    }

    async fn end(&self, partition: u32) -> Result<u64, LogError> {
        self.0.end(partition).await
    }

    async fn reached(&self, partition: u32, offset: u64) -> Result<(), LogError> {
        self.0.reached(partition, offset).await
    }

    fn partitions(&self) -> u32 {
        self.0.partitions()
    }
}

struct InsistentPlace(Place);

impl LogFixture for InsistentPlace {
    type Log = Insistent;

    async fn open(&self) -> Insistent {
        Insistent(self.0.log())
    }

    async fn crash(&self, log: Insistent) {
        drop(log);
    }

    fn queue_entries(&self) -> usize {
        self.0.queue_entries()
    }

    fn oversized(&self) -> EncodedEntry {
        self.0.oversized()
    }

    fn cut_answers(&self, entries: usize) {
        self.0.cut_answers(entries);
    }

    fn lose_commits(&self, groups: usize) {
        self.0.lose_commits(groups);
    }

    fn refuse(&self, entries: usize) {
        self.0.refuse(entries);
    }

    fn disk_full(&self, full: bool) {
        self.0.disk_full(full);
    }

    fn hold(&self) {
        self.0.hold();
    }

    fn release(&self) {
        self.0.release();
    }
}

#[tokio::test]
#[should_panic(expected = "it was appended all the same, once")]
async fn a_log_that_appends_twice_is_found_out() {
    log_contract(|| InsistentPlace(Place::new())).await;
}
