//! The fold's state as its effects tell it, in the model's terms.

use crate::model::{Place, Reservation, Slot, Told};
use queue_domain::{
    CommandId, Effect, EffectKind, Guise, OperatorResult, Phase, PlaceReason, PlaceState, Schedule,
};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct Mirror {
    pub(crate) guise: Option<Guise>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) service: u64,
    pub(crate) slots: Vec<Slot>,
    pub(crate) places: Vec<Place>,
    pub(crate) reservations: Vec<Reservation>,
    pub(crate) told: Vec<Told>,
    pub(crate) operators: BTreeMap<CommandId, OperatorResult>,
}

impl Mirror {
    pub(crate) fn phase(&self) -> Option<(Phase, bool, bool)> {
        self.guise
            .map(|guise| (guise.phase, guise.paused, guise.standby))
    }

    pub(crate) fn apply(&mut self, effect: &Effect) {
        match &effect.kind {
            EffectKind::Schedule(schedule) => self.schedule = Some(*schedule),
            EffectKind::Created { definition, .. } => {
                self.schedule.get_or_insert(definition.schedule);
                let phase_since = Default::default();
                self.guise.get_or_insert(Guise {
                    phase: Phase::Scheduled,
                    paused: false,
                    standby: false,
                    phase_since,
                });
            }
            EffectKind::Status(guise) => self.guise = Some(*guise),
            EffectKind::SlotAdded { slot, definition } => {
                assert_eq!(
                    usize::from(slot.0),
                    self.slots.len(),
                    "slots are numbered in order"
                );
                self.slots.push(Slot::new(definition));
            }
            EffectKind::Slot {
                slot,
                capacity,
                confirmed,
                status,
            } => {
                let slot = &mut self.slots[usize::from(slot.0)];
                slot.capacity = capacity.0;
                slot.confirmed = confirmed.0;
                slot.status = *status;
            }
            EffectKind::Clock { service, .. } => self.service = service.0,
            EffectKind::Joined {
                place,
                id,
                shopper,
                number,
                wish,
                ..
            } => {
                assert_eq!(
                    place.0 as usize,
                    self.places.len(),
                    "places are numbered in order"
                );
                self.places.push(Place {
                    id: id.0,
                    shopper: *shopper,
                    number: *number,
                    state: PlaceState::Waiting,
                    until: None,
                    extensions: 0,
                    reason: None,
                    wish: wish.map(|slot| slot.0.into()),
                    sent_back: false,
                });
            }
            EffectKind::Numbered { place, number, .. } => {
                self.places[place.0 as usize].number = Some(*number)
            }
            EffectKind::Wish { place, wish } => {
                self.places[place.0 as usize].wish = wish.map(|slot| slot.0.into())
            }
            EffectKind::Place {
                place,
                state,
                until,
                extensions,
                reason,
                ..
            } => {
                let place = &mut self.places[place.0 as usize];
                place.state = *state;
                place.until = until.map(|until| until.0);
                place.extensions = *extensions;
                place.reason = *reason;
                place.sent_back =
                    *state == PlaceState::Waiting && *reason == Some(PlaceReason::Standby);
            }
            EffectKind::Reservation {
                id,
                request,
                shopper,
                slot,
                seats,
                state,
                moved,
                ..
            } => {
                let row = Reservation {
                    id: *id,
                    request: *request,
                    shopper: *shopper,
                    slot: slot.map(|slot| slot.0.into()),
                    seats: seats.0,
                    state: *state,
                    moved: *moved,
                };
                match self.reservations.iter_mut().find(|known| known.id == *id) {
                    Some(known) => *known = row,
                    None => self.reservations.push(row),
                }
            }
            EffectKind::Outcome {
                shopper,
                kind,
                outcome,
                ..
            } => {
                self.told.push(Told {
                    shopper: *shopper,
                    kind: *kind,
                    outcome: *outcome,
                });
            }
            EffectKind::Operator {
                command, result, ..
            } => {
                self.operators.insert(*command, result.clone());
            }
            _ => {}
        }
    }
}
