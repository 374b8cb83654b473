//! Effects as a snapshot holds them. Only the kinds that images tell: outcomes are not kept.

use super::SnapshotError;
use crate::record::{Definition, Policy, Slot, TextChange};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use queue_domain as domain;
use queue_domain::{
    CommandId, Contact, DoorCode, Effect, EffectKind, EventId, Guise, LogPosition, OperatorResult,
    Phase, PlaceId, PlaceNo, PlaceReason, PlaceState, Position, Refusal, RequestId,
    ReservationChange, ReservationId, ReservationState, Schedule, Seats, ServiceTime, ShopperId,
    SlotNo, SlotStatus, Stamp, Totals,
};
use std::sync::Arc;

/// An effect and its position.
#[derive(Encode, Decode)]
pub(super) struct WireEffect {
    #[n(0)]
    at: WirePosition,
    #[n(1)]
    kind: WireKind,
}

type WirePosition = (u32, u64, u32);

#[derive(Encode, Decode)]
enum WireKind {
    #[n(0)]
    Created {
        #[n(0)]
        definition: Box<Definition>,
        #[n(1)]
        rules: u16,
        #[n(2)]
        creation: ByteArray<16>,
    },
    #[n(1)]
    Status {
        #[n(0)]
        phase: u8,
        #[n(1)]
        paused: bool,
        #[n(2)]
        standby: bool,
        #[n(3)]
        phase_since: u64,
    },
    #[n(2)]
    Schedule(#[n(0)] u64, #[n(1)] u64, #[n(2)] u64),
    #[n(3)]
    Policy(#[n(0)] Policy),
    #[n(4)]
    Texts(#[n(0)] Vec<TextChange>),
    #[n(5)]
    SlotAdded(#[n(0)] u16, #[n(1)] Slot),
    #[n(6)]
    Slot {
        #[n(0)]
        slot: u16,
        #[n(1)]
        capacity: u32,
        #[n(2)]
        confirmed: u32,
        #[n(3)]
        status: u8,
    },
    #[n(7)]
    Clock(#[n(0)] u64, #[n(1)] u64),
    #[n(8)]
    Tokens(#[n(0)] u64),
    #[n(9)]
    Revealed(#[n(0)] ByteArray<32>, #[n(1)] ByteArray<32>),
    #[n(10)]
    Joined {
        #[n(0)]
        place: u32,
        #[n(1)]
        id: WirePosition,
        #[n(2)]
        shopper: ByteArray<16>,
        #[n(3)]
        number: Option<u32>,
        #[n(4)]
        began_ahead: u32,
        #[n(5)]
        wish: Option<u16>,
        #[n(6)]
        stamp: u64,
    },
    #[n(11)]
    Numbered(#[n(0)] u32, #[n(1)] u32, #[n(2)] u32),
    #[n(12)]
    Place {
        #[n(0)]
        place: u32,
        #[n(1)]
        state: u8,
        #[n(2)]
        until: Option<u64>,
        #[n(3)]
        extensions: u8,
        #[n(4)]
        reason: Option<u8>,
        #[n(5)]
        stamp: u64,
    },
    #[n(13)]
    Reservation(#[n(0)] Box<WireReservation>),
    #[n(14)]
    Operator {
        #[n(0)]
        command: ByteArray<16>,
        #[n(1)]
        actor: String,
        #[n(2)]
        result: WireResult,
    },
    #[n(15)]
    Totals(#[n(0)] [u64; 10]),
    #[n(16)]
    ImageEnd(#[n(0)] u32, #[n(1)] u64),
}

#[derive(Encode, Decode)]
struct WireReservation {
    #[n(0)]
    id: ByteArray<16>,
    #[n(1)]
    request: ByteArray<16>,
    #[n(2)]
    shopper: ByteArray<16>,
    #[n(3)]
    place: Option<u32>,
    #[n(4)]
    slot: Option<u16>,
    #[n(5)]
    seats: u32,
    #[n(6)]
    state: WireState,
    #[n(7)]
    code: Option<u64>,
    #[n(8)]
    moved: bool,
    #[n(9)]
    decided: u64,
    #[n(10)]
    changed: u64,
    #[n(11)]
    checked_in: Option<u64>,
    #[n(12)]
    contact: Option<ByteVec>,
}

#[derive(Encode, Decode)]
enum WireState {
    #[n(0)]
    Confirmed,
    #[n(1)]
    Refused(#[n(0)] u8),
    #[n(2)]
    Cancelled(#[n(0)] bool),
}

#[derive(Encode, Decode)]
enum WireResult {
    #[n(0)]
    Done,
    #[n(1)]
    Refused(#[n(0)] u8),
    #[n(2)]
    CheckedIn(#[n(0)] ByteArray<16>),
    #[n(3)]
    AlreadyCheckedIn(#[n(0)] ByteArray<16>, #[n(1)] u64),
    #[n(4)]
    UnknownCode,
    #[n(5)]
    CancelledCode(#[n(0)] ByteArray<16>),
    #[n(6)]
    MovedCode(#[n(0)] ByteArray<16>),
    #[n(7)]
    WrongDay(#[n(0)] ByteArray<16>),
}

const PHASES: [Phase; 4] = [Phase::Scheduled, Phase::Lobby, Phase::Open, Phase::Closed];
const SLOT_STATES: [SlotStatus; 4] = [
    SlotStatus::Bookable,
    SlotStatus::Over,
    SlotStatus::Stopped,
    SlotStatus::Cancelled,
];
const PLACE_STATES: [PlaceState; 8] = [
    PlaceState::Waiting,
    PlaceState::Admitted,
    PlaceState::Inside,
    PlaceState::Booked,
    PlaceState::Left,
    PlaceState::NoShow,
    PlaceState::TimedOut,
    PlaceState::Closed,
];
const PLACE_REASONS: [PlaceReason; 2] = [PlaceReason::Standby, PlaceReason::SlotCancelled];
const REFUSALS: [Refusal; 14] = [
    Refusal::IdempotencyMismatch,
    Refusal::NotOpen,
    Refusal::Closed,
    Refusal::Stale,
    Refusal::NotAdmitted,
    Refusal::SessionOver,
    Refusal::UnknownSlot,
    Refusal::SlotOver,
    Refusal::PartyTooLarge,
    Refusal::LimitReached,
    Refusal::HasReservation,
    Refusal::SoldOut,
    Refusal::WrongPhase,
    Refusal::BelowConfirmed,
];

fn pick<T: Copy>(table: &[T], number: u8) -> Result<T, SnapshotError> {
    table
        .get(usize::from(number))
        .copied()
        .ok_or_else(|| SnapshotError::Unreadable(format!("unknown variant {number}")))
}

fn place_id((generation, offset, index): WirePosition) -> PlaceId {
    PlaceId(Position {
        generation,
        offset,
        index,
    })
}

impl WireEffect {
    pub(super) fn from_domain(effect: &Effect) -> Self {
        let Position {
            generation,
            offset,
            index,
        } = effect.at;
        Self {
            at: (generation, offset, index),
            kind: WireKind::from_domain(&effect.kind),
        }
    }

    pub(super) fn into_domain(self, event: &EventId) -> Result<Effect, SnapshotError> {
        Ok(Effect {
            at: place_id(self.at).0,
            event: event.clone(),
            kind: self.kind.into_domain()?,
        })
    }
}

impl WireKind {
    fn from_domain(kind: &EffectKind) -> Self {
        use EffectKind as K;
        match kind {
            K::Created {
                definition,
                rules,
                creation,
            } => Self::Created {
                definition: Box::new(Definition::from_domain(definition)),
                rules: *rules,
                creation: creation.0.into(),
            },
            K::Status(Guise {
                phase,
                paused,
                standby,
                phase_since,
            }) => Self::Status {
                phase: *phase as u8,
                paused: *paused,
                standby: *standby,
                phase_since: phase_since.0,
            },
            K::Schedule(schedule) => Self::Schedule(
                schedule.lobby_opens_at.0,
                schedule.opens_at.0,
                schedule.closes_at.0,
            ),
            K::Policy(policy) => Self::Policy((*policy).into()),
            K::Texts(changes) => Self::Texts(changes.iter().map(TextChange::from).collect()),
            K::SlotAdded { slot, definition } => Self::SlotAdded(slot.0, definition.into()),
            K::Slot {
                slot,
                capacity,
                confirmed,
                status,
            } => Self::Slot {
                slot: slot.0,
                capacity: capacity.0,
                confirmed: confirmed.0,
                status: *status as u8,
            },
            K::Clock { service, stamp } => Self::Clock(service.0, stamp.0),
            K::Tokens(tokens) => Self::Tokens(*tokens),
            K::Revealed { secret, log_hash } => {
                Self::Revealed((*secret).into(), (*log_hash).into())
            }
            K::Joined {
                place,
                id,
                shopper,
                number,
                began_ahead,
                wish,
                stamp,
            } => Self::Joined {
                place: place.0,
                id: (id.0.generation, id.0.offset, id.0.index),
                shopper: shopper.0.into(),
                number: *number,
                began_ahead: *began_ahead,
                wish: wish.map(|slot| slot.0),
                stamp: stamp.0,
            },
            K::Numbered {
                place,
                number,
                began_ahead,
            } => Self::Numbered(place.0, *number, *began_ahead),
            K::Place {
                place,
                state,
                until,
                extensions,
                reason,
                stamp,
            } => Self::Place {
                place: place.0,
                state: *state as u8,
                until: until.map(|until| until.0),
                extensions: *extensions,
                reason: reason.map(|reason| reason as u8),
                stamp: stamp.0,
            },
            K::Reservation { .. } => {
                Self::Reservation(Box::new(WireReservation::from_domain(kind)))
            }
            K::Operator {
                command,
                actor,
                result,
            } => Self::Operator {
                command: command.0.into(),
                actor: actor.to_string(),
                result: WireResult::from_domain(result),
            },
            K::Totals(totals) => Self::Totals(totals_to_wire(*totals)),
            K::ImageEnd { version } => Self::ImageEnd(version.generation, version.offset),
            K::Rules(_) | K::Wish { .. } | K::Outcome { .. } => {
                unreachable!("an image tells no such effect")
            }
        }
    }

    fn into_domain(self) -> Result<EffectKind, SnapshotError> {
        use EffectKind as K;
        let unreadable =
            |error: crate::record::RecordError| SnapshotError::Unreadable(error.to_string());
        Ok(match self {
            Self::Created {
                definition,
                rules,
                creation,
            } => K::Created {
                definition: Arc::new(definition.into_domain().map_err(unreadable)?),
                rules,
                creation: CommandId(creation.into()),
            },
            Self::Status {
                phase,
                paused,
                standby,
                phase_since,
            } => K::Status(Guise {
                phase: pick(&PHASES, phase)?,
                paused,
                standby,
                phase_since: Stamp(phase_since),
            }),
            Self::Schedule(lobby, opens, closes) => K::Schedule(Schedule {
                lobby_opens_at: Stamp(lobby),
                opens_at: Stamp(opens),
                closes_at: Stamp(closes),
            }),
            Self::Policy(policy) => K::Policy(policy.into()),
            Self::Texts(changes) => {
                K::Texts(changes.into_iter().map(domain::TextChange::from).collect())
            }
            Self::SlotAdded(slot, definition) => K::SlotAdded {
                slot: SlotNo(slot),
                definition: definition.into_domain().map_err(unreadable)?,
            },
            Self::Slot {
                slot,
                capacity,
                confirmed,
                status,
            } => K::Slot {
                slot: SlotNo(slot),
                capacity: Seats(capacity),
                confirmed: Seats(confirmed),
                status: pick(&SLOT_STATES, status)?,
            },
            Self::Clock(service, stamp) => K::Clock {
                service: ServiceTime(service),
                stamp: Stamp(stamp),
            },
            Self::Tokens(tokens) => K::Tokens(tokens),
            Self::Revealed(secret, log_hash) => K::Revealed {
                secret: secret.into(),
                log_hash: log_hash.into(),
            },
            Self::Joined {
                place,
                id,
                shopper,
                number,
                began_ahead,
                wish,
                stamp,
            } => K::Joined {
                place: PlaceNo(place),
                id: place_id(id),
                shopper: ShopperId(shopper.into()),
                number,
                began_ahead,
                wish: wish.map(SlotNo),
                stamp: Stamp(stamp),
            },
            Self::Numbered(place, number, began_ahead) => K::Numbered {
                place: PlaceNo(place),
                number,
                began_ahead,
            },
            Self::Place {
                place,
                state,
                until,
                extensions,
                reason,
                stamp,
            } => K::Place {
                place: PlaceNo(place),
                state: pick(&PLACE_STATES, state)?,
                until: until.map(ServiceTime),
                extensions,
                reason: reason
                    .map(|reason| pick(&PLACE_REASONS, reason))
                    .transpose()?,
                stamp: Stamp(stamp),
            },
            Self::Reservation(reservation) => reservation.into_domain()?,
            Self::Operator {
                command,
                actor,
                result,
            } => K::Operator {
                command: CommandId(command.into()),
                actor: actor.into(),
                result: result.into_domain()?,
            },
            Self::Totals(totals) => K::Totals(totals_from_wire(totals)),
            Self::ImageEnd(generation, offset) => K::ImageEnd {
                version: LogPosition { generation, offset },
            },
        })
    }
}

fn totals_to_wire(totals: Totals) -> [u64; 10] {
    let Totals {
        joined,
        admitted,
        entered,
        booked,
        left,
        no_show,
        timed_out,
        confirmed,
        refused,
        cancelled,
    } = totals;
    [
        joined, admitted, entered, booked, left, no_show, timed_out, confirmed, refused, cancelled,
    ]
}

fn totals_from_wire(totals: [u64; 10]) -> Totals {
    let [
        joined,
        admitted,
        entered,
        booked,
        left,
        no_show,
        timed_out,
        confirmed,
        refused,
        cancelled,
    ] = totals;
    Totals {
        joined,
        admitted,
        entered,
        booked,
        left,
        no_show,
        timed_out,
        confirmed,
        refused,
        cancelled,
    }
}

impl WireReservation {
    fn from_domain(kind: &EffectKind) -> Self {
        let EffectKind::Reservation {
            id,
            request,
            shopper,
            place,
            slot,
            seats,
            state,
            code,
            moved,
            decided,
            changed,
            checked_in,
            contact,
            ..
        } = kind
        else {
            unreachable!("called for reservations only");
        };
        Self {
            id: id.0.into(),
            request: request.0.into(),
            shopper: shopper.0.into(),
            place: place.map(|place| place.0),
            slot: slot.map(|slot| slot.0),
            seats: seats.0,
            state: match state {
                ReservationState::Confirmed => WireState::Confirmed,
                ReservationState::Refused(reason) => WireState::Refused(*reason as u8),
                ReservationState::Cancelled { slot_cancelled } => {
                    WireState::Cancelled(*slot_cancelled)
                }
            },
            code: code.map(DoorCode::bits),
            moved: *moved,
            decided: decided.0,
            changed: changed.0,
            checked_in: checked_in.map(|stamp| stamp.0),
            contact: contact
                .as_ref()
                .map(|sealed| ByteVec::from(sealed.0.to_vec())),
        }
    }

    fn into_domain(self) -> Result<EffectKind, SnapshotError> {
        Ok(EffectKind::Reservation {
            change: ReservationChange::Retold,
            id: ReservationId(self.id.into()),
            request: RequestId(self.request.into()),
            shopper: ShopperId(self.shopper.into()),
            place: self.place.map(PlaceNo),
            slot: self.slot.map(SlotNo),
            seats: Seats(self.seats),
            state: match self.state {
                WireState::Confirmed => ReservationState::Confirmed,
                WireState::Refused(reason) => ReservationState::Refused(pick(&REFUSALS, reason)?),
                WireState::Cancelled(slot_cancelled) => {
                    ReservationState::Cancelled { slot_cancelled }
                }
            },
            code: self.code.map(DoorCode::new),
            moved: self.moved,
            decided: Stamp(self.decided),
            changed: Stamp(self.changed),
            checked_in: self.checked_in.map(Stamp),
            contact: self.contact.map(|sealed| Contact(Vec::from(sealed).into())),
        })
    }
}

impl WireResult {
    fn from_domain(result: &OperatorResult) -> Self {
        match result {
            OperatorResult::Done => Self::Done,
            OperatorResult::Refused(reason) => Self::Refused(*reason as u8),
            OperatorResult::CheckedIn(id) => Self::CheckedIn(id.0.into()),
            OperatorResult::AlreadyCheckedIn(id, first) => {
                Self::AlreadyCheckedIn(id.0.into(), first.0)
            }
            OperatorResult::UnknownCode => Self::UnknownCode,
            OperatorResult::CancelledCode(id) => Self::CancelledCode(id.0.into()),
            OperatorResult::MovedCode(id) => Self::MovedCode(id.0.into()),
            OperatorResult::WrongDay(id) => Self::WrongDay(id.0.into()),
        }
    }

    fn into_domain(self) -> Result<OperatorResult, SnapshotError> {
        let id = |id: ByteArray<16>| ReservationId(id.into());
        Ok(match self {
            Self::Done => OperatorResult::Done,
            Self::Refused(reason) => OperatorResult::Refused(pick(&REFUSALS, reason)?),
            Self::CheckedIn(about) => OperatorResult::CheckedIn(id(about)),
            Self::AlreadyCheckedIn(about, first) => {
                OperatorResult::AlreadyCheckedIn(id(about), Stamp(first))
            }
            Self::UnknownCode => OperatorResult::UnknownCode,
            Self::CancelledCode(about) => OperatorResult::CancelledCode(id(about)),
            Self::MovedCode(about) => OperatorResult::MovedCode(id(about)),
            Self::WrongDay(about) => OperatorResult::WrongDay(id(about)),
        })
    }
}
