//! When the server is killed: three moments drawn from the seed, each waited for as a state of the rehearsal, not as a time.

use super::kinds::Stand;
use super::tally::count;
use super::world::World;
use std::sync::atomic::Ordering;

/// Where the rehearsal stands when the server dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So many of a thousand shoppers have clicked, and requests are unanswered.
    JoinBurst(u64),
    /// So many of a thousand seats are booked, and requests are unanswered.
    Booking(u64),
    /// Sold out; then so long.
    Standby {
        /// Milliseconds after the first sight of standby.
        after_ms: u64,
    },
}

impl Moment {
    /// The first `kills` moments of this seed.
    pub(crate) fn draw(seed: u64, kills: u8) -> Vec<Self> {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x6b69_6c6c);
        let all = [
            Self::JoinBurst(rng.u64(150..750)),
            Self::Booking(rng.u64(150..800)),
            Self::Standby {
                after_ms: rng.u64(200..4000),
            },
        ];
        all.into_iter().take(usize::from(kills)).collect()
    }

    /// Its name in the witness and the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::JoinBurst(_) => "join burst",
            Self::Booking(_) => "booking",
            Self::Standby { .. } => "standby",
        }
    }

    /// Whether it has come. `standby_since_us` is kept by the caller between two questions.
    pub(crate) fn has_come(self, world: &World, standby_since_us: &mut Option<u64>) -> bool {
        let tally = &world.tally;
        let unanswered = world.pool.unanswered() > 0;
        match self {
            Self::JoinBurst(permille) => {
                let shoppers: u64 = Stand::ALL.iter().map(|stand| tally.standing(*stand)).sum();
                unanswered && tally.clicked.load(Ordering::Relaxed) * 1000 >= shoppers * permille
            }
            Self::Booking(permille) => {
                let seats: u64 = world.seats.iter().map(|seats| u64::from(*seats)).sum();
                unanswered && count(&tally.seats) * 1000 >= seats * permille
            }
            Self::Standby { after_ms } => {
                let now_us = world.clock.now_us();
                if tally.standby.load(Ordering::Relaxed) {
                    standby_since_us.get_or_insert(now_us);
                }
                standby_since_us.is_some_and(|since_us| now_us >= since_us + after_ms * 1000)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_its_moments_in_the_order_of_the_day() {
        assert_eq!(Moment::draw(7, 3), Moment::draw(7, 3));
        assert_eq!(Moment::draw(7, 2), Moment::draw(7, 3)[..2]);
        let names: Vec<&str> = Moment::draw(1, 3).into_iter().map(Moment::name).collect();
        assert_eq!(names, ["join burst", "booking", "standby"]);
    }
}
