//! Requests that fail without a fault to explain it: under 3 in 1,000.

use super::line;
use crate::report::Report;
use crate::rule::Rule;
use crate::source::Witness;
use queue_protocol::witness::Request;

/// After a restart clients come back over so long; what fails then is the kill's doing.
const AFTERMATH_US: u64 = 5_000_000;

/// Whether the request failed for a reason of the system's: overload, time-out, a broken connection, a fault. A refusal by the rules is none.
fn failed(request: &Request) -> bool {
    match request.status {
        None | Some(408 | 429 | 500..) => true,
        Some(_) => false,
    }
}

/// From every kill to some time after the server was back.
fn faults(witness: &Witness) -> Vec<(u64, u64)> {
    let back = |kill: u64| {
        witness
            .restarts
            .iter()
            .map(|restart| restart.at_us)
            .filter(|at| *at > kill)
            .min()
    };
    witness
        .kills
        .iter()
        .map(|kill| {
            (
                kill.at_us,
                back(kill.at_us).map_or(u64::MAX, |at| at + AFTERMATH_US),
            )
        })
        .collect()
}

/// Counts.
pub(crate) fn look(witness: &Witness, report: &mut Report) {
    let faults = faults(witness);
    let failed: Vec<_> = witness
        .requests
        .iter()
        .filter(|request| failed(&request.said))
        .collect();
    let explained = |request: &Request| {
        faults
            .iter()
            .any(|(from, to)| request.sent_us <= *to && request.done_us >= *from)
    };
    let unexplained: Vec<_> = failed
        .iter()
        .filter(|request| !explained(&request.said))
        .collect();
    let all = witness.requests.len() as u64;
    report.count("requests", all);
    report.count("requests that failed", failed.len() as u64);
    report.count(
        "requests that failed without a fault",
        unexplained.len() as u64,
    );
    let within = unexplained.len() as u64 * 1000 <= all * 3;
    let shown = || {
        unexplained
            .iter()
            .take(5)
            .map(|request| line(request.line))
            .collect()
    };
    report.check(
        Rule::Budget,
        within,
        || {
            format!(
                "{} of {all} requests failed without a fault",
                unexplained.len()
            )
        },
        shown,
    );
    for kill in &witness.kills {
        report.note(format!(
            "killed in {} with {} requests unanswered and {} sockets open",
            kill.moment, kill.unanswered, kill.sockets
        ));
    }
    for restart in &witness.restarts {
        let folded = restart
            .folded_again
            .map_or("an unknown number of".to_owned(), |records| {
                records.to_string()
            });
        report.note(format!(
            "after a restart {folded} records were folded again"
        ));
    }
    if !witness.kills.is_empty()
        && witness
            .kills
            .iter()
            .all(|kill| kill.unanswered == 0 && kill.sockets == 0)
    {
        report.note("no kill left a request unanswered or a socket open: as a fault test this proves nothing".to_owned());
    }
}
