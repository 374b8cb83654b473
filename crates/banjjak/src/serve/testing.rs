//! What tests of the whole process may do: move the log's clock, cut answers, make the log refuse. Served on the health listener, only
//! when `testing.allow` is set, which the configuration refuses unless every listener is on loopback.

use crate::clock::OffsetClock;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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

/// `POST /testing/clock`.
pub(super) fn clock_router(clock: Arc<OffsetClock>) -> Router {
    Router::new()
        .route("/testing/clock", post(advance))
        .with_state(clock)
}

async fn advance(State(clock): State<Arc<OffsetClock>>, Json(body): Json<Advance>) -> Json<Ahead> {
    Json(Ahead {
        ahead_ms: clock.advance_ms(body.advance_ms),
    })
}
