//! The room: admission by exact rate and by room, expiries, and the turn to standby.

use crate::effect::{EffectKind, Phase, PlaceReason, PlaceState};
use crate::event::TOKEN;
use crate::ids::{PlaceNo, ServiceTime};
use crate::sabotage::{Sabotage, on};
use crate::step::Step;

impl Step<'_> {
    /// What follows every command: the turn to standby if due, then admission.
    pub(crate) fn settle(&mut self) {
        let standby = self.state.bookable_free == 0;
        if standby != self.state.guise.standby {
            self.set_guise(|guise| guise.standby = standby);
            if standby {
                self.turn_to_standby();
            }
        }
        if !on(Sabotage::LazyAdmission) || self.at.offset.is_multiple_of(5) {
            self.admit();
        }
    }

    /// One tick for this event: service time, expiries, refunds, refill, admission.
    pub(crate) fn tick(&mut self, elapsed_ms: u64) {
        if self.state.guise.paused || !self.state.is_timed() {
            return;
        }
        let service = ServiceTime(self.state.service.0 + elapsed_ms);
        self.emit(EffectKind::Clock {
            service,
            stamp: self.stamp,
        });
        #[cfg(feature = "sabotage")]
        self.sabotage_tick();
        self.expire();
        let rate = u64::from(self.state.policy.admit_per_second_milli);
        let refilled = self
            .state
            .tokens
            .saturating_add(rate.saturating_mul(elapsed_ms))
            .min(self.state.bucket());
        if refilled != self.state.tokens {
            self.emit(EffectKind::Tokens(refilled));
        }
        self.settle();
    }

    /// Fills the bucket, at opening.
    pub(crate) fn fill_bucket(&mut self) {
        self.emit(EffectKind::Tokens(self.state.bucket()));
    }

    /// Cuts the bucket to its size, after the rate fell.
    pub(crate) fn cut_bucket(&mut self) {
        if self.state.tokens > self.state.bucket() {
            self.fill_bucket();
        }
    }

    /// Ends what is over, by (deadline, number). Who never entered gives the token back.
    fn expire(&mut self) {
        let early = if on(Sabotage::EarlyDeadlines) {
            1000
        } else {
            0
        };
        let service = ServiceTime(self.state.service.0 + early);
        while let Some((until, _, place)) = self.state.deadlines.first().copied()
            && until <= service
        {
            match self.state.places.get(place).state() {
                PlaceState::Admitted => self.end(place, PlaceState::NoShow),
                _ if on(Sabotage::BackInLine) => self.end(place, PlaceState::Waiting),
                _ => self.put_out(place, PlaceState::TimedOut),
            }
        }
    }

    /// The last bookable seat went: everybody in the room without a reservation keeps the number and goes back in line.
    /// In a closed event nobody can be admitted again, so there the place ends.
    fn turn_to_standby(&mut self) {
        let mut room: Vec<PlaceNo> = self
            .state
            .deadlines
            .iter()
            .map(|(_, _, place)| *place)
            .collect();
        room.sort_unstable_by_key(|place| self.state.places.get(*place).number());
        for place in room {
            let (state, shopper) = (
                self.state.places.get(place).state(),
                self.state.places.get(place).shopper(),
            );
            if self.state.holds_reservation(shopper) {
                self.end(place, PlaceState::Booked);
            } else if self.state.guise.phase == Phase::Closed || on(Sabotage::TurnEndsPlaces) {
                self.end(place, PlaceState::Closed);
            } else {
                let session = self
                    .state
                    .terms
                    .get(&place)
                    .filter(|_| state == PlaceState::Inside)
                    .and_then(|term| term.until);
                self.move_place(
                    place,
                    PlaceState::Waiting,
                    session,
                    0,
                    Some(PlaceReason::Standby),
                );
            }
        }
    }

    /// Admits in rank order while rate, room and seats allow.
    fn admit(&mut self) {
        let guise = self.state.guise;
        let paused = guise.paused && !on(Sabotage::PauseIgnored);
        if guise.phase != Phase::Open || paused || guise.standby {
            return;
        }
        let limit = self.room_limit();
        while (self.state.tokens >= TOKEN || on(Sabotage::RateIgnored))
            && u64::from(self.state.admitted + self.state.inside) < limit
            && let Some(number) = self.next_in_line()
        {
            let until = ServiceTime(self.state.service.0 + self.state.policy.claim_window_ms);
            self.move_place(
                self.state.places.by_number(number),
                PlaceState::Admitted,
                Some(until),
                0,
                None,
            );
        }
    }

    fn next_in_line(&self) -> Option<u32> {
        let first = self.state.line.first()?;
        if on(Sabotage::SecondGoesFirst) {
            let mut rest = self.state.line.clone();
            rest.remove(first);
            return rest.first().or(Some(first));
        }
        Some(first)
    }

    /// Most admitted + inside: the room, and never more than can still be booked (rounded up).
    fn room_limit(&self) -> u64 {
        let policy = self.state.policy;
        if on(Sabotage::RoomIgnored) {
            return u64::MAX;
        }
        let by_seats =
            (self.state.bookable_free * u64::from(policy.room_per_seat_milli)).div_ceil(1000);
        by_seats.min(u64::from(policy.room_max))
    }
}
