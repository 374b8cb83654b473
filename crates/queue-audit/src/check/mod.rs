//! The checks, one file for each thing that is looked at. Each adds to the report what it looked at and what is wrong.

pub(crate) mod budget;
pub(crate) mod chain;
pub(crate) mod classify;
pub(crate) mod frames;
pub(crate) mod ledger;
pub(crate) mod order;
pub(crate) mod prefix;
pub(crate) mod requests;
pub(crate) mod shown;
pub(crate) mod windows;

use crate::naive::At;

/// A command, as the report names it.
pub(crate) fn command(partition: u32, (offset, index): At) -> String {
    format!("{partition}/{offset}.{index}")
}

/// A record, as the report names it.
pub(crate) fn record(partition: u32, offset: u64) -> String {
    format!("{partition}/{offset}")
}

/// A line of the witness, as the report names it.
pub(crate) fn line(number: u32) -> String {
    format!("line {number}")
}
