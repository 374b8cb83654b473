//! Ranks, seats and the event itself: told when they change, paced, the same to everybody.

use crate::client::Socket;
use crate::world::{World, policy, quick, shopper};
use queue_domain::{OperatorAction, Policy, ShopperAction};
use queue_protocol::http::Frame;
use std::time::{Duration, Instant};

#[tokio::test]
async fn ranks_are_gathered_and_the_last_one_is_exact() {
    let limits = gateway::Limits {
        pace: Duration::from_millis(160),
        ..quick()
    };
    let world = World::start(limits).await;
    for number in 0..=100 {
        world.join(shopper(number)).await;
    }
    let mut last = Socket::open(&world, shopper(100)).await;
    last.next().await.unwrap();
    let began = Instant::now();
    for number in 0..100 {
        world
            .act(shopper(number), ShopperAction::Leave { place: None })
            .await;
    }
    let told = last
        .until(|frame| matches!(frame, Frame::Place(fields) if fields.ahead == Some(0)))
        .await;
    let at_most = began.elapsed().as_millis() / 160 + 2;
    let ranks = last
        .seen
        .iter()
        .filter(|text| text.contains(r#""type":"place""#))
        .count();
    assert!(
        ranks as u128 <= at_most,
        "{ranks} rank frames where {at_most} are enough"
    );
    assert!(
        matches!(told, Frame::Place(fields) if fields.number == Some(101) && fields.waiting == 1)
    );
    assert!(last.versions().is_sorted());
}

#[tokio::test]
async fn a_rank_is_exact_for_the_version_that_it_bears() {
    let world = World::start(quick()).await;
    let mut versions = std::collections::HashMap::new();
    for number in 0..=60 {
        world.join(shopper(number)).await;
    }
    let mut last = Socket::open(&world, shopper(60)).await;
    last.next().await.unwrap();
    for number in 0..60 {
        let version = world
            .act(shopper(number), ShopperAction::Leave { place: None })
            .await;
        versions.insert(version.to_string(), 59 - u32::from(number));
        tokio::task::yield_now().await;
    }
    last.until(|frame| matches!(frame, Frame::Place(fields) if fields.ahead == Some(0)))
        .await;
    for text in &last.seen[1..] {
        if let Frame::Place(fields) = serde_json::from_str(text).unwrap() {
            assert_eq!(
                fields.ahead,
                versions.get(&fields.version).copied(),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn the_event_is_told_when_it_changes() {
    let world = World::start(quick()).await;
    let mut socket = Socket::open(&world, shopper(1)).await;
    socket.next().await.unwrap();
    world.open().await;
    socket.until(|frame| matches!(frame, Frame::Event(fields) if fields.phase == "open" && !fields.paused)).await;
    world.operate(OperatorAction::Pause).await;
    socket
        .until(|frame| matches!(frame, Frame::Event(fields) if fields.paused))
        .await;
}

#[tokio::test]
async fn the_turn_to_standby_says_so_to_those_it_puts_back() {
    let world = World::with_policy(
        quick(),
        Policy {
            room_per_seat_milli: 1_000_000,
            party_max: 12,
            ..policy()
        },
    )
    .await;
    world.open().await;
    for number in 0..3 {
        world.join(shopper(number)).await;
        world
            .act(shopper(number), ShopperAction::Enter { place: None })
            .await;
    }
    let mut socket = Socket::open(&world, shopper(2)).await;
    socket.next().await.unwrap();
    world.reserve(shopper(0), "0900", 10).await;
    world.reserve(shopper(1), "0930", 2).await;
    let back = socket
        .until(|frame| matches!(frame, Frame::Place(fields) if fields.state == "waiting"))
        .await;
    assert!(
        matches!(&back, Frame::Place(fields) if fields.reason.as_deref() == Some("standby") && fields.number == Some(3)),
        "{back:?}"
    );
    socket
        .until(|frame| matches!(frame, Frame::Event(fields) if fields.standby))
        .await;
}

#[tokio::test]
async fn a_quiet_socket_gets_signs_of_life() {
    let limits = gateway::Limits {
        alive_every: Duration::from_millis(60),
        ..quick()
    };
    let world = World::start(limits).await;
    let mut socket = Socket::open(&world, shopper(1)).await;
    socket.next().await.unwrap();
    for _ in 0..2 {
        assert!(matches!(socket.next().await, Ok(Frame::Alive { .. })));
    }
}
