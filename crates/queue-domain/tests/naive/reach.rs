//! Controls of the properties themselves: random logs reach every outcome that the rules know, and a fold with a rule broken is
//! found out.

use crate::drive::Driver;
use crate::generate::{Line, Shape, log};
use crate::model::Model;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use queue_domain::{Outcome, PlaceReason, PlaceState, Refusal};

/// The same logs in every run.
fn logs(count: usize) -> impl Iterator<Item = (Shape, Vec<Line>)> {
    let mut runner = TestRunner::deterministic();
    std::iter::repeat_with(move || {
        log()
            .new_tree(&mut runner)
            .expect("a log can always be made")
            .current()
    })
    .take(count)
}

fn models(count: usize) -> Vec<Model> {
    let model = |(shape, lines): (Shape, Vec<Line>)| {
        let mut driver = Driver::new(shape);
        for line in &lines {
            driver.line(line);
        }
        driver.end_record();
        driver.model
    };
    logs(count).filter_map(model).collect()
}

#[test]
fn random_logs_reach_every_refusal_state_and_turn() {
    let models = models(1_500);
    let told = |refusal| {
        models
            .iter()
            .flat_map(|model| &model.told)
            .filter(|told| told.outcome == Outcome::Refused(refusal))
            .count()
    };
    for refusal in [
        Refusal::IdempotencyMismatch,
        Refusal::NotOpen,
        Refusal::Closed,
        Refusal::Stale,
        Refusal::NotAdmitted,
        Refusal::SessionOver,
        Refusal::UnknownSlot,
        Refusal::SlotOver,
        Refusal::PartyTooLarge,
        Refusal::LimitReached,
        Refusal::HasReservation,
        Refusal::SoldOut,
    ] {
        assert!(
            told(refusal) > 10,
            "{refusal:?} was told only {} times",
            told(refusal)
        );
    }
    let places = || models.iter().flat_map(|model| &model.places);
    for state in [
        PlaceState::Waiting,
        PlaceState::Admitted,
        PlaceState::Inside,
        PlaceState::Booked,
        PlaceState::Left,
        PlaceState::NoShow,
        PlaceState::TimedOut,
        PlaceState::Closed,
    ] {
        let count = places().filter(|place| place.state == state).count();
        assert!(count > 10, "{state:?} was reached only {count} times");
    }
    let sent_back = places()
        .filter(|place| place.reason == Some(PlaceReason::Standby))
        .count();
    assert!(
        sent_back > 10,
        "a turn to standby sent back only {sent_back}"
    );
    let moved = models
        .iter()
        .flat_map(|model| &model.reservations)
        .filter(|row| row.moved)
        .count();
    assert!(moved > 10, "only {moved} reservations were moved");
}

/// Breaks one rule after the other in the fold.
#[cfg(feature = "sabotage")]
#[test]
fn a_fold_with_a_rule_broken_differs_from_the_model() {
    use crate::properties::run;
    use queue_domain::sabotage::{Sabotage, with};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    for sabotage in [
        Sabotage::NumberGap,
        Sabotage::NumbersChange,
        Sabotage::WishJumpsTheQueue,
        Sabotage::LateJoinFirst,
        Sabotage::SecondPlace,
        Sabotage::SecondGoesFirst,
        Sabotage::RoomIgnored,
        Sabotage::RateIgnored,
        Sabotage::PauseIgnored,
        Sabotage::EarlyDeadlines,
        Sabotage::BackInLine,
        Sabotage::LazyAdmission,
        Sabotage::Oversold,
        Sabotage::SeatsLost,
        Sabotage::BookedFromOutside,
        Sabotage::LastSeatKept,
        Sabotage::TurnEndsPlaces,
        Sabotage::NoLimitPerShopper,
        Sabotage::MoveForgotten,
        Sabotage::PauseForgotten,
        Sabotage::RepeatDecidedAgain,
        Sabotage::KeysForgotten,
        Sabotage::RefusedTakesEffect,
    ] {
        let found = logs(500).any(|(shape, lines)| {
            catch_unwind(AssertUnwindSafe(|| with(sabotage, || run(shape, &lines)))).is_err()
        });
        assert!(found, "{sabotage:?} was not found out");
    }
}
