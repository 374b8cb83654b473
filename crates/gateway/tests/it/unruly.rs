//! Clients that send what nobody asked for, or nothing at all.

use crate::client::{Socket, cookie};
use crate::world::{EVENT, World, quick, shopper};
use futures_util::SinkExt;
use gateway::Limits;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_few_messages_are_ignored_and_many_are_not() {
    let world = World::start(Limits {
        client_messages_max: 3,
        ..quick()
    })
    .await;
    let mut socket = Socket::open(&world, shopper(1)).await;
    socket.next().await.unwrap();
    for _ in 0..3 {
        socket.stream.send(Message::text("hello?")).await.unwrap();
    }
    world.join(shopper(1)).await;
    socket
        .until(|frame| matches!(frame, queue_protocol::http::Frame::Place(_)))
        .await;
    socket
        .stream
        .send(Message::binary(vec![1, 2, 3]))
        .await
        .unwrap();
    assert_eq!(socket.until_closed().await, 1008);
}

#[tokio::test]
async fn a_message_that_is_too_long_is_told_so() {
    let world = World::start(quick()).await;
    let mut socket = Socket::open(&world, shopper(1)).await;
    socket.next().await.unwrap();
    socket
        .stream
        .send(Message::binary(vec![0; 5_000]))
        .await
        .unwrap();
    assert_eq!(socket.until_closed().await, 1009);
}

#[tokio::test]
async fn bytes_that_are_no_frame_end_the_socket_and_only_that_one() {
    let world = World::start(quick()).await;
    let mut good = Socket::open(&world, shopper(2)).await;
    good.next().await.unwrap();
    let mut bad = Socket::open(&world, shopper(1)).await;
    bad.next().await.unwrap();
    bad.stream
        .get_mut()
        .write_all(b"GET / HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(bad.until_closed().await, 1002);
    world.join(shopper(2)).await;
    good.until(|frame| matches!(frame, queue_protocol::http::Frame::Place(_)))
        .await;
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_given_up() {
    let limits = Limits {
        ping_every: Duration::from_millis(30),
        pong_timeout: Duration::from_millis(90),
        ..quick()
    };
    let world = World::start(limits).await;
    let mut tcp = raw(&world).await;
    let mut everything = Vec::new();
    // A reset is an end as well.
    _ = tcp.read_to_end(&mut everything).await;
    assert!(
        everything.windows(2).any(|bytes| bytes == [0x89, 0]),
        "it was asked before"
    );
    world.until_metric("banjjak_gateway_sockets", 0.0).await;
    assert_eq!(world.metric("banjjak_gateway_closes_total"), 1.0);
}

#[tokio::test]
async fn a_request_that_is_no_upgrade_is_a_problem_not_a_socket() {
    let world = World::start(quick()).await;
    let mut tcp = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "GET /v1/events/{EVENT}/socket HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        world.address
    );
    tcp.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 422") && answer.contains("problem+json"),
        "{answer}"
    );
}

/// A socket whose client speaks no WebSocket after the handshake.
async fn raw(world: &World) -> TcpStream {
    let mut tcp = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "GET /v1/events/{EVENT}/socket HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        world.address,
        cookie(world, shopper(1))
    );
    tcp.write_all(head.as_bytes()).await.unwrap();
    tcp
}
