//! The running parts: owners, API, gateway and their listeners, each on a tracked set of tasks with a token that stops it.

use super::listeners::{self, Listeners, milliseconds};
use super::owners::{self, OwnersDeps};
use super::retention::Retention;
use super::stores::Stores;
use super::testing::{self, Testing};
use super::{health, sockets};
use crate::config::Config;
use crate::readiness::{Phase, Readiness};
use anyhow::Context as _;
use axum::Router;
use prometheus::Registry;
use queue_edge::{AcknowledgedCookie, Keys, Origins, PublicOrigin, ShopperCookie};
use queue_ports::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
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
        let probes = health::router(shared.readiness.clone(), shared.registry.clone())
            .merge(testing.map_or_else(Router::new, testing::router));
        health.tasks.spawn(queue_edge::serve(
            listeners.health,
            probes,
            listeners::health_limits(config),
            health.stop.clone(),
        ));

        let metrics = consumer::Metrics::register(&shared.registry)?;
        let deps = OwnersDeps {
            clock: Arc::clone(&shared.clock),
            keys: Arc::clone(&shared.keys),
            metrics,
            readiness: shared.readiness.clone(),
        };
        let caught_up = owners::start(config, &stores, &deps, &owners.tasks, &owners.stop);

        let public_origin = config.public.origin().map_err(anyhow::Error::msg)?;
        let address = listeners
            .public
            .local_addr()
            .context("the public listener has no address")?;
        let origin = public_origin.as_ref().map_or_else(
            || format!("http://{address}"),
            |origin| origin.as_str().to_owned(),
        );
        let (public, operator) =
            super::api::routers(config, &stores, &shared, public_origin.clone(), &requests)?;
        let gateway = gateway::router(gateway_deps(
            config,
            &stores,
            &shared,
            public_origin,
            &sessions,
        ))?;
        let public = public.merge(gateway);
        requests.tasks.spawn(queue_edge::serve(
            listeners.public,
            public,
            listeners::public_limits(config),
            requests.stop.clone(),
        ));
        requests.tasks.spawn(queue_edge::serve(
            listeners.operator,
            operator.clone(),
            listeners::operator_limits(config),
            requests.stop.clone(),
        ));
        let retention = Retention {
            view: Arc::new(stores.view.clone()),
            keys: Arc::clone(&shared.keys),
            clock: Arc::clone(&shared.clock),
        };
        owners.tasks.spawn(retention.run(
            milliseconds(config.data.retention_check_interval_ms),
            owners.stop.clone(),
        ));
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

fn gateway_deps(
    config: &Config,
    stores: &Stores,
    shared: &Shared,
    public_origin: Option<PublicOrigin>,
    group: &Group,
) -> gateway::Deps {
    let https = public_origin.as_ref().is_some_and(PublicOrigin::is_https);
    gateway::Deps {
        view: Arc::new(stores.view.clone()),
        changes: Arc::new(stores.view.clone()),
        directory: stores.directory.clone(),
        clock: Arc::clone(&shared.clock),
        shopper: ShopperCookie::new(Arc::clone(&shared.keys), https),
        acknowledged: AcknowledgedCookie::new(Arc::clone(&shared.keys), https),
        origins: Origins::new(public_origin),
        tasks: group.tasks.clone(),
        shutdown: group.stop.clone(),
        registry: shared.registry.clone(),
        limits: sockets::limits(&config.gateway),
    }
}
