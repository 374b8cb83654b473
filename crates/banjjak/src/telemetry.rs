//! Log lines: format, level, and a writer that never makes a request wait. What is logged stands with what logs it; what is never
//! logged stands in `docs/logging.md`.

use crate::config::{ConfigError, LogFormat, Telemetry};
use std::io::IsTerminal;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// Lines that may wait to be written; beyond, lines are dropped rather than requests delayed.
const LINES_WAITING_MAX: usize = 65_536;

/// Starts writing log lines to standard error. What waits is written when the guard is dropped.
///
/// # Errors
/// When the level's filter cannot be read, or lines are written already.
pub(crate) fn start(settings: &Telemetry) -> anyhow::Result<WorkerGuard> {
    let filter = EnvFilter::builder()
        .parse(&settings.level)
        .map_err(|error| ConfigError::new("telemetry.level", "settings", &error.to_string()))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_WAITING_MAX)
        .lossy(true)
        .thread_name("log-lines")
        .finish(std::io::stderr());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    let started = match settings.format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init(),
        LogFormat::Pretty => lines
            .with_ansi(std::io::stderr().is_terminal())
            .compact()
            .try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("log lines are written already: {error}"))?;
    Ok(guard)
}
