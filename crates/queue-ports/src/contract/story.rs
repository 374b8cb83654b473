//! A random but valid stretch of log, folded: what owners really hand to projections.

use super::random::Random;
use crate::ledger::LedgerBatch;
use crate::view::{ViewBatch, ViewImage};
use queue_domain::{
    Command, CommandId, Commitment, Definition, DoorCode, Effect, Entry, EventId, EventState,
    Lobby, LogPosition, OperatorAction, Partition, Policy, PolicyPatch, Record, RequestId,
    ReservationId, Schedule, Seats, SetTime, ShopperAction, ShopperId, SlotDefinition, SlotId,
    Stamp, TextChange, lobby_secret, sha256,
};
use queue_protocol::record::{self, assemble};
use std::ops::Range;
use std::sync::Arc;

const GENERATION: u32 = 3;
const SHOPPERS: u8 = 16;
const EVENTS: [&str; 2] = ["story-arrival", "story-shuffle"];
const SLOTS: [(&str, u32); 3] = [("0900", 3), ("0930", 3), ("1000", 2)];
const LOBBY_AT: Stamp = Stamp(1_000);
const LOBBY_KEY: [u8; 32] = [9; 32];

/// One record, folded.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The record.
    pub position: LogPosition,
    /// What it did, to whichever events.
    pub effects: Vec<Effect>,
    /// Every event after it.
    pub after: Vec<EventState>,
}

/// A stretch of one partition's log from its beginning.
#[derive(Debug, Clone)]
pub struct Story {
    /// What made it.
    pub seed: u64,
    /// Its records.
    pub moments: Vec<Moment>,
    /// Everybody in it.
    pub shoppers: Vec<ShopperId>,
    /// Every reservation ever asked for, by event.
    pub reservations: Vec<(EventId, ReservationId)>,
    /// Every operator's command, by event.
    pub operators: Vec<(EventId, CommandId)>,
}

impl Story {
    /// A story of so many records.
    pub fn new(seed: u64, records: usize) -> Self {
        let mut teller = Teller::new(seed);
        (0..records).for_each(|record| teller.record(record));
        teller.story
    }

    /// The partition that it happens on.
    pub fn partition(&self) -> u32 {
        0
    }

    /// The events in it.
    pub fn events(&self) -> Vec<EventId> {
        EVENTS
            .iter()
            .map(|id| EventId::parse(id).expect("an event id"))
            .collect()
    }

    /// An event after the record of this index; `None` before its creation.
    pub fn event_after(&self, event: &EventId, moment: usize) -> Option<&EventState> {
        self.moments[moment]
            .after
            .iter()
            .find(|state| state.id() == event)
    }

    /// The event's version after the first `moments` records.
    pub fn version_before(&self, event: &EventId, moments: usize) -> Option<LogPosition> {
        self.event_after(event, moments.checked_sub(1)?)
            .map(EventState::version)
    }

    /// What these records did to an event; `None` when they did not move it.
    pub fn view_batch(&self, event: &EventId, moments: Range<usize>) -> Option<ViewBatch> {
        let follows = self.version_before(event, moments.start);
        let last = self.version_before(event, moments.end)?;
        let effects = self.moments[moments]
            .iter()
            .flat_map(|moment| &moment.effects)
            .filter(|effect| effect.event == *event)
            .cloned()
            .collect();
        (follows != Some(last)).then(|| ViewBatch {
            partition: self.partition(),
            event: event.clone(),
            follows,
            last,
            effects,
        })
    }

    /// What these records, at least one, did to the ledger.
    pub fn ledger_batch(&self, moments: Range<usize>) -> LedgerBatch {
        LedgerBatch {
            partition: self.partition(),
            follows: moments
                .start
                .checked_sub(1)
                .map(|before| self.moments[before].position),
            last: self.moments[moments.end - 1].position,
            effects: self.moments[moments]
                .iter()
                .flat_map(|moment| &moment.effects)
                .cloned()
                .collect(),
        }
    }

    /// An event built anew as it stands after the record of this index.
    pub fn image(&self, event: &EventId, moment: usize) -> Option<ViewImage> {
        let state = self.event_after(event, moment)?;
        Some(ViewImage {
            partition: self.partition(),
            event: event.clone(),
            version: state.version(),
            effects: state.image(),
        })
    }
}

/// Makes up a story.
struct Teller {
    random: Random,
    fold: Partition,
    story: Story,
    stamp: u64,
    made: u64,
    /// Who asked for which of the story's reservations.
    askers: Vec<ShopperId>,
}

impl Teller {
    fn new(seed: u64) -> Self {
        let shoppers = (0..SHOPPERS)
            .map(|shopper| ShopperId([shopper + 1; 16]))
            .collect();
        let story = Story {
            seed,
            moments: Vec::new(),
            shoppers,
            reservations: Vec::new(),
            operators: Vec::new(),
        };
        Self {
            random: Random::new(seed),
            fold: Partition::new(0),
            story,
            stamp: 1_000_000,
            made: 0,
            askers: Vec::new(),
        }
    }

    fn record(&mut self, index: usize) {
        self.stamp += self.random.below(700);
        let entries = match index {
            0 => vec![Entry::Genesis {
                generation: GENERATION,
                partitions: 1,
            }],
            1 => EVENTS.iter().map(|id| self.create(id)).collect(),
            2 => EVENTS
                .iter()
                .map(|id| {
                    Entry::Command(Command::Timed {
                        event: event(id),
                        at: LOBBY_AT,
                        what: SetTime::Lobby,
                    })
                })
                .collect(),
            12 => vec![self.open(EVENTS[0])],
            20 => vec![self.open(EVENTS[1])],
            _ if self.random.once_in(4) => vec![self.tick()],
            _ => (0..=self.random.below(6)).map(|_| self.command()).collect(),
        };
        self.append(&entries);
    }

    fn append(&mut self, entries: &[Entry]) {
        let encoded: Vec<_> = entries
            .iter()
            .map(|entry| record::Entry::new([0; 16], entry).encode())
            .collect();
        let bytes = assemble(&encoded);
        let read = record::entries(&bytes).expect("what was written can be read");
        let record = Record {
            offset: self.story.moments.len() as u64,
            stamp: Stamp(self.stamp),
            bytes: &bytes,
            entries: Some(&read),
        };
        let mut effects = Vec::new();
        let folded = self
            .fold
            .fold(&record, &mut effects)
            .expect("a valid record folds");
        self.story.moments.push(Moment {
            position: folded.position,
            effects,
            after: self.fold.events().cloned().collect(),
        });
    }

    fn id(&mut self) -> CommandId {
        self.made += 1;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.made.to_be_bytes());
        CommandId(bytes)
    }

    fn create(&mut self, id: &str) -> Entry {
        let command = self.id();
        self.story.operators.push((event(id), command));
        let definition = Arc::new(definition(id, command));
        Entry::Command(Command::Create {
            id: command,
            actor: "teller".into(),
            rules: queue_domain::RULES,
            definition,
        })
    }

    fn open(&mut self, id: &str) -> Entry {
        let creation = self
            .story
            .operators
            .iter()
            .find(|(event, _)| event.as_str() == id)
            .expect("it was created")
            .1;
        let secret = (id == EVENTS[1]).then(|| lobby_secret(&LOBBY_KEY, id, &creation.0));
        self.operator(id, OperatorAction::Open { secret })
    }

    fn tick(&self) -> Entry {
        Entry::Tick {
            folded: self.fold.position().expect("a genesis came first"),
            log_hash: self.fold.log_hash(),
            state_hash: self.fold.state_hash(),
        }
    }

    fn operator(&mut self, id: &str, action: OperatorAction) -> Entry {
        let command = self.id();
        self.story.operators.push((event(id), command));
        Entry::Command(Command::Operator {
            id: command,
            event: event(id),
            actor: "teller".into(),
            action,
        })
    }

    fn command(&mut self) -> Entry {
        let id = *self.random.pick(&EVENTS);
        if self.random.once_in(12) {
            let action = self.operator_action();
            return self.operator(id, action);
        }
        let shopper = ShopperId([1 + self.random.below(SHOPPERS.into()) as u8; 16]);
        let (shopper, action) = if self.random.once_in(8) {
            self.change(id, shopper)
        } else {
            (shopper, self.shopper_action(id, shopper))
        };
        Entry::Command(Command::Shopper {
            id: self.id(),
            event: event(id),
            shopper,
            action,
        })
    }

    fn shopper_action(&mut self, id: &str, shopper: ShopperId) -> ShopperAction {
        match self.random.below(17) {
            0..5 => ShopperAction::Join {
                wish: self.random.once_in(2).then(|| self.slot()),
            },
            5..9 => ShopperAction::Enter { place: None },
            9..15 => self.reserve(id, shopper),
            15 => ShopperAction::Leave { place: None },
            _ => ShopperAction::Extend { place: None },
        }
    }

    /// A cancel or a move, mostly of one's own reservation.
    fn change(&mut self, id: &str, shopper: ShopperId) -> (ShopperId, ShopperAction) {
        let asked = self
            .story
            .reservations
            .iter()
            .zip(&self.askers)
            .filter(|((event, _), _)| event.as_str() == id);
        let asked: Vec<_> = asked
            .map(|((_, reservation), asker)| (*reservation, *asker))
            .collect();
        let (reservation, asker) = if asked.is_empty() {
            (ReservationId([0; 16]), shopper)
        } else {
            *self.random.pick(&asked)
        };
        let shopper = if self.random.once_in(5) {
            shopper
        } else {
            asker
        };
        let action = if self.random.once_in(3) {
            ShopperAction::Cancel {
                reservation,
                if_slot: None,
            }
        } else {
            ShopperAction::Move {
                reservation,
                if_slot: None,
                to: self.slot(),
            }
        };
        (shopper, action)
    }

    fn slot(&mut self) -> SlotId {
        slot_id(self.random.pick(&SLOTS).0)
    }

    /// One of few request keys a shopper, so that repeats and mismatches happen.
    fn reserve(&mut self, id: &str, shopper: ShopperId) -> ShopperAction {
        let (key, slot, seats) = (
            self.random.below(6) as u8,
            self.slot(),
            1 + self.random.below(3) as u32,
        );
        let digest = sha256(&[
            id.as_bytes(),
            &shopper.0,
            &[key],
            slot.as_str().as_bytes(),
            &seats.to_be_bytes(),
        ]);
        let mut reservation = [0; 16];
        reservation.copy_from_slice(&digest[..16]);
        let mut request = [key; 16];
        request[1] = shopper.0[0];
        self.story
            .reservations
            .push((event(id), ReservationId(reservation)));
        self.askers.push(shopper);
        ShopperAction::Reserve {
            reservation: ReservationId(reservation),
            request: RequestId(request),
            slot,
            seats: Seats(seats),
            contact: None,
        }
    }

    fn reservation(&mut self) -> ReservationId {
        let known = &self.story.reservations;
        if known.is_empty() {
            ReservationId([0; 16])
        } else {
            self.random.pick(known).1
        }
    }

    fn operator_action(&mut self) -> OperatorAction {
        match self.random.below(12) {
            0 if self.random.once_in(2) => OperatorAction::Pause,
            1..4 => OperatorAction::Resume,
            4 | 5 => OperatorAction::Capacity {
                slot: self.slot(),
                capacity: Seats(self.random.below(4) as u32),
            },
            6 => OperatorAction::Policy(PolicyPatch {
                admit_per_second_milli: Some(500 + self.random.below(9_000) as u32),
                ..PolicyPatch::default()
            }),
            7 => OperatorAction::Texts(vec![TextChange {
                key: "notice.en".into(),
                text: self.random.once_in(2).then(|| "Soon".into()),
            }]),
            8 if self.random.once_in(8) => OperatorAction::CancelSlot(self.slot()),
            9 if self.random.once_in(8) => OperatorAction::StopSlot(self.slot()),
            _ => OperatorAction::CheckIn {
                code: code(self.reservation()),
                slot: None,
            },
        }
    }
}

fn event(id: &str) -> EventId {
    EventId::parse(id).expect("an event id")
}

fn slot_id(id: &str) -> SlotId {
    SlotId::parse(id).expect("a slot id")
}

/// The door code of a reservation that met no other with the same one.
fn code(id: ReservationId) -> DoorCode {
    DoorCode::new(
        id.0[..5]
            .iter()
            .fold(0, |bits, byte| (bits << 8) | u64::from(*byte)),
    )
}

fn definition(id: &str, creation: CommandId) -> Definition {
    let shuffle = || Commitment {
        secret_sha256: sha256(&[&lobby_secret(&LOBBY_KEY, id, &creation.0)]),
        key_id: "story".into(),
    };
    let far = Stamp(1_000_000_000_000);
    let slot = |(id, capacity): &(&str, u32)| SlotDefinition {
        id: slot_id(id),
        starts_at: far,
        ends_at: far,
        bookable_until: far,
        day: (Stamp(0), far),
        capacity: Seats(*capacity),
    };
    Definition {
        id: event(id),
        lobby: if id == EVENTS[1] {
            Lobby::Shuffle(shuffle())
        } else {
            Lobby::Arrival
        },
        schedule: Schedule {
            lobby_opens_at: LOBBY_AT,
            opens_at: far,
            closes_at: far,
        },
        policy: Policy {
            admit_per_second_milli: 5_000,
            room_max: 6,
            room_per_seat_milli: 1_000,
            claim_window_ms: 2_500,
            session_ms: 4_000,
            session_extensions: 1,
            per_shopper_max: 2,
            party_max: 3,
            joins_per_shopper: 5,
        },
        slots: SLOTS.iter().map(slot).collect(),
        texts: [("title.en".into(), "A story".into())]
            .into_iter()
            .collect(),
    }
}
