//! Operators: phases, slots, the door.

use crate::shop::*;
use queue_domain::*;

const REFUSED: OperatorResult = OperatorResult::Refused(Refusal::WrongPhase);

#[test]
fn phases_move_as_operators_say() {
    let mut shop = Shop::created(definition(&[("a", 9)]));
    assert_eq!(shop.operator(OperatorAction::Reopen), REFUSED);
    assert_eq!(
        shop.operator(OperatorAction::Open { secret: None }),
        OperatorResult::Done
    );
    assert_eq!(
        shop.operator(OperatorAction::Open { secret: None }),
        OperatorResult::Done,
        "already open"
    );
    let reschedule = OperatorAction::Reschedule {
        lobby_opens_at: None,
        opens_at: Some(Stamp(OPENS + 1)),
        closes_at: None,
    };
    assert_eq!(shop.operator(reschedule), REFUSED);
    assert_eq!(shop.operator(OperatorAction::Close), OperatorResult::Done);
    assert_eq!(shop.operator(OperatorAction::Pause), REFUSED);
    assert_eq!(
        shop.at(OPENS).operator(OperatorAction::Reopen),
        OperatorResult::Done
    );
    assert_eq!(shop.phase(), Phase::Open);
    shop.operator(OperatorAction::Close);
    assert_eq!(
        shop.at(CLOSES).operator(OperatorAction::Reopen),
        REFUSED,
        "reopening is possible until closes_at"
    );
}

#[test]
fn closing_by_time_ends_who_waits_and_lets_the_room_finish() {
    let mut shop = Shop::open(&[("a", 9)]);
    shop.bring_inside(1);
    shop.join(2).expect("joined");
    shop.seconds(1);
    shop.join(3).expect("joined");
    shop.timed(CLOSES, SetTime::Close);
    assert_eq!(
        (
            shop.place_state(1),
            shop.place_state(2),
            shop.place_state(3)
        ),
        (PlaceState::Inside, PlaceState::Admitted, PlaceState::Closed)
    );
    assert_eq!(shop.enter(2), Ok(()));
    assert_eq!(shop.reserve(1, "a", 1), Ok(()));
    shop.operator(OperatorAction::Close);
    assert_eq!(
        shop.place_state(2),
        PlaceState::Closed,
        "the operator's close ends the room too"
    );
    assert_eq!(shop.reserve(2, "a", 1), Err(Refusal::Closed));
}

#[test]
fn a_repeated_command_does_nothing() {
    let mut shop = Shop::open(&[("a", 9)]);
    let pause = |action| {
        Entry::Command(Command::Operator {
            id: CommandId([5; 16]),
            event: event(),
            actor: "owner".into(),
            action,
        })
    };
    shop.record(&[pause(OperatorAction::Pause)]);
    shop.record(&[pause(OperatorAction::Resume)]);
    assert!(shop.state().guise().paused);
    assert!(shop.effects.is_empty());
}

#[test]
fn capacity_is_never_below_what_is_confirmed() {
    let mut shop = Shop::open(&[("a", 9)]);
    shop.bring_inside(1);
    shop.reserve(1, "a", 3).expect("booked");
    let capacity = |seats| OperatorAction::Capacity {
        slot: slot_id("a"),
        capacity: Seats(seats),
    };
    assert_eq!(
        shop.operator(capacity(2)),
        OperatorResult::Refused(Refusal::BelowConfirmed)
    );
    assert_eq!(shop.operator(capacity(3)), OperatorResult::Done);
    assert!(shop.standby());
    assert_eq!(
        shop.operator(OperatorAction::AddSlot(slot("b", 2))),
        OperatorResult::Done
    );
    assert!(!shop.standby());
}

#[test]
fn cancelling_a_slot_cancels_its_reservations_and_ends_their_places() {
    let mut shop = Shop::open(&[("a", 9), ("b", 9)]);
    shop.bring_inside(1);
    shop.reserve(1, "a", 3).expect("booked");
    shop.operator(OperatorAction::CancelSlot(slot_id("a")));
    assert_eq!(shop.place_state(1), PlaceState::Left);
    assert_eq!(
        shop.state()
            .reservation(reservation_id(1, 1, 1))
            .map(|(state, _)| state),
        Some(ReservationState::Cancelled {
            slot_cancelled: true
        })
    );
    assert_eq!(shop.confirmed("a"), 0);
}

#[test]
fn the_door_lets_the_first_scan_pass_and_says_why_not_otherwise() {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            room_max: 9,
            admit_per_second_milli: 9000,
            ..policy()
        },
        ..definition(&[("a", 9), ("b", 9)])
    });
    let mut codes = Vec::new();
    for shopper in 1..=3 {
        shop.bring_inside(shopper);
        shop.reserve(shopper, "a", 1).expect("booked");
        codes.extend(shop.effects.iter().find_map(|effect| match effect.kind {
            EffectKind::Reservation { code, id, .. } => code.map(|code| (code, id)),
            _ => None,
        }));
    }
    shop.cancel(2).expect("cancelled");
    shop.move_to(3, "b").expect("moved");
    let scan = |shop: &mut Shop, now, code, slot: Option<&str>| {
        shop.at(now).operator(OperatorAction::CheckIn {
            code,
            slot: slot.map(slot_id),
        })
    };
    let [(one, first), (two, second), (three, third)] = codes[..] else {
        panic!("three codes")
    };
    assert_eq!(
        scan(&mut shop, OPENS, one, None),
        OperatorResult::WrongDay(first)
    );
    assert_eq!(
        scan(&mut shop, STARTS, one, None),
        OperatorResult::CheckedIn(first)
    );
    assert_eq!(
        scan(&mut shop, STARTS + 9, one, None),
        OperatorResult::AlreadyCheckedIn(first, Stamp(STARTS))
    );
    assert_eq!(
        scan(&mut shop, STARTS, two, None),
        OperatorResult::CancelledCode(second)
    );
    assert_eq!(
        scan(&mut shop, STARTS, three, Some("a")),
        OperatorResult::MovedCode(third)
    );
    assert_eq!(
        scan(&mut shop, STARTS, three, Some("b")),
        OperatorResult::CheckedIn(third)
    );
    assert_eq!(
        scan(&mut shop, STARTS, DoorCode::new(1), None),
        OperatorResult::UnknownCode
    );
}
