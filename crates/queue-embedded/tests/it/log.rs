//! What is the embedded log's own: one sync for a group, a graceful stop, what is refused at opening.

use crate::fixtures::Place;
use queue_domain::{Command, CommandId, Entry, EventId, ShopperAction, ShopperId, Stamp};
use queue_embedded::{Faults, LogMetrics, LogOpenError, LogSettings, SqliteLog};
use queue_ports::clock::ManualClock;
use queue_ports::log::{AppendError, CommandLog, Gather};
use queue_protocol::record::{self, EncodedEntry};
use std::sync::Arc;
use tokio::task::JoinSet;

fn entry(number: u8) -> EncodedEntry {
    let event = EventId::parse("log-test").expect("an event id");
    let command = Command::Shopper {
        id: CommandId([number; 16]),
        event,
        shopper: ShopperId([number; 16]),
        action: ShopperAction::Join { wish: None },
    };
    record::Entry::new([0; 16], &Entry::Command(command)).encode()
}

fn counter(registry: &prometheus::Registry, name: &str) -> f64 {
    let families = registry.gather();
    let family = families
        .iter()
        .find(|family| family.name() == name)
        .unwrap_or_else(|| panic!("there is a metric {name}"));
    let metric = &family.get_metric()[0];
    if family.get_field_type() == prometheus::proto::MetricType::HISTOGRAM {
        return metric.get_histogram().get_sample_count() as f64;
    }
    metric.get_counter().get_value()
}

#[tokio::test]
async fn what_is_appended_together_shares_a_record_and_a_sync() {
    let (place, registry, faults) = (Place::new(), prometheus::Registry::new(), Faults::none());
    let metrics = LogMetrics::new(&registry).expect("a new registry");
    let clock = Arc::new(ManualClock::new(Stamp(77)));
    let log = SqliteLog::open(
        &place.folder(),
        Place::settings(),
        clock,
        faults.clone(),
        metrics,
    )
    .expect("the log opens");
    faults.hold();
    let mut appends = JoinSet::new();
    for number in 0..50 {
        let log = log.clone();
        appends.spawn(async move {
            log.append(0, entry(number), Gather::Shared)
                .await
                .expect("nothing is wrong")
        });
    }
    // Every appender runs up to its wait before this task is asked again.
    tokio::task::yield_now().await;
    faults.release();
    let appended = appends.join_all().await;
    assert!(
        appended.iter().all(|appended| appended.stamp == Stamp(77)),
        "the stamp is the log's clock"
    );
    let commits = counter(&registry, "banjjak_log_commits_total");
    assert!(commits <= 2.0, "fifty appends took {commits} syncs");
    assert_eq!(
        log.end(0).await.expect("the log has an end") - 1,
        counter(&registry, "banjjak_log_records_total") as u64
    );
    assert_eq!(counter(&registry, "banjjak_log_append_seconds"), 50.0);
}

#[tokio::test]
async fn a_stopped_log_has_everything_in_the_database_and_takes_nothing_more() {
    let place = Place::new();
    let log = place.log();
    log.append(0, entry(1), Gather::Shared)
        .await
        .expect("nothing is wrong");
    log.stop().await;
    log.stop().await;
    let late = log.append(0, entry(2), Gather::Shared).await;
    assert!(matches!(late, Err(AppendError::Unavailable(_))), "{late:?}");
    let wal = place.path().join("log.db-wal");
    assert!(
        std::fs::metadata(&wal).map_or(0, |file| file.len()) == 0,
        "nothing is left in the write-ahead log"
    );
    assert_eq!(
        log.read(0, 0, 10)
            .await
            .expect("what is there can still be read")
            .len(),
        2
    );
}

#[tokio::test]
async fn a_log_is_not_opened_with_other_partitions_or_by_an_older_build_or_when_damaged() {
    let place = Place::new();
    place.log().stop().await;
    let open = |partitions| {
        let settings = LogSettings {
            partitions,
            ..Place::settings()
        };
        SqliteLog::open(
            &place.folder(),
            settings,
            Arc::new(ManualClock::new(Stamp(1))),
            Faults::none(),
            LogMetrics::unread(),
        )
    };
    let other = open(5).expect_err("the number is fixed");
    assert!(
        matches!(
            other,
            LogOpenError::Partitions {
                stored: 2,
                configured: 5
            }
        ),
        "{other}"
    );
    let file = place.path().join("log.db");
    rusqlite::Connection::open(&file)
        .expect("a database")
        .pragma_update(None, "user_version", 99)
        .expect("it can be written");
    let newer = open(2).expect_err("a newer build made it");
    assert!(matches!(newer, LogOpenError::Corrupt(_)), "{newer}");
    std::fs::write(&file, vec![7; 8_192]).expect("the file can be written");
    let damaged = open(2).expect_err("this is no database");
    assert!(matches!(damaged, LogOpenError::Corrupt(_)), "{damaged}");
}

#[tokio::test]
async fn a_missing_record_is_damage_and_never_skipped() {
    let place = Place::new();
    let log = place.log();
    for number in 1..5 {
        log.append(0, entry(number), Gather::Alone)
            .await
            .expect("nothing is wrong");
    }
    log.stop().await;
    drop(log);
    let file = place.path().join("log.db");
    drop(place.folder());
    let database = rusqlite::Connection::open(&file).expect("a database");
    database
        .execute(
            r#"DELETE FROM records WHERE "partition" = 0 AND "offset" = 2"#,
            [],
        )
        .expect("it can be written");
    drop(database);
    let log = place.log();
    for from in [0, 2] {
        let read = log.read(0, from, 10).await;
        assert!(
            matches!(read, Err(queue_ports::log::LogError::Corrupt(_))),
            "from {from}: {read:?}"
        );
    }
}
