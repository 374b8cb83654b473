//! Check-ins: a code read out, or a scanned ticket.

use super::command::{self, Came, carry_out};
use super::desk::Desk;
use crate::app::App;
use crate::shopper::visit::Event;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use queue_domain::{DoorCode, OperatorAction, OperatorResult};
use queue_edge::{Problem, proof};
use queue_protocol::http::CheckInBody;
use std::sync::Arc;

/// `POST …/check-ins`
pub(crate) async fn check_in(
    State(app): State<Arc<App>>,
    event: Event,
    desk: Desk,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = desk.bytes(&app, body).await?;
    let body: CheckInBody = desk.json(&bytes)?;
    let text = body.code.trim();
    if text.starts_with("BJT1.") {
        let key = desk.key()?;
        return match proof::read_ticket(&app.deps.keys, text) {
            Some(ticket) if ticket.event == event.id => {
                carry_out(
                    &app,
                    &desk,
                    &event,
                    &bytes,
                    OperatorAction::CheckIn {
                        code: ticket.code,
                        slot: Some(ticket.slot),
                    },
                )
                .await
            }
            // Another event's, or not signed by us: nobody here has such a ticket.
            _ => {
                command::answer(
                    &app,
                    &event,
                    key,
                    Came::Decided(OperatorResult::UnknownCode),
                )
                .await
            }
        };
    }
    let code = DoorCode::parse(text).ok_or_else(|| {
        Problem::field(
            "code",
            "must be 8 letters and digits as on the ticket, or the scanned ticket's text",
        )
    })?;
    carry_out(
        &app,
        &desk,
        &event,
        &bytes,
        OperatorAction::CheckIn { code, slot: None },
    )
    .await
}
