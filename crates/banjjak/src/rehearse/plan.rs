//! What a shopper is like: drawn once from the seed and its index, so that the same seed makes the same crowd.
//! Only intentions; what comes of them is the server's to say.

use std::time::Duration;

/// One shopper's character.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// When it clicks, after the rehearsal's start.
    pub(crate) joins_after: Duration,
    /// The slot it has in mind already, as an index.
    pub(crate) wish: Option<usize>,
    /// Seats it would like.
    pub(crate) party: u32,
    /// Clicks a second time so long after the first.
    pub(crate) clicks_again_after: Option<Duration>,
    /// Gives up the line so long after joining.
    pub(crate) leaves_after: Option<Duration>,
    /// Never comes when it is its turn.
    pub(crate) no_show: bool,
    /// Joins once more after its turn has passed.
    pub(crate) returns: bool,
    /// From its turn to entering.
    pub(crate) thinks: Duration,
    /// From entering to booking, and between two tries.
    pub(crate) looks: Duration,
    /// Stays inside without booking until the session is over.
    pub(crate) dawdles: bool,
    /// Asks for more time inside.
    pub(crate) extends: bool,
    /// Cancels so long after booking.
    pub(crate) cancels_after: Option<Duration>,
    /// Moves to another slot so long after booking.
    pub(crate) moves_after: Option<Duration>,
    /// Loads the page again so long after joining: a new socket.
    pub(crate) reloads_after: Option<Duration>,
    /// Sends the same booking again.
    pub(crate) repeats: bool,
    /// Sends another booking under the same key.
    pub(crate) forges: bool,
    /// Asks to wait for the outcome (`Prefer: wait`).
    pub(crate) waits: bool,
    /// Slots it tries before it gives up.
    pub(crate) tries: u32,
}

/// A shopper's own random numbers.
pub(crate) fn numbers(seed: u64, shopper: u32) -> fastrand::Rng {
    // Two numbers into one, spread so that neighbours have nothing in common (the finaliser of SplitMix64).
    let mut mixed = seed ^ (u64::from(shopper) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    fastrand::Rng::with_seed(mixed ^ (mixed >> 31))
}

impl Plan {
    /// Draws a shopper. `slots` is how many there are.
    pub(crate) fn draw(
        rng: &mut fastrand::Rng,
        join_over: Duration,
        slots: usize,
        party_max: u32,
    ) -> Self {
        let moment = |rng: &mut fastrand::Rng, low_ms: u64, high_ms: u64| {
            Duration::from_millis(rng.u64(low_ms..high_ms))
        };
        let some = |rng: &mut fastrand::Rng, percent: u32, low_ms: u64, high_ms: u64| {
            let drawn = moment(rng, low_ms, high_ms);
            chance(rng, percent).then_some(drawn)
        };
        let joins_after = join_over.mul_f64(rng.f64());
        let party = match rng.u32(0..100) {
            0..45 => 1,
            45..85 => 2,
            85..93 => 3,
            _ => 4,
        };
        let wish = rng.usize(0..slots.max(1));
        Self {
            joins_after,
            wish: (slots > 0 && chance(rng, 30)).then_some(wish),
            party: party.min(party_max).max(1),
            clicks_again_after: some(rng, 3, 100, 4000),
            leaves_after: some(rng, 2, 2000, 20_000),
            no_show: chance(rng, 4),
            returns: chance(rng, 25),
            thinks: moment(rng, 100, 1500),
            looks: moment(rng, 300, 3500),
            dawdles: chance(rng, 2),
            extends: chance(rng, 4),
            cancels_after: some(rng, 8, 2000, 15_000),
            moves_after: some(rng, 6, 1000, 10_000),
            reloads_after: some(rng, 4, 1000, 20_000),
            repeats: chance(rng, 6),
            forges: chance(rng, 15),
            waits: chance(rng, 70),
            tries: rng.u32(3..8),
        }
    }
}

fn chance(rng: &mut fastrand::Rng, percent: u32) -> bool {
    rng.u32(0..100) < percent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(seed: u64) -> Vec<Plan> {
        (0..1000)
            .map(|shopper| Plan::draw(&mut numbers(seed, shopper), Duration::from_secs(10), 18, 4))
            .collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_crowd_and_another_seed_another() {
        assert_eq!(crowd(7), crowd(7));
        assert_ne!(crowd(7), crowd(8));
    }

    #[test]
    fn clicks_are_spread_over_the_whole_time() {
        for tenth in 0..10 {
            let (from, to) = (Duration::from_secs(tenth), Duration::from_secs(tenth + 1));
            let clicks = crowd(7)
                .iter()
                .filter(|plan| (from..to).contains(&plan.joins_after))
                .count();
            assert!(
                (60..150).contains(&clicks),
                "{clicks} of 1000 in second {tenth}"
            );
        }
    }

    #[test]
    fn every_kind_of_shopper_is_in_a_crowd() {
        let crowd = crowd(7);
        let kinds: [fn(&Plan) -> bool; 10] = [
            |plan| plan.wish.is_some(),
            |plan| plan.clicks_again_after.is_some(),
            |plan| plan.leaves_after.is_some(),
            |plan| plan.no_show && plan.returns,
            |plan| plan.dawdles,
            |plan| plan.extends,
            |plan| plan.cancels_after.is_some(),
            |plan| plan.moves_after.is_some(),
            |plan| plan.repeats,
            |plan| plan.forges,
        ];
        for (index, kind) in kinds.iter().enumerate() {
            assert!(crowd.iter().any(kind), "kind {index}");
        }
    }
}
