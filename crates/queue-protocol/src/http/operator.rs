//! The operator API's bodies.

use super::shopper::Text;
use serde::{Deserialize, Serialize};

/// Full state of an event, for operators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct OperatorEvent {
    pub event: super::Event,
    pub policy: super::PolicyBody,
    pub rules_version: u16,
    pub stats: Stats,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct CommandAnswer {
    pub command: String,
    /// `pending | done | refused`
    pub state: String,
    pub reason: Option<String>,
    pub event: Option<OperatorEvent>,
    pub check_in: Option<CheckInAnswer>,
}

/// New set times; absent ones stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct RescheduleBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lobby_opens_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<String>,
}

/// Texts to set (`null` removes).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct TextsBody {
    #[serde(
        default,
        with = "double_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub notice: Option<Option<Text>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(
        default,
        with = "double_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub venue: Option<Option<Text>>,
    #[serde(
        default,
        with = "double_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub rules: Option<Option<Text>>,
    #[serde(
        default,
        with = "double_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub privacy: Option<Option<Text>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
}

/// Tells `null` (remove) from absent (keep).
mod double_option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer, T: Serialize>(
        value: &Option<Option<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value
            .as_ref()
            .and_then(Option::as_ref)
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

/// A slot's new capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct CapacityBody {
    pub capacity: u32,
}

/// A visitor at the door: the code read out, or the scanned ticket's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct CheckInBody {
    pub code: String,
}

/// What the door is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct CheckInAnswer {
    /// `accepted | already | cancelled | moved | wrong_day | unknown`
    pub result: String,
    /// When the first scan was.
    pub first_at: Option<String>,
    pub reservation: Option<OperatorReservation>,
}

/// A reservation as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct OperatorReservation {
    pub id: String,
    pub slot: String,
    pub seats: u32,
    /// `confirmed | cancelled`
    pub state: String,
    pub code: String,
    pub decided_at: String,
    pub changed_at: String,
    pub checked_in_at: Option<String>,
    pub place_number: Option<u32>,
}

/// One page of reservations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct ReservationPage {
    pub reservations: Vec<OperatorReservation>,
    /// Pass as `?after=` for the next page; null on the last.
    pub next: Option<String>,
}

/// Counts, rates, room, lag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct Stats {
    pub event: String,
    pub phase: String,
    pub paused: bool,
    pub standby: bool,
    pub version: String,
    pub at: String,
    pub waiting: u64,
    pub room: RoomNow,
    pub totals: TotalsBody,
    pub slots: Vec<SlotStats>,
    pub rate: RateNow,
    pub lag: Lag,
}

/// Who is in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct RoomNow {
    pub admitted: u64,
    pub inside: u64,
    pub max: u32,
}

/// Counts since creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct TotalsBody {
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

/// One slot's seats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct SlotStats {
    pub id: String,
    pub capacity: u32,
    pub confirmed: u32,
    pub remaining: u32,
    /// `bookable | over | stopped | cancelled`
    pub state: String,
}

/// Admission rate, set and real.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct RateNow {
    pub admit_per_second: f64,
    /// Admissions of the last second of service time.
    pub last_second: u64,
}

/// How far the view is behind the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct Lag {
    pub records: u64,
    pub ms: u64,
}
