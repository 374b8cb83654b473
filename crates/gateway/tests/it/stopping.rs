//! How sockets end: in good order, at a pace, and never with a frame lost to the close.

use crate::client::{Events, Socket};
use crate::world::{World, quick, shopper};
use gateway::Limits;
use queue_protocol::http::Frame;
use std::time::{Duration, Instant};

#[tokio::test]
async fn stopping_sends_everybody_away_at_a_pace() {
    let world = World::start(Limits {
        close_per_second: 20,
        ..quick()
    })
    .await;
    let mut sockets = Vec::new();
    for number in 0..5 {
        let mut socket = Socket::open(&world, shopper(number)).await;
        socket.next().await.unwrap();
        sockets.push(socket);
    }
    let mut stream = Events::open(&world, shopper(9), "").await;
    stream.next().await.unwrap();
    let began = Instant::now();
    world.shutdown.cancel();
    for socket in &mut sockets {
        let Frame::Reconnect { after_ms } = socket
            .until(|frame| matches!(frame, Frame::Reconnect { .. }))
            .await
        else {
            unreachable!()
        };
        assert!(after_ms < 400);
        assert_eq!(socket.until_closed().await, 1012);
    }
    assert!(stream.field("retry").await.is_some());
    assert!(
        stream
            .field("data")
            .await
            .is_some_and(|data| data.contains("reconnect"))
    );
    assert!(
        began.elapsed() >= Duration::from_millis(5 * 50),
        "one in fifty milliseconds"
    );
    world.tasks.close();
    world.tasks.wait().await;
}

#[tokio::test]
async fn a_client_that_closes_gets_its_close_answered() {
    let world = World::start(quick()).await;
    let mut socket = Socket::open(&world, shopper(1)).await;
    socket.next().await.unwrap();
    socket.stream.close(None).await.unwrap();
    assert_eq!(socket.until_closed().await, 1005);
    world.until_metric("banjjak_gateway_sockets", 0.0).await;
}
