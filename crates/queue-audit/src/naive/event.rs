//! One event as the checker sees it.

use super::{At, Decision, Id, Line, TOKEN};
use queue_protocol::record::{Definition, Policy, Slot as SlotDefinition};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the rule book's words")]
pub enum Phase {
    Scheduled,
    Lobby,
    Open,
    Closed,
}

impl Phase {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Lobby => "lobby",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// The state of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the rule book's words")]
pub enum State {
    Waiting,
    Admitted,
    Inside,
    Booked,
    Left,
    NoShow,
    TimedOut,
    Closed,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Admitted => "admitted",
            Self::Inside => "inside",
            Self::Booked => "booked",
            Self::Left => "left",
            Self::NoShow => "no_show",
            Self::TimedOut => "timed_out",
            Self::Closed => "closed",
        }
    }

    /// Whether it still counts as a place in the event.
    pub fn is_active(self) -> bool {
        matches!(
            self,
            Self::Waiting | Self::Admitted | Self::Inside | Self::Booked
        )
    }

    /// Whether it takes up the room.
    pub fn in_room(self) -> bool {
        matches!(self, Self::Admitted | Self::Inside)
    }
}

/// A place.
#[derive(Debug, Clone)]
pub struct Place {
    /// The join that made it: its id.
    pub at: At,
    /// Whose.
    pub shopper: Id,
    /// Its number, once it has one.
    pub number: Option<u32>,
    /// People ahead when it got the number.
    pub began_ahead: u32,
    /// Its state.
    pub state: State,
    /// When the claim window or the session ends, in service time.
    pub until: u64,
    /// Sessions extended.
    pub extensions: u8,
    /// The turn to standby sent it back and it has not been admitted since: the end of the session that it had, 0 if none.
    pub sent_back: Option<u64>,
    /// Cancelled with its slot.
    pub slot_cancelled: bool,
    /// The command that brought it to its state.
    pub changed: At,
    /// Whether it was ever admitted, and whether it ever entered.
    pub history: (Option<At>, Option<At>),
}

/// Whether a slot can be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the rule book's words")]
pub enum SlotStatus {
    Bookable,
    Over,
    Stopped,
    Cancelled,
}

impl SlotStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bookable => "bookable",
            Self::Over => "over",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A slot.
#[derive(Debug, Clone)]
pub struct Slot {
    /// As defined.
    pub definition: SlotDefinition,
    /// Seats now.
    pub capacity: u32,
    /// Seats confirmed.
    pub confirmed: u32,
    /// Whether it can be booked.
    pub status: SlotStatus,
}

impl Slot {
    /// Seats left.
    pub fn free(&self) -> u32 {
        self.capacity.saturating_sub(self.confirmed)
    }
}

/// What a reservation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the rule book's words")]
pub enum ReservationState {
    Confirmed,
    Cancelled { with_slot: bool },
    Refused(&'static str),
}

impl ReservationState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Cancelled { .. } => "cancelled",
            Self::Refused(_) => "refused",
        }
    }
}

/// A reservation as decided.
#[derive(Debug, Clone)]
pub struct Reservation {
    /// The command that decided it.
    pub at: At,
    /// The keyed hash of shopper and key.
    pub request: Id,
    /// Whose.
    pub shopper: Id,
    /// The place that made it.
    pub place: Option<usize>,
    /// The slot, by number; none when refused for an unknown one.
    pub slot: Option<usize>,
    /// Seats.
    pub seats: u32,
    /// What it came to.
    pub state: ReservationState,
    /// The door code's 40 bits.
    pub code: Option<u64>,
    /// Whether ever moved.
    pub moved: bool,
    /// Stamps: decided, changed, checked in.
    pub stamps: (u64, u64, Option<u64>),
    /// The command that changed it last.
    pub changed: At,
    /// Seats that were free in its slot when it was decided.
    pub free_then: u32,
}

/// Something that happened, for the checks that look at a stretch of time.
#[derive(Debug, Clone, Copy)]
pub struct Happening {
    /// By which command.
    pub at: At,
    /// At which service time.
    pub service: u64,
    /// What.
    pub what: What,
}

/// What happened. Places are given by number of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum What {
    Joined(usize),
    Moved(usize, State),
    Turn,
    BucketFilled,
    Policy,
}

/// An event.
#[derive(Debug)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// SHA-256 of the lobby's secret, in a shuffle lobby.
    pub commitment: Option<[u8; 32]>,
    /// The creation's command id.
    pub creation: Id,
    /// Phase.
    pub phase: Phase,
    /// Paused by an operator.
    pub paused: bool,
    /// No bookable seat is free.
    pub standby: bool,
    /// Opening of the lobby, opening, closing.
    pub schedule: (u64, u64, u64),
    /// Rates and limits.
    pub policy: Policy,
    /// The highest limit of reservations per shopper that there ever was.
    pub most_per_shopper: u8,
    /// Slots in definition order.
    pub slots: Vec<Slot>,
    /// Places in order of creation.
    pub places: Vec<Place>,
    /// The shopper's newest place, and how many there were.
    pub current: HashMap<Id, (usize, u32)>,
    /// The numbers that wait.
    pub line: Line,
    /// Places by number, from 1.
    pub by_number: Vec<usize>,
    /// Places of a shuffle lobby that wait for a number.
    pub unnumbered: BTreeSet<usize>,
    /// Who is in the room, by end of window or session, number, place.
    pub room: BTreeSet<(u64, u32, usize)>,
    /// Service time.
    pub service: u64,
    /// The bucket.
    pub tokens: u64,
    /// Reservations ever asked for, refused ones too.
    pub reservations: HashMap<Id, Reservation>,
    /// The first reservation of every request key.
    pub requests: HashMap<Id, Id>,
    /// Confirmed reservations by shopper.
    pub held: HashMap<Id, u32>,
    /// Door codes ever given, with their reservation.
    pub codes: HashMap<u64, Id>,
    /// Operators' commands already carried out.
    pub operated: HashSet<Id>,
    /// Whether the lobby's secret is out.
    pub revealed: bool,
    /// The numbers that were drawn when it came out.
    pub drawn: std::ops::Range<u32>,
    /// The last record that moved it.
    pub version: u64,
    /// What each shopper asked last, and what became of it.
    pub last: HashMap<Id, (&'static str, Decision)>,
    /// What happened.
    pub happenings: Vec<Happening>,
}

impl Event {
    pub(super) fn new(definition: &Definition, creation: Id) -> Self {
        Self {
            id: definition.id.clone(),
            commitment: definition.commitment.as_ref().map(|(hash, _)| **hash),
            creation,
            phase: Phase::Scheduled,
            paused: false,
            standby: false,
            schedule: (
                definition.lobby_opens_at,
                definition.opens_at,
                definition.closes_at,
            ),
            policy: definition.policy,
            most_per_shopper: definition.policy.per_shopper_max,
            slots: definition.slots.iter().map(Slot::new).collect(),
            places: Vec::new(),
            current: HashMap::new(),
            line: Line::default(),
            by_number: Vec::new(),
            unnumbered: BTreeSet::new(),
            room: BTreeSet::new(),
            service: 0,
            tokens: 0,
            reservations: HashMap::new(),
            requests: HashMap::new(),
            held: HashMap::new(),
            codes: HashMap::new(),
            operated: HashSet::from([creation]),
            revealed: false,
            drawn: 0..0,
            version: 0,
            last: HashMap::new(),
            happenings: Vec::new(),
        }
    }

    /// Free seats that can be booked.
    pub fn bookable_free(&self) -> u64 {
        self.slots
            .iter()
            .filter(|slot| slot.status == SlotStatus::Bookable)
            .map(|slot| u64::from(slot.free()))
            .sum()
    }

    /// Most that the bucket holds: one second's rate, and at least one admission.
    pub fn bucket(&self) -> u64 {
        TOKEN.max(u64::from(self.policy.admit_per_second_milli) * 1000)
    }

    /// Most in the room: its size, and never more than can still be booked, rounded up.
    pub fn room_limit(&self) -> u64 {
        let by_seats =
            (self.bookable_free() * u64::from(self.policy.room_per_seat_milli)).div_ceil(1000);
        by_seats.min(u64::from(self.policy.room_max))
    }

    /// People waiting, numbered or not.
    pub fn waiting(&self) -> u64 {
        u64::from(self.line.len()) + self.unnumbered.len() as u64
    }

    /// Why nobody is admitted now; nothing when somebody ought to be, were anybody waiting.
    pub fn why_nobody_is_admitted(&self) -> Option<&'static str> {
        if self.phase != Phase::Open {
            Some("the event is not open")
        } else if self.paused {
            Some("the event is paused")
        } else if self.bookable_free() == 0 {
            Some("no bookable seat is free")
        } else if self.tokens < TOKEN {
            Some("the rate allows no further admission yet")
        } else if self.room.len() as u64 >= self.room_limit() {
            Some("the room is at its limit")
        } else {
            None
        }
    }

    /// The slot of this id, by number.
    pub fn slot_named(&self, id: &str) -> Option<usize> {
        self.slots.iter().position(|slot| slot.definition.id == id)
    }

    /// The place that this join made.
    pub fn place_made_at(&self, join: At) -> Option<&Place> {
        self.places
            .binary_search_by_key(&join, |place| place.at)
            .ok()
            .map(|place| &self.places[place])
    }

    /// A shopper's newest place.
    pub fn current_place(&self, shopper: &Id) -> Option<usize> {
        self.current.get(shopper).map(|(place, _)| *place)
    }

    /// Confirmed reservations of a shopper.
    pub fn held_by(&self, shopper: &Id) -> u32 {
        self.held.get(shopper).copied().unwrap_or(0)
    }

    pub(super) fn note(&mut self, at: At, what: What) {
        self.happenings.push(Happening {
            at,
            service: self.service,
            what,
        });
    }
}

impl Slot {
    pub(super) fn new(definition: &SlotDefinition) -> Self {
        Self {
            definition: definition.clone(),
            capacity: definition.capacity,
            confirmed: 0,
            status: SlotStatus::Bookable,
        }
    }
}
