//! Faults that a test injects into the log. A constructor's parameter, never configuration; [`Faults::none`] in production.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A handle on a log's faults. Clones are the same faults.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cut: AtomicUsize,
    refuse: AtomicUsize,
    lose: AtomicUsize,
    bitten: AtomicUsize,
    disk_full: AtomicBool,
    held: Mutex<bool>,
    released: Condvar,
}

impl Faults {
    /// No faults, unless somebody keeps the handle and asks for one.
    pub fn none() -> Self {
        Self::default()
    }

    /// The next `entries` entries are appended, but their answers are cut: `OutcomeUnknown`.
    pub fn cut_answers(&self, entries: usize) {
        self.0.cut.store(entries, Ordering::SeqCst);
    }

    /// The next `entries` entries are refused before they are written: `Unavailable`.
    pub fn refuse(&self, entries: usize) {
        self.0.refuse.store(entries, Ordering::SeqCst);
    }

    /// The next `groups` groups are committed, but the log is told of an error: nobody knows, and it is opened again.
    pub fn lose_commits(&self, groups: usize) {
        self.0.lose.store(groups, Ordering::SeqCst);
    }

    /// The database may not grow while this is on: SQLite itself reports a full disk.
    pub fn disk_full(&self, full: bool) {
        self.0.disk_full.store(full, Ordering::SeqCst);
    }

    /// The writer stands still, before it writes, until [`Faults::release`].
    pub fn hold(&self) {
        *self.0.held.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// The writer goes on.
    pub fn release(&self) {
        *self.0.held.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.released.notify_all();
    }

    /// How often a fault has bitten: a test that asks for this proves that its fault did something.
    pub fn bitten(&self) -> usize {
        self.0.bitten.load(Ordering::SeqCst)
    }

    pub(crate) fn wait_while_held(&self) {
        let held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        drop(
            self.0
                .released
                .wait_while(held, |held| *held)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    pub(crate) fn is_disk_full(&self) -> bool {
        self.0.disk_full.load(Ordering::SeqCst)
    }

    pub(crate) fn takes_refusal(&self) -> bool {
        self.takes(&self.0.refuse)
    }

    pub(crate) fn takes_cut(&self) -> bool {
        self.takes(&self.0.cut)
    }

    pub(crate) fn takes_commit(&self) -> bool {
        self.takes(&self.0.lose)
    }

    fn takes(&self, left: &AtomicUsize) -> bool {
        // The usual case costs one load.
        let bites = left.load(Ordering::Relaxed) > 0
            && left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_ok();
        self.0
            .bitten
            .fetch_add(usize::from(bites), Ordering::SeqCst);
        bites
    }
}
