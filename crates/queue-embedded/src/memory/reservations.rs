//! Reservations of an event and what else a shopper has beside a place.

use queue_domain::{
    DoorCode, LogPosition, Position, RequestId, ReservationId, ReservationState, Seats, ShopperId,
    SlotNo, Stamp,
};
use queue_ports::view::{LastView, ReservationView};
use std::collections::HashMap;

/// One reservation.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: ReservationId,
    pub(crate) request: RequestId,
    pub(crate) shopper: ShopperId,
    pub(crate) slot: Option<SlotNo>,
    pub(crate) seats: Seats,
    pub(crate) state: ReservationState,
    pub(crate) code: Option<DoorCode>,
    pub(crate) moved: bool,
    pub(crate) decided: Stamp,
    pub(crate) changed_at: Position,
}

impl Row {
    /// The row as the port shows it.
    pub(crate) fn view(&self, version: LogPosition) -> ReservationView {
        ReservationView {
            id: self.id,
            shopper: self.shopper,
            slot: self.slot,
            seats: self.seats,
            state: self.state,
            code: self.code,
            moved: self.moved,
            decided: self.decided,
            changed_at: self.changed_at,
            version,
        }
    }
}

/// What a shopper has beside the newest place. Who has only joined has no such row.
#[derive(Debug, Default)]
pub(crate) struct Extra {
    /// The last outcome, unless it is that of the newest place's own join.
    pub(crate) last: Option<LastView>,
    rows: Vec<u32>,
}

/// Reservations by id and by shopper. Nothing depends on a map's order.
#[derive(Debug, Default)]
pub(crate) struct Reservations {
    rows: Vec<Row>,
    by_id: HashMap<ReservationId, u32>,
    extras: HashMap<ShopperId, Box<Extra>>,
}

impl Reservations {
    /// Stores a reservation, new or changed.
    pub(crate) fn put(&mut self, row: Row) {
        if let Some(at) = self.by_id.get(&row.id) {
            self.rows[*at as usize] = row;
            return;
        }
        let at = self.rows.len() as u32;
        self.by_id.insert(row.id, at);
        self.extras.entry(row.shopper).or_default().rows.push(at);
        self.rows.push(row);
    }

    pub(crate) fn get(&self, id: ReservationId) -> Option<&Row> {
        self.by_id.get(&id).map(|at| &self.rows[*at as usize])
    }

    /// The shopper's reservations, oldest first. Decisions of one record are told apart by id, so that a view built anew tells the same.
    pub(crate) fn of(&self, shopper: ShopperId) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self
            .extras
            .get(&shopper)
            .iter()
            .flat_map(|extra| &extra.rows)
            .map(|at| &self.rows[*at as usize])
            .collect();
        rows.sort_unstable_by_key(|row| (row.decided, row.id));
        rows
    }

    pub(crate) fn last(&self, shopper: ShopperId) -> Option<LastView> {
        self.extras.get(&shopper)?.last
    }

    /// Sets the last outcome; `None` when the newest place tells it.
    pub(crate) fn set_last(&mut self, shopper: ShopperId, last: Option<LastView>) {
        match last {
            Some(last) => self.extras.entry(shopper).or_default().last = Some(last),
            None => {
                if let Some(extra) = self.extras.get_mut(&shopper) {
                    extra.last = None;
                }
            }
        }
    }

    /// All reservations, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }
}
