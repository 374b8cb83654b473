//! The rules of the line, the room and the seats, as a pure fold of the log.
//!
//! A [`Partition`] is folded record by record; each record yields [`Effect`]s, which are all that projections (view and ledger)
//! ever see. The crate knows no clock, no randomness, no IO and no serialisation: two processes that fold the same records
//! reach the same state and the same hashes.

mod booking;
mod command;
mod definition;
mod effect;
mod encode;
mod event;
mod hash;
mod ids;
mod image;
mod line;
mod line_commands;
mod operator;
mod partition;
mod places;
mod room;
#[cfg(feature = "sabotage")]
pub mod sabotage;
#[cfg(not(feature = "sabotage"))]
mod sabotage;
mod step;

pub use command::{
    Command, Contact, Entry, OperatorAction, PolicyPatch, SetTime, ShopperAction, TextChange,
};
pub use definition::{Commitment, Definition, Lobby, Policy, Schedule, SlotDefinition, Texts};
pub use effect::{
    CommandKind, Effect, EffectKind, Guise, OperatorResult, Outcome, Phase, PlaceReason,
    PlaceState, Refusal, ReservationChange, ReservationState, SlotStatus, Totals,
};
pub use event::{EventState, TOKEN};
pub use hash::{Digest, lobby_rank, lobby_secret, sha256};
pub use ids::{
    CommandId, DoorCode, EventId, InvalidId, LogPosition, PlaceId, PlaceNo, Position, RequestId,
    ReservationId, Seats, ServiceTime, ShopperId, SlotId, SlotNo, Stamp,
};
pub use image::PartitionImage;
pub use line::Line;
pub use partition::{DirectoryEntry, Folded, Partition, RULES, Record, Stop};
