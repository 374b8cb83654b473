//! One command being decided: reads the state, emits effects, each of which is applied at once.

use crate::effect::{Effect, EffectKind, Guise, PlaceReason, PlaceState};
use crate::event::EventState;
use crate::ids::{PlaceNo, Position, ServiceTime, Stamp};

/// A command at its position, with the event it is about.
pub(crate) struct Step<'a> {
    pub(crate) state: &'a mut EventState,
    pub(crate) at: Position,
    pub(crate) stamp: Stamp,
    pub(crate) effects: &'a mut Vec<Effect>,
}

impl Step<'_> {
    /// Applies an effect and passes it on to the projections.
    pub(crate) fn emit(&mut self, kind: EffectKind) {
        let event = self.state.id().clone();
        let at = self.at;
        self.effects.push(Effect { at, event, kind });
        if let Some(effect) = self.effects.last() {
            self.state.apply(at, &effect.kind);
        }
    }

    /// Moves a place to a state without a term.
    pub(crate) fn end(&mut self, place: PlaceNo, state: PlaceState) {
        self.move_place(place, state, None, 0, None);
    }

    pub(crate) fn move_place(
        &mut self,
        place: PlaceNo,
        state: PlaceState,
        until: Option<ServiceTime>,
        extensions: u8,
        reason: Option<PlaceReason>,
    ) {
        self.emit(EffectKind::Place {
            place,
            state,
            until,
            extensions,
            reason,
            stamp: self.stamp,
        });
    }

    pub(crate) fn set_guise(&mut self, change: impl FnOnce(&mut Guise)) {
        let mut guise = self.state.guise;
        change(&mut guise);
        if guise != self.state.guise {
            self.emit(EffectKind::Status(guise));
        }
    }

    /// Where a place that must give up the room goes: `Booked` if it holds a reservation, else `otherwise`.
    pub(crate) fn put_out(&mut self, place: PlaceNo, otherwise: PlaceState) {
        let shopper = self.state.places.get(place).shopper();
        let state = if self.state.holds_reservation(shopper) {
            PlaceState::Booked
        } else {
            otherwise
        };
        self.end(place, state);
    }
}
