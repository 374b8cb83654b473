//! What a rehearsal's shoppers sent and saw: JSON lines, written by `banjjak rehearse` and read by `banjjak audit`.
//!
//! The first line is the header, the last one `end`; a file without it was cut off and proves less. All times (`_us`) are
//! microseconds of the rehearsal's own monotonic clock since its start, so "answered before sent" can be told within one file. It
//! records faithfully: a request that nobody answered is a line without a status, never no line.
//! It is not a log of the system, and it holds no cookies, only the shoppers' ids.

use serde::{Deserialize, Serialize};

/// The version of this format.
pub const WITNESS_VERSION: u32 = 1;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// First.
    Header(Header),
    /// Which id a simulated shopper has: once its cookie is known, before or after the shopper's first request.
    Shopper {
        /// The shopper's index in this file, from 0.
        shopper: u32,
        /// The UUID of its cookie: 32 lower-case hexadecimal digits, without hyphens.
        id: String,
    },
    /// A request, written when it was answered or given up.
    Request(Request),
    /// A socket or an event stream was opened or has ended.
    Socket(Socket),
    /// A frame was received.
    Frame(SeenFrame),
    /// The server was killed.
    Kill(Kill),
    /// The server is back.
    Restart(Restart),
    /// Last.
    End(End),
}

/// What the rehearsal was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`WITNESS_VERSION`].
    pub version: u32,
    /// The event.
    pub event: String,
    /// The seed of every draw.
    pub seed: u64,
    /// How many shoppers there are.
    pub shoppers: u32,
    /// The machine's clock at the start, milliseconds since the Unix epoch; nothing is ordered by it.
    pub started_ms: u64,
    /// The command line and settings, for people.
    pub config: serde_json::Value,
}

/// What was asked. The names are those of `last.kind`, plus the reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the call of the same name")]
pub enum Asked {
    Join,
    Enter,
    Extend,
    Leave,
    Reserve,
    Cancel,
    Move,
    /// `GET …/places/me`.
    ReadPlace,
    /// `GET /v1/reservations/{id}`.
    ReadReservation,
    /// `GET /v1/events/{event}`; no place, no reservation.
    ReadEvent,
}

/// One request and its answer. A retry is a line of its own, with the same `key` if it has one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The shopper's index.
    pub shopper: u32,
    /// What.
    pub asked: Asked,
    /// When it should have been sent.
    pub intended_us: u64,
    /// When its first byte was written.
    pub sent_us: u64,
    /// When its answer was complete, or when it was given up.
    pub done_us: u64,
    /// The trace id of its `traceparent` header, 32 lower-case hexadecimal digits: the entry in the log bears it. One of its own for
    /// every line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// `Idempotency-Key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The place that it named (`{"place":…}`), or the reservation's id in the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Join: the wish. Reserve: the slot. Move: where to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// Reserve: seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<u32>,
    /// `If-Match`, without the quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_slot: Option<String>,
    /// The HTTP status; absent: no whole answer came (time-out, reset, refused connection).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The connection was refused or never made: not a byte of the request left, so it cannot have taken effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsent: bool,
    /// The problem's `code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The place in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<SeenPlace>,
    /// The reservation in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<SeenReservation>,
    /// Read of the event: its slots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<SeenSlot>,
    /// Read of the event: the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<SeenEvent>,
}

/// What a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Acknowledged.
    Ok,
    /// Definitely refused.
    Fail,
    /// May or may not have taken effect.
    Unknown,
}

impl Request {
    /// `ok` is a 2xx, `fail` a 4xx, `503 overloaded` or `503 starting`, `unknown` everything else.
    pub fn verdict(&self) -> Verdict {
        match (self.status, self.code.as_deref()) {
            (Some(200..300), _) => Verdict::Ok,
            (Some(400..500), _) | (Some(503), Some("overloaded" | "starting")) => Verdict::Fail,
            (None, _) if self.unsent => Verdict::Fail,
            _ => Verdict::Unknown,
        }
    }
}

/// A place as shown. Fields that were not in the answer are absent, and so are nulls.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SeenPlace {
    /// The view's version that it was true for; the frame's in a frame.
    pub version: String,
    /// `pending | waiting | admitted | inside | booked | left | no_show | timed_out | closed`
    pub state: String,
    /// `generation-offset-index`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// People ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<u32>,
    /// People ahead when the number was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_ahead: Option<u32>,
    /// People waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
    /// `standby | rate | paused | slot_cancelled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Reservations in the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reservations: Vec<SeenReservation>,
    /// `last.kind`, `last.state`, `last.reason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<(String, String, Option<String>)>,
    /// The signed receipt, in answers to a join that was acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// A reservation as shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SeenReservation {
    /// The view's version that it was true for.
    pub version: String,
    /// The public id.
    pub id: String,
    /// `pending | confirmed | refused | cancelled`
    pub state: String,
    /// Why refused or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// Seats.
    pub seats: u32,
    /// The door code, when confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A slot's seats as shown: id, remaining, capacity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenSlot(pub String, pub u32, pub u32);

/// The event's flags as shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SeenEvent {
    /// The view's version that it was true for.
    pub version: String,
    /// `scheduled | lobby | open | closed`
    pub phase: String,
    /// Whether paused.
    pub paused: bool,
    /// Whether in standby.
    pub standby: bool,
    /// People waiting.
    pub waiting: u64,
}

/// A socket's beginning or end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Socket {
    /// The shopper's index.
    pub shopper: u32,
    /// Its number: unique in the file.
    pub socket: u32,
    /// When.
    pub at_us: u64,
    /// Whether it is an event stream.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// What happened.
    pub what: SocketEvent,
}

/// What happened to a socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SocketEvent {
    /// It is open. `since`: the version that it was opened with.
    Opened {
        /// `?since=`.
        since: Option<String>,
    },
    /// It did not open.
    Unopened {
        /// When that was tried.
        began_us: u64,
        /// The status that was answered instead; absent: nobody there, or no answer.
        status: Option<u16>,
    },
    /// It has ended. The close code, if a close frame came.
    Closed {
        /// Such as 1012.
        code: Option<u16>,
    },
}

/// A frame as received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenFrame {
    /// The shopper's index.
    pub shopper: u32,
    /// The socket's number.
    pub socket: u32,
    /// When it was received.
    pub at_us: u64,
    /// `type`: `hello | place | admitted | slots | reservation | event | alive | reconnect`.
    pub kind: String,
    /// `version`; absent in `reconnect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Hello: whether it said `"stale":true`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// Hello and place: the place. Admitted: absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<SeenPlace>,
    /// Reservation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<SeenReservation>,
    /// Hello and slots. In a hello they are as old as the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<SeenSlot>,
    /// Hello and event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<SeenEvent>,
}

/// The server was killed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kill {
    /// When the signal was sent.
    pub at_us: u64,
    /// Where the rehearsal stood: `join burst`, `booking`, `standby`.
    pub moment: String,
    /// Requests sent and not answered at that moment.
    pub unanswered: u64,
    /// Sockets open at that moment.
    pub sockets: u64,
}

/// The server is back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Restart {
    /// When it was ready again.
    pub at_us: u64,
    /// Records that the new process folded again at its start.
    pub folded_again: Option<u64>,
}

/// The rehearsal's end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// When.
    pub at_us: u64,
    /// Whether everything had come to rest: no request unanswered, every pending outcome told.
    pub quiet: bool,
    /// Whether every seat was taken at some moment.
    pub sold_out: bool,
    /// Most sockets open at once.
    pub peak_sockets: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http;

    fn request(status: Option<u16>, code: Option<&str>) -> Request {
        Request {
            shopper: 0,
            asked: Asked::Join,
            intended_us: 0,
            sent_us: 0,
            done_us: 1,
            trace: None,
            key: None,
            of: None,
            slot: None,
            seats: None,
            if_slot: None,
            status,
            unsent: false,
            code: code.map(str::to_owned),
            place: None,
            reservation: None,
            slots: Vec::new(),
            event: None,
        }
    }

    #[test]
    fn a_line_reads_back_as_written() {
        let frame = http::Frame::Hello {
            version: "1-7".into(),
            server_ms: 5,
            event: serde_json::json!({"phase": "open", "paused": false, "standby": true, "waiting": 3}),
            place: Some(
                serde_json::json!({"state": "waiting", "number": 4, "ahead": 3, "waiting": 3, "last": {"kind": "join", "state": "done", "reason": null}}),
            ),
            slots: vec![http::SlotSeats {
                id: "1000".into(),
                remaining: 0,
                capacity: 4,
                state: "bookable".into(),
            }],
            stale: true,
        };
        let line = Line::Frame(SeenFrame::new(1, 2, 3, &frame));
        let text = serde_json::to_string(&line).expect("a line");
        assert!(!text.contains(":null"), "{text}");
        assert_eq!(serde_json::from_str::<Line>(&text).expect("a line"), line);
        let line = Line::Request(request(None, None));
        assert_eq!(
            serde_json::from_str::<Line>(&serde_json::to_string(&line).expect("a line"))
                .expect("a line"),
            line
        );
    }

    #[test]
    fn an_answer_is_ok_fail_or_unknown() {
        let table = [
            (Some(202), None, Verdict::Ok),
            (Some(409), Some("sold_out"), Verdict::Fail),
            (Some(503), Some("overloaded"), Verdict::Fail),
            (Some(503), Some("starting"), Verdict::Fail),
            (Some(503), Some("outcome_unknown"), Verdict::Unknown),
            (Some(500), None, Verdict::Unknown),
            (None, None, Verdict::Unknown),
        ];
        for (status, code, verdict) in table {
            assert_eq!(
                request(status, code).verdict(),
                verdict,
                "{status:?} {code:?}"
            );
        }
        let unsent = Request {
            unsent: true,
            ..request(None, None)
        };
        assert_eq!(unsent.verdict(), Verdict::Fail);
    }
}
