//! The gateway over real sockets on loopback, its view fed by the real fold. No test sleeps: each waits for a frame, a close or a
//! metric.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod gate;
mod line;
mod own;
mod page;
mod stopping;
mod stream;
mod unruly;
mod world;
