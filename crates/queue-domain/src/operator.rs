//! Operators' commands and set times.

use crate::command::{OperatorAction, PolicyPatch, SetTime};
use crate::definition::{Lobby, Schedule, SlotDefinition};
use crate::effect::{
    EffectKind, OperatorResult, Phase, PlaceState, Refusal, ReservationChange, ReservationState,
    SlotStatus,
};
use crate::hash::{Digest, lobby_rank, sha256};
use crate::ids::{CommandId, DoorCode, PlaceNo, ReservationId, Seats, SlotId, SlotNo, Stamp};
use crate::line_commands::Decision;
use crate::sabotage::{Sabotage, on};
use crate::step::Step;
use std::sync::Arc;

/// What opening needs to know of its record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    /// The log hash before the record.
    pub(crate) log_hash_before: Digest,
    /// Whether the command is alone in its record.
    pub(crate) alone: bool,
}

impl Step<'_> {
    /// Decides an operator's command; a repeated id does nothing.
    pub(crate) fn operator(
        &mut self,
        command: CommandId,
        actor: &Arc<str>,
        action: &OperatorAction,
        opening: Opening,
    ) {
        if self.state.operator.contains_key(&command) {
            return;
        }
        let result = match action {
            OperatorAction::CheckIn { code, slot } => self.check_in(*code, slot.as_ref()),
            other => self
                .operate(other, opening)
                .map_or_else(OperatorResult::Refused, |()| OperatorResult::Done),
        };
        self.emit(EffectKind::Operator {
            command,
            actor: Arc::clone(actor),
            result,
        });
    }

    fn operate(&mut self, action: &OperatorAction, opening: Opening) -> Decision {
        match action {
            OperatorAction::Open { secret } => self.operator_open(*secret, opening),
            OperatorAction::Reschedule {
                lobby_opens_at,
                opens_at,
                closes_at,
            } => self.reschedule(*lobby_opens_at, *opens_at, *closes_at),
            OperatorAction::Pause => self.set_paused(true),
            OperatorAction::Resume => self.set_paused(false),
            OperatorAction::Close => self.operator_close(),
            OperatorAction::Reopen => self.reopen(),
            OperatorAction::Policy(patch) => {
                self.change_policy(*patch);
                Ok(())
            }
            OperatorAction::Texts(changes) => {
                self.emit(EffectKind::Texts(changes.clone()));
                Ok(())
            }
            OperatorAction::AddSlot(definition) => self.add_slot(definition),
            OperatorAction::Capacity { slot, capacity } => self.set_capacity(slot, *capacity),
            OperatorAction::StopSlot(slot) => self.stop_slot(slot),
            OperatorAction::CancelSlot(slot) => self.cancel_slot(slot),
            OperatorAction::CheckIn { .. } => Ok(()),
        }
    }

    /// Carries out a set time, if it is still the definition's and has not been.
    pub(crate) fn timed(&mut self, at: Stamp, what: &SetTime, opening: Opening) {
        let (schedule, phase) = (self.state.schedule, self.state.guise.phase);
        match what {
            SetTime::Lobby if at == schedule.lobby_opens_at && phase == Phase::Scheduled => {
                self.set_phase(Phase::Lobby, at)
            }
            SetTime::Open { secret } if at == schedule.opens_at && phase < Phase::Open => {
                _ = self.open(*secret, opening, at)
            }
            SetTime::Close if at == schedule.closes_at && phase != Phase::Closed => {
                self.set_phase(Phase::Closed, at);
                self.end_all(|state| state == PlaceState::Waiting);
            }
            SetTime::SlotOver(slot) => self.slot_over(slot, at),
            SetTime::Lobby | SetTime::Open { .. } | SetTime::Close => {}
        }
    }

    fn set_phase(&mut self, phase: Phase, since: Stamp) {
        self.set_guise(|guise| (guise.phase, guise.phase_since) = (phase, since));
    }

    fn operator_open(&mut self, secret: Option<[u8; 32]>, opening: Opening) -> Decision {
        match self.state.guise.phase {
            Phase::Open => return Ok(()),
            Phase::Closed => return Err(Refusal::WrongPhase),
            Phase::Scheduled | Phase::Lobby => {}
        }
        if self.stamp >= self.state.schedule.closes_at {
            return Err(Refusal::WrongPhase);
        }
        self.open(secret, opening, self.stamp)?;
        let schedule = self.state.schedule;
        let opened = Schedule {
            lobby_opens_at: schedule.lobby_opens_at.min(self.stamp),
            opens_at: self.stamp,
            ..schedule
        };
        self.emit(EffectKind::Schedule(opened));
        Ok(())
    }

    /// Opens: numbers for a shuffled lobby, a full bucket. A secret that does not match the commitment opens nothing.
    fn open(&mut self, secret: Option<[u8; 32]>, opening: Opening, since: Stamp) -> Decision {
        if let Lobby::Shuffle(commitment) = &self.state.definition.lobby {
            let secret = secret
                .filter(|secret| opening.alone && sha256(&[secret]) == commitment.secret_sha256)
                .ok_or(Refusal::Stale)?;
            self.reveal(secret, opening.log_hash_before);
        }
        self.set_phase(Phase::Open, since);
        self.fill_bucket();
        Ok(())
    }

    /// Gives the lobby's places their numbers, in the order that secret and log decide together.
    fn reveal(&mut self, secret: [u8; 32], log_hash: Digest) {
        self.emit(EffectKind::Revealed { secret, log_hash });
        let mut roster: Vec<(Digest, PlaceNo)> = self
            .state
            .places
            .iter()
            .filter(|(_, place)| place.state() == PlaceState::Waiting && place.number().is_none())
            .map(|(no, place)| (lobby_rank(&secret, &log_hash, &place.id().to_string()), no))
            .collect();
        if !on(Sabotage::LobbyNotShuffled) {
            roster.sort_unstable();
        }
        for (_, place) in roster {
            let number = self.state.places.next_number();
            self.emit(EffectKind::Numbered {
                place,
                number,
                began_ahead: number - 1,
            });
        }
    }

    fn reschedule(
        &mut self,
        lobby_opens_at: Option<Stamp>,
        opens_at: Option<Stamp>,
        closes_at: Option<Stamp>,
    ) -> Decision {
        let (schedule, phase) = (self.state.schedule, self.state.guise.phase);
        if (opens_at.is_some() && phase >= Phase::Open)
            || (lobby_opens_at.is_some() && phase >= Phase::Lobby)
        {
            return Err(Refusal::WrongPhase);
        }
        let opens_at = opens_at.unwrap_or(schedule.opens_at);
        let closes_at = closes_at.unwrap_or(schedule.closes_at);
        let lobby_opens_at = lobby_opens_at.unwrap_or(schedule.lobby_opens_at.min(opens_at));
        if lobby_opens_at > opens_at || opens_at >= closes_at {
            return Err(Refusal::WrongPhase);
        }
        self.emit(EffectKind::Schedule(Schedule {
            lobby_opens_at,
            opens_at,
            closes_at,
        }));
        Ok(())
    }

    fn set_paused(&mut self, paused: bool) -> Decision {
        if self.state.guise.phase == Phase::Closed && paused != self.state.guise.paused && paused {
            return Err(Refusal::WrongPhase);
        }
        if !on(Sabotage::PauseForgotten) {
            self.set_guise(|guise| guise.paused = paused);
        }
        Ok(())
    }

    fn operator_close(&mut self) -> Decision {
        if self.state.guise.phase != Phase::Closed {
            self.set_phase(Phase::Closed, self.stamp);
        }
        self.end_all(|state| state == PlaceState::Waiting || state.in_room());
        Ok(())
    }

    /// Ends every place in such a state as `Closed` (or `Booked`), in order of creation.
    fn end_all(&mut self, ends: impl Fn(PlaceState) -> bool) {
        let places: Vec<PlaceNo> = self
            .state
            .places
            .iter()
            .filter(|(_, place)| ends(place.state()))
            .map(|(no, _)| no)
            .collect();
        for place in places {
            self.put_out(place, PlaceState::Closed);
        }
    }

    fn reopen(&mut self) -> Decision {
        match self.state.guise.phase {
            Phase::Open => return Ok(()),
            Phase::Closed
                if self.stamp < self.state.schedule.closes_at
                    && self.state.schedule.opens_at <= self.stamp => {}
            _ => return Err(Refusal::WrongPhase),
        }
        if matches!(self.state.definition.lobby, Lobby::Shuffle(_)) && self.state.revealed.is_none()
        {
            return Err(Refusal::WrongPhase);
        }
        self.set_phase(Phase::Open, self.stamp);
        Ok(())
    }

    fn change_policy(&mut self, patch: PolicyPatch) {
        let mut policy = self.state.policy;
        macro_rules! take {
            ($($field:ident),*) => { $(if let Some(value) = patch.$field { policy.$field = value; })* };
        }
        take!(
            admit_per_second_milli,
            room_max,
            room_per_seat_milli,
            claim_window_ms,
            session_ms,
            session_extensions,
            per_shopper_max,
            party_max,
            joins_per_shopper
        );
        self.emit(EffectKind::Policy(policy));
        self.cut_bucket();
    }

    fn add_slot(&mut self, definition: &SlotDefinition) -> Decision {
        if self.state.slot_numbers.contains_key(&definition.id) || self.state.slots.len() >= 1000 {
            return Err(Refusal::LimitReached);
        }
        let slot = SlotNo(self.state.slots.len() as u16);
        self.emit(EffectKind::SlotAdded {
            slot,
            definition: definition.clone(),
        });
        Ok(())
    }

    fn known_slot(&self, slot: &SlotId) -> Result<SlotNo, Refusal> {
        self.slot_no(slot).ok_or(Refusal::UnknownSlot)
    }

    fn set_capacity(&mut self, slot: &SlotId, capacity: Seats) -> Decision {
        let number = self.known_slot(slot)?;
        let slot = self.state.slot(number);
        if capacity.0 < slot.confirmed {
            return Err(Refusal::BelowConfirmed);
        }
        self.emit(EffectKind::Slot {
            slot: number,
            capacity,
            confirmed: Seats(slot.confirmed),
            status: slot.status,
        });
        Ok(())
    }

    fn set_slot_status(&mut self, number: SlotNo, status: SlotStatus) {
        let slot = self.state.slot(number);
        if slot.status != status {
            self.emit(EffectKind::Slot {
                slot: number,
                capacity: Seats(slot.capacity),
                confirmed: Seats(slot.confirmed),
                status,
            });
        }
    }

    fn stop_slot(&mut self, slot: &SlotId) -> Decision {
        let number = self.known_slot(slot)?;
        if self.state.slot(number).status == SlotStatus::Bookable {
            self.set_slot_status(number, SlotStatus::Stopped);
        }
        Ok(())
    }

    fn cancel_slot(&mut self, slot: &SlotId) -> Decision {
        let number = self.known_slot(slot)?;
        self.set_slot_status(number, SlotStatus::Cancelled);
        let confirmed: Vec<_> = self
            .state
            .reservations
            .iter()
            .filter(|(_, reservation)| {
                reservation.slot == Some(number) && reservation.state == ReservationState::Confirmed
            })
            .map(|(id, reservation)| (*id, reservation.clone()))
            .collect();
        for (id, reservation) in confirmed {
            self.cancel_reservation(id, &reservation, number, true);
        }
        Ok(())
    }

    fn slot_over(&mut self, slot: &SlotId, at: Stamp) {
        if let Some(number) = self.slot_no(slot)
            && self.state.slot(number).definition.bookable_until == at
            && self.state.slot(number).status == SlotStatus::Bookable
        {
            self.set_slot_status(number, SlotStatus::Over);
        }
    }

    /// The first scan passes; everything else says why not.
    fn check_in(&mut self, code: DoorCode, printed: Option<&SlotId>) -> OperatorResult {
        let Some(id) = self.state.codes.get(&code).copied() else {
            return OperatorResult::UnknownCode;
        };
        self.check_in_reservation(id, printed)
    }

    fn check_in_reservation(
        &mut self,
        id: ReservationId,
        printed: Option<&SlotId>,
    ) -> OperatorResult {
        let reservation = self.state.reservations[&id].clone();
        let Some(slot) = reservation
            .slot
            .filter(|_| reservation.state == ReservationState::Confirmed)
        else {
            return OperatorResult::CancelledCode(id);
        };
        if let Some(first) = reservation.checked_in {
            return OperatorResult::AlreadyCheckedIn(id, first);
        }
        let definition = &self.state.slot(slot).definition;
        if printed.is_some_and(|printed| *printed != definition.id) {
            return OperatorResult::MovedCode(id);
        }
        if self.stamp < definition.day.0 || self.stamp >= definition.day.1 {
            return OperatorResult::WrongDay(id);
        }
        let mut checked_in = reservation;
        checked_in.checked_in = Some(self.stamp);
        self.emit_reservation(id, &checked_in, ReservationChange::CheckedIn);
        OperatorResult::CheckedIn(id)
    }
}
