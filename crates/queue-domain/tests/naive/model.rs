//! The naive state of one event, and what happens at ticks, set times and after every command.

use queue_domain::{
    CommandKind, Definition, Outcome, Phase, PlaceReason, PlaceState, Policy, Position, Refusal,
    RequestId, ReservationId, ReservationState, Schedule, SetTime, ShopperId, SlotDefinition,
    SlotId, SlotStatus, Stamp,
};

/// One admission, in thousandths of a person a second times milliseconds.
pub(crate) const TOKEN: u128 = 1_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) id: Position,
    pub(crate) shopper: ShopperId,
    pub(crate) number: Option<u32>,
    pub(crate) state: PlaceState,
    pub(crate) until: Option<u64>,
    pub(crate) extensions: u8,
    pub(crate) reason: Option<PlaceReason>,
    pub(crate) wish: Option<usize>,
    /// Put back in line by a turn to standby, and not admitted since.
    pub(crate) sent_back: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reservation {
    pub(crate) id: ReservationId,
    pub(crate) request: RequestId,
    pub(crate) shopper: ShopperId,
    pub(crate) slot: Option<usize>,
    pub(crate) seats: u32,
    pub(crate) state: ReservationState,
    pub(crate) moved: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) definition: SlotDefinition,
    pub(crate) capacity: u32,
    pub(crate) confirmed: u32,
    pub(crate) status: SlotStatus,
}

/// What became of one shopper's command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) shopper: ShopperId,
    pub(crate) kind: CommandKind,
    pub(crate) outcome: Outcome,
}

/// An admission (+1) or a token given back (-1), at a service time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Admission {
    pub(crate) service: u64,
    pub(crate) count: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) policy: Policy,
    pub(crate) schedule: Schedule,
    pub(crate) phase: Phase,
    pub(crate) paused: bool,
    pub(crate) standby: bool,
    pub(crate) service: u64,
    pub(crate) tokens: u128,
    pub(crate) slots: Vec<Slot>,
    pub(crate) places: Vec<Place>,
    pub(crate) reservations: Vec<Reservation>,
    /// What was promised of a shuffle's secret, and whether the secret is out.
    pub(crate) shuffle: Option<[u8; 32]>,
    pub(crate) revealed: bool,
    pub(crate) told: Vec<Told>,
    pub(crate) admissions: Vec<Admission>,
}

impl Model {
    pub(crate) fn create(definition: &Definition) -> Self {
        let slots = definition.slots.iter().map(Slot::new).collect();
        let shuffle = match &definition.lobby {
            queue_domain::Lobby::Arrival => None,
            queue_domain::Lobby::Shuffle(commitment) => Some(commitment.secret_sha256),
        };
        let mut model = Self {
            policy: definition.policy,
            schedule: definition.schedule,
            phase: Phase::Scheduled,
            paused: false,
            standby: false,
            service: 0,
            tokens: 0,
            slots,
            places: Vec::new(),
            reservations: Vec::new(),
            shuffle,
            revealed: false,
            told: Vec::new(),
            admissions: Vec::new(),
        };
        model.after_command();
        model
    }

    /// After every command: the turn to standby if it is due, then admission.
    pub(crate) fn after_command(&mut self) {
        let none_free = self.bookable_free() == 0;
        if none_free && !self.standby {
            self.turn();
        }
        self.standby = none_free;
        self.admit();
    }

    /// Everybody in the room without a reservation goes back in line with the old number; of a closed event, where nobody will be
    /// admitted again, the place ends. `until` of one who was inside stays: while that session would run, a seat that comes free
    /// can still be booked as if from inside.
    fn turn(&mut self) {
        for index in 0..self.places.len() {
            let Place {
                state,
                until,
                shopper,
                ..
            } = self.places[index];
            if !state.in_room() {
                continue;
            }
            if self.holds_reservation(shopper) {
                self.end(index, PlaceState::Booked, None);
            } else if self.phase == Phase::Closed {
                self.end(index, PlaceState::Closed, None);
            } else {
                self.end(index, PlaceState::Waiting, Some(PlaceReason::Standby));
                self.places[index].sent_back = true;
                self.places[index].until = until.filter(|_| state == PlaceState::Inside);
            }
        }
    }

    fn admit(&mut self) {
        while self.phase == Phase::Open
            && !self.paused
            && !self.standby
            && self.tokens >= TOKEN
            && self.in_room() < self.room()
        {
            let waiting = (0..self.places.len())
                .filter(|index| self.places[*index].state == PlaceState::Waiting);
            let Some(first) = waiting.min_by_key(|index| self.places[*index].number) else {
                return;
            };
            self.tokens -= TOKEN;
            self.admissions.push(Admission {
                service: self.service,
                count: 1,
            });
            let until = self.service + self.policy.claim_window_ms;
            let place = &mut self.places[first];
            place.state = PlaceState::Admitted;
            place.until = Some(until);
            place.extensions = 0;
            place.reason = None;
            place.sent_back = false;
        }
    }

    /// A tick that moves the event's service time by so much.
    pub(crate) fn tick(&mut self, moved_ms: u64) {
        // An event with nothing to time is not moved by ticks that are there for another one.
        let timed = matches!(self.phase, Phase::Lobby | Phase::Open) || self.in_room() > 0;
        if self.paused || !timed {
            return;
        }
        self.service += moved_ms;
        for index in 0..self.places.len() {
            let place = &self.places[index];
            if !place.state.in_room() || place.until.is_none_or(|until| self.service < until) {
                continue;
            }
            match place.state {
                PlaceState::Admitted => {
                    self.end(index, PlaceState::NoShow, None);
                    self.tokens += TOKEN;
                    self.admissions.push(Admission {
                        service: self.service,
                        count: -1,
                    });
                }
                PlaceState::Inside if self.holds_reservation(place.shopper) => {
                    self.end(index, PlaceState::Booked, None)
                }
                PlaceState::Inside => self.end(index, PlaceState::TimedOut, None),
                _ => {}
            }
        }
        self.tokens += u128::from(self.policy.admit_per_second_milli) * u128::from(moved_ms);
        self.tokens = self.tokens.min(self.bucket());
        self.admit();
    }

    /// A set time has come.
    pub(crate) fn timed(&mut self, at: Stamp, what: &SetTime, opening: impl FnOnce(&mut Self)) {
        match what {
            SetTime::Lobby
                if at == self.schedule.lobby_opens_at && self.phase == Phase::Scheduled =>
            {
                self.phase = Phase::Lobby
            }
            SetTime::Open { secret }
                if at == self.schedule.opens_at
                    && self.phase < Phase::Open
                    && self.secret_fits(*secret) =>
            {
                opening(self)
            }
            SetTime::Close if at == self.schedule.closes_at && self.phase != Phase::Closed => {
                self.phase = Phase::Closed;
                for index in 0..self.places.len() {
                    if self.places[index].state == PlaceState::Waiting {
                        self.end(index, PlaceState::Closed, None);
                    }
                }
            }
            SetTime::SlotOver(id) => {
                if let Some(slot) = self.slots.iter_mut().find(|slot| slot.definition.id == *id)
                    && slot.definition.bookable_until == at
                    && slot.status == SlotStatus::Bookable
                {
                    slot.status = SlotStatus::Over;
                }
            }
            _ => {}
        }
        self.after_command();
    }

    /// Opens; a full bucket. `order` is the roster in the revealed order, for a shuffle lobby.
    pub(crate) fn open(&mut self, order: impl Fn(&Position) -> [u8; 32]) {
        self.phase = Phase::Open;
        self.tokens = self.bucket();
        self.revealed = true;
        if self.shuffle.is_some() {
            let mut roster: Vec<_> = (0..self.places.len())
                .filter(|index| self.places[*index].state == PlaceState::Waiting)
                .collect();
            roster.sort_by_key(|index| order(&self.places[*index].id));
            for (position, index) in roster.into_iter().enumerate() {
                self.places[index].number = Some(position as u32 + 1);
            }
        }
    }

    pub(crate) fn secret_fits(&self, secret: Option<[u8; 32]>) -> bool {
        match self.shuffle {
            None => true,
            Some(promised) => {
                secret.is_some_and(|secret| queue_domain::sha256(&[&secret]) == promised)
            }
        }
    }

    /// A place moves to a state without a deadline.
    pub(crate) fn end(&mut self, index: usize, state: PlaceState, reason: Option<PlaceReason>) {
        let place = &mut self.places[index];
        place.state = state;
        place.until = None;
        place.extensions = 0;
        place.reason = reason;
        place.sent_back = false;
    }

    /// The shopper's newest place.
    pub(crate) fn current(&self, shopper: ShopperId) -> Option<usize> {
        (0..self.places.len())
            .rev()
            .find(|index| self.places[*index].shopper == shopper)
    }

    pub(crate) fn confirmed_of(&self, shopper: ShopperId) -> usize {
        self.reservations
            .iter()
            .filter(|row| row.shopper == shopper && row.state == ReservationState::Confirmed)
            .count()
    }

    pub(crate) fn holds_reservation(&self, shopper: ShopperId) -> bool {
        self.confirmed_of(shopper) > 0
    }

    pub(crate) fn slot(&self, id: &SlotId) -> Option<usize> {
        self.slots.iter().position(|slot| slot.definition.id == *id)
    }

    pub(crate) fn bookable_free(&self) -> u64 {
        self.slots
            .iter()
            .filter(|slot| slot.status == SlotStatus::Bookable)
            .map(|slot| u64::from(slot.free()))
            .sum()
    }

    pub(crate) fn in_room(&self) -> u64 {
        self.places
            .iter()
            .filter(|place| place.state.in_room())
            .count() as u64
    }

    /// How many the room holds now.
    pub(crate) fn room(&self) -> u64 {
        let by_seats =
            (self.bookable_free() * u64::from(self.policy.room_per_seat_milli)).div_ceil(1_000);
        by_seats.min(self.policy.room_max.into())
    }

    pub(crate) fn bucket(&self) -> u128 {
        (u128::from(self.policy.admit_per_second_milli) * 1_000).max(TOKEN)
    }

    pub(crate) fn tell(
        &mut self,
        shopper: ShopperId,
        kind: CommandKind,
        result: Result<(), Refusal>,
    ) {
        let outcome = result.map_or_else(Outcome::Refused, |()| Outcome::Done);
        self.told.push(Told {
            shopper,
            kind,
            outcome,
        });
    }
}

impl Slot {
    pub(crate) fn new(definition: &SlotDefinition) -> Self {
        Self {
            definition: definition.clone(),
            capacity: definition.capacity.0,
            confirmed: 0,
            status: SlotStatus::Bookable,
        }
    }

    pub(crate) fn free(&self) -> u32 {
        self.capacity - self.confirmed
    }
}
