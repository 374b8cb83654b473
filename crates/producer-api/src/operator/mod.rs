//! The operator API: on a listener of its own, each operator with a token of their own.

mod access;
mod keys;

pub(crate) use access::authorise;
pub(crate) use keys::Keys;

use crate::app::App;
use crate::openapi;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// All routes of the operator listener.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/openapi.json", get(openapi::operator))
}
