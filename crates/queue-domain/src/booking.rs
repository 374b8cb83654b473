//! Seats: reserve, cancel and move. All or nothing, one step, never above capacity.

use crate::command::Contact;
use crate::effect::{
    EffectKind, PlaceReason, PlaceState, Refusal, ReservationChange, ReservationState, SlotStatus,
};
use crate::event::Reservation;
use crate::ids::{DoorCode, PlaceNo, RequestId, ReservationId, Seats, ShopperId, SlotId, SlotNo};
use crate::line_commands::{Decision, refusal_outside};
use crate::sabotage::{Sabotage, on};
use crate::step::Step;

impl Step<'_> {
    /// Decides a reservation, once: a repeat has the same id and gets the same outcome.
    pub(crate) fn reserve(
        &mut self,
        shopper: ShopperId,
        id: ReservationId,
        request: RequestId,
        slot: &SlotId,
        seats: Seats,
        contact: Option<&Contact>,
    ) -> Decision {
        if let Some(decided) = self.state.reservations.get(&id)
            && !on(Sabotage::RepeatDecidedAgain)
        {
            return match decided.state {
                ReservationState::Refused(reason) => Err(reason),
                ReservationState::Confirmed | ReservationState::Cancelled { .. } => Ok(()),
            };
        }
        let place = self.state.places.current(shopper);
        let decision = self.check_reserve(shopper, request, place, slot, seats);
        let (state, code, change) = match decision {
            Ok(()) => (
                ReservationState::Confirmed,
                Some(self.free_code(id)),
                ReservationChange::Confirmed,
            ),
            Err(reason) => (
                ReservationState::Refused(reason),
                None,
                ReservationChange::Refused,
            ),
        };
        let slot = self.slot_no(slot);
        let reservation = Reservation {
            request,
            shopper,
            place,
            slot,
            seats,
            state,
            code,
            moved: false,
            decided: self.stamp,
            changed: self.stamp,
            checked_in: None,
            contact: contact.filter(|_| decision.is_ok()).cloned(),
            at: self.at,
        };
        self.emit_reservation(id, &reservation, change);
        if let (Ok(()), Some(slot), Some(place)) = (decision, slot, place) {
            self.take_seats(slot, seats);
            self.after_confirmation(place, shopper);
        }
        decision
    }

    /// The reasons in their order; the first that applies.
    fn check_reserve(
        &self,
        shopper: ShopperId,
        request: RequestId,
        place: Option<PlaceNo>,
        slot: &SlotId,
        seats: Seats,
    ) -> Decision {
        if self.state.requests.contains_key(&request) && !on(Sabotage::KeysForgotten) {
            return Err(Refusal::IdempotencyMismatch);
        }
        let place = place.ok_or(Refusal::NotAdmitted)?;
        let held = self.state.confirmed_reservations(shopper);
        let no_limit = on(Sabotage::NoLimitPerShopper);
        let at_limit = held >= usize::from(self.state.policy.per_shopper_max) && !no_limit;
        let state = self.state.places.get(place).state();
        let sent_back = state == PlaceState::Waiting
            && self.state.places.get(place).reason() == Some(PlaceReason::Standby);
        match state {
            PlaceState::Inside => {}
            PlaceState::Waiting if sent_back || on(Sabotage::BookedFromOutside) => {}
            PlaceState::Booked if at_limit || no_limit => {}
            other => return Err(refusal_outside(other)),
        }
        let number = self.slot_no(slot).ok_or(Refusal::UnknownSlot)?;
        let slot = self.state.slot(number);
        if slot.status != SlotStatus::Bookable || self.stamp >= slot.definition.bookable_until {
            return Err(Refusal::SlotOver);
        }
        if seats.0 > self.state.policy.party_max {
            return Err(Refusal::PartyTooLarge);
        }
        if at_limit {
            return Err(Refusal::LimitReached);
        }
        let kept = u32::from(on(Sabotage::LastSeatKept));
        let oversold = u32::from(on(Sabotage::Oversold));
        if seats.0 + kept > slot.free() + oversold {
            return Err(Refusal::SoldOut);
        }
        if sent_back && !self.broken_session_runs(place) {
            return Err(Refusal::NotAdmitted);
        }
        Ok(())
    }

    /// Whether the session that the turn to standby broke off would still run: only then can a place outside the room confirm.
    fn broken_session_runs(&self, place: PlaceNo) -> bool {
        self.state
            .terms
            .get(&place)
            .and_then(|term| term.until)
            .is_some_and(|until| self.state.service < until)
    }

    fn after_confirmation(&mut self, place: PlaceNo, shopper: ShopperId) {
        let full = self.state.confirmed_reservations(shopper)
            >= usize::from(self.state.policy.per_shopper_max);
        let outside = self.state.places.get(place).state() != PlaceState::Inside;
        if full || outside {
            self.end(place, PlaceState::Booked);
        }
    }

    /// Gives a reservation back.
    pub(crate) fn cancel(
        &mut self,
        shopper: ShopperId,
        id: ReservationId,
        if_slot: Option<&SlotId>,
    ) -> Decision {
        let (reservation, slot) = self.own_reservation(shopper, id)?;
        if let ReservationState::Cancelled { .. } = reservation.state {
            return Ok(());
        }
        self.check_slot_named(slot, if_slot)?;
        if self.stamp >= self.state.slot(slot).definition.starts_at {
            return Err(Refusal::SlotOver);
        }
        self.cancel_reservation(id, &reservation, slot, false);
        Ok(())
    }

    /// Cancels, frees the seats, and ends a booked place that holds nothing else.
    pub(crate) fn cancel_reservation(
        &mut self,
        id: ReservationId,
        reservation: &Reservation,
        slot: SlotNo,
        slot_cancelled: bool,
    ) {
        let mut cancelled = reservation.clone();
        cancelled.state = ReservationState::Cancelled { slot_cancelled };
        cancelled.changed = self.stamp;
        self.emit_reservation(id, &cancelled, ReservationChange::Cancelled);
        self.free_seats(slot, reservation.seats);
        let Some(place) = reservation.place else {
            return;
        };
        if self.state.places.get(place).state() == PlaceState::Booked
            && !self.state.holds_reservation(reservation.shopper)
        {
            let reason = slot_cancelled.then_some(PlaceReason::SlotCancelled);
            self.move_place(place, PlaceState::Left, None, 0, reason);
        }
    }

    /// Moves a reservation to another slot; refused, it changes nothing.
    pub(crate) fn move_reservation(
        &mut self,
        shopper: ShopperId,
        id: ReservationId,
        if_slot: Option<&SlotId>,
        to: &SlotId,
    ) -> Decision {
        let (reservation, from) = self.own_reservation(shopper, id)?;
        if reservation.state != ReservationState::Confirmed {
            return Err(Refusal::Stale);
        }
        let target = self.slot_no(to);
        if target == Some(from) {
            return Ok(());
        }
        self.check_slot_named(from, if_slot)?;
        let target = target.ok_or(Refusal::UnknownSlot)?;
        let slot = self.state.slot(target);
        let started = self.stamp >= self.state.slot(from).definition.starts_at;
        if started
            || slot.status != SlotStatus::Bookable
            || self.stamp >= slot.definition.bookable_until
        {
            return Err(Refusal::SlotOver);
        }
        if reservation.seats.0 > slot.free() {
            return Err(Refusal::SoldOut);
        }
        let mut moved = reservation.clone();
        let remembered = !on(Sabotage::MoveForgotten);
        (moved.slot, moved.moved, moved.changed) = (Some(target), remembered, self.stamp);
        self.emit_reservation(id, &moved, ReservationChange::Moved);
        self.take_seats(target, reservation.seats);
        self.free_seats(from, reservation.seats);
        Ok(())
    }

    /// A reservation that took seats, if it is this shopper's; `stale` tells no one else anything.
    fn own_reservation(
        &self,
        shopper: ShopperId,
        id: ReservationId,
    ) -> Result<(Reservation, SlotNo), Refusal> {
        let reservation = self
            .state
            .reservations
            .get(&id)
            .filter(|reservation| reservation.shopper == shopper)
            .ok_or(Refusal::Stale)?;
        match (reservation.state, reservation.slot) {
            (ReservationState::Confirmed | ReservationState::Cancelled { .. }, Some(slot)) => {
                Ok((reservation.clone(), slot))
            }
            _ => Err(Refusal::Stale),
        }
    }

    fn check_slot_named(&self, slot: SlotNo, named: Option<&SlotId>) -> Decision {
        match named {
            Some(named) if *named != self.state.slot(slot).definition.id => Err(Refusal::Stale),
            _ => Ok(()),
        }
    }

    pub(crate) fn emit_reservation(
        &mut self,
        id: ReservationId,
        reservation: &Reservation,
        change: ReservationChange,
    ) {
        self.emit(reservation.effect(id, change));
    }

    fn take_seats(&mut self, slot: SlotNo, seats: Seats) {
        let confirmed = self.state.slot(slot).confirmed + seats.0;
        self.set_confirmed(slot, confirmed);
    }

    fn free_seats(&mut self, slot: SlotNo, seats: Seats) {
        if on(Sabotage::SeatsLost) {
            return;
        }
        let confirmed = self.state.slot(slot).confirmed - seats.0;
        self.set_confirmed(slot, confirmed);
    }

    fn set_confirmed(&mut self, number: SlotNo, confirmed: u32) {
        let slot = self.state.slot(number);
        self.emit(EffectKind::Slot {
            slot: number,
            capacity: Seats(slot.capacity),
            confirmed: Seats(confirmed),
            status: slot.status,
        });
    }

    /// Forty bits of the id; on a collision the next free code.
    fn free_code(&self, id: ReservationId) -> DoorCode {
        let bits = id.0[..5]
            .iter()
            .fold(0, |bits, byte| (bits << 8) | u64::from(*byte));
        let mut code = DoorCode::new(bits);
        while self.state.codes.contains_key(&code) {
            code = code.next();
        }
        code
    }
}

impl Reservation {
    pub(crate) fn effect(&self, id: ReservationId, change: ReservationChange) -> EffectKind {
        EffectKind::Reservation {
            change,
            id,
            request: self.request,
            shopper: self.shopper,
            place: self.place,
            slot: self.slot,
            seats: self.seats,
            state: self.state,
            code: self.code,
            moved: self.moved,
            decided: self.decided,
            changed: self.changed,
            checked_in: self.checked_in,
            contact: self.contact.clone(),
        }
    }
}
