//! An event's definition as operators write it, in JSON or TOML. Checked as a whole, every fault with its field's path.

use super::shopper::Text;
use serde::{Deserialize, Serialize};

/// One fault of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Such as `slots[3].capacity`.
    pub field: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

/// An event's definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct DefinitionBody {
    pub id: String,
    pub title: Text,
    #[serde(default)]
    pub venue: Text,
    #[serde(default)]
    pub rules: Text,
    #[serde(default)]
    pub privacy: Text,
    #[serde(default)]
    pub notice: Text,
    #[serde(default)]
    pub accent: Option<String>,
    pub time_zone: String,
    #[serde(default)]
    pub lobby_opens_at: Option<String>,
    pub opens_at: String,
    pub closes_at: String,
    #[serde(default)]
    pub lobby: Option<String>,
    #[serde(default)]
    pub retention_days: Option<u32>,
    #[serde(default)]
    pub policy: PolicyPatchBody,
    pub slots: Vec<SlotBody>,
}

/// The policy with every field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct PolicyBody {
    pub admit_per_second: f64,
    pub room_max: u32,
    pub room_per_seat: f64,
    pub claim_window_s: u32,
    pub session_s: u32,
    pub session_extensions: u8,
    pub per_shopper_max: u8,
    pub party_max: u32,
    pub joins_per_shopper: u8,
}

/// The policy's fields to set; absent ones stay, or are the default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct PolicyPatchBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admit_per_second: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_per_seat: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_window_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_extensions: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_shopper_max: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joins_per_shopper: Option<u8>,
}

/// A slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the contract's own names; described in openapi.json"
)]
pub struct SlotBody {
    pub id: String,
    pub starts_at: String,
    pub ends_at: String,
    pub capacity: u32,
    #[serde(default)]
    pub book_before_s: u32,
}
