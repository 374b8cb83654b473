//! The view's reading and waiting sides.

use super::rows::EventRows;
use super::view::{Cell, MemoryView};
use async_trait::async_trait;
use queue_domain::{CommandId, EventId, LogPosition, OperatorResult, ReservationId, ShopperId};
use queue_ports::ledger::StoreError;
use queue_ports::view::{
    Changes, EventView, Heads, LineView, ReservationView, ShopperView, ViewChanges, ViewReader,
};
use std::sync::{Arc, PoisonError};

#[async_trait]
impl ViewReader for MemoryView {
    async fn events(&self) -> Result<Vec<Arc<EventView>>, StoreError> {
        let cells: Vec<_> = self
            .0
            .events
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect();
        Ok(cells
            .iter()
            .filter_map(|cell| {
                cell.read()
                    .rows
                    .as_ref()
                    .map(|rows| Arc::clone(&rows.header))
            })
            .collect())
    }

    async fn event(&self, event: &EventId) -> Result<Option<Arc<EventView>>, StoreError> {
        Ok(self.rows(event, |rows| Arc::clone(&rows.header)))
    }

    async fn shopper(
        &self,
        event: &EventId,
        shopper: ShopperId,
    ) -> Result<Option<ShopperView>, StoreError> {
        Ok(self.rows(event, |rows| rows.shopper(shopper)))
    }

    async fn reservation(
        &self,
        event: &EventId,
        id: ReservationId,
    ) -> Result<Option<ReservationView>, StoreError> {
        Ok(self.rows(event, |rows| rows.reservation(id)).flatten())
    }

    async fn operator_result(
        &self,
        event: &EventId,
        command: CommandId,
    ) -> Result<Option<OperatorResult>, StoreError> {
        Ok(self
            .rows(event, |rows| rows.body.operator.get(command).cloned())
            .flatten())
    }

    async fn partition_heads(&self, partition: u32) -> Result<Option<Heads>, StoreError> {
        Ok(self
            .0
            .partitions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&partition)
            .and_then(|row| row.heads))
    }
}

#[async_trait]
impl ViewChanges for MemoryView {
    async fn reached(&self, event: &EventId, version: LogPosition) -> Result<(), StoreError> {
        let wait = self.0.reached.begin(event, version)?;
        if self.rows(event, |rows| rows.header.version) < Some(version) {
            wait.woken().await;
        }
        Ok(())
    }

    async fn marked(&self, event: &EventId, position: LogPosition) -> Result<(), StoreError> {
        let wait = self.0.marked.begin(event, position)?;
        if self.rows(event, |rows| rows.header.ledger_mark).flatten() < Some(position) {
            wait.woken().await;
        }
        Ok(())
    }

    async fn changes(&self, event: &EventId, cursor: u64) -> Result<Changes, StoreError> {
        let _follower = self
            .0
            .followers
            .try_acquire()
            .map_err(|_| StoreError::Unavailable("too many follow changes already".into()))?;
        let mut appeared = self.0.appeared.subscribe();
        loop {
            appeared.mark_unchanged();
            if let Some(cell) = self.cell(event) {
                return Ok(next_change(&cell, cursor).await);
            }
            // The sender lives in the view, which outlives this call.
            _ = appeared.changed().await;
        }
    }

    async fn line(&self, event: &EventId) -> Result<Option<LineView>, StoreError> {
        let Some(cell) = self.cell(event) else {
            return Ok(None);
        };
        let state = cell.read();
        let line = |rows: &EventRows| LineView {
            cursor: state.ring.cursor(),
            version: rows.header.version,
            line: rows.body.line.clone(),
        };
        Ok(state.rows.as_ref().map(line))
    }
}

/// Waits until something changed after `cursor`. Tells nothing of an event that is unknown: it is waited for.
async fn next_change(cell: &Cell, cursor: u64) -> Changes {
    let mut changed = cell.changed.subscribe();
    loop {
        changed.mark_unchanged();
        {
            let state = cell.read();
            if state.rows.is_some()
                && let Some(changes) = state.ring.since(cursor)
            {
                return changes;
            }
        }
        // The sender lives in the cell, which is held here.
        _ = changed.changed().await;
    }
}
