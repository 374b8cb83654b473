//! The newest records of one partition, in memory: whoever follows the log's end reads no disk.

use queue_ports::log::StoredRecord;
use std::collections::VecDeque;

/// Most bytes of one answer, beyond its first record.
const MAX_READ_BYTES: usize = 1 << 20;

/// Consecutive records up to the end, bounded in bytes.
#[derive(Debug)]
pub(crate) struct Tail {
    records: VecDeque<StoredRecord>,
    bytes: usize,
    max_bytes: usize,
}

impl Tail {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self {
            records: VecDeque::new(),
            bytes: 0,
            max_bytes,
        }
    }

    /// Adds the next record, already durable. What does not follow the last one starts afresh.
    pub(crate) fn push(&mut self, record: StoredRecord) {
        if self
            .records
            .back()
            .is_some_and(|last| last.offset + 1 != record.offset)
        {
            self.clear();
        }
        self.bytes += record.bytes.len();
        self.records.push_back(record);
        while self.bytes > self.max_bytes {
            let Some(oldest) = self.records.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes.len();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.bytes = 0;
    }

    /// Records from `from` on; `None` when that is no longer here. At most [`MAX_READ_BYTES`] beyond the first: the writer waits
    /// while they are copied.
    pub(crate) fn read(&self, from: u64, max_records: usize) -> Option<Vec<StoredRecord>> {
        let skip = from.checked_sub(self.records.front()?.offset)?;
        let records = self.records.iter().skip(usize::try_from(skip).ok()?);
        let mut bytes = 0;
        let fits = |record: &&StoredRecord| {
            let first = bytes == 0;
            bytes += record.bytes.len();
            first || bytes <= MAX_READ_BYTES
        };
        Some(
            records
                .take(max_records)
                .take_while(fits)
                .cloned()
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue_domain::Stamp;

    fn record(offset: u64) -> StoredRecord {
        StoredRecord {
            offset,
            stamp: Stamp(0),
            bytes: vec![0; 10],
        }
    }

    #[test]
    fn keeps_the_newest_records_within_its_bytes_and_never_a_gap() {
        let mut tail = Tail::new(30);
        (4..8).for_each(|offset| tail.push(record(offset)));
        assert_eq!(tail.read(4, 9), None, "4 was pushed out");
        assert_eq!(
            tail.read(5, 2)
                .map(|records| records.iter().map(|record| record.offset).collect()),
            Some(vec![5, 6])
        );
        tail.push(record(10));
        assert_eq!(tail.read(7, 9), None, "10 does not follow 7");
        assert_eq!(tail.read(10, 9).map(|records| records.len()), Some(1));
    }

    #[test]
    fn an_answer_is_bounded_in_bytes_but_never_empty() {
        let mut tail = Tail::new(usize::MAX);
        let large = |offset| StoredRecord {
            bytes: vec![0; MAX_READ_BYTES],
            ..record(offset)
        };
        (0..3).for_each(|offset| tail.push(large(offset)));
        (3..6).for_each(|offset| tail.push(record(offset)));
        let count = |from| tail.read(from, 9).map(|records| records.len());
        assert_eq!((count(0), count(2), count(3)), (Some(1), Some(1), Some(3)));
    }
}
