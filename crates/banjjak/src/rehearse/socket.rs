//! One shopper's WebSocket with small buffers, and the frames as they come. It sends nothing but what the protocol asks for.

use super::pool::Address;
use futures_util::{SinkExt, StreamExt};
use queue_protocol::http::SlotSeats;
use queue_protocol::witness::{SeenEvent, SeenFrame, SeenPlace, SeenReservation, SeenSlot};
use serde::Deserialize;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Utf8Bytes};

/// How long connecting and the upgrade may take.
const OPEN_LIMIT: Duration = Duration::from_secs(20);
/// The largest frame taken: a hello of an event with a thousand slots and long texts.
const FRAME_MAX_BYTES: usize = 1 << 20;

/// An open socket.
pub(crate) struct Socket {
    /// Its number in the witness.
    pub(crate) number: u32,
    stream: WebSocketStream<TcpStream>,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unopened {
    /// The server answered the upgrade with another status.
    Refused(u16),
    /// Nobody there, or no answer.
    Unreachable,
}

/// What comes from a socket.
pub(crate) enum Received {
    /// A text frame.
    Text(Utf8Bytes),
    /// A ping, a pong, or a frame that is not text: nothing to do.
    Nothing,
    /// It has ended, with the code of the close frame if there was one.
    Ended(Option<u16>),
}

impl Socket {
    /// Connects and upgrades.
    pub(crate) async fn open(
        address: &Address,
        path: &str,
        cookie: &str,
        number: u32,
    ) -> Result<Self, Unopened> {
        let mut request = format!("ws://{}{path}", address.authority)
            .into_client_request()
            .map_err(|_| Unopened::Unreachable)?;
        let cookie = HeaderValue::from_str(cookie).map_err(|_| Unopened::Unreachable)?;
        request.headers_mut().insert("cookie", cookie);
        let config = WebSocketConfig::default()
            .read_buffer_size(1024)
            .write_buffer_size(0)
            .max_write_buffer_size(8192)
            .max_message_size(Some(FRAME_MAX_BYTES))
            .max_frame_size(Some(FRAME_MAX_BYTES));
        let open = async {
            let stream = address
                .connect(number)
                .await
                .map_err(|_| Unopened::Unreachable)?;
            match tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await {
                Ok((stream, _)) => Ok(Self { number, stream }),
                Err(Error::Http(answer)) => Err(Unopened::Refused(answer.status().as_u16())),
                Err(_) => Err(Unopened::Unreachable),
            }
        };
        tokio::time::timeout(OPEN_LIMIT, open)
            .await
            .unwrap_or(Err(Unopened::Unreachable))
    }

    /// The next thing that comes. Safe to drop between two.
    pub(crate) async fn receive(&mut self) -> Received {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => Received::Text(text),
            Some(Ok(Message::Close(frame))) => {
                Received::Ended(frame.map(|frame| frame.code.into()))
            }
            Some(Ok(_)) => Received::Nothing,
            Some(Err(_)) | None => Received::Ended(None),
        }
    }

    /// Closes as a page does when it goes; what the other side still says is not waited for.
    pub(crate) async fn close(mut self) {
        // The socket goes either way.
        let _ = self.stream.close(None).await;
        let _ = self.stream.flush().await;
    }
}

/// A frame of any kind, as far as a shopper uses it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Frame {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) version: Option<String>,
    pub(crate) stale: bool,
    id: Option<String>,
    state: Option<String>,
    number: Option<u32>,
    ahead: Option<u32>,
    began_ahead: Option<u32>,
    waiting: Option<u64>,
    reason: Option<String>,
    slots: Vec<SlotSeats>,
    slot: Option<String>,
    seats: Option<u32>,
    code: Option<String>,
    phase: Option<String>,
    paused: bool,
    standby: bool,
    place: Option<HelloPlace>,
    event: Option<HelloEvent>,
    pub(crate) after_ms: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HelloPlace {
    id: Option<String>,
    state: String,
    number: Option<u32>,
    ahead: Option<u32>,
    began_ahead: Option<u32>,
    waiting: Option<u64>,
    reason: Option<String>,
    reservations: Vec<HelloReservation>,
    last: Option<HelloLast>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HelloReservation {
    id: String,
    slot: Option<String>,
    seats: u32,
    state: String,
    reason: Option<String>,
    code: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HelloLast {
    kind: String,
    state: String,
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HelloEvent {
    version: Option<String>,
    phase: String,
    paused: bool,
    standby: bool,
    waiting: u64,
}

impl Frame {
    /// Parses a frame. None when it is not one: that is counted, and never passed over in silence.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// What the witness keeps of it.
    pub(crate) fn seen(self, shopper: u32, socket: u32, at_us: u64) -> SeenFrame {
        let version = self.version.clone().unwrap_or_default();
        let slots = self.slots.iter().map(SeenSlot::from).collect();
        let mut seen = SeenFrame {
            shopper,
            socket,
            at_us,
            kind: self.kind.clone(),
            version: self.version.clone(),
            stale: self.stale,
            place: None,
            reservation: None,
            slots,
            event: None,
        };
        match self.kind.as_str() {
            "hello" => {
                seen.place = self.place.map(|place| place.seen(&version));
                seen.event = self.event.map(|event| SeenEvent {
                    version: event.version.unwrap_or(version),
                    phase: event.phase,
                    paused: event.paused,
                    standby: event.standby,
                    waiting: event.waiting,
                });
            }
            "place" => {
                seen.place = Some(SeenPlace {
                    version,
                    state: self.state.unwrap_or_default(),
                    id: self.id,
                    number: self.number,
                    ahead: self.ahead,
                    began_ahead: self.began_ahead,
                    waiting: self.waiting,
                    reason: self.reason,
                    ..SeenPlace::default()
                });
            }
            "reservation" => {
                seen.reservation = Some(SeenReservation {
                    version,
                    id: self.id.unwrap_or_default(),
                    state: self.state.unwrap_or_default(),
                    reason: self.reason,
                    slot: self.slot,
                    seats: self.seats.unwrap_or_default(),
                    code: self.code,
                });
            }
            "event" => {
                seen.event = Some(SeenEvent {
                    version,
                    phase: self.phase.unwrap_or_default(),
                    paused: self.paused,
                    standby: self.standby,
                    waiting: self.waiting.unwrap_or_default(),
                });
            }
            _ => {}
        }
        seen
    }
}

impl HelloPlace {
    fn seen(self, version: &str) -> SeenPlace {
        let reservations = self.reservations.into_iter().map(|held| SeenReservation {
            version: version.to_owned(),
            id: held.id,
            state: held.state,
            reason: held.reason,
            slot: held.slot,
            seats: held.seats,
            code: held.code,
        });
        SeenPlace {
            version: version.to_owned(),
            state: self.state,
            id: self.id,
            number: self.number,
            ahead: self.ahead,
            began_ahead: self.began_ahead,
            waiting: self.waiting,
            reason: self.reason,
            reservations: reservations.collect(),
            last: self.last.map(|last| (last.kind, last.state, last.reason)),
            receipt: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue_protocol::http;

    /// The lean parser and the protocol's own types say the same of every kind of frame.
    #[test]
    fn a_frame_is_seen_as_the_protocol_sees_it() {
        let place = r#"{"type":"place","version":"1-9","id":"1-2-0","state":"waiting","number":3,"ahead":2,"began_ahead":2,"waiting":9,"eta_s":{"low":1,"high":2},"until_ms":null,"extensions":0,"reason":"rate","wish":null}"#;
        let hello = r#"{"type":"hello","version":"1-9","server_ms":5,"event":{"version":"1-8","phase":"open","paused":false,"standby":true,"waiting":9,"title":{"ko":"가"}},"place":{"id":"1-2-0","state":"booked","number":3,"ahead":0,"waiting":9,"reservations":[{"id":"e.1","event":"e","slot":"0900","seats":2,"state":"confirmed","reason":null,"code":"AB","version":"1-9"}],"last":{"kind":"reserve","state":"done","reason":null,"of":"e.1","slot":"0900"}},"slots":[{"id":"0900","remaining":1,"capacity":2,"state":"bookable"}],"stale":true}"#;
        let others = [
            r#"{"type":"admitted","version":"1-9","until_ms":7}"#,
            r#"{"type":"slots","version":"1-9","slots":[{"id":"0900","remaining":1,"capacity":2,"state":"bookable"}]}"#,
            r#"{"type":"reservation","version":"1-9","id":"e.1","state":"refused","reason":"sold_out","slot":"0900","seats":2,"code":null}"#,
            r#"{"type":"event","version":"1-9","phase":"open","paused":true,"standby":false,"waiting":4,"cancelled":0,"eta_s":null,"notice":null,"opens_at_ms":1,"closes_at_ms":2}"#,
            r#"{"type":"alive","version":"1-9","server_ms":5}"#,
            r#"{"type":"reconnect","after_ms":12}"#,
        ];
        for text in [place, hello].into_iter().chain(others) {
            let whole: http::Frame = serde_json::from_str(text).expect("a frame of the protocol");
            let lean = Frame::parse(text).expect("a frame").seen(1, 2, 3);
            assert_eq!(lean, SeenFrame::new(1, 2, 3, &whole), "{text}");
        }
    }
}
