//! Events as anyone may see them, and their proof.

use super::visit::{Event, starting};
use crate::app::App;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use queue_domain::Lobby;
use queue_edge::Problem;
use queue_ports::shown;
use queue_ports::view::EventView;
use queue_protocol::http::Fairness;
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;

/// All events.
#[derive(Serialize)]
struct Events {
    events: Vec<queue_protocol::http::Event>,
}

/// `GET /v1/events`
pub(crate) async fn list(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let now = app.deps.clock.now();
    let events = all(&app)
        .await?
        .iter()
        .map(|view| shown::event(view, now))
        .collect();
    Ok(open_to_all(&Events { events }))
}

/// All events of the view; `503 starting` while that lacks some that exist.
pub(crate) async fn all(app: &App) -> Result<Vec<Arc<EventView>>, Problem> {
    let views = app.deps.view.events().await.map_err(|_| starting())?;
    let complete =
        !views.is_empty() || matches!(app.deps.view.partition_heads(0).await, Ok(Some(_)));
    if complete { Ok(views) } else { Err(starting()) }
}

/// `GET /v1/events/{event}`
pub(crate) async fn one(State(app): State<Arc<App>>, event: Event) -> Result<Response, Problem> {
    let view = view(&app, &event).await?;
    Ok(open_to_all(&shown::event(&view, app.deps.clock.now())))
}

/// The event's row; `503 starting` without one.
pub(crate) async fn view(app: &App, event: &Event) -> Result<Arc<EventView>, Problem> {
    app.deps
        .view
        .event(&event.id)
        .await
        .ok()
        .flatten()
        .ok_or_else(starting)
}

/// `GET /v1/events/{event}/fairness`
pub(crate) async fn fairness(
    State(app): State<Arc<App>>,
    event: Event,
) -> Result<Response, Problem> {
    let view = view(&app, &event).await?;
    let heads = app
        .deps
        .view
        .partition_heads(event.partition)
        .await
        .ok()
        .flatten()
        .ok_or_else(starting)?;
    let (lobby, commitment) = match &view.definition.lobby {
        Lobby::Arrival => ("arrival", None),
        Lobby::Shuffle(commitment) => ("shuffle", Some(commitment)),
    };
    let mut receipt_keys = app.deps.keys.receipt.public_keys();
    receipt_keys.extend(app.deps.keys.ticket.public_keys());
    Ok(open_to_all(&Fairness {
        event: event.id.to_string(),
        version: view.version.to_string(),
        position: heads.position.to_string(),
        log_hash: hex(&heads.log_hash),
        state_hash: hex(&heads.state_hash),
        rules: view.rules,
        lobby: lobby.to_owned(),
        commitment: commitment.map(|commitment| hex(&commitment.secret_sha256)),
        lobby_key: commitment.map(|commitment| commitment.key_id.to_string()),
        secret: view.revealed.map(|(secret, _)| hex(&secret)),
        opened_after_log_hash: view.revealed.map(|(_, log_hash)| hex(&log_hash)),
        receipt_keys,
    }))
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
            text
        })
}

fn open_to_all<T: Serialize>(body: &T) -> Response {
    let bytes = serde_json::to_vec(body).expect("bodies of strings and numbers are always JSON");
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, bytes).into_response()
}
