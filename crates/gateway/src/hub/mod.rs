//! One task an event: follows its changes, keeps its line, and fills the outboxes of its sockets. Writes nothing itself, and reads
//! a shopper's own rows only when something of that shopper changed.
//!
//! The cost of a change does not grow with the sockets: what belongs to the event is encoded once and shared, and the sockets are
//! walked in slices, one slice after the other, so that each is visited once in `Limits::pace` and the writing is spread over it.

mod client;
mod loaded;

use crate::Shared;
use crate::outbox::{Ending, Outbox};
use client::Client;
use futures_util::StreamExt;
use loaded::Loaded;
use queue_domain::{EventId, LogPosition, ShopperId};
use queue_ports::ledger::StoreError;
use queue_ports::view::{Changes, ShopperView};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Into how many parts the sockets of an event are spread; one part is visited at a time.
const SLICES: usize = 32;
/// Sockets that may wait to join one event's hub.
const JOINS_MAX: usize = 1_024;
/// Rows read from the view at the same time.
const READS_MAX: usize = 64;
/// How long to wait before the view is asked again after it failed.
const RETRY: Duration = Duration::from_millis(250);

/// A session that wants to follow an event.
#[derive(Debug)]
pub(crate) struct Join {
    /// Where its frames go.
    pub(crate) outbox: Arc<Outbox>,
    /// Whose it is.
    pub(crate) shopper: Option<ShopperId>,
    /// What the client has seen already.
    pub(crate) since: Option<LogPosition>,
    /// The last command that the shopper was told is in the log.
    pub(crate) acknowledged: Option<LogPosition>,
}

/// All hubs of this process, made when the first socket of an event comes.
#[derive(Debug, Default)]
pub(crate) struct Hubs {
    open: Mutex<HashMap<EventId, mpsc::Sender<Join>>>,
}

impl Hubs {
    /// Hands a session to the event's hub.
    pub(crate) async fn join(&self, shared: &Arc<Shared>, event: &EventId, mut join: Join) {
        loop {
            let hub = self.sender(shared, event);
            match hub.send(join).await {
                Ok(()) => return,
                // It had nobody left and ended meanwhile.
                Err(mpsc::error::SendError(back)) => join = back,
            }
        }
    }

    fn sender(&self, shared: &Arc<Shared>, event: &EventId) -> mpsc::Sender<Join> {
        let mut open = self.lock();
        if let Some(sender) = open.get(event).filter(|sender| !sender.is_closed()) {
            return sender.clone();
        }
        let (sender, joins) = mpsc::channel(JOINS_MAX);
        let hub = Hub::new(Arc::clone(shared), event.clone(), joins);
        shared.tasks.spawn(hub.run());
        open.insert(event.clone(), sender.clone());
        sender
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EventId, mpsc::Sender<Join>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which client: slice and number.
type ClientKey = (usize, u64);

type Following = Pin<Box<dyn Future<Output = Result<Changes, StoreError>> + Send>>;

struct Hub {
    shared: Arc<Shared>,
    event: EventId,
    joins: mpsc::Receiver<Join>,
    /// What of the event is known; `None` until the view has it.
    loaded: Option<Loaded>,
    following: Following,
    slices: Vec<Slice>,
    by_shopper: HashMap<ShopperId, Vec<ClientKey>>,
    next_client: u64,
    next_slice: usize,
    idle_since: Option<Instant>,
}

#[derive(Default)]
struct Slice {
    clients: HashMap<u64, Client>,
    /// Since when something may be untold to a client of this slice.
    dirty_since: Option<Instant>,
}

impl Hub {
    fn new(shared: Arc<Shared>, event: EventId, joins: mpsc::Receiver<Join>) -> Self {
        let slices = (0..SLICES).map(|_| Slice::default()).collect();
        let following = Box::pin(std::future::ready(Ok(Changes::Reload)));
        Self {
            shared,
            event,
            joins,
            loaded: None,
            following,
            slices,
            by_shopper: HashMap::new(),
            next_client: 0,
            next_slice: 0,
            idle_since: None,
        }
    }

    async fn run(mut self) {
        self.shared.metrics.hubs.inc();
        let mut pace = tokio::time::interval(self.shared.limits.pace / SLICES as u32);
        // Late ticks are caught up with: a socket's turn comes once in `Limits::pace`, not a little later every time.
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
        let mut joins = Vec::new();
        loop {
            let can_greet = self.loaded.is_some();
            tokio::select! {
                changes = &mut self.following => self.changed(changes).await,
                _ = self.joins.recv_many(&mut joins, READS_MAX), if can_greet && !self.joins.is_closed() => self.greet(&mut joins).await,
                due = pace.tick() => {
                    self.walk().await;
                    if due.elapsed() > self.shared.limits.pace {
                        pace.reset();
                    }
                }
            }
            if self.is_over() {
                break;
            }
        }
        self.shared.metrics.hubs.dec();
    }

    /// Whether nobody has been here for long enough; from then on nobody can join.
    fn is_over(&mut self) -> bool {
        if self.loaded.is_none() && self.shared.shutdown.is_cancelled() {
            self.joins.close();
            while let Ok(join) = self.joins.try_recv() {
                join.outbox.end(Ending::Unavailable);
            }
        }
        if self.slices.iter().any(|slice| !slice.clients.is_empty()) || !self.joins.is_empty() {
            self.idle_since = None;
            return false;
        }
        let idle = self.idle_since.get_or_insert_with(Instant::now).elapsed();
        if idle < self.shared.limits.hub_idle && !self.shared.shutdown.is_cancelled() {
            return false;
        }
        self.joins.close();
        self.joins.is_empty()
    }

    /// Takes in what changed, tells those whom it is about, and goes on following.
    async fn changed(&mut self, changes: Result<Changes, StoreError>) {
        match changes {
            Ok(Changes::Since(change)) => {
                let Some(loaded) = &mut self.loaded else {
                    return self.reload().await;
                };
                loaded.take(&change);
                let due = change
                    .shoppers
                    .iter()
                    .filter_map(|shopper| self.by_shopper.get(shopper))
                    .flatten()
                    .copied()
                    .collect();
                self.mark_dirty();
                self.follow(Duration::ZERO);
                self.tell_own(due).await;
            }
            Ok(Changes::Reload) => self.reload().await,
            Err(error) => {
                tracing::warn!(event.id = %self.event, error = %error, "The view's changes cannot be followed; trying again.");
                self.follow(RETRY);
            }
        }
    }

    /// Reads everything again: line, event and every shopper's own.
    async fn reload(&mut self) {
        self.shared.metrics.reloads.inc();
        match Loaded::read(&self.shared, &self.event).await {
            Ok(Some(mut fresh)) => {
                if let Some(before) = self.loaded.take() {
                    fresh.follows(before);
                }
                self.loaded = Some(fresh);
                self.mark_dirty();
                self.follow(Duration::ZERO);
                let everybody = self.by_shopper.values().flatten().copied().collect();
                self.tell_own(everybody).await;
            }
            Ok(None) => self.retry_reload(),
            Err(error) => {
                tracing::warn!(event.id = %self.event, error = %error, "The view cannot be read; trying again.");
                self.retry_reload();
            }
        }
    }

    fn retry_reload(&mut self) {
        self.following = Box::pin(async {
            tokio::time::sleep(RETRY).await;
            Ok(Changes::Reload)
        });
    }

    fn follow(&mut self, first_wait: Duration) {
        let Some(loaded) = &self.loaded else {
            return self.retry_reload();
        };
        let (changes, event, cursor) = (
            Arc::clone(&self.shared.changes),
            self.event.clone(),
            loaded.cursor,
        );
        self.following = Box::pin(async move {
            if !first_wait.is_zero() {
                tokio::time::sleep(first_wait).await;
            }
            changes.changes(&event, cursor).await
        });
    }

    fn mark_dirty(&mut self) {
        let now = Instant::now();
        for slice in &mut self.slices {
            slice.dirty_since.get_or_insert(now);
        }
    }

    /// Says hello to those who came.
    async fn greet(&mut self, joins: &mut Vec<Join>) {
        let Some(loaded) = &mut self.loaded else {
            return;
        };
        // Fresh, so that hello is not older than what the client saw elsewhere.
        let refreshed = loaded.refresh(&self.shared, &self.event, true).await;
        let (shared, event) = (&self.shared, &self.event);
        let reads = futures_util::stream::iter(joins.drain(..)).map(|join| async move {
            let own = match join.shopper {
                Some(shopper) => shared.view.shopper(event, shopper).await,
                None => Ok(None),
            };
            (join, own)
        });
        let read: Vec<_> = reads.buffer_unordered(READS_MAX).collect().await;
        for (join, own) in read {
            match own {
                Ok(own) if refreshed.is_ok() => self.enrol(join, own.as_ref()),
                _ => join.outbox.end(Ending::Unavailable),
            }
        }
    }

    fn enrol(&mut self, join: Join, own: Option<&ShopperView>) {
        let Some(loaded) = &mut self.loaded else {
            return;
        };
        let number = self.next_client;
        let key = (number as usize % SLICES, number);
        self.next_client += 1;
        if let Some(shopper) = join.shopper {
            self.by_shopper.entry(shopper).or_default().push(key);
        }
        let client = Client::greet(&self.shared, loaded, join, own);
        self.slices[key.0].clients.insert(number, client);
    }

    /// Reads what belongs to these clients' shoppers and tells them at once.
    async fn tell_own(&mut self, due: Vec<ClientKey>) {
        let Some(loaded) = &mut self.loaded else {
            return;
        };
        if due.is_empty() {
            return;
        }
        // A confirmation moves no version, only the mark in the event: without a fresh one it would be told as pending again.
        if let Err(error) = loaded.refresh(&self.shared, &self.event, true).await {
            tracing::warn!(event.id = %self.event, error = %error, "The event cannot be read; its shoppers are told later.");
        }
        let (shared, event, slices) = (&self.shared, &self.event, &self.slices);
        let wanted: Vec<_> = due
            .into_iter()
            .filter_map(|key| {
                slices[key.0]
                    .clients
                    .get(&key.1)?
                    .shopper()
                    .map(|shopper| (key, shopper))
            })
            .collect();
        let reads = futures_util::stream::iter(wanted)
            .map(|(key, shopper)| async move { (key, shared.view.shopper(event, shopper).await) });
        let read: Vec<_> = reads.buffer_unordered(READS_MAX).collect().await;
        let Some(loaded) = &self.loaded else { return };
        for (key, own) in read {
            let Some(client) = self.slices[key.0].clients.get_mut(&key.1) else {
                continue;
            };
            match own {
                Ok(Some(own)) => client.tell_own(loaded, &own),
                _ => client.owe_own(),
            }
        }
    }

    /// Visits the next slice: what changed of the event, of ranks and deadlines, and a sign of life where all was quiet.
    async fn walk(&mut self) {
        let at = self.next_slice;
        self.next_slice = (at + 1) % SLICES;
        let Some(loaded) = &mut self.loaded else {
            return;
        };
        if let Err(error) = loaded.refresh(&self.shared, &self.event, false).await {
            tracing::warn!(event.id = %self.event, error = %error, "The event cannot be read; telling of it waits.");
        }
        let owed = self.visit(at);
        self.tell_own(owed).await;
    }

    fn visit(&mut self, at: usize) -> Vec<ClientKey> {
        let Some(loaded) = &mut self.loaded else {
            return Vec::new();
        };
        let slice = &mut self.slices[at];
        let dirty_since = slice.dirty_since.take();
        let quiet_visits = (self.shared.limits.alive_every.as_nanos()
            / self.shared.limits.pace.as_nanos().max(1))
        .max(1) as u32;
        let mut owed = Vec::new();
        let mut left = Vec::new();
        for (number, client) in &mut slice.clients {
            if client.is_gone() {
                left.push(*number);
                continue;
            }
            client.visit(&self.shared, loaded, dirty_since, quiet_visits);
            if client.owes_own() {
                owed.push((at, *number));
            }
        }
        for number in left {
            self.forget((at, number));
        }
        owed
    }

    fn forget(&mut self, key: ClientKey) {
        let Some(shopper) = self.slices[key.0]
            .clients
            .remove(&key.1)
            .and_then(|client| client.shopper())
        else {
            return;
        };
        if let Some(keys) = self.by_shopper.get_mut(&shopper) {
            keys.retain(|other| *other != key);
            if keys.is_empty() {
                self.by_shopper.remove(&shopper);
            }
        }
    }
}
