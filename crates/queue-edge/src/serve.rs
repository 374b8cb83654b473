//! The accept loop: HTTP/1.1 over TCP with a limit on everything a peer can hold: connections, heads, idle time, unread answers.
//! Not the limits on bodies (see [`crate::body`]) nor on requests.

use crate::address::PeerAddress;
use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// What a peer can hold, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Most connections at once, sockets included; one more is told 503 and closed.
    pub max_connections: usize,
    /// Most bytes of a request's head, at least 8,192.
    pub max_head_bytes: usize,
    /// Most header fields of a request.
    pub max_headers: usize,
    /// From the end of an answer (or the connection's begin) to the end of the next request's head: slow heads and idle connections.
    pub head_timeout: Duration,
    /// How long a peer may leave sent bytes unacknowledged, or not read at all.
    pub write_timeout: Duration,
    /// From the shutdown's begin until what is still in flight is cut off.
    pub drain_timeout: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_connections: 100_000,
            max_head_bytes: 16 * 1024,
            max_headers: 64,
            head_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(15),
        }
    }
}

/// How long accepting rests when the machine has no descriptor left.
const ACCEPT_REST: Duration = Duration::from_millis(50);

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 157\r\n\r\n\
{\"title\":\"Too busy, nothing was accepted\",\"status\":503,\"code\":\"overloaded\",\"detail\":\"Too many connections. Try again in some seconds.\",\"retry_after_ms\":5000}";

/// Serves until `shutdown`, then stops accepting, lets what is in flight end within the drain time-out, and returns.
///
/// Upgraded connections are the upgrade handler's business; their permits are held until they close.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    shutdown: CancellationToken,
) {
    let connections = TaskTracker::new();
    let cut_off = CancellationToken::new();
    let permits = Arc::new(Semaphore::new(limits.max_connections));
    let server = Server {
        http: http(limits),
        router,
        limits,
        shutdown: shutdown.clone(),
        cut_off: cut_off.clone(),
    };
    while let Some((stream, peer)) = accept(&listener, &shutdown).await {
        match Arc::clone(&permits).try_acquire_owned() {
            Ok(permit) => drop(connections.spawn(server.clone().connection(stream, peer, permit))),
            Err(_) => drop(stream.try_write(FULL)),
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(limits.drain_timeout, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            connections.left = connections.len(),
            "connections were still busy at the drain time-out and are cut off"
        );
        cut_off.cancel();
        connections.wait().await;
    }
}

async fn accept(
    listener: &TcpListener,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(connection) => return Some(connection),
            // The peer went between its knock and our answer.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted at the moment");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

fn http(limits: ConnectionLimits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_headers(limits.max_headers)
        .max_buf_size(limits.max_head_bytes.max(8192))
        // One write an answer. Not by `pipeline_flush`: with it hyper never sends its 400 to a head that it cannot parse.
        .writev(false);
    http
}

#[derive(Clone)]
struct Server {
    http: http1::Builder,
    router: Router,
    limits: ConnectionLimits,
    shutdown: CancellationToken,
    cut_off: CancellationToken,
}

impl Server {
    async fn connection(self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        if let Err(error) = prepare(&stream, self.limits) {
            tracing::debug!(%error, "a connection was gone before it was prepared");
            return;
        }
        let permit = Arc::new(permit);
        let router = self.router;
        let service =
            hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(PeerAddress(peer));
                request
                    .extensions_mut()
                    .insert(ConnectionPermit(Arc::clone(&permit)));
                router.clone().oneshot(request)
            });
        let connection = self
            .http
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = self.cut_off.cancelled() => Ok(()),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended with an error");
        }
    }
}

/// Keeps a connection counted. In every request's extensions; a handler that upgrades the connection keeps it as long as the socket lives.
#[derive(Debug, Clone)]
pub struct ConnectionPermit(
    #[expect(dead_code, reason = "it is held, not read")] Arc<OwnedSemaphorePermit>,
);

/// The kernel counts in whole seconds, and refuses 0.
const KEEPALIVE_LEAST: Duration = Duration::from_secs(1);

/// Small answers at once; a peer that does not read, or is gone without a word, is noticed by the kernel.
fn prepare(stream: &TcpStream, limits: ConnectionLimits) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = socket2::SockRef::from(stream);
    socket.set_tcp_user_timeout(Some(limits.write_timeout))?;
    socket.set_tcp_keepalive(
        &socket2::TcpKeepalive::new()
            .with_time(limits.write_timeout.max(KEEPALIVE_LEAST))
            .with_interval((limits.write_timeout / 3).max(KEEPALIVE_LEAST)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn start(limits: ConnectionLimits) -> (SocketAddr, CancellationToken, TaskTracker) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "here" }));
        let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
        tracker.spawn(serve(listener, router, limits, shutdown.clone()));
        tracker.close();
        (address, shutdown, tracker)
    }

    async fn answer(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[test]
    fn the_canned_answer_is_as_long_as_it_says() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{}",
            body.len()
        );
        let problem: queue_protocol::http::Problem = serde_json::from_str(body).unwrap();
        assert_eq!((problem.status, problem.code.as_str()), (503, "overloaded"));
    }

    #[tokio::test]
    async fn one_connection_too_many_is_told_so() {
        let (address, ..) = start(ConnectionLimits {
            max_connections: 1,
            ..ConnectionLimits::default()
        })
        .await;
        let mut first = TcpStream::connect(address).await.unwrap();
        first
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        let mut head = [0; 12];
        first.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        let mut second = TcpStream::connect(address).await.unwrap();
        assert!(answer(&mut second).await.starts_with("HTTP/1.1 503"));
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_is_not_waited_for() {
        let (address, ..) = start(ConnectionLimits {
            head_timeout: Duration::from_millis(20),
            ..ConnectionLimits::default()
        })
        .await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
        let mut rest = Vec::new();
        slow.read_to_end(&mut rest).await.unwrap();
        assert!(
            rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"),
            "{rest:?}"
        );
    }

    #[tokio::test]
    async fn shutdown_closes_idle_connections_and_returns() {
        let (address, shutdown, tracker) = start(ConnectionLimits::default()).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        let mut head = [0; 12];
        idle.read_exact(&mut head).await.unwrap();
        shutdown.cancel();
        answer(&mut idle).await;
        tracker.wait().await;
        assert!(TcpStream::connect(address).await.is_err());
    }
}
