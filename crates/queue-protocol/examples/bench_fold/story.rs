//! Who does what in the benchmark of the fold: a line that fills, and rounds in which a room's worth is admitted, enters and
//! books while others join, leave, cancel and move. It counts only what it is asked to count.

use crate::measured::Spent;
use crate::{BATCH, Fold};
use queue_domain::{
    Command, CommandId, Definition, EffectKind, Entry, EventId, Lobby, PlaceNo, PlaceState, Policy,
    RULES, RequestId, ReservationId, Schedule, Seats, SetTime, ShopperAction, ShopperId,
    SlotDefinition, SlotId, Stamp, sha256,
};
use queue_protocol::record::{self, EncodedEntry};
use std::collections::BTreeMap;
use std::sync::Arc;

const OPENS: u64 = 1_800_000_000_000;
const DAY_MS: u64 = 86_400_000;
/// Admissions in a round: one tick's worth.
const ROUND: u32 = 500;
const SLOTS: u32 = 18;
/// Joins that are made before the clock runs.
const GROUP: u32 = 2000;

/// The event, and how far its story has got.
pub(crate) struct Story {
    event: EventId,
    slots: Vec<SlotId>,
    now: u64,
    joined: u32,
    commands: u64,
    seats: u32,
}

fn id16(kind: &str, number: u64) -> [u8; 16] {
    let digest = sha256(&[kind.as_bytes(), &number.to_be_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    id
}

fn shopper(number: u32) -> ShopperId {
    ShopperId(id16("shopper", number.into()))
}

/// A record's bytes, as a log would hold them.
pub(crate) fn bytes(entries: &[Entry]) -> Vec<u8> {
    let encoded: Vec<EncodedEntry> = entries
        .iter()
        .map(|entry| record::Entry::new([7; 16], entry).encode())
        .collect();
    record::assemble(&encoded)
}

/// Reads records of a hundred joins each.
pub(crate) fn reading() -> Spent {
    let mut story = Story::new(1);
    let entries: Vec<Entry> = (0..100).map(|_| story.join()).collect();
    let bytes = bytes(&entries);
    let mut spent = Spent::default();
    for _ in 0..1000 {
        spent.on(100, || record::entries(&bytes).expect("a record of ours"));
    }
    spent
}

impl Story {
    pub(crate) fn new(seats: u32) -> Self {
        let slots = (0..SLOTS).map(|slot| {
            let minutes = 540 + 30 * slot;
            SlotId::parse(&format!("{:02}{:02}", minutes / 60, minutes % 60)).expect("a slot id")
        });
        Self {
            event: EventId::parse("glow-seongsu").expect("an event id"),
            slots: slots.collect(),
            now: OPENS,
            joined: 0,
            commands: 0,
            seats,
        }
    }

    /// Creates the event and opens it, the bucket empty and the room full of nobody.
    pub(crate) fn open(&mut self, fold: &mut Fold) {
        let spent = &mut Spent::default();
        let genesis = Entry::Genesis {
            generation: 1,
            partitions: 1,
        };
        fold.records(spent, self.now, &[vec![genesis]]);
        let create = Command::Create {
            id: CommandId([1; 16]),
            actor: "bench".into(),
            rules: RULES,
            definition: Arc::new(self.definition()),
        };
        fold.records(spent, self.now, &[vec![Entry::Command(create)]]);
        for what in [SetTime::Lobby, SetTime::Open { secret: None }] {
            let timed = Command::Timed {
                event: self.event.clone(),
                at: Stamp(OPENS),
                what,
            };
            fold.records(spent, self.now, &[vec![Entry::Command(timed)]]);
        }
        // The first in line use up the bucket, so that the line that is then measured only waits.
        self.joins(fold, spent, ROUND * 4, BATCH);
    }

    fn definition(&self) -> Definition {
        let slot = |id: &SlotId| SlotDefinition {
            id: id.clone(),
            starts_at: Stamp(OPENS + DAY_MS),
            ends_at: Stamp(OPENS + DAY_MS),
            bookable_until: Stamp(OPENS + DAY_MS),
            day: (Stamp(OPENS), Stamp(OPENS + 2 * DAY_MS)),
            capacity: Seats(self.seats),
        };
        Definition {
            id: self.event.clone(),
            lobby: Lobby::Arrival,
            schedule: Schedule {
                lobby_opens_at: Stamp(OPENS),
                opens_at: Stamp(OPENS),
                closes_at: Stamp(OPENS + DAY_MS),
            },
            policy: Policy {
                admit_per_second_milli: ROUND * 4 * 1000,
                room_max: 20_000,
                room_per_seat_milli: 1000,
                claim_window_ms: 30_000,
                session_ms: 300_000,
                session_extensions: 1,
                per_shopper_max: 1,
                party_max: 4,
                joins_per_shopper: 20,
            },
            slots: self.slots.iter().map(slot).collect(),
            texts: BTreeMap::new(),
        }
    }

    fn command(&mut self, shopper: ShopperId, action: ShopperAction) -> Entry {
        self.commands += 1;
        Entry::Command(Command::Shopper {
            id: CommandId(id16("command", self.commands)),
            event: self.event.clone(),
            shopper,
            action,
        })
    }

    fn join(&mut self) -> Entry {
        self.joined += 1;
        self.command(shopper(self.joined - 1), ShopperAction::Join { wish: None })
    }

    /// So many new shoppers join.
    pub(crate) fn joins(&mut self, fold: &mut Fold, spent: &mut Spent, count: u32, batch: usize) {
        let mut left = count;
        while left > 0 {
            let group = left.min(GROUP);
            let entries: Vec<Entry> = (0..group).map(|_| self.join()).collect();
            let records: Vec<Vec<Entry>> = entries.chunks(batch).map(<[Entry]>::to_vec).collect();
            fold.records(spent, self.now, &records);
            left -= group;
        }
    }

    /// A tick that admits, then what the admitted and the others do until the next.
    pub(crate) fn round(&mut self, fold: &mut Fold, spent: &mut Spent, admission: &mut Spent) {
        self.now += 250;
        let tick = Entry::Tick {
            folded: fold.partition.position().expect("a genesis"),
            log_hash: fold.partition.log_hash(),
            state_hash: fold.partition.state_hash(),
        };
        let ticking = &mut Spent::default();
        fold.records(ticking, self.now, &[vec![tick]]);
        let admitted: Vec<PlaceNo> = fold
            .effects
            .iter()
            .filter_map(|effect| match effect.kind {
                EffectKind::Place {
                    place,
                    state: PlaceState::Admitted,
                    ..
                } => Some(place),
                _ => None,
            })
            .collect();
        admission.add(ticking.doing(admitted.len() as u64));
        let entries = self.deeds(&admitted);
        let records: Vec<Vec<Entry>> = entries.chunks(BATCH).map(<[Entry]>::to_vec).collect();
        fold.records(spent, self.now, &records);
    }

    /// Everybody admitted enters and books, one in ten of them then cancels, one in ten moves, as many join, and one in ten
    /// of as many leaves from somewhere in the line.
    fn deeds(&mut self, admitted: &[PlaceNo]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for place in admitted {
            let who = shopper(place.0);
            entries.push(self.command(who, ShopperAction::Enter { place: None }));
            let key = u64::from(place.0);
            let reservation = ReservationId(id16("reservation", key));
            let slot = self.slots[(place.0 % SLOTS) as usize].clone();
            let reserve = ShopperAction::Reserve {
                reservation,
                request: RequestId(id16("request", key)),
                slot: slot.clone(),
                seats: Seats(1 + place.0 % 4),
                contact: None,
            };
            entries.push(self.command(who, reserve));
            entries.push(self.join());
            let if_slot = Some(slot);
            match place.0 % 10 {
                0 => {
                    let cancel = ShopperAction::Cancel {
                        reservation,
                        if_slot,
                    };
                    entries.push(self.command(who, cancel));
                }
                1 => {
                    let to = self.slots[((place.0 + 1) % SLOTS) as usize].clone();
                    let moved = ShopperAction::Move {
                        reservation,
                        if_slot,
                        to,
                    };
                    entries.push(self.command(who, moved));
                }
                2 => {
                    let leaving = place.0 + (self.joined - place.0) / 2;
                    let leave = ShopperAction::Leave { place: None };
                    entries.push(self.command(shopper(leaving), leave));
                }
                _ => {}
            }
        }
        entries
    }
}
