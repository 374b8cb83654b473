//! Places moving from state to state: admission, expiry, the turn to standby.

use super::{At, Event, Phase, State, TOKEN, What};

impl Event {
    /// Puts a place into a state. `until` counts in the room only.
    pub(super) fn put(&mut self, at: At, place: usize, state: State, until: u64) {
        let number = self.places[place].number;
        self.room
            .remove(&(self.places[place].until, number.unwrap_or(0), place));
        match number {
            Some(number) => self.line.set(number, state == State::Waiting),
            None if state == State::Waiting => _ = self.unnumbered.insert(place),
            None => _ = self.unnumbered.remove(&place),
        }
        if state.in_room() {
            self.room.insert((until, number.unwrap_or(0), place));
        }
        let no = place;
        let place = &mut self.places[no];
        place.state = state;
        place.until = until;
        place.changed = at;
        place.sent_back = None;
        place.slot_cancelled = false;
        self.note(at, What::Moved(no, state));
    }

    /// A place has to give up what it has: with a reservation it is booked, else it ends as said.
    pub(super) fn put_out(&mut self, at: At, place: usize, otherwise: State) {
        let state = if self.held_by(&self.places[place].shopper) > 0 {
            State::Booked
        } else {
            otherwise
        };
        self.put(at, place, state, 0);
    }

    /// What follows every command: the turn to standby if due, then admission.
    pub(super) fn settle(&mut self, at: At) {
        let standby = self.bookable_free() == 0;
        if standby && !self.standby {
            self.turn(at);
        }
        self.standby = standby;
        self.admit(at);
    }

    fn admit(&mut self, at: At) {
        while self.why_nobody_is_admitted().is_none()
            && let Some(number) = self.line.first()
        {
            let place = self.by_number[number as usize - 1];
            self.tokens -= TOKEN;
            self.put(
                at,
                place,
                State::Admitted,
                self.service + self.policy.claim_window_ms,
            );
            self.places[place].extensions = 0;
            self.places[place].history.0 = Some(at);
        }
    }

    /// The last bookable seat is gone: everybody in the room without a reservation goes back in line with the old number.
    fn turn(&mut self, at: At) {
        self.note(at, What::Turn);
        let room: Vec<usize> = self.room.iter().map(|(_, _, place)| *place).collect();
        for place in room {
            let (state, until) = (self.places[place].state, self.places[place].until);
            if self.phase == Phase::Closed || self.held_by(&self.places[place].shopper) > 0 {
                self.put_out(at, place, State::Closed);
            } else {
                self.put(at, place, State::Waiting, 0);
                self.places[place].sent_back = Some(if state == State::Inside { until } else { 0 });
            }
        }
    }

    /// A tick that moves service time by `elapsed_ms`. Says whether it moved the event.
    pub(super) fn tick(&mut self, at: At, elapsed_ms: u64) -> bool {
        let timed = matches!(self.phase, Phase::Lobby | Phase::Open) || !self.room.is_empty();
        if self.paused || !timed {
            return false;
        }
        self.service += elapsed_ms;
        while let Some(&(until, _, place)) = self.room.first()
            && until <= self.service
        {
            if self.places[place].state == State::Admitted {
                self.put(at, place, State::NoShow, 0);
                self.tokens = (self.tokens + TOKEN).min(self.bucket());
            } else {
                self.put_out(at, place, State::TimedOut);
            }
        }
        let earned = u64::from(self.policy.admit_per_second_milli) * elapsed_ms;
        self.tokens = (self.tokens + earned).min(self.bucket());
        self.settle(at);
        true
    }
}
