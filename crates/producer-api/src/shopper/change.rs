//! A shopper's change on its way: counted, appended, acknowledged, and, when asked for, waited for.

use super::visit::{Event, Visit};
use super::waiting::Patience;
use crate::app::App;
use http::HeaderValue;
use queue_domain::{Command, CommandId, CommandKind, Outcome, ShopperAction, ShopperId, Stamp};
use queue_edge::acknowledged::About;
use queue_edge::keys::random;
use queue_edge::{Acknowledged, Problem};
use queue_ports::log::Gather;
use queue_ports::shown;
use queue_ports::view::{EventView, ShopperView};
use std::sync::Arc;

/// A change, parsed.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) event: Event,
    pub(crate) shopper: ShopperId,
    pub(crate) kind: CommandKind,
    pub(crate) action: ShopperAction,
    pub(crate) about: Option<About>,
}

/// A change in the log.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) event: Event,
    pub(crate) shopper: ShopperId,
    pub(crate) acknowledged: Acknowledged,
    /// The log's stamp.
    pub(crate) stamp: Stamp,
    /// What the browser shall keep.
    pub(crate) cookies: Vec<HeaderValue>,
}

/// What the view says once it has the change.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) event: Arc<EventView>,
    pub(crate) mine: ShopperView,
    /// What became of it; `None` when a later command of the shopper has taken its place as the last one.
    pub(crate) outcome: Option<Outcome>,
}

/// Appends the change.
pub(crate) async fn submit(
    app: &Arc<App>,
    visit: &Visit,
    change: Change,
) -> Result<Accepted, Problem> {
    visit.count_change(app)?;
    let Change {
        event,
        shopper,
        kind,
        action,
        about,
    } = change;
    let command = Command::Shopper {
        id: CommandId(random()),
        event: event.id.clone(),
        shopper,
        action,
    };
    let appended = app
        .append(visit.trace, event.partition, command, Gather::Shared)
        .await?;
    app.metrics
        .changes_accepted
        .with_label_values(&[shown::kind(kind)])
        .inc();
    let acknowledged = Acknowledged {
        event: event.id.clone(),
        position: appended.position,
        kind,
        about,
    };
    let mut cookies = Vec::with_capacity(2);
    cookies.push(app.acknowledged.set(&visit.headers, shopper, &acknowledged));
    cookies.extend(visit.cookie_for(&app.cookie, shopper));
    Ok(Accepted {
        event,
        shopper,
        acknowledged,
        stamp: appended.stamp,
        cookies,
    })
}

impl Accepted {
    /// Waits for the outcome; `None` when it does not come in time, then the acknowledgement is all there is to say.
    /// An outcome about seats that holds is told only when the ledger has it.
    pub(crate) async fn outcome(&self, app: &App, patience: Patience) -> Option<Folded> {
        let at = self.acknowledged.position.record();
        if !patience.folded(app, &self.event.id, at).await {
            return None;
        }
        let folded = self.read(app).await?;
        let about_seats = matches!(
            self.acknowledged.kind,
            CommandKind::Reserve | CommandKind::Cancel | CommandKind::Move
        );
        if !about_seats || matches!(folded.outcome, Some(Outcome::Refused(_))) {
            return Some(folded);
        }
        if patience.settled(app, &self.event.id, at).await {
            self.read(app).await
        } else {
            None
        }
    }

    async fn read(&self, app: &App) -> Option<Folded> {
        let mine = app
            .deps
            .view
            .shopper(&self.event.id, self.shopper)
            .await
            .ok()??;
        let event = app.deps.view.event(&self.event.id).await.ok()??;
        let last = mine
            .last
            .filter(|last| last.position == self.acknowledged.position);
        Some(Folded {
            event,
            mine,
            outcome: last.map(|last| last.outcome),
        })
    }
}
