//! Who waits for an event to reach a record: woken in order of the record, each once, bounded in number.

use queue_domain::{EventId, LogPosition};
use queue_ports::ledger::StoreError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

type Key = (EventId, LogPosition, u64);

#[derive(Debug, Default)]
struct Waiting {
    senders: BTreeMap<Key, oneshot::Sender<()>>,
    made: u64,
}

/// The waiting, by event and record.
#[derive(Debug, Clone)]
pub(crate) struct Waits {
    waiting: Arc<Mutex<Waiting>>,
    max: usize,
}

/// One who waits; stops waiting when dropped.
#[derive(Debug)]
pub(crate) struct Wait {
    waits: Waits,
    key: Key,
    woken: oneshot::Receiver<()>,
}

impl Waits {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            waiting: Arc::default(),
            max,
        }
    }

    /// Begins to wait. Look whether it is reached already only after this, so that nothing slips between.
    pub(crate) fn begin(&self, event: &EventId, at: LogPosition) -> Result<Wait, StoreError> {
        let (sender, woken) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.senders.len() >= self.max {
            return Err(StoreError::Unavailable(format!(
                "{} wait already",
                self.max
            )));
        }
        waiting.made += 1;
        let key = (event.clone(), at, waiting.made);
        waiting.senders.insert(key.clone(), sender);
        Ok(Wait {
            waits: self.clone(),
            key,
            woken,
        })
    }

    /// Wakes everybody who waits for `at` or something before it.
    pub(crate) fn release(&self, event: &EventId, at: LogPosition) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let reached = (event.clone(), LogPosition::default(), 0)..=(event.clone(), at, u64::MAX);
        while let Some((key, _)) = waiting.senders.range(reached.clone()).next() {
            let key = key.clone();
            if let Some(sender) = waiting.senders.remove(&key) {
                // Who stopped waiting in this moment does not mind.
                _ = sender.send(());
            }
        }
    }
}

impl Wait {
    /// Waits until woken.
    pub(crate) async fn woken(mut self) {
        // The sender is only dropped unsent together with this.
        _ = (&mut self.woken).await;
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.waits
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .senders
            .remove(&self.key);
    }
}
