//! Every golden record decodes to what it was made of, and that encodes to the same bytes.

use crate::files;
use crate::samples::{KINDS, TRACE, kind, samples};
use queue_domain::Entry;
use queue_protocol::record::{self, EncodedEntry};
use std::collections::BTreeSet;

/// Golden records that today's build reads but would write otherwise: those made before a field was added at the end of their
/// kind. Such a kind gets a second file with the new field, and the old one is named here.
const WRITTEN_OTHERWISE_TODAY: &[&str] = &[];

fn assemble(entries: &[Entry]) -> Vec<u8> {
    let encoded: Vec<EncodedEntry> = entries
        .iter()
        .map(|entry| record::Entry::new(TRACE, entry).encode())
        .collect();
    record::assemble(&encoded)
}

#[test]
fn every_golden_record_is_read_as_what_it_was_written_from() {
    let samples = samples();
    for (name, bytes) in files::all(&files::folder().join("records")) {
        let sample = samples.iter().find(|(sample, _)| *sample == name);
        let (_, expected) = sample.unwrap_or_else(|| panic!("{name}.hex has no sample"));
        let read = record::entries(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read, *expected, "{name}");
        let traces = record::read(&bytes).expect("read above");
        assert!(traces.iter().all(|entry| *entry.trace == TRACE), "{name}");
        if !WRITTEN_OTHERWISE_TODAY.contains(&name.as_str()) {
            assert_eq!(
                files::hex(&assemble(expected)),
                files::hex(&bytes),
                "{name}"
            );
        }
    }
}

#[test]
fn every_kind_has_a_golden_record() {
    let files: BTreeSet<String> = files::all(&files::folder().join("records"))
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let samples = samples();
    for (name, _) in &samples {
        assert!(files.contains(*name), "no golden record {name}.hex");
    }
    let sampled: BTreeSet<&str> = samples
        .iter()
        .flat_map(|(_, entries)| entries)
        .map(kind)
        .collect();
    for kind in KINDS {
        assert!(sampled.contains(kind), "no sample of kind {kind}");
        assert!(files.contains(*kind), "no golden record of kind {kind}");
    }
}
