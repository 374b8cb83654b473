//! The API's routers, placeholder until it lands.

use super::site::{Group, Shared};
use super::stores::Stores;
use crate::config::Config;
use axum::Router;
use queue_edge::PublicOrigin;

pub(super) fn routers(
    _: &Config,
    _: &Stores,
    _: &Shared,
    _: Option<PublicOrigin>,
    _: &Group,
) -> anyhow::Result<(Router, Router)> {
    Ok((Router::new(), Router::new()))
}
