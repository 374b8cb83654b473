//! Seats: reserve, cancel, move.

use super::shopper::outside;
use super::{At, Decision, Event, Id, Reservation, ReservationState, SlotStatus, State};

impl Event {
    #[expect(clippy::too_many_arguments, reason = "the fields of one command")]
    pub(super) fn reserve(
        &mut self,
        at: At,
        stamp: u64,
        shopper: Id,
        id: Id,
        request: Id,
        slot: &str,
        seats: u32,
    ) -> Decision {
        match self.reservations.get(&id).map(|before| before.state) {
            Some(ReservationState::Refused(reason)) => return Err(reason),
            Some(_) => return Ok(false),
            None => {}
        }
        let number = self.slot_named(slot);
        let free_then = number.map_or(0, |slot| self.slots[slot].free());
        let verdict = self.may_reserve(stamp, &shopper, &request, number, seats);
        let state = match verdict {
            Ok(()) => ReservationState::Confirmed,
            Err(reason) => ReservationState::Refused(reason),
        };
        let code = verdict.is_ok().then(|| self.next_code(&id));
        let place = self.current_place(&shopper);
        self.requests.entry(request).or_insert(id);
        self.reservations.insert(
            id,
            Reservation {
                at,
                request,
                shopper,
                place,
                slot: number,
                seats,
                state,
                code,
                moved: false,
                stamps: (stamp, stamp, None),
                changed: at,
                free_then,
            },
        );
        if let (Ok(()), Some(slot), Some(place)) = (verdict, number, place) {
            self.slots[slot].confirmed += seats;
            *self.held.entry(shopper).or_default() += 1;
            let full = self.held_by(&shopper) >= u32::from(self.policy.per_shopper_max);
            if full || self.places[place].state != State::Inside {
                self.put(at, place, State::Booked, 0);
            }
        }
        verdict.map(|()| true)
    }

    /// The reasons in the rule book's order.
    fn may_reserve(
        &self,
        stamp: u64,
        shopper: &Id,
        request: &Id,
        slot: Option<usize>,
        seats: u32,
    ) -> Result<(), &'static str> {
        if self.requests.contains_key(request) {
            return Err("idempotency_mismatch");
        }
        let place = &self.places[self.current_place(shopper).ok_or("not_admitted")?];
        let at_limit = self.held_by(shopper) >= u32::from(self.policy.per_shopper_max);
        let as_if_inside = place.state == State::Inside
            || place.sent_back.is_some()
            || (place.state == State::Booked && at_limit);
        if !as_if_inside {
            return Err(outside(place.state));
        }
        let slot = &self.slots[slot.ok_or("unknown_slot")?];
        if slot.status != SlotStatus::Bookable || stamp >= slot.definition.bookable_until {
            return Err("slot_over");
        }
        if seats > self.policy.party_max {
            return Err("party_too_large");
        }
        if at_limit {
            return Err("limit_reached");
        }
        if seats > slot.free() {
            return Err("sold_out");
        }
        match place.sent_back {
            Some(session) if session <= self.service => Err("not_admitted"),
            _ => Ok(()),
        }
    }

    /// Forty bits of the id, or the next that nobody had.
    fn next_code(&mut self, id: &Id) -> u64 {
        let mut code = id[..5]
            .iter()
            .fold(0, |bits, byte| bits * 256 + u64::from(*byte));
        while self.codes.contains_key(&code) {
            code = (code + 1) % (1 << 40);
        }
        self.codes.insert(code, *id);
        code
    }

    /// A reservation that this shopper was once given.
    fn given(&self, shopper: &Id, id: &Id) -> Result<(ReservationState, usize), &'static str> {
        let reservation = self
            .reservations
            .get(id)
            .filter(|reservation| reservation.shopper == *shopper)
            .ok_or("stale")?;
        match (reservation.state, reservation.slot) {
            (ReservationState::Confirmed | ReservationState::Cancelled { .. }, Some(slot)) => {
                Ok((reservation.state, slot))
            }
            _ => Err("stale"),
        }
    }

    pub(super) fn cancel(
        &mut self,
        at: At,
        stamp: u64,
        shopper: Id,
        id: Id,
        if_slot: Option<&str>,
    ) -> Decision {
        let (state, slot) = self.given(&shopper, &id)?;
        if matches!(state, ReservationState::Cancelled { .. }) {
            return Ok(false);
        }
        if if_slot.is_some_and(|named| named != self.slots[slot].definition.id) {
            return Err("stale");
        }
        if stamp >= self.slots[slot].definition.starts_at {
            return Err("slot_over");
        }
        self.give_back(at, stamp, id, false);
        Ok(true)
    }

    /// Frees the seats; a booked place that holds nothing else has left.
    pub(super) fn give_back(&mut self, at: At, stamp: u64, id: Id, with_slot: bool) {
        let Some(reservation) = self.reservations.get_mut(&id) else {
            return;
        };
        reservation.state = ReservationState::Cancelled { with_slot };
        reservation.changed = at;
        reservation.stamps.1 = stamp;
        let (shopper, seats, slot, place) = (
            reservation.shopper,
            reservation.seats,
            reservation.slot,
            reservation.place,
        );
        if let Some(slot) = slot {
            self.slots[slot].confirmed -= seats;
        }
        if let Some(held) = self.held.get_mut(&shopper) {
            *held -= 1;
        }
        if let Some(place) = place
            && self.places[place].state == State::Booked
            && self.held_by(&shopper) == 0
        {
            self.put(at, place, State::Left, 0);
            self.places[place].slot_cancelled = with_slot;
        }
    }

    pub(super) fn move_to(
        &mut self,
        at: At,
        stamp: u64,
        shopper: Id,
        id: Id,
        if_slot: Option<&str>,
        to: &str,
    ) -> Decision {
        let (state, from) = self.given(&shopper, &id)?;
        if state != ReservationState::Confirmed {
            return Err("stale");
        }
        let target = self.slot_named(to);
        if target == Some(from) {
            return Ok(false);
        }
        if if_slot.is_some_and(|named| named != self.slots[from].definition.id) {
            return Err("stale");
        }
        let target = target.ok_or("unknown_slot")?;
        let slot = &self.slots[target];
        if stamp >= self.slots[from].definition.starts_at
            || slot.status != SlotStatus::Bookable
            || stamp >= slot.definition.bookable_until
        {
            return Err("slot_over");
        }
        let free = slot.free();
        let Some(reservation) = self
            .reservations
            .get_mut(&id)
            .filter(|reservation| reservation.seats <= free)
        else {
            return Err("sold_out");
        };
        reservation.slot = Some(target);
        reservation.moved = true;
        reservation.changed = at;
        reservation.stamps.1 = stamp;
        self.slots[from].confirmed -= reservation.seats;
        self.slots[target].confirmed += reservation.seats;
        Ok(true)
    }
}
