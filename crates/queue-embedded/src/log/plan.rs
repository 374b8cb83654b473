//! Which entry goes into which record: in order of arrival, gathered a partition at a time, `Alone` entries by themselves.

use queue_ports::log::{AppendError, Appended, Gather};
use queue_protocol::record::EncodedEntry;
use std::collections::BTreeMap;
use std::time::Instant;
use tokio::sync::oneshot;

/// One entry that waits for its answer.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) partition: u32,
    pub(crate) entry: EncodedEntry,
    pub(crate) gather: Gather,
    pub(crate) arrived: Instant,
    pub(crate) answer: oneshot::Sender<Result<Appended, AppendError>>,
}

/// Who waits for an entry of a record, in the record's order.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) arrived: Instant,
    pub(crate) answer: oneshot::Sender<Result<Appended, AppendError>>,
}

/// One record to be.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) partition: u32,
    pub(crate) entries: Vec<EncodedEntry>,
    pub(crate) waiting: Vec<Waiting>,
    bytes: usize,
}

/// Bounds of one record and of one transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanLimits {
    pub(crate) record_entries: usize,
    pub(crate) record_bytes: usize,
    pub(crate) records: usize,
    pub(crate) entries: usize,
}

/// One transaction's records, as they fill.
#[derive(Debug)]
pub(crate) struct Plan {
    limits: PlanLimits,
    records: Vec<Planned>,
    /// The record of a partition that still takes shared entries.
    open: BTreeMap<u32, usize>,
    entries: usize,
}

impl Plan {
    pub(crate) fn new(limits: PlanLimits) -> Self {
        Self {
            limits,
            records: Vec::new(),
            open: BTreeMap::new(),
            entries: 0,
        }
    }

    /// Adds an entry behind all that are there.
    pub(crate) fn add(&mut self, request: Request) {
        let index = self.record_for(&request);
        let record = &mut self.records[index];
        record.bytes += request.entry.len();
        record.entries.push(request.entry);
        record.waiting.push(Waiting {
            arrived: request.arrived,
            answer: request.answer,
        });
        self.entries += 1;
    }

    fn record_for(&mut self, request: &Request) -> usize {
        let partition = request.partition;
        let fits = |record: &Planned| {
            record.entries.len() < self.limits.record_entries
                && record.bytes + request.entry.len() <= self.limits.record_bytes
        };
        match self.open.get(&partition) {
            Some(index) if request.gather == Gather::Shared && fits(&self.records[*index]) => {
                return *index;
            }
            _ => {}
        }
        let index = self.records.len();
        self.records.push(Planned {
            partition,
            entries: Vec::new(),
            waiting: Vec::new(),
            bytes: 0,
        });
        match request.gather {
            Gather::Shared => self.open.insert(partition, index),
            Gather::Alone => self.open.remove(&partition),
        };
        index
    }

    /// Whether the transaction should be written before more is added.
    pub(crate) fn is_full(&self) -> bool {
        self.records.len() >= self.limits.records || self.entries >= self.limits.entries
    }

    /// How many entries it has.
    pub(crate) fn entries(&self) -> usize {
        self.entries
    }

    pub(crate) fn into_records(self) -> Vec<Planned> {
        self.records
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue_domain::Entry as DomainEntry;
    use queue_protocol::record::Entry;

    const LIMITS: PlanLimits = PlanLimits {
        record_entries: 3,
        record_bytes: 1_000,
        records: 5,
        entries: 100,
    };

    fn add(plan: &mut Plan, partition: u32, gather: Gather) {
        let entry = Entry::new(
            [0; 16],
            &DomainEntry::Genesis {
                generation: 1,
                partitions: 1,
            },
        )
        .encode();
        plan.add(Request {
            partition,
            entry,
            gather,
            arrived: Instant::now(),
            answer: oneshot::channel().0,
        });
    }

    fn shape(plan: Plan) -> Vec<(u32, usize)> {
        plan.into_records()
            .iter()
            .map(|record| (record.partition, record.entries.len()))
            .collect()
    }

    #[test]
    fn entries_gather_by_partition_and_an_alone_one_splits_the_batch_around_it() {
        let mut plan = Plan::new(LIMITS);
        add(&mut plan, 0, Gather::Shared);
        add(&mut plan, 1, Gather::Shared);
        add(&mut plan, 0, Gather::Shared);
        add(&mut plan, 0, Gather::Alone);
        add(&mut plan, 1, Gather::Shared);
        add(&mut plan, 0, Gather::Shared);
        assert_eq!(shape(plan), [(0, 2), (1, 2), (0, 1), (0, 1)]);
    }

    #[test]
    fn a_full_record_is_followed_by_another_and_a_full_plan_says_so() {
        let mut plan = Plan::new(LIMITS);
        (0..4).for_each(|_| add(&mut plan, 0, Gather::Shared));
        assert!(!plan.is_full());
        (0..3).for_each(|_| add(&mut plan, 0, Gather::Alone));
        assert!(plan.is_full());
        assert_eq!(shape(plan), [(0, 3), (0, 1), (0, 1), (0, 1), (0, 1)]);
    }
}
