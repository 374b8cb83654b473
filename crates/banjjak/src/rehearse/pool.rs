//! The shoppers' HTTP: a bounded number of kept-alive connections, taken in order of asking. It says exactly what is known of
//! a request: never sent, or sent and perhaps arrived. It repeats nothing that may have arrived; that is the shopper's to do.

use super::clock::Clock;
use crate::client::Base;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderValue, RETRY_AFTER, SET_COOKIE};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;

/// How long a request may take in all: longer than the longest `Prefer: wait` and than a restart.
const REQUEST_LIMIT: Duration = Duration::from_secs(20);
/// The largest answer taken, in bytes.
const ANSWER_MAX_BYTES: usize = 1 << 20;
/// Addresses of this machine that connections to it come from: each has ephemeral ports of its own.
const SOURCES: u32 = 4;

/// Where the server is. It may move when it is started again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Address and port.
    pub(crate) socket: SocketAddr,
    /// `host:port` as in the `Host` header.
    pub(crate) authority: String,
}

impl Address {
    /// Resolves host and port; the first address counts.
    pub(crate) async fn resolve(base: &Base) -> std::io::Result<Self> {
        let mut found = tokio::net::lookup_host((base.host.as_str(), base.port)).await?;
        let socket = found
            .next()
            .ok_or_else(|| std::io::Error::other("the host has no address"))?;
        Ok(Self {
            socket,
            authority: base.authority(),
        })
    }

    /// A connection to it. To this machine they come from several addresses, since one has 28,000 ephemeral ports only.
    pub(crate) async fn connect(&self, nth: u32) -> std::io::Result<TcpStream> {
        let stream = match self.socket {
            SocketAddr::V4(target) if *target.ip() == Ipv4Addr::LOCALHOST => {
                let source = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + nth % SOURCES);
                let socket = TcpSocket::new_v4()?;
                socket.bind(SocketAddr::new(IpAddr::V4(source), 0))?;
                socket.connect(self.socket).await?
            }
            _ => TcpStream::connect(self.socket).await?,
        };
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Not a byte left.
    Unsent,
    /// It may have arrived.
    Unknown,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// `name=value` of each cookie set.
    pub(crate) cookies: Vec<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
}

/// One request's way.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// When its first byte was written; when connecting began if none was.
    pub(crate) sent_us: u64,
    /// When the answer was complete, or the request given up.
    pub(crate) done_us: u64,
    pub(crate) outcome: Result<Reply, Lost>,
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<http1::Connection<TokioIo<TcpStream>, Full<Bytes>>>>,
}

/// The connections.
pub(crate) struct Pool {
    address: RwLock<Arc<Address>>,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
    unanswered: AtomicU64,
    opened: AtomicU32,
    clock: Clock,
}

impl Pool {
    /// At most `connections` to `address`.
    pub(crate) fn new(address: Address, connections: u16, clock: Clock) -> Self {
        Self {
            address: RwLock::new(Arc::new(address)),
            idle: Mutex::default(),
            permits: Semaphore::new(usize::from(connections)),
            unanswered: AtomicU64::new(0),
            opened: AtomicU32::new(0),
            clock,
        }
    }

    /// Where the server is now.
    pub(crate) fn address(&self) -> Arc<Address> {
        Arc::clone(&self.address.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The server was started again, perhaps elsewhere.
    pub(crate) fn moved(&self, address: Address) {
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(address);
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Requests sent and not answered.
    pub(crate) fn unanswered(&self) -> u64 {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// Sends a request when a connection is free, and waits for its whole answer.
    pub(crate) async fn send(&self, mut request: Request<Full<Bytes>>) -> Exchange {
        let _permit = self
            .permits
            .acquire()
            .await
            .expect("the semaphore is never closed");
        loop {
            let began_us = self.clock.now_us();
            let (connection, fresh) = match self.connection().await {
                Ok(found) => found,
                Err(_) => {
                    return Exchange {
                        sent_us: began_us,
                        done_us: self.clock.now_us(),
                        outcome: Err(Lost::Unsent),
                    };
                }
            };
            let authority = HeaderValue::from_str(&self.address().authority)
                .expect("an authority is made of a parsed address");
            request.headers_mut().insert(HOST, authority);
            let sent_us = self.clock.now_us();
            self.unanswered.fetch_add(1, Ordering::Relaxed);
            let done = tokio::time::timeout(REQUEST_LIMIT, exchange(connection, request)).await;
            self.unanswered.fetch_sub(1, Ordering::Relaxed);
            let done_us = self.clock.now_us();
            match done {
                Ok(Attempt::Answered(reply, connection)) => {
                    if let Some(connection) = connection {
                        self.idle
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(connection);
                    }
                    return Exchange {
                        sent_us,
                        done_us,
                        outcome: Ok(reply),
                    };
                }
                // A kept connection that the server had closed meanwhile: the request never left, another connection takes it.
                Ok(Attempt::Unsent(unsent)) if !fresh => request = *unsent,
                Ok(Attempt::Unsent(_)) => {
                    return Exchange {
                        sent_us,
                        done_us,
                        outcome: Err(Lost::Unsent),
                    };
                }
                Ok(Attempt::Broken) | Err(_) => {
                    return Exchange {
                        sent_us,
                        done_us,
                        outcome: Err(Lost::Unknown),
                    };
                }
            }
        }
    }

    async fn connection(&self) -> std::io::Result<(Connection, bool)> {
        let kept = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        if let Some(connection) = kept {
            return Ok((connection, false));
        }
        let address = self.address();
        let connect = address.connect(self.opened.fetch_add(1, Ordering::Relaxed));
        let stream = tokio::time::timeout(REQUEST_LIMIT, connect)
            .await
            .map_err(|_| std::io::ErrorKind::TimedOut)??;
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(std::io::Error::other)?;
        Ok((
            Connection {
                sender,
                driver: Box::pin(driver),
            },
            true,
        ))
    }
}

enum Attempt {
    Answered(Reply, Option<Connection>),
    Unsent(Box<Request<Full<Bytes>>>),
    Broken,
}

async fn exchange(connection: Connection, request: Request<Full<Bytes>>) -> Attempt {
    let Connection {
        mut sender,
        mut driver,
    } = connection;
    let whole = async {
        let (head, body) = match sender.try_send_request(request).await {
            Ok(response) => response.into_parts(),
            Err(mut error) => {
                return error.take_message().map_or(Attempt::Broken, |request| {
                    Attempt::Unsent(Box::new(request))
                });
            }
        };
        let Ok(body) = Limited::new(body, ANSWER_MAX_BYTES).collect().await else {
            return Attempt::Broken;
        };
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        let cookies = head
            .headers
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(text)
            .filter_map(|set| set.split(';').next().map(str::to_owned))
            .collect();
        let retry_after = head
            .headers
            .get(RETRY_AFTER)
            .and_then(text)
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs);
        Attempt::Answered(
            Reply {
                status: head.status,
                cookies,
                retry_after,
                body: body.to_bytes(),
            },
            None,
        )
    };
    let mut whole = Box::pin(whole);
    let (attempt, driver) = tokio::select! {
        biased;
        attempt = &mut whole => (attempt, Some(driver)),
        _ = &mut driver => {
            // The ended connection holds the request until it is dropped, and only then gives it back.
            drop(driver);
            (whole.as_mut().await, None)
        }
    };
    drop(whole);
    match (attempt, driver) {
        (Attempt::Answered(reply, _), Some(driver)) if sender.is_ready() => {
            Attempt::Answered(reply, Some(Connection { sender, driver }))
        }
        (attempt, _) => attempt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const ANSWER: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nset-cookie: a=b; Path=/\r\n\r\nok";

    /// A server that writes the given bytes after one request of each connection, then closes it.
    async fn served(script: Vec<&'static [u8]>, requests: usize) -> Vec<Result<u16, Lost>> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let socket = listener.local_addr().expect("an address");
        let (closed, mut closings) = tokio::sync::mpsc::unbounded_channel();
        let server = async move {
            for answer in script {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let mut head = [0; 1024];
                let _ = stream.read(&mut head).await.expect("a request");
                stream.write_all(answer).await.expect("written");
                drop(stream);
                closed.send(()).expect("somebody waits");
            }
        };
        let client = async {
            let address = Address {
                socket,
                authority: socket.to_string(),
            };
            let pool = Pool::new(address, 1, Clock::start());
            let mut outcomes = Vec::new();
            for _ in 0..requests {
                let mut request = Request::new(Full::new(Bytes::new()));
                *request.uri_mut() = "/".parse().expect("a path");
                let outcome = pool.send(request).await.outcome;
                outcomes.push(outcome.map(|reply| reply.status.as_u16()));
                // None when the server has nothing more to close.
                let _ = closings.recv().await;
            }
            outcomes
        };
        tokio::join!(server, client).1
    }

    #[tokio::test]
    async fn a_request_moves_on_when_its_kept_connection_was_closed() {
        assert_eq!(served(vec![ANSWER, ANSWER], 2).await, [Ok(200), Ok(200)]);
    }

    #[tokio::test]
    async fn what_was_sent_and_not_answered_in_whole_is_unknown() {
        assert_eq!(served(vec![&ANSWER[..20]], 1).await, [Err(Lost::Unknown)]);
        assert_eq!(served(vec![b""], 1).await, [Err(Lost::Unknown)]);
    }

    #[tokio::test]
    async fn what_nobody_took_was_not_sent() {
        assert_eq!(served(vec![], 1).await, [Err(Lost::Unsent)]);
    }
}
