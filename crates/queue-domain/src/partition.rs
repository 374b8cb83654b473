//! The fold of one partition: events, the directory, ticks and the two running hashes.

use crate::command::{Command, Entry, SetTime};
use crate::definition::Definition;
use crate::effect::{Effect, EffectKind, OperatorResult, Phase, Refusal, SlotStatus};
use crate::event::EventState;
use crate::hash::{Digest, chain_record, sha256};
use crate::ids::{CommandId, EventId, LogPosition, Position, SlotNo, Stamp};
use crate::operator::Opening;
use crate::sabotage::{Sabotage, on};
use crate::step::Step;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The version of the rules that this build folds.
pub const RULES: u16 = 1;
/// How many records back a tick's hashes are compared.
const HISTORY: usize = 4096;
/// The most that a tick moves service time, in milliseconds.
const LONGEST_TICK_MS: u64 = 1000;
/// Ticks run from so long before a set time, in milliseconds.
const TICK_AHEAD_MS: u64 = 10_000;

/// A record as read from the log.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Its offset.
    pub offset: u64,
    /// The log's stamp.
    pub stamp: Stamp,
    /// Its bytes, for the log hash.
    pub bytes: &'a [u8],
    /// Its entries; `None` when the bytes are not a record of ours (dead letter).
    pub entries: Option<&'a [Entry]>,
}

/// Where the fold stands after a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// The record.
    pub position: LogPosition,
    /// The log hash after it.
    pub log_hash: Digest,
    /// The state hash after it.
    pub state_hash: Digest,
}

/// Why a partition stops: each is loud, and nothing is skipped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The record does not follow the last one.
    #[error("record {found} does not follow: expected {expected}")]
    Gap {
        /// The offset that should come.
        expected: u64,
        /// The offset that came.
        found: u64,
    },
    /// Offset 0 is no `Genesis`, or one came later.
    #[error("the log does not begin with a genesis at offset 0, or has one at {0}")]
    Genesis(u64),
    /// This build lacks the event's rules.
    #[error("event {event} needs rules version {rules}, which this build does not have")]
    UnknownRules {
        /// The event.
        event: EventId,
        /// The version it needs.
        rules: u16,
    },
    /// Another process folded the same records to something else.
    #[error("the hashes at offset {offset} differ from those in the tick of another fold")]
    Diverged {
        /// The record after which they differ.
        offset: u64,
    },
}

/// An event and where it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The event.
    pub event: EventId,
    /// Its partition, for ever.
    pub partition: u32,
    /// Its creation, as a command that can be copied to its partition.
    pub create: Command,
}

/// One partition, as folded so far.
#[derive(Debug, Clone)]
pub struct Partition {
    pub(crate) number: u32,
    pub(crate) partitions: u32,
    pub(crate) position: Option<LogPosition>,
    pub(crate) log_hash: Digest,
    pub(crate) state_hash: Digest,
    pub(crate) history: VecDeque<(u64, Digest, Digest)>,
    pub(crate) last_tick: Option<Stamp>,
    pub(crate) dead_letters: u64,
    pub(crate) directory: BTreeMap<EventId, DirectoryEntry>,
    pub(crate) events: BTreeMap<EventId, EventState>,
}

impl Partition {
    /// A partition of which nothing is folded yet.
    pub fn new(number: u32) -> Self {
        Self {
            number,
            partitions: 1,
            position: None,
            log_hash: [0; 32],
            state_hash: [0; 32],
            history: VecDeque::new(),
            last_tick: None,
            dead_letters: 0,
            directory: BTreeMap::new(),
            events: BTreeMap::new(),
        }
    }

    /// Which partition it is.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The last record folded.
    pub fn position(&self) -> Option<LogPosition> {
        self.position
    }

    /// The offset that the next record must have.
    pub fn next_offset(&self) -> u64 {
        self.position.map_or(0, |position| position.offset + 1)
    }

    /// The log hash at the position.
    pub fn log_hash(&self) -> Digest {
        self.log_hash
    }

    /// The state hash at the position.
    pub fn state_hash(&self) -> Digest {
        self.state_hash
    }

    /// The last tick's stamp.
    pub fn last_tick(&self) -> Option<Stamp> {
        self.last_tick
    }

    /// Records that were not ours.
    pub fn dead_letters(&self) -> u64 {
        self.dead_letters
    }

    /// The events of this partition, by id.
    pub fn events(&self) -> impl Iterator<Item = &EventState> {
        self.events.values()
    }

    /// One event of this partition.
    pub fn event(&self, id: &EventId) -> Option<&EventState> {
        self.events.get(id)
    }

    /// Every event there is (partition 0 knows), by id.
    pub fn directory(&self) -> impl Iterator<Item = &DirectoryEntry> {
        self.directory.values()
    }

    /// Whether the owner appends ticks: something is in lobby, open or in a room, or a set time is within ten seconds.
    pub fn needs_ticks(&self, now: Stamp) -> bool {
        self.events.values().any(EventState::is_timed)
            || self
                .set_times()
                .any(|(_, at, _)| at.0 <= now.0.saturating_add(TICK_AHEAD_MS))
    }

    /// Set times not carried out yet. The owner adds the secret to an `Open`.
    pub fn set_times(&self) -> impl Iterator<Item = (&EventId, Stamp, SetTime)> {
        self.events.values().flat_map(EventState::set_times)
    }

    /// Folds the next record and adds what it did to `effects`. After an error the partition must not be used.
    pub fn fold(&mut self, record: &Record<'_>, effects: &mut Vec<Effect>) -> Result<Folded, Stop> {
        let expected = self.next_offset();
        if record.offset != expected {
            return Err(Stop::Gap {
                expected,
                found: record.offset,
            });
        }
        let generation = self.generation_at(record)?;
        let position = LogPosition {
            generation,
            offset: record.offset,
        };
        let log_hash_before = self.log_hash;
        self.log_hash = chain_record(
            &self.log_hash,
            generation,
            record.offset,
            record.stamp.0,
            record.bytes,
        );
        self.position = Some(position);
        let first_effect = effects.len();
        let skipped = on(Sabotage::RecordSkipped) && record.offset % 9 == 8;
        let dropped = on(Sabotage::DeadLettersDropped) && record.entries.is_none();
        if skipped || dropped {
            self.log_hash = log_hash_before;
        }
        match record.entries {
            None => self.dead_letters += 1,
            Some(_) if skipped => {}
            Some(entries) => {
                let opening = Opening {
                    log_hash_before,
                    alone: entries.len() == 1,
                };
                self.warm(entries);
                for (index, entry) in entries.iter().enumerate() {
                    let at = Position {
                        generation,
                        offset: record.offset,
                        index: index as u32,
                    };
                    self.fold_entry(at, record.stamp, entry, opening, effects)?;
                }
            }
        }
        self.chain_effects(&effects[first_effect..]);
        self.move_versions(position, &effects[first_effect..]);
        self.remember(record.offset);
        Ok(Folded {
            position,
            log_hash: self.log_hash,
            state_hash: self.state_hash,
        })
    }

    fn generation_at(&self, record: &Record<'_>) -> Result<u32, Stop> {
        match (self.position, record.entries) {
            (None, Some([Entry::Genesis { generation, .. }])) => Ok(*generation),
            (None, _) => Err(Stop::Genesis(record.offset)),
            (Some(position), _) => Ok(position.generation),
        }
    }

    /// Looks every shopper of a record up before the first command is folded. It decides nothing: in a line of a million each
    /// shopper's row is out of the processor's caches, and lookups that do not wait for each other cost little more than one.
    fn warm(&self, entries: &[Entry]) {
        let mut known = 0u32;
        let mut last: Option<(&EventId, &EventState)> = None;
        for entry in entries {
            let Entry::Command(Command::Shopper { event, shopper, .. }) = entry else {
                continue;
            };
            if last.is_none_or(|(id, _)| id != event) {
                last = self.events.get_key_value(event);
            }
            if let Some((_, state)) = last {
                known += u32::from(state.places.current(*shopper).is_some());
            }
        }
        std::hint::black_box(known);
    }

    fn chain_effects(&mut self, effects: &[Effect]) {
        if effects.is_empty() {
            return;
        }
        let mut bytes = Vec::with_capacity(effects.len() * 96);
        effects.iter().for_each(|effect| effect.encode(&mut bytes));
        #[cfg(feature = "sabotage")]
        bytes.extend(crate::sabotage::drift());
        self.state_hash = sha256(&[&self.state_hash, &bytes]);
    }

    /// Every event that the record did something to is now at the record.
    fn move_versions(&mut self, position: LogPosition, effects: &[Effect]) {
        for of_one_event in effects.chunk_by(|a, b| a.event == b.event) {
            if let Some(event) = self.events.get_mut(&of_one_event[0].event) {
                event.version = position;
            }
        }
    }

    fn remember(&mut self, offset: u64) {
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history
            .push_back((offset, self.log_hash, self.state_hash));
    }

    fn fold_entry(
        &mut self,
        at: Position,
        stamp: Stamp,
        entry: &Entry,
        opening: Opening,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Stop> {
        match entry {
            Entry::Genesis { partitions, .. } if at.offset == 0 => {
                self.partitions = (*partitions).max(1)
            }
            Entry::Genesis { .. } => return Err(Stop::Genesis(at.offset)),
            Entry::Tick {
                folded,
                log_hash,
                state_hash,
            } => {
                self.compare(*folded, log_hash, state_hash)?;
                self.tick(at, stamp, effects);
            }
            Entry::Command(Command::Create {
                id,
                actor,
                rules,
                definition,
            }) => self.create(at, stamp, *id, actor, *rules, definition, effects)?,
            Entry::Command(command) => self.command(at, stamp, command, opening, effects)?,
        }
        Ok(())
    }

    /// Compares another fold's hashes with ours at the same record, if it is recent.
    fn compare(
        &self,
        folded: LogPosition,
        log_hash: &Digest,
        state_hash: &Digest,
    ) -> Result<(), Stop> {
        if self
            .position
            .is_some_and(|position| position.generation != folded.generation)
        {
            return Ok(());
        }
        let Some((oldest, ..)) = self.history.front() else {
            return Ok(());
        };
        let Some(back) = folded.offset.checked_sub(*oldest) else {
            return Ok(());
        };
        match self.history.get(back as usize) {
            Some(_) if on(Sabotage::HashDrift) => Ok(()),
            Some((_, log, state)) if log != log_hash || state != state_hash => {
                Err(Stop::Diverged {
                    offset: folded.offset,
                })
            }
            _ => Ok(()),
        }
    }

    fn tick(&mut self, at: Position, stamp: Stamp, effects: &mut Vec<Effect>) {
        let elapsed = self
            .last_tick
            .map_or(0, |before| stamp.0.saturating_sub(before.0))
            .min(if on(Sabotage::OutageCounts) {
                u64::MAX
            } else {
                LONGEST_TICK_MS
            });
        self.last_tick = Some(stamp);
        for state in self.events.values_mut() {
            Step {
                state,
                at,
                stamp,
                effects,
            }
            .tick(elapsed);
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the fields of one command, at its position"
    )]
    fn create(
        &mut self,
        at: Position,
        stamp: Stamp,
        id: CommandId,
        actor: &Arc<str>,
        rules: u16,
        definition: &Arc<Definition>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Stop> {
        if rules != RULES && !on(Sabotage::UnknownRulesFolded) {
            return Err(Stop::UnknownRules {
                event: definition.id.clone(),
                rules,
            });
        }
        if self.number == 0 && self.place_in_directory(id, actor, rules, definition) != 0 {
            return Ok(());
        }
        if let Some(state) = self.events.get_mut(&definition.id) {
            if state.creation != id && !state.operator.contains_key(&id) {
                let result = OperatorResult::Refused(Refusal::WrongPhase);
                Step {
                    state,
                    at,
                    stamp,
                    effects,
                }
                .emit(EffectKind::Operator {
                    command: id,
                    actor: Arc::clone(actor),
                    result,
                });
            }
            return Ok(());
        }
        let mut state = EventState::new(definition, rules, id);
        let mut step = Step {
            state: &mut state,
            at,
            stamp,
            effects,
        };
        step.emit(EffectKind::Created {
            definition: Arc::clone(definition),
            rules,
            creation: id,
        });
        for (number, slot) in definition.slots.iter().enumerate() {
            step.emit(EffectKind::SlotAdded {
                slot: SlotNo(number as u16),
                definition: slot.clone(),
            });
        }
        step.emit(EffectKind::Operator {
            command: id,
            actor: Arc::clone(actor),
            result: OperatorResult::Done,
        });
        step.settle();
        self.events.insert(definition.id.clone(), state);
        Ok(())
    }

    /// Puts a new event into the directory and says on which partition it lives: not partition 0 itself when there are others.
    fn place_in_directory(
        &mut self,
        id: CommandId,
        actor: &Arc<str>,
        rules: u16,
        definition: &Arc<Definition>,
    ) -> u32 {
        let others = self.partitions - 1;
        let partition = if others == 0 {
            0
        } else {
            1 + self.directory.len() as u32 % others
        };
        let create = Command::Create {
            id,
            actor: Arc::clone(actor),
            rules,
            definition: Arc::clone(definition),
        };
        let entry = DirectoryEntry {
            event: definition.id.clone(),
            partition,
            create,
        };
        self.directory
            .entry(definition.id.clone())
            .or_insert(entry)
            .partition
    }

    fn command(
        &mut self,
        at: Position,
        stamp: Stamp,
        command: &Command,
        opening: Opening,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Stop> {
        let Some(state) = self.events.get_mut(command.event()) else {
            return Ok(());
        };
        let mut step = Step {
            state,
            at,
            stamp,
            effects,
        };
        match command {
            Command::Create { .. } => {}
            Command::RulesChanged { event, rules } if *rules != RULES => {
                return Err(Stop::UnknownRules {
                    event: event.clone(),
                    rules: *rules,
                });
            }
            Command::RulesChanged { rules, .. } => step.emit(EffectKind::Rules(*rules)),
            Command::Shopper {
                id,
                shopper,
                action,
                ..
            } => step.shopper(*id, *shopper, action),
            Command::Operator {
                id, actor, action, ..
            } => step.operator(*id, actor, action, opening),
            Command::Timed { at, what, .. } => step.timed(*at, what, opening),
        }
        step.settle();
        if let Some(state) = self.events.get_mut(command.event()) {
            state.version = at.record();
        }
        Ok(())
    }
}

impl EventState {
    /// Set times not carried out yet.
    fn set_times(&self) -> impl Iterator<Item = (&EventId, Stamp, SetTime)> {
        let (phase, schedule) = (self.guise.phase, self.schedule);
        let lobby =
            (phase == Phase::Scheduled).then_some((schedule.lobby_opens_at, SetTime::Lobby));
        let open =
            (phase < Phase::Open).then_some((schedule.opens_at, SetTime::Open { secret: None }));
        let close = (phase < Phase::Closed).then_some((schedule.closes_at, SetTime::Close));
        let slots = self
            .slots
            .iter()
            .filter(|slot| slot.status == SlotStatus::Bookable);
        let over = slots.map(|slot| {
            (
                slot.definition.bookable_until,
                SetTime::SlotOver(slot.definition.id.clone()),
            )
        });
        lobby
            .into_iter()
            .chain(open)
            .chain(close)
            .chain(over)
            .map(|(at, what)| (self.id(), at, what))
    }
}
