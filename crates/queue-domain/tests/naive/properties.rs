//! The properties.

use crate::drive::{Driver, Written};
use crate::generate::{Line, Operation, Shape, Step, log};
use crate::invariants;
use crate::mirror::Mirror;
use proptest::prelude::*;
use queue_domain::Partition;

/// Compares what the fold has said so far with the model, and what was said since the last time with what must always hold.
fn compare(driver: &Driver, mirror: &mut Mirror, seen: &mut usize) {
    for effect in &driver.effects[*seen..] {
        mirror.apply(effect);
    }
    *seen = driver.effects.len();
    let Some(model) = &driver.model else { return };
    let written = driver.written.last();
    for (index, (said, expected)) in mirror.told.iter().zip(&model.told).enumerate() {
        assert_eq!(said, expected, "outcome {index} after {written:?}");
    }
    assert_eq!(
        mirror.told.len(),
        model.told.len(),
        "outcomes after {written:?}"
    );
    assert_eq!(
        mirror.operators, driver.operators,
        "operators' results after {written:?}"
    );
    assert_eq!(
        mirror.phase(),
        Some((model.phase, model.paused, model.standby)),
        "phase after {written:?}"
    );
    assert_eq!(
        mirror.schedule,
        Some(model.schedule),
        "set times after {written:?}"
    );
    assert_eq!(
        mirror.service, model.service,
        "service time after {written:?}"
    );
    assert_eq!(mirror.slots, model.slots, "slots after {written:?}");
    assert_eq!(
        mirror.reservations, model.reservations,
        "reservations after {written:?}"
    );
    for (index, (said, expected)) in mirror.places.iter().zip(&model.places).enumerate() {
        assert_eq!(said, expected, "place {index} after {written:?}");
    }
    assert_eq!(
        mirror.places.len(),
        model.places.len(),
        "places after {written:?}"
    );
    invariants::hold(mirror, model);
}

pub(crate) fn run(shape: Shape, lines: &[Line]) -> Driver {
    let mut driver = Driver::new(shape);
    let (mut mirror, mut seen) = (Mirror::default(), 0);
    compare(&driver, &mut mirror, &mut seen);
    for line in lines {
        if driver.line(line) {
            compare(&driver, &mut mirror, &mut seen);
        }
    }
    driver.end_record();
    compare(&driver, &mut mirror, &mut seen);
    driver
}

/// Whether the log leaves the rate alone and opens once.
fn is_steady(lines: &[Line]) -> bool {
    let changes = |step: &Step| {
        matches!(
            step,
            Step::Operate(Operation::Rate { .. } | Operation::Reopen) | Step::OperateAgain
        )
    };
    !lines.iter().any(|(step, ..)| changes(step))
}

fn fold_all(written: &[Written], partition: &mut Partition) {
    for record in written {
        let mut effects = Vec::new();
        record.fold(partition, &mut effects);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_fold_does_what_the_rule_book_says((shape, lines) in log()) {
        let driver = run(shape, &lines);
        if is_steady(&lines) {
            let model = driver.model.as_ref().expect("the event exists");
            invariants::rate_holds(&model.admissions, shape.rate_milli);
        }
    }

    #[test]
    fn folding_again_from_the_start_or_from_an_image_gives_the_same_hashes((shape, lines) in log(), cut in any::<prop::sample::Index>()) {
        let driver = run(shape, &lines);
        let mut again = Partition::new(0);
        let cut = 1 + cut.index(driver.written.len());
        fold_all(&driver.written[..cut], &mut again);
        let image = again.image().expect("a record was folded");
        let mut restored = Partition::restore(image.clone()).expect("an image of the fold");
        prop_assert_eq!(restored.image(), Some(image));
        fold_all(&driver.written[cut..], &mut again);
        fold_all(&driver.written[cut..], &mut restored);
        prop_assert_eq!(again.state_hash(), driver.fold.state_hash());
        prop_assert_eq!(restored.state_hash(), driver.fold.state_hash());
        prop_assert_eq!(restored.log_hash(), driver.fold.log_hash());
        prop_assert_eq!(restored.image(), again.image());
    }
}
