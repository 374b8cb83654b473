//! Who is let in, and what the others are told.

use crate::client::{Socket, cookie, request};
use crate::world::{World, quick, shopper};
use gateway::Limits;
use queue_edge::Acknowledged;
use queue_protocol::http::Frame;
use std::time::Duration;

type Headers<'a> = &'a [(&'static str, &'a str)];

#[tokio::test]
async fn strangers_pages_and_forged_cookies_are_refused_before_the_upgrade() {
    let world = World::start(quick()).await;
    let own = format!("http://{}", world.address);
    let mine = cookie(&world, shopper(1));
    let forged = format!("{mine}x");
    let table: &[(Headers<'_>, &str, Option<u16>)] = &[
        (&[], "", None),
        (&[("cookie", &mine), ("origin", &own)], "", None),
        (
            &[("cookie", &mine), ("origin", "https://elsewhere.example")],
            "",
            Some(403),
        ),
        (
            &[("cookie", &mine), ("sec-fetch-site", "cross-site")],
            "",
            Some(403),
        ),
        (&[("cookie", &forged)], "", Some(401)),
        (&[("cookie", "banjjak_shopper=")], "", Some(401)),
        (&[("cookie", &mine)], "1-x", Some(422)),
        (&[("cookie", &mine)], "01-1", Some(422)),
    ];
    for (headers, since, refused) in table {
        let opened = Socket::try_open(&world, request(&world, headers, since)).await;
        assert_eq!(opened.err(), *refused, "{headers:?} {since}");
    }
    let mut unknown = request(&world, &[], "");
    *unknown.uri_mut() = format!("ws://{}/v1/events/no-such-event/socket", world.address)
        .parse()
        .unwrap();
    assert_eq!(Socket::try_open(&world, unknown).await.err(), Some(404));
}

#[tokio::test]
async fn a_page_with_a_cookie_that_is_not_ours_is_told_by_a_close_code() {
    let world = World::start(quick()).await;
    let own = format!("http://{}", world.address);
    let forged = format!("{}x", cookie(&world, shopper(1)));
    let mut socket = Socket::try_open(
        &world,
        request(&world, &[("cookie", &forged), ("origin", &own)], ""),
    )
    .await
    .unwrap();
    assert_eq!(socket.until_closed().await, 4401);
    assert!(socket.seen.is_empty());
}

#[tokio::test]
async fn a_view_that_was_lost_is_said_to_be_starting() {
    let world = World::start(quick()).await;
    world.view.forget();
    assert_eq!(
        Socket::try_open(&world, request(&world, &[], ""))
            .await
            .err(),
        Some(503)
    );
}

#[tokio::test]
async fn the_fifth_socket_of_a_shopper_closes_the_oldest() {
    let world = World::start(quick()).await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let mut socket = Socket::open(&world, shopper(1)).await;
        socket.next().await.unwrap();
        sockets.push(socket);
    }
    assert_eq!(sockets[0].until_closed().await, 4409);
    world.until_metric("banjjak_gateway_sockets", 4.0).await;
    world.join(shopper(1)).await;
    for socket in &mut sockets[1..] {
        socket.until(|frame| matches!(frame, Frame::Place(_))).await;
    }
}

#[tokio::test]
async fn more_than_the_limit_are_told_to_come_again() {
    let world = World::start(Limits {
        sessions_max: 2,
        ..quick()
    })
    .await;
    let first = Socket::open(&world, shopper(1)).await;
    let _second = Socket::open(&world, shopper(2)).await;
    assert_eq!(
        Socket::try_open(&world, request(&world, &[], ""))
            .await
            .err(),
        Some(503)
    );
    drop(first);
    world.until_metric("banjjak_gateway_sockets", 1.0).await;
    Socket::open(&world, shopper(3)).await.next().await.unwrap();
}

#[tokio::test]
async fn a_version_that_the_view_does_not_reach_makes_hello_stale() {
    let world = World::start(quick()).await;
    let mut socket = Socket::open_since(&world, shopper(1), "1-999999").await;
    assert!(matches!(
        socket.next().await,
        Ok(Frame::Hello { stale: true, .. })
    ));
    let reached = world.join(shopper(1)).await;
    let mut socket = Socket::open_since(&world, shopper(1), &reached.to_string()).await;
    assert!(matches!(
        socket.next().await,
        Ok(Frame::Hello { stale: false, .. })
    ));
}

#[tokio::test]
async fn a_version_that_the_view_reaches_in_time_is_waited_for() {
    let world = World::start(Limits {
        since_timeout: Duration::from_secs(60),
        ..quick()
    })
    .await;
    let before = world.join(shopper(1)).await;
    let next = queue_domain::LogPosition {
        offset: before.offset + 1,
        ..before
    };
    let mut socket = Socket::open_since(&world, shopper(2), &next.to_string()).await;
    assert_eq!(world.join(shopper(2)).await, next);
    let hello = socket.next().await;
    assert!(
        matches!(
            &hello,
            Ok(Frame::Hello {
                stale: false,
                place: Some(_),
                ..
            })
        ),
        "{hello:?}"
    );
}

#[tokio::test]
async fn an_acknowledged_join_that_the_view_has_not_seen_is_pending_not_missing() {
    let world = World::start(quick()).await;
    let version = queue_ports::view::ViewWriter::version(&world.view, &crate::world::event())
        .await
        .unwrap()
        .unwrap();
    let position = queue_domain::Position {
        generation: version.generation,
        offset: version.offset + 1,
        index: 0,
    };
    let last = Acknowledged {
        event: crate::world::event(),
        position,
        kind: queue_domain::CommandKind::Join,
        about: None,
    };
    let set = world
        .acknowledged
        .set(&Default::default(), shopper(1), &last);
    let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
    let cookies = format!("{}; {pair}", cookie(&world, shopper(1)));
    let mut socket = Socket::try_open(&world, request(&world, &[("cookie", &cookies)], ""))
        .await
        .unwrap();
    let Ok(Frame::Hello {
        place: Some(place), ..
    }) = socket.next().await
    else {
        panic!("no place in hello")
    };
    assert_eq!(place["state"], "pending");
    world.join(shopper(1)).await;
    socket
        .until(|frame| matches!(frame, Frame::Place(fields) if fields.state == "waiting"))
        .await;
}
