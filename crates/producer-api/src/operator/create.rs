//! Creating an event: all or nothing, and answered when the event's own partition shows it.

use super::command::{self, Came};
use super::desk::Desk;
use crate::app::App;
use crate::shopper::places::refused;
use crate::shopper::visit::{self, Event};
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use queue_domain::{
    Command, CommandId, Commitment, Definition, EventId, LogPosition, OperatorResult, Phase,
    Refusal, lobby_secret, sha256,
};
use queue_edge::Problem;
use queue_ports::log::Gather;
use queue_ports::view::EventView;
use queue_protocol::http::{Code, DefinitionBody, read};
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// The version of the rules that new events follow.
const RULES: u16 = 1;

/// `POST /admin/v1/events`
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    let key = desk.key()?;
    let bytes = desk.bytes(&app, body).await?;
    let body: DefinitionBody = match visit::media_type(&desk.headers) {
        Some("application/json") => read::json(&bytes).map_err(visit::body_problem)?,
        Some("application/toml") => read::toml(&bytes).map_err(visit::body_problem)?,
        _ => {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "Send the definition as application/json or application/toml.",
            ));
        }
    };
    let id = desk.command(&app, key);
    let definition = body
        .check(|event| commitment(&app, event, id))
        .map_err(Problem::fields)?;
    command::ask(&app, &desk, id, &definition.id, &bytes)?;
    let event = definition.id.clone();
    if app.deps.directory.partition(&event).is_none() {
        append(&app, &desk, id, definition).await?;
    }
    let deadline = Instant::now() + app.deps.limits.operator_wait;
    let Some(view) = visible(&app, &event, deadline).await else {
        return Ok(command::pending(key));
    };
    if view.creation != id {
        return Err(Problem::new(
            Code::Refused(Refusal::WrongPhase),
            format!("An event named {event} exists already; take another id."),
        ));
    }
    let Some(partition) = app.deps.directory.partition(&event) else {
        return Ok(command::pending(key));
    };
    command::answer(
        &app,
        &Event {
            id: event,
            partition,
        },
        key,
        Came::Decided(OperatorResult::Done),
    )
    .await
}

async fn append(
    app: &Arc<App>,
    desk: &Desk,
    id: CommandId,
    definition: Definition,
) -> Result<(), Problem> {
    tracing::info!(trace.id = %desk.trace, event.id = %definition.id, operator = %desk.operator.name, "an event is being created");
    let command = Command::Create {
        id,
        actor: Arc::clone(&desk.operator.name),
        rules: RULES,
        definition: Arc::new(definition),
    };
    app.append(desk.trace, 0, command, Gather::Shared)
        .await
        .map(|_| ())
}

/// The promise of a shuffle's secret, under the newest lobby key.
fn commitment(app: &App, event: &EventId, creation: CommandId) -> Commitment {
    let (key_id, key) = app.deps.keys.lobby.newest();
    Commitment {
        secret_sha256: sha256(&[&lobby_secret(key, event.as_str(), &creation.0)]),
        key_id: key_id.into(),
    }
}

/// The secret that an event's commitment promised.
pub(crate) fn secret(app: &App, view: &EventView) -> Result<Option<[u8; 32]>, Problem> {
    let queue_domain::Lobby::Shuffle(commitment) = &view.definition.lobby else {
        return Ok(None);
    };
    let Some(key) = app.deps.keys.lobby.by_id(&commitment.key_id) else {
        tracing::error!(event.id = %view.definition.id, key.id = %commitment.key_id, "the lobby key of an event is missing");
        return Err(refused(Refusal::Stale));
    };
    Ok(Some(lobby_secret(
        key,
        view.definition.id.as_str(),
        &view.creation.0,
    )))
}

/// The event as its own partition shows it, with lobby and opening done when their times have passed.
async fn visible(app: &App, event: &EventId, deadline: Instant) -> Option<Arc<EventView>> {
    timeout_at(
        deadline,
        app.deps.changes.reached(event, LogPosition::default()),
    )
    .await
    .ok()?
    .ok()?;
    loop {
        let view = app.deps.view.event(event).await.ok()??;
        let (now, schedule) = (app.deps.clock.now(), view.definition.schedule);
        let due = match view.guise.phase {
            Phase::Scheduled => now >= schedule.lobby_opens_at,
            Phase::Lobby => now >= schedule.opens_at,
            Phase::Open | Phase::Closed => false,
        };
        if !due || app.deps.directory.partition(event).is_none() {
            return Some(view);
        }
        let next = LogPosition {
            offset: view.version.offset + 1,
            ..view.version
        };
        timeout_at(deadline, app.deps.changes.reached(event, next))
            .await
            .ok()?
            .ok()?;
    }
}
