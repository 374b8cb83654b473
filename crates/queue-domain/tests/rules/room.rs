//! Admission, claim windows, sessions, service time.

use crate::shop::*;
use queue_domain::*;

/// A claim window longer than the story.
fn patient(policy: Policy) -> Definition {
    Definition {
        policy: Policy {
            claim_window_ms: 600_000,
            ..policy
        },
        ..definition(&[("a", 9)])
    }
}

#[test]
fn admission_follows_rank_rate_and_room() {
    let mut shop = Shop::open_with(patient(policy()));
    for shopper in 1..=4 {
        shop.join(shopper).expect("joined");
    }
    assert_eq!(
        shop.place_state(1),
        PlaceState::Admitted,
        "the bucket was full at opening"
    );
    assert_eq!(shop.place_state(2), PlaceState::Waiting, "and held one");
    shop.tick(1000);
    assert_eq!(shop.place_state(2), PlaceState::Admitted);
    shop.tick(1000);
    assert_eq!(
        shop.place_state(3),
        PlaceState::Waiting,
        "the room holds two"
    );
}

#[test]
fn the_room_is_never_larger_than_what_can_still_be_booked() {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            room_max: 100,
            admit_per_second_milli: 100_000,
            ..policy()
        },
        ..definition(&[("a", 3)])
    });
    for shopper in 1..=9 {
        shop.join(shopper).expect("joined");
    }
    assert_eq!(shop.state().room(), (3, 0));
}

#[test]
fn a_no_show_gives_back_its_token_and_its_room() {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            room_max: 1,
            ..policy()
        },
        ..definition(&[("a", 9)])
    });
    shop.join(1).expect("joined");
    shop.join(2).expect("joined");
    shop.seconds(1);
    assert_eq!(shop.place_state(1), PlaceState::Admitted);
    shop.seconds(1);
    assert_eq!(
        shop.place_state(1),
        PlaceState::NoShow,
        "a deadline is over at a tick with service time at it"
    );
    assert_eq!(shop.place_state(2), PlaceState::Admitted);
}

#[test]
fn a_session_ends_and_can_be_extended_once() {
    let mut shop = Shop::open(&[("a", 9)]);
    shop.bring_inside(1);
    shop.seconds(4);
    assert_eq!(shop.extend(1), Ok(()));
    assert_eq!(shop.extend(1), Err(Refusal::LimitReached));
    shop.seconds(5);
    assert_eq!(shop.place_state(1), PlaceState::Inside);
    shop.seconds(1);
    assert_eq!(shop.place_state(1), PlaceState::TimedOut);
    assert_eq!(shop.reserve(1, "a", 1), Err(Refusal::SessionOver));
}

#[test]
fn an_outage_times_nobody_out_and_admits_at_most_the_bucket() {
    let mut shop = Shop::open(&[("a", 9)]);
    for shopper in 1..=5 {
        shop.join(shopper).expect("joined");
    }
    shop.tick(0);
    shop.tick(7_200_000);
    assert_eq!(
        shop.state().service(),
        ServiceTime(1000),
        "two hours cost one second"
    );
    assert_eq!(
        (
            shop.place_state(1),
            shop.place_state(2),
            shop.place_state(3)
        ),
        (
            PlaceState::Admitted,
            PlaceState::Admitted,
            PlaceState::Waiting
        )
    );
    let now = OPENS;
    shop.at(now).tick(0);
    assert_eq!(
        shop.state().service(),
        ServiceTime(1000),
        "a clock that jumps back costs nothing"
    );
}

#[test]
fn a_paused_event_stands_still_and_takes_joins() {
    let mut shop = Shop::open(&[("a", 9)]);
    shop.bring_inside(1);
    let service = shop.state().service();
    shop.operator(OperatorAction::Pause);
    shop.join(2).expect("joined");
    shop.seconds(60);
    assert_eq!(shop.state().service(), service);
    assert_eq!(
        (shop.place_state(1), shop.place_state(2)),
        (PlaceState::Inside, PlaceState::Waiting)
    );
    assert_eq!(shop.reserve(1, "a", 1), Ok(()), "decisions go on");
    shop.operator(OperatorAction::Resume);
    shop.seconds(1);
    assert_eq!(shop.place_state(2), PlaceState::Admitted);
}

#[test]
fn a_lower_limit_puts_nobody_out() {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            room_max: 3,
            admit_per_second_milli: 3000,
            ..policy()
        },
        ..definition(&[("a", 9)])
    });
    for shopper in 1..=5 {
        shop.join(shopper).expect("joined");
    }
    assert_eq!(shop.state().room(), (3, 0));
    shop.operator(OperatorAction::Policy(PolicyPatch {
        room_max: Some(1),
        ..PolicyPatch::default()
    }));
    assert_eq!(shop.state().room(), (3, 0));
    shop.leave(1).expect("left");
    shop.leave(2).expect("left");
    shop.seconds(1);
    assert_eq!(
        shop.state().room(),
        (1, 0),
        "nobody is admitted until the count is below it"
    );
}

#[test]
fn a_rate_below_one_a_second_still_admits() {
    let mut shop = Shop::open_with(patient(Policy {
        admit_per_second_milli: 100,
        ..policy()
    }));
    shop.join(1).expect("joined");
    shop.join(2).expect("joined");
    shop.seconds(9);
    assert_eq!(shop.place_state(2), PlaceState::Waiting);
    shop.seconds(1);
    assert_eq!(shop.place_state(2), PlaceState::Admitted);
}

#[test]
fn entering_and_extending_are_refused_for_one_reason() {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            room_max: 1,
            ..policy()
        },
        ..definition(&[("a", 9)])
    });
    assert_eq!(shop.enter(1), Err(Refusal::NotAdmitted), "without a place");
    shop.join(1).expect("joined");
    shop.join(2).expect("joined");
    assert_eq!(shop.enter(2), Err(Refusal::NotAdmitted), "waiting");
    assert_eq!(shop.extend(1), Err(Refusal::NotAdmitted), "admitted");
    shop.enter(1).expect("entered");
    shop.reserve(1, "a", 1).expect("booked");
    assert_eq!(shop.enter(1), Err(Refusal::SessionOver), "booked");
    assert_eq!(shop.leave(1), Err(Refusal::HasReservation), "booked");
    shop.operator(OperatorAction::Close);
    assert_eq!(shop.enter(2), Err(Refusal::Closed), "closed");
}
