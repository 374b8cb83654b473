//! What was ever written can be read for ever: golden records, a golden snapshot, and a golden log that folds to the same
//! hashes. The files are made once by `cargo run -p queue-protocol --example golden`, which overwrites none; a test that fails
//! here means that logs of running shops could not be read or would fold to something else.

mod damage;
mod files;
mod log;
mod records;
mod samples;
mod touched;
mod unlike;
