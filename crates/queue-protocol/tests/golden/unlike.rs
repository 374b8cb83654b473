//! Bytes that are no record of ours are passed and counted; a record of ours that this build does not know stops the
//! partition. Which of the two is decided by the bytes alone, for ever.

use crate::files;
use queue_protocol::record::{self, RecordError};

#[test]
fn what_is_not_ours_is_a_dead_letter() {
    let files = files::all(&files::folder().join("dead-letters"));
    assert!(files.len() >= 6, "the examples are there");
    for (name, bytes) in files {
        let read = record::entries(&bytes);
        assert!(
            matches!(read, Err(RecordError::DeadLetter(_))),
            "{name}: {read:?}"
        );
    }
}

#[test]
fn what_is_ours_and_unknown_stops_loudly() {
    let files = files::all(&files::folder().join("unreadable"));
    assert!(files.len() >= 6, "the examples are there");
    for (name, bytes) in files {
        let read = record::entries(&bytes);
        assert!(
            matches!(read, Err(RecordError::Unreadable(_))),
            "{name}: {read:?}"
        );
    }
}
