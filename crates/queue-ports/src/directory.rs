//! Which events exist, and on which partition. Fed by whoever follows partition 0; asked on every join instead of a store.

use queue_domain::EventId;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A shared handle. Events are only ever added: a live event never moves.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<RwLock<BTreeMap<EventId, u32>>>);

impl Directory {
    /// The partition of an event, if it exists.
    pub fn partition(&self, event: &EventId) -> Option<u32> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(event).copied()
    }

    /// Adds an event.
    pub fn insert(&self, event: EventId, partition: u32) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).entry(event).or_insert(partition);
    }

    /// All events, by id.
    pub fn events(&self) -> Vec<(EventId, u32)> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().map(|(event, partition)| (event.clone(), *partition)).collect()
    }
}
