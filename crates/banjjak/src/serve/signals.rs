//! Signals: the first SIGTERM or SIGINT asks for a graceful stop, the second ends the process at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a shell reports for a process ended by SIGINT.
const INTERRUPTED: i32 = 130;

/// Both signals, from now on handled here.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// # Errors
    /// When the system does not let the process handle them.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Cancels `stop` at the first signal and ends the process at the second.
    pub(super) async fn follow(mut self, stop: CancellationToken) {
        self.next().await;
        tracing::info!("a stop was asked for; a second signal ends the process at once");
        stop.cancel();
        self.next().await;
        tracing::warn!("a second signal: ending at once");
        std::process::exit(INTERRUPTED);
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
