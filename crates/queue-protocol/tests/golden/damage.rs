//! Whatever happens to bytes, reading them neither panics nor finds a record that nobody wrote.

use crate::files;
use crate::samples::samples;
use proptest::prelude::*;
use queue_protocol::record::{self, HEADER, RecordError};
use queue_protocol::snapshot;

/// A payload behind a right header and a right checksum.
fn sealed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::from(HEADER);
    bytes.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

fn a_record() -> impl Strategy<Value = Vec<u8>> {
    let records = samples().into_iter().map(|(name, _)| {
        files::bytes(&files::folder().join("records").join(format!("{name}.hex")))
    });
    prop::sample::select(records.collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_are_dead_letters(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(matches!(record::entries(&bytes), Err(RecordError::DeadLetter(_))));
        prop_assert!(snapshot::decode(&bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_with_our_checksum_are_never_a_dead_letter(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let dead = matches!(record::entries(&sealed(&payload)), Err(RecordError::DeadLetter(_)));
        prop_assert!(!dead);
    }

    /// Any burst of up to four bytes is always found by the checksum.
    #[test]
    fn a_damaged_record_is_never_read(record in a_record(), at in any::<prop::sample::Index>(), damage in 1u32..) {
        let mut bytes = record.clone();
        let at = at.index(bytes.len());
        for (byte, change) in bytes[at..].iter_mut().zip(damage.to_le_bytes()) {
            *byte ^= change;
        }
        prop_assume!(bytes != record);
        prop_assert!(record::entries(&bytes).is_err());
    }

    #[test]
    fn a_cut_record_is_never_read(record in a_record(), at in any::<prop::sample::Index>()) {
        let cut = &record[..at.index(record.len())];
        prop_assert!(record::entries(cut).is_err());
    }

    /// What is well formed with a right checksum can be anything, but what is read can be written and read again.
    #[test]
    fn what_is_read_is_read_the_same_again(record in a_record(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut payload = record[8..].to_vec();
        let at = at.index(payload.len());
        payload[at] = byte;
        if let Ok(entries) = record::entries(&sealed(&payload)) {
            let encoded: Vec<_> = entries.iter().map(|entry| record::Entry::new([1; 16], entry).encode()).collect();
            prop_assert_eq!(record::entries(&record::assemble(&encoded)).expect("our own"), entries);
        }
    }
}

#[test]
fn a_length_without_content_takes_no_memory() {
    // An array, a text and bytes of 2^63 - 1 elements each, and nothing after.
    for head in [0x9b, 0x7b, 0x5b] {
        let mut payload = vec![head];
        payload.extend_from_slice(&(u64::MAX / 2).to_be_bytes());
        assert!(matches!(
            record::entries(&sealed(&payload)),
            Err(RecordError::Unreadable(_))
        ));
        let nested = [&[0x81, 0x82, 0x50], &[0; 16][..], &payload[..]].concat();
        assert!(matches!(
            record::entries(&sealed(&nested)),
            Err(RecordError::Unreadable(_))
        ));
    }
    // A hundred thousand arrays inside each other.
    let deep = vec![0x81; 100_000];
    assert!(matches!(
        record::entries(&sealed(&deep)),
        Err(RecordError::Unreadable(_))
    ));
}
