//! What shoppers ask about their place: join, leave, enter, extend.

use super::{At, Decision, Event, Id, Phase, Place, State, What};
use queue_protocol::record::{Place as PlaceId, ShopperAction};

impl Event {
    /// Carries out a shopper's command.
    pub(super) fn shopper(
        &mut self,
        at: At,
        stamp: u64,
        generation: u32,
        shopper: Id,
        action: &ShopperAction,
    ) -> Decision {
        match action {
            ShopperAction::Join { .. } => self.join(at, shopper),
            ShopperAction::Leave { place } => self.leave(at, generation, shopper, place.as_ref()),
            ShopperAction::Enter { place } => self.enter(at, generation, shopper, place.as_ref()),
            ShopperAction::Extend { place } => self.extend(at, generation, shopper, place.as_ref()),
            ShopperAction::Reserve {
                reservation,
                request,
                slot,
                seats,
                ..
            } => self.reserve(at, stamp, shopper, **reservation, **request, slot, *seats),
            ShopperAction::Cancel {
                reservation,
                if_slot,
            } => self.cancel(at, stamp, shopper, **reservation, if_slot.as_deref()),
            ShopperAction::Move {
                reservation,
                if_slot,
                to,
            } => self.move_to(at, stamp, shopper, **reservation, if_slot.as_deref(), to),
        }
    }

    fn join(&mut self, at: At, shopper: Id) -> Decision {
        match self.phase {
            Phase::Scheduled => return Err("not_open"),
            Phase::Closed => return Err("closed"),
            Phase::Lobby | Phase::Open => {}
        }
        let taken = match self.current.get(&shopper) {
            Some((place, _)) if self.places[*place].state.is_active() => return Ok(false),
            Some((_, taken)) if *taken >= u32::from(self.policy.joins_per_shopper) => {
                return Err("limit_reached");
            }
            Some((_, taken)) => *taken,
            None => 0,
        };
        let place = self.places.len();
        let began_ahead = self.line.len();
        self.current.insert(shopper, (place, taken + 1));
        self.places.push(Place {
            at,
            shopper,
            number: None,
            began_ahead: 0,
            state: State::Waiting,
            until: 0,
            extensions: 0,
            sent_back: None,
            slot_cancelled: false,
            changed: at,
            history: (None, None),
        });
        self.unnumbered.insert(place);
        if self.commitment.is_none() || self.phase == Phase::Open {
            self.give_number(place, began_ahead);
        }
        self.note(at, What::Joined(place));
        Ok(true)
    }

    /// The next number, for ever.
    pub(super) fn give_number(&mut self, place: usize, began_ahead: u32) {
        self.unnumbered.remove(&place);
        self.by_number.push(place);
        let number = self.by_number.len() as u32;
        self.places[place].number = Some(number);
        self.places[place].began_ahead = began_ahead;
        self.line.set(number, true);
    }

    /// The current place, if there is one and the command was made for it or for none in particular.
    fn place_asked(
        &self,
        generation: u32,
        shopper: &Id,
        named: Option<&PlaceId>,
    ) -> Result<Option<usize>, &'static str> {
        let current = self.current_place(shopper);
        let id = current
            .map(|place| self.places[place].at)
            .map(|(offset, index)| PlaceId {
                generation,
                offset,
                index,
            });
        if named.is_some() && named != id.as_ref() {
            Err("stale")
        } else {
            Ok(current)
        }
    }

    fn leave(&mut self, at: At, generation: u32, shopper: Id, named: Option<&PlaceId>) -> Decision {
        let Some(place) = self.place_asked(generation, &shopper, named)? else {
            return Ok(false);
        };
        match self.places[place].state {
            State::Booked => Err("has_reservation"),
            State::Waiting | State::Admitted | State::Inside => {
                let in_room = self.places[place].state == State::Inside;
                if in_room {
                    self.put_out(at, place, State::Left)
                } else {
                    self.put(at, place, State::Left, 0)
                }
                Ok(true)
            }
            State::Left | State::NoShow | State::TimedOut | State::Closed => Ok(false),
        }
    }

    fn enter(&mut self, at: At, generation: u32, shopper: Id, named: Option<&PlaceId>) -> Decision {
        let place = self
            .place_asked(generation, &shopper, named)?
            .ok_or("not_admitted")?;
        match self.places[place].state {
            State::Inside => Ok(false),
            State::Admitted => {
                self.put(
                    at,
                    place,
                    State::Inside,
                    self.service + self.policy.session_ms,
                );
                self.places[place].extensions = 0;
                self.places[place].history.1 = Some(at);
                Ok(true)
            }
            state => Err(outside(state)),
        }
    }

    fn extend(
        &mut self,
        at: At,
        generation: u32,
        shopper: Id,
        named: Option<&PlaceId>,
    ) -> Decision {
        let place = self
            .place_asked(generation, &shopper, named)?
            .ok_or("not_admitted")?;
        let state = self.places[place].state;
        if state != State::Inside {
            return Err(outside(state));
        }
        if self.places[place].extensions >= self.policy.session_extensions {
            return Err("limit_reached");
        }
        let until = self.places[place].until + self.policy.session_ms;
        self.put(at, place, State::Inside, until);
        self.places[place].extensions += 1;
        Ok(true)
    }
}

/// Why a place in this state may not do what only those inside may.
pub(super) fn outside(state: State) -> &'static str {
    match state {
        State::Closed => "closed",
        State::TimedOut | State::Booked => "session_over",
        State::Waiting | State::Admitted | State::Inside | State::Left | State::NoShow => {
            "not_admitted"
        }
    }
}
