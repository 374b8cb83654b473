//! The gateway's routes, with the bounds that the configuration sets.

use super::listeners::milliseconds;
use super::site::{Group, Shared};
use super::stores::Stores;
use crate::config::{Config, Gateway};
use axum::Router;
use gateway::Limits;
use queue_edge::{AcknowledgedCookie, Origins, PublicOrigin, ShopperCookie};
use std::sync::Arc;

/// The socket's and the stream's routes.
///
/// # Errors
/// When a metric's name is taken.
pub(super) fn router(
    config: &Config,
    stores: &Stores,
    shared: &Shared,
    public_origin: Option<PublicOrigin>,
    group: &Group,
) -> anyhow::Result<Router> {
    Ok(gateway::router(deps(
        config,
        stores,
        shared,
        public_origin,
        group,
    ))?)
}

fn deps(
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
        limits: limits(&config.gateway),
    }
}

/// All bounds; none is left to a default.
fn limits(from: &Gateway) -> Limits {
    Limits {
        sessions_max: from.sessions_max as usize,
        per_shopper_max: from.per_shopper_max as usize,
        client_messages_max: from.client_messages_max,
        message_max_bytes: from.message_bytes_max as usize,
        buffer_bytes: from.buffer_bytes as usize,
        pace: milliseconds(from.pace_ms),
        alive_every: milliseconds(from.alive_interval_ms),
        ping_every: milliseconds(from.ping_interval_ms),
        pong_timeout: milliseconds(from.pong_timeout_ms),
        write_timeout: milliseconds(from.write_timeout_ms),
        close_timeout: milliseconds(from.close_timeout_ms),
        since_timeout: milliseconds(from.since_timeout_ms),
        close_per_second: from.close_per_second,
        reconnect_spread: milliseconds(from.reconnect_spread_ms),
        hub_idle: milliseconds(from.hub_idle_ms),
    }
}
