//! What folding a record did: absolute values that a projection stores as they are. Nothing here asks a projection to decide.

use crate::command::TextChange;
use crate::definition::{Definition, Policy, Schedule, SlotDefinition};
use crate::ids::{
    CommandId, DoorCode, EventId, PlaceId, PlaceNo, Position, RequestId, ReservationId, Seats,
    ServiceTime, ShopperId, SlotNo, Stamp,
};
use std::sync::Arc;

/// One change of one event, with the position of the command that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The command that made it; effects of a tick have the tick's position.
    pub at: Position,
    /// The event.
    pub event: EventId,
    /// What changed.
    pub kind: EffectKind,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectKind {
    /// The event exists. Its slots follow as `SlotAdded`, its schedule, policy and texts are the definition's until changed.
    Created {
        /// As created.
        definition: Arc<Definition>,
        /// The version of the rules.
        rules: u16,
        /// The creation's command id.
        creation: CommandId,
    },
    /// The version of the rules changed.
    Rules(u16),
    /// Phase and flags.
    Status(Guise),
    /// Set times.
    Schedule(Schedule),
    /// Rates and limits.
    Policy(Policy),
    /// Texts set and removed.
    Texts(Vec<TextChange>),
    /// A slot exists, bookable, with nothing confirmed.
    SlotAdded {
        /// Its number: the next one.
        slot: SlotNo,
        /// As defined.
        definition: SlotDefinition,
    },
    /// A slot's counts.
    Slot {
        /// Which.
        slot: SlotNo,
        /// Seats.
        capacity: Seats,
        /// Seats confirmed; never above `capacity`.
        confirmed: Seats,
        /// Whether it can be booked.
        status: SlotStatus,
    },
    /// Service time, and the stamp of the tick that set it.
    Clock {
        /// Service time of the event.
        service: ServiceTime,
        /// The tick's stamp.
        stamp: Stamp,
    },
    /// The bucket's tokens after a refill, an opening or a cut, in millionths. Admissions take from it, no-shows give back.
    Tokens(u64),
    /// The lobby's secret is out.
    Revealed {
        /// The secret.
        secret: [u8; 32],
        /// The log hash before the record that opened the event: with the secret it gives the order.
        log_hash: [u8; 32],
    },
    /// A place was taken. It is `Waiting`.
    Joined {
        /// Its number in creation order: the next one.
        place: PlaceNo,
        /// Its id.
        id: PlaceId,
        /// Whose.
        shopper: ShopperId,
        /// Its number in the line; `None` in a shuffle lobby.
        number: Option<u32>,
        /// People waiting ahead when the number was given.
        began_ahead: u32,
        /// The slot wished for.
        wish: Option<SlotNo>,
        /// The log's stamp of the join.
        stamp: Stamp,
    },
    /// A place of the lobby got its number.
    Numbered {
        /// Which.
        place: PlaceNo,
        /// Its number in the line, for ever.
        number: u32,
        /// People waiting ahead when the number was given.
        began_ahead: u32,
    },
    /// The wish changed.
    Wish {
        /// Which place.
        place: PlaceNo,
        /// The slot wished for.
        wish: Option<SlotNo>,
    },
    /// A place moved to a state.
    Place {
        /// Which.
        place: PlaceNo,
        /// Its state.
        state: PlaceState,
        /// When the claim window or session ends.
        until: Option<ServiceTime>,
        /// Sessions extended so far.
        extensions: u8,
        /// Why, when the shopper did not ask for it.
        reason: Option<PlaceReason>,
        /// The stamp of the record.
        stamp: Stamp,
    },
    /// A reservation was decided, or changed.
    Reservation {
        /// What happened to it now.
        change: ReservationChange,
        /// Its id.
        id: ReservationId,
        /// Its request, by which another body is recognised.
        request: RequestId,
        /// Whose.
        shopper: ShopperId,
        /// The place that made it, if there was one.
        place: Option<PlaceNo>,
        /// Which slot; `None` when refused for an unknown slot.
        slot: Option<SlotNo>,
        /// Seats.
        seats: Seats,
        /// Its state.
        state: ReservationState,
        /// Its door code, from confirmation on.
        code: Option<DoorCode>,
        /// Whether it has ever been moved.
        moved: bool,
        /// Stamp of the decision.
        decided: Stamp,
        /// Stamp of the last change.
        changed: Stamp,
        /// Stamp of the first check-in.
        checked_in: Option<Stamp>,
        /// The sealed address, if any.
        contact: Option<crate::command::Contact>,
    },
    /// What became of a shopper's command. Every shopper command has exactly one.
    Outcome {
        /// The producer's id.
        command: CommandId,
        /// Whose.
        shopper: ShopperId,
        /// The shopper's current place after it.
        place: Option<PlaceNo>,
        /// What was asked.
        kind: CommandKind,
        /// What became of it.
        outcome: Outcome,
        /// The reservation it was about.
        reservation: Option<ReservationId>,
        /// The slot it was about.
        slot: Option<SlotNo>,
    },
    /// What became of an operator's command.
    Operator {
        /// Its id.
        command: CommandId,
        /// Who.
        actor: Arc<str>,
        /// What became of it.
        result: OperatorResult,
    },
    /// All counts at once: only in an image (`EventState::image`), since otherwise they follow from the other effects.
    Totals(Totals),
    /// The end of an image.
    ImageEnd {
        /// The last record that moved the event.
        version: crate::ids::LogPosition,
    },
}

/// Phase and flags of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guise {
    /// Where it stands.
    pub phase: Phase,
    /// Whether an operator paused it.
    pub paused: bool,
    /// Whether no bookable seat is free.
    pub standby: bool,
    /// The set time that its current phase carried out or replaced.
    pub phase_since: Stamp,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// Before the lobby.
    Scheduled = 0,
    /// Joins are taken, nobody is admitted.
    Lobby = 1,
    /// Admission runs.
    Open = 2,
    /// Joins are refused.
    Closed = 3,
}

/// The state of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum PlaceState {
    /// In line.
    Waiting = 0,
    /// May enter until the claim window ends.
    Admitted = 1,
    /// In the booking room.
    Inside = 2,
    /// Holds what it came for.
    Booked = 3,
    /// Gone by its own wish.
    Left = 4,
    /// Admitted and never came.
    NoShow = 5,
    /// The session ended without a reservation.
    TimedOut = 6,
    /// The event closed first.
    Closed = 7,
}

impl PlaceState {
    /// Whether the place still counts: `Waiting`, `Admitted`, `Inside` or `Booked`.
    pub fn is_active(self) -> bool {
        self <= Self::Booked
    }

    /// Whether the place takes up the room.
    pub fn in_room(self) -> bool {
        matches!(self, Self::Admitted | Self::Inside)
    }
}

/// Why a place moved without its shopper asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PlaceReason {
    /// The turn to standby put it back in line.
    Standby = 0,
    /// Its slot was cancelled.
    SlotCancelled = 1,
}

/// Whether a slot can be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum SlotStatus {
    /// It can.
    Bookable = 0,
    /// Its time has come.
    Over = 1,
    /// An operator stopped it.
    Stopped = 2,
    /// An operator cancelled it, with its reservations.
    Cancelled = 3,
}

/// The state of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservationState {
    /// Seats are taken.
    Confirmed,
    /// Nothing was taken.
    Refused(Refusal),
    /// Seats were given back.
    Cancelled {
        /// By an operator, with its slot.
        slot_cancelled: bool,
    },
}

/// What happened to a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ReservationChange {
    /// Seats were taken.
    Confirmed = 0,
    /// It was refused.
    Refused = 1,
    /// It is in another slot now.
    Moved = 2,
    /// Seats were given back.
    Cancelled = 3,
    /// Its visitor came.
    CheckedIn = 4,
    /// Nothing: it is told again, in an image.
    Retold = 5,
}

/// What became of a shopper's command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Done,
    /// It changed nothing.
    Refused(Refusal),
}

/// Why a command changed nothing. One list for shoppers and operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[expect(
    missing_docs,
    reason = "the names are the public codes, explained in docs/rules.md"
)]
pub enum Refusal {
    IdempotencyMismatch = 0,
    NotOpen = 1,
    Closed = 2,
    Stale = 3,
    NotAdmitted = 4,
    SessionOver = 5,
    UnknownSlot = 6,
    SlotOver = 7,
    PartyTooLarge = 8,
    LimitReached = 9,
    HasReservation = 10,
    SoldOut = 11,
    WrongPhase = 12,
    BelowConfirmed = 13,
}

impl Refusal {
    /// The public code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::NotOpen => "not_open",
            Self::Closed => "closed",
            Self::Stale => "stale",
            Self::NotAdmitted => "not_admitted",
            Self::SessionOver => "session_over",
            Self::UnknownSlot => "unknown_slot",
            Self::SlotOver => "slot_over",
            Self::PartyTooLarge => "party_too_large",
            Self::LimitReached => "limit_reached",
            Self::HasReservation => "has_reservation",
            Self::SoldOut => "sold_out",
            Self::WrongPhase => "wrong_phase",
            Self::BelowConfirmed => "below_confirmed",
        }
    }
}

/// What a shopper's command asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is the `ShopperAction` of the same name")]
pub enum CommandKind {
    Join = 0,
    Leave = 1,
    Enter = 2,
    Extend = 3,
    Reserve = 4,
    Cancel = 5,
    Move = 6,
}

/// What became of an operator's command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorResult {
    /// It holds.
    Done,
    /// It changed nothing.
    Refused(Refusal),
    /// The visitor may pass: the first check-in of this reservation.
    CheckedIn(ReservationId),
    /// The visitor already passed, then.
    AlreadyCheckedIn(ReservationId, Stamp),
    /// No such code.
    UnknownCode,
    /// The reservation is cancelled.
    CancelledCode(ReservationId),
    /// The ticket's slot is no longer the reservation's.
    MovedCode(ReservationId),
    /// The reservation is for another day.
    WrongDay(ReservationId),
}

/// Counts since creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each field counts what its name says")]
pub struct Totals {
    pub joined: u64,
    pub admitted: u64,
    pub entered: u64,
    pub booked: u64,
    pub left: u64,
    pub no_show: u64,
    pub timed_out: u64,
    pub confirmed: u64,
    pub refused: u64,
    pub cancelled: u64,
}

impl Totals {
    /// Counts an effect. The fold and every view count with this.
    pub fn count(&mut self, effect: &EffectKind) {
        let counter = match effect {
            EffectKind::Joined { .. } => &mut self.joined,
            EffectKind::Place {
                state: PlaceState::Admitted,
                ..
            } => &mut self.admitted,
            EffectKind::Place {
                state: PlaceState::Inside,
                extensions: 0,
                ..
            } => &mut self.entered,
            EffectKind::Place {
                state: PlaceState::Booked,
                ..
            } => &mut self.booked,
            EffectKind::Place {
                state: PlaceState::Left,
                ..
            } => &mut self.left,
            EffectKind::Place {
                state: PlaceState::NoShow,
                ..
            } => &mut self.no_show,
            EffectKind::Place {
                state: PlaceState::TimedOut,
                ..
            } => &mut self.timed_out,
            EffectKind::Reservation {
                change: ReservationChange::Confirmed,
                ..
            } => &mut self.confirmed,
            EffectKind::Reservation {
                change: ReservationChange::Refused,
                ..
            } => &mut self.refused,
            EffectKind::Reservation {
                change: ReservationChange::Cancelled,
                ..
            } => &mut self.cancelled,
            EffectKind::Totals(totals) => {
                *self = *totals;
                return;
            }
            _ => return,
        };
        *counter += 1;
    }
}
