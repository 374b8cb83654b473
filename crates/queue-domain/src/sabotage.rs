//! One deliberately broken rule at a time, for the controls of the checker. Without the feature `sabotage` every question is answered
//! `false` at compile time, and nothing of this is in the build.

#![cfg_attr(
    not(feature = "sabotage"),
    expect(dead_code, unreachable_pub, reason = "nothing is broken in this build")
)]

/// A rule to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Every third number is left out.
    NumberGap,
    /// A shuffle lobby gets its numbers as it came.
    LobbyNotShuffled,
    /// Two who wait swap their numbers at a tick.
    NumbersChange,
    /// A join with a wish takes over the last number in line.
    WishJumpsTheQueue,
    /// Every third join takes over the last number in line.
    LateJoinFirst,
    /// Joining while active makes a second place.
    SecondPlace,
    /// The second in line is admitted before the first.
    SecondGoesFirst,
    /// The room has no limit.
    RoomIgnored,
    /// The bucket is always full.
    RateIgnored,
    /// People are admitted while the event is paused.
    PauseIgnored,
    /// Windows and sessions end a second early.
    EarlyDeadlines,
    /// A tick counts for as long as nobody ticked.
    OutageCounts,
    /// A session that ends goes back in line.
    BackInLine,
    /// Only a join sets the line in motion.
    LazyAdmission,
    /// One seat more than there are.
    Oversold,
    /// Seats given back stay taken.
    SeatsLost,
    /// Anybody in line may book.
    BookedFromOutside,
    /// The last seat of a slot is never given.
    LastSeatKept,
    /// At the turn to standby people lose their places.
    TurnEndsPlaces,
    /// There is no limit per shopper.
    NoLimitPerShopper,
    /// A moved reservation keeps its old slot.
    MoveForgotten,
    /// Pausing is not shown.
    PauseForgotten,
    /// Every ninth record is passed over.
    RecordSkipped,
    /// The state hash depends on the process.
    HashDrift,
    /// What is not a record is not counted in the log hash.
    DeadLettersDropped,
    /// Events of unknown rules are folded all the same.
    UnknownRulesFolded,
    /// A repeated reservation is decided again.
    RepeatDecidedAgain,
    /// Another body under a known key is a new request.
    KeysForgotten,
    /// What is refused as sold out is taken all the same.
    RefusedTakesEffect,
}

#[cfg(feature = "sabotage")]
mod chosen {
    use super::Sabotage;
    use crate::effect::{Effect, EffectKind, PlaceState};
    use crate::ids::PlaceNo;
    use crate::step::Step;
    use std::cell::Cell;

    thread_local! {
        static CHOSEN: Cell<Option<Sabotage>> = const { Cell::new(None) };
        static DRIFT: Cell<u64> = const { Cell::new(0) };
    }

    /// Runs `then` on this thread with a rule broken.
    pub fn with<T>(sabotage: Sabotage, then: impl FnOnce() -> T) -> T {
        CHOSEN.set(Some(sabotage));
        let done = then();
        CHOSEN.set(None);
        done
    }

    pub(crate) fn on(sabotage: Sabotage) -> bool {
        CHOSEN.get() == Some(sabotage)
    }

    /// Something that no two folds have in common, when hashes are to drift; else nothing.
    pub(crate) fn drift() -> Vec<u8> {
        if !on(Sabotage::HashDrift) {
            return Vec::new();
        }
        DRIFT.set(DRIFT.get() + 1);
        DRIFT.get().to_be_bytes().to_vec()
    }

    impl Step<'_> {
        pub(crate) fn sabotage_join(&mut self, wish: bool) {
            let third = self.state.places.len().is_multiple_of(3);
            if (on(Sabotage::WishJumpsTheQueue) && wish) || (on(Sabotage::LateJoinFirst) && third) {
                self.swap_last_two();
            }
        }

        pub(crate) fn sabotage_tick(&mut self) {
            if on(Sabotage::NumbersChange) && self.at.offset.is_multiple_of(4) {
                self.swap_last_two();
            }
        }

        /// The last two who wait swap their numbers.
        fn swap_last_two(&mut self) {
            let waiting = self.state.places.iter().filter(|(_, place)| {
                place.state() == PlaceState::Waiting && place.number().is_some()
            });
            let waiting: Vec<PlaceNo> = waiting.map(|(no, _)| no).collect();
            let [.., one, other] = waiting[..] else {
                return;
            };
            self.state.places.sabotage_swap(one, other);
            for place in [one, other] {
                let row = self.state.places.get(place);
                let (number, began_ahead) = (row.number().unwrap_or_default(), row.began_ahead());
                let kind = EffectKind::Numbered {
                    place,
                    number,
                    began_ahead,
                };
                self.effects.push(Effect {
                    at: self.at,
                    event: self.state.id().clone(),
                    kind,
                });
            }
        }
    }
}

#[cfg(feature = "sabotage")]
pub use chosen::with;
#[cfg(feature = "sabotage")]
pub(crate) use chosen::{drift, on};

/// Nothing is broken.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn on(_: Sabotage) -> bool {
    false
}
