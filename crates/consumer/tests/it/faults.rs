//! Stores that fail and logs that are damaged. Each test proves that its fault bit.

use crate::rig::*;
use consumer::{ConsumerError, Settings};
use queue_domain::{Entry, LogPosition, PlaceState, Stop};
use queue_ports::ledger::Ledger;
use queue_ports::view::ViewChanges;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn while_the_ledger_is_down_the_line_moves_on_and_bookings_stay_pending() {
    let folder = tempfile::tempdir().unwrap();
    // Two batches may wait, so that the lane overflows and must fold again.
    let rig = open(
        folder.path(),
        50,
        Settings {
            lane_batches: 2,
            ..quick()
        },
    )
    .await;
    rig.join(1).await;
    rig.ledger.down.store(true, Ordering::SeqCst);
    let booked = rig.book(1).await;
    let reservation = booked.reservations.first().unwrap().clone();
    for shopper in 100..160 {
        assert!(rig.join(shopper).await.place.is_some(), "the line moves on");
    }
    rig.advance(1000).await;
    assert!(
        rig.ledger.refused.load(Ordering::SeqCst) > 0,
        "the fault bit"
    );
    assert!(
        rig.event().await.ledger_mark < Some(reservation.changed_at.record()),
        "nothing is shown as confirmed"
    );
    rig.ledger.down.store(false, Ordering::SeqCst);
    rig.view
        .marked(&event(), reservation.changed_at.record())
        .await
        .unwrap();
    let last = rig.join(999).await.version;
    rig.view.marked(&event(), last).await.unwrap();
    assert!(
        rig.metric("banjjak_consumer_ledger_refolds_total") >= 1.0,
        "what was dropped was folded again"
    );
    assert!(rig.ledger.position(0).await.unwrap() >= Some(last));
    rig.stop().await;
    let rows = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
    let count: u32 = rows
        .query_row(
            "SELECT count(*) FROM reservations WHERE state = 'confirmed'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_ledger_answer_that_got_lost_stores_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let rig = open(folder.path(), 50, quick()).await;
    rig.join(1).await;
    rig.ledger.lose_answers.store(3, Ordering::SeqCst);
    let booked = rig.book(1).await;
    rig.view.marked(&event(), booked.version).await.unwrap();
    let last = rig.join(2).await.version;
    rig.view.marked(&event(), last).await.unwrap();
    assert!(
        rig.ledger.lose_answers.load(Ordering::SeqCst) < 3,
        "the fault bit"
    );
    assert_eq!(rig.metric("banjjak_consumer_ledger_stopped"), 0.0);
    rig.stop().await;
}

#[tokio::test]
async fn a_view_that_lost_everything_is_built_anew_without_one_place_missing() {
    let folder = tempfile::tempdir().unwrap();
    let rig = open(folder.path(), 50, quick()).await;
    for shopper in 0..80 {
        rig.join(shopper).await;
    }
    let before = rig.seen(70).await.place.unwrap();
    rig.view.forget();
    let rebuilds = rig.metric("banjjak_consumer_view_rebuilds_total");
    let position = rig.append(&joining(500)).await;
    rig.view.reached(&event(), position.record()).await.unwrap();
    assert!(
        rig.metric("banjjak_consumer_view_rebuilds_total") > rebuilds,
        "the fault bit"
    );
    let after = rig.seen(70).await.place.unwrap();
    assert_eq!(
        (after.id, after.number, after.state),
        (before.id, before.number, before.state)
    );
    assert!(rig.seen(500).await.place.is_some());
    rig.stop().await;
}

fn joining(shopper: u16) -> Entry {
    Entry::Command(queue_domain::Command::Shopper {
        id: queue_domain::CommandId([3; 16]),
        event: event(),
        shopper: who(shopper),
        action: queue_domain::ShopperAction::Join { wish: None },
    })
}

#[tokio::test]
async fn a_tick_of_a_fold_that_disagrees_stops_the_partition_loudly() {
    let folder = tempfile::tempdir().unwrap();
    let rig = open(folder.path(), 50, quick()).await;
    let joined = rig.join(1).await;
    assert_eq!(joined.place.unwrap().state, PlaceState::Admitted);
    let folded = LogPosition {
        generation: 1,
        offset: 1,
    };
    rig.append(&Entry::Tick {
        folded,
        log_hash: [0; 32],
        state_hash: [0; 32],
    })
    .await;
    let ended = rig.ended().await;
    assert!(
        matches!(
            ended,
            ConsumerError::Stopped {
                source: Stop::Diverged { offset: 1 },
                ..
            }
        ),
        "{ended}"
    );
}

#[tokio::test]
async fn bytes_that_are_not_ours_are_passed_and_a_kind_of_another_build_stops() {
    let folder = tempfile::tempdir().unwrap();
    let rig = open(folder.path(), 50, quick()).await;
    let next = rig.join(1).await.version.offset + 1000;
    rig.stop().await;
    let end = put(folder.path(), b"noise");
    assert!(end < next);
    let rig = Rig::start(folder.path(), &clock(), quick()).await;
    assert_eq!(rig.join(2).await.place.unwrap().number, Some(2));
    rig.stop().await;
    // Header and checksum are right; the entry's kind is 99.
    let payload = [
        0x81, 0x82, 0x50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x82, 0x18, 99, 0x80,
    ];
    let mut record = queue_protocol::record::HEADER.to_vec();
    record.extend_from_slice(&crc32c::crc32c(&payload).to_le_bytes());
    record.extend_from_slice(&payload);
    put(folder.path(), &record);
    let Err(ended) = Rig::try_start(folder.path()).await else {
        panic!("it must not start")
    };
    assert!(matches!(ended, ConsumerError::Unreadable { .. }), "{ended}");
}

/// Puts a record at the log's end, behind the log's back.
fn put(folder: &std::path::Path, bytes: &[u8]) -> u64 {
    let log = rusqlite::Connection::open(folder.join("log.db")).unwrap();
    log.execute(
        "INSERT INTO records (\"partition\", \"offset\", stamp_ms, bytes) SELECT 0, max(\"offset\") + 1, max(stamp_ms), ?1 FROM records",
        [bytes],
    )
    .unwrap();
    log.query_row("SELECT max(\"offset\") FROM records", [], |row| {
        row.get::<_, i64>(0)
    })
    .unwrap() as u64
}
