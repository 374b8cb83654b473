//! What must hold of the naive fold at every prefix of the log. If it does not, the rule book contradicts itself here or the checker is
//! wrong: either way no verdict of the other checks is worth anything.

use super::record;
use crate::naive::{Event, State, What};
use crate::report::Report;
use crate::rule::Rule;

/// Looks at an event after a record that moved it. `from` is the number of happenings already looked at; the answer is the next one.
pub(crate) fn look(
    partition: u32,
    offset: u64,
    event: &Event,
    from: usize,
    report: &mut Report,
) -> usize {
    let here = || vec![record(partition, offset)];
    let oversold = event
        .slots
        .iter()
        .find(|slot| slot.confirmed > slot.capacity);
    report.check(
        Rule::S1,
        oversold.is_none(),
        || format!("{}: a slot holds more than its seats", event.id),
        here,
    );
    report.checked(Rule::S2, event.slots.len() as u64);
    let somebody_stands = event.why_nobody_is_admitted().is_none() && !event.line.is_empty();
    report.check(
        Rule::L9,
        !somebody_stands,
        || {
            format!(
                "{}: somebody waits although nothing stands in the way",
                event.id
            )
        },
        here,
    );
    for happening in &event.happenings[from..] {
        match happening.what {
            What::Joined(place) => one_active(partition, offset, event, place, report),
            What::Moved(place, State::Booked) => entered(partition, offset, event, place, report),
            What::Moved(..) | What::Turn | What::BucketFilled | What::Policy => {}
        }
    }
    event.happenings.len()
}

fn one_active(partition: u32, offset: u64, event: &Event, place: usize, report: &mut Report) {
    let shopper = event.places[place].shopper;
    let newest = event.current_place(&shopper);
    let alone = newest.is_some_and(|newest| newest >= place);
    report.check(
        Rule::L5,
        alone,
        || format!("{}: a shopper has two places", event.id),
        || vec![record(partition, offset)],
    );
}

fn entered(partition: u32, offset: u64, event: &Event, place: usize, report: &mut Report) {
    let (admitted, entered) = event.places[place].history;
    report.check(
        Rule::S3,
        admitted.is_some() && entered.is_some(),
        || format!("{}: a place is booked that never entered", event.id),
        || vec![record(partition, offset)],
    );
}

/// At the end of the log: numbers without a gap, in log order unless they were drawn.
pub(crate) fn numbers(partition: u32, event: &Event, report: &mut Report) {
    let drawn = event.commitment.is_some();
    let mut before = None;
    for (at, place) in event.by_number.iter().enumerate() {
        let place = &event.places[*place];
        let right = place.number == Some(at as u32 + 1) && (drawn || before < Some(place.at));
        report.check(
            Rule::L1,
            right,
            || format!("{}: number {} is out of order", event.id, at + 1),
            || vec![super::command(partition, place.at)],
        );
        before = Some(place.at);
    }
}
