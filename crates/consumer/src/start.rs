//! Starting: the newest readable snapshot that the ledger has reached, then the log's tail.

use crate::ConsumerError;
use crate::deps::Deps;
use crate::metrics::signed;
use queue_domain::{Effect, LogPosition, Partition, Record};
use queue_ports::log::{LogError, StoredRecord};
use queue_protocol::record::{RecordError, entries};
use queue_protocol::snapshot;
use tracing::{info, warn};

/// Folds one stored record; bytes that are not a record of ours are a dead letter.
pub(crate) fn fold_stored(
    partition: &mut Partition,
    stored: &StoredRecord,
    effects: &mut Vec<Effect>,
) -> Result<(), ConsumerError> {
    let decoded = match entries(&stored.bytes) {
        Ok(entries) => Some(entries),
        Err(RecordError::DeadLetter(why)) => {
            warn!(
                log.offset = stored.offset,
                "A record is not ours ({why}): kept, counted and passed"
            );
            None
        }
        Err(source) => {
            return Err(ConsumerError::Unreadable {
                partition: partition.number(),
                offset: stored.offset,
                source,
            });
        }
    };
    let record = Record {
        offset: stored.offset,
        stamp: stored.stamp,
        bytes: &stored.bytes,
        entries: decoded.as_deref(),
    };
    let after = partition
        .position()
        .map_or_else(|| "nothing".to_owned(), |position| position.to_string());
    match partition.fold(&record, effects) {
        Ok(_) => Ok(()),
        Err(source) => Err(ConsumerError::Stopped {
            partition: partition.number(),
            after,
            source,
        }),
    }
}

/// A partition as the newest usable snapshot at or below `at_or_below` has it, or empty. A snapshot of records that the log does
/// not have is of another log.
pub(crate) async fn restore(deps: &Deps, at_or_below: Option<LogPosition>) -> Partition {
    let number = deps.settings.partition;
    let log_end = deps.log.end(number).await.unwrap_or(u64::MAX);
    let mut limit = at_or_below;
    loop {
        let stored = match deps.snapshots.newest(number, limit).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Partition::new(number),
            Err(error) => {
                warn!("Snapshots cannot be read, the log is folded from its beginning: {error}");
                return Partition::new(number);
            }
        };
        let decoded = snapshot::decode(&stored.bytes).map_err(|error| error.to_string());
        match decoded.and_then(|image| {
            Partition::restore(image).ok_or_else(|| "an event without its creation".to_owned())
        }) {
            Ok(_) if stored.position.offset >= log_end => {
                warn!(snapshot.position = %stored.position, "A snapshot is of records that the log does not have");
            }
            Ok(partition)
                if partition.position() == Some(stored.position)
                    && partition.number() == number =>
            {
                return partition;
            }
            Ok(_) => {
                warn!(snapshot.position = %stored.position, "A snapshot is not of the record that it is stored for")
            }
            Err(why) => {
                warn!(snapshot.position = %stored.position, "A snapshot is passed over: {why}")
            }
        }
        deps.metrics.snapshots_rejected.inc();
        match before(stored.position) {
            Some(older) => limit = Some(older),
            None => return Partition::new(number),
        }
    }
}

fn before(position: LogPosition) -> Option<LogPosition> {
    Some(LogPosition {
        offset: position.offset.checked_sub(1)?,
        ..position
    })
}

/// Reads the log from the partition's next offset; tries again while the log cannot be reached.
pub(crate) async fn read(deps: &Deps, from: u64) -> Result<Vec<StoredRecord>, ConsumerError> {
    loop {
        match deps
            .log
            .read(deps.settings.partition, from, deps.settings.batch_records)
            .await
        {
            Ok(records) => return Ok(records),
            Err(LogError::Unavailable(why)) => {
                warn!("The log cannot be read at the moment: {why}");
                tokio::time::sleep(deps.settings.retry_delay).await;
            }
            Err(source) => {
                return Err(ConsumerError::Log {
                    partition: deps.settings.partition,
                    source,
                });
            }
        }
    }
}

/// Refuses a ledger that is ahead of the log: what comes next would be taken for something it has already stored.
/// A ledger that cannot be asked is asked again by its lane.
async fn check_ledger(deps: &Deps) -> Result<(), ConsumerError> {
    let partition = deps.settings.partition;
    let Ok(Some(ledger)) = deps.ledger.position(partition).await else {
        return Ok(());
    };
    match deps.log.end(partition).await {
        Ok(end) if ledger.offset >= end => Err(ConsumerError::LedgerAhead {
            partition,
            ledger: ledger.to_string(),
            end,
        }),
        _ => Ok(()),
    }
}

/// The partition folded up to the log's end, and the offset after the snapshot that it began from.
pub(crate) async fn catch_up(deps: &Deps) -> Result<(Partition, u64), ConsumerError> {
    check_ledger(deps).await?;
    let mut partition = restore(deps, None).await;
    deps.metrics.snapshot_offset_at_start.set(
        partition
            .position()
            .map_or(-1, |position| signed(position.offset)),
    );
    let first = partition.next_offset();
    let mut effects = Vec::new();
    loop {
        let records = read(deps, partition.next_offset()).await?;
        if records.is_empty() {
            break;
        }
        for stored in &records {
            fold_stored(&mut partition, stored, &mut effects)?;
        }
        effects.clear();
    }
    let folded = partition.next_offset() - first;
    deps.metrics.folded_at_start.set(signed(folded));
    info!(
        consumer.partition = partition.number(),
        consumer.folded = folded,
        "The fold has caught up with the log"
    );
    Ok((partition, first))
}
