//! A restart uses its snapshot: it folds only the tail of the log, and falls back when the snapshot cannot be read.

use crate::instance::Instance;
use crate::shopper::Shopper;
use queue_embedded::{DataFolder, SqliteLedger};
use queue_ports::ledger::Snapshots as _;
use std::path::Path;

/// A snapshot after every few records, so that a short test has some.
const OFTEN: [&str; 4] = [
    "--set",
    "consumer.snapshot_every_records=20",
    "--set",
    "consumer.snapshot_interval_ms=100",
];
const JOINS: usize = 60;

/// Joins some shoppers with snapshots in between, then kills the process.
fn joined_and_killed(data: &Path) -> Vec<Shopper> {
    let instance = Instance::start_with(data, &OFTEN);
    let mut shoppers = vec![Shopper::new(); JOINS];
    for shopper in &mut shoppers {
        assert_eq!(shopper.join(instance.public).status, 202);
    }
    instance.wait_until("two snapshots", |instance| {
        instance.metric("banjjak_consumer_snapshots_stored_total") >= 2.0
    });
    instance.kill();
    shoppers
}

fn assert_all_there(instance: &Instance, shoppers: &mut [Shopper]) {
    for (index, shopper) in shoppers.iter_mut().enumerate() {
        assert_eq!(shopper.place(instance.public).json()["number"], index + 1);
    }
}

#[test]
fn a_restart_folds_only_what_came_after_its_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut shoppers = joined_and_killed(&data);
    let again = Instance::start_with(&data, &OFTEN);
    let snapshot = again.metric("banjjak_consumer_snapshot_offset_at_start");
    let folded = again.metric("banjjak_consumer_folded_at_start");
    assert!(snapshot > 0.0, "no snapshot was used");
    assert!(
        folded < snapshot,
        "{folded} records were folded although a snapshot stood at {snapshot}"
    );
    assert_all_there(&again, &mut shoppers);
}

#[test]
fn a_snapshot_that_cannot_be_read_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut shoppers = joined_and_killed(&data);
    damage_newest_snapshot(&data);
    let again = Instance::start_with(&data, &OFTEN);
    assert!(
        again.metric("banjjak_consumer_snapshots_rejected_total") >= 1.0,
        "the damaged snapshot was not noticed"
    );
    assert_all_there(&again, &mut shoppers);
}

/// Flips a byte in the middle of the newest snapshot, as a failing disk would.
fn damage_newest_snapshot(data: &Path) {
    let folder = DataFolder::open(data).unwrap();
    let store = SqliteLedger::open(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut snapshot = store
            .newest(0, None)
            .await
            .unwrap()
            .expect("a snapshot to damage");
        let middle = snapshot.bytes.len() / 2;
        snapshot.bytes[middle] ^= 0xff;
        store.store(0, snapshot.clone(), 3).await.unwrap();
        assert_eq!(
            store.newest(0, None).await.unwrap().unwrap().bytes,
            snapshot.bytes,
            "the damage is stored"
        );
    });
}
