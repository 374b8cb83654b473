//! What all handlers share, and the two routers made from it.

use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::pages::Pages;
use crate::rate::Rate;
use crate::{middleware, operator, shopper};
use axum::Router;
use prometheus::Registry;
use queue_domain::{Command, Entry, ShopperId};
use queue_edge::{
    AcknowledgedCookie, ConnectionLimits, Keys, Origins, Problem, PublicOrigin, ShopperCookie,
    Trace, TrustedProxies,
};
use queue_ports::clock::Clock;
use queue_ports::directory::Directory;
use queue_ports::ledger::LedgerQueries;
use queue_ports::log::{AppendError, Appended, CommandLog, Gather};
use queue_ports::view::{ViewChanges, ViewReader};
use queue_protocol::http::Code;
use queue_protocol::record;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the API stands on.
#[derive(Clone)]
pub struct Deps {
    /// Where changes go.
    pub log: Arc<dyn CommandLog>,
    /// Where reads come from.
    pub view: Arc<dyn ViewReader>,
    /// How outcomes are waited for.
    pub changes: Arc<dyn ViewChanges>,
    /// What operators ask beyond the view.
    pub ledger: Arc<dyn LedgerQueries>,
    /// Which events exist.
    pub directory: Directory,
    /// The time of day, for people.
    pub clock: Arc<dyn Clock>,
    /// All keys.
    pub keys: Arc<Keys>,
    /// Where shoppers reach the shop; decides cookies, origin check and links.
    pub public_origin: Option<PublicOrigin>,
    /// Our own proxies.
    pub proxies: TrustedProxies,
    /// Where appends live, so that a client that goes takes none with it.
    pub tasks: TaskTracker,
    /// When cancelled, live streams end.
    pub shutdown: CancellationToken,
    /// Where metrics are registered.
    pub registry: Registry,
    /// Every bound.
    pub limits: Limits,
}

/// The API, ready to be routed.
pub struct Api(Arc<App>);

/// What all handlers share.
pub(crate) struct App {
    pub(crate) deps: Deps,
    pub(crate) cookie: ShopperCookie,
    pub(crate) acknowledged: AcknowledgedCookie,
    pub(crate) origins: Origins,
    pub(crate) pages: Pages,
    pub(crate) metrics: Metrics,
    pub(crate) shopper_rate: Rate<ShopperId>,
    pub(crate) address_rate: Rate<IpAddr>,
    pub(crate) operator_keys: operator::Keys,
}

impl Api {
    /// Prepares the API. Fails when a metric's name is taken.
    pub fn new(deps: Deps) -> Result<Self, prometheus::Error> {
        let https = deps
            .public_origin
            .as_ref()
            .is_some_and(PublicOrigin::is_https);
        let limits = deps.limits;
        Ok(Self(Arc::new(App {
            cookie: ShopperCookie::new(Arc::clone(&deps.keys), https),
            acknowledged: AcknowledgedCookie::new(Arc::clone(&deps.keys), https),
            origins: Origins::new(deps.public_origin.clone()),
            pages: Pages::new(),
            metrics: Metrics::register(&deps.registry)?,
            shopper_rate: Rate::new(limits.shopper_changes_per_second, limits.limited_keys_max),
            address_rate: Rate::new(limits.address_changes_per_second, limits.limited_keys_max),
            operator_keys: operator::Keys::new(limits.operator_keys_max),
            deps,
        })))
    }

    /// Pages and shopper API, for the public listener. Fails when a metric's name is taken.
    pub fn router(&self) -> Result<Router, prometheus::Error> {
        self.router_with(Router::new())
    }

    /// The same with another service's routes, which then pass the same middleware: traces, metrics, headers, panics.
    pub fn router_with(&self, others: Router) -> Result<Router, prometheus::Error> {
        middleware::public(shopper::routes().merge(others.with_state(())), &self.0)
    }

    /// The operator API, for a listener of its own. Fails when a metric's name is taken.
    pub fn operator_router(&self) -> Result<Router, prometheus::Error> {
        middleware::operator(operator::routes(), &self.0)
    }

    /// Serves both listeners until `shutdown`, then drains them.
    pub async fn run(
        &self,
        public: TcpListener,
        operator: TcpListener,
        limits: ConnectionLimits,
        shutdown: CancellationToken,
    ) -> Result<(), prometheus::Error> {
        let (shop, office) = (self.router()?, self.operator_router()?);
        tokio::join!(
            queue_edge::serve(public, shop, limits, shutdown.clone()),
            queue_edge::serve(operator, office, limits, shutdown)
        );
        Ok(())
    }
}

impl App {
    /// Appends a command in a task of its own: a client that goes drops its handler, never the append.
    pub(crate) async fn append(
        self: &Arc<Self>,
        trace: Trace,
        partition: u32,
        command: Command,
        gather: Gather,
    ) -> Result<Appended, Problem> {
        let entry = record::Entry::new(trace.id, &Entry::Command(command)).encode();
        let app = Arc::clone(self);
        let appending = self.deps.tasks.spawn(async move {
            let began = Instant::now();
            let appended = app.deps.log.append(partition, entry, gather).await;
            app.metrics
                .append_seconds
                .observe(began.elapsed().as_secs_f64());
            appended
        });
        let appended = match appending.await {
            Ok(appended) => appended,
            Err(error) => Err(AppendError::OutcomeUnknown(error.to_string())),
        };
        appended.map_err(|error| self.not_appended(trace, &error))
    }

    fn not_appended(&self, trace: Trace, error: &AppendError) -> Problem {
        let problem = match error {
            AppendError::Unavailable(_) => Problem::new(Code::Overloaded, "Nothing was accepted. Try again in a second.").retry_after_ms(1000),
            AppendError::OutcomeUnknown(_) => {
                Problem::new(Code::OutcomeUnknown, "It may have been accepted. Send it again: a reservation with the same key, anything else with the same body.")
                    .retry_after_ms(1000)
            }
            AppendError::Invalid(_) => Problem::new(Code::BodyTooLarge, "It is larger than the log takes."),
        };
        self.metrics
            .append_failures
            .with_label_values(&[problem.code().as_str()])
            .inc();
        tracing::warn!(trace.id = %trace, code = problem.code().as_str(), %error, "an append was not acknowledged");
        problem
    }
}
