//! Server-sent events: the same frames, and going on where they broke off.

use crate::client::Events;
use crate::world::{World, quick, shopper};
use queue_protocol::http::Frame;

#[tokio::test]
async fn a_stream_says_the_same_and_is_not_kept_by_anybody() {
    let world = World::start(quick()).await;
    let mut events = Events::open(&world, shopper(1), "").await;
    assert!(
        events
            .head
            .contains(&"content-type: text/event-stream".to_owned()),
        "{:?}",
        events.head
    );
    assert!(
        events.head.iter().any(|line| line.contains("no-store")),
        "{:?}",
        events.head
    );
    let (id, hello) = events.next().await.unwrap();
    assert!(matches!(hello, Frame::Hello { version, .. } if version == id));
    world.open().await;
    world.join(shopper(1)).await;
    while !matches!(events.next().await.unwrap().1, Frame::Admitted { .. }) {}
}

#[tokio::test]
async fn a_stream_goes_on_after_its_last_event() {
    let world = World::start(quick()).await;
    let version = world.join(shopper(1)).await;
    let mut events =
        Events::open(&world, shopper(1), &format!("last-event-id: {version}\r\n")).await;
    let (_, hello) = events.next().await.unwrap();
    assert!(matches!(
        hello,
        Frame::Hello {
            stale: false,
            place: Some(_),
            ..
        }
    ));
    let mut ahead = Events::open(&world, shopper(1), "last-event-id: 1-999999\r\n").await;
    let (_, hello) = ahead.next().await.unwrap();
    assert!(matches!(hello, Frame::Hello { stale: true, .. }));
}

#[tokio::test]
async fn a_stream_that_was_one_too_many_does_not_come_back_by_itself() {
    let world = World::start(quick()).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut events = Events::open(&world, shopper(1), "").await;
        events.next().await.unwrap();
        streams.push(events);
    }
    assert_eq!(streams[0].field("retry").await.as_deref(), Some("3600000"));
    assert_eq!(streams[0].field("data").await, None);
}

#[tokio::test]
async fn a_reader_that_goes_is_forgotten() {
    let world = World::start(quick()).await;
    let mut events = Events::open(&world, shopper(1), "").await;
    events.next().await.unwrap();
    drop(events);
    // Something to write, so that it is noticed at once.
    world.join(shopper(1)).await;
    world.until_metric("banjjak_gateway_streams", 0.0).await;
}
