//! RFC 9457 problem details and the stable list of codes.

use queue_domain::Refusal;
use serde::{Deserialize, Serialize};

/// An `application/problem+json` body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// Short and for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable and for programs.
    pub code: String,
    /// What a person can do about it.
    pub detail: String,
    /// When to try again, where waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The fields at fault, with `422 invalid_field`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<super::FieldError>,
    /// The place that a `409` is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<super::Place>,
    /// The reservation that a `409` is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<super::Reservation>,
}

/// Every code there is, with its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the names are the public codes, explained in docs/api.md"
)]
pub enum Code {
    InvalidJson,
    InvalidCookie,
    Unauthorized,
    CrossOrigin,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Refused(Refusal),
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidField,
    RateLimited,
    Overloaded,
    OutcomeUnknown,
    Starting,
    RequestTimeout,
}

impl Code {
    /// The code as written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::InvalidCookie => "invalid_cookie",
            Self::Unauthorized => "unauthorized",
            Self::CrossOrigin => "cross_origin",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Refused(refusal) => refusal.as_str(),
            Self::BodyTooLarge => "body_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::InvalidField => "invalid_field",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Starting => "starting",
            Self::RequestTimeout => "request_timeout",
        }
    }

    /// Its HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidJson => 400,
            Self::InvalidCookie | Self::Unauthorized => 401,
            Self::CrossOrigin | Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::Refused(_) => 409,
            Self::BodyTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InvalidField => 422,
            Self::RateLimited => 429,
            Self::Overloaded | Self::OutcomeUnknown | Self::Starting => 503,
        }
    }
}
