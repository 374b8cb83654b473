//! From effects of a stretch of the log to batches: one a touched event for the view, one for the ledger.

use queue_domain::{Effect, EffectKind, EventId, LogPosition, Partition, ReservationState};
use queue_ports::ledger::LedgerBatch;
use queue_ports::view::ViewBatch;
use std::collections::BTreeMap;

/// What the projections were last given.
#[derive(Debug, Default)]
pub(crate) struct Given {
    versions: BTreeMap<EventId, LogPosition>,
    ledger: Option<LogPosition>,
}

impl Given {
    /// As if everything folded so far had been given.
    pub(crate) fn all_of(partition: &Partition) -> Self {
        Self {
            versions: partition
                .events()
                .map(|event| (event.id().clone(), event.version()))
                .collect(),
            ledger: partition.position(),
        }
    }

    /// One batch for every event whose version moved since the last call.
    pub(crate) fn view_batches(
        &mut self,
        partition: &Partition,
        effects: &[Effect],
    ) -> Vec<ViewBatch> {
        let moved: Vec<_> = partition
            .events()
            .filter(|event| self.versions.get(event.id()) != Some(&event.version()))
            .map(|event| (event.id().clone(), event.version()))
            .collect();
        let only = moved.len() == 1;
        moved
            .into_iter()
            .map(|(event, last)| {
                let own = |effect: &&Effect| only || effect.event == event;
                let effects = effects.iter().filter(own).cloned().collect();
                let follows = self.versions.insert(event.clone(), last);
                ViewBatch {
                    partition: partition.number(),
                    event,
                    follows,
                    last,
                    effects,
                }
            })
            .collect()
    }

    /// The batch for the ledger: from what it was last given to here.
    pub(crate) fn ledger_batch(
        &mut self,
        partition: &Partition,
        effects: &[Effect],
    ) -> Option<LedgerBatch> {
        let last = partition.position()?;
        let effects = effects
            .iter()
            .filter(|effect| concerns_ledger(&effect.kind))
            .cloned()
            .collect();
        Some(LedgerBatch {
            partition: partition.number(),
            follows: self.ledger.replace(last),
            last,
            effects,
        })
    }
}

/// Whether the ledger has a table for it: events, slots and reservations that took seats.
pub(crate) fn concerns_ledger(kind: &EffectKind) -> bool {
    match kind {
        EffectKind::Created { .. }
        | EffectKind::SlotAdded { .. }
        | EffectKind::Slot { .. }
        | EffectKind::Schedule(_) => true,
        EffectKind::Reservation { state, .. } => !matches!(state, ReservationState::Refused(_)),
        _ => false,
    }
}
