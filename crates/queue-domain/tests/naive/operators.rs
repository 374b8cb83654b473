//! What operators ask, by the rule book. A repeated command id does nothing; the driver sees to that.

use crate::model::{Model, Slot};
use queue_domain::{
    OperatorAction, OperatorResult, Phase, PlaceReason, PlaceState, Policy, PolicyPatch, Position,
    Refusal, ReservationState, Schedule, Seats, SlotId, SlotStatus, Stamp,
};

impl Model {
    pub(crate) fn operator(
        &mut self,
        stamp: Stamp,
        action: &OperatorAction,
        order: impl Fn(&Position) -> [u8; 32],
    ) -> OperatorResult {
        let result = self.operate(stamp, action, order);
        self.after_command();
        result.map_or_else(OperatorResult::Refused, |()| OperatorResult::Done)
    }

    fn operate(
        &mut self,
        stamp: Stamp,
        action: &OperatorAction,
        order: impl Fn(&Position) -> [u8; 32],
    ) -> Result<(), Refusal> {
        match action {
            OperatorAction::Open { secret } => {
                // As for shoppers: what holds already is done and changes nothing.
                if self.phase == Phase::Open {
                    return Ok(());
                }
                if self.phase == Phase::Closed
                    || stamp >= self.schedule.closes_at
                    || !self.secret_fits(*secret)
                {
                    return Err(Refusal::WrongPhase);
                }
                self.open(order);
                self.schedule.opens_at = stamp;
                self.schedule.lobby_opens_at = self.schedule.lobby_opens_at.min(stamp);
            }
            OperatorAction::Pause => {
                if self.phase == Phase::Closed && !self.paused {
                    return Err(Refusal::WrongPhase);
                }
                self.paused = true;
            }
            OperatorAction::Resume => self.paused = false,
            OperatorAction::Close => self.close(),
            OperatorAction::Reopen => {
                if self.phase == Phase::Open {
                    return Ok(());
                }
                let unrevealed = self.shuffle.is_some() && !self.revealed;
                let too_early =
                    self.phase != Phase::Closed || stamp < self.schedule.opens_at || unrevealed;
                if too_early || stamp >= self.schedule.closes_at {
                    return Err(Refusal::WrongPhase);
                }
                self.phase = Phase::Open;
            }
            OperatorAction::Policy(patch) => self.change_policy(patch),
            OperatorAction::Capacity { slot, capacity } => self.capacity(slot, *capacity)?,
            OperatorAction::AddSlot(definition) => self.slots.push(Slot::new(definition)),
            OperatorAction::StopSlot(slot) => {
                let slot = self.slot(slot).ok_or(Refusal::UnknownSlot)?;
                if self.slots[slot].status == SlotStatus::Bookable {
                    self.slots[slot].status = SlotStatus::Stopped;
                }
            }
            OperatorAction::CancelSlot(slot) => self.cancel_slot(slot)?,
            OperatorAction::Reschedule {
                lobby_opens_at,
                opens_at,
                closes_at,
            } => {
                self.reschedule(*lobby_opens_at, *opens_at, *closes_at)?;
            }
            OperatorAction::Texts(_) | OperatorAction::CheckIn { .. } => {}
        }
        Ok(())
    }

    /// Ends who waits and who is in the room, also of an event that closed by itself.
    fn close(&mut self) {
        self.phase = Phase::Closed;
        for index in 0..self.places.len() {
            match self.places[index].state {
                PlaceState::Inside if self.holds_reservation(self.places[index].shopper) => {
                    self.end(index, PlaceState::Booked, None)
                }
                PlaceState::Waiting | PlaceState::Admitted | PlaceState::Inside => {
                    self.end(index, PlaceState::Closed, None)
                }
                _ => {}
            }
        }
    }

    /// Times that have come stay; the lobby is not after the opening, which is before the closing.
    fn reschedule(
        &mut self,
        lobby: Option<Stamp>,
        opens: Option<Stamp>,
        closes: Option<Stamp>,
    ) -> Result<(), Refusal> {
        let too_late = (opens.is_some() && self.phase >= Phase::Open)
            || (lobby.is_some() && self.phase >= Phase::Lobby);
        let opens_at = opens.unwrap_or(self.schedule.opens_at);
        let closes_at = closes.unwrap_or(self.schedule.closes_at);
        let lobby_opens_at = lobby.unwrap_or(self.schedule.lobby_opens_at.min(opens_at));
        if too_late || lobby_opens_at > opens_at || opens_at >= closes_at {
            return Err(Refusal::WrongPhase);
        }
        self.schedule = Schedule {
            lobby_opens_at,
            opens_at,
            closes_at,
        };
        Ok(())
    }

    fn change_policy(&mut self, patch: &PolicyPatch) {
        let old = self.policy;
        self.policy = Policy {
            admit_per_second_milli: patch
                .admit_per_second_milli
                .unwrap_or(old.admit_per_second_milli),
            room_max: patch.room_max.unwrap_or(old.room_max),
            room_per_seat_milli: patch.room_per_seat_milli.unwrap_or(old.room_per_seat_milli),
            claim_window_ms: patch.claim_window_ms.unwrap_or(old.claim_window_ms),
            session_ms: patch.session_ms.unwrap_or(old.session_ms),
            session_extensions: patch.session_extensions.unwrap_or(old.session_extensions),
            per_shopper_max: patch.per_shopper_max.unwrap_or(old.per_shopper_max),
            party_max: patch.party_max.unwrap_or(old.party_max),
            joins_per_shopper: patch.joins_per_shopper.unwrap_or(old.joins_per_shopper),
        };
        self.tokens = self.tokens.min(self.bucket());
    }

    fn capacity(&mut self, slot: &SlotId, capacity: Seats) -> Result<(), Refusal> {
        let slot = self.slot(slot).ok_or(Refusal::UnknownSlot)?;
        if capacity.0 < self.slots[slot].confirmed {
            return Err(Refusal::BelowConfirmed);
        }
        self.slots[slot].capacity = capacity.0;
        Ok(())
    }

    fn cancel_slot(&mut self, slot: &SlotId) -> Result<(), Refusal> {
        let slot = self.slot(slot).ok_or(Refusal::UnknownSlot)?;
        self.slots[slot].status = SlotStatus::Cancelled;
        self.slots[slot].confirmed = 0;
        for row in 0..self.reservations.len() {
            let reservation = &mut self.reservations[row];
            if reservation.slot != Some(slot) || reservation.state != ReservationState::Confirmed {
                continue;
            }
            reservation.state = ReservationState::Cancelled {
                slot_cancelled: true,
            };
            let shopper = reservation.shopper;
            let place = self
                .current(shopper)
                .expect("who holds a reservation has a place");
            // One who is still inside stays, as after a cancellation of their own.
            if self.places[place].state == PlaceState::Booked && !self.holds_reservation(shopper) {
                self.end(place, PlaceState::Left, Some(PlaceReason::SlotCancelled));
            }
        }
        Ok(())
    }
}
