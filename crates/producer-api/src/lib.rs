//! The shoppers' HTTP side: pages and API. No rule is decided here and no store is written.

pub mod pages;
