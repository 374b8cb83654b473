//! The running parts: owners, API, gateway and their listeners, each on a tracked set of tasks with a token that stops it.

use super::health;
use super::listeners::{self, Listeners, milliseconds};
use super::owners::{self, OwnersDeps};
use super::retention::Retention;
use super::stores::Stores;
use super::testing::{self, Testing};
use crate::config::Config;
use crate::readiness::{Phase, Readiness};
use anyhow::Context as _;
use axum::Router;
use prometheus::Registry;
use queue_edge::{ConnectionLimits, Keys};
use queue_ports::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often it is asked whether the folds have caught up; nothing else is done meanwhile.
const READY_ASKED_EVERY: Duration = Duration::from_millis(5);

/// What all parts share.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keys: Arc<Keys>,
    pub(super) registry: Registry,
    pub(super) readiness: Readiness,
}

/// Tasks that stop together, and what tells them to.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

impl Group {
    /// Serves a listener until they are told to stop.
    fn serve(&self, listener: TcpListener, router: Router, limits: ConnectionLimits) {
        self.tasks.spawn(queue_edge::serve(
            listener,
            router,
            limits,
            self.stop.clone(),
        ));
    }

    /// Tells them to stop and waits until the last has.
    pub(super) async fn end(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Everything that runs.
pub(super) struct Site {
    pub(super) readiness: Readiness,
    pub(super) stores: Stores,
    /// Accept loops of the public and the operator listener, and appends on behalf of requests.
    pub(super) requests: Group,
    /// Sockets and streams.
    pub(super) sessions: Group,
    pub(super) owners: Group,
    /// The health listener: the last to go.
    pub(super) health: Group,
    /// What shoppers see in the address bar.
    pub(super) origin: String,
    pub(super) clock: Arc<dyn Clock>,
    /// The operator API, for the wiring's own use through the ordinary path.
    pub(super) operator: Router,
    caught_up: Vec<Arc<AtomicBool>>,
}

impl Site {
    /// Starts every part. Requests are answered from now on, with `starting` until the fold has caught up.
    ///
    /// # Errors
    /// When a metric's name is taken or an address cannot be read.
    pub(super) fn start(
        config: &Config,
        listeners: Listeners,
        stores: Stores,
        shared: Shared,
        testing: Option<Testing>,
    ) -> anyhow::Result<Self> {
        let (requests, sessions, owners, health) = (
            Group::default(),
            Group::default(),
            Group::default(),
            Group::default(),
        );
        let probes = health::router(
            shared.readiness.clone(),
            stores.watched.watch(),
            shared.registry.clone(),
        )
        .merge(testing.map_or_else(Router::new, testing::router));
        health.serve(listeners.health, probes, listeners::health_limits(config));
        let caught_up = start_owners(config, &stores, &shared, &owners)?;

        let public_origin = config.public.origin().map_err(anyhow::Error::msg)?;
        let address = listeners
            .public
            .local_addr()
            .context("the public listener has no address")?;
        let origin = public_origin.as_ref().map_or_else(
            || format!("http://{address}"),
            |origin| origin.as_str().to_owned(),
        );
        let sockets =
            super::sockets::router(config, &stores, &shared, public_origin.clone(), &sessions)?;
        let (public, operator) =
            super::api::routers(config, &stores, &shared, public_origin, &requests, sockets)?;
        requests.serve(listeners.public, public, listeners::public_limits(config));
        requests.serve(
            listeners.operator,
            operator.clone(),
            listeners::operator_limits(config),
        );
        let (clock, readiness) = (shared.clock, shared.readiness);
        Ok(Self {
            readiness,
            stores,
            requests,
            sessions,
            owners,
            health,
            origin,
            clock,
            operator,
            caught_up,
        })
    }

    /// Waits until every owner has caught up with its log; `false` when one has stopped by itself.
    pub(super) async fn ready(&self) -> bool {
        let mut ask = tokio::time::interval(READY_ASKED_EVERY);
        loop {
            ask.tick().await;
            if self.readiness.phase() == Phase::Broken {
                return false;
            }
            if self
                .caught_up
                .iter()
                .all(|ready| ready.load(Ordering::Acquire))
            {
                return true;
            }
        }
    }

    /// From now on `/readyz` says so.
    pub(super) fn open(&self) {
        self.readiness.reach(Phase::Ready);
    }
}

/// The owners of all partitions, and what ends personal data.
fn start_owners(
    config: &Config,
    stores: &Stores,
    shared: &Shared,
    group: &Group,
) -> anyhow::Result<Vec<Arc<AtomicBool>>> {
    let retention = Retention {
        view: Arc::new(stores.view.clone()),
        keys: Arc::clone(&shared.keys),
        ledger: Arc::new(stores.ledger.clone()),
        clock: Arc::clone(&shared.clock),
    };
    group.tasks.spawn(retention.run(
        milliseconds(config.data.retention_check_interval_ms),
        group.stop.clone(),
    ));
    let deps = OwnersDeps {
        clock: Arc::clone(&shared.clock),
        keys: Arc::clone(&shared.keys),
        metrics: consumer::Metrics::register(&shared.registry)?,
        readiness: shared.readiness.clone(),
    };
    Ok(owners::start(
        config,
        stores,
        &deps,
        &group.tasks,
        &group.stop,
    ))
}
