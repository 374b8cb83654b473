//! Ticks and set times.

use crate::rig::*;
use queue_domain::{Phase, PlaceState};

#[tokio::test]
async fn lobby_and_opening_are_carried_out_when_log_and_clock_have_passed_them() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::start(folder.path(), &clock(), quick()).await;
    rig.create(definition(10)).await;
    rig.until(|view| view.guise.phase == Phase::Lobby).await;
    let place = rig.join(1).await.place.unwrap();
    assert_eq!((place.state, place.number), (PlaceState::Waiting, Some(1)));
    rig.advance(1000).await;
    assert_eq!(rig.event().await.guise.phase, Phase::Lobby);
    rig.advance(1000).await;
    rig.until(|view| view.guise.phase == Phase::Open && view.admitted == 1)
        .await;
    rig.stop().await;
}

#[tokio::test]
async fn service_time_follows_the_logs_clock_and_ends_claim_windows() {
    let folder = tempfile::tempdir().unwrap();
    let rig = open(folder.path(), 10, quick()).await;
    let place = rig.join(1).await.place.unwrap();
    assert_eq!(
        place.state,
        PlaceState::Admitted,
        "the bucket is full at opening"
    );
    rig.advance(59_000).await;
    assert_eq!(rig.seen(1).await.place.unwrap().state, PlaceState::Admitted);
    rig.advance(1500).await;
    assert_eq!(rig.seen(1).await.place.unwrap().state, PlaceState::NoShow);
    rig.stop().await;
}
