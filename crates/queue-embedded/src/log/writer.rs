//! The writer thread: takes whatever is pending, makes it durable with one sync, then answers everybody.

use super::faults::Faults;
use super::handle::{LogSettings, Shared};
use super::metrics::LogMetrics;
use super::plan::{Plan, PlanLimits, Planned, Request, Waiting};
use super::store::{Placed, Store, WriteError};
use crate::database::explain;
use crate::folder::DataFolder;
use queue_domain::{Position, Stamp};
use queue_ports::clock::Clock;
use queue_ports::log::{AppendError, Appended, StoredRecord};
use queue_protocol::record::assemble;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// What the thread is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// Make this durable.
    Append(Request),
    /// Finish what came before, checkpoint, end.
    Stop(oneshot::Sender<()>),
}

/// The thread's own.
pub(crate) struct Writer {
    pub(crate) folder: DataFolder,
    pub(crate) settings: LogSettings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) faults: Faults,
    pub(crate) metrics: LogMetrics,
    pub(crate) shared: Arc<Shared>,
    pub(crate) messages: mpsc::Receiver<Message>,
    /// `None` after an outcome that is unknown: opened again before the next write, to learn what is there.
    pub(crate) store: Option<Store>,
    /// Entries of the group before.
    pub(crate) last_group: usize,
}

/// A group of so many entries is worth waiting for the next one to be as large.
const CROWD: usize = 8;

/// What became of a group: the stamp and the first position of each record.
type Written = Result<(Stamp, Vec<Position>), AppendError>;

impl Writer {
    /// Runs until stopped or until every handle is gone.
    pub(crate) fn run(mut self) {
        let mut stopped = None;
        while stopped.is_none() {
            let Some(message) = self.messages.blocking_recv() else {
                break;
            };
            stopped = self.step(message);
        }
        self.messages.close();
        while let Some(message) = self.messages.blocking_recv() {
            match message {
                Message::Append(request) => self.refuse(request, "the log is stopping"),
                Message::Stop(answer) => _ = answer.send(()),
            }
        }
        if let Some(Err(error)) = self.store.as_ref().map(Store::checkpoint) {
            tracing::warn!(
                error = explain(&error),
                "the log could not be checkpointed; nothing is lost, the next start reads more"
            );
        }
        // Gives up the folder before it says so: another process may open it then.
        drop(self);
        // Who asked for the stop may have gone.
        _ = stopped.map(|answer| answer.send(()));
    }

    /// Writes everything that is pending, one transaction, beginning with `first`.
    fn step(&mut self, first: Message) -> Option<oneshot::Sender<()>> {
        let limits = PlanLimits {
            record_entries: self.settings.record_entries,
            record_bytes: self.settings.record_bytes,
            records: self.settings.group_records,
            entries: self.settings.group_entries,
        };
        let mut plan = Plan::new(limits);
        self.gather();
        let mut next = Some(first);
        let stopped = loop {
            match next {
                Some(Message::Append(request)) => self.plan(&mut plan, request),
                Some(Message::Stop(answer)) => break Some(answer),
                None => break None,
            }
            if plan.is_full() {
                break None;
            }
            self.faults.wait_while_held();
            next = self.messages.try_recv().ok();
        };
        self.metrics.queued.set(self.messages.len() as i64);
        self.last_group = plan.entries();
        if plan.entries() > 0 {
            self.group(plan);
        }
        stopped
    }

    /// When the last group was a crowd, waits a moment for the next to be one: each sync, and each record's fold, then serves more.
    fn gather(&self) {
        if self.last_group < CROWD {
            return;
        }
        let until = Instant::now() + self.settings.gather;
        while self.messages.len() < self.settings.group_entries {
            let Some(left) = until
                .checked_duration_since(Instant::now())
                .filter(|left| !left.is_zero())
            else {
                return;
            };
            // Nobody unparks this thread; waking early only looks at the time again.
            std::thread::park_timeout(left);
        }
    }

    fn plan(&self, plan: &mut Plan, request: Request) {
        if self.faults.takes_refusal() {
            self.refuse(request, "a test refuses it");
        } else {
            plan.add(request);
        }
    }

    fn refuse(&self, request: Request, why: &str) {
        self.metrics.refused.inc();
        // Who asked may have gone.
        _ = request
            .answer
            .send(Err(AppendError::Unavailable(why.into())));
    }

    /// Makes a group durable and answers everybody in it.
    fn group(&mut self, plan: Plan) {
        let began = Instant::now();
        self.metrics.group_entries.observe(plan.entries() as f64);
        let mut records = plan.into_records();
        let written = self.write(&mut records);
        self.metrics
            .commit_seconds
            .observe(began.elapsed().as_secs_f64());
        match written {
            Ok((stamp, first)) => {
                for (record, first) in records.into_iter().zip(first) {
                    (0..).zip(record.waiting).for_each(|(index, waiting)| {
                        self.acknowledge(waiting, Position { index, ..first }, stamp)
                    });
                }
            }
            Err(error) => {
                records
                    .into_iter()
                    .flat_map(|record| record.waiting)
                    .for_each(|waiting| self.fail(waiting, &error));
                // At once, so that whoever follows the log sees what survived. If it fails, the next group tries again.
                if let Err(error) = self.open_again(self.clock.now()) {
                    tracing::error!(
                        error = error.to_string(),
                        "the log could not be opened again"
                    );
                }
            }
        }
    }

    fn write(&mut self, planned: &mut [Planned]) -> Written {
        let stamp = self.clock.now();
        self.open_again(stamp)?;
        let Some(store) = &mut self.store else {
            return Err(AppendError::Unavailable("the log is closed".into()));
        };
        if self.faults.is_disk_full() != self.shared.is_limited() {
            self.shared.set_limited(self.faults.is_disk_full());
            store
                .limit_growth(self.faults.is_disk_full())
                .map_err(|error| AppendError::Unavailable(explain(&error)))?;
        }
        let mut ends = store.ends.clone();
        let mut first = Vec::with_capacity(planned.len());
        let mut placed = Vec::with_capacity(planned.len());
        for record in planned {
            let end = &mut ends[record.partition as usize];
            first.push(Position {
                generation: store.generation,
                offset: *end,
                index: 0,
            });
            let bytes = assemble(&std::mem::take(&mut record.entries));
            placed.push(Placed {
                partition: record.partition,
                record: StoredRecord {
                    offset: *end,
                    stamp,
                    bytes,
                },
            });
            *end += 1;
        }
        let written = store.write(&placed);
        let lost = written.is_ok() && self.faults.takes_commit();
        match if lost {
            Err(WriteError::Unknown(
                "a test lost the commit's answer".into(),
            ))
        } else {
            written
        } {
            Ok(()) => {}
            Err(WriteError::RolledBack(why)) => return Err(AppendError::Unavailable(why)),
            Err(WriteError::Unknown(why)) => {
                self.store = None;
                return Err(AppendError::OutcomeUnknown(why));
            }
        }
        self.metrics.commits.inc();
        self.metrics.records.inc_by(placed.len() as u64);
        self.shared.durable(placed);
        Ok((stamp, first))
    }

    /// After an unknown outcome: opens the log again and takes what is there for what happened.
    fn open_again(&mut self, now: Stamp) -> Result<(), AppendError> {
        if self.store.is_some() {
            return Ok(());
        }
        let store = Store::open(&self.folder, &self.settings, now)
            .map_err(|error| AppendError::Unavailable(error.to_string()))?;
        tracing::warn!("the log was opened again after a write whose outcome is unknown");
        self.shared.set_limited(false);
        self.shared.start_from(&store.ends);
        self.store = Some(store);
        Ok(())
    }

    fn acknowledge(&self, waiting: Waiting, position: Position, stamp: Stamp) {
        self.metrics
            .append_seconds
            .observe(waiting.arrived.elapsed().as_secs_f64());
        let answer = if self.faults.takes_cut() {
            self.metrics.unknown.inc();
            Err(AppendError::OutcomeUnknown("a test cut the answer".into()))
        } else {
            Ok(Appended { position, stamp })
        };
        // Who asked may have gone; the entry is in the log all the same.
        _ = waiting.answer.send(answer);
    }

    fn fail(&self, waiting: Waiting, error: &AppendError) {
        let answer = match error {
            AppendError::Unavailable(why) | AppendError::Invalid(why) => {
                self.metrics.refused.inc();
                AppendError::Unavailable(why.clone())
            }
            AppendError::OutcomeUnknown(why) => {
                self.metrics.unknown.inc();
                AppendError::OutcomeUnknown(why.clone())
            }
        };
        _ = waiting.answer.send(Err(answer));
    }
}
