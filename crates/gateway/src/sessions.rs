//! All sessions of this gateway: how many there are, whose they are, and how they are sent away. Knows nothing of events or frames.

use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::outbox::{Ending, Outbox};
use queue_domain::ShopperId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Why no session was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAdmitted {
    /// As many as allowed are open.
    #[error("as many sockets as allowed are open")]
    Full,
    /// The process stops.
    #[error("this gateway is stopping")]
    Stopping,
}

/// How a session reaches its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A WebSocket.
    Socket,
    /// Server-sent events.
    Stream,
}

/// The register of sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    limits: Arc<Limits>,
    metrics: Metrics,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    stopping: bool,
    /// By age.
    sessions: BTreeMap<u64, Arc<Outbox>>,
    /// Oldest first.
    shoppers: HashMap<ShopperId, Vec<u64>>,
}

impl Sessions {
    pub(crate) fn new(limits: Arc<Limits>, metrics: Metrics) -> Self {
        Self {
            limits,
            metrics,
            open: Mutex::default(),
        }
    }

    /// Begins a session; the shopper's oldest ends when this is one too many.
    pub(crate) fn admit(
        self: &Arc<Self>,
        shopper: Option<ShopperId>,
        kind: Kind,
    ) -> Result<Session, NotAdmitted> {
        let mut open = self.lock();
        if open.stopping {
            return Err(NotAdmitted::Stopping);
        }
        if open.sessions.len() >= self.limits.sessions_max {
            return Err(NotAdmitted::Full);
        }
        let id = open.next;
        open.next += 1;
        let outbox = Arc::new(Outbox::default());
        open.sessions.insert(id, Arc::clone(&outbox));
        if let Some(shopper) = shopper {
            let of_shopper = open.shoppers.entry(shopper).or_default();
            of_shopper.push(id);
            let oldest =
                (of_shopper.len() > self.limits.per_shopper_max).then(|| of_shopper.remove(0));
            if let Some(outbox) = oldest.and_then(|oldest| open.sessions.get(&oldest)) {
                outbox.end(Ending::TooMany);
            }
        }
        drop(open);
        self.gauge(kind).inc();
        Ok(Session {
            id,
            shopper,
            kind,
            outbox,
            sessions: Arc::clone(self),
        })
    }

    /// Sends everybody away at the configured pace, each with a random delay for coming back. Returns when all were told.
    pub(crate) async fn send_away(&self) {
        self.lock().stopping = true;
        let step = Duration::from_millis(50);
        let per_step = (self.limits.close_per_second / 20).max(1) as usize;
        let mut pace = tokio::time::interval(step);
        let mut after = 0;
        loop {
            pace.tick().await;
            let told: Vec<_> = self
                .lock()
                .sessions
                .range(after..)
                .take(per_step)
                .map(|(id, outbox)| (*id, Arc::clone(outbox)))
                .collect();
            let Some((last, _)) = told.last() else { return };
            after = last + 1;
            for (_, outbox) in &told {
                outbox.end(Ending::Restart {
                    after_ms: self.delay_ms(),
                });
            }
        }
    }

    fn delay_ms(&self) -> u64 {
        let spread = self.limits.reconnect_spread.as_millis().max(1) as u64;
        // Without randomness all come back at once, which is unkind but not wrong.
        getrandom::u64().unwrap_or(0) % spread
    }

    fn gauge(&self, kind: Kind) -> &prometheus::IntGauge {
        match kind {
            Kind::Socket => &self.metrics.sockets,
            Kind::Stream => &self.metrics.streams,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Session {
    id: u64,
    kind: Kind,
    /// Whose; `None` without a cookie.
    pub(crate) shopper: Option<ShopperId>,
    /// What is to be written.
    pub(crate) outbox: Arc<Outbox>,
    sessions: Arc<Sessions>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.outbox.leave();
        self.sessions.gauge(self.kind).dec();
        let mut open = self.sessions.lock();
        open.sessions.remove(&self.id);
        let Some(shopper) = self.shopper else { return };
        if let Some(of_shopper) = open.shoppers.get_mut(&shopper) {
            of_shopper.retain(|id| *id != self.id);
            if of_shopper.is_empty() {
                open.shoppers.remove(&shopper);
            }
        }
    }
}
