//! What is shown of a shopper's own things: the view's word where it has one, `pending` where something acknowledged is ahead of it.

use super::visit::{no_reservation, starting};
use crate::app::App;
use queue_domain::{CommandKind, EventId, Outcome, Refusal, ReservationId, ShopperId};
use queue_edge::{Acknowledged, Problem, proof};
use queue_ports::shown;
use queue_ports::view::{EventView, LastView, ReservationView, ShopperView};
use queue_protocol::http::{Last, Place, Reservation};
use std::sync::Arc;

/// The shopper's place; `None` when there is none. `503 starting` when nobody can know.
pub(crate) async fn place(
    app: &App,
    event: &EventId,
    shopper: ShopperId,
    acknowledged: Option<&Acknowledged>,
) -> Result<Option<Place>, Problem> {
    let Some((view, mine)) = read(app, event, shopper).await else {
        return acknowledged
            .map(|acknowledged| Some(pending_place(acknowledged, None)))
            .ok_or_else(starting);
    };
    Ok(current(app, &view, &mine, shopper, acknowledged))
}

/// The place by rows that were read.
pub(crate) fn current(
    app: &App,
    view: &EventView,
    mine: &ShopperView,
    shopper: ShopperId,
    acknowledged: Option<&Acknowledged>,
) -> Option<Place> {
    let ahead_of_view =
        acknowledged.filter(|acknowledged| mine.version < acknowledged.position.record());
    let Some(place) = &mine.place else {
        return match (ahead_of_view, refused_join(mine.last.as_ref())) {
            (Some(acknowledged), _) => Some(pending_place(acknowledged, None)),
            (None, Some(reason)) => Some(refused_place(view, mine, reason)),
            (None, None) => None,
        };
    };
    let receipt = proof::receipt(
        &app.deps.keys,
        &view.definition.id,
        shopper,
        place.id,
        place.joined,
    );
    let mut body = shown::place(view, Some(mine), Some(receipt));
    if let Some(acknowledged) = ahead_of_view {
        body.last = Some(pending_last(acknowledged));
    }
    Some(body)
}

/// A place of which only the acknowledgement is known.
pub(crate) fn pending_place(acknowledged: &Acknowledged, receipt: Option<String>) -> Place {
    Place {
        id: None,
        event: acknowledged.event.to_string(),
        state: "pending".to_owned(),
        number: None,
        ahead: None,
        began_ahead: None,
        waiting: None,
        eta_s: None,
        until: None,
        extensions: 0,
        reason: None,
        wish: None,
        reservations: pending_reservation(acknowledged).into_iter().collect(),
        last: Some(pending_last(acknowledged)),
        receipt,
        version: acknowledged.position.record().to_string(),
    }
}

/// After leaving without ever having had a place.
pub(crate) fn nothing_left(acknowledged: &Acknowledged) -> Place {
    let mut body = pending_place(acknowledged, None);
    body.state = "left".to_owned();
    body.last = body.last.map(|last| Last {
        state: "done".to_owned(),
        ..last
    });
    body
}

fn pending_last(acknowledged: &Acknowledged) -> Last {
    let about = acknowledged.about.as_ref();
    Last {
        kind: shown::kind(acknowledged.kind).to_owned(),
        state: "pending".to_owned(),
        reason: None,
        of: about.map(|about| shown::reservation_id(&acknowledged.event, about.reservation)),
        slot: about
            .and_then(|about| about.slot.as_ref())
            .map(ToString::to_string),
    }
}

fn refused_join(last: Option<&LastView>) -> Option<Refusal> {
    match last {
        Some(LastView {
            kind: CommandKind::Join,
            outcome: Outcome::Refused(reason),
            ..
        }) => Some(*reason),
        _ => None,
    }
}

/// After a refused join there is no place, and yet something was acknowledged: it is over, and `last` says why.
fn refused_place(view: &EventView, mine: &ShopperView, reason: Refusal) -> Place {
    let mut body = shown::place(view, Some(mine), None);
    body.state = if reason == Refusal::Closed {
        "closed"
    } else {
        "left"
    }
    .to_owned();
    body
}

/// A reservation as it was asked for.
pub(crate) fn pending_reservation(acknowledged: &Acknowledged) -> Option<Reservation> {
    let about = acknowledged.about.as_ref()?;
    Some(pending(acknowledged, about.reservation))
}

fn pending(acknowledged: &Acknowledged, id: ReservationId) -> Reservation {
    let about = acknowledged
        .about
        .as_ref()
        .filter(|about| about.reservation == id);
    Reservation {
        id: shown::reservation_id(&acknowledged.event, id),
        event: acknowledged.event.to_string(),
        slot: about
            .and_then(|about| about.slot.as_ref())
            .map(ToString::to_string),
        seats: about.map_or(0, |about| about.seats),
        state: "pending".to_owned(),
        reason: None,
        code: None,
        version: acknowledged.position.record().to_string(),
    }
}

/// What is known of a reservation.
pub(crate) enum Known {
    /// The view has it, and it is the shopper's.
    Row(Arc<EventView>, ReservationView),
    /// Something acknowledged is ahead of the view.
    Pending(Reservation),
}

/// Finds the shopper's reservation: another's does not exist.
pub(crate) async fn reservation(
    app: &App,
    event: &EventId,
    id: ReservationId,
    shopper: ShopperId,
    acknowledged: Option<&Acknowledged>,
) -> Result<Known, Problem> {
    let view = app.deps.view.event(event).await.ok().flatten();
    let row = app.deps.view.reservation(event, id).await.ok().flatten();
    match (view, row) {
        (_, Some(row)) if row.shopper != shopper => Err(no_reservation()),
        (Some(view), Some(row)) => {
            let asked = acknowledged.filter(|acknowledged| {
                acknowledged
                    .about
                    .as_ref()
                    .is_some_and(|about| about.reservation == id)
            });
            match asked.filter(|acknowledged| row.version < acknowledged.position.record()) {
                Some(acknowledged) => Ok(Known::Pending(pending(acknowledged, id))),
                None => Ok(Known::Row(view, row)),
            }
        }
        (Some(view), None) => match acknowledged
            .filter(|acknowledged| view.version < acknowledged.position.record())
        {
            Some(acknowledged) => Ok(Known::Pending(pending(acknowledged, id))),
            None => Err(no_reservation()),
        },
        (None, _) => acknowledged
            .map(|acknowledged| Known::Pending(pending(acknowledged, id)))
            .ok_or_else(starting),
    }
}

impl Known {
    /// As shown.
    pub(crate) fn body(&self) -> Reservation {
        match self {
            Self::Row(view, row) => shown::reservation(view, row),
            Self::Pending(body) => body.clone(),
        }
    }
}

async fn read(
    app: &App,
    event: &EventId,
    shopper: ShopperId,
) -> Option<(Arc<EventView>, ShopperView)> {
    let mine = app.deps.view.shopper(event, shopper).await.ok()??;
    let view = app.deps.view.event(event).await.ok()??;
    Some((view, mine))
}
