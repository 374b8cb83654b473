//! A rehearsal's record of what its shoppers saw, read line by line and kept compact: there are millions of frames.

use super::SourceError;
use queue_protocol::witness::{
    End, Header, Kill, Line, Request, Restart, SeenEvent, SeenFrame, SeenPlace, SeenReservation,
    SeenSlot, Socket, WITNESS_VERSION,
};
use std::collections::{BTreeSet, HashSet};
use std::io::BufRead;

/// Something with the number of its line, from 1.
#[derive(Debug, Clone)]
pub struct Numbered<T> {
    /// The line.
    pub line: u32,
    /// What it says.
    pub said: T,
}

/// Generation and offset of a version, as shown.
pub type Version = (u32, u64);

/// Where something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// In an answer to a request.
    Answer,
    /// In a frame of this socket.
    Socket(u32),
}

/// A place as some shopper saw it.
#[derive(Debug, Clone)]
pub struct PlaceSeen {
    /// The line that says so.
    pub line: u32,
    /// The shopper's index.
    pub shopper: u32,
    /// Where.
    pub through: Through,
    /// When it was received, microseconds.
    pub at_us: u64,
    /// The version that it was true for.
    pub version: Version,
    /// The word for its state.
    pub state: &'static str,
    /// Its id: offset and index of the join.
    pub id: Option<(u64, u32)>,
    /// Its number.
    pub number: Option<u32>,
    /// People ahead.
    pub ahead: Option<u32>,
    /// People ahead when it got the number.
    pub began_ahead: Option<u32>,
    /// People waiting.
    pub waiting: Option<u64>,
    /// The word for why it stands where it stands.
    pub reason: Option<&'static str>,
    /// The words for the last command: what was asked, what became of it, and why.
    pub last: Option<(&'static str, &'static str, Option<&'static str>)>,
}

/// A reservation as some shopper saw it.
#[derive(Debug, Clone)]
pub struct ReservationSeen {
    /// The line that says so.
    pub line: u32,
    /// The shopper's index.
    pub shopper: u32,
    /// The version that it was true for.
    pub version: Version,
    /// An acknowledgement (202) said it: its version is that of its own record, and it says what was asked, not what is known.
    pub acknowledges: bool,
    /// What it said.
    pub said: SeenReservation,
}

/// A frame, without what it said.
#[derive(Debug, Clone, Copy)]
pub struct FrameSeen {
    /// The line that says so.
    pub line: u32,
    /// The shopper's index.
    pub shopper: u32,
    /// Its socket.
    pub socket: u32,
    /// The version; none in `reconnect`.
    pub version: Option<Version>,
    /// Whether it is a hello, and a stale one.
    pub hello: Option<bool>,
    /// Whether it is an `admitted` frame.
    pub admitted: bool,
}

/// Seats seen at a version.
pub type SlotsSeen = (Version, Vec<SeenSlot>);

/// A whole witness.
#[derive(Debug)]
pub struct Witness {
    /// What the rehearsal was.
    pub header: Header,
    /// The shoppers' ids by index.
    pub shoppers: Vec<Option<[u8; 16]>>,
    /// Requests and answers.
    pub requests: Vec<Numbered<Request>>,
    /// Frames in the order of the file.
    pub frames: Vec<FrameSeen>,
    /// Places seen.
    pub places: Vec<PlaceSeen>,
    /// Reservations seen.
    pub reservations: Vec<ReservationSeen>,
    /// Different seats seen, by version.
    pub slots: Vec<Numbered<SlotsSeen>>,
    /// Different flags seen.
    pub events: Vec<Numbered<(Version, SeenEvent)>>,
    /// Sockets opened and ended.
    pub sockets: Vec<Numbered<Socket>>,
    /// Kills.
    pub kills: Vec<Kill>,
    /// Restarts.
    pub restarts: Vec<Restart>,
    /// The end, if the file has one.
    pub end: Option<End>,
    /// Versions or words that nothing can be made of.
    pub unreadable: Vec<Numbered<String>>,
    seen_slots: BTreeSet<SlotsSeen>,
    seen_events: HashSet<(Version, String, bool, bool, u64)>,
}

const WORDS: &[&str] = &[
    "pending",
    "waiting",
    "admitted",
    "inside",
    "booked",
    "left",
    "no_show",
    "timed_out",
    "closed",
    "standby",
    "rate",
    "paused",
    "slot_cancelled",
    "join",
    "leave",
    "enter",
    "extend",
    "reserve",
    "cancel",
    "move",
    "done",
    "refused",
    "idempotency_mismatch",
    "not_open",
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

fn word(text: &str) -> Option<&'static str> {
    WORDS.iter().copied().find(|word| *word == text)
}

/// `generation-offset`.
pub(crate) fn version(text: &str) -> Option<Version> {
    let (generation, offset) = text.split_once('-')?;
    Some((generation.parse().ok()?, offset.parse().ok()?))
}

/// `generation-offset-index`, without the generation.
pub(crate) fn place_id(text: &str) -> Option<(u64, u32)> {
    let (record, index) = text.rsplit_once('-')?;
    Some((version(record)?.1, index.parse().ok()?))
}

/// Reads a line. Nearly all are frames and requests, which are read without asking first what they are.
fn parse(text: &str) -> serde_json::Result<Line> {
    if text.starts_with(r#"{"line":"frame","#) {
        serde_json::from_str(text).map(Line::Frame)
    } else if text.starts_with(r#"{"line":"request","#) {
        serde_json::from_str(text).map(Line::Request)
    } else {
        serde_json::from_str(text)
    }
}

fn corrupt(why: String) -> SourceError {
    SourceError::Corrupt {
        what: "the witness".to_owned(),
        why,
    }
}

impl Witness {
    /// Reads a witness to its end. A last line that was cut off is left out; the missing `end` tells.
    pub fn read(mut lines: impl BufRead) -> Result<Self, SourceError> {
        let mut text = String::new();
        let mut next = |text: &mut String| {
            text.clear();
            let read = lines
                .read_line(text)
                .map_err(|error| SourceError::Unavailable {
                    what: "the witness".to_owned(),
                    why: error.to_string(),
                })?;
            Ok::<_, SourceError>(read > 0 && text.ends_with('\n'))
        };
        next(&mut text)?;
        let Ok(Line::Header(header)) = serde_json::from_str(&text) else {
            return Err(corrupt("it does not begin with a header".to_owned()));
        };
        if header.version != WITNESS_VERSION {
            return Err(corrupt(format!(
                "its version is {}, not {WITNESS_VERSION}",
                header.version
            )));
        }
        let mut witness = Self::new(header);
        let mut line = 1;
        while next(&mut text)? {
            line += 1;
            let said = parse(&text).map_err(|error| corrupt(format!("line {line}: {error}")))?;
            witness.take(line, said);
        }
        Ok(witness)
    }

    fn new(header: Header) -> Self {
        Self {
            shoppers: vec![None; header.shoppers as usize],
            header,
            requests: Vec::new(),
            frames: Vec::new(),
            places: Vec::new(),
            reservations: Vec::new(),
            slots: Vec::new(),
            events: Vec::new(),
            sockets: Vec::new(),
            kills: Vec::new(),
            restarts: Vec::new(),
            end: None,
            unreadable: Vec::new(),
            seen_slots: BTreeSet::new(),
            seen_events: HashSet::new(),
        }
    }

    /// A shopper's id.
    pub fn shopper(&self, index: u32) -> Option<[u8; 16]> {
        self.shoppers.get(index as usize).copied().flatten()
    }

    fn take(&mut self, line: u32, said: Line) {
        match said {
            Line::Header(_) => self.unreadable.push(Numbered {
                line,
                said: "a second header".to_owned(),
            }),
            Line::Shopper { shopper, id } => {
                let index = shopper as usize;
                if self.shoppers.len() <= index {
                    self.shoppers.resize(index + 1, None);
                }
                self.shoppers[index] = crate::naive::unhex(&id);
            }
            Line::Request(request) => self.take_request(line, request),
            Line::Socket(socket) => self.sockets.push(Numbered { line, said: socket }),
            Line::Frame(frame) => self.take_frame(line, frame),
            Line::Kill(kill) => self.kills.push(kill),
            Line::Restart(restart) => self.restarts.push(restart),
            Line::End(end) => self.end = Some(end),
        }
    }

    fn take_request(&mut self, line: u32, request: Request) {
        if let Some(place) = &request.place {
            self.take_place(
                line,
                request.shopper,
                Through::Answer,
                request.done_us,
                place,
            );
        }
        if let Some(reservation) = &request.reservation {
            self.take_reservation(
                line,
                request.shopper,
                request.status == Some(202),
                reservation,
            );
        }
        if let Some(event) = &request.event {
            self.take_slots(line, &event.version, &request.slots);
            self.take_event(line, event);
        }
        self.requests.push(Numbered {
            line,
            said: request,
        });
    }

    fn take_frame(&mut self, line: u32, frame: SeenFrame) {
        let version = frame
            .version
            .as_deref()
            .and_then(|text| self.version(line, text));
        self.frames.push(FrameSeen {
            line,
            shopper: frame.shopper,
            socket: frame.socket,
            version,
            hello: (frame.kind == "hello").then_some(frame.stale),
            admitted: frame.kind == "admitted",
        });
        if let Some(place) = &frame.place {
            self.take_place(
                line,
                frame.shopper,
                Through::Socket(frame.socket),
                frame.at_us,
                place,
            );
        }
        if let Some(reservation) = &frame.reservation {
            self.take_reservation(line, frame.shopper, false, reservation);
        }
        let as_old_as = frame
            .event
            .as_ref()
            .map(|event| &event.version)
            .or(frame.version.as_ref());
        if let Some(text) = as_old_as {
            self.take_slots(line, text, &frame.slots);
        }
        if let Some(event) = &frame.event {
            self.take_event(line, event);
        }
    }

    fn version(&mut self, line: u32, text: &str) -> Option<Version> {
        let parsed = version(text);
        if parsed.is_none() {
            self.unreadable.push(Numbered {
                line,
                said: format!("version {text:?}"),
            });
        }
        parsed
    }

    fn take_place(
        &mut self,
        line: u32,
        shopper: u32,
        through: Through,
        at_us: u64,
        place: &SeenPlace,
    ) {
        // A pending place too knows nothing but what was acknowledged.
        let acknowledges = place.state == "pending";
        place.reservations.iter().for_each(|reservation| {
            self.take_reservation(line, shopper, acknowledges, reservation)
        });
        let Some(state) = word(&place.state) else {
            self.unreadable.push(Numbered {
                line,
                said: format!("state {:?}", place.state),
            });
            return;
        };
        let Some(version) = self.version(line, &place.version) else {
            return;
        };
        self.places.push(PlaceSeen {
            line,
            shopper,
            through,
            at_us,
            version,
            state,
            id: place.id.as_deref().and_then(place_id),
            number: place.number,
            ahead: place.ahead,
            began_ahead: place.began_ahead,
            waiting: place.waiting,
            reason: place.reason.as_deref().and_then(word),
            last: place.last.as_ref().and_then(|(kind, state, reason)| {
                Some((word(kind)?, word(state)?, reason.as_deref().and_then(word)))
            }),
        });
    }

    fn take_reservation(
        &mut self,
        line: u32,
        shopper: u32,
        acknowledges: bool,
        said: &SeenReservation,
    ) {
        if let Some(version) = self.version(line, &said.version) {
            self.reservations.push(ReservationSeen {
                line,
                shopper,
                version,
                acknowledges,
                said: said.clone(),
            });
        }
    }

    fn take_slots(&mut self, line: u32, text: &str, slots: &[SeenSlot]) {
        let Some(version) = version(text).filter(|_| !slots.is_empty()) else {
            return;
        };
        if self.seen_slots.insert((version, slots.to_vec())) {
            self.slots.push(Numbered {
                line,
                said: (version, slots.to_vec()),
            });
        }
    }

    fn take_event(&mut self, line: u32, event: &SeenEvent) {
        let Some(version) = self.version(line, &event.version) else {
            return;
        };
        if self.seen_events.insert((
            version,
            event.phase.clone(),
            event.paused,
            event.standby,
            event.waiting,
        )) {
            self.events.push(Numbered {
                line,
                said: (version, event.clone()),
            });
        }
    }
}
