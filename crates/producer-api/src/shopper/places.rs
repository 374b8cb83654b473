//! Places: join, look, leave, enter, extend.

use super::change::{self, Accepted, Change};
use super::shown;
use super::visit::{self, Event, Visit};
use super::waiting::Patience;
use crate::answer::Answer;
use crate::app::App;
use axum::body::Body;
use axum::extract::State;
use http::StatusCode;
use queue_domain::{
    CommandKind, Outcome, PlaceId, PlaceState, Refusal, ShopperAction, ShopperId, SlotId,
};
use queue_edge::{Problem, ShopperCookie, proof};
use queue_protocol::http::{Code, JoinBody, Place, PlaceBody};
use std::sync::Arc;
use std::time::Duration;

/// `POST /v1/events/{event}/places`
pub(crate) async fn join(
    State(app): State<Arc<App>>,
    event: Event,
    visit: Visit,
    body: Body,
) -> Result<Answer<Place>, Problem> {
    let body: JoinBody = visit.body(&app, body).await?;
    let wish = body
        .slot
        .map(|slot| visit::slot("slot", &slot))
        .transpose()?;
    join_line(&app, &visit, event, wish, visit.wait()).await
}

/// Joins for a shopper, known or new.
pub(crate) async fn join_line(
    app: &Arc<App>,
    visit: &Visit,
    event: Event,
    wish: Option<SlotId>,
    wait: Option<Duration>,
) -> Result<Answer<Place>, Problem> {
    let shopper = visit.shopper().unwrap_or_else(ShopperCookie::stranger);
    // Only who did something here before can have a place: strangers cost no look at the view.
    let been_here = visit.acknowledged(app, &event.id).is_some();
    let change = Change {
        event,
        shopper,
        kind: CommandKind::Join,
        action: ShopperAction::Join { wish },
        about: None,
    };
    let accepted = change::submit(app, visit, change)
        .await
        .inspect_err(|problem| {
            let refused = &app.metrics.joins_refused;
            refused.with_label_values(&[problem.code().as_str()]).inc();
        })?;
    app.metrics.joins_accepted.inc();
    if let Some(answer) = decided(app, &accepted, wait).await {
        return Ok(answer);
    }
    let held = if been_here {
        shown::place(
            app,
            &accepted.event.id,
            shopper,
            Some(&accepted.acknowledged),
        )
        .await?
    } else {
        None
    };
    let active = held.filter(|place| {
        place.id.is_some()
            && matches!(
                place.state.as_str(),
                "waiting" | "admitted" | "inside" | "booked"
            )
    });
    let body = active.unwrap_or_else(|| {
        let place = PlaceId(accepted.acknowledged.position);
        let receipt = proof::receipt(
            &app.deps.keys,
            &accepted.event.id,
            shopper,
            place,
            accepted.stamp,
        );
        shown::pending_place(&accepted.acknowledged, Some(receipt))
    });
    Ok(Answer {
        cookies: accepted.cookies,
        ..Answer::new(StatusCode::ACCEPTED, body)
    })
}

/// `GET /v1/events/{event}/places/me`
pub(crate) async fn me(
    State(app): State<Arc<App>>,
    event: Event,
    visit: Visit,
) -> Result<Answer<Place>, Problem> {
    let shopper = visit.shopper().ok_or_else(no_place)?;
    let acknowledged = visit.acknowledged(&app, &event.id);
    let place = shown::place(&app, &event.id, shopper, acknowledged.as_ref())
        .await?
        .ok_or_else(no_place)?;
    let cookies = visit.cookie_for(&app.cookie, shopper).into_iter().collect();
    Ok(Answer {
        cookies,
        ..Answer::new(StatusCode::OK, place)
    })
}

/// `DELETE /v1/events/{event}/places/me`
pub(crate) async fn leave(
    State(app): State<Arc<App>>,
    event: Event,
    visit: Visit,
    body: Body,
) -> Result<Answer<Place>, Problem> {
    change_from_body(&app, event, &visit, body, CommandKind::Leave).await
}

/// `POST /v1/events/{event}/places/me/enter`
pub(crate) async fn enter(
    State(app): State<Arc<App>>,
    event: Event,
    visit: Visit,
    body: Body,
) -> Result<Answer<Place>, Problem> {
    change_from_body(&app, event, &visit, body, CommandKind::Enter).await
}

/// `POST /v1/events/{event}/places/me/extend`
pub(crate) async fn extend(
    State(app): State<Arc<App>>,
    event: Event,
    visit: Visit,
    body: Body,
) -> Result<Answer<Place>, Problem> {
    change_from_body(&app, event, &visit, body, CommandKind::Extend).await
}

async fn change_from_body(
    app: &Arc<App>,
    event: Event,
    visit: &Visit,
    body: Body,
    kind: CommandKind,
) -> Result<Answer<Place>, Problem> {
    let body: PlaceBody = visit.body(app, body).await?;
    let named = body
        .place
        .map(|place| place_id("place", &place))
        .transpose()?;
    change_place(app, visit, event, kind, named, visit.wait()).await
}

/// A place named in a body.
pub(crate) fn place_id(field: &str, text: &str) -> Result<PlaceId, Problem> {
    PlaceId::parse(text)
        .ok_or_else(|| Problem::field(field, "must be a place's id, such as 1-8812-0"))
}

/// Leave, enter or extend.
pub(crate) async fn change_place(
    app: &Arc<App>,
    visit: &Visit,
    event: Event,
    kind: CommandKind,
    named: Option<PlaceId>,
    wait: Option<Duration>,
) -> Result<Answer<Place>, Problem> {
    let shopper = visit.shopper().ok_or_else(no_place)?;
    refuse_early(app, visit, &event, shopper, kind, named).await?;
    let action = match kind {
        CommandKind::Leave => ShopperAction::Leave { place: named },
        CommandKind::Enter => ShopperAction::Enter { place: named },
        _ => ShopperAction::Extend { place: named },
    };
    let accepted = change::submit(
        app,
        visit,
        Change {
            event,
            shopper,
            kind,
            action,
            about: None,
        },
    )
    .await?;
    if let Some(answer) = decided(app, &accepted, wait).await {
        return Ok(answer);
    }
    let place = shown::place(
        app,
        &accepted.event.id,
        shopper,
        Some(&accepted.acknowledged),
    )
    .await?;
    let body = place.unwrap_or_else(|| shown::pending_place(&accepted.acknowledged, None));
    Ok(Answer {
        cookies: accepted.cookies,
        ..Answer::new(StatusCode::ACCEPTED, body)
    })
}

/// Spares the log what is certain to be refused: only with a view that has everything this shopper was told and has seen.
async fn refuse_early(
    app: &App,
    visit: &Visit,
    event: &Event,
    shopper: ShopperId,
    kind: CommandKind,
    named: Option<PlaceId>,
) -> Result<(), Problem> {
    let Some(seen) = visit.seen()? else {
        return Ok(());
    };
    let Ok(Some(mine)) = app.deps.view.shopper(&event.id, shopper).await else {
        return Ok(());
    };
    let acknowledged = visit.acknowledged(app, &event.id);
    if mine.version < seen
        || acknowledged
            .as_ref()
            .is_some_and(|acknowledged| mine.version < acknowledged.position.record())
    {
        return Ok(());
    }
    let Some(place) = &mine.place else {
        return Ok(());
    };
    let refusal = match named {
        Some(named) if named < place.id => Refusal::Stale,
        _ if kind == CommandKind::Enter && place.state == PlaceState::Waiting => {
            Refusal::NotAdmitted
        }
        _ => return Ok(()),
    };
    let view = app.deps.view.event(&event.id).await.ok().flatten();
    let body =
        view.and_then(|view| shown::current(app, &view, &mine, shopper, acknowledged.as_ref()));
    Err(refused(refusal).about_place(body))
}

/// The outcome, when it was asked for and came in time.
async fn decided(app: &App, accepted: &Accepted, wait: Option<Duration>) -> Option<Answer<Place>> {
    let folded = accepted.outcome(app, Patience::new(wait?)).await?;
    let place = shown::current(
        app,
        &folded.event,
        &folded.mine,
        accepted.shopper,
        Some(&accepted.acknowledged),
    );
    let said = match (folded.outcome?, place) {
        (Outcome::Done, Some(place)) => Ok((StatusCode::OK, place)),
        // Leaving without a place holds and shows nothing.
        (Outcome::Done, None) => Ok((StatusCode::OK, shown::nothing_left(&accepted.acknowledged))),
        (Outcome::Refused(reason), place) => Err(refused(reason).about_place(place)),
    };
    Some(Answer {
        said,
        cookies: accepted.cookies.clone(),
        location: None,
    })
}

/// A refusal as a problem.
pub(crate) fn refused(reason: Refusal) -> Problem {
    Problem::new(Code::Refused(reason), advice(reason))
}

/// What a person can do about a refusal.
fn advice(reason: Refusal) -> &'static str {
    match reason {
        Refusal::IdempotencyMismatch => "This key was used for another request. Take a new key.",
        Refusal::NotOpen => "The line has not opened yet. Come back when the lobby opens.",
        Refusal::Closed => "The event is closed.",
        Refusal::Stale => {
            "This was made for something that is no longer current. Look again, then decide."
        }
        Refusal::NotAdmitted => "It is not your turn yet. Keep your place; you will be told.",
        Refusal::SessionOver => {
            "Your time in the booking room is over. You may join the line again."
        }
        Refusal::UnknownSlot => "There is no such slot. Choose another.",
        Refusal::SlotOver => "This slot can no longer be booked or changed. Choose another.",
        Refusal::PartyTooLarge => "That is more seats than one booking may have.",
        Refusal::LimitReached => "You have reached the limit of this event.",
        Refusal::HasReservation => "You hold a reservation. Cancel it first.",
        Refusal::SoldOut => {
            "Fewer seats are free than you asked for. Choose another slot or fewer seats."
        }
        Refusal::WrongPhase => "This cannot be done in the event's present phase.",
        Refusal::BelowConfirmed => "More seats than that are already confirmed.",
    }
}

fn no_place() -> Problem {
    Problem::new(
        Code::NotFound,
        "You have no place here. Join the line first.",
    )
}
