//! What tests of the whole process may do: move the log's clock, cut answers, make the log refuse. Served on the health listener, only
//! when `testing.allow` is set, which the configuration refuses unless every listener is on loopback.

use crate::clock::OffsetClock;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use queue_embedded::Faults;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a test holds on to.
#[derive(Debug, Clone)]
pub(super) struct Testing {
    pub(super) clock: Arc<OffsetClock>,
    pub(super) faults: Faults,
}

/// `{"advance_ms": 60000}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: i64,
}

/// How far the clock is ahead of the machine's now.
#[derive(Debug, Serialize)]
struct Ahead {
    ahead_ms: i64,
}

/// `{"cut_answers": 1}`: the next entry is appended and its answer cut; `{"refuse": 1}`: the next entry is not appended.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    #[serde(default)]
    cut_answers: usize,
    #[serde(default)]
    refuse: usize,
    /// The writer stands still while this is true.
    #[serde(default)]
    hold: bool,
    #[serde(default)]
    disk_full: bool,
}

/// How many entries met a fault: a test that sees this grow knows that its fault bit.
#[derive(Debug, Serialize)]
struct Bitten {
    bitten: usize,
}

/// `POST /testing/clock`, `POST /testing/faults`, `GET /testing/faults`.
pub(super) fn router(testing: Testing) -> Router {
    Router::new()
        .route("/testing/clock", post(advance))
        .route("/testing/faults", get(bitten).post(fault))
        .with_state(testing)
}

async fn advance(State(testing): State<Testing>, Json(body): Json<Advance>) -> Json<Ahead> {
    Json(Ahead {
        ahead_ms: testing.clock.advance_ms(body.advance_ms),
    })
}

async fn fault(State(testing): State<Testing>, Json(body): Json<Fault>) -> Json<Bitten> {
    testing.faults.cut_answers(body.cut_answers);
    testing.faults.refuse(body.refuse);
    testing.faults.disk_full(body.disk_full);
    if body.hold {
        testing.faults.hold()
    } else {
        testing.faults.release()
    }
    bitten(State(testing)).await
}

async fn bitten(State(testing): State<Testing>) -> Json<Bitten> {
    Json(Bitten {
        bitten: testing.faults.bitten(),
    })
}
