//! The shopper API and the pages.

mod artefacts;
mod calendar;
mod change;
pub(crate) mod events;
mod forms;
pub(crate) mod identity;
pub(crate) mod places;
mod reservations;
mod shown;
mod site;
pub(crate) mod visit;
mod waiting;

use crate::app::App;
use crate::openapi;
use axum::Router;
use axum::routing::{delete, get, post};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

/// All routes of the public listener that this crate serves.
pub(crate) fn routes() -> Router<Arc<App>> {
    let documents = Router::new()
        .route("/", get(site::list))
        .route("/events/{event}", get(site::event))
        .route("/assets/{*path}", get(site::asset))
        .route("/favicon.ico", get(site::favicon))
        .route("/openapi.json", get(openapi::public))
        .route("/docs", get(openapi::public_page))
        .layer(CompressionLayer::new());
    Router::new()
        .merge(documents)
        .route("/events/{event}/join", post(forms::join))
        .route("/events/{event}/enter", post(forms::enter))
        .route("/events/{event}/leave", post(forms::leave))
        .route("/events/{event}/extend", post(forms::extend))
        .route("/events/{event}/book", post(forms::book))
        .route("/events/{event}/cancel", post(forms::cancel))
        .route("/events/{event}/move", post(forms::change_slot))
        .route("/v1/events", get(events::list))
        .route("/v1/events/{event}", get(events::one))
        .route("/v1/events/{event}/fairness", get(events::fairness))
        .route("/v1/events/{event}/places", post(places::join))
        .route(
            "/v1/events/{event}/places/me",
            get(places::me).delete(places::leave),
        )
        .route("/v1/events/{event}/places/me/enter", post(places::enter))
        .route("/v1/events/{event}/places/me/extend", post(places::extend))
        .route(
            "/v1/events/{event}/reservations",
            post(reservations::reserve),
        )
        .route(
            "/v1/reservations/{id}",
            get(reservations::read).delete(reservations::cancel),
        )
        .route(
            "/v1/reservations/{id}/move",
            post(reservations::change_slot),
        )
        .route("/v1/reservations/{id}/ticket.svg", get(artefacts::ticket))
        .route(
            "/v1/reservations/{id}/calendar.ics",
            get(artefacts::calendar),
        )
        .route("/v1/shopper", delete(site::forget))
}
