//! Every rule, broken: by the fold itself where the fold decides, by the shop around it where the rule is about what is said. The same
//! seeds are accepted when nothing is broken, so what is rejected is rejected for the fault.

use crate::script::played;
use crate::system::{Shop, System};
use queue_audit::Rule;
use queue_domain::sabotage::{Sabotage, with};

/// A fault does not bite in every history; in one of these it must.
const SEEDS: std::ops::Range<u64> = 0..20;

/// Whether some history is rejected by this rule's name.
fn is_rejected(rule: Rule, play: impl Fn(u64) -> System) -> bool {
    SEEDS
        .into_iter()
        .any(|seed| play(seed).audit().violated().contains(&rule))
}

fn honest(seed: u64) -> System {
    played(seed, Shop::Honest, |_| ())
}

fn assert_rejected(faults: &[(Rule, Sabotage)]) {
    let missed: Vec<_> = faults
        .iter()
        .filter(|(rule, sabotage)| !with(*sabotage, || is_rejected(*rule, honest)))
        .collect();
    assert!(missed.is_empty(), "not rejected by name: {missed:?}");
}

#[test]
fn a_broken_line_is_rejected() {
    assert_rejected(&[
        (Rule::L1, Sabotage::NumberGap),
        (Rule::L1, Sabotage::LobbyNotShuffled),
        (Rule::L2, Sabotage::NumbersChange),
        (Rule::L3, Sabotage::LateJoinFirst),
        (Rule::L4, Sabotage::WishJumpsTheQueue),
        (Rule::L5, Sabotage::SecondPlace),
        (Rule::L6, Sabotage::SecondGoesFirst),
        (Rule::L7, Sabotage::RoomIgnored),
        (Rule::L7, Sabotage::RateIgnored),
        (Rule::L7, Sabotage::PauseIgnored),
        (Rule::L7, Sabotage::EarlyDeadlines),
        (Rule::L7, Sabotage::OutageCounts),
        (Rule::L8, Sabotage::BackInLine),
        (Rule::L9, Sabotage::LazyAdmission),
    ]);
}

#[test]
fn broken_seats_are_rejected() {
    assert_rejected(&[
        (Rule::S1, Sabotage::Oversold),
        (Rule::S2, Sabotage::SeatsLost),
        (Rule::S3, Sabotage::BookedFromOutside),
        (Rule::S4, Sabotage::LastSeatKept),
        (Rule::S4, Sabotage::TurnEndsPlaces),
        (Rule::S5, Sabotage::NoLimitPerShopper),
    ]);
}

#[test]
fn broken_projections_and_outcomes_are_rejected() {
    assert_rejected(&[
        (Rule::P1, Sabotage::MoveForgotten),
        (Rule::P2, Sabotage::PauseForgotten),
        (Rule::P3, Sabotage::RecordSkipped),
        (Rule::A2, Sabotage::RepeatDecidedAgain),
        (Rule::A3, Sabotage::RefusedTakesEffect),
        (Rule::A4, Sabotage::RepeatDecidedAgain),
        (Rule::A4, Sabotage::KeysForgotten),
    ]);
}

#[test]
fn a_fold_that_differs_from_another_is_rejected() {
    let two_owners = |system: &mut System| system.other_owner = Some(system.fold.clone());
    assert!(with(Sabotage::HashDrift, || is_rejected(
        Rule::P4,
        |seed| played(seed, Shop::Honest, two_owners)
    )));
    let honest = played(1, Shop::Honest, two_owners).audit();
    assert!(honest.is_clean(), "{honest}");
}

/// Bytes that are no record of ours in the middle of the log.
fn with_dead_letters(system: &mut System) {
    system.append_bytes(b"what is this".to_vec());
    system.append_bytes(b"BJK\x01nor this".to_vec());
}

#[test]
fn a_dead_letter_that_is_dropped_is_rejected() {
    let honest = played(2, Shop::Honest, with_dead_letters).audit();
    assert!(
        honest.is_clean() && honest.counts["records that are not ours"] == 2,
        "{honest}"
    );
    assert!(with(Sabotage::DeadLettersDropped, || is_rejected(
        Rule::P5,
        |seed| played(seed, Shop::Honest, with_dead_letters)
    )));
}

#[test]
fn a_fold_that_goes_on_after_what_it_cannot_understand_is_rejected() {
    assert!(with(Sabotage::UnknownRulesFolded, || is_rejected(
        Rule::P5,
        |seed| played(seed, Shop::Honest, System::create_by_unknown_rules)
    )));
}

#[test]
fn a_shop_that_says_what_is_not_is_rejected() {
    let faults = [
        (Rule::A1, Shop::AnswersWithoutTheLog),
        (Rule::Budget, Shop::AnswersWithoutTheLog),
        (Rule::A1, Shop::AppendsAnotherBody),
        (Rule::A2, Shop::StaysPending),
        (Rule::A3, Shop::RefusesWhatItAppends),
        (Rule::A3, Shop::AppendsTwice),
        (Rule::A4, Shop::ChangesItsMind),
        (Rule::A4, Shop::ForgetsKeys),
        (Rule::A5, Shop::LosesPlaces),
        (Rule::L2, Shop::ShufflesNumbers),
        (Rule::L8, Shop::MiscountsAhead),
        (Rule::S2, Shop::MiscountsSeats),
        (Rule::P2, Shop::MiscountsSeats),
        (Rule::F1, Shop::SendsOldFrames),
        (Rule::F1, Shop::ForgetsSince),
        (Rule::F2, Shop::KeepsAdmissionsSecret),
        (Rule::F3, Shop::MixesShoppersUp),
        (Rule::Budget, Shop::IsTooBusy),
    ];
    let missed: Vec<_> = faults
        .iter()
        .filter(|(rule, shop)| !is_rejected(*rule, |seed| played(seed, *shop, |_| ())))
        .collect();
    assert!(missed.is_empty(), "not rejected by name: {missed:?}");
}

#[test]
fn what_is_shown_as_confirmed_before_the_ledger_has_it_is_rejected() {
    let ledger_is_down = |system: &mut System| system.ledger_is_down = true;
    let honest = played(3, Shop::Honest, ledger_is_down).audit();
    assert!(
        honest.is_clean(),
        "a ledger that is behind is no fault:\n{honest}"
    );
    assert!(is_rejected(Rule::P6, |seed| played(
        seed,
        Shop::ConfirmsBeforeTheLedger,
        ledger_is_down
    )));
}
