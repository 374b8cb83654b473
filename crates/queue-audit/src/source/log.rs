//! The log as the audit reads it.

use super::SourceError;

/// A record as stored, ours or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// Its offset in the partition.
    pub offset: u64,
    /// The log's stamp, milliseconds since the Unix epoch.
    pub stamp: u64,
    /// Header, checksum and entries.
    pub bytes: Vec<u8>,
}

/// Reads a log. Every back end that the system can run on gets one.
pub trait LogSource {
    /// How many partitions there are.
    fn partitions(&self) -> Result<u32, SourceError>;

    /// Up to `most` records of a partition in order, from offset `from` on; none at the end.
    fn read(&self, partition: u32, from: u64, most: usize) -> Result<Vec<RawRecord>, SourceError>;
}

/// A log in memory, by partition: for tests.
#[derive(Debug, Clone, Default)]
pub struct VecLog(pub Vec<Vec<RawRecord>>);

impl LogSource for VecLog {
    fn partitions(&self) -> Result<u32, SourceError> {
        Ok(self.0.len() as u32)
    }

    fn read(&self, partition: u32, from: u64, most: usize) -> Result<Vec<RawRecord>, SourceError> {
        let records = self
            .0
            .get(partition as usize)
            .map_or(&[][..], Vec::as_slice);
        Ok(records
            .iter()
            .filter(|record| record.offset >= from)
            .take(most)
            .cloned()
            .collect())
    }
}
