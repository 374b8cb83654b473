//! A second model of the rules, written for clarity from the rule book and without looking at the fold, and properties that hold
//! the fold against it: random logs must give the same places, numbers, states, outcomes and seats at every record.
//!
//! The model uses plain vectors and linear scans; it is slow on purpose.

mod drive;
mod generate;
mod invariants;
mod mirror;
mod model;
mod operators;
mod properties;
mod reach;
mod shoppers;
