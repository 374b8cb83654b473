//! The same histories through the embedded log and ledger, read back from their files: what the audit of an instance reads.

use crate::script::played_for;
use crate::system::Shop;
use queue_audit::source::SqliteFolder;
use queue_audit::{Audit, Receipt, Report, Rule, Sources};
use queue_domain::sabotage::{Sabotage, with};
use queue_domain::{Entry, Partition, Record, Stamp};
use queue_embedded::{DataFolder, Faults, LogMetrics, LogSettings, SqliteLedger, SqliteLog};
use queue_ports::clock::ManualClock;
use queue_ports::ledger::{Ledger, LedgerBatch};
use queue_ports::log::{CommandLog, Gather};
use queue_protocol::record::{Entry as WireEntry, entries};
use std::path::Path;
use std::sync::Arc;

/// A log and a ledger in a folder, and the fold between them.
struct Instance {
    clock: Arc<ManualClock>,
    log: SqliteLog,
    ledger: SqliteLedger,
    fold: Partition,
}

impl Instance {
    fn open(path: &Path) -> Self {
        let folder = DataFolder::open(path).expect("the folder is ours");
        let clock = Arc::new(ManualClock::new(Stamp(1_000_000)));
        let metrics = LogMetrics::unread();
        let log = SqliteLog::open(
            &folder,
            LogSettings::default(),
            Arc::clone(&clock) as _,
            Faults::none(),
            metrics,
        )
        .expect("a new log");
        let ledger = SqliteLedger::open(&folder).expect("a new ledger");
        Self {
            clock,
            log,
            ledger,
            fold: Partition::new(0),
        }
    }

    async fn catch_up(&mut self) {
        for stored in self
            .log
            .read(0, self.fold.next_offset(), 100)
            .await
            .expect("the log is read")
        {
            let decoded = entries(&stored.bytes).ok();
            let record = Record {
                offset: stored.offset,
                stamp: stored.stamp,
                bytes: &stored.bytes,
                entries: decoded.as_deref(),
            };
            let follows = self.fold.position();
            let mut effects = Vec::new();
            let last = self
                .fold
                .fold(&record, &mut effects)
                .expect("the fold goes on")
                .position;
            let batch = LedgerBatch {
                partition: 0,
                follows,
                last,
                effects,
            };
            self.ledger.apply(batch).await.expect("the ledger takes it");
        }
    }

    /// Appends what the record of another log says; a tick says what this fold says.
    async fn append(&mut self, stamp: u64, entry: Entry) {
        let entry = match entry {
            Entry::Tick { .. } => Entry::Tick {
                folded: self.fold.position().expect("there is a genesis"),
                log_hash: self.fold.log_hash(),
                state_hash: self.fold.state_hash(),
            },
            other => other,
        };
        self.clock.set(Stamp(stamp));
        let encoded = WireEntry::new([7; 16], &entry).encode();
        self.log
            .append(0, encoded, Gather::Alone)
            .await
            .expect("it is appended");
        self.catch_up().await;
    }
}

/// Plays a history on the embedded stores.
fn write(path: &Path, seed: u64) {
    let system = played_for(seed, Shop::Honest, 120, |_| ());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut instance = Instance::open(path);
        instance.catch_up().await;
        for raw in &system.records()[1..] {
            let said = entries(&raw.bytes).expect("a record of ours");
            for entry in said {
                instance.append(raw.stamp, entry).await;
            }
        }
        instance.log.stop().await;
        instance.ledger.stop().await;
    });
}

fn audit(path: &Path) -> Report {
    let folder = SqliteFolder::open(path).expect("the files are there");
    let ledger = folder.ledger().expect("the ledger is read");
    Audit::run(&Sources {
        log: &folder,
        ledger: Some(&ledger),
        witness: None,
    })
    .expect("the audit runs")
}

#[test]
fn log_and_ledger_are_read_from_their_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), 4);
    let report = audit(folder.path());
    assert!(report.is_clean(), "{report}");
    assert!(report.findings(Rule::P1).checked > 10, "{report}");
    assert!(report.findings(Rule::P3).checked > 100, "{report}");
}

#[test]
fn rows_that_the_ledger_itself_took_are_rejected() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rejected = (0..20).any(|seed| {
        let path = folder.path().join(seed.to_string());
        with(Sabotage::MoveForgotten, || write(&path, seed));
        audit(&path).violated().contains(&Rule::P1)
    });
    assert!(
        rejected,
        "a moved reservation that is not marked as such was accepted"
    );
}

#[test]
fn a_receipt_is_explained_by_the_log() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), 4);
    let log = SqliteFolder::open(folder.path()).expect("the files are there");
    let (place, shopper, stamp) = first_join(&log);
    let receipt = |place: &str, stamp: u64| {
        Receipt::parse(&format!("BJR1.popup.{shopper}.{place}.{stamp}.1-abcdef.x"))
            .expect("a receipt")
    };
    let explanation = receipt(&place, stamp)
        .explain(&log)
        .expect("the log is read");
    assert_eq!(explanation.contradiction, None, "{explanation}");
    assert_eq!(explanation.place.expect("a place").id, place);
    for other in [
        receipt("1-0-0", stamp),
        receipt(&place, stamp + 1),
        receipt("1-99999-0", stamp),
    ] {
        assert!(
            other
                .explain(&log)
                .expect("the log is read")
                .contradiction
                .is_some()
        );
    }
}

/// Place id, shopper and stamp of the first join in the log.
fn first_join(log: &SqliteFolder) -> (String, String, u64) {
    use queue_audit::source::LogSource as _;
    use queue_domain::{Command, ShopperAction};
    let records = log.read(0, 0, 1000).expect("the log is read");
    let join = records
        .iter()
        .find_map(|raw| match entries(&raw.bytes).ok()?.first()? {
            Entry::Command(Command::Shopper {
                shopper,
                action: ShopperAction::Join { .. },
                ..
            }) => Some((
                format!("1-{}-0", raw.offset),
                shopper.to_string(),
                raw.stamp,
            )),
            _ => None,
        });
    join.expect("somebody joins")
}
