//! Reservations: reserve, read, cancel, move.

use super::change::{self, Accepted, Change};
use super::identity::{self, Wanted};
use super::places::refused;
use super::shown::{self, Known};
use super::visit::{self, Event, ReservationPath, Visit, no_reservation};
use super::waiting::Patience;
use crate::answer::Answer;
use crate::app::App;
use axum::body::Body;
use axum::extract::State;
use http::StatusCode;
use queue_domain::{
    CommandKind, Contact, Outcome, Refusal, ReservationId, ReservationState, Seats, ShopperAction,
    ShopperId, SlotId,
};
use queue_edge::Problem;
use queue_edge::acknowledged::About;
use queue_ports::shown as view_shown;
use queue_ports::view::{EventView, ReservationView};
use queue_protocol::http::{Code, MoveBody, Reservation, ReserveBody};
use std::sync::Arc;
use std::time::Duration;

const EMAIL_MAX_BYTES: usize = 254;

/// `POST /v1/events/{event}/reservations`
pub(crate) async fn reserve(
    State(app): State<Arc<App>>,
    event: Event,
    visit: Visit,
    body: Body,
) -> Result<Answer<Reservation>, Problem> {
    let body: ReserveBody = visit.body(&app, body).await?;
    let key = visit.request_key()?.to_owned();
    book(&app, &visit, event, &key, &body, visit.wait()).await
}

/// Reserves under a request key.
pub(crate) async fn book(
    app: &Arc<App>,
    visit: &Visit,
    event: Event,
    key: &str,
    body: &ReserveBody,
    wait: Option<Duration>,
) -> Result<Answer<Reservation>, Problem> {
    let slot = visit::slot("slot", &body.slot)?;
    let email = check(body)?;
    // Nobody has ever admitted a stranger, and no other request can come under this stranger's key.
    let shopper = visit
        .shopper()
        .ok_or_else(|| refused(Refusal::NotAdmitted))?;
    let keys = &app.deps.keys;
    let id = identity::reservation(
        keys,
        &event.id,
        shopper,
        key,
        &Wanted {
            slot: &slot,
            seats: body.seats,
            email,
        },
    );
    if let Some(answer) = repeated(app, visit, &event, shopper, id, wait).await? {
        return Ok(answer);
    }
    let contact = email.map(|email| seal(app, &event, email)).transpose()?;
    let action = ShopperAction::Reserve {
        reservation: id,
        request: identity::request(keys, &event.id, shopper, key),
        slot: slot.clone(),
        seats: Seats(body.seats),
        contact,
    };
    let about = Some(About {
        reservation: id,
        slot: Some(slot),
        seats: body.seats,
    });
    let accepted = change::submit(
        app,
        visit,
        Change {
            event,
            shopper,
            kind: CommandKind::Reserve,
            action,
            about,
        },
    )
    .await?;
    Ok(answer(app, accepted, id, wait, StatusCode::CREATED).await)
}

/// What a body says beside its types.
fn check(body: &ReserveBody) -> Result<Option<&str>, Problem> {
    if !(1..=1_000_000).contains(&body.seats) {
        return Err(Problem::field("seats", "must be 1 or more"));
    }
    let Some(email) = body.email.as_deref() else {
        return Ok(None);
    };
    let shaped = email.split_once('@').is_some_and(|(user, domain)| {
        !user.is_empty() && domain.contains('.') && !domain.contains('@')
    });
    if !shaped
        || email.len() > EMAIL_MAX_BYTES
        || email.chars().any(|c| c.is_control() || c.is_whitespace())
    {
        return Err(Problem::field("email", "must be an e-mail address"));
    }
    if body.consent != Some(true) {
        return Err(Problem::field(
            "consent",
            "must be true for the address to be kept",
        ));
    }
    Ok(Some(email))
}

fn seal(app: &App, event: &Event, email: &str) -> Result<Contact, Problem> {
    app.deps
        .keys
        .sealing
        .seal(&event.id, email.as_bytes())
        .map(|sealed| Contact(sealed.into()))
        .map_err(|error| {
            tracing::error!(event.id = %event.id, %error, "an address cannot be sealed");
            Problem::new(
                Code::Overloaded,
                "Addresses cannot be kept at the moment. Book without one, or try again.",
            )
            .retry_after_ms(5000)
        })
}

/// The answer to a request that the view has already, and the limit on different ones.
async fn repeated(
    app: &App,
    visit: &Visit,
    event: &Event,
    shopper: ShopperId,
    id: ReservationId,
    wait: Option<Duration>,
) -> Result<Option<Answer<Reservation>>, Problem> {
    let Ok(Some(mine)) = app.deps.view.shopper(&event.id, shopper).await else {
        return Ok(None);
    };
    if let Some(row) = mine.reservations.iter().find(|row| row.id == id) {
        let position = row.changed_at.record();
        if let Some(wait) = wait {
            Patience::new(wait).settled(app, &event.id, position).await;
        }
        let Ok(Some(view)) = app.deps.view.event(&event.id).await else {
            return Ok(None);
        };
        let cookies = visit.cookie_for(&app.cookie, shopper).into_iter().collect();
        let said = settled_reserve(&view, row);
        return Ok(Some(Answer {
            said,
            cookies,
            location: Some(address(event, id)),
        }));
    }
    if mine.request_keys >= app.deps.limits.request_keys_max {
        app.metrics
            .rate_limited
            .with_label_values(&["request_keys"])
            .inc();
        return Err(Problem::new(
            Code::RateLimited,
            "You have asked for too many different reservations in this event.",
        ));
    }
    Ok(None)
}

fn settled_reserve(
    view: &EventView,
    row: &ReservationView,
) -> Result<(StatusCode, Reservation), Problem> {
    let body = view_shown::reservation(view, row);
    match row.state {
        ReservationState::Refused(reason) => Err(refused(reason).about_reservation(Some(body))),
        _ if body.state == "pending" => Ok((StatusCode::ACCEPTED, body)),
        _ => Ok((StatusCode::CREATED, body)),
    }
}

/// `GET /v1/reservations/{id}`
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    path: ReservationPath,
    visit: Visit,
) -> Result<Answer<Reservation>, Problem> {
    let shopper = visit.shopper().ok_or_else(no_reservation)?;
    let acknowledged = visit.acknowledged(&app, &path.event.id);
    let known = shown::reservation(
        &app,
        &path.event.id,
        path.id,
        shopper,
        acknowledged.as_ref(),
    )
    .await?;
    let cookies = visit.cookie_for(&app.cookie, shopper).into_iter().collect();
    Ok(Answer {
        cookies,
        ..Answer::new(StatusCode::OK, known.body())
    })
}

/// `DELETE /v1/reservations/{id}`
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    path: ReservationPath,
    visit: Visit,
    body: Body,
) -> Result<Answer<Reservation>, Problem> {
    let _: NoFields = visit.body(&app, body).await?;
    let if_slot = visit.if_match()?;
    give_back(&app, &visit, path, if_slot, visit.wait()).await
}

/// A body that says nothing.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NoFields {}

/// Cancels.
pub(crate) async fn give_back(
    app: &Arc<App>,
    visit: &Visit,
    path: ReservationPath,
    if_slot: Option<SlotId>,
    wait: Option<Duration>,
) -> Result<Answer<Reservation>, Problem> {
    let (shopper, about) = owner(app, visit, &path).await?;
    let action = ShopperAction::Cancel {
        reservation: path.id,
        if_slot,
    };
    let change = Change {
        event: path.event,
        shopper,
        kind: CommandKind::Cancel,
        action,
        about: Some(about),
    };
    let accepted = change::submit(app, visit, change).await?;
    Ok(answer(app, accepted, path.id, wait, StatusCode::OK).await)
}

/// `POST /v1/reservations/{id}/move`
pub(crate) async fn change_slot(
    State(app): State<Arc<App>>,
    path: ReservationPath,
    visit: Visit,
    body: Body,
) -> Result<Answer<Reservation>, Problem> {
    let body: MoveBody = visit.body(&app, body).await?;
    let (to, if_slot) = (visit::slot("slot", &body.slot)?, visit.if_match()?);
    move_to(&app, &visit, path, to, if_slot, visit.wait()).await
}

/// Moves.
pub(crate) async fn move_to(
    app: &Arc<App>,
    visit: &Visit,
    path: ReservationPath,
    to: SlotId,
    if_slot: Option<SlotId>,
    wait: Option<Duration>,
) -> Result<Answer<Reservation>, Problem> {
    let (shopper, about) = owner(app, visit, &path).await?;
    let action = ShopperAction::Move {
        reservation: path.id,
        if_slot,
        to: to.clone(),
    };
    let about = About {
        slot: Some(to),
        ..about
    };
    let change = Change {
        event: path.event,
        shopper,
        kind: CommandKind::Move,
        action,
        about: Some(about),
    };
    let accepted = change::submit(app, visit, change).await?;
    Ok(answer(app, accepted, path.id, wait, StatusCode::OK).await)
}

/// Ownership never changes: another's reservation is refused at once, as one that does not exist.
async fn owner(
    app: &App,
    visit: &Visit,
    path: &ReservationPath,
) -> Result<(ShopperId, About), Problem> {
    let shopper = visit.shopper().ok_or_else(no_reservation)?;
    let acknowledged = visit.acknowledged(app, &path.event.id);
    let body = shown::reservation(app, &path.event.id, path.id, shopper, acknowledged.as_ref())
        .await?
        .body();
    Ok((
        shopper,
        About {
            reservation: path.id,
            slot: body.slot.and_then(|slot| SlotId::parse(&slot).ok()),
            seats: body.seats,
        },
    ))
}

/// The outcome, when it was asked for and came in time; else the acknowledgement.
async fn answer(
    app: &App,
    accepted: Accepted,
    id: ReservationId,
    wait: Option<Duration>,
    done: StatusCode,
) -> Answer<Reservation> {
    let location = Some(address(&accepted.event, id));
    let folded = match wait {
        Some(wait) => accepted.outcome(app, Patience::new(wait)).await,
        None => None,
    };
    let decided = folded.and_then(|folded| {
        let row = folded.mine.reservations.iter().find(|row| row.id == id);
        let body = row.map(|row| view_shown::reservation(&folded.event, row));
        match (folded.outcome, body) {
            (Some(Outcome::Refused(reason)), body) => {
                Some(Err(refused(reason).about_reservation(body)))
            }
            (Some(Outcome::Done), Some(body)) if body.state != "pending" => Some(Ok((done, body))),
            _ => None,
        }
    });
    let pending = || {
        shown::pending_reservation(&accepted.acknowledged)
            .expect("a change of a reservation names it")
    };
    let said = decided.unwrap_or_else(|| Ok((StatusCode::ACCEPTED, pending())));
    Answer {
        said,
        cookies: accepted.cookies,
        location,
    }
}

fn address(event: &Event, id: ReservationId) -> String {
    format!("/v1/reservations/{}.{id}", event.id)
}

impl Known {
    /// The row of a reservation that is confirmed for sure.
    pub(crate) fn confirmed(&self) -> Option<(&EventView, &ReservationView)> {
        match self {
            Self::Row(view, row)
                if row.state == ReservationState::Confirmed
                    && view_shown::is_settled(view, row.changed_at) =>
            {
                Some((view, row))
            }
            _ => None,
        }
    }
}
