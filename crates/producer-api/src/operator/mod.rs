//! The operator API: on a listener of its own, each operator with a token of their own. Changes are commands like any other; the
//! actor in the log comes from the token.

mod access;
mod change;
mod command;
mod create;
mod desk;
mod door;
mod export;
mod keys;
mod look;

pub(crate) use access::authorise;
pub(crate) use keys::Keys;

use crate::app::App;
use crate::openapi;
use axum::Router;
use axum::routing::{get, patch, post};
use std::sync::Arc;

/// All routes of the operator listener.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/openapi.json", get(openapi::operator))
        .route("/admin/v1/events", get(look::list).post(create::create))
        .route("/admin/v1/events/{event}", get(look::one))
        .route("/admin/v1/events/{event}/open", post(change::open))
        .route("/admin/v1/events/{event}/pause", post(change::pause))
        .route("/admin/v1/events/{event}/resume", post(change::resume))
        .route("/admin/v1/events/{event}/close", post(change::close))
        .route("/admin/v1/events/{event}/reopen", post(change::reopen))
        .route(
            "/admin/v1/events/{event}/reschedule",
            post(change::reschedule),
        )
        .route("/admin/v1/events/{event}/policy", patch(change::policy))
        .route("/admin/v1/events/{event}/texts", patch(change::texts))
        .route("/admin/v1/events/{event}/slots", post(change::add_slot))
        .route(
            "/admin/v1/events/{event}/slots/{slot}",
            patch(change::capacity),
        )
        .route(
            "/admin/v1/events/{event}/slots/{slot}/stop",
            post(change::stop_slot),
        )
        .route(
            "/admin/v1/events/{event}/slots/{slot}/cancel",
            post(change::cancel_slot),
        )
        .route("/admin/v1/events/{event}/check-ins", post(door::check_in))
        .route("/admin/v1/events/{event}/stats", get(look::stats))
        .route(
            "/admin/v1/events/{event}/stats/stream",
            get(look::stats_stream),
        )
        .route(
            "/admin/v1/events/{event}/reservations",
            get(look::reservations),
        )
        .route(
            "/admin/v1/events/{event}/reservations.csv",
            get(export::reservations),
        )
        .route("/admin/v1/commands/{key}", get(command::look))
}
