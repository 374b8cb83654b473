//! One request: what it says, and what its answer means. Nothing is sent here.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request};
use queue_protocol::http;
use queue_protocol::witness::{
    self, Asked, SeenEvent, SeenPlace, SeenReservation, SeenSlot, Verdict,
};
use std::time::Duration;

/// A shopper's cookies: `name=value` each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jar(Vec<String>);

impl Jar {
    /// Keeps what a reply set, in the place of what has the same name.
    pub(crate) fn keep(&mut self, cookies: Vec<String>) {
        for cookie in cookies {
            let name = cookie.split('=').next().unwrap_or_default();
            match self
                .0
                .iter_mut()
                .find(|kept| kept.split('=').next() == Some(name))
            {
                Some(kept) => *kept = cookie,
                None => self.0.push(cookie),
            }
        }
    }

    /// The `Cookie` header.
    pub(crate) fn header(&self) -> String {
        self.0.join("; ")
    }

    /// The shopper's id in the signed cookie: 32 hexadecimal digits.
    pub(crate) fn shopper(&self) -> Option<String> {
        let cookie = self.0.iter().find(|cookie| {
            cookie
                .split('=')
                .next()
                .is_some_and(|name| name.ends_with("banjjak_shopper"))
        })?;
        let (_, value) = cookie.split_once('=')?;
        let id = value
            .get(..36)
            .and_then(|id| uuid::Uuid::try_parse(id).ok())?;
        Some(id.simple().to_string())
    }
}

/// One request to be made, and to be made again unchanged when nothing is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) asked: Asked,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<serde_json::Value>,
    pub(crate) key: Option<String>,
    pub(crate) of: Option<String>,
    pub(crate) slot: Option<String>,
    pub(crate) seats: Option<u32>,
    pub(crate) if_slot: Option<String>,
    /// `Prefer: wait=5`.
    pub(crate) waits: bool,
    /// The version seen, for a change.
    pub(crate) seen: Option<String>,
}

impl Ask {
    /// A request with nothing but method and path.
    pub(crate) fn new(asked: Asked, method: Method, path: String) -> Self {
        Self {
            asked,
            method,
            path,
            body: None,
            key: None,
            of: None,
            slot: None,
            seats: None,
            if_slot: None,
            waits: false,
            seen: None,
        }
    }
}

/// What came of one try.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) verdict: Verdict,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) place: Option<SeenPlace>,
    pub(crate) reservation: Option<SeenReservation>,
    pub(crate) done_us: u64,
}

impl Told {
    /// Whether the same request should be sent again: nothing is known, or it certainly was not taken.
    pub(crate) fn again(&self) -> bool {
        self.verdict == Verdict::Unknown
            || self.status.is_none()
            || matches!(self.status, Some(429 | 503))
    }
}

/// The request as it is sent.
pub(crate) fn request(ask: &Ask, cookie: &str, trace: &str) -> Request<Full<Bytes>> {
    let body = ask
        .body
        .as_ref()
        .map(|body| Bytes::from(body.to_string()))
        .unwrap_or_default();
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = ask.method.clone();
    *request.uri_mut() = ask
        .path
        .parse()
        .expect("paths are made of ids and fixed words");
    let headers = request.headers_mut();
    if ask.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    put(headers, COOKIE, cookie);
    put(
        headers,
        HeaderName::from_static("traceparent"),
        &format!("00-{trace}-{}-00", &trace[..16]),
    );
    if let Some(key) = &ask.key {
        put(headers, HeaderName::from_static("idempotency-key"), key);
    }
    if let Some(slot) = &ask.if_slot {
        put(headers, hyper::header::IF_MATCH, &format!("\"{slot}\""));
    }
    if ask.waits {
        headers.insert("prefer", HeaderValue::from_static("wait=5"));
    }
    if let Some(seen) = &ask.seen {
        put(headers, HeaderName::from_static("banjjak-seen"), seen);
    }
    request
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

/// The witness's line of it, before its answer.
pub(crate) fn line_of(
    shopper: u32,
    ask: &Ask,
    trace: String,
    [intended_us, sent_us, done_us]: [u64; 3],
) -> witness::Request {
    witness::Request {
        shopper,
        asked: ask.asked,
        intended_us,
        sent_us,
        done_us,
        trace: Some(trace),
        key: ask.key.clone(),
        of: ask.of.clone(),
        slot: ask.slot.clone(),
        seats: ask.seats,
        if_slot: ask.if_slot.clone(),
        status: None,
        unsent: false,
        code: None,
        place: None,
        reservation: None,
        slots: Vec::new(),
        event: None,
    }
}

/// Reads an answer's body into the line. False when it is not what the contract says.
pub(crate) fn read(line: &mut witness::Request, asked: Asked, body: &[u8]) -> bool {
    if !matches!(line.status, Some(200..300)) {
        let Ok(problem) = serde_json::from_slice::<http::Problem>(body) else {
            return false;
        };
        line.place = problem.place.as_ref().map(SeenPlace::from);
        line.reservation = problem.reservation.as_ref().map(SeenReservation::from);
        line.code = Some(problem.code);
        return true;
    }
    match asked {
        Asked::Join | Asked::Enter | Asked::Extend | Asked::Leave | Asked::ReadPlace => {
            line.place = serde_json::from_slice::<http::Place>(body)
                .ok()
                .as_ref()
                .map(SeenPlace::from);
            line.place.is_some()
        }
        Asked::Reserve | Asked::Cancel | Asked::Move | Asked::ReadReservation => {
            line.reservation = serde_json::from_slice::<http::Reservation>(body)
                .ok()
                .as_ref()
                .map(SeenReservation::from);
            line.reservation.is_some()
        }
        Asked::ReadEvent => {
            let Ok(event) = serde_json::from_slice::<http::Event>(body) else {
                return false;
            };
            line.slots = event
                .slots
                .iter()
                .map(|slot| SeenSlot(slot.id.clone(), slot.remaining, slot.capacity))
                .collect();
            line.event = Some(SeenEvent {
                version: event.version,
                phase: event.phase,
                paused: event.paused,
                standby: event.standby,
                waiting: event.waiting,
            });
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_replaces_the_one_of_its_name_and_tells_the_shopper() {
        let mut jar = Jar::default();
        jar.keep(vec![
            "banjjak_shopper=0192f0c1-2345-4678-9abc-def012345678.k1.tag".into(),
            "banjjak_last=a".into(),
        ]);
        jar.keep(vec!["banjjak_last=b".into()]);
        assert_eq!(
            jar.header(),
            "banjjak_shopper=0192f0c1-2345-4678-9abc-def012345678.k1.tag; banjjak_last=b"
        );
        assert_eq!(
            jar.shopper().as_deref(),
            Some("0192f0c1234546789abcdef012345678")
        );
        assert_eq!(Jar::default().shopper(), None);
    }

    #[test]
    fn a_change_names_what_it_was_made_for() {
        let mut ask = Ask::new(
            Asked::Move,
            Method::POST,
            "/v1/reservations/e.1/move".into(),
        );
        ask.body = Some(serde_json::json!({"slot": "1030"}));
        ask.if_slot = Some("0900".into());
        ask.seen = Some("1-7".into());
        ask.waits = true;
        let made = request(&ask, "a=b", &"7".repeat(32));
        for (name, value) in [
            ("if-match", "\"0900\""),
            ("banjjak-seen", "1-7"),
            ("prefer", "wait=5"),
            ("cookie", "a=b"),
            ("content-type", "application/json"),
        ] {
            assert_eq!(made.headers()[name], value, "{name}");
        }
    }
}
