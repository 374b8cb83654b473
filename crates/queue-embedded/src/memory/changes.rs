//! The recent differences of one event, for who follows it: bounded, and honest when somebody is too far behind.

use queue_ports::view::{Change, Changes};
use std::collections::VecDeque;

/// Differences since some cursor. Cursors only grow, also when the event is forgotten and built anew.
#[derive(Debug)]
pub(crate) struct Ring {
    /// The cursor of the last difference; the event is at it.
    cursor: u64,
    entries: VecDeque<Change>,
    items: usize,
    max_entries: usize,
    max_items: usize,
}

/// How much a difference weighs: what it names, and itself.
fn weight(change: &Change) -> usize {
    1 + change.slots.len() + change.shoppers.len() + change.line.len()
}

impl Ring {
    pub(crate) fn new(max_entries: usize, max_items: usize) -> Self {
        Self {
            cursor: 0,
            entries: VecDeque::new(),
            items: 0,
            max_entries,
            max_items,
        }
    }

    pub(crate) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Adds a difference; its cursor is the next one.
    pub(crate) fn push(&mut self, mut change: Change) {
        self.cursor += 1;
        change.cursor = self.cursor;
        self.items += weight(&change);
        self.entries.push_back(change);
        while self.entries.len() > self.max_entries
            || (self.items > self.max_items && self.entries.len() > 1)
        {
            self.items -= self.entries.pop_front().as_ref().map_or(0, weight);
        }
    }

    /// The event was built anew: nobody can go on from before.
    pub(crate) fn restart(&mut self) {
        self.cursor += 1;
        self.items = 0;
        self.entries.clear();
    }

    /// What changed after `cursor`; `None` when nothing did.
    pub(crate) fn since(&self, cursor: u64) -> Option<Changes> {
        if cursor == self.cursor {
            return None;
        }
        let oldest = self.cursor - self.entries.len() as u64;
        if cursor > self.cursor || cursor < oldest {
            return Some(Changes::Reload);
        }
        Some(Changes::Since(merge(
            self.entries.range((cursor - oldest) as usize..),
        )))
    }
}

/// One difference out of several, in order. What is named twice is named once, but for the line, whose order tells the end.
fn merge<'a>(changes: impl Iterator<Item = &'a Change>) -> Change {
    let mut merged = Change::default();
    for change in changes {
        merged.cursor = change.cursor;
        merged.version = change.version;
        merged.event |= change.event;
        merged.turned |= change.turned;
        merged.slots.extend_from_slice(&change.slots);
        merged.shoppers.extend_from_slice(&change.shoppers);
        merged.line.extend_from_slice(&change.line);
    }
    tidy(&mut merged);
    merged
}

/// Names every slot and shopper once.
pub(crate) fn tidy(change: &mut Change) {
    change.slots.sort_unstable();
    change.slots.dedup();
    change.shoppers.sort_unstable();
    change.shoppers.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue_domain::ShopperId;

    fn change(shopper: u8, number: u32) -> Change {
        Change {
            shoppers: vec![ShopperId([shopper; 16])],
            line: vec![(number, true)],
            ..Change::default()
        }
    }

    #[test]
    fn differences_merge_in_order_and_too_old_a_cursor_reloads() {
        let mut ring = Ring::new(2, 100);
        (1..=3).for_each(|number| ring.push(change(7, number)));
        assert_eq!(ring.since(3), None, "nothing is new at the newest cursor");
        assert_eq!(
            ring.since(0),
            Some(Changes::Reload),
            "the first difference has been dropped"
        );
        let Some(Changes::Since(merged)) = ring.since(1) else {
            panic!("two differences are kept")
        };
        assert_eq!(
            (merged.cursor, merged.line, merged.shoppers.len()),
            (3, vec![(2, true), (3, true)], 1)
        );
        assert_eq!(
            ring.since(9),
            Some(Changes::Reload),
            "a cursor of another life is unknown"
        );
        ring.restart();
        assert_eq!(
            ring.since(3),
            Some(Changes::Reload),
            "what was built anew has no difference to before"
        );
        assert_eq!(ring.since(4), None);
    }

    #[test]
    fn a_heavy_difference_pushes_out_the_older_ones_but_stays_itself() {
        let mut ring = Ring::new(100, 5);
        ring.push(change(1, 1));
        ring.push(Change {
            line: (0..50).map(|number| (number, false)).collect(),
            ..Change::default()
        });
        assert_eq!(ring.since(0), Some(Changes::Reload));
        assert!(matches!(ring.since(1), Some(Changes::Since(merged)) if merged.line.len() == 50));
    }
}
