//! `banjjak serve`: everything in one process. Starts the parts, says where they are, and takes them down in order.

mod announce;
mod health;
mod listeners;
mod process_metrics;
mod signals;
mod testing;

use crate::cli::ServeArgs;
use crate::clock::{OffsetClock, SystemClock};
use crate::config::{self, Config};
use crate::readiness::{Phase, Readiness};
use crate::{file_limit, telemetry};
use anyhow::Context as _;
use listeners::Listeners;
use prometheus::Registry;
use queue_edge::Keys;
use queue_ports::clock::Clock;
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Runs until told to stop.
///
/// # Errors
/// A wrong setting before anything is opened; else what could not be opened or bound.
pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let config = config::load(
        args.settings.config.as_deref(),
        crate::environment(),
        &args.flags(),
    )?;
    let _lines = telemetry::start(&config.telemetry)?;
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(
        signals::Signals::listen()
            .context("signals cannot be handled")?
            .follow(stop.clone()),
    );
    raise_file_limit(config.process.open_files);

    let readiness = Readiness::default();
    let registry = Registry::new();
    process_metrics::register(&registry)?;
    let (clock, moved) = clock(&config);
    let listeners = Listeners::bind(&config).await?;
    let keys = Keys::open(&config.data.folder.join("keys")).context("the keys cannot be opened")?;
    let _ = (
        clock,
        moved,
        keys,
        listeners,
        readiness.phase() == Phase::Ready,
        tasks,
    );
    Ok(ExitCode::SUCCESS)
}

fn raise_file_limit(wanted: u32) {
    let limit = file_limit::raise(u64::from(wanted));
    if limit < u64::from(wanted) {
        tracing::warn!(
            process.open_files = limit,
            process.wanted = wanted,
            "fewer files and sockets can be open than wanted; raise the hard limit (ulimit -Hn)"
        );
    } else {
        tracing::info!(
            process.open_files = limit,
            "files and sockets that can be open"
        );
    }
}

/// The log's clock: the machine's, or one that tests move.
fn clock(config: &Config) -> (Arc<dyn Clock>, Option<Arc<OffsetClock>>) {
    if config.testing.allow {
        tracing::warn!(
            "testing.allow is set: the clock can be moved and answers can be cut; never for real shoppers"
        );
        let clock = Arc::new(OffsetClock::new(config.testing.clock_offset_ms));
        return (Arc::clone(&clock) as Arc<dyn Clock>, Some(clock));
    }
    (Arc::new(SystemClock), None)
}
