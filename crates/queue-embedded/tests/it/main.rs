//! The embedded back ends against the ports' contracts, and what is theirs alone.

mod contracts;
mod controls;
mod fixtures;
mod log;
mod stories;
mod torn;
