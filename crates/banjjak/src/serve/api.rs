//! The API's routers, with the bounds that the configuration sets.

use super::listeners::milliseconds;
use super::site::{Group, Shared};
use super::stores::Stores;
use super::watched_log::WatchedLog;
use crate::config::Config;
use axum::Router;
use producer_api::{Api, Limits};
use queue_edge::PublicOrigin;
use queue_edge::body::BodyLimits;
use std::sync::Arc;

/// The public router, with the sockets' routes behind the same middleware, and the operator router.
///
/// # Errors
/// When a metric's name is taken.
pub(super) fn routers(
    config: &Config,
    stores: &Stores,
    shared: &Shared,
    public_origin: Option<PublicOrigin>,
    group: &Group,
    sockets: Router,
) -> anyhow::Result<(Router, Router)> {
    let api = Api::new(deps(config, stores, shared, public_origin, group)?)?;
    Ok((api.router_with(sockets)?, api.operator_router()?))
}

fn deps(
    config: &Config,
    stores: &Stores,
    shared: &Shared,
    public_origin: Option<PublicOrigin>,
    group: &Group,
) -> anyhow::Result<producer_api::Deps> {
    Ok(producer_api::Deps {
        log: Arc::<WatchedLog>::clone(&stores.watched),
        view: Arc::new(stores.view.clone()),
        changes: Arc::new(stores.view.clone()),
        ledger: Arc::new(stores.ledger.clone()),
        directory: stores.directory.clone(),
        clock: Arc::clone(&shared.clock),
        keys: Arc::clone(&shared.keys),
        public_origin,
        proxies: config.public.proxies().map_err(anyhow::Error::msg)?,
        tasks: group.tasks.clone(),
        shutdown: group.stop.clone(),
        registry: shared.registry.clone(),
        limits: limits(config),
    })
}

fn limits(config: &Config) -> Limits {
    let timeout = milliseconds(config.api.body_timeout_ms);
    Limits {
        body: BodyLimits {
            max_bytes: config.public.body_bytes_max as usize,
            timeout,
        },
        operator_body: BodyLimits {
            max_bytes: config.operator.body_bytes_max as usize,
            timeout,
        },
        shopper_changes_per_second: config.api.shopper_changes_per_second,
        address_changes_per_second: config.api.address_changes_per_second,
        limited_keys_max: config.api.limited_keys_max as usize,
        request_keys_max: config.api.request_keys_max,
        operator_wait: milliseconds(config.api.operator_wait_ms),
        form_wait: milliseconds(config.api.form_wait_ms),
        operator_keys_max: config.api.operator_keys_max as usize,
    }
}
