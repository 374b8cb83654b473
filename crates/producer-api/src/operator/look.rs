//! What operators look at: events, figures, reservations.

use crate::answer::json;
use crate::app::App;
use crate::shopper::events;
use crate::shopper::visit::{Event, starting};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt as _};
use http::StatusCode;
use queue_domain::{LogPosition, ReservationId};
use queue_edge::Problem;
use queue_ports::shown;
use queue_ports::view::{EventView, Heads};
use queue_protocol::http::{Code, OperatorEvent, ReservationPage, Stats};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// Least time between two figures of a stream.
const PACE: Duration = Duration::from_secs(1);
const PAGE_DEFAULT: usize = 100;
const PAGE_MAX: usize = 1000;

/// All events.
#[derive(Serialize)]
struct Events {
    events: Vec<OperatorEvent>,
}

/// `GET /admin/v1/events`
pub(crate) async fn list(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let mut shown = Vec::new();
    for (id, partition) in app.deps.directory.events() {
        shown.push(operator_event(&app, &Event { id, partition }).await?);
    }
    Ok(json(StatusCode::OK, &Events { events: shown }))
}

/// `GET /admin/v1/events/{event}`
pub(crate) async fn one(State(app): State<Arc<App>>, event: Event) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, &operator_event(&app, &event).await?))
}

/// Full state of an event.
pub(crate) async fn operator_event(app: &App, event: &Event) -> Result<OperatorEvent, Problem> {
    let read = Read::now(app, event).await?;
    Ok(shown::operator_event(
        &read.view,
        read.heads.as_ref(),
        read.end,
        app.deps.clock.now(),
    ))
}

/// What figures are made from.
struct Read {
    view: Arc<EventView>,
    heads: Option<Heads>,
    end: u64,
}

impl Read {
    async fn now(app: &App, event: &Event) -> Result<Self, Problem> {
        let view = events::view(app, event).await?;
        let heads = app
            .deps
            .view
            .partition_heads(event.partition)
            .await
            .map_err(|_| starting())?;
        let end = app
            .deps
            .log
            .end(event.partition)
            .await
            .map_err(|_| starting())?;
        Ok(Self { view, heads, end })
    }

    fn stats(&self, app: &App) -> Stats {
        shown::stats(
            &self.view,
            self.heads.as_ref(),
            self.end,
            app.deps.clock.now(),
        )
    }
}

/// `GET …/stats`
pub(crate) async fn stats(State(app): State<Arc<App>>, event: Event) -> Result<Response, Problem> {
    Ok(json(
        StatusCode::OK,
        &Read::now(&app, &event).await?.stats(&app),
    ))
}

/// `GET …/stats/stream`: the same object whenever the event has moved, at most once a second.
pub(crate) async fn stats_stream(
    State(app): State<Arc<App>>,
    event: Event,
) -> Result<Response, Problem> {
    let first = Read::now(&app, &event).await?;
    let shutdown = app.deps.shutdown.clone();
    let figures =
        figures(app, event, first).take_until(Box::pin(async move { shutdown.cancelled().await }));
    Ok(Sse::new(figures)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(10)))
        .into_response())
}

fn figures(
    app: Arc<App>,
    event: Event,
    first: Read,
) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    let told = |app: &App, read: &Read| {
        let figures =
            serde_json::to_string(&read.stats(app)).expect("numbers and strings are always JSON");
        Ok(sse::Event::default()
            .event("stats")
            .id(read.view.version.to_string())
            .data(figures))
    };
    let begin = told(&app, &first);
    let after = stream::unfold(
        (app, event, first.view.version),
        move |(app, event, version)| async move {
            tokio::time::sleep(PACE).await;
            let next = LogPosition {
                offset: version.offset + 1,
                ..version
            };
            app.deps.changes.reached(&event.id, next).await.ok()?;
            let read = Read::now(&app, &event).await.ok()?;
            let version = read.view.version;
            Some((told(&app, &read), (app, event, version)))
        },
    );
    stream::once(async { begin }).chain(after)
}

/// Which page.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    after: Option<String>,
    limit: Option<usize>,
}

/// `GET …/reservations`
pub(crate) async fn reservations(
    State(app): State<Arc<App>>,
    event: Event,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|error| Problem::field("query", error.body_text()))?;
    let limit = query.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Problem::field("limit", format!("must be 1 to {PAGE_MAX}")));
    }
    let after = query
        .after
        .as_deref()
        .map(|after| reservation_id(&event, after))
        .transpose()?;
    let reservations = app
        .deps
        .ledger
        .reservations(&event.id, after, limit)
        .await
        .map_err(|_| starting())?;
    let next = (reservations.len() == limit)
        .then(|| reservations.last().map(|last| last.id.clone()))
        .flatten();
    Ok(json(
        StatusCode::OK,
        &ReservationPage { reservations, next },
    ))
}

/// A reservation's public id, which begins with its event's.
pub(crate) fn reservation_id(event: &Event, text: &str) -> Result<ReservationId, Problem> {
    let id = text
        .strip_prefix(event.id.as_str())
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(ReservationId::parse_hex);
    id.ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            "There is no such reservation in this event.",
        )
    })
}
