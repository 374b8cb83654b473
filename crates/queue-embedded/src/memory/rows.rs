//! Everything that the view holds of one event, and how it is read.

use super::Misfit;
use super::admissions::Admissions;
use super::places::{Places, Row};
use super::reservations::Reservations;
use queue_domain::{
    CommandId, CommandKind, Effect, EffectKind, Line, LogPosition, OperatorResult, Outcome,
    PlaceState, Position, ShopperId,
};
use queue_ports::view::{EventView, LastView, ReservationView, ShopperView};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// One event.
#[derive(Debug)]
pub(crate) struct EventRows {
    /// Shared with readers; copied by the next batch only while one of them still holds it.
    pub(crate) header: Arc<EventView>,
    pub(crate) body: Body,
}

/// What is too big to be shared as a whole.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) places: Places,
    pub(crate) line: Line,
    pub(crate) reservations: Reservations,
    pub(crate) operator: OperatorResults,
    pub(crate) admissions: Admissions,
    /// Whose reservation or place was decided above the ledger's mark, in log order.
    pub(crate) unsettled: VecDeque<(Position, ShopperId)>,
    /// Places of an image: what their shoppers did last is not known.
    pub(crate) retold: u32,
}

/// What became of the newest operators' commands.
#[derive(Debug, Default)]
pub(crate) struct OperatorResults {
    results: BTreeMap<CommandId, OperatorResult>,
    order: VecDeque<CommandId>,
}

impl OperatorResults {
    /// Keeps a result, and drops the oldest beyond `max`.
    pub(crate) fn put(&mut self, command: CommandId, result: OperatorResult, max: usize) {
        if self.results.insert(command, result).is_none() {
            self.order.push_back(command);
        }
        while self.order.len() > max {
            if let Some(oldest) = self.order.pop_front() {
                self.results.remove(&oldest);
            }
        }
    }

    pub(crate) fn get(&self, command: CommandId) -> Option<&OperatorResult> {
        self.results.get(&command)
    }
}

impl EventRows {
    /// An event from the effect that creates it.
    pub(crate) fn created(effect: &Effect) -> Result<Self, Misfit> {
        let EffectKind::Created {
            definition,
            rules,
            creation,
        } = &effect.kind
        else {
            return Err(Misfit::new("an event's first effect is its creation"));
        };
        let header = EventView {
            definition: definition.as_ref().clone(),
            rules: *rules,
            creation: *creation,
            guise: queue_domain::Guise {
                phase: queue_domain::Phase::Scheduled,
                paused: false,
                standby: false,
                phase_since: definition.schedule.lobby_opens_at,
            },
            slots: Vec::new(),
            waiting: 0,
            admitted: 0,
            inside: 0,
            totals: queue_domain::Totals::default(),
            clock: Default::default(),
            admitted_last_minute: (0, 0),
            admitted_last_second: 0,
            revealed: None,
            version: effect.at.record(),
            ledger_mark: None,
        };
        Ok(Self {
            header: Arc::new(header),
            body: Body::default(),
        })
    }

    /// What a shopper has.
    pub(crate) fn shopper(&self, shopper: ShopperId) -> ShopperView {
        let version = self.header.version;
        let reservations: Vec<_> = self.body.reservations.of(shopper);
        let mut requests: Vec<_> = reservations.iter().map(|row| row.request).collect();
        requests.sort_unstable();
        requests.dedup();
        ShopperView {
            version,
            place: self
                .body
                .places
                .newest(shopper)
                .map(|(_, row)| row.view(&self.body.line)),
            reservations: reservations.iter().map(|row| row.view(version)).collect(),
            last: self.body.last(shopper),
            request_keys: requests.len() as u32,
            waiting: self.header.waiting,
        }
    }

    /// One reservation.
    pub(crate) fn reservation(&self, id: queue_domain::ReservationId) -> Option<ReservationView> {
        self.body
            .reservations
            .get(id)
            .map(|row| row.view(self.header.version))
    }

    /// Raises the ledger's mark and tells whose reservations are now held by the ledger; `None` when the mark does not rise.
    pub(crate) fn mark(&mut self, mark: LogPosition) -> Option<Vec<ShopperId>> {
        if self.header.ledger_mark >= Some(mark) {
            return None;
        }
        Arc::make_mut(&mut self.header).ledger_mark = Some(mark);
        let unsettled = &mut self.body.unsettled;
        let settled = unsettled.partition_point(|(at, _)| at.record() <= mark);
        Some(
            unsettled
                .drain(..settled)
                .map(|(_, shopper)| shopper)
                .collect(),
        )
    }

    /// After an image: what is above the mark, in log order.
    pub(crate) fn find_unsettled(&mut self) {
        let mark = self.header.ledger_mark;
        let above = |at: &Position| mark.is_none_or(|mark| at.record() > mark);
        let mut unsettled: Vec<_> = self
            .body
            .reservations
            .iter()
            .map(|row| (row.changed_at, row.shopper))
            .filter(|(at, _)| above(at))
            .collect();
        unsettled.sort_unstable();
        self.body.unsettled = unsettled.into();
    }
}

impl Body {
    fn last(&self, shopper: ShopperId) -> Option<LastView> {
        self.reservations.last(shopper).or_else(|| {
            let (no, row) = self.places.newest(shopper)?;
            (no.0 >= self.retold).then(|| joined(row))
        })
    }
}

/// The outcome of a place's own join. It is not stored: most shoppers have no other.
pub(crate) fn joined(row: &Row) -> LastView {
    LastView {
        position: row.id().0,
        kind: CommandKind::Join,
        outcome: Outcome::Done,
        place: Some(row.id()),
        reservation: None,
        slot: row.wish(),
    }
}

/// Adds to the count of a state, or takes away.
pub(crate) fn count(header: &mut EventView, state: PlaceState, change: i8) {
    let counter = match state {
        PlaceState::Waiting => &mut header.waiting,
        PlaceState::Admitted => &mut header.admitted,
        PlaceState::Inside => &mut header.inside,
        PlaceState::Booked
        | PlaceState::Left
        | PlaceState::NoShow
        | PlaceState::TimedOut
        | PlaceState::Closed => return,
    };
    *counter = counter.saturating_add_signed(change.into());
}
