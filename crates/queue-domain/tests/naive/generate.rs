//! Random logs: small worlds, so that everything meets everything, and stamps that jump.

use proptest::prelude::*;

/// Which of a shopper's places a command names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    Nothing,
    Current,
    Older,
}

/// One step of a log, in small numbers that the driver turns into commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Join {
        who: u8,
        wish: Option<u8>,
    },
    Leave {
        who: u8,
        naming: Naming,
    },
    Enter {
        who: u8,
        naming: Naming,
    },
    Extend {
        who: u8,
        naming: Naming,
    },
    Reserve {
        who: u8,
        key: u8,
        slot: u8,
        seats: u8,
    },
    /// Enter, and reserve at once.
    Visit {
        who: u8,
        key: u8,
        slot: u8,
        seats: u8,
    },
    /// The reservation is the so-manieth ever asked for; `own` asks as its owner.
    Cancel {
        which: u8,
        own: bool,
        if_slot: Option<u8>,
    },
    Move {
        which: u8,
        own: bool,
        if_slot: Option<u8>,
        to: u8,
    },
    Tick {
        elapsed: i64,
    },
    Lobby {
        right: bool,
    },
    Open {
        right: bool,
    },
    Close {
        right: bool,
    },
    SlotOver {
        slot: u8,
        right: bool,
    },
    Operate(Operation),
    /// The last operator's command again, under the same id.
    OperateAgain,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Open,
    /// Sets times to so many seconds after the beginning.
    Reschedule {
        lobby: Option<u16>,
        opens: Option<u16>,
        closes: Option<u16>,
    },
    Pause,
    Resume,
    Close,
    Reopen,
    Rate {
        milli: u32,
    },
    Room {
        max: u32,
        per_seat_milli: u32,
    },
    Windows {
        claim_ms: u64,
        session_ms: u64,
        extensions: u8,
    },
    Limits {
        per_shopper: u8,
        party: u8,
        joins: u8,
    },
    Capacity {
        slot: u8,
        seats: u8,
    },
    AddSlot {
        seats: u8,
    },
    StopSlot {
        slot: u8,
    },
    CancelSlot {
        slot: u8,
    },
}

/// A step, whether it ends its record, and how far the log's clock goes before the next record (also back).
pub(crate) type Line = (Step, bool, i64);

pub(crate) const SHOPPERS: u8 = 6;
/// Slots that exist are 0 to 2 and those added; one above is unknown.
pub(crate) const SLOTS: u8 = 5;

fn naming() -> impl Strategy<Value = Naming> {
    prop_oneof![4 => Just(Naming::Nothing), 3 => Just(Naming::Current), 1 => Just(Naming::Older)]
}

fn who() -> impl Strategy<Value = u8> {
    0..SHOPPERS
}

/// Mostly one that exists.
fn slot() -> impl Strategy<Value = u8> {
    prop_oneof![9 => 0..3_u8, 1 => 3..SLOTS]
}

fn seats() -> impl Strategy<Value = u8> {
    prop_oneof![4 => Just(1), 2 => Just(2), 1 => Just(3)]
}

fn elapsed() -> impl Strategy<Value = i64> {
    prop_oneof![8 => Just(250), 4 => 0..1_200_i64, 1 => Just(7_200), 1 => -5_000..0_i64]
}

fn shoppers_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (who(), proptest::option::weighted(0.3, 0..SLOTS)).prop_map(|(who, wish)| Step::Join { who, wish }),
        2 => (who(), naming()).prop_map(|(who, naming)| Step::Leave { who, naming }),
        7 => (who(), naming()).prop_map(|(who, naming)| Step::Enter { who, naming }),
        2 => (who(), naming()).prop_map(|(who, naming)| Step::Extend { who, naming }),
        6 => (who(), 0..6_u8, slot(), seats()).prop_map(|(who, key, slot, seats)| Step::Visit { who, key, slot, seats }),
        6 => (who(), 0..6_u8, slot(), seats()).prop_map(|(who, key, slot, seats)| Step::Reserve { who, key, slot, seats }),
        3 => (any::<u8>(), proptest::bool::weighted(0.9), proptest::option::weighted(0.3, 0..SLOTS))
            .prop_map(|(which, own, if_slot)| Step::Cancel { which, own, if_slot }),
        3 => (any::<u8>(), proptest::bool::weighted(0.9), proptest::option::weighted(0.3, 0..SLOTS), slot())
            .prop_map(|(which, own, if_slot, to)| Step::Move { which, own, if_slot, to }),
    ]
}

fn timed_step() -> impl Strategy<Value = Step> {
    let right = || proptest::bool::weighted(0.7);
    prop_oneof![
        1 => right().prop_map(|right| Step::Lobby { right }),
        3 => right().prop_map(|right| Step::Open { right }),
        1 => right().prop_map(|right| Step::Close { right }),
        2 => (0..SLOTS, right()).prop_map(|(slot, right)| Step::SlotOver { slot, right }),
    ]
}

fn time() -> impl Strategy<Value = Option<u16>> {
    proptest::option::weighted(0.4, prop_oneof![0..30_u16, 20_000..30_000_u16])
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        3 => Just(Operation::Open),
        2 => (time(), time(), time()).prop_map(|(lobby, opens, closes)| Operation::Reschedule { lobby, opens, closes }),
        2 => Just(Operation::Pause),
        4 => Just(Operation::Resume),
        1 => Just(Operation::Close),
        3 => Just(Operation::Reopen),
        2 => prop_oneof![1..3_000_u32, Just(1_000_000)].prop_map(|milli| Operation::Rate { milli }),
        2 => (1..6_u32, prop_oneof![Just(1_000), 1..4_000_u32]).prop_map(|(max, per_seat_milli)| Operation::Room { max, per_seat_milli }),
        1 => (1..3_000_u64, 1..3_000_u64, 0..3_u8)
            .prop_map(|(claim_ms, session_ms, extensions)| Operation::Windows { claim_ms, session_ms, extensions }),
        1 => (1..4_u8, 1..4_u8, 1..6_u8).prop_map(|(per_shopper, party, joins)| Operation::Limits { per_shopper, party, joins }),
        3 => (0..SLOTS, 0..6_u8).prop_map(|(slot, seats)| Operation::Capacity { slot, seats }),
        1 => (0..4_u8).prop_map(|seats| Operation::AddSlot { seats }),
        1 => (0..SLOTS).prop_map(|slot| Operation::StopSlot { slot }),
        1 => (0..SLOTS).prop_map(|slot| Operation::CancelSlot { slot }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        60 => shoppers_step(),
        22 => elapsed().prop_map(|elapsed| Step::Tick { elapsed }),
        3 => timed_step(),
        7 => operation().prop_map(Step::Operate),
        1 => Just(Step::OperateAgain),
    ]
}

/// What may differ between two events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) shuffle: bool,
    pub(crate) per_shopper_max: u8,
    pub(crate) rate_milli: u32,
    pub(crate) room_max: u32,
    pub(crate) room_per_seat_milli: u32,
    pub(crate) capacities: [u32; 3],
    /// Whether the log begins in the middle of things.
    pub(crate) begun: bool,
}

pub(crate) fn shape() -> impl Strategy<Value = Shape> {
    (
        proptest::bool::weighted(0.3),
        1..4_u8,
        prop_oneof![Just(500), Just(2_000), Just(50_000)],
        1..7_u32,
        prop_oneof![Just(1_000), Just(300), Just(2_500)],
        [0..5_u32, 0..4_u32, 0..3_u32],
        proptest::bool::weighted(0.8),
    )
        .prop_map(
            |(
                shuffle,
                per_shopper_max,
                rate_milli,
                room_max,
                room_per_seat_milli,
                capacities,
                begun,
            )| Shape {
                shuffle,
                per_shopper_max,
                rate_milli,
                room_max,
                room_per_seat_milli,
                capacities,
                begun,
            },
        )
}

/// A log of an event.
pub(crate) fn log() -> impl Strategy<Value = (Shape, Vec<Line>)> {
    let stamp =
        prop_oneof![24 => 0..20_i64, 6 => 0..3_000_i64, 1 => Just(3_600_000), 1 => -4_000..0_i64];
    (
        shape(),
        proptest::collection::vec((step(), proptest::bool::weighted(0.6), stamp), 1..160),
    )
}
