//! Between the log's wire types and the domain's. Only what is well formed becomes a domain value.

use crate::record::{self as wire, RecordError, TraceId};
use minicbor::bytes::{ByteArray, ByteVec};
use queue_domain as domain;
use queue_domain::{
    CommandId, DoorCode, EventId, LogPosition, PlaceId, Position, RequestId, ReservationId, Seats,
    ShopperId, SlotId, Stamp,
};
use std::sync::Arc;

fn event(text: &str) -> Result<EventId, RecordError> {
    EventId::parse(text).map_err(|error| RecordError::Unreadable(format!("event id {error}")))
}

fn slot(text: &str) -> Result<SlotId, RecordError> {
    SlotId::parse(text).map_err(|error| RecordError::Unreadable(format!("slot id {error}")))
}

fn optional_slot(text: Option<&String>) -> Result<Option<SlotId>, RecordError> {
    text.map(|text| slot(text)).transpose()
}

/// Reads a record into what the fold takes, without the traces.
pub fn entries(bytes: &[u8]) -> Result<Vec<domain::Entry>, RecordError> {
    wire::read(bytes)?
        .into_iter()
        .map(|entry| entry.body.into_domain())
        .collect()
}

impl wire::Entry {
    /// The wire form of a domain entry.
    pub fn new(trace: TraceId, entry: &domain::Entry) -> Self {
        Self {
            trace: trace.into(),
            body: wire::Body::from_domain(entry),
        }
    }
}

impl wire::Body {
    fn from_domain(entry: &domain::Entry) -> Self {
        match entry {
            domain::Entry::Genesis {
                generation,
                partitions,
            } => Self::Genesis {
                generation: *generation,
                partitions: *partitions,
            },
            domain::Entry::Tick {
                folded,
                log_hash,
                state_hash,
            } => Self::Tick {
                generation: folded.generation,
                offset: folded.offset,
                log_hash: (*log_hash).into(),
                state_hash: (*state_hash).into(),
            },
            domain::Entry::Command(command) => Self::from_command(command),
        }
    }

    fn from_command(command: &domain::Command) -> Self {
        use domain::Command as C;
        match command {
            C::Create {
                id,
                actor,
                rules,
                definition,
            } => Self::Create {
                id: id.0.into(),
                actor: actor.to_string(),
                rules: *rules,
                definition: Box::new(wire::Definition::from_domain(definition)),
            },
            C::RulesChanged { event, rules } => Self::RulesChanged {
                event: event.to_string(),
                rules: *rules,
            },
            C::Shopper {
                id,
                event,
                shopper,
                action,
            } => Self::Shopper {
                id: id.0.into(),
                event: event.to_string(),
                shopper: shopper.0.into(),
                action: wire::ShopperAction::from_domain(action),
            },
            C::Operator {
                id,
                event,
                actor,
                action,
            } => Self::Operator {
                id: id.0.into(),
                event: event.to_string(),
                actor: actor.to_string(),
                action: wire::OperatorAction::from_domain(action),
            },
            C::Timed { event, at, what } => Self::Timed {
                event: event.to_string(),
                at: at.0,
                what: wire::SetTime::from_domain(what),
            },
        }
    }

    /// The domain's form; an error names what is not well formed.
    pub fn into_domain(self) -> Result<domain::Entry, RecordError> {
        use domain::Command as C;
        Ok(match self {
            Self::Genesis {
                generation,
                partitions,
            } => domain::Entry::Genesis {
                generation,
                partitions,
            },
            Self::Tick {
                generation,
                offset,
                log_hash,
                state_hash,
            } => domain::Entry::Tick {
                folded: LogPosition { generation, offset },
                log_hash: log_hash.into(),
                state_hash: state_hash.into(),
            },
            Self::Create {
                id,
                actor,
                rules,
                definition,
            } => domain::Entry::Command(C::Create {
                id: CommandId(id.into()),
                actor: actor.into(),
                rules,
                definition: Arc::new(definition.into_domain()?),
            }),
            Self::RulesChanged { event: id, rules } => domain::Entry::Command(C::RulesChanged {
                event: event(&id)?,
                rules,
            }),
            Self::Shopper {
                id,
                event: name,
                shopper,
                action,
            } => domain::Entry::Command(C::Shopper {
                id: CommandId(id.into()),
                event: event(&name)?,
                shopper: ShopperId(shopper.into()),
                action: action.into_domain()?,
            }),
            Self::Operator {
                id,
                event: name,
                actor,
                action,
            } => domain::Entry::Command(C::Operator {
                id: CommandId(id.into()),
                event: event(&name)?,
                actor: actor.into(),
                action: action.into_domain()?,
            }),
            Self::Timed {
                event: name,
                at,
                what,
            } => domain::Entry::Command(C::Timed {
                event: event(&name)?,
                at: Stamp(at),
                what: what.into_domain()?,
            }),
        })
    }
}

impl From<PlaceId> for wire::Place {
    fn from(
        PlaceId(Position {
            generation,
            offset,
            index,
        }): PlaceId,
    ) -> Self {
        Self {
            generation,
            offset,
            index,
        }
    }
}

impl From<wire::Place> for PlaceId {
    fn from(
        wire::Place {
            generation,
            offset,
            index,
        }: wire::Place,
    ) -> Self {
        Self(Position {
            generation,
            offset,
            index,
        })
    }
}

impl wire::ShopperAction {
    fn from_domain(action: &domain::ShopperAction) -> Self {
        use domain::ShopperAction as A;
        let place = |place: &Option<PlaceId>| place.map(wire::Place::from);
        let text = |slot: &Option<SlotId>| slot.as_ref().map(SlotId::to_string);
        match action {
            A::Join { wish } => Self::Join { wish: text(wish) },
            A::Leave { place: named } => Self::Leave {
                place: place(named),
            },
            A::Enter { place: named } => Self::Enter {
                place: place(named),
            },
            A::Extend { place: named } => Self::Extend {
                place: place(named),
            },
            A::Reserve {
                reservation,
                request,
                slot,
                seats,
                contact,
            } => Self::Reserve {
                reservation: reservation.0.into(),
                request: request.0.into(),
                slot: slot.to_string(),
                seats: seats.0,
                contact: contact
                    .as_ref()
                    .map(|sealed| ByteVec::from(sealed.0.to_vec())),
            },
            A::Cancel {
                reservation,
                if_slot,
            } => Self::Cancel {
                reservation: reservation.0.into(),
                if_slot: text(if_slot),
            },
            A::Move {
                reservation,
                if_slot,
                to,
            } => Self::Move {
                reservation: reservation.0.into(),
                if_slot: text(if_slot),
                to: to.to_string(),
            },
        }
    }

    fn into_domain(self) -> Result<domain::ShopperAction, RecordError> {
        use domain::ShopperAction as A;
        Ok(match self {
            Self::Join { wish } => A::Join {
                wish: optional_slot(wish.as_ref())?,
            },
            Self::Leave { place } => A::Leave {
                place: place.map(PlaceId::from),
            },
            Self::Enter { place } => A::Enter {
                place: place.map(PlaceId::from),
            },
            Self::Extend { place } => A::Extend {
                place: place.map(PlaceId::from),
            },
            Self::Reserve {
                reservation,
                request,
                slot: wanted,
                seats,
                contact,
            } => A::Reserve {
                reservation: ReservationId(reservation.into()),
                request: RequestId(request.into()),
                slot: slot(&wanted)?,
                seats: Seats(seats),
                contact: contact.map(|sealed| domain::Contact(Vec::from(sealed).into())),
            },
            Self::Cancel {
                reservation,
                if_slot,
            } => A::Cancel {
                reservation: ReservationId(reservation.into()),
                if_slot: optional_slot(if_slot.as_ref())?,
            },
            Self::Move {
                reservation,
                if_slot,
                to,
            } => A::Move {
                reservation: ReservationId(reservation.into()),
                if_slot: optional_slot(if_slot.as_ref())?,
                to: slot(&to)?,
            },
        })
    }
}

impl wire::OperatorAction {
    fn from_domain(action: &domain::OperatorAction) -> Self {
        use domain::OperatorAction as A;
        match action {
            A::Open { secret } => Self::Open {
                secret: secret.map(ByteArray::from),
            },
            A::Reschedule {
                lobby_opens_at,
                opens_at,
                closes_at,
            } => Self::Reschedule {
                lobby_opens_at: lobby_opens_at.map(|at| at.0),
                opens_at: opens_at.map(|at| at.0),
                closes_at: closes_at.map(|at| at.0),
            },
            A::Pause => Self::Pause,
            A::Resume => Self::Resume,
            A::Close => Self::Close,
            A::Reopen => Self::Reopen,
            A::Policy(patch) => Self::Policy((*patch).into()),
            A::Texts(changes) => Self::Texts(changes.iter().map(wire::TextChange::from).collect()),
            A::AddSlot(definition) => Self::AddSlot(definition.into()),
            A::Capacity { slot, capacity } => Self::Capacity {
                slot: slot.to_string(),
                capacity: capacity.0,
            },
            A::StopSlot(slot) => Self::StopSlot(slot.to_string()),
            A::CancelSlot(slot) => Self::CancelSlot(slot.to_string()),
            A::CheckIn { code, slot } => Self::CheckIn {
                code: code.bits(),
                slot: slot.as_ref().map(SlotId::to_string),
            },
        }
    }

    fn into_domain(self) -> Result<domain::OperatorAction, RecordError> {
        use domain::OperatorAction as A;
        Ok(match self {
            Self::Open { secret } => A::Open {
                secret: secret.map(Into::into),
            },
            Self::Reschedule {
                lobby_opens_at,
                opens_at,
                closes_at,
            } => A::Reschedule {
                lobby_opens_at: lobby_opens_at.map(Stamp),
                opens_at: opens_at.map(Stamp),
                closes_at: closes_at.map(Stamp),
            },
            Self::Pause => A::Pause,
            Self::Resume => A::Resume,
            Self::Close => A::Close,
            Self::Reopen => A::Reopen,
            Self::Policy(patch) => A::Policy(patch.into()),
            Self::Texts(changes) => {
                A::Texts(changes.into_iter().map(domain::TextChange::from).collect())
            }
            Self::AddSlot(definition) => A::AddSlot(definition.into_domain()?),
            Self::Capacity {
                slot: named,
                capacity,
            } => A::Capacity {
                slot: slot(&named)?,
                capacity: Seats(capacity),
            },
            Self::StopSlot(named) => A::StopSlot(slot(&named)?),
            Self::CancelSlot(named) => A::CancelSlot(slot(&named)?),
            Self::CheckIn {
                code,
                slot: printed,
            } => A::CheckIn {
                code: DoorCode::new(code),
                slot: optional_slot(printed.as_ref())?,
            },
        })
    }
}

impl wire::SetTime {
    fn from_domain(what: &domain::SetTime) -> Self {
        match what {
            domain::SetTime::Lobby => Self::Lobby,
            domain::SetTime::Open { secret } => Self::Open {
                secret: secret.map(ByteArray::from),
            },
            domain::SetTime::Close => Self::Close,
            domain::SetTime::SlotOver(slot) => Self::SlotOver(slot.to_string()),
        }
    }

    fn into_domain(self) -> Result<domain::SetTime, RecordError> {
        Ok(match self {
            Self::Lobby => domain::SetTime::Lobby,
            Self::Open { secret } => domain::SetTime::Open {
                secret: secret.map(Into::into),
            },
            Self::Close => domain::SetTime::Close,
            Self::SlotOver(named) => domain::SetTime::SlotOver(slot(&named)?),
        })
    }
}

impl wire::Definition {
    /// The wire form.
    pub fn from_domain(definition: &domain::Definition) -> Self {
        let commitment = match &definition.lobby {
            domain::Lobby::Arrival => None,
            domain::Lobby::Shuffle(commitment) => Some((
                commitment.secret_sha256.into(),
                commitment.key_id.to_string(),
            )),
        };
        Self {
            id: definition.id.to_string(),
            commitment,
            lobby_opens_at: definition.schedule.lobby_opens_at.0,
            opens_at: definition.schedule.opens_at.0,
            closes_at: definition.schedule.closes_at.0,
            policy: definition.policy.into(),
            slots: definition.slots.iter().map(wire::Slot::from).collect(),
            texts: definition
                .texts
                .iter()
                .map(|(key, text)| (key.to_string(), text.to_string()))
                .collect(),
        }
    }

    /// The domain's form; an error names the id that is none.
    pub fn into_domain(self) -> Result<domain::Definition, RecordError> {
        let lobby = match self.commitment {
            None => domain::Lobby::Arrival,
            Some((secret, key_id)) => domain::Lobby::Shuffle(domain::Commitment {
                secret_sha256: secret.into(),
                key_id: key_id.into(),
            }),
        };
        Ok(domain::Definition {
            id: event(&self.id)?,
            lobby,
            schedule: domain::Schedule {
                lobby_opens_at: Stamp(self.lobby_opens_at),
                opens_at: Stamp(self.opens_at),
                closes_at: Stamp(self.closes_at),
            },
            policy: self.policy.into(),
            slots: self
                .slots
                .into_iter()
                .map(wire::Slot::into_domain)
                .collect::<Result<_, _>>()?,
            texts: self
                .texts
                .into_iter()
                .map(|(key, text)| (key.into(), text.into()))
                .collect(),
        })
    }
}

impl From<&domain::SlotDefinition> for wire::Slot {
    fn from(slot: &domain::SlotDefinition) -> Self {
        Self {
            id: slot.id.to_string(),
            starts_at: slot.starts_at.0,
            ends_at: slot.ends_at.0,
            bookable_until: slot.bookable_until.0,
            day_from: slot.day.0.0,
            day_to: slot.day.1.0,
            capacity: slot.capacity.0,
        }
    }
}

impl wire::Slot {
    /// The domain's form.
    pub fn into_domain(self) -> Result<domain::SlotDefinition, RecordError> {
        Ok(domain::SlotDefinition {
            id: slot(&self.id)?,
            starts_at: Stamp(self.starts_at),
            ends_at: Stamp(self.ends_at),
            bookable_until: Stamp(self.bookable_until),
            day: (Stamp(self.day_from), Stamp(self.day_to)),
            capacity: Seats(self.capacity),
        })
    }
}

impl From<&domain::TextChange> for wire::TextChange {
    fn from(change: &domain::TextChange) -> Self {
        Self {
            key: change.key.to_string(),
            text: change.text.as_ref().map(|text| text.to_string()),
        }
    }
}

impl From<wire::TextChange> for domain::TextChange {
    fn from(change: wire::TextChange) -> Self {
        Self {
            key: change.key.into(),
            text: change.text.map(Into::into),
        }
    }
}

macro_rules! same_fields {
    ($wire:ty, $domain:ty, $($field:ident),*) => {
        impl From<$domain> for $wire {
            fn from(from: $domain) -> Self {
                Self { $($field: from.$field),* }
            }
        }
        impl From<$wire> for $domain {
            fn from(from: $wire) -> Self {
                Self { $($field: from.$field),* }
            }
        }
    };
}
same_fields!(
    wire::Policy,
    domain::Policy,
    admit_per_second_milli,
    room_max,
    room_per_seat_milli,
    claim_window_ms,
    session_ms,
    session_extensions,
    per_shopper_max,
    party_max,
    joins_per_shopper
);
same_fields!(
    wire::PolicyPatch,
    domain::PolicyPatch,
    admit_per_second_milli,
    room_max,
    room_per_seat_milli,
    claim_window_ms,
    session_ms,
    session_extensions,
    per_shopper_max,
    party_max,
    joins_per_shopper
);
