//! Wire types: what is written to the log, kept as snapshots, and said over HTTP and sockets.
//!
//! Everything serialisable is here, tagged and versioned, and is converted from and to the pure types of `queue-domain`.
//! Nothing here decides anything or performs IO.

pub mod http;
pub mod record;
mod record_convert;
pub mod snapshot;
pub mod time;
pub mod witness;
mod witness_shown;
