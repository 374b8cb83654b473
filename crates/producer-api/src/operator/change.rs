//! Changes of one event, each a command.

use super::command::carry_out;
use super::create::secret;
use super::desk::{Desk, NoFields};
use crate::app::App;
use crate::shopper::events;
use crate::shopper::visit::Event;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::response::Response;
use http::request::Parts;
use queue_domain::{OperatorAction, Seats, SlotId};
use queue_edge::Problem;
use queue_protocol::http::{
    CapacityBody, Code, PolicyPatchBody, RescheduleBody, SlotBody, TextsBody,
};
use std::sync::Arc;

/// The event and slot that the path names. Whether the slot exists, the fold says.
pub(crate) struct SlotPath {
    event: Event,
    slot: SlotId,
}

impl FromRequestParts<Arc<App>> for SlotPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let no_slot = || Problem::new(Code::NotFound, "There is no such slot.");
        let Path((event, slot)) = Path::<(String, String)>::from_request_parts(parts, app)
            .await
            .map_err(|_| no_slot())?;
        Ok(Self {
            event: Event::find(app, &event).await?,
            slot: SlotId::parse(&slot).map_err(|_| no_slot())?,
        })
    }
}

/// A change that needs no body.
async fn plain(
    app: &Arc<App>,
    event: &Event,
    desk: &Desk,
    body: Body,
    action: OperatorAction,
) -> Result<Response, Problem> {
    let bytes = desk.bytes(app, body).await?;
    let _: NoFields = desk.json(&bytes)?;
    carry_out(app, desk, event, &bytes, action).await
}

/// `POST …/open`
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    event: Event,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    let secret = secret(&app, &*events::view(&app, &event).await?)?;
    plain(&app, &event, &desk, body, OperatorAction::Open { secret }).await
}

/// `POST …/pause`
pub(crate) async fn pause(
    State(app): State<Arc<App>>,
    event: Event,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    plain(&app, &event, &desk, body, OperatorAction::Pause).await
}

/// `POST …/resume`
pub(crate) async fn resume(
    State(app): State<Arc<App>>,
    event: Event,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    plain(&app, &event, &desk, body, OperatorAction::Resume).await
}

/// `POST …/close`
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    event: Event,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    plain(&app, &event, &desk, body, OperatorAction::Close).await
}

/// `POST …/reopen`
pub(crate) async fn reopen(
    State(app): State<Arc<App>>,
    event: Event,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    plain(&app, &event, &desk, body, OperatorAction::Reopen).await
}

/// `POST …/reschedule`
pub(crate) async fn reschedule(
    State(app): State<Arc<App>>,
    event: Event,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = desk.bytes(&app, body).await?;
    let body: RescheduleBody = desk.json(&bytes)?;
    let action = body.check().map_err(Problem::fields)?;
    carry_out(&app, &desk, &event, &bytes, action).await
}

/// `PATCH …/policy`
pub(crate) async fn policy(
    State(app): State<Arc<App>>,
    event: Event,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = desk.bytes(&app, body).await?;
    let body: PolicyPatchBody = desk.json(&bytes)?;
    let patch = body.check().map_err(Problem::fields)?;
    carry_out(&app, &desk, &event, &bytes, OperatorAction::Policy(patch)).await
}

/// `PATCH …/texts`
pub(crate) async fn texts(
    State(app): State<Arc<App>>,
    event: Event,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = desk.bytes(&app, body).await?;
    let body: TextsBody = desk.json(&bytes)?;
    let view = events::view(&app, &event).await?;
    let changes = body
        .check(view.definition.texts.keys().map(|key| &**key))
        .map_err(Problem::fields)?;
    carry_out(&app, &desk, &event, &bytes, OperatorAction::Texts(changes)).await
}

/// `POST …/slots`
pub(crate) async fn add_slot(
    State(app): State<Arc<App>>,
    event: Event,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = desk.bytes(&app, body).await?;
    let body: SlotBody = desk.json(&bytes)?;
    let view = events::view(&app, &event).await?;
    let zone = view
        .definition
        .texts
        .get("time_zone")
        .map_or("UTC", |zone| &**zone);
    let slot = body.check(zone).map_err(Problem::fields)?;
    carry_out(&app, &desk, &event, &bytes, OperatorAction::AddSlot(slot)).await
}

/// `PATCH …/slots/{slot}`
pub(crate) async fn capacity(
    State(app): State<Arc<App>>,
    path: SlotPath,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = desk.bytes(&app, body).await?;
    let body: CapacityBody = desk.json(&bytes)?;
    if body.capacity > 1_000_000 {
        return Err(Problem::field("capacity", "must be 0 to 1000000"));
    }
    carry_out(
        &app,
        &desk,
        &path.event,
        &bytes,
        OperatorAction::Capacity {
            slot: path.slot,
            capacity: Seats(body.capacity),
        },
    )
    .await
}

/// `POST …/slots/{slot}/stop`
pub(crate) async fn stop_slot(
    State(app): State<Arc<App>>,
    path: SlotPath,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    plain(
        &app,
        &path.event,
        &desk,
        body,
        OperatorAction::StopSlot(path.slot),
    )
    .await
}

/// `POST …/slots/{slot}/cancel`
pub(crate) async fn cancel_slot(
    State(app): State<Arc<App>>,
    path: SlotPath,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    plain(
        &app,
        &path.event,
        &desk,
        body,
        OperatorAction::CancelSlot(path.slot),
    )
    .await
}
