//! Sockets and streams: versions never go back, and every admission is told.

use super::chain::Chain;
use super::{command, line};
use crate::naive::{Event, Id, State, What};
use crate::report::Report;
use crate::rule::Rule;
use crate::source::Witness;
use crate::source::witness::{FrameSeen, Through, Version};
use queue_protocol::witness::SocketEvent;
use std::collections::{HashMap, HashSet};

/// Frames are gathered for half a second; after so long by the log's stamps an admission has to have been told.
const TOLD_WITHIN_MS: u64 = 2000;

/// F1, socket by socket.
pub(crate) fn versions(witness: &Witness, report: &mut Report) {
    let mut since: HashMap<u32, Version> = HashMap::new();
    for socket in &witness.sockets {
        if let SocketEvent::Opened { since: Some(text) } = &socket.said.what
            && let Some(version) = crate::source::witness::version(text)
        {
            since.insert(socket.said.socket, version);
        }
    }
    let mut last: HashMap<u32, (Version, u32)> = HashMap::new();
    for frame in &witness.frames {
        let Some(version) = frame.version else {
            continue;
        };
        if let (Some(stale), Some(since)) = (frame.hello, since.get(&frame.socket)) {
            let honest = version >= *since || stale;
            report.check(
                Rule::F1,
                honest,
                || format!("hello at {version:?} after since={since:?}, and does not say stale"),
                || vec![line(frame.line)],
            );
        }
        let (before, before_line) = *last.get(&frame.socket).unwrap_or(&(version, frame.line));
        report.check(
            Rule::F1,
            version >= before,
            || {
                format!(
                    "the version on socket {} went back from {before:?} to {version:?}",
                    frame.socket
                )
            },
            || vec![line(before_line), line(frame.line)],
        );
        last.insert(frame.socket, (version, frame.line));
    }
}

/// F2: whoever was admitted, and received anything some time later while it still held, was told on a socket.
pub(crate) fn told(
    partition: u32,
    witness: &Witness,
    event: &Event,
    chain: &Chain,
    report: &mut Report,
) {
    let telling = telling_lines(witness);
    let mut frames: HashMap<u32, Vec<&FrameSeen>> = HashMap::new();
    witness
        .frames
        .iter()
        .for_each(|frame| frames.entry(frame.shopper).or_default().push(frame));
    let indexes: HashMap<Id, u32> = witness
        .shoppers
        .iter()
        .enumerate()
        .filter_map(|(index, id)| id.map(|id| (id, index as u32)))
        .collect();
    for (no, at, until) in admissions(event) {
        let Some(seen) = indexes
            .get(&event.places[no].shopper)
            .and_then(|shopper| frames.get(shopper))
        else {
            continue;
        };
        let meanwhile = seen.iter().filter(|frame| {
            frame
                .version
                .is_some_and(|(_, offset)| at.0 <= offset && offset < until)
        });
        let due = chain
            .stamp(at.0)
            .map_or(u64::MAX, |stamp| stamp + TOLD_WITHIN_MS);
        let (mut told, mut late) = (false, None);
        for frame in meanwhile {
            if frame.admitted || telling.contains(&frame.line) {
                told = true;
            } else if frame
                .version
                .and_then(|(_, offset)| chain.stamp(offset))
                .is_some_and(|stamp| stamp >= due)
            {
                late = late.or(Some(frame.line));
            }
        }
        let untold = late.filter(|_| !told);
        let what = || {
            format!(
                "place {}-{} was admitted, its shopper's socket goes on and never says so",
                event.places[no].at.0, event.places[no].at.1
            )
        };
        report.check(Rule::F2, untold.is_none(), what, || {
            let shown = untold.map(line);
            [command(partition, at)].into_iter().chain(shown).collect()
        });
    }
}

/// Lines with a frame whose place is in the room or beyond.
fn telling_lines(witness: &Witness) -> HashSet<u32> {
    let framed = witness
        .places
        .iter()
        .filter(|seen| matches!(seen.through, Through::Socket(_)));
    framed
        .filter(|seen| matches!(seen.state, "admitted" | "inside" | "booked"))
        .map(|seen| seen.line)
        .collect()
}

/// Every admission, with the offset from which on it no longer held; entering does not end it.
fn admissions(event: &Event) -> Vec<(usize, (u64, u32), u64)> {
    let mut admissions: Vec<(usize, (u64, u32), u64)> = Vec::new();
    let mut open: HashMap<usize, usize> = HashMap::new();
    for happening in &event.happenings {
        match happening.what {
            What::Moved(place, State::Admitted) => {
                open.insert(place, admissions.len());
                admissions.push((place, happening.at, u64::MAX));
            }
            What::Moved(_, State::Inside) => {}
            What::Moved(place, _) => {
                if let Some(admission) = open.remove(&place) {
                    admissions[admission].2 = happening.at.0;
                }
            }
            What::Joined(_) | What::Turn | What::BucketFilled | What::Policy => {}
        }
    }
    admissions
}
