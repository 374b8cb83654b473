//! What the log holds: commands of shoppers, operators and the partition's owner.

use crate::definition::{Definition, SlotDefinition};
use crate::hash::Digest;
use crate::ids::{
    CommandId, DoorCode, EventId, LogPosition, PlaceId, RequestId, ReservationId, Seats, ShopperId,
    SlotId, Stamp,
};
use std::sync::Arc;

/// One entry of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Offset 0 of every partition.
    Genesis {
        /// The generation that begins here.
        generation: u32,
        /// How many partitions the log has.
        partitions: u32,
    },
    /// Four a second from the partition's owner while there is anything to time.
    Tick {
        /// The last record that the appender had folded, and its hashes there.
        folded: LogPosition,
        /// The appender's log hash.
        log_hash: Digest,
        /// The appender's state hash.
        state_hash: Digest,
    },
    /// Everything that concerns one event.
    Command(Command),
}

/// A command about one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// An event's definition, on partition 0; its copy on the event's own partition bears the same id.
    Create {
        /// The producer's id.
        id: CommandId,
        /// The operator.
        actor: Arc<str>,
        /// The version of the rules that the event follows.
        rules: u16,
        /// The event.
        definition: Arc<Definition>,
    },
    /// The event moves to another version of the rules.
    RulesChanged {
        /// The event.
        event: EventId,
        /// The version from here on.
        rules: u16,
    },
    /// By a shopper.
    Shopper {
        /// The producer's id.
        id: CommandId,
        /// The event.
        event: EventId,
        /// Who.
        shopper: ShopperId,
        /// What.
        action: ShopperAction,
    },
    /// By an operator. A repeated id does nothing.
    Operator {
        /// Derived from the operator's name and idempotency key.
        id: CommandId,
        /// The event.
        event: EventId,
        /// The operator.
        actor: Arc<str>,
        /// What.
        action: OperatorAction,
    },
    /// A set time has come. By the partition's owner.
    Timed {
        /// The event.
        event: EventId,
        /// The set time that this carries out; ignored when it is no longer the definition's.
        at: Stamp,
        /// What was set.
        what: SetTime,
    },
}

/// What a shopper asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShopperAction {
    /// Take a place, or change the wish of the one held.
    Join {
        /// The slot already chosen: preselected later, never a right.
        wish: Option<SlotId>,
    },
    /// Give the place up.
    Leave {
        /// The place it was made for; `stale` if no longer current.
        place: Option<PlaceId>,
    },
    /// Enter the booking room.
    Enter {
        /// As for `Leave`.
        place: Option<PlaceId>,
    },
    /// Extend the session.
    Extend {
        /// As for `Leave`.
        place: Option<PlaceId>,
    },
    /// Book seats, all or nothing.
    Reserve {
        /// Keyed hash of (shopper, key, body).
        reservation: ReservationId,
        /// Keyed hash of (shopper, key).
        request: RequestId,
        /// Which slot.
        slot: SlotId,
        /// How many seats, 1 or more.
        seats: Seats,
        /// A sealed e-mail address, if consented.
        contact: Option<Contact>,
    },
    /// Give a reservation back.
    Cancel {
        /// Which.
        reservation: ReservationId,
        /// The slot that it was believed to be in; `stale` if no longer.
        if_slot: Option<SlotId>,
    },
    /// Move a reservation to another slot in one step.
    Move {
        /// Which.
        reservation: ReservationId,
        /// As for `Cancel`.
        if_slot: Option<SlotId>,
        /// Where to.
        to: SlotId,
    },
}

/// Personal data, sealed under the event's key outside the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact(pub Arc<[u8]>);

/// What an operator asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorAction {
    /// Open now. Alone in its record. The secret for a shuffle lobby.
    Open {
        /// Must match the commitment.
        secret: Option<[u8; 32]>,
    },
    /// Move the opening (before it) or the closing.
    Reschedule {
        /// New opening of the lobby.
        lobby_opens_at: Option<Stamp>,
        /// New opening.
        opens_at: Option<Stamp>,
        /// New closing.
        closes_at: Option<Stamp>,
    },
    /// Stand still.
    Pause,
    /// Go on.
    Resume,
    /// End every place that has no reservation, now.
    Close,
    /// Open again, until `closes_at`.
    Reopen,
    /// Change rates and limits.
    Policy(PolicyPatch),
    /// Change texts.
    Texts(Vec<TextChange>),
    /// Add a slot.
    AddSlot(SlotDefinition),
    /// Change a slot's capacity, never below what is confirmed.
    Capacity {
        /// Which.
        slot: SlotId,
        /// How many seats.
        capacity: Seats,
    },
    /// No new bookings.
    StopSlot(SlotId),
    /// No new bookings, and every reservation is cancelled.
    CancelSlot(SlotId),
    /// A visitor is at the door.
    CheckIn {
        /// The code read out, or that of the scanned ticket.
        code: DoorCode,
        /// The slot printed on the scanned ticket, if it was scanned.
        slot: Option<SlotId>,
    },
}

/// The policy's fields to change; `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    missing_docs,
    reason = "each field is the policy's field of the same name"
)]
pub struct PolicyPatch {
    pub admit_per_second_milli: Option<u32>,
    pub room_max: Option<u32>,
    pub room_per_seat_milli: Option<u32>,
    pub claim_window_ms: Option<u64>,
    pub session_ms: Option<u64>,
    pub session_extensions: Option<u8>,
    pub per_shopper_max: Option<u8>,
    pub party_max: Option<u32>,
    pub joins_per_shopper: Option<u8>,
}

/// One text set, or removed with `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextChange {
    /// Such as `notice.ko`.
    pub key: Arc<str>,
    /// The new text.
    pub text: Option<Arc<str>>,
}

/// What happens at a set time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetTime {
    /// The lobby opens.
    Lobby,
    /// The event opens. Alone in its record. The secret for a shuffle lobby.
    Open {
        /// Must match the commitment.
        secret: Option<[u8; 32]>,
    },
    /// The event closes.
    Close,
    /// A slot can no longer be booked.
    SlotOver(SlotId),
}

impl Command {
    /// The event that the command is about.
    pub fn event(&self) -> &EventId {
        match self {
            Self::Create { definition, .. } => &definition.id,
            Self::RulesChanged { event, .. }
            | Self::Shopper { event, .. }
            | Self::Operator { event, .. }
            | Self::Timed { event, .. } => event,
        }
    }
}
