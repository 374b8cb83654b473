//! Stopping, in order and within a deadline. What is cut off at the deadline was either never acknowledged or is in the log.

use super::listeners::milliseconds;
use super::site::Site;
use crate::config::Config;
use crate::readiness::Phase;
use std::process::ExitCode;
use std::time::Duration;

/// Not ready; stop accepting and finish what is in flight, while sockets are told to come back at a paced rate; fold what was
/// appended and store a snapshot; flush the log; the health listener last.
///
/// Sockets go before the owners, so that outcomes of what was in flight still reach them. A failure when a part had stopped by itself.
pub(super) async fn in_order(site: Site, config: &Config) -> ExitCode {
    let limit = milliseconds(config.process.drain_timeout_ms);
    site.readiness.reach(Phase::Stopping);
    tracing::info!("stopping: nothing new is accepted, what is in flight is finished");
    let drained = async { tokio::join!(site.requests.end(), site.sessions.end()) };
    within(limit, "requests and sockets", drained).await;
    within(limit, "owners", site.owners.end()).await;
    within(limit, "the log", site.stores.log.stop()).await;
    site.health.stop.cancel();
    tracing::info!("stopped");
    if site.readiness.phase() == Phase::Broken {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

async fn within<T>(limit: Duration, what: &str, part: impl Future<Output = T>) {
    if tokio::time::timeout(limit, part).await.is_err() {
        tracing::warn!(
            stop.part = what,
            "a part did not stop in time and is cut off"
        );
    }
}
