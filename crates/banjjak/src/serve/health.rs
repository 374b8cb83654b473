//! The health listener: alive, ready, metrics. No token, no shopper's data; the address is for probes and scrapers only.

use super::watched_log::LogWatch;
use crate::readiness::{Phase, Readiness};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::{Registry, TextEncoder};

#[derive(Debug, Clone)]
struct Health {
    readiness: Readiness,
    log: LogWatch,
    registry: Registry,
}

/// `/healthz`, `/readyz`, `/metrics`.
pub(super) fn router(readiness: Readiness, log: LogWatch, registry: Registry) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Health {
            readiness,
            log,
            registry,
        })
}

/// Alive as long as it answers; only a part that stopped by itself asks for a restart.
async fn alive(State(health): State<Health>) -> (StatusCode, &'static str) {
    match health.readiness.phase() {
        Phase::Broken => (
            StatusCode::SERVICE_UNAVAILABLE,
            "a part stopped by itself\n",
        ),
        Phase::Starting | Phase::Ready | Phase::Stopping => (StatusCode::OK, "alive\n"),
    }
}

async fn ready(State(health): State<Health>) -> (StatusCode, &'static str) {
    match health.readiness.phase() {
        Phase::Ready if !health.log.takes() => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the log takes nothing at the moment\n",
        ),
        Phase::Ready => (StatusCode::OK, "ready\n"),
        Phase::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
        Phase::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        Phase::Broken => (
            StatusCode::SERVICE_UNAVAILABLE,
            "a part stopped by itself\n",
        ),
    }
}

async fn metrics(State(health): State<Health>) -> Response {
    match TextEncoder::new().encode_to_string(&health.registry.gather()) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics could not be written as text");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    async fn status(readiness: &Readiness, path: &str) -> StatusCode {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router(readiness.clone(), LogWatch::new(), Registry::new())
            .oneshot(request)
            .await
            .unwrap()
            .status()
    }

    #[tokio::test]
    async fn a_stopping_process_is_alive_and_not_ready() {
        let readiness = Readiness::default();
        let table = [
            (Phase::Starting, 200, 503),
            (Phase::Ready, 200, 200),
            (Phase::Stopping, 200, 503),
            (Phase::Broken, 503, 503),
        ];
        for (phase, alive, ready) in table {
            readiness.reach(phase);
            assert_eq!(status(&readiness, "/healthz").await, alive, "{phase:?}");
            assert_eq!(status(&readiness, "/readyz").await, ready, "{phase:?}");
        }
    }
}
