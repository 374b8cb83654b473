//! Turns steps into records, and gives every record to the fold and to the model.

use crate::generate::{Line, Naming, Operation, Shape, Step};
use crate::model::Model;
use queue_domain::{
    Command, CommandId, Commitment, Definition, Digest, Effect, Entry, EventId, Folded, Lobby,
    OperatorAction, OperatorResult, Partition, PlaceId, Policy, PolicyPatch, Position, Record,
    RequestId, ReservationId, ReservationState, Schedule, Seats, SetTime, ShopperAction, ShopperId,
    SlotDefinition, SlotId, Stamp, lobby_rank, lobby_secret,
};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const BEGIN: u64 = 1_000_000_000;
const LOBBY_KEY: [u8; 32] = [9; 32];
const CREATION: CommandId = CommandId([1; 16]);

/// A record as written: what both are given.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) offset: u64,
    pub(crate) stamp: Stamp,
    pub(crate) entries: Vec<Entry>,
}

impl Written {
    pub(crate) fn fold(&self, partition: &mut Partition, effects: &mut Vec<Effect>) -> Folded {
        let bytes = format!("{:?}", self.entries);
        let record = Record {
            offset: self.offset,
            stamp: self.stamp,
            bytes: bytes.as_bytes(),
            entries: Some(&self.entries),
        };
        partition
            .fold(&record, effects)
            .expect("a log written by the rules folds")
    }
}

/// Writes a log while folding it, since a tick says what its writer had folded.
pub(crate) struct Driver {
    pub(crate) fold: Partition,
    pub(crate) model: Option<Model>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) written: Vec<Written>,
    /// Operators' results by command, from the model.
    pub(crate) operators: BTreeMap<CommandId, OperatorResult>,
    shape: Shape,
    stamp: u64,
    last_tick: Option<u64>,
    commands: u64,
    slots_added: u8,
    asked: Vec<(u8, ReservationId)>,
    last_operation: Option<(CommandId, OperatorAction)>,
    pending: Vec<Entry>,
}

pub(crate) fn event() -> EventId {
    EventId::parse("glow").expect("an id")
}

pub(crate) fn shopper(who: u8) -> ShopperId {
    ShopperId([who + 1; 16])
}

fn slot_id(slot: u8) -> SlotId {
    SlotId::parse(&format!("s{slot}")).expect("an id")
}

fn slot(number: u8, seats: u32) -> SlotDefinition {
    // The first is soon over, the others are not.
    let starts = if number == 0 {
        BEGIN + 20_000
    } else {
        BEGIN + 40_000_000
    };
    SlotDefinition {
        id: slot_id(number),
        starts_at: Stamp(starts),
        ends_at: Stamp(starts + 1_800_000),
        bookable_until: Stamp(starts - 5_000),
        day: (Stamp(0), Stamp(u64::MAX)),
        capacity: Seats(seats),
    }
}

fn secret() -> Digest {
    lobby_secret(&LOBBY_KEY, event().as_str(), &CREATION.0)
}

fn definition(shape: &Shape) -> Definition {
    let commitment = Commitment {
        secret_sha256: queue_domain::sha256(&[&secret()]),
        key_id: "k".into(),
    };
    Definition {
        id: event(),
        lobby: if shape.shuffle {
            Lobby::Shuffle(commitment)
        } else {
            Lobby::Arrival
        },
        schedule: Schedule {
            lobby_opens_at: Stamp(BEGIN),
            opens_at: Stamp(BEGIN + 10_000),
            closes_at: Stamp(BEGIN + 20_000_000),
        },
        policy: Policy {
            admit_per_second_milli: shape.rate_milli,
            room_max: shape.room_max,
            room_per_seat_milli: shape.room_per_seat_milli,
            claim_window_ms: 1_000,
            session_ms: 1_500,
            session_extensions: 1,
            per_shopper_max: shape.per_shopper_max,
            party_max: 2,
            joins_per_shopper: 4,
        },
        slots: (0..3)
            .map(|number| slot(number, shape.capacities[usize::from(number)]))
            .collect(),
        texts: BTreeMap::new(),
    }
}

impl Driver {
    pub(crate) fn new(shape: Shape) -> Self {
        let mut driver = Self {
            fold: Partition::new(0),
            model: None,
            effects: Vec::new(),
            written: Vec::new(),
            operators: BTreeMap::new(),
            shape,
            stamp: BEGIN,
            last_tick: None,
            commands: 0,
            slots_added: 0,
            asked: Vec::new(),
            last_operation: None,
            pending: Vec::new(),
        };
        driver.alone(Entry::Genesis {
            generation: 1,
            partitions: 1,
        });
        let definition = Arc::new(definition(&shape));
        driver.alone(Entry::Command(Command::Create {
            id: CREATION,
            actor: "owner".into(),
            rules: 1,
            definition,
        }));
        if shape.begun {
            driver.timed(BEGIN, SetTime::Lobby);
            (0..4).for_each(|who| driver.shopper_entry(who, ShopperAction::Join { wish: None }));
            driver.end_record();
            driver.open(BEGIN + 10_000);
        }
        driver
    }

    /// Writes a step. Returns whether it ended a record.
    pub(crate) fn line(&mut self, (step, ends, elapsed): &Line) -> bool {
        self.step(step);
        if *ends {
            self.end_record();
            self.stamp = self.stamp.saturating_add_signed(*elapsed);
        }
        self.pending.is_empty()
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Join { who, wish } => self.shopper_entry(
                who,
                ShopperAction::Join {
                    wish: wish.map(slot_id),
                },
            ),
            Step::Leave { who, naming } => {
                self.naming(who, naming, |place| ShopperAction::Leave { place })
            }
            Step::Enter { who, naming } => {
                self.naming(who, naming, |place| ShopperAction::Enter { place })
            }
            Step::Extend { who, naming } => {
                self.naming(who, naming, |place| ShopperAction::Extend { place })
            }
            Step::Reserve {
                who,
                key,
                slot,
                seats,
            } => self.reserve(who, key, slot, seats),
            Step::Visit {
                who,
                key,
                slot,
                seats,
            } => {
                self.shopper_entry(who, ShopperAction::Enter { place: None });
                self.reserve(who, key, slot, seats);
            }
            Step::Cancel {
                which,
                own,
                if_slot,
            } => {
                let Some((who, reservation)) = self.asked_for(which, own) else {
                    return;
                };
                self.shopper_entry(
                    who,
                    ShopperAction::Cancel {
                        reservation,
                        if_slot: if_slot.map(slot_id),
                    },
                );
            }
            Step::Move {
                which,
                own,
                if_slot,
                to,
            } => {
                let Some((who, reservation)) = self.asked_for(which, own) else {
                    return;
                };
                self.shopper_entry(
                    who,
                    ShopperAction::Move {
                        reservation,
                        if_slot: if_slot.map(slot_id),
                        to: slot_id(to),
                    },
                );
            }
            Step::Tick { elapsed } => self.tick(elapsed),
            Step::Lobby { right } => self.timed(
                self.set_time(right, |set| set.lobby_opens_at),
                SetTime::Lobby,
            ),
            Step::Open { right } => self.open(self.set_time(right, |set| set.opens_at)),
            Step::Close { right } => {
                self.timed(self.set_time(right, |set| set.closes_at), SetTime::Close)
            }
            Step::SlotOver {
                slot: number,
                right,
            } => {
                let at = if right {
                    slot(number, 0).bookable_until.0
                } else {
                    BEGIN + 1
                };
                self.timed(at, SetTime::SlotOver(slot_id(number)));
            }
            Step::Operate(ref operation) => self.operate(operation),
            Step::OperateAgain => {
                if let Some((id, action)) = self.last_operation.clone() {
                    self.operator_entry(id, action);
                }
            }
        }
    }

    fn naming(
        &mut self,
        who: u8,
        naming: Naming,
        action: impl FnOnce(Option<PlaceId>) -> ShopperAction,
    ) {
        // The place that is current when the command is made, not when it is folded: it may be stale by then.
        let places: Vec<_> = self
            .model
            .iter()
            .flat_map(|model| &model.places)
            .filter(|place| place.shopper == shopper(who))
            .collect();
        let named = match naming {
            Naming::Nothing => None,
            Naming::Current => places.last().map(|place| PlaceId(place.id)),
            Naming::Older => Some(
                places
                    .first()
                    .map_or(PlaceId(Position::default()), |place| PlaceId(place.id)),
            ),
        };
        self.shopper_entry(who, action(named));
    }

    fn reserve(&mut self, who: u8, key: u8, slot: u8, seats: u8) {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&[who + 1, key + 1, slot + 1, seats]);
        let request = RequestId([who + 1, key + 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let reservation = ReservationId(id);
        self.asked.push((who, reservation));
        let action = ShopperAction::Reserve {
            reservation,
            request,
            slot: slot_id(slot),
            seats: Seats(seats.into()),
            contact: None,
        };
        self.shopper_entry(who, action);
    }

    /// Half of the time one that holds seats, where there is one.
    fn asked_for(&self, which: u8, own: bool) -> Option<(u8, ReservationId)> {
        let confirmed = |id: &ReservationId| {
            let mut rows = self.model.iter().flat_map(|model| &model.reservations);
            rows.any(|row| row.id == *id && row.state == ReservationState::Confirmed)
        };
        let held: Vec<_> = self
            .asked
            .iter()
            .filter(|(_, id)| which.is_multiple_of(2) && confirmed(id))
            .collect();
        let among = if held.is_empty() {
            self.asked.iter().collect()
        } else {
            held
        };
        let (who, id) = **among.get(usize::from(which / 2) % among.len().max(1))?;
        Some((
            if own {
                who
            } else {
                (who + 1) % crate::generate::SHOPPERS
            },
            id,
        ))
    }

    /// A set time as it stands when the record is written; it may be moved by the time it is folded.
    fn set_time(&self, right: bool, which: impl Fn(&Schedule) -> Stamp) -> u64 {
        let set = self.model.as_ref().map(|model| which(&model.schedule).0);
        set.filter(|_| right).unwrap_or(BEGIN + 1)
    }

    fn open(&mut self, at: u64) {
        let secret = self.shape.shuffle.then(secret);
        self.alone(Entry::Command(Command::Timed {
            event: event(),
            at: Stamp(at),
            what: SetTime::Open { secret },
        }));
    }

    fn timed(&mut self, at: u64, what: SetTime) {
        self.pending.push(Entry::Command(Command::Timed {
            event: event(),
            at: Stamp(at),
            what,
        }));
    }

    fn tick(&mut self, elapsed: i64) {
        self.end_record();
        self.stamp = self.stamp.saturating_add_signed(elapsed);
        let folded = self.fold.position().expect("the log has begun");
        self.alone(Entry::Tick {
            folded,
            log_hash: self.fold.log_hash(),
            state_hash: self.fold.state_hash(),
        });
    }

    fn operate(&mut self, operation: &Operation) {
        let action = match *operation {
            Operation::Open => OperatorAction::Open {
                secret: self.shape.shuffle.then(secret),
            },
            Operation::Reschedule {
                lobby,
                opens,
                closes,
            } => {
                let at = |seconds: u16| Stamp(BEGIN + u64::from(seconds) * 1_000);
                OperatorAction::Reschedule {
                    lobby_opens_at: lobby.map(at),
                    opens_at: opens.map(at),
                    closes_at: closes.map(at),
                }
            }
            Operation::Pause => OperatorAction::Pause,
            Operation::Resume => OperatorAction::Resume,
            Operation::Close => OperatorAction::Close,
            Operation::Reopen => OperatorAction::Reopen,
            Operation::Rate { milli } => policy(PolicyPatch {
                admit_per_second_milli: Some(milli),
                ..PolicyPatch::default()
            }),
            Operation::Room {
                max,
                per_seat_milli,
            } => policy(PolicyPatch {
                room_max: Some(max),
                room_per_seat_milli: Some(per_seat_milli),
                ..PolicyPatch::default()
            }),
            Operation::Windows {
                claim_ms,
                session_ms,
                extensions,
            } => policy(PolicyPatch {
                claim_window_ms: Some(claim_ms),
                session_ms: Some(session_ms),
                session_extensions: Some(extensions),
                ..PolicyPatch::default()
            }),
            Operation::Limits {
                per_shopper,
                party,
                joins,
            } => policy(PolicyPatch {
                per_shopper_max: Some(per_shopper),
                party_max: Some(party.into()),
                joins_per_shopper: Some(joins),
                ..PolicyPatch::default()
            }),
            Operation::Capacity { slot, seats } => OperatorAction::Capacity {
                slot: slot_id(slot),
                capacity: Seats(seats.into()),
            },
            Operation::AddSlot { seats } => {
                if self.slots_added >= 1 {
                    return;
                }
                self.slots_added += 1;
                OperatorAction::AddSlot(slot(2 + self.slots_added, seats.into()))
            }
            Operation::StopSlot { slot } => OperatorAction::StopSlot(slot_id(slot)),
            Operation::CancelSlot { slot } => OperatorAction::CancelSlot(slot_id(slot)),
        };
        let id = self.command();
        self.last_operation = Some((id, action.clone()));
        self.operator_entry(id, action);
    }

    fn operator_entry(&mut self, id: CommandId, action: OperatorAction) {
        let alone = matches!(action, OperatorAction::Open { .. });
        let entry = Entry::Command(Command::Operator {
            id,
            event: event(),
            actor: "owner".into(),
            action,
        });
        if alone {
            self.alone(entry)
        } else {
            self.pending.push(entry)
        }
    }

    fn shopper_entry(&mut self, who: u8, action: ShopperAction) {
        let id = self.command();
        self.pending.push(Entry::Command(Command::Shopper {
            id,
            event: event(),
            shopper: shopper(who),
            action,
        }));
    }

    fn command(&mut self) -> CommandId {
        self.commands += 1;
        let mut id = [2; 16];
        id[8..].copy_from_slice(&self.commands.to_be_bytes());
        CommandId(id)
    }

    fn alone(&mut self, entry: Entry) {
        self.end_record();
        self.pending.push(entry);
        self.end_record();
    }

    /// Gives what was written to the fold and to the model.
    pub(crate) fn end_record(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let written = Written {
            offset: self.fold.next_offset(),
            stamp: Stamp(self.stamp),
            entries: std::mem::take(&mut self.pending),
        };
        let log_hash = self.fold.log_hash();
        written.fold(&mut self.fold, &mut self.effects);
        for (index, entry) in written.entries.iter().enumerate() {
            let at = Position {
                generation: 1,
                offset: written.offset,
                index: index as u32,
            };
            self.model_entry(at, written.stamp, entry, &log_hash);
        }
        self.written.push(written);
    }

    fn model_entry(&mut self, at: Position, stamp: Stamp, entry: &Entry, log_hash: &Digest) {
        let order = |id: &Position| lobby_rank(&secret(), log_hash, &PlaceId(*id).to_string());
        match entry {
            Entry::Genesis { .. } => {}
            Entry::Tick { .. } => {
                let moved = self
                    .last_tick
                    .map_or(0, |last| stamp.0.saturating_sub(last).min(1_000));
                self.last_tick = Some(stamp.0);
                if let Some(model) = &mut self.model {
                    model.tick(moved);
                }
            }
            Entry::Command(Command::Create { id, definition, .. }) => {
                self.model = Some(Model::create(definition));
                self.operators.insert(*id, OperatorResult::Done);
            }
            Entry::Command(command) => {
                let Some(model) = &mut self.model else { return };
                match command {
                    Command::Shopper {
                        shopper, action, ..
                    } => model.shopper(at, stamp, *shopper, action),
                    Command::Timed { at, what, .. } => {
                        model.timed(*at, what, |model| model.open(order))
                    }
                    Command::Operator { id, action, .. } => {
                        if !self.operators.contains_key(id) {
                            let result = model.operator(stamp, action, order);
                            self.operators.insert(*id, result);
                        }
                    }
                    Command::Create { .. } | Command::RulesChanged { .. } => {}
                }
            }
        }
    }
}

fn policy(patch: PolicyPatch) -> OperatorAction {
    OperatorAction::Policy(patch)
}
