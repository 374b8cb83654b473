//! Every contract suite on the embedded back ends.

use crate::fixtures::{Memory, Place};
use queue_ports::contract::{ledger_contract, log_contract, snapshots_contract, view_contract};

#[tokio::test]
async fn the_log_keeps_the_log_contract() {
    log_contract(Place::new).await;
}

#[tokio::test]
async fn the_view_keeps_the_view_contract() {
    view_contract(|| Memory, 0..12).await;
}

#[tokio::test]
async fn the_ledger_keeps_the_ledger_contract() {
    ledger_contract(Place::new, 0..4).await;
}

#[tokio::test]
async fn the_snapshots_keep_the_snapshots_contract() {
    snapshots_contract(Place::new).await;
}
