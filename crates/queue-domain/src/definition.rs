//! What an operator defines: an event's schedule, policy, slots and texts. Parsed and checked at the edge; here it is trusted.

use crate::ids::{EventId, Seats, SlotId, Stamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An event as created. `schedule`, `policy`, `texts` and slots change later by operator's commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The event's id.
    pub id: EventId,
    /// How numbers are given to those who came before opening.
    pub lobby: Lobby,
    /// When it opens and closes.
    pub schedule: Schedule,
    /// Rates and limits.
    pub policy: Policy,
    /// The bookable windows, in the operator's order.
    pub slots: Vec<SlotDefinition>,
    /// What people read: `title.ko`, `title.en`, `venue.ko`, `rules.ko`, `privacy.ko`, `notice.ko`, `accent`, `time_zone`, `retention_days`, …; no rule looks inside.
    pub texts: Texts,
}

/// Texts by key.
pub type Texts = BTreeMap<Arc<str>, Arc<str>>;

/// How places taken before opening are ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lobby {
    /// As they came.
    Arrival,
    /// By a shuffle at opening whose secret was committed to at creation.
    Shuffle(Commitment),
}

/// The promise made at creation about the lobby's secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// SHA-256 of the secret.
    pub secret_sha256: [u8; 32],
    /// The id of the lobby key that the secret is derived from.
    pub key_id: Arc<str>,
}

/// When an event opens its lobby, opens and closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Joins are taken from here on.
    pub lobby_opens_at: Stamp,
    /// Admission begins.
    pub opens_at: Stamp,
    /// Waiting ends.
    pub closes_at: Stamp,
}

/// Rates and limits of one event. Decimal rates are in thousandths, durations in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Admissions a second of service time, in thousandths.
    pub admit_per_second_milli: u32,
    /// Most admitted + inside at once.
    pub room_max: u32,
    /// Admitted + inside per bookable free seat, in thousandths.
    pub room_per_seat_milli: u32,
    /// From admission to entering, in service time.
    pub claim_window_ms: u64,
    /// From entering to the session's end, in service time.
    pub session_ms: u64,
    /// How often a session can be extended, by `session_ms` each.
    pub session_extensions: u8,
    /// Most confirmed reservations of one shopper.
    pub per_shopper_max: u8,
    /// Most seats of one reservation.
    pub party_max: u32,
    /// Most places that one shopper can take, one after the other.
    pub joins_per_shopper: u8,
}

/// One bookable time window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotDefinition {
    /// Unique in its event.
    pub id: SlotId,
    /// When the visit begins; cancel and move end here.
    pub starts_at: Stamp,
    /// When the visit ends.
    pub ends_at: Stamp,
    /// The last moment to book it: `starts_at - book_before_s`.
    pub bookable_until: Stamp,
    /// Midnight to midnight of the slot's day in the event's time zone, as computed at the edge.
    pub day: (Stamp, Stamp),
    /// Seats.
    pub capacity: Seats,
}
