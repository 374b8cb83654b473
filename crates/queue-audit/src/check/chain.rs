//! The log itself: offsets without a gap, the log hash, dead letters, and what ticks claim.

use super::{command, record};
use crate::naive::{At, hex};
use crate::report::Report;
use crate::rule::Rule;
use crate::source::RawRecord;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The log of one partition as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    partition: u32,
    generation: u32,
    /// The hash after every record, by offset.
    hashes: Vec<[u8; 32]>,
    /// The same, as if dead letters were not there.
    hash_of_ours: [u8; 32],
    hashes_of_ours: Vec<[u8; 32]>,
    /// The stamp of every record.
    stamps: Vec<u64>,
    /// What ticks claimed the state hash to be, and the first to say so.
    claims: HashMap<u64, ([u8; 32], At)>,
    stopped: Option<(u64, String)>,
}

/// What a tick says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) generation: u32,
    pub(crate) offset: u64,
    pub(crate) log_hash: [u8; 32],
    pub(crate) state_hash: [u8; 32],
}

fn link(before: &[u8; 32], generation: u32, record: &RawRecord) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(generation.to_be_bytes());
    hasher.update(record.offset.to_be_bytes());
    hasher.update(record.stamp.to_be_bytes());
    hasher.update(&record.bytes);
    hasher.finalize().into()
}

impl Chain {
    pub(crate) fn new(partition: u32) -> Self {
        Self {
            partition,
            ..Self::default()
        }
    }

    /// The log's generation, told by its genesis before the first record is added.
    pub(crate) fn begin(&mut self, generation: u32) {
        self.generation = generation;
    }

    /// The log hash so far.
    pub(crate) fn hash(&self) -> [u8; 32] {
        self.hashes.last().copied().unwrap_or_default()
    }

    /// The stamp of a record, if there is one.
    pub(crate) fn stamp(&self, offset: u64) -> Option<u64> {
        self.stamps.get(offset as usize).copied()
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// Where the partition has to stop, and why.
    pub(crate) fn stopped(&self) -> Option<&(u64, String)> {
        self.stopped.as_ref()
    }

    /// Takes the next record; `ours` when it is not a dead letter.
    pub(crate) fn add(&mut self, raw: &RawRecord, ours: bool, report: &mut Report) {
        let expected = self.len();
        report.check(
            Rule::P3,
            raw.offset == expected,
            || format!("record {} comes where {expected} should", raw.offset),
            || vec![record(self.partition, raw.offset)],
        );
        self.hashes.push(link(&self.hash(), self.generation, raw));
        if ours {
            self.hash_of_ours = link(&self.hash_of_ours, self.generation, raw);
        }
        self.hashes_of_ours.push(self.hash_of_ours);
        self.stamps.push(raw.stamp);
    }

    /// A record cannot be understood: from here on nobody may have gone.
    pub(crate) fn stop(&mut self, offset: u64, why: String) {
        self.stopped.get_or_insert((offset, why));
    }

    /// Holds a tick against the log.
    pub(crate) fn tick(&mut self, at: At, claim: Claim, report: &mut Report) {
        if claim.generation != self.generation {
            return;
        }
        let here = || {
            vec![
                command(self.partition, at),
                record(self.partition, claim.offset),
            ]
        };
        report.check(
            Rule::P3,
            claim.offset < at.0,
            || format!("a tick claims record {} before there was one", claim.offset),
            here,
        );
        let passed_stop = self
            .stopped
            .as_ref()
            .filter(|(stop, _)| claim.offset >= *stop);
        report.check(
            Rule::P5,
            passed_stop.is_none(),
            || {
                format!(
                    "a tick has folded record {} although record {} cannot be understood",
                    claim.offset,
                    passed_stop.map_or(0, |(stop, _)| *stop)
                )
            },
            here,
        );
        let Some(hash) = self.hashes.get(claim.offset as usize) else {
            return;
        };
        let dropped =
            *hash != claim.log_hash && self.hashes_of_ours[claim.offset as usize] == claim.log_hash;
        report.check(
            Rule::P5,
            !dropped,
            || "a tick's log hash leaves out what is not a record of ours".to_owned(),
            here,
        );
        report.check(
            Rule::P3,
            *hash == claim.log_hash || dropped,
            || format!("the log hash at record {} is {}, a tick says {}: a record was skipped, repeated or changed", claim.offset, hex(hash), hex(&claim.log_hash)),
            here,
        );
        let (first, said_by) = *self
            .claims
            .entry(claim.offset)
            .or_insert((claim.state_hash, at));
        report.check(
            Rule::P4,
            first == claim.state_hash,
            || {
                format!(
                    "two folds of record {} have the state hashes {} and {}",
                    claim.offset,
                    hex(&first),
                    hex(&claim.state_hash)
                )
            },
            || {
                vec![
                    command(self.partition, said_by),
                    command(self.partition, at),
                ]
            },
        );
    }
}
