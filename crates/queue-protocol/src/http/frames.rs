//! Frames of the socket and of the event stream, server to client: one JSON object each.

use super::shopper::{Range, Text};
use serde::{Deserialize, Serialize};

/// One frame. `version` is the view's at sending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in the protocol page"
)]
pub enum Frame {
    /// First, always.
    Hello {
        version: String,
        server_ms: u64,
        event: serde_json::Value,
        place: Option<serde_json::Value>,
        slots: Vec<SlotSeats>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        stale: bool,
    },
    /// The shopper's own place; sent when something of it changed, at most twice a second while waiting.
    Place(PlaceFields),
    /// It is this shopper's turn.
    Admitted {
        version: String,
        until_ms: Option<u64>,
    },
    /// Slots that changed.
    Slots {
        version: String,
        slots: Vec<SlotSeats>,
    },
    /// A reservation of this shopper was decided or changed.
    Reservation {
        version: String,
        id: String,
        state: String,
        reason: Option<String>,
        slot: Option<String>,
        seats: u32,
        code: Option<String>,
    },
    /// The event itself changed.
    Event(EventFields),
    /// Nothing changed for a while; the server lives. Lets a page notice a dead socket.
    Alive { version: String, server_ms: u64 },
    /// Come again after so long; the socket closes.
    Reconnect { after_ms: u64 },
}

/// The fields of a place frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in the protocol page"
)]
pub struct PlaceFields {
    pub version: String,
    pub id: Option<String>,
    pub state: String,
    pub number: Option<u32>,
    pub ahead: Option<u32>,
    pub began_ahead: Option<u32>,
    pub waiting: u64,
    pub eta_s: Option<Range>,
    pub until_ms: Option<u64>,
    pub extensions: u8,
    pub reason: Option<String>,
    pub wish: Option<String>,
}

/// The fields of an event frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in the protocol page"
)]
pub struct EventFields {
    pub version: String,
    pub phase: String,
    pub paused: bool,
    pub standby: bool,
    pub waiting: u64,
    pub cancelled: u64,
    pub eta_s: Option<Range>,
    pub notice: Option<Text>,
    pub opens_at_ms: u64,
    pub closes_at_ms: u64,
}

/// A slot's seats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in the protocol page"
)]
pub struct SlotSeats {
    pub id: String,
    pub remaining: u32,
    pub capacity: u32,
    pub state: String,
}
