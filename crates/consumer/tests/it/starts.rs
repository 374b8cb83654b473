//! Starting again: only the tail is folded, damaged snapshots are passed over, and nothing is missing.

use crate::rig::*;
use consumer::ConsumerError;
use queue_domain::{LogPosition, PlaceState};
use queue_ports::view::ViewChanges;
use std::path::Path;
use std::time::Duration;

async fn with_a_past(folder: &Path) -> (u64, u64) {
    let rig = open(
        folder,
        50,
        consumer::Settings {
            snapshot_records: 20,
            snapshot_interval: Duration::ZERO,
            ..quick()
        },
    )
    .await;
    for shopper in 0..60 {
        rig.join(shopper).await;
    }
    rig.book(3).await;
    let view = rig.event().await;
    let at = (view.version.offset, view.totals.joined);
    rig.stop().await;
    at
}

#[tokio::test]
async fn a_restart_folds_only_what_came_after_the_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let (offset, joined) = with_a_past(folder.path()).await;
    let rig = Rig::start(folder.path(), &clock(), quick()).await;
    rig.view
        .reached(
            &event(),
            LogPosition {
                generation: 1,
                offset,
            },
        )
        .await
        .unwrap();
    let folded = rig.metric("banjjak_consumer_folded_at_start");
    assert!(folded < 20.0, "{folded} records were folded");
    assert!(rig.metric("banjjak_consumer_snapshot_offset_at_start") > 0.0);
    let view = rig.event().await;
    assert_eq!(view.totals.joined, joined);
    assert_eq!(rig.seen(3).await.place.unwrap().state, PlaceState::Booked);
    assert!(rig.deps.directory.partition(&event()).is_some());
    rig.stop().await;
}

#[tokio::test]
async fn damaged_snapshots_are_passed_over_down_to_the_whole_log() {
    let folder = tempfile::tempdir().unwrap();
    let (offset, joined) = with_a_past(folder.path()).await;
    let damaged = {
        let snapshots = rusqlite::Connection::open(folder.path().join("snapshots.db")).unwrap();
        let count: f64 = snapshots
            .query_row("SELECT count(*) FROM snapshots", [], |row| row.get(0))
            .unwrap();
        snapshots
            .execute(
                "UPDATE snapshots SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'00' AS BLOB)",
                [],
            )
            .unwrap();
        count
    };
    assert!(damaged >= 1.0);
    let rig = Rig::start(folder.path(), &clock(), quick()).await;
    rig.view
        .reached(
            &event(),
            LogPosition {
                generation: 1,
                offset,
            },
        )
        .await
        .unwrap();
    assert!(
        rig.metric("banjjak_consumer_snapshots_rejected_total") >= damaged,
        "every one was tried"
    );
    assert!(rig.metric("banjjak_consumer_folded_at_start") > offset as f64);
    assert_eq!(rig.event().await.totals.joined, joined);
    rig.stop().await;
}

#[tokio::test]
async fn a_long_tail_is_not_folded_twice_although_the_process_is_killed_again() {
    let folder = tempfile::tempdir().unwrap();
    let (offset, _) = with_a_past(folder.path()).await;
    rusqlite::Connection::open(folder.path().join("snapshots.db"))
        .unwrap()
        .execute("DELETE FROM snapshots", [])
        .unwrap();
    // The interval never passes: only the tail is reason enough.
    let settings = consumer::Settings {
        snapshot_records: 20,
        snapshot_interval: Duration::from_secs(3600),
        ..quick()
    };
    let rig = Rig::start(folder.path(), &clock(), settings).await;
    assert!(rig.metric("banjjak_consumer_folded_at_start") > offset as f64);
    while rig.metric("banjjak_consumer_snapshots_stored_total") < 1.0 {
        // poll: a metric has no subscription; the ticks that take the snapshot go on meanwhile
        tokio::task::yield_now().await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_ledger_that_is_ahead_of_its_log_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    with_a_past(folder.path()).await;
    for (file, sql) in [
        ("log.db", "DELETE FROM records WHERE \"offset\" > 40"),
        ("snapshots.db", "DELETE FROM snapshots"),
    ] {
        let database = rusqlite::Connection::open(folder.path().join(file)).unwrap();
        assert!(
            database.execute(sql, []).unwrap() > 0,
            "{file} is older now"
        );
    }
    let Err(ended) = Rig::try_start(folder.path()).await else {
        panic!("it must not start");
    };
    assert!(
        matches!(ended, ConsumerError::LedgerAhead { end: 41, .. }),
        "{ended}"
    );
}

#[tokio::test]
async fn a_snapshot_of_records_that_the_log_does_not_have_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    with_a_past(folder.path()).await;
    std::fs::remove_file(folder.path().join("ledger.db")).unwrap();
    let log = rusqlite::Connection::open(folder.path().join("log.db")).unwrap();
    log.execute("DELETE FROM records WHERE \"offset\" > 40", [])
        .unwrap();
    drop(log);
    let rig = Rig::start(folder.path(), &clock(), quick()).await;
    assert!(
        rig.metric("banjjak_consumer_snapshots_rejected_total") >= 1.0,
        "the fault bit"
    );
    rig.view
        .reached(&event(), LogPosition::default())
        .await
        .unwrap();
    let joined = rig.event().await.totals.joined;
    let place = rig.join(999).await.place.unwrap();
    assert_eq!(
        place.number.map(u64::from),
        Some(joined + 1),
        "the line goes on from what is there"
    );
    rig.stop().await;
}
