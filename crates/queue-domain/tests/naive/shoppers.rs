//! What shoppers ask, by the rule book.

use crate::model::{Model, Place, Reservation};
use queue_domain::{
    CommandKind, Phase, PlaceId, PlaceState, Position, Refusal, RequestId, ReservationId,
    ReservationState, ShopperAction, ShopperId, SlotId, SlotStatus, Stamp,
};

impl Model {
    pub(crate) fn shopper(
        &mut self,
        at: Position,
        stamp: Stamp,
        shopper: ShopperId,
        action: &ShopperAction,
    ) {
        let (kind, result) = match action {
            ShopperAction::Join { wish } => {
                (CommandKind::Join, self.join(at, shopper, wish.as_ref()))
            }
            ShopperAction::Leave { place } => (CommandKind::Leave, self.leave(shopper, *place)),
            ShopperAction::Enter { place } => (CommandKind::Enter, self.enter(shopper, *place)),
            ShopperAction::Extend { place } => (CommandKind::Extend, self.extend(shopper, *place)),
            ShopperAction::Reserve {
                reservation,
                request,
                slot,
                seats,
                ..
            } => (
                CommandKind::Reserve,
                self.reserve(stamp, shopper, *reservation, *request, slot, seats.0),
            ),
            ShopperAction::Cancel {
                reservation,
                if_slot,
            } => (
                CommandKind::Cancel,
                self.cancel(stamp, shopper, *reservation, if_slot.as_ref()),
            ),
            ShopperAction::Move {
                reservation,
                if_slot,
                to,
            } => (
                CommandKind::Move,
                self.change_slot(stamp, shopper, *reservation, if_slot.as_ref(), to),
            ),
        };
        self.tell(shopper, kind, result);
        self.after_command();
    }

    fn join(
        &mut self,
        at: Position,
        shopper: ShopperId,
        wish: Option<&SlotId>,
    ) -> Result<(), Refusal> {
        match self.phase {
            Phase::Scheduled => return Err(Refusal::NotOpen),
            Phase::Closed => return Err(Refusal::Closed),
            Phase::Lobby | Phase::Open => {}
        }
        // A wish is never a right: one for a slot that is not there is none.
        let wish = wish.and_then(|id| self.slot(id));
        if let Some(current) = self
            .current(shopper)
            .filter(|current| self.places[*current].state.is_active())
        {
            // Joining again without a wish does not take the old one back.
            self.places[current].wish = wish.or(self.places[current].wish);
            return Ok(());
        }
        let taken = self
            .places
            .iter()
            .filter(|place| place.shopper == shopper)
            .count();
        if taken >= usize::from(self.policy.joins_per_shopper) {
            return Err(Refusal::LimitReached);
        }
        let unnumbered = self.shuffle.is_some() && self.phase == Phase::Lobby;
        let number = 1 + self
            .places
            .iter()
            .filter_map(|place| place.number)
            .max()
            .unwrap_or(0);
        self.places.push(Place {
            id: at,
            shopper,
            number: (!unnumbered).then_some(number),
            state: PlaceState::Waiting,
            until: None,
            extensions: 0,
            reason: None,
            wish,
            sent_back: false,
        });
        Ok(())
    }

    /// The place that a command is for: the current one, and the named one if one is named.
    fn meant(&self, shopper: ShopperId, named: Option<PlaceId>) -> Result<Option<usize>, Refusal> {
        let current = self.current(shopper);
        match named {
            Some(named) if current.map(|current| self.places[current].id) != Some(named.0) => {
                Err(Refusal::Stale)
            }
            _ => Ok(current),
        }
    }

    fn leave(&mut self, shopper: ShopperId, named: Option<PlaceId>) -> Result<(), Refusal> {
        // Who was never there is as good as gone.
        let Some(place) = self.meant(shopper, named)? else {
            return Ok(());
        };
        match self.places[place].state {
            PlaceState::Waiting | PlaceState::Admitted => self.end(place, PlaceState::Left, None),
            PlaceState::Inside if self.holds_reservation(shopper) => {
                self.end(place, PlaceState::Booked, None)
            }
            PlaceState::Inside => self.end(place, PlaceState::Left, None),
            PlaceState::Booked => return Err(Refusal::HasReservation),
            // It is gone already, whatever the way.
            PlaceState::Left | PlaceState::NoShow | PlaceState::TimedOut | PlaceState::Closed => {}
        }
        Ok(())
    }

    fn enter(&mut self, shopper: ShopperId, named: Option<PlaceId>) -> Result<(), Refusal> {
        let Some(place) = self.meant(shopper, named)? else {
            return Err(Refusal::NotAdmitted);
        };
        match self.places[place].state {
            PlaceState::Admitted => {
                let until = self.service + self.policy.session_ms;
                let place = &mut self.places[place];
                place.state = PlaceState::Inside;
                place.until = Some(until);
                place.extensions = 0;
                Ok(())
            }
            PlaceState::Inside => Ok(()),
            other => Err(not_inside(other)),
        }
    }

    fn extend(&mut self, shopper: ShopperId, named: Option<PlaceId>) -> Result<(), Refusal> {
        let Some(place) = self.meant(shopper, named)? else {
            return Err(Refusal::NotAdmitted);
        };
        let place = &mut self.places[place];
        if place.state != PlaceState::Inside {
            return Err(not_inside(place.state));
        }
        if place.extensions >= self.policy.session_extensions {
            return Err(Refusal::LimitReached);
        }
        place.extensions += 1;
        place.until = place.until.map(|until| until + self.policy.session_ms);
        Ok(())
    }

    fn reserve(
        &mut self,
        stamp: Stamp,
        shopper: ShopperId,
        id: ReservationId,
        request: RequestId,
        slot: &SlotId,
        seats: u32,
    ) -> Result<(), Refusal> {
        if let Some(repeated) = self.reservations.iter().find(|row| row.id == id) {
            // The same id, the same outcome.
            return match repeated.state {
                ReservationState::Refused(refusal) => Err(refusal),
                ReservationState::Confirmed | ReservationState::Cancelled { .. } => Ok(()),
            };
        }
        let decided = self.decide(stamp, shopper, request, slot, seats);
        let slot = self.slot(slot);
        let state =
            decided.map_or_else(ReservationState::Refused, |()| ReservationState::Confirmed);
        self.reservations.push(Reservation {
            id,
            request,
            shopper,
            slot,
            seats,
            state,
            moved: false,
        });
        decided?;
        let slot = slot.expect("a confirmed slot is known");
        self.slots[slot].confirmed += seats;
        let place = self.current(shopper).expect("who books has a place");
        let outside = self.places[place].state != PlaceState::Inside;
        if outside || self.confirmed_of(shopper) >= usize::from(self.policy.per_shopper_max) {
            self.end(place, PlaceState::Booked, None);
        }
        Ok(())
    }

    fn decide(
        &self,
        stamp: Stamp,
        shopper: ShopperId,
        request: RequestId,
        slot: &SlotId,
        seats: u32,
    ) -> Result<(), Refusal> {
        if self.reservations.iter().any(|row| row.request == request) {
            return Err(Refusal::IdempotencyMismatch);
        }
        let at_limit = self.confirmed_of(shopper) >= usize::from(self.policy.per_shopper_max);
        let place = self
            .current(shopper)
            .map(|place| &self.places[place])
            .ok_or(Refusal::NotAdmitted)?;
        let as_if_inside = place.state == PlaceState::Inside
            || place.sent_back
            || (place.state == PlaceState::Booked && at_limit);
        if !as_if_inside {
            return Err(not_inside(place.state));
        }
        let slot = &self.slots[self.slot(slot).ok_or(Refusal::UnknownSlot)?];
        if slot.status != SlotStatus::Bookable || stamp >= slot.definition.bookable_until {
            return Err(Refusal::SlotOver);
        }
        if seats > self.policy.party_max {
            return Err(Refusal::PartyTooLarge);
        }
        if at_limit {
            return Err(Refusal::LimitReached);
        }
        if seats > slot.free() {
            return Err(Refusal::SoldOut);
        }
        // A seat is free again: who never entered, or whose session would be over, must be admitted first like anyone.
        if place.sent_back && place.until.is_none_or(|until| self.service >= until) {
            return Err(Refusal::NotAdmitted);
        }
        Ok(())
    }

    fn own(&self, shopper: ShopperId, id: ReservationId) -> Option<usize> {
        self.reservations
            .iter()
            .position(|row| row.id == id && row.shopper == shopper)
    }

    fn cancel(
        &mut self,
        stamp: Stamp,
        shopper: ShopperId,
        id: ReservationId,
        if_slot: Option<&SlotId>,
    ) -> Result<(), Refusal> {
        let row = self.own(shopper, id).ok_or(Refusal::Stale)?;
        match self.reservations[row].state {
            ReservationState::Cancelled { .. } => return Ok(()),
            ReservationState::Refused(_) => return Err(Refusal::Stale),
            ReservationState::Confirmed => {}
        }
        let slot = self.held_slot(row, if_slot)?;
        if stamp >= self.slots[slot].definition.starts_at {
            return Err(Refusal::SlotOver);
        }
        self.slots[slot].confirmed -= self.reservations[row].seats;
        self.reservations[row].state = ReservationState::Cancelled {
            slot_cancelled: false,
        };
        if let Some(place) = self.current(shopper)
            && self.places[place].state == PlaceState::Booked
            && !self.holds_reservation(shopper)
        {
            self.end(place, PlaceState::Left, None);
        }
        Ok(())
    }

    fn change_slot(
        &mut self,
        stamp: Stamp,
        shopper: ShopperId,
        id: ReservationId,
        if_slot: Option<&SlotId>,
        to: &SlotId,
    ) -> Result<(), Refusal> {
        let row = self.own(shopper, id).ok_or(Refusal::Stale)?;
        if self.reservations[row].state != ReservationState::Confirmed {
            return Err(Refusal::Stale);
        }
        let from = self.reservations[row]
            .slot
            .expect("a confirmed one has a slot");
        if self.slot(to) == Some(from) {
            return Ok(());
        }
        self.held_slot(row, if_slot)?;
        let to = self.slot(to).ok_or(Refusal::UnknownSlot)?;
        if stamp >= self.slots[from].definition.starts_at
            || stamp >= self.slots[to].definition.bookable_until
        {
            return Err(Refusal::SlotOver);
        }
        if self.slots[to].status != SlotStatus::Bookable {
            return Err(Refusal::SlotOver);
        }
        let seats = self.reservations[row].seats;
        if seats > self.slots[to].free() {
            return Err(Refusal::SoldOut);
        }
        self.slots[from].confirmed -= seats;
        self.slots[to].confirmed += seats;
        self.reservations[row].slot = Some(to);
        self.reservations[row].moved = true;
        Ok(())
    }

    /// The slot of a confirmed reservation, if it is the one that the command believed it to be in.
    fn held_slot(&self, row: usize, if_slot: Option<&SlotId>) -> Result<usize, Refusal> {
        let slot = self.reservations[row]
            .slot
            .expect("a confirmed one has a slot");
        match if_slot {
            Some(believed) if self.slots[slot].definition.id != *believed => Err(Refusal::Stale),
            _ => Ok(slot),
        }
    }
}

/// Why a place that is not inside may not do what only those inside may.
fn not_inside(state: PlaceState) -> Refusal {
    match state {
        PlaceState::Waiting
        | PlaceState::Admitted
        | PlaceState::Inside
        | PlaceState::Left
        | PlaceState::NoShow => Refusal::NotAdmitted,
        PlaceState::TimedOut | PlaceState::Booked => Refusal::SessionOver,
        PlaceState::Closed => Refusal::Closed,
    }
}
