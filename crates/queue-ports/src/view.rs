//! The view: what shoppers and operators are shown. A projection: it may be lost at any moment and is built again from the log.

use crate::ledger::{Applied, StoreError};
use async_trait::async_trait;
use queue_domain::{
    CommandId, CommandKind, Definition, Digest, DoorCode, Effect, EventId, Guise, LogPosition,
    OperatorResult, Outcome, PlaceId, PlaceReason, PlaceState, Position, ReservationId,
    ReservationState, Seats, ServiceTime, ShopperId, SlotDefinition, SlotNo, SlotStatus, Stamp,
    Totals,
};
use std::sync::Arc;

/// A stretch of the log as one event saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewBatch {
    /// The event's partition: its ledger marks and heads are the event's.
    pub partition: u32,
    /// The event.
    pub event: EventId,
    /// The version that the batch follows: the batch before it *for this event*; `None` for the event's first.
    pub follows: Option<LogPosition>,
    /// The event's version after it.
    pub last: LogPosition,
    /// In log order, each with its position, so that the batch can be cut at any record.
    pub effects: Vec<Effect>,
}

/// An event built anew: `effects` make it from nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewImage {
    /// The event's partition.
    pub partition: u32,
    /// The event.
    pub event: EventId,
    /// Its version.
    pub version: LogPosition,
    /// What makes it.
    pub effects: Vec<Effect>,
}

/// Where a partition's fold stands, for the proof, for lag and for readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// The last record folded.
    pub position: LogPosition,
    /// The log hash there.
    pub log_hash: Digest,
    /// The state hash there.
    pub state_hash: Digest,
    /// The last tick's stamp.
    pub last_tick: Option<Stamp>,
}

/// The writing side, for the partition's owner.
///
/// Compare and set as for the ledger, with the *event* as the unit. A batch is one atomic step: a reader sees all of it or none.
#[async_trait]
pub trait ViewWriter: Send + Sync {
    /// Applies a batch.
    async fn apply(&self, batch: ViewBatch) -> Result<Applied, StoreError>;

    /// Replaces an event in one step. Does nothing when the stored version is beyond the image's (same generation).
    async fn rebuild(&self, image: ViewImage) -> Result<(), StoreError>;

    /// The ledger holds everything up to here. Kept as a maximum; what was above it is now shown as confirmed.
    async fn mark(&self, partition: u32, ledger: LogPosition) -> Result<(), StoreError>;

    /// Where the fold stands.
    async fn heads(&self, partition: u32, heads: Heads) -> Result<(), StoreError>;

    /// The version of an event, if it is there.
    async fn version(&self, event: &EventId) -> Result<Option<LogPosition>, StoreError>;
}

/// The reading side. `None` means *unknown*, never "not in line".
#[async_trait]
pub trait ViewReader: Send + Sync {
    /// All events, by id.
    async fn events(&self) -> Result<Vec<Arc<EventView>>, StoreError>;

    /// One event.
    async fn event(&self, event: &EventId) -> Result<Option<Arc<EventView>>, StoreError>;

    /// What one shopper has in an event; `None` when the view does not have the event.
    async fn shopper(
        &self,
        event: &EventId,
        shopper: ShopperId,
    ) -> Result<Option<ShopperView>, StoreError>;

    /// One reservation.
    async fn reservation(
        &self,
        event: &EventId,
        id: ReservationId,
    ) -> Result<Option<ReservationView>, StoreError>;

    /// What became of an operator's command; `None` when not folded yet (or never sent).
    async fn operator_result(
        &self,
        event: &EventId,
        command: CommandId,
    ) -> Result<Option<OperatorResult>, StoreError>;

    /// Where a partition's fold stands.
    async fn partition_heads(&self, partition: u32) -> Result<Option<Heads>, StoreError>;
}

/// Waiting for the view. Subscriptions, bounded in number; never a poll.
#[async_trait]
pub trait ViewChanges: Send + Sync {
    /// Waits until the event's version is at or beyond `version`. `Unavailable` when too many wait already.
    async fn reached(&self, event: &EventId, version: LogPosition) -> Result<(), StoreError>;

    /// Waits until the event's ledger mark is at or beyond `position`: until then what it confirmed is pending.
    async fn marked(&self, event: &EventId, position: LogPosition) -> Result<(), StoreError>;

    /// Waits until something changed after `cursor` and tells what; `Reload` when the cursor is too old or the event was rebuilt.
    /// A cursor is opaque and counts changes of one event in this process, ledger marks included.
    async fn changes(&self, event: &EventId, cursor: u64) -> Result<Changes, StoreError>;

    /// The numbers that wait, and the cursor from which `changes` goes on. Big: loaded once, then followed by difference.
    async fn line(&self, event: &EventId) -> Result<Option<LineView>, StoreError>;
}

/// What changed of an event since a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Since the cursor.
    Since(Change),
    /// The cursor is unknown: read `line`, the event and every shopper of interest again.
    Reload,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// Where to go on from.
    pub cursor: u64,
    /// The event's version after it.
    pub version: LogPosition,
    /// Phase, flags, texts, schedule or policy changed.
    pub event: bool,
    /// The turn to standby happened: `ahead` may rise.
    pub turned: bool,
    /// Slots whose counts or status changed.
    pub slots: Vec<SlotNo>,
    /// Shoppers of whom something other than `ahead` changed, outcomes and newly confirmed reservations included.
    pub shoppers: Vec<ShopperId>,
    /// Numbers that began (`true`) or ceased (`false`) to wait, in order.
    pub line: Vec<(u32, bool)>,
}

/// The line of an event.
#[derive(Debug, Clone)]
pub struct LineView {
    /// Where `changes` goes on from.
    pub cursor: u64,
    /// The event's version.
    pub version: LogPosition,
    /// The numbers that wait.
    pub line: queue_domain::Line,
}

/// One event as projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventView {
    /// The definition with every later change of schedule, policy and texts. Its `slots` are as created; see `slots`.
    pub definition: Definition,
    /// The version of the rules.
    pub rules: u16,
    /// The creation's command id.
    pub creation: CommandId,
    /// Phase and flags.
    pub guise: Guise,
    /// Every slot ever added.
    pub slots: Vec<SlotView>,
    /// Places waiting.
    pub waiting: u64,
    /// Places admitted and not yet inside.
    pub admitted: u64,
    /// Places inside.
    pub inside: u64,
    /// Counts since creation.
    pub totals: Totals,
    /// Service time and the stamp of the tick that set it.
    pub clock: (ServiceTime, Stamp),
    /// Admissions of the last minute of service time, and how much of a minute has been seen (ms, at most 60,000).
    pub admitted_last_minute: (u64, u64),
    /// Admissions of the last second of service time.
    pub admitted_last_second: u64,
    /// The lobby's secret and the log hash before opening, once out.
    pub revealed: Option<([u8; 32], [u8; 32])>,
    /// The last record that moved the event.
    pub version: LogPosition,
    /// Up to where the ledger has what the fold decided.
    pub ledger_mark: Option<LogPosition>,
}

/// A slot as projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotView {
    /// As defined.
    pub definition: SlotDefinition,
    /// Seats now.
    pub capacity: Seats,
    /// Seats confirmed.
    pub confirmed: Seats,
    /// Whether it can be booked.
    pub status: SlotStatus,
}

/// What one shopper has in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopperView {
    /// The event's version.
    pub version: LogPosition,
    /// The current place.
    pub place: Option<PlaceView>,
    /// All reservations, oldest first, refused ones included.
    pub reservations: Vec<ReservationView>,
    /// What became of the last command.
    pub last: Option<LastView>,
    /// Different request keys used so far.
    pub request_keys: u32,
    /// Places of the event that wait, at the same version.
    pub waiting: u64,
}

/// A place as projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceView {
    /// Its id.
    pub id: PlaceId,
    /// Its number in the line.
    pub number: Option<u32>,
    /// Places waiting with a lower number; for a place that waits.
    pub ahead: Option<u32>,
    /// `ahead` when the number was given.
    pub began_ahead: u32,
    /// Its state by the fold.
    pub state: PlaceState,
    /// When the claim window or session ends.
    pub until: Option<ServiceTime>,
    /// Sessions extended so far.
    pub extensions: u8,
    /// Why it moved without being asked.
    pub reason: Option<PlaceReason>,
    /// The slot wished for.
    pub wish: Option<SlotNo>,
    /// The log's stamp of the join.
    pub joined: Stamp,
    /// The stamp of the record that brought it to its state.
    pub since: Stamp,
    /// The position that brought it to its state.
    pub changed_at: Position,
}

/// A reservation as projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationView {
    /// Its id.
    pub id: ReservationId,
    /// Whose.
    pub shopper: ShopperId,
    /// Which slot; `None` when refused for an unknown one.
    pub slot: Option<SlotNo>,
    /// Seats.
    pub seats: Seats,
    /// Its state by the fold.
    pub state: ReservationState,
    /// Its door code.
    pub code: Option<DoorCode>,
    /// Whether it has ever been moved.
    pub moved: bool,
    /// Stamp of the decision.
    pub decided: Stamp,
    /// The position that brought it to its state: above the ledger's mark it is shown as pending.
    pub changed_at: Position,
    /// The event's version.
    pub version: LogPosition,
}

/// What became of a shopper's last command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastView {
    /// Its position: whose outcome it is.
    pub position: Position,
    /// What was asked.
    pub kind: CommandKind,
    /// What became of it.
    pub outcome: Outcome,
    /// The shopper's place after it.
    pub place: Option<PlaceId>,
    /// The reservation it was about.
    pub reservation: Option<ReservationId>,
    /// The slot it was about.
    pub slot: Option<SlotNo>,
}
