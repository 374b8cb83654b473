//! What a page does: opens a socket or a stream and reads frames.

use crate::world::{EVENT, World};
use futures_util::StreamExt;
use queue_domain::ShopperId;
use queue_protocol::http::Frame;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

pub(crate) struct Socket {
    pub(crate) stream: WebSocketStream<TcpStream>,
    /// Every frame so far, as text.
    pub(crate) seen: Vec<Utf8Bytes>,
}

pub(crate) fn request(world: &World, headers: &[(&'static str, &str)], since: &str) -> Request {
    let url = format!(
        "ws://{}/v1/events/{EVENT}/socket?since={since}",
        world.address
    );
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

pub(crate) fn cookie(world: &World, shopper: ShopperId) -> String {
    format!("{}={}", world.cookie.name(), world.cookie.value(shopper))
}

impl Socket {
    pub(crate) async fn open(world: &World, shopper: ShopperId) -> Self {
        Self::try_open(
            world,
            request(world, &[("cookie", &cookie(world, shopper))], ""),
        )
        .await
        .unwrap()
    }

    pub(crate) async fn open_since(world: &World, shopper: ShopperId, since: &str) -> Self {
        Self::try_open(
            world,
            request(world, &[("cookie", &cookie(world, shopper))], since),
        )
        .await
        .unwrap()
    }

    /// The status, if it is not an upgrade.
    pub(crate) async fn try_open(world: &World, request: Request) -> Result<Self, u16> {
        let tcp = TcpStream::connect(world.address).await.unwrap();
        match tokio_tungstenite::client_async(request, tcp).await {
            Ok((stream, _)) => Ok(Self {
                stream,
                seen: Vec::new(),
            }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// The next frame; the close code at the end.
    pub(crate) async fn next(&mut self) -> Result<Frame, u16> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    self.seen.push(text.clone());
                    return Ok(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("{error}"),
                None => return Err(1006),
            }
        }
    }

    /// Reads until a frame fits.
    pub(crate) async fn until(&mut self, fits: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let frame = self
                .next()
                .await
                .unwrap_or_else(|code| panic!("closed with {code} after {:?}", self.seen));
            if fits(&frame) {
                return frame;
            }
        }
    }

    /// Reads to the close frame.
    pub(crate) async fn until_closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    /// Versions of all frames so far, in order.
    pub(crate) fn versions(&self) -> Vec<queue_domain::LogPosition> {
        self.seen.iter().filter_map(|text| version(text)).collect()
    }
}

pub(crate) fn version(text: &str) -> Option<queue_domain::LogPosition> {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    value["version"]
        .as_str()
        .map(|version| queue_domain::LogPosition::parse(version).unwrap())
}

/// An event stream, read line by line.
pub(crate) struct Events {
    lines: tokio::io::Lines<BufReader<TcpStream>>,
    pub(crate) head: Vec<String>,
}

impl Events {
    pub(crate) async fn open(world: &World, shopper: ShopperId, extra: &str) -> Self {
        let mut tcp = TcpStream::connect(world.address).await.unwrap();
        let cookie = cookie(world, shopper);
        let head = format!(
            "GET /v1/events/{EVENT}/stream HTTP/1.1\r\nconnection: close\r\nhost: {}\r\ncookie: {cookie}\r\n{extra}\r\n",
            world.address
        );
        tcp.write_all(head.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(tcp).lines();
        let mut head = Vec::new();
        while let Some(line) = lines
            .next_line()
            .await
            .unwrap()
            .filter(|line| !line.is_empty())
        {
            head.push(line.to_lowercase());
        }
        Self { lines, head }
    }

    /// The next line with this field; `None` at the end.
    pub(crate) async fn field(&mut self, name: &str) -> Option<String> {
        while let Some(line) = self.lines.next_line().await.unwrap() {
            if let Some(value) = line
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(": "))
            {
                return Some(value.to_owned());
            }
        }
        None
    }

    /// The next frame, with its id.
    pub(crate) async fn next(&mut self) -> Option<(String, Frame)> {
        let id = self.field("id").await?;
        let data = self.field("data").await?;
        Some((id, serde_json::from_str(&data).unwrap()))
    }
}
