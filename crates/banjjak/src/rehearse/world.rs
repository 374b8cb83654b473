//! What all shoppers share: the connections, the counts, the witness. One try of a request is sent, written down and judged here.

use super::ask::{self, Ask, Jar, Told};
use super::clock::Clock;
use super::kinds::{Ended, Timed};
use super::pool::{Exchange, Lost, Pool};
use super::record::Recorder;
use super::socket::Unopened;
use super::tally::Tally;
use hyper::Method;
use queue_protocol::witness::{self, Line, Verdict};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Shared by all shoppers.
pub(crate) struct World {
    /// The event's id.
    pub(crate) event: String,
    /// The slots' ids, in the event's order.
    pub(crate) slots: Vec<String>,
    /// Seats free per slot when the rehearsal began.
    pub(crate) seats: Vec<u32>,
    /// The connections.
    pub(crate) pool: Pool,
    /// The witness.
    pub(crate) recorder: Recorder,
    /// The counts.
    pub(crate) tally: Tally,
    /// Time since the start.
    pub(crate) clock: Clock,
    /// When the first shopper may click.
    pub(crate) begin_us: u64,
    /// Shoppers act until then, then look a last time.
    pub(crate) stop: CancellationToken,
    /// One permit a socket.
    pub(crate) sockets: Arc<Semaphore>,
    /// Numbers of sockets.
    pub(crate) next_socket: AtomicU32,
    /// How often a shopper without a socket looks.
    pub(crate) poll_every: Duration,
    /// The last looks are spread over so long.
    pub(crate) last_look_over: Duration,
}

/// Reasons of the rules: answers to a correct shopper. `idempotency_mismatch` is one that it provokes.
const REASONS: [&str; 12] = [
    "idempotency_mismatch",
    "not_open",
    "closed",
    "stale",
    "not_admitted",
    "session_over",
    "unknown_slot",
    "slot_over",
    "party_too_large",
    "limit_reached",
    "has_reservation",
    "sold_out",
];

impl World {
    /// One try: sends it, writes it down and judges the answer.
    pub(crate) async fn ask(
        &self,
        shopper: u32,
        jar: &mut Jar,
        trace: u128,
        ask: &Ask,
        intended_us: u64,
    ) -> Told {
        let trace = format!("{trace:032x}");
        let Exchange {
            sent_us,
            done_us,
            outcome,
        } = self
            .pool
            .send(ask::request(ask, &jar.header(), &trace))
            .await;
        let mut line = ask::line_of(shopper, ask, trace, [intended_us, sent_us, done_us]);
        let mut retry_after = None;
        let mut readable = true;
        match outcome {
            Ok(reply) => {
                jar.keep(reply.cookies);
                retry_after = reply.retry_after;
                line.status = Some(reply.status.as_u16());
                readable = ask::read(&mut line, ask.asked, &reply.body);
            }
            Err(lost) => line.unsent = lost == Lost::Unsent,
        }
        self.judge(&line, readable);
        if ask.method == Method::GET && line.verdict() == Verdict::Ok {
            self.tally
                .took(Timed::Read, done_us, done_us.saturating_sub(intended_us));
        }
        let line = Line::Request(line);
        self.recorder.write(&line);
        let Line::Request(line) = line else {
            unreachable!("it was made a request above")
        };
        Told {
            verdict: line.verdict(),
            status: line.status,
            code: line.code,
            retry_after,
            place: line.place,
            reservation: line.reservation,
            done_us,
        }
    }

    fn judge(&self, line: &witness::Request, readable: bool) {
        let legitimate = line.status == Some(409)
            && line
                .code
                .as_deref()
                .is_some_and(|code| REASONS.contains(&code));
        let ended = match line.verdict() {
            _ if !readable => Ended::Unexplained,
            Verdict::Ok => Ended::Ok,
            _ if legitimate => Ended::Refused,
            _ if self.tally.explained(line.sent_us, line.done_us) => Ended::Explained,
            _ => Ended::Unexplained,
        };
        let what = || {
            let said = match (line.status, line.unsent) {
                (Some(status), _) => format!(
                    "{status} {}",
                    line.code
                        .as_deref()
                        .unwrap_or(if readable { "" } else { "(unreadable)" })
                ),
                (None, true) => "connection refused".into(),
                (None, false) => "no answer".into(),
            };
            format!(
                "{:?} of shopper {}: {said} after {} ms",
                line.asked,
                line.shopper,
                (line.done_us - line.sent_us) / 1000
            )
        };
        self.tally.ended(ended, line.done_us, what);
    }

    /// A socket did not open. Around a kill that is explained; `503` and `1013` are not.
    pub(crate) fn judge_socket(
        &self,
        shopper: u32,
        unopened: Unopened,
        began_us: u64,
        ended_us: u64,
    ) {
        let ended = if self.tally.explained(began_us, ended_us) {
            Ended::Explained
        } else {
            Ended::Unexplained
        };
        self.tally.ended(ended, ended_us, || {
            format!(
                "socket of shopper {shopper}: {unopened:?} after {} ms",
                (ended_us - began_us) / 1000
            )
        });
    }

    /// `/v1/events/{event}` and the rest.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/events/{}{rest}", self.event)
    }
}
