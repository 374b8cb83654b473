//! What a shopper does with seats: book, book again under the same key, move, cancel.

use super::agenda::Task;
use super::ask::Ask;
use super::choice;
use super::kinds::{Stand, Timed};
use super::shopper::Shopper;
use hyper::Method;
use queue_protocol::witness::{Asked, Verdict};
use serde_json::json;
use std::time::Duration;

impl Shopper {
    pub(super) async fn reserve(&mut self, intended_us: u64) {
        if self.known.stand != Stand::Inside || self.known.undecided().is_some() {
            return;
        }
        if self.tries_left == 0 {
            return self.soon(Task::Leave, Duration::ZERO);
        }
        let found = [self.plan.party, 1].into_iter().find_map(|seats| {
            let slot = choice::pick(
                &mut self.rng,
                &self.known.remaining,
                seats,
                self.plan.wish,
                None,
            )?;
            Some((slot, seats))
        });
        let Some((slot, seats)) = found else {
            // Nothing left that it saw: a freed seat may come, or the turn to standby.
            return self.check_later();
        };
        self.tries_left -= 1;
        let ask = self.booking(slot, seats);
        let told = self.insist(&ask, intended_us).await;
        self.world
            .tally
            .took(Timed::Reserve, told.done_us, told.done_us - intended_us);
        self.booking_us = Some(intended_us);
        self.heed(&told);
        if told.verdict == Verdict::Fail && told.code.as_deref() == Some("sold_out") {
            self.known.remaining[slot] = self.known.remaining[slot].min(seats - 1);
        }
        if self.known.stand == Stand::Inside || self.known.undecided().is_some() {
            self.check_later();
        }
        self.repeat(&ask).await;
    }

    fn booking(&mut self, slot: usize, seats: u32) -> Ask {
        let mut ask = self.change(
            Asked::Reserve,
            Method::POST,
            self.world.path("/reservations"),
        );
        ask.key = Some(format!("{:032x}", self.rng.u128(..)));
        ask.slot = self.world.slots.get(slot).cloned();
        ask.seats = Some(seats);
        ask.body = Some(json!({ "slot": ask.slot, "seats": seats }));
        ask
    }

    /// Some send the same booking again, and a few another one under its key.
    async fn repeat(&mut self, ask: &Ask) {
        if self.plan.repeats && !std::mem::replace(&mut self.done.repeated, true) {
            let now_us = self.world.clock.now_us();
            let told = self.insist(ask, now_us).await;
            self.heed(&told);
            if self.plan.forges {
                let mut forged = ask.clone();
                forged.seats = Some(if ask.seats == Some(1) { 2 } else { 1 });
                forged.body = Some(json!({ "slot": forged.slot, "seats": forged.seats }));
                let now_us = self.world.clock.now_us();
                // It is refused whatever else it says, and changes nothing that this shopper knows.
                self.insist(&forged, now_us).await;
            }
        }
    }

    pub(super) async fn cancel(&mut self, intended_us: u64) {
        let Some(held) = self.known.confirmed().cloned() else {
            return self.undecided_yet(Task::Cancel);
        };
        let mut ask = self.change(
            Asked::Cancel,
            Method::DELETE,
            format!("/v1/reservations/{}", held.id),
        );
        ask.if_slot.clone_from(&held.slot);
        self.changed(ask, &held.id, intended_us).await;
    }

    pub(super) async fn move_on(&mut self, intended_us: u64) {
        let Some(held) = self.known.confirmed().cloned() else {
            return self.undecided_yet(Task::Move);
        };
        let from = held
            .slot
            .as_ref()
            .and_then(|id| self.world.slots.iter().position(|known| known == id));
        let Some(to) = choice::pick(&mut self.rng, &self.known.remaining, held.seats, None, from)
        else {
            return;
        };
        let mut ask = self.change(
            Asked::Move,
            Method::POST,
            format!("/v1/reservations/{}/move", held.id),
        );
        ask.slot = self.world.slots.get(to).cloned();
        ask.body = Some(json!({ "slot": ask.slot }));
        ask.if_slot.clone_from(&held.slot);
        self.changed(ask, &held.id, intended_us).await;
    }

    async fn changed(&mut self, mut ask: Ask, id: &str, intended_us: u64) {
        ask.of = Some(id.to_owned());
        let told = self.insist(&ask, intended_us).await;
        self.world
            .tally
            .took(Timed::Change, told.done_us, told.done_us - intended_us);
        self.heed(&told);
        if self.known.undecided().is_some() {
            self.check_later();
        }
    }

    /// Waits with a change until its reservation is decided.
    fn undecided_yet(&mut self, task: Task) {
        if self.known.undecided().is_some() {
            self.soon(task, Duration::from_secs(1));
        }
    }
}
