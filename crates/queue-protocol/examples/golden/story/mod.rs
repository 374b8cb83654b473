//! The story of the golden log: two small events, an agenda of operators and accidents, and a crowd that does at random what
//! shoppers do, from one seed.

mod agenda;
mod crowd;

use crate::assemble;
use queue_domain::*;
use queue_protocol::record::{self, RecordError};
use std::sync::Arc;

/// When the story begins: 2027-01-15 08:00 UTC.
const BEGIN: u64 = 1_800_000_000_000;
const SECOND: u64 = 1000;
const DAY: u64 = 86_400 * SECOND;
/// The story ends after so many seconds.
const END: u64 = 170;
/// The snapshot is taken at the first record after so many seconds.
const SNAPSHOT: u64 = 75;
const SECRET: [u8; 32] = [0x5e; 32];

/// A record, and where the fold stood after it.
pub(crate) struct Logged {
    pub(crate) stamp: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) folded: Folded,
}

/// The whole story.
pub(crate) struct Told {
    pub(crate) records: Vec<Logged>,
    pub(crate) image: Option<PartitionImage>,
}

pub(crate) struct Story {
    partition: Partition,
    told: Told,
    now: u64,
    commands: u64,
    random: u64,
    /// Reservations asked for: event, shopper, number of the request, slot.
    asked: Vec<(&'static str, u64, u64, &'static str)>,
}

fn id16(kind: &str, parts: &[u64]) -> [u8; 16] {
    let parts: Vec<[u8; 8]> = parts.iter().map(|part| part.to_be_bytes()).collect();
    let digest = sha256(&[kind.as_bytes(), &parts.concat()]);
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    id
}

fn slot_id(id: &str) -> SlotId {
    SlotId::parse(id).expect("a slot id")
}

fn event_id(id: &str) -> EventId {
    EventId::parse(id).expect("an event id")
}

/// A slot that begins so many seconds into the story.
fn slot(id: &str, starts: u64, day: u64, capacity: u32) -> SlotDefinition {
    let starts_at = BEGIN + starts * SECOND;
    SlotDefinition {
        id: slot_id(id),
        starts_at: Stamp(starts_at),
        ends_at: Stamp(starts_at + 30 * SECOND),
        bookable_until: Stamp(starts_at - 10 * SECOND),
        day: (Stamp(BEGIN + day * DAY), Stamp(BEGIN + (day + 1) * DAY)),
        capacity: Seats(capacity),
    }
}

impl Story {
    pub(crate) fn told() -> Told {
        let mut story = Self {
            partition: Partition::new(0),
            told: Told {
                records: Vec::new(),
                image: None,
            },
            now: BEGIN,
            commands: 0,
            random: 20_270_115,
            asked: Vec::new(),
        };
        story.record(&[Entry::Genesis {
            generation: 1,
            partitions: 1,
        }]);
        for second in 0..END {
            story.second(second);
        }
        story.told
    }

    fn second(&mut self, second: u64) {
        self.agenda(second);
        for _ in 0..2 {
            self.now += 300 + self.below(200);
            self.crowd(second);
        }
        self.set_times();
        self.now = self.now.max(BEGIN + (second + 1) * SECOND);
        self.tick();
        if second == SNAPSHOT {
            self.told.image = self.partition.image();
        }
    }

    /// A number below another, from the seed (xorshift64*, G. Marsaglia and S. Vigna).
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn record(&mut self, entries: &[Entry]) {
        let trace = id16("trace", &[self.told.records.len() as u64]);
        self.append(assemble(trace, entries));
    }

    fn append(&mut self, bytes: Vec<u8>) {
        let entries = match record::entries(&bytes) {
            Ok(entries) => Some(entries),
            Err(RecordError::DeadLetter(_)) => None,
            Err(error) => panic!("the story tells what can be read: {error}"),
        };
        let record = Record {
            offset: self.partition.next_offset(),
            stamp: Stamp(self.now),
            bytes: &bytes,
            entries: entries.as_deref(),
        };
        let folded = self
            .partition
            .fold(&record, &mut Vec::new())
            .expect("the story folds");
        self.told.records.push(Logged {
            stamp: self.now,
            bytes,
            folded,
        });
    }

    fn tick(&mut self) {
        let tick = Entry::Tick {
            folded: self.partition.position().expect("a genesis"),
            log_hash: self.partition.log_hash(),
            state_hash: self.partition.state_hash(),
        };
        self.record(&[tick]);
    }

    /// What the partition's owner does: carries out the set times that have come.
    fn set_times(&mut self) {
        let due: Vec<(EventId, Stamp, SetTime)> = self
            .partition
            .set_times()
            .filter(|(_, at, _)| at.0 <= self.now)
            .map(|(event, at, what)| (event.clone(), at, what))
            .collect();
        for (event, at, what) in due {
            let what = match what {
                SetTime::Open { .. } if event.as_str() == "shuffled" => SetTime::Open {
                    secret: Some(SECRET),
                },
                other => other,
            };
            self.record(&[Entry::Command(Command::Timed { event, at, what })]);
        }
    }

    fn create(&mut self, id: &str, lobby: Lobby, creation: u8, opens: u64) -> Entry {
        let definition = Definition {
            id: event_id(id),
            lobby,
            schedule: Schedule {
                lobby_opens_at: Stamp(BEGIN + (opens - 6) * SECOND),
                opens_at: Stamp(BEGIN + opens * SECOND),
                closes_at: Stamp(BEGIN + 140 * SECOND),
            },
            policy: Policy {
                admit_per_second_milli: 700,
                room_max: 4,
                room_per_seat_milli: 1_500,
                claim_window_ms: 4_000,
                session_ms: 7_000,
                session_extensions: 1,
                per_shopper_max: 2,
                party_max: 3,
                joins_per_shopper: 3,
            },
            slots: vec![
                slot("a", 70, 0, 6),
                slot("b", 110, 0, 5),
                slot("c", 130, 1, 6),
                slot("e", 200, 0, 5),
            ],
            texts: [
                ("title.en".into(), id.into()),
                ("notice.en".into(), "soon".into()),
            ]
            .into(),
        };
        Entry::Command(Command::Create {
            id: CommandId([creation; 16]),
            actor: "minji".into(),
            rules: 1,
            definition: Arc::new(definition),
        })
    }

    fn operator_as(&mut self, id: u64, event: &str, action: OperatorAction) -> Entry {
        Entry::Command(Command::Operator {
            id: CommandId(id16("operator", &[id])),
            event: event_id(event),
            actor: "minji".into(),
            action,
        })
    }

    fn operator(&mut self, event: &str, action: OperatorAction) {
        self.commands += 1;
        let entry = self.operator_as(self.commands, event, action);
        self.record(&[entry]);
    }

    fn shopper_entry(&mut self, event: &str, shopper: u64, action: ShopperAction) -> Entry {
        self.commands += 1;
        Entry::Command(Command::Shopper {
            id: CommandId(id16("command", &[self.commands])),
            event: event_id(event),
            shopper: ShopperId(id16("shopper", &[shopper])),
            action,
        })
    }

    fn shopper(&mut self, event: &str, shopper: u64, action: ShopperAction) {
        let entry = self.shopper_entry(event, shopper, action);
        self.record(&[entry]);
    }

    fn policy(&mut self, event: &str, patch: PolicyPatch) {
        self.operator(event, OperatorAction::Policy(patch));
    }
}

fn reservation(event: &str, shopper: u64, request: u64) -> ReservationId {
    ReservationId(id16(event, &[shopper, request, 1]))
}
