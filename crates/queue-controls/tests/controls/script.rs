//! What happens in a control: a small popup in which everything goes on at once, drawn from a seed.

use crate::system::{Shop, System};
use queue_domain::{
    Commitment, Definition, EventId, Lobby, OperatorAction, PlaceId, PlaceState, Policy,
    PolicyPatch, Schedule, Seats, SetTime, ShopperAction, SlotDefinition, SlotId, Stamp, Texts,
    sha256,
};

/// Numbers that look random and are the same on every run.
#[derive(Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// From a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// One of `0..below`.
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }

    fn chance(&mut self, of_a_hundred: u64) -> bool {
        self.below(100) < of_a_hundred
    }
}

const SECRET: [u8; 32] = [7; 32];
const OPENS_AT: u64 = 1_010_000;
const CLOSES_AT: u64 = 1_400_000;
const SHOPPERS: usize = 14;

fn slot(id: &str, capacity: u32) -> SlotDefinition {
    SlotDefinition {
        id: SlotId::parse(id).expect("a slot id"),
        starts_at: Stamp(2_000_000),
        ends_at: Stamp(2_100_000),
        bookable_until: Stamp(if id == "c" { 1_080_000 } else { 1_900_000 }),
        day: (Stamp(1_000_000), Stamp(3_000_000)),
        capacity: Seats(capacity),
    }
}

/// A popup of a handful of seats.
pub(crate) fn popup(draw: &mut Draw) -> Definition {
    let shuffle = Commitment {
        secret_sha256: sha256(&[&SECRET]),
        key_id: "k1".into(),
    };
    Definition {
        id: EventId::parse("popup").expect("an event id"),
        lobby: if draw.chance(30) {
            Lobby::Shuffle(shuffle)
        } else {
            Lobby::Arrival
        },
        schedule: Schedule {
            lobby_opens_at: Stamp(1_000_000),
            opens_at: Stamp(OPENS_AT),
            closes_at: Stamp(CLOSES_AT),
        },
        policy: Policy {
            admit_per_second_milli: 1500,
            room_max: 3 + draw.below(3) as u32,
            room_per_seat_milli: 1000 + 1000 * draw.below(3) as u32,
            claim_window_ms: 3000,
            session_ms: 6000,
            session_extensions: 1,
            per_shopper_max: 1 + draw.below(2) as u8,
            party_max: 2,
            joins_per_shopper: 4,
        },
        slots: vec![slot("a", 3), slot("b", 2), slot("c", 1)],
        texts: Texts::new(),
    }
}

/// A whole popup, from the lobby to its end.
pub(crate) fn play(system: &mut System, draw: &mut Draw, steps: u64) {
    system.comes(Stamp(1_000_000), SetTime::Lobby);
    for _ in 0..steps / 6 {
        visitor(system, draw);
    }
    system.now = system.now.max(OPENS_AT);
    system.comes(
        Stamp(OPENS_AT),
        SetTime::Open {
            secret: Some(SECRET),
        },
    );
    for _ in 0..steps {
        match draw.below(100) {
            0..45 => visitor(system, draw),
            45..94 => system.tick(250),
            94 => system.reconnect(draw.below(SHOPPERS as u64) as usize),
            95..97 => operator(system, draw),
            97 => system.tick(7_200_000),
            _ => (0..SHOPPERS).for_each(|shopper| system.read(shopper)),
        }
    }
    system.now = system.now.max(CLOSES_AT);
    system.comes(Stamp(CLOSES_AT), SetTime::Close);
    (0..8).for_each(|_| system.tick(1000));
    (0..SHOPPERS).for_each(|shopper| system.read(shopper));
}

/// A system on which a popup was played.
pub(crate) fn played(seed: u64, shop: Shop, prepare: impl FnOnce(&mut System)) -> System {
    played_for(seed, shop, 300, prepare)
}

/// The same, for about so many steps.
pub(crate) fn played_for(
    seed: u64,
    shop: Shop,
    steps: u64,
    prepare: impl FnOnce(&mut System),
) -> System {
    let mut draw = Draw::new(seed);
    let mut system = System::new(popup(&mut draw), SHOPPERS, shop);
    prepare(&mut system);
    play(&mut system, &mut draw, steps);
    system
}

fn some_slot(draw: &mut Draw) -> SlotId {
    SlotId::parse(["a", "b", "c", "unknown"][draw.below(13) as usize % 4]).expect("a slot id")
}

/// Most do what makes sense where they stand; some do anything.
fn visitor(system: &mut System, draw: &mut Draw) {
    let shopper = draw.below(SHOPPERS as u64) as usize;
    let current = system
        .look(shopper)
        .place
        .map(|place| (place.state, place.id));
    let place = current.map(|(_, id)| id).filter(|_| draw.chance(80));
    if draw.chance(30) {
        anything(system, draw, shopper, place);
        return;
    }
    match current.map(|(state, _)| state) {
        Some(PlaceState::Waiting) => {}
        Some(PlaceState::Admitted) => system.ask(shopper, ShopperAction::Enter { place }, None),
        Some(PlaceState::Inside) => book(system, draw, shopper),
        Some(PlaceState::Booked) if draw.chance(40) => change(system, draw, shopper),
        Some(PlaceState::Booked) if draw.chance(30) => book(system, draw, shopper),
        Some(PlaceState::Booked) => {}
        _ => system.ask(shopper, ShopperAction::Join { wish: None }, None),
    }
}

fn anything(system: &mut System, draw: &mut Draw, shopper: usize, place: Option<PlaceId>) {
    match draw.below(100) {
        0..25 => {
            let wish = draw.chance(30).then(|| some_slot(draw));
            system.ask(shopper, ShopperAction::Join { wish }, None);
        }
        25..40 => system.ask(shopper, ShopperAction::Enter { place }, None),
        40..65 => book(system, draw, shopper),
        65..75 => system.ask(shopper, ShopperAction::Leave { place }, None),
        75..85 => system.ask(shopper, ShopperAction::Extend { place }, None),
        _ => change(system, draw, shopper),
    }
}

fn book(system: &mut System, draw: &mut Draw, shopper: usize) {
    let key = format!("key-of-a-shopper-{}", draw.below(12));
    let slot = some_slot(draw);
    system.reserve(shopper, &key, slot.as_str(), 1 + draw.below(2) as u32);
}

fn change(system: &mut System, draw: &mut Draw, shopper: usize) {
    let reservations = system.look(shopper).reservations;
    let Some(reservation) = reservations.last().map(|reservation| reservation.id) else {
        return;
    };
    let if_slot = draw.chance(20).then(|| some_slot(draw));
    if draw.chance(60) {
        system.ask(
            shopper,
            ShopperAction::Cancel {
                reservation,
                if_slot,
            },
            None,
        );
    } else {
        system.ask(
            shopper,
            ShopperAction::Move {
                reservation,
                if_slot,
                to: some_slot(draw),
            },
            None,
        );
    }
}

fn operator(system: &mut System, draw: &mut Draw) {
    let slot = some_slot(draw);
    match draw.below(12) {
        0 | 1 => system.operate(OperatorAction::Pause),
        2..5 => system.operate(OperatorAction::Resume),
        5 => system.operate(OperatorAction::Policy(PolicyPatch {
            admit_per_second_milli: Some(500 + draw.below(3000) as u32),
            ..PolicyPatch::default()
        })),
        6 => system.operate(OperatorAction::Policy(PolicyPatch {
            room_max: Some(1 + draw.below(4) as u32),
            ..PolicyPatch::default()
        })),
        7 => system.operate(OperatorAction::Capacity {
            slot,
            capacity: Seats(draw.below(5) as u32),
        }),
        8 if draw.chance(30) => system.operate(OperatorAction::CancelSlot(slot)),
        8 => system.operate(OperatorAction::StopSlot(slot)),
        9 if draw.chance(30) => system.operate(OperatorAction::Close),
        10 => system.operate(OperatorAction::Reopen),
        11 => system.comes(
            Stamp(1_080_000),
            SetTime::SlotOver(SlotId::parse("c").expect("a slot id")),
        ),
        _ => system.operate(OperatorAction::Resume),
    }
}
