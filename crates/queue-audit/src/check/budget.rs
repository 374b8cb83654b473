//! Requests that fail without a fault to explain it: under 3 in 1,000.

use super::line;
use crate::report::Report;
use crate::rule::Rule;
use crate::source::Witness;
use queue_protocol::witness::{Asked, Request, SocketEvent};

/// After a restart clients come back over so long; what fails then is the kill's doing.
const AFTERMATH_US: u64 = 1_000_000;

/// Whether the request failed: overload, time-out, a broken connection, a fault. A refusal by the rules is none, nor is the answer
/// that there is nothing to read; whether that is true is A5's to say.
fn failed(request: &Request) -> bool {
    match request.status {
        Some(200..400 | 409) => false,
        Some(404) => !matches!(request.asked, Asked::ReadPlace | Asked::ReadReservation),
        _ => true,
    }
}

/// Something that failed: its line, when it began and when it was over.
type Failure = (u32, u64, u64);

/// Requests, and sockets that did not open.
fn failures(witness: &Witness) -> Vec<Failure> {
    let requests = witness
        .requests
        .iter()
        .filter(|request| failed(&request.said));
    let requests =
        requests.map(|request| (request.line, request.said.sent_us, request.said.done_us));
    let sockets = witness
        .sockets
        .iter()
        .filter_map(|socket| match socket.said.what {
            SocketEvent::Unopened { began_us, .. } => {
                Some((socket.line, began_us, socket.said.at_us))
            }
            SocketEvent::Opened { .. } | SocketEvent::Closed { .. } => None,
        });
    requests.chain(sockets).collect()
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
    let failures = failures(witness);
    let explained = |failure: &&Failure| {
        faults
            .iter()
            .any(|(from, to)| failure.1 <= *to && failure.2 >= *from)
    };
    let unexplained: Vec<_> = failures
        .iter()
        .filter(|failure| !explained(failure))
        .collect();
    let sockets = witness
        .sockets
        .iter()
        .filter(|socket| !matches!(socket.said.what, SocketEvent::Closed { .. }));
    let all = (witness.requests.len() + sockets.count()) as u64;
    report.count("requests", witness.requests.len() as u64);
    report.count("requests and sockets that failed", failures.len() as u64);
    report.count("of these without a fault", unexplained.len() as u64);
    let within = unexplained.len() as u64 * 1000 <= all * 3;
    let shown = || {
        unexplained
            .iter()
            .take(5)
            .map(|failure| line(failure.0))
            .collect()
    };
    let what = || {
        format!(
            "{} of {all} requests and sockets failed without a fault",
            unexplained.len()
        )
    };
    report.check(Rule::Budget, within, what, shown);
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
