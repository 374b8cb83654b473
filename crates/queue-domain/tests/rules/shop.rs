//! A shop to tell stories with: one event, its log made up record by record, folded as it goes.

use queue_domain::*;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const OPENS: u64 = 1_000_000;
pub(crate) const CLOSES: u64 = 100_000_000;
pub(crate) const STARTS: u64 = 50_000_000;

/// One event under test.
pub(crate) struct Shop {
    pub(crate) partition: Partition,
    pub(crate) effects: Vec<Effect>,
    now: u64,
    commands: u128,
}

pub(crate) fn event() -> EventId {
    EventId::parse("glow").expect("an id")
}

pub(crate) fn slot_id(slot: &str) -> SlotId {
    SlotId::parse(slot).expect("an id")
}

pub(crate) fn who(shopper: u8) -> ShopperId {
    ShopperId([shopper; 16])
}

pub(crate) fn reservation_id(shopper: u8, key: u8, body: u8) -> ReservationId {
    let mut id = [shopper; 16];
    (id[14], id[15]) = (key, body);
    ReservationId(id)
}

pub(crate) fn slot(id: &str, capacity: u32) -> SlotDefinition {
    SlotDefinition {
        id: slot_id(id),
        starts_at: Stamp(STARTS),
        ends_at: Stamp(STARTS + 1_800_000),
        bookable_until: Stamp(STARTS),
        day: (Stamp(STARTS - 1_000_000), Stamp(STARTS + 86_400_000)),
        capacity: Seats(capacity),
    }
}

pub(crate) fn policy() -> Policy {
    Policy {
        admit_per_second_milli: 1000,
        room_max: 2,
        room_per_seat_milli: 1000,
        claim_window_ms: 2000,
        session_ms: 5000,
        session_extensions: 1,
        per_shopper_max: 1,
        party_max: 4,
        joins_per_shopper: 20,
    }
}

pub(crate) fn definition(slots: &[(&str, u32)]) -> Definition {
    Definition {
        id: event(),
        lobby: Lobby::Arrival,
        schedule: Schedule {
            lobby_opens_at: Stamp(OPENS - 10_000),
            opens_at: Stamp(OPENS),
            closes_at: Stamp(CLOSES),
        },
        policy: policy(),
        slots: slots
            .iter()
            .map(|(id, capacity)| slot(id, *capacity))
            .collect(),
        texts: BTreeMap::new(),
    }
}

impl Shop {
    /// A shop whose event is created and nothing more.
    pub(crate) fn created(definition: Definition) -> Self {
        let mut shop = Self {
            partition: Partition::new(0),
            effects: Vec::new(),
            now: OPENS - 20_000,
            commands: 0,
        };
        shop.record(&[Entry::Genesis {
            generation: 1,
            partitions: 1,
        }]);
        let create = Command::Create {
            id: CommandId([9; 16]),
            actor: "owner".into(),
            rules: RULES,
            definition: Arc::new(definition),
        };
        shop.record(&[Entry::Command(create)]);
        shop
    }

    /// An open shop.
    pub(crate) fn open_with(definition: Definition) -> Self {
        let mut shop = Self::created(definition);
        shop.timed(OPENS - 10_000, SetTime::Lobby);
        shop.now = OPENS;
        shop.tick(0);
        shop.timed(OPENS, SetTime::Open { secret: None });
        shop
    }

    /// An open shop with these slots and the usual policy.
    pub(crate) fn open(slots: &[(&str, u32)]) -> Self {
        Self::open_with(definition(slots))
    }

    pub(crate) fn record(&mut self, entries: &[Entry]) -> Folded {
        let offset = self.partition.next_offset();
        let bytes = offset.to_be_bytes();
        let record = Record {
            offset,
            stamp: Stamp(self.now),
            bytes: &bytes,
            entries: Some(entries),
        };
        self.effects.clear();
        self.partition
            .fold(&record, &mut self.effects)
            .expect("the fold goes on")
    }

    /// Sets the log's clock.
    pub(crate) fn at(&mut self, now: u64) -> &mut Self {
        self.now = now;
        self
    }

    /// One tick after the log's clock moved so far.
    pub(crate) fn tick(&mut self, ms: u64) {
        self.now += ms;
        let folded = self.partition.position().expect("a genesis");
        let tick = Entry::Tick {
            folded,
            log_hash: self.partition.log_hash(),
            state_hash: self.partition.state_hash(),
        };
        self.record(&[tick]);
    }

    /// Ticks of a second each.
    pub(crate) fn seconds(&mut self, seconds: u32) {
        (0..seconds).for_each(|_| self.tick(1000));
    }

    fn next_command(&mut self) -> CommandId {
        self.commands += 1;
        CommandId(self.commands.to_be_bytes())
    }

    pub(crate) fn shopper(&mut self, shopper: u8, action: ShopperAction) -> Result<(), Refusal> {
        let id = self.next_command();
        self.record(&[Entry::Command(Command::Shopper {
            id,
            event: event(),
            shopper: who(shopper),
            action,
        })]);
        let outcomes: Vec<_> = self
            .effects
            .iter()
            .filter_map(|effect| match &effect.kind {
                EffectKind::Outcome {
                    command, outcome, ..
                } if *command == id => Some(*outcome),
                _ => None,
            })
            .collect();
        match outcomes[..] {
            [Outcome::Done] => Ok(()),
            [Outcome::Refused(reason)] => Err(reason),
            _ => panic!("a command has exactly one outcome: {outcomes:?}"),
        }
    }

    pub(crate) fn join(&mut self, shopper: u8) -> Result<(), Refusal> {
        self.shopper(shopper, ShopperAction::Join { wish: None })
    }

    pub(crate) fn leave(&mut self, shopper: u8) -> Result<(), Refusal> {
        self.shopper(shopper, ShopperAction::Leave { place: None })
    }

    pub(crate) fn enter(&mut self, shopper: u8) -> Result<(), Refusal> {
        self.shopper(shopper, ShopperAction::Enter { place: None })
    }

    pub(crate) fn extend(&mut self, shopper: u8) -> Result<(), Refusal> {
        self.shopper(shopper, ShopperAction::Extend { place: None })
    }

    /// Reserves with request key 1.
    pub(crate) fn reserve(&mut self, shopper: u8, slot: &str, seats: u32) -> Result<(), Refusal> {
        self.reserve_with(shopper, (1, 1), slot, seats)
    }

    pub(crate) fn reserve_with(
        &mut self,
        shopper: u8,
        (key, body): (u8, u8),
        slot: &str,
        seats: u32,
    ) -> Result<(), Refusal> {
        let mut request = [shopper; 16];
        request[15] = key;
        let reservation = reservation_id(shopper, key, body);
        self.shopper(
            shopper,
            ShopperAction::Reserve {
                reservation,
                request: RequestId(request),
                slot: slot_id(slot),
                seats: Seats(seats),
                contact: None,
            },
        )
    }

    pub(crate) fn cancel(&mut self, shopper: u8) -> Result<(), Refusal> {
        self.shopper(
            shopper,
            ShopperAction::Cancel {
                reservation: reservation_id(shopper, 1, 1),
                if_slot: None,
            },
        )
    }

    pub(crate) fn move_to(&mut self, shopper: u8, slot: &str) -> Result<(), Refusal> {
        self.shopper(
            shopper,
            ShopperAction::Move {
                reservation: reservation_id(shopper, 1, 1),
                if_slot: None,
                to: slot_id(slot),
            },
        )
    }

    pub(crate) fn operator(&mut self, action: OperatorAction) -> OperatorResult {
        let id = self.next_command();
        self.record(&[Entry::Command(Command::Operator {
            id,
            event: event(),
            actor: "owner".into(),
            action,
        })]);
        self.state().operator_result(id).expect("a result").clone()
    }

    pub(crate) fn timed(&mut self, at: u64, what: SetTime) {
        self.record(&[Entry::Command(Command::Timed {
            event: event(),
            at: Stamp(at),
            what,
        })]);
    }

    pub(crate) fn state(&self) -> &EventState {
        self.partition.event(&event()).expect("the event")
    }

    /// State and number of a shopper's current place.
    pub(crate) fn place(&self, shopper: u8) -> Option<(PlaceState, Option<u32>)> {
        self.state()
            .place_of(who(shopper))
            .map(|(state, number, _)| (state, number))
    }

    pub(crate) fn place_state(&self, shopper: u8) -> PlaceState {
        self.place(shopper).expect("a place").0
    }

    /// Joins and enters; the room must have space.
    pub(crate) fn bring_inside(&mut self, shopper: u8) {
        self.join(shopper).expect("joined");
        while self.place_state(shopper) == PlaceState::Waiting {
            self.tick(1000);
        }
        self.enter(shopper).expect("entered");
    }

    pub(crate) fn confirmed(&self, slot: &str) -> u32 {
        self.state()
            .slots()
            .find(|(id, ..)| id.as_str() == slot)
            .expect("a slot")
            .2
            .0
    }

    pub(crate) fn phase(&self) -> Phase {
        self.state().guise().phase
    }

    pub(crate) fn standby(&self) -> bool {
        self.state().guise().standby
    }
}
