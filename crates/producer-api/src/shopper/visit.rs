//! A request as understood before its body: which event, who, and with which preferences.

use crate::app::App;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use queue_domain::{EventId, LogPosition, ReservationId, ShopperId, SlotId};
use queue_edge::{Acknowledged, PeerAddress, Problem, Recognised, ShopperCookie, Trace};
use queue_protocol::http::read::{self, BodyError};
use queue_protocol::http::{Code, FieldError};
use serde::de::DeserializeOwned;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The event that the path names; it exists.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: EventId,
    pub(crate) partition: u32,
}

impl Event {
    /// Finds an event by the name in the path.
    pub(crate) async fn find(app: &App, name: &str) -> Result<Self, Problem> {
        let id = EventId::parse(name).map_err(|_| no_event())?;
        if let Some(partition) = app.deps.directory.partition(&id) {
            return Ok(Self { id, partition });
        }
        match app.deps.view.partition_heads(0).await {
            Ok(Some(_)) => Err(no_event()),
            _ => Err(starting()),
        }
    }
}

impl FromRequestParts<Arc<App>> for Event {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Path(name) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|_| no_event())?;
        Self::find(app, &name).await
    }
}

/// The reservation that the path names; its event exists.
#[derive(Debug, Clone)]
pub(crate) struct ReservationPath {
    pub(crate) event: Event,
    pub(crate) id: ReservationId,
}

impl ReservationPath {
    /// Finds a reservation's event by the reservation's public id.
    pub(crate) async fn find(app: &App, name: &str) -> Result<Self, Problem> {
        let (event, id) = name.split_once('.').ok_or_else(no_reservation)?;
        let id = ReservationId::parse_hex(id).ok_or_else(no_reservation)?;
        let event = Event::find(app, event).await.map_err(|problem| {
            if problem.code() == Code::NotFound {
                no_reservation()
            } else {
                problem
            }
        })?;
        Ok(Self { event, id })
    }
}

impl FromRequestParts<Arc<App>> for ReservationPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Path(name) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|_| no_reservation())?;
        Self::find(app, &name).await
    }
}

/// Who asks, and how.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) trace: Trace,
    pub(crate) shopper: Option<Recognised>,
    pub(crate) headers: HeaderMap,
    peer: Option<PeerAddress>,
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let shopper = app.cookie.read(&parts.headers).map_err(|error| {
            Problem::new(
                Code::InvalidCookie,
                format!("{error}. Drop it with DELETE /v1/shopper."),
            )
        })?;
        let trace = parts
            .extensions
            .get::<Trace>()
            .copied()
            .unwrap_or_else(|| Trace::begin(&parts.headers));
        let peer = parts.extensions.get::<PeerAddress>().copied();
        // Extractors for heads come first and the body's does not look at them: nobody needs these headers after us.
        Ok(Self {
            trace,
            shopper,
            headers: std::mem::take(&mut parts.headers),
            peer,
        })
    }
}

impl Visit {
    /// The shopper, or nobody.
    pub(crate) fn shopper(&self) -> Option<ShopperId> {
        self.shopper.map(|recognised| recognised.shopper)
    }

    /// What was last acknowledged to the shopper in this event.
    pub(crate) fn acknowledged(&self, app: &App, event: &EventId) -> Option<Acknowledged> {
        app.acknowledged
            .read_event(&self.headers, self.shopper()?, event)
    }

    /// `Set-Cookie` for a shopper who has no cookie, or one signed with an older key.
    pub(crate) fn cookie_for(
        &self,
        cookie: &ShopperCookie,
        shopper: ShopperId,
    ) -> Option<HeaderValue> {
        self.shopper
            .is_none_or(|recognised| recognised.sign_again)
            .then(|| cookie.set(shopper))
    }

    /// Counts a change against the shopper's and the address's rate.
    pub(crate) fn count_change(&self, app: &App) -> Result<(), Problem> {
        let now = Instant::now();
        let peer = self
            .peer
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |PeerAddress(peer)| {
                peer.ip()
            });
        let address = app.deps.proxies.client(peer, &self.headers);
        let refused = |by: &str, wait: Duration| {
            app.metrics.rate_limited.with_label_values(&[by]).inc();
            let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
            Problem::new(
                Code::RateLimited,
                "Too many changes at once. Wait a moment; your place is kept.",
            )
            .retry_after_ms(ms)
        };
        app.address_rate
            .take(address, now)
            .map_err(|wait| refused("address", wait))?;
        self.shopper().map_or(Ok(()), |shopper| {
            app.shopper_rate
                .take(shopper, now)
                .map_err(|wait| refused("shopper", wait))
        })
    }

    /// `Prefer: wait=5`: how long the client would wait for the outcome, 1 to 10 s. Anything else is ignored, as RFC 7240 has it.
    pub(crate) fn wait(&self) -> Option<Duration> {
        let preferences = self
            .headers
            .get_all("prefer")
            .into_iter()
            .filter_map(|value| value.to_str().ok());
        let mut waits = preferences
            .flat_map(|value| value.split([',', ';']))
            .filter_map(|preference| preference.trim().strip_prefix("wait="));
        let seconds: u64 = waits.next()?.parse().ok()?;
        (seconds >= 1).then(|| Duration::from_secs(seconds.min(10)))
    }

    /// `Banjjak-Seen`: the version that the client acted on.
    pub(crate) fn seen(&self) -> Result<Option<LogPosition>, Problem> {
        let Some(value) = self.headers.get("banjjak-seen") else {
            return Ok(None);
        };
        let parsed = value.to_str().ok().and_then(LogPosition::parse);
        parsed
            .map(Some)
            .ok_or_else(|| Problem::field("Banjjak-Seen", "must be a version such as 1-8812"))
    }

    /// `If-Match: "0900"`: the slot that the reservation is believed to be in.
    pub(crate) fn if_match(&self) -> Result<Option<SlotId>, Problem> {
        let mut values = self.headers.get_all("if-match").into_iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" && values.next().is_none() {
            return Ok(None);
        }
        let quoted = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .and_then(|slot| SlotId::parse(slot).ok());
        let slot = quoted.filter(|_| values.next().is_none());
        slot.map(Some).ok_or_else(|| {
            Problem::field(
                "If-Match",
                "must be one slot's id in quotes, such as \"0900\"",
            )
        })
    }

    /// `Idempotency-Key`: 16 to 64 of `A-Za-z0-9_-`.
    pub(crate) fn request_key(&self) -> Result<&str, Problem> {
        request_key(&self.headers)
    }

    /// Reads a JSON body. The content type counts only when there is a body; no body is `{}`.
    pub(crate) async fn body<T: DeserializeOwned>(
        &self,
        app: &App,
        body: Body,
    ) -> Result<T, Problem> {
        let bytes = queue_edge::body::read(&self.headers, body, app.deps.limits.body).await?;
        if bytes.is_empty() {
            return read::json(b"{}").map_err(body_problem);
        }
        if media_type(&self.headers) != Some("application/json") {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "Send the body as application/json.",
            ));
        }
        read::json(&bytes).map_err(body_problem)
    }
}

/// The media type without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim())
}

/// See [`Visit::request_key`].
pub(crate) fn request_key(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all("idempotency-key").into_iter();
    let key = values
        .next()
        .and_then(|value| value.to_str().ok())
        .filter(|key| is_request_key(key));
    key.filter(|_| values.next().is_none()).ok_or_else(|| {
        Problem::field(
            "Idempotency-Key",
            "must be sent once, 16 to 64 of A-Z a-z 0-9 _ -, and kept for repeats",
        )
    })
}

/// Whether a text can be a request key.
pub(crate) fn is_request_key(key: &str) -> bool {
    (16..=64).contains(&key.len())
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A body's fault as a problem.
pub(crate) fn body_problem(error: BodyError) -> Problem {
    match error {
        BodyError::Malformed(detail) => Problem::new(Code::InvalidJson, detail),
        BodyError::Fields(fields) => Problem::fields(fields),
    }
}

/// A slot named in a body.
pub(crate) fn slot(field: &str, text: &str) -> Result<SlotId, Problem> {
    SlotId::parse(text).map_err(|error| {
        Problem::fields(vec![FieldError {
            field: field.to_owned(),
            detail: error.to_string(),
        }])
    })
}

/// No such event.
pub(crate) fn no_event() -> Problem {
    Problem::new(Code::NotFound, "There is no such event.")
}

/// No such reservation, or another's.
pub(crate) fn no_reservation() -> Problem {
    Problem::new(Code::NotFound, "You have no such reservation.")
}

/// The view has nothing to show yet.
pub(crate) fn starting() -> Problem {
    Problem::new(
        Code::Starting,
        "The shop is just starting. Your place is kept; ask again in a second.",
    )
    .retry_after_ms(1000)
}
