//! The turn to standby, and back.

use crate::shop::*;
use queue_domain::*;

fn three_in_the_room() -> Shop {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            room_max: 3,
            room_per_seat_milli: 10_000,
            admit_per_second_milli: 3000,
            ..policy()
        },
        ..definition(&[("a", 1)])
    });
    for shopper in 1..=4 {
        shop.join(shopper).expect("joined");
    }
    shop.enter(1).expect("entered");
    shop.enter(2).expect("entered");
    shop
}

#[test]
fn when_the_last_seat_goes_everybody_keeps_the_number_and_waits() {
    let mut shop = three_in_the_room();
    shop.reserve(2, "a", 1).expect("booked");
    assert!(shop.standby());
    assert_eq!(shop.place(1), Some((PlaceState::Waiting, Some(1))));
    assert_eq!(shop.place(2), Some((PlaceState::Booked, Some(2))));
    assert_eq!(shop.place(3), Some((PlaceState::Waiting, Some(3))));
    assert_eq!(shop.place(4), Some((PlaceState::Waiting, Some(4))));
    shop.join(5).expect("the standby list takes joins");
    shop.seconds(5);
    assert_eq!(shop.state().room(), (0, 0), "nobody is admitted");
}

#[test]
fn a_freed_seat_ends_standby_and_admits_the_lowest_number_with_a_new_session() {
    let mut shop = three_in_the_room();
    shop.extend(1).expect("extended");
    shop.reserve(2, "a", 1).expect("booked");
    shop.seconds(1);
    shop.cancel(2).expect("cancelled");
    assert!(!shop.standby());
    assert_eq!(shop.place_state(1), PlaceState::Admitted);
    shop.enter(1).expect("entered");
    assert_eq!(shop.extend(1), Ok(()), "new extensions");
}

#[test]
fn who_was_sent_back_hears_sold_out_and_never_not_admitted_while_nothing_is_free() {
    let mut shop = three_in_the_room();
    shop.reserve(2, "a", 1).expect("booked");
    assert_eq!(shop.reserve(1, "a", 1), Err(Refusal::SoldOut), "was inside");
    assert_eq!(
        shop.reserve(3, "a", 1),
        Err(Refusal::SoldOut),
        "was admitted"
    );
    assert_eq!(
        shop.reserve(4, "a", 1),
        Err(Refusal::NotAdmitted),
        "only ever waited"
    );
}

#[test]
fn a_broken_session_confirms_only_while_it_would_still_run() {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            room_max: 3,
            admit_per_second_milli: 3000,
            room_per_seat_milli: 10_000,
            ..policy()
        },
        ..definition(&[("a", 1)])
    });
    for shopper in 1..=3 {
        shop.join(shopper).expect("joined");
        shop.enter(shopper).expect("entered");
    }
    shop.reserve(1, "a", 1).expect("booked");
    shop.operator(OperatorAction::Pause);
    shop.cancel(1).expect("cancelled");
    assert_eq!(
        shop.reserve(3, "a", 1),
        Ok(()),
        "checked as if inside, and its session still runs"
    );
    assert_eq!(shop.place_state(3), PlaceState::Booked);
    shop.shopper(
        3,
        ShopperAction::Cancel {
            reservation: reservation_id(3, 1, 1),
            if_slot: None,
        },
    )
    .expect("cancelled");
    assert_eq!(
        shop.place_state(2),
        PlaceState::Waiting,
        "nobody is admitted while paused"
    );
}

#[test]
fn the_turn_happens_at_whatever_takes_the_last_seat_also_while_paused() {
    for last in [
        OperatorAction::StopSlot(slot_id("a")),
        OperatorAction::CancelSlot(slot_id("a")),
        OperatorAction::Capacity {
            slot: slot_id("a"),
            capacity: Seats(0),
        },
    ] {
        let mut shop = three_in_the_room();
        shop.operator(OperatorAction::Pause);
        shop.operator(last);
        assert!(shop.standby());
        assert_eq!(shop.state().room(), (0, 0));
        assert_eq!(shop.state().waiting(), 4);
    }
    let mut shop = three_in_the_room();
    shop.timed(STARTS, SetTime::SlotOver(slot_id("a")));
    assert!(shop.standby());
}

#[test]
fn inside_with_a_reservation_becomes_booked_at_the_turn() {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            room_max: 3,
            admit_per_second_milli: 3000,
            per_shopper_max: 2,
            ..policy()
        },
        ..definition(&[("a", 2)])
    });
    shop.bring_inside(1);
    shop.bring_inside(2);
    shop.reserve(1, "a", 1).expect("booked");
    assert_eq!(shop.place_state(1), PlaceState::Inside);
    shop.reserve(2, "a", 1).expect("booked");
    assert_eq!(
        (shop.place_state(1), shop.place_state(2)),
        (PlaceState::Booked, PlaceState::Booked)
    );
}

#[test]
fn no_token_is_refunded_at_the_turn() {
    let mut shop = three_in_the_room();
    shop.reserve(2, "a", 1).expect("booked");
    shop.cancel(2).expect("cancelled");
    assert_eq!(
        shop.state().room(),
        (0, 0),
        "the bucket is empty until the next tick"
    );
    shop.tick(1000);
    assert_eq!(shop.place_state(1), PlaceState::Admitted);
}
