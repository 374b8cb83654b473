//! The golden log of rules version 1 folds to the recorded hashes for ever: record by record, in batches, and from a snapshot
//! taken anywhere.

use crate::{files, touched};
use queue_domain::*;
use queue_protocol::{record, snapshot};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A record as the log holds it.
struct Logged {
    stamp: Stamp,
    bytes: Vec<u8>,
    /// `None` for a dead letter.
    entries: Option<Vec<Entry>>,
}

fn folder() -> PathBuf {
    files::folder().join("log-rules-1")
}

fn logged() -> Vec<Logged> {
    let line = |(number, line): (usize, String)| {
        let parts: Vec<&str> = line.split(' ').collect();
        let [offset, stamp, digits] = parts[..] else {
            panic!("{line:.60} is not an offset, a stamp and bytes");
        };
        assert_eq!(offset.parse(), Ok(number), "records are in order");
        let bytes = files::unhex(digits);
        let entries = match record::entries(&bytes) {
            Ok(entries) => Some(entries),
            Err(record::RecordError::DeadLetter(_)) => None,
            Err(error) => panic!("record {number}: {error}"),
        };
        Logged {
            stamp: Stamp(stamp.parse().expect("a stamp")),
            bytes,
            entries,
        }
    };
    let lines = files::lines(&folder().join("records.txt"));
    lines.into_iter().enumerate().map(line).collect()
}

/// Offset, log hash and state hash.
fn recorded() -> Vec<(u64, Digest, Digest)> {
    let digest = |digits: &str| -> Digest { files::unhex(digits).try_into().expect("32 bytes") };
    let line = |line: String| {
        let parts: Vec<&str> = line.split(' ').collect();
        (
            parts[0].parse().expect("an offset"),
            digest(parts[1]),
            digest(parts[2]),
        )
    };
    let lines = files::lines(&folder().join("hashes.txt"));
    lines.into_iter().map(line).collect()
}

fn fold(
    partition: &mut Partition,
    offset: usize,
    logged: &Logged,
    effects: &mut Vec<Effect>,
) -> Folded {
    let record = Record {
        offset: offset as u64,
        stamp: logged.stamp,
        bytes: &logged.bytes,
        entries: logged.entries.as_deref(),
    };
    partition
        .fold(&record, effects)
        .unwrap_or_else(|stop| panic!("record {offset}: {stop}"))
}

/// Folds on from where the partition stands, and returns all effects.
fn fold_rest(partition: &mut Partition, log: &[Logged]) -> Vec<Effect> {
    let mut effects = Vec::new();
    let from = partition.next_offset() as usize;
    for (offset, logged) in log.iter().enumerate().skip(from) {
        fold(partition, offset, logged, &mut effects);
    }
    effects
}

#[test]
fn the_log_folds_to_the_recorded_hashes() {
    let (log, recorded) = (logged(), recorded());
    let mut partition = Partition::new(0);
    let mut checked = 0;
    for (offset, record) in log.iter().enumerate() {
        let folded = fold(&mut partition, offset, record, &mut Vec::new());
        if let Some((_, log_hash, state_hash)) =
            recorded.iter().find(|(at, ..)| *at == offset as u64)
        {
            assert_eq!(
                files::hex(&folded.log_hash),
                files::hex(log_hash),
                "log hash at {offset}"
            );
            assert_eq!(
                files::hex(&folded.state_hash),
                files::hex(state_hash),
                "state hash at {offset}"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, recorded.len());
    assert_eq!(
        recorded.last().map(|(at, ..)| *at),
        Some(log.len() as u64 - 1)
    );
}

/// A consumer reads as many records at once as there are, and hands on their effects together.
#[test]
fn the_size_of_a_batch_changes_nothing() {
    let log = logged();
    let mut partition = Partition::new(0);
    let alone: Vec<Effect> = (0..log.len())
        .flat_map(|offset| {
            let mut effects = Vec::new();
            fold(&mut partition, offset, &log[offset], &mut effects);
            effects
        })
        .collect();
    for size in [2, 7, 64, log.len()] {
        let mut batched = Partition::new(0);
        let mut effects = Vec::new();
        for records in log.chunks(size) {
            let mut batch = Vec::new();
            for logged in records {
                let offset = batched.next_offset() as usize;
                fold(&mut batched, offset, logged, &mut batch);
            }
            effects.append(&mut batch);
        }
        assert!(effects == alone, "other effects in batches of {size}");
        assert_eq!(batched.state_hash(), partition.state_hash());
        assert_eq!(batched.log_hash(), partition.log_hash());
    }
}

#[test]
fn a_snapshot_taken_anywhere_goes_on_to_the_same_effects_and_hashes() {
    let log = logged();
    let mut partition = Partition::new(0);
    for offset in 0..log.len() {
        fold(&mut partition, offset, &log[offset], &mut Vec::new());
        if offset % 29 != 0 {
            continue;
        }
        let image = partition.image().expect("an image after the first record");
        let read = snapshot::decode(&snapshot::encode(&image)).expect("a snapshot");
        assert!(read == image, "another image at {offset}");
        let mut restored = Partition::restore(read).expect("a partition");
        let mut straight = partition.clone();
        let (effects, expected) = (
            fold_rest(&mut restored, &log),
            fold_rest(&mut straight, &log),
        );
        assert!(
            effects == expected,
            "other effects after a snapshot at {offset}"
        );
        assert_eq!(
            restored.state_hash(),
            straight.state_hash(),
            "snapshot at {offset}"
        );
        assert_eq!(
            restored.log_hash(),
            straight.log_hash(),
            "snapshot at {offset}"
        );
        assert!(
            restored.image() == straight.image(),
            "another state after a snapshot at {offset}"
        );
    }
}

#[test]
fn the_golden_snapshot_is_read_as_the_state_that_it_was_taken_of() {
    let bytes = files::bytes(&files::folder().join("snapshots/format-1.hex"));
    let image = snapshot::decode(&bytes).expect("the golden snapshot");
    let log = logged();
    let mut partition = Partition::new(0);
    for (offset, logged) in log
        .iter()
        .enumerate()
        .take(image.position.offset as usize + 1)
    {
        fold(&mut partition, offset, logged, &mut Vec::new());
    }
    assert!(
        partition.image().as_ref() == Some(&image),
        "the golden snapshot is another state"
    );
    assert!(
        snapshot::encode(&image) == bytes,
        "the golden snapshot would be written otherwise"
    );
    let mut restored = Partition::restore(image).expect("a partition");
    fold_rest(&mut restored, &log);
    let (_, log_hash, state_hash) = *recorded().last().expect("recorded hashes");
    assert_eq!(
        (restored.log_hash(), restored.state_hash()),
        (log_hash, state_hash)
    );
}

/// The log is worth something only if every rule acts in it: every kind of effect, state, refusal and result comes up.
#[test]
fn the_log_touches_every_rule() {
    let effects = fold_rest(&mut Partition::new(0), &logged());
    let seen: BTreeSet<&str> = effects
        .iter()
        .flat_map(|effect| touched::by(&effect.kind))
        .collect();
    let happens = |name: &&&str| !name.ends_with("(in images)");
    let missing: Vec<_> = touched::ALL
        .iter()
        .filter(happens)
        .filter(|name| !seen.contains(**name))
        .collect();
    assert!(
        missing.is_empty(),
        "never happens in the golden log: {missing:?}"
    );
}
