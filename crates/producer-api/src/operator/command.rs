//! An operator's command on its way: remembered by its key, appended, waited for, and asked after.

use super::desk::Desk;
use super::keys::{Asked, Mismatch};
use super::look;
use crate::answer::json;
use crate::app::App;
use crate::shopper::places::refused;
use crate::shopper::visit::Event;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use queue_domain::{Command, CommandId, EventId, OperatorAction, OperatorResult, Refusal, sha256};
use queue_edge::Problem;
use queue_ports::log::Gather;
use queue_protocol::http::{CheckInAnswer, Code, CommandAnswer};
use queue_protocol::time::rfc3339;
use std::sync::Arc;
use tokio::time::timeout;

/// What came of a command.
pub(crate) enum Came {
    /// It was decided.
    Decided(OperatorResult),
    /// It is in the log; the outcome did not come in time.
    Pending,
}

/// Remembers the key, and refuses it for anything else than before.
pub(crate) fn ask(
    app: &App,
    desk: &Desk,
    command: CommandId,
    event: &EventId,
    body: &[u8],
) -> Result<(), Problem> {
    let asked = Asked {
        event: event.clone(),
        digest: sha256(&[desk.what.as_bytes(), b"\0", body]),
    };
    app.operator_keys
        .ask(command, asked)
        .map_err(|Mismatch| refused(Refusal::IdempotencyMismatch))
}

/// Carries out an action on an event and answers with what came of it.
pub(crate) async fn carry_out(
    app: &Arc<App>,
    desk: &Desk,
    event: &Event,
    body: &[u8],
    action: OperatorAction,
) -> Result<Response, Problem> {
    let key = desk.key()?;
    let command = desk.command(app, key);
    ask(app, desk, command, &event.id, body)?;
    let came = match app.deps.view.operator_result(&event.id, command).await {
        Ok(Some(result)) => Came::Decided(result),
        _ => append_and_wait(app, desk, event, command, action).await?,
    };
    answer(app, event, key, came).await
}

async fn append_and_wait(
    app: &Arc<App>,
    desk: &Desk,
    event: &Event,
    id: CommandId,
    action: OperatorAction,
) -> Result<Came, Problem> {
    // Opening hashes what is before its record: it is alone in it.
    let gather = if matches!(action, OperatorAction::Open { .. }) {
        Gather::Alone
    } else {
        Gather::Shared
    };
    let command = Command::Operator {
        id,
        event: event.id.clone(),
        actor: Arc::clone(&desk.operator.name),
        action,
    };
    let appended = app
        .append(desk.trace, event.partition, command, gather)
        .await?;
    tracing::info!(trace.id = %desk.trace, event.id = %event.id, operator = %desk.operator.name, what = desk.what, "an operator's command was accepted");
    let reached = timeout(
        app.deps.limits.operator_wait,
        app.deps
            .changes
            .reached(&event.id, appended.position.record()),
    )
    .await;
    if !matches!(reached, Ok(Ok(()))) {
        return Ok(Came::Pending);
    }
    let result = app
        .deps
        .view
        .operator_result(&event.id, id)
        .await
        .ok()
        .flatten();
    Ok(result.map_or(Came::Pending, Came::Decided))
}

/// The answer to a command.
pub(crate) async fn answer(
    app: &App,
    event: &Event,
    key: &str,
    came: Came,
) -> Result<Response, Problem> {
    let Came::Decided(result) = came else {
        return Ok(pending(key));
    };
    if let OperatorResult::Refused(reason) = result {
        return Err(refused(reason));
    }
    let check_in = door_answer(app, &event.id, &result).await;
    let answer = CommandAnswer {
        command: key.to_owned(),
        state: "done".to_owned(),
        reason: None,
        event: Some(look::operator_event(app, event).await?),
        check_in,
    };
    Ok(json(StatusCode::OK, &answer))
}

/// `202`: accepted, and where to ask.
pub(crate) fn pending(key: &str) -> Response {
    let body = CommandAnswer {
        command: key.to_owned(),
        state: "pending".to_owned(),
        reason: None,
        event: None,
        check_in: None,
    };
    let mut response = json(StatusCode::ACCEPTED, &body).into_response();
    response.headers_mut().insert(LOCATION, Desk::location(key));
    response
}

async fn door_answer(app: &App, event: &EventId, result: &OperatorResult) -> Option<CheckInAnswer> {
    let (word, reservation, first) = match *result {
        OperatorResult::Done | OperatorResult::Refused(_) => return None,
        OperatorResult::CheckedIn(id) => ("accepted", Some(id), None),
        OperatorResult::AlreadyCheckedIn(id, first) => ("already", Some(id), Some(first)),
        OperatorResult::UnknownCode => ("unknown", None, None),
        OperatorResult::CancelledCode(id) => ("cancelled", Some(id), None),
        OperatorResult::MovedCode(id) => ("moved", Some(id), None),
        OperatorResult::WrongDay(id) => ("wrong_day", Some(id), None),
    };
    let reservation = match reservation {
        Some(id) => app.deps.ledger.reservation(event, id).await.ok().flatten(),
        None => None,
    };
    Some(CheckInAnswer {
        result: word.to_owned(),
        first_at: first.map(rfc3339),
        reservation,
    })
}

/// `GET /admin/v1/commands/{key}`: what became of the operator's own command.
pub(crate) async fn look(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    desk: Desk,
) -> Result<Response, Problem> {
    let command = desk.command(&app, &key);
    let known = app.operator_keys.event(command);
    for (id, partition) in app.deps.directory.events() {
        let event = Event { id, partition };
        if let Ok(Some(result)) = app.deps.view.operator_result(&event.id, command).await {
            return answer(&app, &event, &key, Came::Decided(result)).await;
        }
        let created = app
            .deps
            .view
            .event(&event.id)
            .await
            .ok()
            .flatten()
            .is_some_and(|view| view.creation == command);
        if created {
            return answer(&app, &event, &key, Came::Decided(OperatorResult::Done)).await;
        }
    }
    match known {
        Some(_) => Ok(pending(&key)),
        None => Err(Problem::new(
            Code::NotFound,
            "You have sent no command under this key.",
        )),
    }
}
