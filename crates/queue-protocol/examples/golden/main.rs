//! Makes the golden files that are not there yet, and never changes one that is: what was once written must be read for ever.
//! Run it after adding a kind of entry (with its sample in `tests/golden/samples.rs`) or a version of the rules.

#[path = "../../tests/golden/files.rs"]
#[expect(
    dead_code,
    reason = "the tests read golden files, this program only writes them"
)]
mod files;
#[path = "../../tests/golden/samples.rs"]
#[expect(
    dead_code,
    reason = "the tests look at the kinds, this program only at the samples"
)]
mod samples;
mod story;
mod strange;

use queue_domain::Entry;
use queue_protocol::record::{self, EncodedEntry};
use queue_protocol::snapshot;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::path::Path;
use story::{Story, Told};

/// Every so many records the hashes of the golden log are written down.
const HASHES_EVERY: usize = 25;

fn main() -> Result<()> {
    let folder = files::folder();
    for (name, entries) in samples::samples() {
        let bytes = assemble(samples::TRACE, &entries);
        write_bytes(
            &folder.join("records"),
            name,
            &format!(
                "CBOR after the eight bytes of the header: {}",
                minicbor::display(&bytes[8..])
            ),
            &bytes,
        )?;
    }
    for (name, why, bytes) in strange::dead_letters() {
        write_bytes(&folder.join("dead-letters"), name, why, &bytes)?;
    }
    for (name, why, bytes) in strange::unreadable() {
        write_bytes(&folder.join("unreadable"), name, why, &bytes)?;
    }
    let told = Story::told();
    write_log(&folder.join("log-rules-1"), &told)?;
    let image = told.image.expect("the story goes past the snapshot");
    let comment = format!(
        "The golden log of rules version 1 after record {}, in snapshot format 1.",
        image.position.offset
    );
    write_bytes(
        &folder.join("snapshots"),
        "format-1",
        &comment,
        &snapshot::encode(&image),
    )
}

fn assemble(trace: record::TraceId, entries: &[Entry]) -> Vec<u8> {
    let encoded: Vec<EncodedEntry> = entries
        .iter()
        .map(|entry| record::Entry::new(trace, entry).encode())
        .collect();
    record::assemble(&encoded)
}

/// Sixty-four bytes a line, below what they say.
fn write_bytes(folder: &Path, name: &str, comment: &str, bytes: &[u8]) -> Result<()> {
    let mut text = format!("# {comment}\n");
    for line in bytes.chunks(64) {
        text.push_str(&files::hex(line));
        text.push('\n');
    }
    write_new(&folder.join(format!("{name}.hex")), &text)
}

fn write_log(folder: &Path, told: &Told) -> Result<()> {
    let mut records = String::from(
        "# A log of partition 0 whose events follow version 1 of the rules: offset, stamp (milliseconds) and bytes of every\n\
         # record. It must fold to the hashes in hashes.txt for ever; when it does not, logs of running shops would not either.\n",
    );
    let mut hashes = String::from(
        "# What records.txt folds to: offset, log hash and state hash after the record of that offset.\n\
         # Log hash: SHA-256 of (log hash before, generation, offset, stamp, bytes), zero before the first record.\n\
         # State hash: SHA-256 of (state hash before, canonical bytes of the record's effects), unmoved without effects.\n",
    );
    for (offset, record) in told.records.iter().enumerate() {
        records.push_str(&format!(
            "{offset} {} {}\n",
            record.stamp,
            files::hex(&record.bytes)
        ));
        if offset % HASHES_EVERY == 0 || offset + 1 == told.records.len() {
            hashes.push_str(&format!(
                "{offset} {} {}\n",
                files::hex(&record.folded.log_hash),
                files::hex(&record.folded.state_hash)
            ));
        }
    }
    write_new(&folder.join("records.txt"), &records)?;
    write_new(&folder.join("hashes.txt"), &hashes)
}

#[expect(clippy::print_stdout, reason = "a tool that reports to a person")]
fn write_new(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => {
            println!("made {}", path.display());
            file.write_all(text.as_bytes())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
