//! The shoppers' HTTP side (pages and API) and the operators'. No rule is decided here and no store is written: a change is
//! parsed, its sender recognised, appended to the log, and answered.

mod answer;
mod app;
mod limits;
mod metrics;
mod middleware;
mod openapi;
mod operator;
pub mod pages;
mod rate;
mod shopper;

pub use app::{Api, Deps};
pub use limits::Limits;
