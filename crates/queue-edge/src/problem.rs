//! Problem answers (RFC 9457).

use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use queue_protocol::http as wire;
use queue_protocol::http::{Code, FieldError, Place, Reservation};
use std::borrow::Cow;

/// What went wrong, as it will be said.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone, PartialEq)]
struct Parts {
    code: Code,
    detail: Cow<'static, str>,
    retry_after_ms: Option<u64>,
    fields: Vec<FieldError>,
    place: Option<Place>,
    reservation: Option<Reservation>,
    allow: Option<HeaderValue>,
}

impl Problem {
    /// A problem; `detail` says what a person can do about it.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            retry_after_ms: None,
            fields: Vec::new(),
            place: None,
            reservation: None,
            allow: None,
        }))
    }

    /// `422 invalid_field` for one field.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError {
            field: field.into(),
            detail: detail.into(),
        }])
    }

    /// `422 invalid_field` for several fields, all at once.
    pub fn fields(fields: Vec<FieldError>) -> Self {
        let said: Vec<String> = fields
            .iter()
            .map(|fault| format!("{}: {}", fault.field, fault.detail))
            .collect();
        let mut problem = Self::new(Code::InvalidField, said.join("; "));
        problem.0.fields = fields;
        problem
    }

    /// Waiting so long helps.
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.0.retry_after_ms = Some(ms);
        self
    }

    /// The place that it is about.
    pub fn about_place(mut self, place: Option<Place>) -> Self {
        self.0.place = place;
        self
    }

    /// The reservation that it is about.
    pub fn about_reservation(mut self, reservation: Option<Reservation>) -> Self {
        self.0.reservation = reservation;
        self
    }

    /// The methods that exist, with `405`.
    pub fn allow(mut self, methods: HeaderValue) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// As it is written.
    pub fn body(&self) -> wire::Problem {
        let parts = &*self.0;
        wire::Problem {
            title: title(parts.code).to_owned(),
            status: parts.code.status(),
            code: parts.code.as_str().to_owned(),
            detail: parts.detail.clone().into_owned(),
            retry_after_ms: parts.retry_after_ms,
            fields: parts.fields.clone(),
            place: parts.place.clone(),
            reservation: parts.reservation.clone(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.body()).expect("a problem is always JSON");
        let mut response = Response::new(body.into());
        *response.status_mut() =
            StatusCode::from_u16(self.0.code.status()).expect("codes have real statuses");
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        if let Some(ms) = self.0.retry_after_ms {
            headers.insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000)));
        }
        if let Some(methods) = self.0.allow {
            headers.insert(ALLOW, methods);
        }
        response.extensions_mut().insert(self.0.code);
        response
    }
}

fn title(code: Code) -> &'static str {
    use queue_domain::Refusal as R;
    match code {
        Code::InvalidJson => "The body cannot be read",
        Code::InvalidCookie => "This cookie is not ours",
        Code::Unauthorized => "Who are you?",
        Code::CrossOrigin => "Sent from another site",
        Code::Forbidden => "Not your role",
        Code::NotFound => "Not found",
        Code::MethodNotAllowed => "Not done this way",
        Code::BodyTooLarge => "Too large",
        Code::UnsupportedMediaType => "Not a type that is read here",
        Code::InvalidField => "A field is wrong",
        Code::RateLimited => "Too many requests",
        Code::Overloaded => "Too busy, nothing was accepted",
        Code::OutcomeUnknown => "It may or may not have been accepted",
        Code::Starting => "Just starting",
        Code::RequestTimeout => "The request came too slowly",
        Code::Refused(R::IdempotencyMismatch) => "Another request had this key",
        Code::Refused(R::NotOpen) => "Not open yet",
        Code::Refused(R::Closed) => "Closed",
        Code::Refused(R::Stale) => "No longer current",
        Code::Refused(R::NotAdmitted) => "Not your turn",
        Code::Refused(R::SessionOver) => "The session is over",
        Code::Refused(R::UnknownSlot) => "No such slot",
        Code::Refused(R::SlotOver) => "The slot can no longer be booked",
        Code::Refused(R::PartyTooLarge) => "Too many seats for one booking",
        Code::Refused(R::LimitReached) => "The limit is reached",
        Code::Refused(R::HasReservation) => "There is a reservation",
        Code::Refused(R::SoldOut) => "Sold out",
        Code::Refused(R::WrongPhase) => "Not in this phase",
        Code::Refused(R::BelowConfirmed) => "Fewer than are confirmed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told_in_the_body_and_in_whole_seconds_in_the_header() {
        let response = Problem::new(Code::Overloaded, "Try again.")
            .retry_after_ms(1_200)
            .into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[RETRY_AFTER], "2");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    }
}
