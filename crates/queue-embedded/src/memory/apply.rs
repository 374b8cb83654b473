//! One effect taken into an event. Absolute values are stored as they are; nothing is decided.

use super::Misfit;
use super::admissions::Admissions;
use super::places::{Moved, Taken};
use super::reservations::Row;
use super::rows::{Body, count, joined};
use queue_domain::{
    Effect, EffectKind, Guise, LogPosition, Phase, PlaceNo, PlaceState, Position,
    ReservationChange, ShopperId, SlotNo,
};
use queue_ports::view::{Change, EventView, LastView, SlotView};

/// One effect, with what it is taken into.
pub(crate) struct Applying<'a> {
    pub(crate) header: &'a mut EventView,
    pub(crate) body: &'a mut Body,
    /// Who follows the event is told this.
    pub(crate) change: &'a mut Change,
    pub(crate) max_operator_results: usize,
}

impl Applying<'_> {
    pub(crate) fn apply(&mut self, effect: &Effect) -> Result<(), Misfit> {
        self.header.totals.count(&effect.kind);
        let at = effect.at;
        match &effect.kind {
            EffectKind::Created { .. } | EffectKind::Tokens(_) | EffectKind::Totals(_) => {}
            EffectKind::Rules(rules) => self.header.rules = *rules,
            EffectKind::Status(guise) => self.status(*guise),
            EffectKind::Schedule(schedule) => {
                self.event(|header| header.definition.schedule = *schedule)
            }
            EffectKind::Policy(policy) => self.event(|header| header.definition.policy = *policy),
            EffectKind::Texts(changes) => changes
                .iter()
                .for_each(|change| self.event(|header| text(header, change))),
            EffectKind::SlotAdded { slot, definition } => self.slot_added(*slot, definition)?,
            EffectKind::Slot {
                slot,
                capacity,
                confirmed,
                status,
            } => {
                let row = self.slot(*slot)?;
                (row.capacity, row.confirmed, row.status) = (*capacity, *confirmed, *status);
            }
            EffectKind::Clock { service, stamp } => {
                self.header.clock = (*service, *stamp);
                self.body.admissions.advance(service.0);
            }
            EffectKind::Revealed { secret, log_hash } => {
                self.event(|header| header.revealed = Some((*secret, *log_hash)))
            }
            EffectKind::Joined {
                place,
                id,
                shopper,
                number,
                began_ahead,
                wish,
                stamp,
            } => {
                let taken = Taken {
                    id: *id,
                    shopper: *shopper,
                    number: *number,
                    began_ahead: *began_ahead,
                    wish: *wish,
                    stamp: *stamp,
                };
                self.taken(*place, &taken)?;
            }
            EffectKind::Numbered {
                place,
                number,
                began_ahead,
            } => self.numbered(*place, *number, *began_ahead)?,
            EffectKind::Wish { place, wish } => {
                let shopper = self.body.places.set_wish(*place, *wish)?.shopper();
                self.change.shoppers.push(shopper);
            }
            EffectKind::Place {
                place,
                state,
                until,
                extensions,
                reason,
                stamp,
            } => {
                let moved = Moved {
                    at,
                    state: *state,
                    until: *until,
                    extensions: *extensions,
                    reason: *reason,
                    stamp: *stamp,
                };
                self.moved(*place, &moved)?;
            }
            EffectKind::Reservation { .. } => self.reservation(at, &effect.kind),
            EffectKind::Outcome { .. } => self.outcome(at, &effect.kind)?,
            EffectKind::Operator {
                command, result, ..
            } => self
                .body
                .operator
                .put(*command, result.clone(), self.max_operator_results),
            EffectKind::ImageEnd { version } => self.image_end(*version),
        }
        Ok(())
    }

    fn event(&mut self, change: impl FnOnce(&mut EventView)) {
        change(self.header);
        self.change.event = true;
    }

    fn status(&mut self, guise: Guise) {
        let before = self.header.guise;
        self.change.turned |= guise.standby && !before.standby;
        if guise.phase == Phase::Open && before.phase != Phase::Open {
            self.body.admissions = Admissions::starting(self.header.clock.0.0);
        }
        self.event(|header| header.guise = guise);
    }

    fn slot_added(
        &mut self,
        no: SlotNo,
        definition: &queue_domain::SlotDefinition,
    ) -> Result<(), Misfit> {
        if usize::from(no.0) != self.header.slots.len() {
            return Err(Misfit::new(format!(
                "slot {} after {} slots",
                no.0,
                self.header.slots.len()
            )));
        }
        let slot = SlotView {
            definition: definition.clone(),
            capacity: definition.capacity,
            confirmed: queue_domain::Seats(0),
            status: queue_domain::SlotStatus::Bookable,
        };
        self.header.slots.push(slot);
        self.change.slots.push(no);
        Ok(())
    }

    fn slot(&mut self, no: SlotNo) -> Result<&mut SlotView, Misfit> {
        self.change.slots.push(no);
        self.header
            .slots
            .get_mut(usize::from(no.0))
            .ok_or_else(|| Misfit::new(format!("no slot {}", no.0)))
    }

    fn taken(&mut self, no: PlaceNo, taken: &Taken) -> Result<(), Misfit> {
        self.body.places.push(no, taken)?;
        count(self.header, PlaceState::Waiting, 1);
        if let Some(number) = taken.number {
            self.begin_to_wait(number);
        }
        self.change.shoppers.push(taken.shopper);
        Ok(())
    }

    fn numbered(&mut self, no: PlaceNo, number: u32, began_ahead: u32) -> Result<(), Misfit> {
        let row = self.body.places.set_number(no, number, began_ahead)?;
        let (shopper, state) = (row.shopper(), row.state());
        if state == PlaceState::Waiting {
            self.begin_to_wait(number);
        }
        self.change.shoppers.push(shopper);
        Ok(())
    }

    fn moved(&mut self, no: PlaceNo, moved: &Moved) -> Result<(), Misfit> {
        let (before, row) = self.body.places.set_state(no, moved)?;
        let (shopper, number) = (row.shopper(), row.number());
        count(self.header, before, -1);
        count(self.header, moved.state, 1);
        match (
            before == PlaceState::Waiting,
            moved.state == PlaceState::Waiting,
            number,
        ) {
            (true, false, Some(number)) => self.cease_to_wait(number),
            (false, true, Some(number)) => self.begin_to_wait(number),
            _ => {}
        }
        match moved.state {
            PlaceState::Admitted => self.body.admissions.admitted(),
            PlaceState::Booked => self.unsettled(moved.at, shopper),
            _ => {}
        }
        self.change.shoppers.push(shopper);
        Ok(())
    }

    fn begin_to_wait(&mut self, number: u32) {
        if self.body.line.insert(number) {
            self.change.line.push((number, true));
        }
    }

    fn cease_to_wait(&mut self, number: u32) {
        if self.body.line.remove(number) {
            self.change.line.push((number, false));
        }
    }

    /// What the ledger must hold before it is shown as done.
    fn unsettled(&mut self, at: Position, shopper: ShopperId) {
        if self
            .header
            .ledger_mark
            .is_none_or(|mark| at.record() > mark)
        {
            self.body.unsettled.push_back((at, shopper));
        }
    }

    fn reservation(&mut self, at: Position, effect: &EffectKind) {
        let EffectKind::Reservation {
            change,
            id,
            request,
            shopper,
            slot,
            seats,
            state,
            code,
            moved,
            decided,
            ..
        } = effect
        else {
            return;
        };
        // A check-in moves nothing that is shown as pending.
        let changed_at = match (change, self.body.reservations.get(*id)) {
            (ReservationChange::CheckedIn, Some(row)) => row.changed_at,
            _ => at,
        };
        if !matches!(
            change,
            ReservationChange::Refused | ReservationChange::CheckedIn
        ) {
            self.unsettled(at, *shopper);
        }
        self.body.reservations.put(Row {
            id: *id,
            request: *request,
            shopper: *shopper,
            slot: *slot,
            seats: *seats,
            state: *state,
            code: *code,
            moved: *moved,
            decided: *decided,
            changed_at,
        });
        self.change.shoppers.push(*shopper);
    }

    fn outcome(&mut self, at: Position, effect: &EffectKind) -> Result<(), Misfit> {
        let EffectKind::Outcome {
            shopper,
            place,
            kind,
            outcome,
            reservation,
            slot,
            ..
        } = effect
        else {
            return Ok(());
        };
        let place = place
            .map(|no| {
                self.body
                    .places
                    .get(no)
                    .ok_or_else(|| Misfit::new(format!("no place {}", no.0)))
            })
            .transpose()?;
        let last = LastView {
            position: at,
            kind: *kind,
            outcome: *outcome,
            place: place.map(super::places::Row::id),
            reservation: *reservation,
            slot: *slot,
        };
        let told_by_place = place.is_some_and(|row| joined(row) == last);
        self.body
            .reservations
            .set_last(*shopper, Some(last).filter(|_| !told_by_place));
        self.change.shoppers.push(*shopper);
        Ok(())
    }

    fn image_end(&mut self, version: LogPosition) {
        self.header.version = version;
        self.body.admissions = Admissions::starting(self.header.clock.0.0);
        self.body.retold = self.body.places.len();
    }
}

fn text(header: &mut EventView, change: &queue_domain::TextChange) {
    match &change.text {
        Some(text) => {
            _ = header
                .definition
                .texts
                .insert(change.key.clone(), text.clone())
        }
        None => _ = header.definition.texts.remove(&change.key),
    }
}
