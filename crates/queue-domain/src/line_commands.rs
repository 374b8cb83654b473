//! Commands about a place: join, leave, enter, extend.

use crate::command::ShopperAction;
use crate::definition::Lobby;
use crate::effect::{CommandKind, EffectKind, Outcome, Phase, PlaceState, Refusal};
use crate::ids::{CommandId, PlaceId, PlaceNo, ServiceTime, ShopperId, SlotId, SlotNo};
use crate::sabotage::{Sabotage, on};
use crate::step::Step;

/// What a decision came to: done, or refused for one reason.
pub(crate) type Decision = Result<(), Refusal>;

impl Step<'_> {
    /// Decides a shopper's command and tells its outcome.
    pub(crate) fn shopper(
        &mut self,
        command: CommandId,
        shopper: ShopperId,
        action: &ShopperAction,
    ) {
        let (kind, decision, reservation, slot) = match action {
            ShopperAction::Join { wish } => {
                let wish = wish.as_ref().and_then(|slot| self.slot_no(slot));
                (CommandKind::Join, self.join(shopper, wish), None, wish)
            }
            ShopperAction::Leave { place } => {
                (CommandKind::Leave, self.leave(shopper, *place), None, None)
            }
            ShopperAction::Enter { place } => {
                (CommandKind::Enter, self.enter(shopper, *place), None, None)
            }
            ShopperAction::Extend { place } => (
                CommandKind::Extend,
                self.extend(shopper, *place),
                None,
                None,
            ),
            ShopperAction::Reserve {
                reservation,
                request,
                slot,
                seats,
                contact,
            } => {
                let decision = self.reserve(
                    shopper,
                    *reservation,
                    *request,
                    slot,
                    *seats,
                    contact.as_ref(),
                );
                (
                    CommandKind::Reserve,
                    decision,
                    Some(*reservation),
                    self.slot_no(slot),
                )
            }
            ShopperAction::Cancel {
                reservation,
                if_slot,
            } => (
                CommandKind::Cancel,
                self.cancel(shopper, *reservation, if_slot.as_ref()),
                Some(*reservation),
                None,
            ),
            ShopperAction::Move {
                reservation,
                if_slot,
                to,
            } => (
                CommandKind::Move,
                self.move_reservation(shopper, *reservation, if_slot.as_ref(), to),
                Some(*reservation),
                self.slot_no(to),
            ),
        };
        let outcome = decision.map_or_else(Outcome::Refused, |()| Outcome::Done);
        let place = self.state.places.current(shopper);
        self.emit(EffectKind::Outcome {
            command,
            shopper,
            place,
            kind,
            outcome,
            reservation,
            slot,
        });
    }

    pub(crate) fn slot_no(&self, id: &SlotId) -> Option<SlotNo> {
        self.state.slot_numbers.get(id).copied()
    }

    /// The shopper's current place; `stale` when the command was made for another.
    fn current(
        &self,
        shopper: ShopperId,
        named: Option<PlaceId>,
    ) -> Result<Option<PlaceNo>, Refusal> {
        let current = self.state.places.current(shopper);
        let current_id = current.map(|no| self.state.places.get(no).id());
        if named.is_some() && named != current_id {
            Err(Refusal::Stale)
        } else {
            Ok(current)
        }
    }

    fn join(&mut self, shopper: ShopperId, wish: Option<SlotNo>) -> Decision {
        match self.state.guise.phase {
            Phase::Scheduled => return Err(Refusal::NotOpen),
            Phase::Closed => return Err(Refusal::Closed),
            Phase::Lobby | Phase::Open => {}
        }
        if let Some(no) = self.state.places.current(shopper) {
            let place = self.state.places.get(no);
            if place.state().is_active() && !on(Sabotage::SecondPlace) {
                if wish.is_some() && wish != place.wish() {
                    self.emit(EffectKind::Wish { place: no, wish });
                }
                return Ok(());
            }
            if place.joins() >= self.state.policy.joins_per_shopper {
                return Err(Refusal::LimitReached);
            }
        }
        self.take_place(shopper, wish);
        #[cfg(feature = "sabotage")]
        self.sabotage_join(wish.is_some());
        Ok(())
    }

    fn take_place(&mut self, shopper: ShopperId, wish: Option<SlotNo>) {
        let shuffled_later = self.state.guise.phase == Phase::Lobby
            && matches!(self.state.definition.lobby, Lobby::Shuffle(_));
        let gap = on(Sabotage::NumberGap) && self.state.places.len() % 3 == 2;
        let number = (!shuffled_later).then(|| self.state.places.next_number() + u32::from(gap));
        self.emit(EffectKind::Joined {
            place: PlaceNo(self.state.places.len()),
            id: PlaceId(self.at),
            shopper,
            number,
            began_ahead: if shuffled_later {
                0
            } else {
                self.state.line.len()
            },
            wish,
            stamp: self.stamp,
        });
    }

    fn leave(&mut self, shopper: ShopperId, named: Option<PlaceId>) -> Decision {
        let Some(no) = self.current(shopper, named)? else {
            return Ok(());
        };
        match self.state.places.get(no).state() {
            PlaceState::Waiting | PlaceState::Admitted => self.end(no, PlaceState::Left),
            PlaceState::Inside => self.put_out(no, PlaceState::Left),
            PlaceState::Booked => return Err(Refusal::HasReservation),
            PlaceState::Left | PlaceState::NoShow | PlaceState::TimedOut | PlaceState::Closed => {}
        }
        if on(Sabotage::RefusedTakesEffect) {
            return Err(Refusal::HasReservation);
        }
        Ok(())
    }

    fn enter(&mut self, shopper: ShopperId, named: Option<PlaceId>) -> Decision {
        let no = self.current(shopper, named)?.ok_or(Refusal::NotAdmitted)?;
        match self.state.places.get(no).state() {
            PlaceState::Admitted => {
                let until = ServiceTime(self.state.service.0 + self.state.policy.session_ms);
                self.move_place(no, PlaceState::Inside, Some(until), 0, None);
                Ok(())
            }
            PlaceState::Inside => Ok(()),
            other => Err(refusal_outside(other)),
        }
    }

    fn extend(&mut self, shopper: ShopperId, named: Option<PlaceId>) -> Decision {
        let no = self.current(shopper, named)?.ok_or(Refusal::NotAdmitted)?;
        match self.state.places.get(no).state() {
            PlaceState::Inside => {}
            PlaceState::Admitted => return Err(Refusal::NotAdmitted),
            other => return Err(refusal_outside(other)),
        }
        let term = self.state.terms[&no];
        if term.extensions >= self.state.policy.session_extensions {
            return Err(Refusal::LimitReached);
        }
        let until = term
            .until
            .map(|until| ServiceTime(until.0 + self.state.policy.session_ms));
        self.move_place(no, PlaceState::Inside, until, term.extensions + 1, None);
        Ok(())
    }
}

/// Why a place that is not in the room cannot do what only those inside can.
pub(crate) fn refusal_outside(state: PlaceState) -> Refusal {
    match state {
        PlaceState::Closed => Refusal::Closed,
        PlaceState::TimedOut | PlaceState::Booked => Refusal::SessionOver,
        PlaceState::Waiting
        | PlaceState::Admitted
        | PlaceState::Inside
        | PlaceState::Left
        | PlaceState::NoShow => Refusal::NotAdmitted,
    }
}
