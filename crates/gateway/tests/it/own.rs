//! What a shopper is told of what is their own: at once, completely, and nothing of anybody else's.

use crate::client::Socket;
use crate::world::{World, quick, shopper};
use queue_domain::ShopperAction;
use queue_protocol::http::Frame;

fn place_is<'a>(state: &'a str) -> impl Fn(&Frame) -> bool + 'a {
    move |frame| matches!(frame, Frame::Place(fields) if fields.state == state)
}

#[tokio::test]
async fn hello_comes_first_and_says_everything() {
    let world = World::start(quick()).await;
    let version = world.join(shopper(1)).await;
    let mut socket = Socket::open(&world, shopper(1)).await;
    let Ok(Frame::Hello {
        version: said,
        event,
        place,
        slots,
        stale,
        ..
    }) = socket.next().await
    else {
        panic!("not hello")
    };
    assert_eq!(said, version.to_string());
    assert_eq!(
        (event["phase"].as_str(), event["id"].as_str()),
        (Some("lobby"), Some(crate::world::EVENT))
    );
    assert!(
        event["opens_at_ms"].is_u64() && event["opens_at"].is_null(),
        "{event}"
    );
    let place = place.unwrap();
    assert_eq!(
        (place["number"].as_u64(), place["ahead"].as_u64()),
        (Some(1), Some(0))
    );
    assert_eq!((slots.len(), slots[0].remaining, stale), (2, 10, false));
}

#[tokio::test]
async fn who_has_no_place_is_told_of_the_one_they_take() {
    let world = World::start(quick()).await;
    let mut socket = Socket::open(&world, shopper(1)).await;
    assert!(matches!(
        socket.next().await,
        Ok(Frame::Hello { place: None, .. })
    ));
    world.join(shopper(1)).await;
    let Frame::Place(fields) = socket.until(place_is("waiting")).await else {
        unreachable!()
    };
    assert_eq!((fields.number, fields.ahead), (Some(1), Some(0)));
}

#[tokio::test]
async fn the_whole_way_is_told_and_confirmed_only_when_the_ledger_has_it() {
    let world = World::start(quick()).await;
    let mut socket = Socket::open(&world, shopper(1)).await;
    socket.next().await.unwrap();
    world.join(shopper(1)).await;
    world.open().await;
    socket.until(place_is("admitted")).await;
    let admitted = socket.next().await;
    assert!(
        matches!(admitted, Ok(Frame::Admitted { .. })),
        "{admitted:?}"
    );
    world.tick().await;
    let Frame::Place(fields) = socket
        .until(|frame| matches!(frame, Frame::Place(fields) if fields.until_ms.is_some()))
        .await
    else {
        unreachable!()
    };
    assert_eq!(fields.state, "admitted");
    world
        .act(shopper(1), ShopperAction::Enter { place: None })
        .await;
    socket.until(place_is("inside")).await;

    world.hold_ledger(true);
    let decided = world.reserve(shopper(1), "0900", 2).await;
    let pending = socket
        .until(|frame| matches!(frame, Frame::Reservation { .. }))
        .await;
    assert!(
        matches!(&pending, Frame::Reservation { state, code: None, seats: 2, .. } if state == "pending"),
        "{pending:?}"
    );
    socket.until(|frame| matches!(frame, Frame::Slots { slots, .. } if slots.len() == 1 && slots[0].remaining == 8)).await;
    queue_ports::view::ViewWriter::mark(&world.view, 0, decided)
        .await
        .unwrap();
    socket.until(place_is("booked")).await;
    let confirmed = socket
        .until(|frame| matches!(frame, Frame::Reservation { .. }))
        .await;
    assert!(
        matches!(&confirmed, Frame::Reservation { state, code: Some(_), .. } if state == "confirmed"),
        "{confirmed:?}"
    );
    assert!(socket.versions().is_sorted(), "{:?}", socket.seen);
}

#[tokio::test]
async fn nobody_hears_of_anybody_else() {
    let world = World::start(quick()).await;
    world.open().await;
    let (mut mine, mut other) = (
        Socket::open(&world, shopper(1)).await,
        Socket::open(&world, shopper(2)).await,
    );
    mine.next().await.unwrap();
    other.next().await.unwrap();
    world.join(shopper(1)).await;
    world
        .act(shopper(1), ShopperAction::Enter { place: None })
        .await;
    world.reserve(shopper(1), "0900", 1).await;
    mine.until(place_is("booked")).await;
    // The last of the other's frames that this can have caused: what everybody may know.
    other
        .until(|frame| matches!(frame, Frame::Slots { .. }))
        .await;
    for text in &other.seen {
        assert!(
            !text.contains(r#""type":"place""#) && !text.contains(r#""type":"reservation""#),
            "{text}"
        );
        assert!(!text.contains(&shopper(1).to_string()), "{text}");
    }
}

#[tokio::test]
async fn two_sockets_of_one_shopper_hear_the_same() {
    let world = World::start(quick()).await;
    let (mut first, mut second) = (
        Socket::open(&world, shopper(1)).await,
        Socket::open(&world, shopper(1)).await,
    );
    world.open().await;
    world.join(shopper(1)).await;
    first
        .until(|frame| matches!(frame, Frame::Admitted { .. }))
        .await;
    second
        .until(|frame| matches!(frame, Frame::Admitted { .. }))
        .await;
}

#[tokio::test]
async fn a_rebuilt_view_is_followed_again_and_nobody_is_told_less() {
    let world = World::start(quick()).await;
    world.join(shopper(1)).await;
    let mut socket = Socket::open(&world, shopper(1)).await;
    socket.next().await.unwrap();
    world.view.forget();
    world.rebuild().await;
    world.open().await;
    socket
        .until(|frame| matches!(frame, Frame::Admitted { .. }))
        .await;
    assert!(socket.versions().is_sorted(), "{:?}", socket.seen);
}
