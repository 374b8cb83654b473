//! Log lines: format, level, and a writer that never makes a request wait. What is logged stands with what logs it; what is never
//! logged stands in `docs/logging.md`.

use crate::config::{ConfigError, LogFormat, Telemetry};
use std::backtrace::Backtrace;
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
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
    std::panic::set_hook(Box::new(tell_panic));
    Ok(guard)
}

/// A panic is a line like any other; who caught it says what came of it.
fn tell_panic(panic: &PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    let backtrace = Backtrace::capture();
    tracing::error!(panic.place = place, panic.backtrace = %backtrace, "panicked: {}", panic.payload_as_str().unwrap_or("no text"));
}
