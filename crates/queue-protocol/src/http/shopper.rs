//! What shoppers are told and what they send.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text by language tag: `{"ko":"…","en":"…"}`.
pub type Text = BTreeMap<String, String>;

/// One event as anyone may see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct Event {
    pub id: String,
    pub title: Text,
    pub venue: Text,
    pub accent: Option<String>,
    /// Further texts by name: `rules`, `privacy`.
    pub texts: BTreeMap<String, Text>,
    pub time_zone: String,
    /// `scheduled | lobby | open | closed`
    pub phase: String,
    pub paused: bool,
    pub standby: bool,
    /// The server's clock, RFC 3339.
    pub now: String,
    pub lobby_opens_at: String,
    pub opens_at: String,
    pub closes_at: String,
    /// `arrival | shuffle`
    pub lobby: String,
    /// SHA-256 of the shuffle's secret, hexadecimal.
    pub commitment: Option<String>,
    /// People in line.
    pub waiting: u64,
    /// Honest wait for one who joins now.
    pub eta_s: Option<Range>,
    /// Reservations given back so far.
    pub cancelled: u64,
    pub per_shopper_max: u8,
    pub party_max: u32,
    pub session_extensions: u8,
    pub slots: Vec<Slot>,
    pub notice: Option<Text>,
    /// `generation-offset` of the last record that moved the event.
    pub version: String,
}

/// A bookable window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct Slot {
    pub id: String,
    pub starts_at: String,
    pub ends_at: String,
    pub capacity: u32,
    pub remaining: u32,
    /// `bookable | over | stopped | cancelled`
    pub state: String,
}

/// A range of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct Range {
    pub low: u64,
    pub high: u64,
}

/// A shopper's place, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct Place {
    /// `generation-offset-index` of the join; null while pending.
    pub id: Option<String>,
    pub event: String,
    /// `pending | waiting | admitted | inside | booked | left | no_show | timed_out | closed`
    pub state: String,
    pub number: Option<u32>,
    pub ahead: Option<u32>,
    pub began_ahead: Option<u32>,
    /// People in line; null while the view is not known.
    pub waiting: Option<u64>,
    pub eta_s: Option<Range>,
    /// Deadline of the claim window or session, RFC 3339; null without one and while paused.
    pub until: Option<String>,
    /// Sessions extended so far.
    pub extensions: u8,
    /// `standby | rate | paused | slot_cancelled`, or null.
    pub reason: Option<String>,
    pub wish: Option<String>,
    pub reservations: Vec<Reservation>,
    pub last: Option<Last>,
    /// Signed receipt of the acknowledged join.
    pub receipt: Option<String>,
    pub version: String,
}

/// What became of the shopper's last command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct Last {
    /// `join | leave | enter | extend | reserve | cancel | move`
    pub kind: String,
    /// `pending | done | refused`
    pub state: String,
    pub reason: Option<String>,
    /// The place's or reservation's id that it was about.
    pub of: Option<String>,
    pub slot: Option<String>,
}

/// A reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct Reservation {
    pub id: String,
    pub event: String,
    pub slot: Option<String>,
    pub seats: u32,
    /// `pending | confirmed | refused | cancelled`
    pub state: String,
    pub reason: Option<String>,
    /// Only when confirmed.
    pub code: Option<String>,
    pub version: String,
}

/// The published proof of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct Fairness {
    pub event: String,
    /// The event's version: where the view stands.
    pub version: String,
    /// The log position that the hashes belong to.
    pub position: String,
    pub log_hash: String,
    pub state_hash: String,
    pub rules: u16,
    pub lobby: String,
    pub commitment: Option<String>,
    pub lobby_key: Option<String>,
    /// After opening a shuffle lobby: secret and the log hash before the opening record.
    pub secret: Option<String>,
    pub opened_after_log_hash: Option<String>,
    /// Ed25519 public keys by key id, hexadecimal, that verify receipts and tickets.
    pub receipt_keys: BTreeMap<String, String>,
}

/// Body of a join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct JoinBody {
    /// The slot already chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
}

/// Body of leave, enter and extend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct PlaceBody {
    /// The place that it is made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// Body of a reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveBody {
    /// Which slot.
    pub slot: String,
    /// How many seats, from 1.
    pub seats: u32,
    /// Where to send the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the shopper agreed to the address being kept; required with `email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<bool>,
}

/// Body of a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveBody {
    /// Where to.
    pub slot: String,
}
