//! One value for every kind of entry ever written, with and without each optional part. The name of a kind is the name of its
//! golden file. Shared with the program that writes them.

use queue_domain::*;
use std::sync::Arc;

/// The match of the patterns, and the list of their names: a variant that the domain gains does not compile until it has a
/// name here, and a name without a sample and a golden file fails the test.
macro_rules! kinds {
    ($($name:literal => $pattern:pat),* $(,)?) => {
        /// The name of every kind.
        pub(crate) const KINDS: &[&str] = &[$($name),*];

        /// The name of an entry's kind.
        pub(crate) fn kind(entry: &Entry) -> &'static str {
            use OperatorAction as O;
            use ShopperAction as S;
            match entry {
                $($pattern => $name),*
            }
        }
    };
}

macro_rules! shopper {
    ($action:pat) => {
        Entry::Command(Command::Shopper {
            action: $action,
            ..
        })
    };
}

macro_rules! operator {
    ($action:pat) => {
        Entry::Command(Command::Operator {
            action: $action,
            ..
        })
    };
}

macro_rules! timed {
    ($what:pat) => {
        Entry::Command(Command::Timed { what: $what, .. })
    };
}

kinds! {
    "genesis" => Entry::Genesis { .. },
    "tick" => Entry::Tick { .. },
    // One kind, two files: see `samples`.
    "create" => Entry::Command(Command::Create { .. }),
    "rules-changed" => Entry::Command(Command::RulesChanged { .. }),
    "join" => shopper!(S::Join { wish: None }),
    "join-wish" => shopper!(S::Join { wish: Some(_) }),
    "leave" => shopper!(S::Leave { place: None }),
    "leave-place" => shopper!(S::Leave { place: Some(_) }),
    "enter" => shopper!(S::Enter { place: None }),
    "enter-place" => shopper!(S::Enter { place: Some(_) }),
    "extend" => shopper!(S::Extend { place: None }),
    "extend-place" => shopper!(S::Extend { place: Some(_) }),
    "reserve" => shopper!(S::Reserve { contact: None, .. }),
    "reserve-contact" => shopper!(S::Reserve { contact: Some(_), .. }),
    "cancel" => shopper!(S::Cancel { if_slot: None, .. }),
    "cancel-if-slot" => shopper!(S::Cancel { if_slot: Some(_), .. }),
    "move" => shopper!(S::Move { if_slot: None, .. }),
    "move-if-slot" => shopper!(S::Move { if_slot: Some(_), .. }),
    "open" => operator!(O::Open { secret: None }),
    "open-secret" => operator!(O::Open { secret: Some(_) }),
    "reschedule" => operator!(O::Reschedule { .. }),
    "pause" => operator!(O::Pause),
    "resume" => operator!(O::Resume),
    "close" => operator!(O::Close),
    "reopen" => operator!(O::Reopen),
    "policy" => operator!(O::Policy(_)),
    "texts" => operator!(O::Texts(_)),
    "add-slot" => operator!(O::AddSlot(_)),
    "capacity" => operator!(O::Capacity { .. }),
    "stop-slot" => operator!(O::StopSlot(_)),
    "cancel-slot" => operator!(O::CancelSlot(_)),
    "check-in" => operator!(O::CheckIn { slot: None, .. }),
    "check-in-slot" => operator!(O::CheckIn { slot: Some(_), .. }),
    "timed-lobby" => timed!(SetTime::Lobby),
    "timed-open" => timed!(SetTime::Open { secret: None }),
    "timed-open-secret" => timed!(SetTime::Open { secret: Some(_) }),
    "timed-close" => timed!(SetTime::Close),
    "timed-slot-over" => timed!(SetTime::SlotOver(_)),
}

/// The trace id of every golden record.
pub(crate) const TRACE: [u8; 16] = [0x7a; 16];

/// Milliseconds since the Unix epoch: 2027-01-15 08:00 UTC.
const MORNING: u64 = 1_800_000_000_000;
const HOUR: u64 = 3_600_000;

/// What each golden record holds.
pub(crate) fn samples() -> Vec<(&'static str, Vec<Entry>)> {
    let mut samples: Vec<(&str, Vec<Entry>)> = Vec::new();
    for entry in owners().into_iter().chain(shoppers()).chain(operators()) {
        samples.push((kind(&entry), vec![entry]));
    }
    samples.push(("create-shuffle", vec![create("glow-hongdae", shuffled())]));
    let reschedule = OperatorAction::Reschedule {
        lobby_opens_at: None,
        opens_at: None,
        closes_at: Some(Stamp(MORNING + 11 * HOUR)),
    };
    samples.push(("reschedule-close", vec![operator(reschedule)]));
    let nothing = OperatorAction::Policy(PolicyPatch::default());
    samples.push(("policy-unchanged", vec![operator(nothing)]));
    samples.push(("gathered", shoppers()));
    samples.push(("gathered-nothing", Vec::new()));
    samples
}

fn event() -> EventId {
    EventId::parse("glow-seongsu").expect("an event id")
}

fn slot_id(id: &str) -> SlotId {
    SlotId::parse(id).expect("a slot id")
}

fn place() -> PlaceId {
    PlaceId(Position {
        generation: 1,
        offset: 5_000_000_000,
        index: 300,
    })
}

fn owners() -> Vec<Entry> {
    let timed = |what| {
        Entry::Command(Command::Timed {
            event: event(),
            at: Stamp(MORNING),
            what,
        })
    };
    vec![
        Entry::Genesis {
            generation: 1,
            partitions: 8,
        },
        Entry::Tick {
            folded: LogPosition {
                generation: 1,
                offset: 70_000,
            },
            log_hash: [0xa1; 32],
            state_hash: [0xb2; 32],
        },
        create("glow-seongsu", Lobby::Arrival),
        Entry::Command(Command::RulesChanged {
            event: event(),
            rules: 1,
        }),
        timed(SetTime::Lobby),
        timed(SetTime::Open { secret: None }),
        timed(SetTime::Open {
            secret: Some([0xc3; 32]),
        }),
        timed(SetTime::Close),
        timed(SetTime::SlotOver(slot_id("0900"))),
    ]
}

fn shuffled() -> Lobby {
    Lobby::Shuffle(Commitment {
        secret_sha256: [0xd4; 32],
        key_id: "lobby-1".into(),
    })
}

fn slot(id: &str, starts_at: u64) -> SlotDefinition {
    SlotDefinition {
        id: slot_id(id),
        starts_at: Stamp(starts_at),
        ends_at: Stamp(starts_at + HOUR / 2),
        bookable_until: Stamp(starts_at - HOUR / 4),
        day: (Stamp(MORNING - 8 * HOUR), Stamp(MORNING + 16 * HOUR)),
        capacity: Seats(200),
    }
}

fn create(id: &str, lobby: Lobby) -> Entry {
    let texts = [
        ("accent", "#d6336c"),
        ("time_zone", "Asia/Seoul"),
        ("title.en", "Glow pop-up"),
        ("title.ko", "글로우 팝업"),
    ];
    let definition = Definition {
        id: EventId::parse(id).expect("an event id"),
        lobby,
        schedule: Schedule {
            lobby_opens_at: Stamp(MORNING - HOUR),
            opens_at: Stamp(MORNING),
            closes_at: Stamp(MORNING + 10 * HOUR),
        },
        policy: Policy {
            admit_per_second_milli: 12_500,
            room_max: 600,
            room_per_seat_milli: 1_500,
            claim_window_ms: 120_000,
            session_ms: 300_000,
            session_extensions: 1,
            per_shopper_max: 2,
            party_max: 4,
            joins_per_shopper: 20,
        },
        slots: vec![
            slot("0900", MORNING + HOUR),
            slot("0930", MORNING + HOUR * 3 / 2),
        ],
        texts: texts
            .into_iter()
            .map(|(key, text)| (key.into(), text.into()))
            .collect(),
    };
    Entry::Command(Command::Create {
        id: CommandId([0x11; 16]),
        actor: "minji".into(),
        rules: 1,
        definition: Arc::new(definition),
    })
}

fn shoppers() -> Vec<Entry> {
    use ShopperAction as S;
    let (reservation, request) = (ReservationId([0x33; 16]), RequestId([0x44; 16]));
    let reserve = |contact: Option<&[u8]>| S::Reserve {
        reservation,
        request,
        slot: slot_id("0930"),
        seats: Seats(2),
        contact: contact.map(|sealed| Contact(sealed.into())),
    };
    let actions = [
        S::Join { wish: None },
        S::Join {
            wish: Some(slot_id("0900")),
        },
        S::Leave { place: None },
        S::Leave {
            place: Some(place()),
        },
        S::Enter { place: None },
        S::Enter {
            place: Some(place()),
        },
        S::Extend { place: None },
        S::Extend {
            place: Some(place()),
        },
        reserve(None),
        reserve(Some(&[0x55; 40])),
        S::Cancel {
            reservation,
            if_slot: None,
        },
        S::Cancel {
            reservation,
            if_slot: Some(slot_id("0930")),
        },
        S::Move {
            reservation,
            if_slot: None,
            to: slot_id("0900"),
        },
        S::Move {
            reservation,
            if_slot: Some(slot_id("0930")),
            to: slot_id("0900"),
        },
    ];
    let command = |action| {
        Entry::Command(Command::Shopper {
            id: CommandId([0x66; 16]),
            event: event(),
            shopper: ShopperId([0x77; 16]),
            action,
        })
    };
    actions.into_iter().map(command).collect()
}

fn operator(action: OperatorAction) -> Entry {
    Entry::Command(Command::Operator {
        id: CommandId([0x88; 16]),
        event: event(),
        actor: "minji".into(),
        action,
    })
}

fn operators() -> Vec<Entry> {
    use OperatorAction as O;
    let policy = PolicyPatch {
        admit_per_second_milli: Some(25_000),
        room_max: Some(900),
        room_per_seat_milli: Some(2_000),
        claim_window_ms: Some(90_000),
        session_ms: Some(240_000),
        session_extensions: Some(2),
        per_shopper_max: Some(1),
        party_max: Some(6),
        joins_per_shopper: Some(10),
    };
    let texts = vec![
        TextChange {
            key: "notice.ko".into(),
            text: Some("잠시 쉬어 갑니다".into()),
        },
        TextChange {
            key: "notice.en".into(),
            text: None,
        },
    ];
    let check_in = |slot| O::CheckIn {
        code: DoorCode::new(0x99_8877_6655),
        slot,
    };
    let actions = [
        O::Open { secret: None },
        O::Open {
            secret: Some([0xe5; 32]),
        },
        O::Reschedule {
            lobby_opens_at: Some(Stamp(MORNING)),
            opens_at: Some(Stamp(MORNING + HOUR)),
            closes_at: Some(Stamp(MORNING + 9 * HOUR)),
        },
        O::Pause,
        O::Resume,
        O::Close,
        O::Reopen,
        O::Policy(policy),
        O::Texts(texts),
        O::AddSlot(slot("1000", MORNING + 2 * HOUR)),
        O::Capacity {
            slot: slot_id("0900"),
            capacity: Seats(250),
        },
        O::StopSlot(slot_id("0900")),
        O::CancelSlot(slot_id("0930")),
        check_in(None),
        check_in(Some(slot_id("0900"))),
    ];
    actions.into_iter().map(operator).collect()
}
