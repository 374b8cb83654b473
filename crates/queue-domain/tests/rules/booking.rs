//! Reserving, cancelling, moving.

use crate::shop::*;
use queue_domain::*;

fn two_inside(slots: &[(&str, u32)]) -> Shop {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            room_max: 9,
            admit_per_second_milli: 9000,
            claim_window_ms: 600_000,
            session_ms: 600_000,
            ..policy()
        },
        ..definition(slots)
    });
    shop.bring_inside(1);
    shop.bring_inside(2);
    shop
}

#[test]
fn a_reservation_takes_all_seats_or_none() {
    let mut shop = two_inside(&[("a", 3), ("b", 9)]);
    assert_eq!(shop.reserve(1, "a", 2), Ok(()));
    assert_eq!(shop.place_state(1), PlaceState::Booked);
    assert_eq!(shop.reserve(2, "a", 2), Err(Refusal::SoldOut));
    assert_eq!(shop.confirmed("a"), 2);
    assert_eq!(shop.reserve_with(2, (2, 1), "a", 1), Ok(()));
}

#[test]
fn reasons_come_in_their_order() {
    let mut shop = two_inside(&[("a", 3), ("b", 9)]);
    assert_eq!(
        shop.reserve_with(1, (2, 1), "x", 9),
        Err(Refusal::UnknownSlot)
    );
    shop.operator(OperatorAction::StopSlot(slot_id("b")));
    assert_eq!(shop.reserve_with(1, (3, 1), "b", 9), Err(Refusal::SlotOver));
    assert_eq!(
        shop.reserve_with(1, (4, 1), "a", 5),
        Err(Refusal::PartyTooLarge)
    );
    assert_eq!(shop.reserve_with(1, (5, 1), "a", 4), Err(Refusal::SoldOut));
    assert_eq!(shop.reserve(1, "a", 1), Ok(()));
    assert_eq!(
        shop.reserve_with(1, (6, 1), "a", 1),
        Err(Refusal::LimitReached)
    );
    assert_eq!(
        shop.reserve_with(1, (6, 2), "a", 2),
        Err(Refusal::IdempotencyMismatch)
    );
    assert_eq!(
        shop.reserve(3, "a", 1),
        Err(Refusal::NotAdmitted),
        "no place at all"
    );
    assert_eq!(
        shop.at(STARTS).reserve_with(2, (7, 1), "a", 1),
        Err(Refusal::SlotOver),
        "its own stamp can refuse a command"
    );
}

#[test]
fn a_repeat_gets_the_same_outcome_whatever_happened_since() {
    let mut shop = two_inside(&[("a", 1), ("b", 9)]);
    assert_eq!(shop.reserve(1, "a", 2), Err(Refusal::SoldOut));
    assert_eq!(shop.reserve_with(2, (1, 1), "a", 1), Ok(()));
    shop.cancel(2).expect("cancelled");
    shop.operator(OperatorAction::Capacity {
        slot: slot_id("a"),
        capacity: Seats(5),
    });
    assert_eq!(
        shop.reserve(1, "a", 2),
        Err(Refusal::SoldOut),
        "the same outcome"
    );
    assert_eq!(
        shop.reserve_with(2, (1, 1), "a", 1),
        Ok(()),
        "it was confirmed once"
    );
    assert_eq!(shop.confirmed("a"), 0, "and is cancelled since");
}

#[test]
fn cancelling_gives_the_seat_back_and_ends_the_place() {
    let mut shop = two_inside(&[("a", 2)]);
    shop.reserve(1, "a", 1).expect("booked");
    assert_eq!(shop.cancel(1), Ok(()));
    assert_eq!(shop.place_state(1), PlaceState::Left);
    assert_eq!(shop.cancel(1), Ok(()), "already cancelled");
    assert_eq!(shop.confirmed("a"), 0);
    assert_eq!(shop.cancel(2), Err(Refusal::Stale), "nothing to cancel");
}

#[test]
fn cancel_and_move_end_when_the_slot_starts_and_go_on_after_closing() {
    let mut shop = two_inside(&[("a", 2), ("b", 2)]);
    shop.reserve(1, "a", 1).expect("booked");
    shop.reserve(2, "a", 1).expect("booked");
    shop.operator(OperatorAction::Close);
    assert_eq!(shop.move_to(1, "b"), Ok(()));
    assert_eq!(shop.cancel(2), Ok(()));
    assert_eq!(shop.at(STARTS).cancel(1), Err(Refusal::SlotOver));
    assert_eq!(shop.at(STARTS).move_to(1, "a"), Err(Refusal::SlotOver));
}

#[test]
fn a_move_is_one_step_and_a_refused_one_changes_nothing() {
    let mut shop = two_inside(&[("a", 2), ("b", 1), ("c", 5)]);
    shop.reserve(1, "a", 1).expect("booked");
    shop.reserve(2, "b", 1).expect("booked");
    assert_eq!(shop.move_to(1, "b"), Err(Refusal::SoldOut));
    assert_eq!(shop.move_to(1, "nowhere"), Err(Refusal::UnknownSlot));
    assert_eq!(shop.move_to(1, "a"), Ok(()), "its own slot");
    assert_eq!((shop.confirmed("a"), shop.confirmed("b")), (1, 1));
    assert_eq!(shop.move_to(1, "c"), Ok(()));
    assert_eq!((shop.confirmed("a"), shop.confirmed("c")), (0, 1));
    let named = ShopperAction::Cancel {
        reservation: reservation_id(1, 1, 1),
        if_slot: Some(slot_id("a")),
    };
    assert_eq!(
        shop.shopper(1, named),
        Err(Refusal::Stale),
        "made for the slot it was in before"
    );
}

#[test]
fn nobody_touches_another_shoppers_reservation() {
    let mut shop = two_inside(&[("a", 2)]);
    shop.reserve(1, "a", 1).expect("booked");
    let theirs = ShopperAction::Cancel {
        reservation: reservation_id(1, 1, 1),
        if_slot: None,
    };
    assert_eq!(shop.shopper(2, theirs), Err(Refusal::Stale));
    assert_eq!(shop.confirmed("a"), 1);
}

#[test]
fn below_the_limit_a_place_stays_inside_and_books_again() {
    let mut shop = two_inside(&[("a", 9)]);
    shop.operator(OperatorAction::Policy(PolicyPatch {
        per_shopper_max: Some(2),
        ..PolicyPatch::default()
    }));
    shop.reserve(1, "a", 1).expect("booked");
    assert_eq!(shop.place_state(1), PlaceState::Inside);
    shop.leave(1).expect("done");
    assert_eq!(
        shop.place_state(1),
        PlaceState::Booked,
        "it holds a reservation"
    );
    assert_eq!(
        shop.reserve_with(1, (2, 1), "a", 1),
        Err(Refusal::SessionOver),
        "booked below the limit"
    );
}

#[test]
fn door_codes_never_collide() {
    let mut shop = two_inside(&[("a", 9)]);
    shop.reserve(1, "a", 1).expect("booked");
    let code = |shop: &Shop| {
        shop.effects.iter().find_map(|effect| match &effect.kind {
            EffectKind::Reservation { code, .. } => *code,
            _ => None,
        })
    };
    let first = code(&shop).expect("a code");
    assert_eq!(
        DoorCode::parse(&first.to_string().to_lowercase()),
        Some(first),
        "read out in any case"
    );
    // The same forty bits, another id.
    let mut twin = reservation_id(1, 1, 1);
    twin.0[15] = 99;
    let action = ShopperAction::Reserve {
        reservation: twin,
        request: RequestId([7; 16]),
        slot: slot_id("a"),
        seats: Seats(1),
        contact: None,
    };
    shop.shopper(2, action).expect("booked");
    assert_eq!(code(&shop), Some(first.next()));
}
