//! The rules as tables of examples: a short story each, told in commands and ticks, with what must be true after it.

mod booking;
mod hashes;
mod line;
mod lobby;
mod operators;
mod room;
mod shop;
mod standby;
