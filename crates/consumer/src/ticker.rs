//! What the owner appends: ticks while there is anything to time, and set times when they have come.

use crate::deps::Deps;
use queue_domain::{Command, Entry, EventId, Lobby, LogPosition, Partition, SetTime, Stamp};
use queue_ports::log::{Appended, Gather};
use queue_protocol::record::Entry as WireEntry;
use std::collections::BTreeSet;
use tokio::task::JoinHandle;
use tracing::warn;

/// One append under way at a time, so that the next tick follows the fold of the previous one.
#[derive(Debug, Default)]
pub(crate) struct Ticker {
    under_way: Option<JoinHandle<Option<Appended>>>,
    last: Option<LogPosition>,
    asked: BTreeSet<(EventId, Stamp, u8, Option<String>)>,
}

impl Ticker {
    /// Waits for the append under way; never, when there is none.
    pub(crate) async fn appended(&mut self) {
        let Some(append) = &mut self.under_way else {
            return std::future::pending().await;
        };
        let appended = append.await;
        self.under_way = None;
        match appended {
            Ok(Some(appended)) => self.last = self.last.max(Some(appended.position.record())),
            // Whatever was asked for may not be in the log: it is asked for again. A repeat does nothing.
            Ok(None) | Err(_) => self.asked.clear(),
        }
    }

    /// Appends the set times that have come and, if the last one is folded and the view has taken it, the next tick.
    pub(crate) fn append(
        &mut self,
        deps: &Deps,
        partition: &Partition,
        taken: Option<LogPosition>,
        tick_due: bool,
    ) -> bool {
        if self.under_way.is_some() || self.last > partition.position() || self.last > taken {
            return false;
        }
        let mut entries = self.copies(deps, partition);
        entries.extend(self.due(deps, partition));
        if entries.is_empty() && tick_due && partition.needs_ticks(deps.clock.now()) {
            entries.extend(tick(partition).map(|entry| (entry, Gather::Shared)));
            deps.metrics.ticks.inc();
        }
        if entries.is_empty() {
            return false;
        }
        let (log, number) = (deps.log.clone(), deps.settings.partition);
        self.under_way = Some(deps.tasks.spawn(async move {
            let mut last = None;
            for (entry, gather) in entries {
                match log
                    .append(number, WireEntry::new([0; 16], &entry).encode(), gather)
                    .await
                {
                    Ok(appended) => last = Some(appended),
                    Err(error) => {
                        warn!("The owner's own record was not acknowledged: {error}");
                        return None;
                    }
                }
            }
            last
        }));
        true
    }

    /// Creations that partition 0 placed here and that this fold lacks. A copy bears the creation's id, so a second does nothing.
    fn copies(&mut self, deps: &Deps, partition: &Partition) -> Vec<(Entry, Gather)> {
        if partition.number() == 0 {
            return Vec::new();
        }
        let creations = deps.directory.creations(partition.number());
        let lacking = creations
            .into_iter()
            .filter(|create| partition.event(create.event()).is_none());
        lacking
            .filter(|create| {
                self.asked
                    .insert((create.event().clone(), Stamp(0), COPY, None))
            })
            .map(|create| (Entry::Command(create), Gather::Shared))
            .collect()
    }

    /// Set times that both clocks have passed, in their order, each asked for once.
    fn due(&mut self, deps: &Deps, partition: &Partition) -> Vec<(Entry, Gather)> {
        let Some(ticked) = partition.last_tick() else {
            return Vec::new();
        };
        let now = deps.clock.now();
        deps.metrics
            .clock_disagreement_ms
            .set(i64::try_from(i128::from(now.0) - i128::from(ticked.0)).unwrap_or(i64::MAX));
        if now.0.abs_diff(ticked.0) > deps.settings.clock_agreement_ms {
            return Vec::new();
        }
        let mut due: Vec<_> = partition
            .set_times()
            .filter(|(_, at, _)| *at <= now && *at <= ticked)
            .collect();
        due.sort_by_key(|(_, at, what)| (*at, order(what)));
        let mut entries = Vec::new();
        for (event, at, what) in due {
            let slot = if let SetTime::SlotOver(slot) = &what {
                Some(slot.to_string())
            } else {
                None
            };
            if !self.asked.insert((event.clone(), at, order(&what), slot)) {
                continue;
            }
            if let Some(what) = with_secret(deps, partition, event, what) {
                deps.metrics.set_times.inc();
                let gather = if matches!(what, SetTime::Open { .. }) {
                    Gather::Alone
                } else {
                    Gather::Shared
                };
                entries.push((
                    Entry::Command(Command::Timed {
                        event: event.clone(),
                        at,
                        what,
                    }),
                    gather,
                ));
            }
        }
        entries
    }
}

/// What was asked for: a copy of a creation.
const COPY: u8 = 4;

fn order(what: &SetTime) -> u8 {
    match what {
        SetTime::Lobby => 0,
        SetTime::Open { .. } => 1,
        SetTime::SlotOver(_) => 2,
        SetTime::Close => 3,
    }
}

/// Adds the lobby's secret to an opening; without its key the event cannot open, loudly.
fn with_secret(
    deps: &Deps,
    partition: &Partition,
    event: &EventId,
    what: SetTime,
) -> Option<SetTime> {
    let SetTime::Open { .. } = what else {
        return Some(what);
    };
    let state = partition.event(event)?;
    let Lobby::Shuffle(commitment) = state.lobby() else {
        return Some(SetTime::Open { secret: None });
    };
    let secret = deps
        .secrets
        .secret(&commitment.key_id, event, state.creation());
    if secret.is_none() {
        warn!(event.id = %event, "The event cannot open: the lobby key {} is not at hand", commitment.key_id);
    }
    secret.map(|secret| SetTime::Open {
        secret: Some(secret),
    })
}

fn tick(partition: &Partition) -> Option<Entry> {
    let folded = partition.position()?;
    Some(Entry::Tick {
        folded,
        log_hash: partition.log_hash(),
        state_hash: partition.state_hash(),
    })
}
