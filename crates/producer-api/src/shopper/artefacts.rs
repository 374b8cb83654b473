//! What a confirmed reservation can be taken away as: a signed QR ticket and a calendar entry.

use super::calendar::Entry;
use super::shown;
use super::visit::{ReservationPath, Visit, no_reservation};
use crate::answer::PERSONAL;
use crate::app::App;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use queue_domain::{DoorCode, ReservationId, SlotDefinition};
use queue_edge::{Problem, proof};
use queue_ports::view::EventView;
use queue_protocol::http::Code;
use std::sync::Arc;

const TICKET_PIXELS: u32 = 320;

/// What both are made from.
struct Confirmed {
    view: Arc<EventView>,
    id: ReservationId,
    slot: SlotDefinition,
    seats: u32,
    code: DoorCode,
}

/// `GET /v1/reservations/{id}/ticket.svg`
pub(crate) async fn ticket(
    State(app): State<Arc<App>>,
    path: ReservationPath,
    visit: Visit,
) -> Result<Response, Problem> {
    let confirmed = confirmed(&app, &path, &visit).await?;
    let text = proof::ticket(
        &app.deps.keys,
        &path.event.id,
        confirmed.id,
        confirmed.code,
        &confirmed.slot.id,
    );
    let code = QrCode::with_error_correction_level(&text, EcLevel::M).map_err(|error| {
        tracing::error!(%error, "a ticket is too long for a QR code");
        Problem::new(
            Code::NotFound,
            "There is no ticket for this reservation; its code is enough at the door.",
        )
    })?;
    let image = code
        .render::<svg::Color<'_>>()
        .min_dimensions(TICKET_PIXELS, TICKET_PIXELS)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    Ok(file("image/svg+xml", None, image))
}

/// `GET /v1/reservations/{id}/calendar.ics`
pub(crate) async fn calendar(
    State(app): State<Arc<App>>,
    path: ReservationPath,
    visit: Visit,
) -> Result<Response, Problem> {
    let confirmed = confirmed(&app, &path, &visit).await?;
    let text = |name: &str| {
        let texts = &confirmed.view.definition.texts;
        ["ko", "en"]
            .iter()
            .find_map(|language| texts.get(format!("{name}.{language}").as_str()))
            .map(|text| text.to_string())
    };
    let origin = app
        .deps
        .public_origin
        .as_ref()
        .map(|origin| format!("{}/events/{}", origin.as_str(), path.event.id));
    let entry = Entry {
        uid: format!("{}.{}@banjjak", path.event.id, confirmed.id),
        stamp: app.deps.clock.now(),
        starts: confirmed.slot.starts_at,
        ends: confirmed.slot.ends_at,
        summary: text("title").unwrap_or_else(|| path.event.id.to_string()),
        location: text("venue"),
        description: format!("{} · {}", confirmed.code, confirmed.seats),
        url: origin,
    };
    Ok(file(
        "text/calendar; charset=utf-8",
        Some("attachment; filename=\"banjjak.ics\""),
        entry.write(),
    ))
}

async fn confirmed(app: &App, path: &ReservationPath, visit: &Visit) -> Result<Confirmed, Problem> {
    let shopper = visit.shopper().ok_or_else(no_reservation)?;
    let acknowledged = visit.acknowledged(app, &path.event.id);
    let known =
        shown::reservation(app, &path.event.id, path.id, shopper, acknowledged.as_ref()).await?;
    let found = known.confirmed().and_then(|(view, row)| {
        let slot = view.slots.get(usize::from(row.slot?.0))?.definition.clone();
        Some(Confirmed {
            view: Arc::new(view.clone()),
            id: row.id,
            slot,
            seats: row.seats.0,
            code: row.code?,
        })
    });
    found.ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            "There is a ticket only for a confirmed reservation.",
        )
    })
}

fn file(content_type: &'static str, disposition: Option<&'static str>, body: String) -> Response {
    let mut response = body.into_response();
    let mut set =
        |name: HeaderName, value: HeaderValue| _ = response.headers_mut().insert(name, value);
    set(CONTENT_TYPE, HeaderValue::from_static(content_type));
    set(CACHE_CONTROL, PERSONAL);
    // Opened by itself, an image must not be able to run anything.
    set(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    if let Some(disposition) = disposition {
        set(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    }
    response
}
