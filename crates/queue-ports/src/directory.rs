//! Which events exist, and on which partition. Fed by whoever follows partition 0; asked on every join instead of a store.

use queue_domain::{Command, DirectoryEntry, EventId};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A shared handle. Events are only ever added: a live event never moves.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<RwLock<BTreeMap<EventId, Placed>>>);

#[derive(Debug)]
struct Placed {
    partition: u32,
    /// The creation, for the owner of the event's partition to copy.
    create: Option<Command>,
}

impl Directory {
    /// The partition of an event, if it exists.
    pub fn partition(&self, event: &EventId) -> Option<u32> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(event)
            .map(|placed| placed.partition)
    }

    /// Adds an event of which nobody needs a copy.
    pub fn insert(&self, event: EventId, partition: u32) {
        self.add(
            event,
            Placed {
                partition,
                create: None,
            },
        );
    }

    /// Adds an event as partition 0 has placed it.
    pub fn place(&self, entry: &DirectoryEntry) {
        self.add(
            entry.event.clone(),
            Placed {
                partition: entry.partition,
                create: Some(entry.create.clone()),
            },
        );
    }

    fn add(&self, event: EventId, placed: Placed) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(event)
            .or_insert(placed);
    }

    /// The creations of a partition's events, by id.
    pub fn creations(&self, partition: u32) -> Vec<Command> {
        let events = self.0.read().unwrap_or_else(PoisonError::into_inner);
        events
            .values()
            .filter(|placed| placed.partition == partition)
            .filter_map(|placed| placed.create.clone())
            .collect()
    }

    /// All events, by id.
    pub fn events(&self) -> Vec<(EventId, u32)> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|(event, placed)| (event.clone(), placed.partition))
            .collect()
    }
}
