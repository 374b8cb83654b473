//! Order between shoppers, from what they saw: who was passed over, and who was answered before somebody else asked. Neither asks the
//! naive fold who should have come first.

use super::line;
use crate::naive::{Event, Id};
use crate::report::Report;
use crate::rule::Rule;
use crate::source::Witness;
use queue_protocol::witness::{Asked, Verdict};
use std::collections::HashMap;

/// What one place was seen as between two turns to standby: the first version as admitted and the last as waiting, with their lines.
#[derive(Debug, Default)]
struct Stretch {
    admitted: Option<(u64, u32)>,
    waiting: Option<(u64, u32)>,
}

/// L6: nobody is seen waiting after somebody with a higher number was seen admitted. A turn to standby sends people back with their old
/// numbers, so only what was seen between the same two turns is compared.
pub(crate) fn passed_over(witness: &Witness, turns: &[u64], report: &mut Report) {
    let mut stretches: HashMap<(usize, u32), Stretch> = HashMap::new();
    for seen in &witness.places {
        let Some(number) = seen.number else {
            continue;
        };
        let epoch = turns.partition_point(|turn| *turn <= seen.version.1);
        let stretch = stretches.entry((epoch, number)).or_default();
        match seen.state {
            "admitted"
                if stretch
                    .admitted
                    .is_none_or(|(first, _)| seen.version.1 < first) =>
            {
                stretch.admitted = Some((seen.version.1, seen.line))
            }
            "waiting"
                if stretch
                    .waiting
                    .is_none_or(|(last, _)| seen.version.1 > last) =>
            {
                stretch.waiting = Some((seen.version.1, seen.line))
            }
            _ => {}
        }
    }
    let mut sorted: Vec<((usize, u32), Stretch)> = stretches.into_iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| std::cmp::Reverse(*key));
    let mut earliest: Option<(usize, u64, u32, u32)> = None;
    for ((epoch, number), stretch) in sorted {
        earliest = earliest.filter(|(of, ..)| *of == epoch);
        if let Some((waiting, waiting_line)) = stretch.waiting {
            let passed = earliest.filter(|(_, admitted, ..)| *admitted <= waiting);
            let (_, _, admitted_line, by) = passed.unwrap_or_default();
            report.check(
                Rule::L6,
                passed.is_none(),
                || format!("number {by} was admitted while number {number} waited"),
                || vec![line(admitted_line), line(waiting_line)],
            );
        }
        if let Some((admitted, admitted_line)) = stretch.admitted
            && earliest.is_none_or(|(_, first, ..)| admitted < first)
        {
            earliest = Some((epoch, admitted, admitted_line, number));
        }
    }
}

/// When a shopper's first join was sent, and when one was acknowledged.
#[derive(Debug)]
struct Joined {
    sent_us: u64,
    acknowledged_us: Option<u64>,
    line: u32,
    place: usize,
    number: Option<u32>,
}

/// L3: a join that was answered before another was sent is ahead of it, in the log and by the number shown.
pub(crate) fn real_time(witness: &Witness, event: &Event, report: &mut Report) {
    let joins = first_joins(witness, event);
    let mut sent: Vec<&Joined> = joins.values().collect();
    let mut answered: Vec<&Joined> = sent
        .iter()
        .copied()
        .filter(|join| join.acknowledged_us.is_some())
        .collect();
    sent.sort_unstable_by_key(|join| join.sent_us);
    answered.sort_unstable_by_key(|join| join.acknowledged_us);
    let mut answered = answered.into_iter().peekable();
    let (mut last, mut highest): (Option<&Joined>, Option<&Joined>) = (None, None);
    for join in sent {
        while let Some(before) =
            answered.next_if(|before| before.acknowledged_us < Some(join.sent_us))
        {
            last = last
                .filter(|last| last.place > before.place)
                .or(Some(before));
            highest = highest
                .filter(|highest| highest.number > before.number)
                .or(Some(before));
        }
        let in_log = last.is_none_or(|last| last.place < join.place);
        let by_number = event.commitment.is_some()
            || join.number.is_none()
            || highest.is_none_or(|highest| highest.number < join.number);
        let before = last.filter(|_| !in_log).or(highest);
        report.check(
            Rule::L3,
            in_log && by_number,
            || "a join that was answered before another was sent is behind it".to_owned(),
            || {
                before
                    .into_iter()
                    .chain([join])
                    .map(|join| line(join.line))
                    .collect()
            },
        );
    }
}

/// By shopper: the requests for the first place that it has. Whichever of them made it, the others were before its first answer.
fn first_joins(witness: &Witness, event: &Event) -> HashMap<u32, Joined> {
    let mut first_place: HashMap<Id, usize> = HashMap::new();
    event
        .places
        .iter()
        .enumerate()
        .for_each(|(no, place)| _ = first_place.entry(place.shopper).or_insert(no));
    let mut numbers: HashMap<(u32, (u64, u32)), u32> = HashMap::new();
    for seen in &witness.places {
        if let (Some(number), Some(id)) = (seen.number, seen.id) {
            numbers.entry((seen.shopper, id)).or_insert(number);
        }
    }
    let mut joins: HashMap<u32, Joined> = HashMap::new();
    for request in witness
        .requests
        .iter()
        .filter(|request| request.said.asked == Asked::Join)
    {
        let (said, number) = (&request.said, request.line);
        let Some(place) = witness
            .shopper(said.shopper)
            .and_then(|shopper| first_place.get(&shopper).copied())
        else {
            continue;
        };
        let shown = numbers
            .get(&(said.shopper, event.places[place].at))
            .copied();
        let new = Joined {
            sent_us: said.sent_us,
            acknowledged_us: None,
            line: number,
            place,
            number: shown,
        };
        let join = joins.entry(said.shopper).or_insert(new);
        join.sent_us = join.sent_us.min(said.sent_us);
        if said.verdict() == Verdict::Ok
            && join
                .acknowledged_us
                .is_none_or(|before| said.done_us < before)
        {
            join.acknowledged_us = Some(said.done_us);
        }
    }
    joins
}
