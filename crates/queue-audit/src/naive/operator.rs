//! What operators ask, and what happens at set times.

use super::{At, Event, Id, Phase, ReservationState, Slot, SlotStatus, State, What};
use queue_protocol::record::{OperatorAction, PolicyPatch, SetTime};

/// What the record of an opening says besides the command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    pub(super) generation: u32,
    pub(super) log_hash_before: [u8; 32],
    pub(super) alone: bool,
}

impl Event {
    /// Carries out an operator's command, once.
    pub(super) fn operator(
        &mut self,
        at: At,
        stamp: u64,
        id: Id,
        action: &OperatorAction,
        around: Around,
    ) {
        if !self.operated.insert(id) {
            return;
        }
        match action {
            OperatorAction::Open { secret } => {
                self.open_by_operator(at, stamp, secret.map(Into::into), around)
            }
            OperatorAction::Reschedule {
                lobby_opens_at,
                opens_at,
                closes_at,
            } => self.reschedule(*lobby_opens_at, *opens_at, *closes_at),
            OperatorAction::Pause => self.paused |= self.phase != Phase::Closed,
            OperatorAction::Resume => self.paused = false,
            OperatorAction::Close => {
                self.phase = Phase::Closed;
                self.end_all(at, |state| state == State::Waiting || state.in_room());
            }
            OperatorAction::Reopen => {
                let in_time = self.schedule.1 <= stamp && stamp < self.schedule.2;
                if self.phase == Phase::Closed
                    && in_time
                    && (self.commitment.is_none() || self.revealed)
                {
                    self.phase = Phase::Open;
                }
            }
            OperatorAction::Policy(patch) => self.change_policy(at, patch),
            OperatorAction::Texts(_) => {}
            OperatorAction::AddSlot(slot) => {
                if self.slot_named(&slot.id).is_none() && self.slots.len() < 1000 {
                    self.slots.push(Slot::new(slot));
                }
            }
            OperatorAction::Capacity { slot, capacity } => {
                if let Some(slot) = self
                    .slot_named(slot)
                    .filter(|slot| *capacity >= self.slots[*slot].confirmed)
                {
                    self.slots[slot].capacity = *capacity;
                }
            }
            OperatorAction::StopSlot(slot) => self.no_longer_bookable(slot, SlotStatus::Stopped),
            OperatorAction::CancelSlot(slot) => self.cancel_slot(at, stamp, slot),
            OperatorAction::CheckIn { code, slot } => {
                self.check_in(at, stamp, *code, slot.as_deref())
            }
        }
    }

    /// Carries out a set time if it is still the definition's and has not been.
    pub(super) fn timed(&mut self, at: At, when: u64, what: &SetTime, around: Around) {
        let (lobby_opens_at, opens_at, closes_at) = self.schedule;
        match what {
            SetTime::Lobby if when == lobby_opens_at && self.phase == Phase::Scheduled => {
                self.phase = Phase::Lobby
            }
            SetTime::Open { secret } if when == opens_at && self.phase < Phase::Open => {
                _ = self.open(at, secret.map(Into::into), around)
            }
            SetTime::Close if when == closes_at && self.phase != Phase::Closed => {
                self.phase = Phase::Closed;
                self.end_all(at, |state| state == State::Waiting);
            }
            SetTime::SlotOver(slot)
                if self
                    .slot_named(slot)
                    .is_some_and(|slot| self.slots[slot].definition.bookable_until == when) =>
            {
                self.no_longer_bookable(slot, SlotStatus::Over);
            }
            _ => {}
        }
    }

    /// Opens; says whether it did.
    fn open(&mut self, at: At, secret: Option<[u8; 32]>, around: Around) -> bool {
        if self.commitment.is_some() {
            let Some(secret) = secret.filter(|secret| around.alone && self.secret_is_right(secret))
            else {
                return false;
            };
            self.reveal(around.generation, &secret, &around.log_hash_before);
        }
        self.phase = Phase::Open;
        self.tokens = self.bucket();
        self.note(at, What::BucketFilled);
        true
    }

    fn open_by_operator(&mut self, at: At, stamp: u64, secret: Option<[u8; 32]>, around: Around) {
        if self.phase < Phase::Open && stamp < self.schedule.2 && self.open(at, secret, around) {
            self.schedule = (self.schedule.0.min(stamp), stamp, self.schedule.2);
        }
    }

    fn reschedule(
        &mut self,
        lobby_opens_at: Option<u64>,
        opens_at: Option<u64>,
        closes_at: Option<u64>,
    ) {
        if (opens_at.is_some() && self.phase >= Phase::Open)
            || (lobby_opens_at.is_some() && self.phase >= Phase::Lobby)
        {
            return;
        }
        let opens_at = opens_at.unwrap_or(self.schedule.1);
        let closes_at = closes_at.unwrap_or(self.schedule.2);
        let lobby_opens_at = lobby_opens_at.unwrap_or(self.schedule.0.min(opens_at));
        if lobby_opens_at <= opens_at && opens_at < closes_at {
            self.schedule = (lobby_opens_at, opens_at, closes_at);
        }
    }

    fn end_all(&mut self, at: At, ends: impl Fn(State) -> bool) {
        for place in 0..self.places.len() {
            if ends(self.places[place].state) {
                self.put_out(at, place, State::Closed);
            }
        }
    }

    fn change_policy(&mut self, at: At, patch: &PolicyPatch) {
        let policy = &mut self.policy;
        macro_rules! take {
            ($($field:ident)*) => { $(policy.$field = patch.$field.unwrap_or(policy.$field);)* };
        }
        take!(admit_per_second_milli room_max room_per_seat_milli claim_window_ms session_ms session_extensions per_shopper_max party_max joins_per_shopper);
        self.most_per_shopper = self.most_per_shopper.max(self.policy.per_shopper_max);
        self.tokens = self.tokens.min(self.bucket());
        self.note(at, What::Policy);
    }

    fn no_longer_bookable(&mut self, slot: &str, status: SlotStatus) {
        if let Some(slot) = self
            .slot_named(slot)
            .filter(|slot| self.slots[*slot].status == SlotStatus::Bookable)
        {
            self.slots[slot].status = status;
        }
    }

    fn cancel_slot(&mut self, at: At, stamp: u64, slot: &str) {
        let Some(slot) = self.slot_named(slot) else {
            return;
        };
        self.slots[slot].status = SlotStatus::Cancelled;
        let in_slot = self.reservations.iter().filter(|(_, reservation)| {
            reservation.slot == Some(slot) && reservation.state == ReservationState::Confirmed
        });
        let ids: Vec<Id> = in_slot.map(|(id, _)| *id).collect();
        ids.into_iter()
            .for_each(|id| self.give_back(at, stamp, id, true));
    }

    fn check_in(&mut self, at: At, stamp: u64, code: u64, printed: Option<&str>) {
        let Some(reservation) = self
            .codes
            .get(&code)
            .and_then(|id| self.reservations.get_mut(id))
        else {
            return;
        };
        let Some(slot) = reservation
            .slot
            .filter(|_| reservation.state == ReservationState::Confirmed)
        else {
            return;
        };
        let slot = &self.slots[slot].definition;
        let today = slot.day_from <= stamp && stamp < slot.day_to;
        let same_slot = printed.is_none_or(|printed| printed == slot.id);
        if reservation.stamps.2.is_none() && same_slot && today {
            reservation.stamps.2 = Some(stamp);
            reservation.changed = at;
        }
    }
}
