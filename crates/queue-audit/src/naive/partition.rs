//! One partition, record by record.

use super::operator::Around;
use super::{At, Decision, Event, Id};
use queue_protocol::record::{Body, Definition, Entry, ShopperAction};
use std::collections::BTreeMap;

/// The version of the rules that this checker has.
const RULES: u16 = 1;
/// The most that a tick moves service time.
const LONGEST_TICK_MS: u64 = 1000;

/// What became of one shopper's command.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Where it is.
    pub at: At,
    /// The trace of the request that made it.
    pub trace: [u8; 16],
    /// The event.
    pub event: String,
    /// Whose.
    pub shopper: Id,
    /// What was asked.
    pub action: ShopperAction,
    /// What it came to.
    pub decision: Decision,
    /// The shopper's place after it, by number of creation.
    pub place: Option<usize>,
}

/// The word for what is asked.
fn kind(action: &ShopperAction) -> &'static str {
    match action {
        ShopperAction::Join { .. } => "join",
        ShopperAction::Leave { .. } => "leave",
        ShopperAction::Enter { .. } => "enter",
        ShopperAction::Extend { .. } => "extend",
        ShopperAction::Reserve { .. } => "reserve",
        ShopperAction::Cancel { .. } => "cancel",
        ShopperAction::Move { .. } => "move",
    }
}

/// A partition as folded so far.
#[derive(Debug, Default)]
pub struct Partition {
    /// Its number.
    pub number: u32,
    /// How many partitions the log has, by its genesis.
    pub partitions: u32,
    /// The log's generation.
    pub generation: u32,
    /// Its events.
    pub events: BTreeMap<String, Event>,
    /// Every shopper's command and what became of it, in log order.
    pub decided: Vec<Decided>,
    directory: BTreeMap<String, u32>,
    last_tick: Option<u64>,
}

impl Partition {
    /// A partition of which nothing is folded.
    pub fn new(number: u32) -> Self {
        Self {
            number,
            partitions: 1,
            ..Self::default()
        }
    }

    /// Folds a record. The error says why nobody may go on here.
    pub fn fold(
        &mut self,
        offset: u64,
        stamp: u64,
        log_hash_before: [u8; 32],
        entries: &[Entry],
    ) -> Result<(), String> {
        let alone = entries.len() == 1;
        for (index, entry) in entries.iter().enumerate() {
            let at = (offset, index as u32);
            let around = Around {
                generation: self.generation,
                log_hash_before,
                alone,
            };
            self.entry(at, stamp, entry, around)?;
        }
        Ok(())
    }

    fn entry(&mut self, at: At, stamp: u64, entry: &Entry, around: Around) -> Result<(), String> {
        match &entry.body {
            Body::Genesis {
                generation,
                partitions,
            } if at == (0, 0) => {
                (self.generation, self.partitions) = (*generation, (*partitions).max(1));
            }
            Body::Genesis { .. } => return Err("a genesis that is not at offset 0".to_owned()),
            Body::Tick { .. } => self.tick(at, stamp),
            Body::Create {
                id,
                rules,
                definition,
                ..
            } => self.create(at, **id, *rules, definition)?,
            Body::RulesChanged { event, rules } => {
                if *rules != RULES && self.events.contains_key(event) {
                    return Err(format!(
                        "{event} moves to rules version {rules}, which is unknown"
                    ));
                }
                self.with(event, at, |_| ());
            }
            Body::Shopper {
                event,
                shopper,
                action,
                ..
            } => self.shopper(at, stamp, entry, event, **shopper, action),
            Body::Operator {
                id, event, action, ..
            } => self.with(event, at, |state| {
                state.operator(at, stamp, **id, action, around)
            }),
            Body::Timed {
                event,
                at: when,
                what,
            } => self.with(event, at, |state| state.timed(at, *when, what, around)),
        }
        Ok(())
    }

    fn with(&mut self, event: &str, at: At, change: impl FnOnce(&mut Event)) {
        if let Some(state) = self.events.get_mut(event) {
            change(state);
            state.settle(at);
            state.version = at.0;
        }
    }

    fn tick(&mut self, at: At, stamp: u64) {
        let elapsed = self.last_tick.map_or(0, |before| {
            stamp.saturating_sub(before).min(LONGEST_TICK_MS)
        });
        self.last_tick = Some(stamp);
        for event in self.events.values_mut() {
            if event.tick(at, elapsed) {
                event.version = at.0;
            }
        }
    }

    /// An event lives on the partition that partition 0 picked for it; a second creation is ignored.
    fn create(
        &mut self,
        at: At,
        id: Id,
        rules: u16,
        definition: &Definition,
    ) -> Result<(), String> {
        if rules != RULES {
            return Err(format!(
                "{} needs rules version {rules}, which is unknown",
                definition.id
            ));
        }
        if self.number == 0 && self.partitions > 1 {
            let picked = 1 + self.directory.len() as u32 % (self.partitions - 1);
            self.directory
                .entry(definition.id.clone())
                .or_insert(picked);
            return Ok(());
        }
        if let Some(event) = self.events.get_mut(&definition.id) {
            if event.operated.insert(id) {
                event.version = at.0;
            }
            return Ok(());
        }
        let mut event = Event::new(definition, id);
        event.settle(at);
        event.version = at.0;
        self.events.insert(definition.id.clone(), event);
        Ok(())
    }

    fn shopper(
        &mut self,
        at: At,
        stamp: u64,
        entry: &Entry,
        event: &str,
        shopper: Id,
        action: &ShopperAction,
    ) {
        let generation = self.generation;
        let mut decision = Err("not_open");
        let mut place = None;
        self.with(event, at, |state| {
            decision = state.shopper(at, stamp, generation, shopper, action);
            place = state.current_place(&shopper);
            state.last.insert(shopper, (kind(action), decision));
        });
        self.decided.push(Decided {
            at,
            trace: *entry.trace,
            event: event.to_owned(),
            shopper,
            action: action.clone(),
            decision,
            place,
        });
    }
}
