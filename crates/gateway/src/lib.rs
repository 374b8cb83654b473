//! The gateway: holds sockets and event streams, and pushes place, admission, seats and outcome to their shoppers. It writes nothing
//! but sockets, decides nothing, and never shows one shopper what is another's.
//!
//! A session (`socket`, `stream`) empties an outbox; a hub (one task an event) fills it from the view's changes.

mod gate;
mod hub;
mod limits;
mod metrics;
mod outbox;
mod sessions;
mod socket;
mod stream;

pub use limits::Limits;

use axum::Router;
use axum::routing::get;
use hub::Hubs;
use metrics::{Metrics, Tally};
use queue_edge::{AcknowledgedCookie, Origins, ShopperCookie};
use queue_ports::clock::Clock;
use queue_ports::directory::Directory;
use queue_ports::view::{ViewChanges, ViewReader};
use sessions::Sessions;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the gateway stands on.
pub struct Deps {
    /// Where shoppers' rows are read.
    pub view: Arc<dyn ViewReader>,
    /// Where changes are followed.
    pub changes: Arc<dyn ViewChanges>,
    /// Which events exist.
    pub directory: Directory,
    /// The time of day, for frames.
    pub clock: Arc<dyn Clock>,
    /// Who a request is from.
    pub shopper: ShopperCookie,
    /// What was acknowledged to them.
    pub acknowledged: AcknowledgedCookie,
    /// Whose pages may open sockets.
    pub origins: Origins,
    /// Where tasks live.
    pub tasks: TaskTracker,
    /// When cancelled, nobody is let in and everybody is sent away at the configured pace; `tasks` is empty when the last has gone.
    pub shutdown: CancellationToken,
    /// Where the metrics are registered.
    pub registry: prometheus::Registry,
    /// Every bound.
    pub limits: Limits,
}

/// What all handlers, sessions and hubs share.
struct Shared {
    view: Arc<dyn ViewReader>,
    changes: Arc<dyn ViewChanges>,
    directory: Directory,
    clock: Arc<dyn Clock>,
    shopper: ShopperCookie,
    acknowledged: AcknowledgedCookie,
    origins: Origins,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    metrics: Metrics,
    limits: Arc<Limits>,
    tally: Tally,
    sessions: Arc<Sessions>,
    hubs: Hubs,
}

/// The gateway's routes: `GET /v1/events/{event}/socket` and `GET /v1/events/{event}/stream`.
///
/// Spawns one task that waits for the shutdown. Fails when a metric's name is taken.
pub fn router(deps: Deps) -> Result<Router, prometheus::Error> {
    let metrics = Metrics::register(&deps.registry)?;
    let limits = Arc::new(deps.limits);
    let shared = Arc::new(Shared {
        view: deps.view,
        changes: deps.changes,
        directory: deps.directory,
        clock: deps.clock,
        shopper: deps.shopper,
        acknowledged: deps.acknowledged,
        origins: deps.origins,
        tasks: deps.tasks,
        shutdown: deps.shutdown,
        sessions: Arc::new(Sessions::new(Arc::clone(&limits), metrics.clone())),
        tally: Tally::new(metrics.clone()),
        metrics,
        limits,
        hubs: Hubs::default(),
    });
    let (sessions, shutdown) = (Arc::clone(&shared.sessions), shared.shutdown.clone());
    shared.tasks.spawn(async move {
        shutdown.cancelled().await;
        sessions.send_away().await;
    });
    Ok(Router::new()
        .route("/v1/events/{event}/socket", get(gate::socket))
        .route("/v1/events/{event}/stream", get(gate::stream))
        .with_state(shared))
}
