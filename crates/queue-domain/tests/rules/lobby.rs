//! Before opening: arrival and shuffle.

use crate::shop::*;
use queue_domain::*;

const SECRET: [u8; 32] = [42; 32];

fn shuffled() -> Shop {
    let commitment = Commitment {
        secret_sha256: sha256(&[&SECRET]),
        key_id: "k1".into(),
    };
    let mut shop = Shop::created(Definition {
        lobby: Lobby::Shuffle(commitment),
        policy: Policy {
            admit_per_second_milli: 1,
            ..policy()
        },
        ..definition(&[("a", 99)])
    });
    shop.timed(OPENS - 10_000, SetTime::Lobby);
    shop
}

#[test]
fn in_order_of_arrival_numbers_are_known_at_once() {
    let mut shop = Shop::created(definition(&[("a", 9)]));
    shop.timed(OPENS - 10_000, SetTime::Lobby);
    shop.join(1).expect("joined");
    assert_eq!(shop.place(1), Some((PlaceState::Waiting, Some(1))));
    assert_eq!(
        shop.state().room(),
        (0, 0),
        "nobody is admitted before opening"
    );
    shop.timed(OPENS, SetTime::Open { secret: None });
    assert_eq!(shop.place_state(1), PlaceState::Admitted);
}

#[test]
fn a_shuffle_gives_numbers_at_opening_in_an_order_that_anyone_can_recompute() {
    let mut shop = shuffled();
    for shopper in 1..=20 {
        shop.join(shopper).expect("joined");
        assert_eq!(shop.place(shopper), Some((PlaceState::Waiting, None)));
    }
    shop.leave(7).expect("left");
    assert_eq!(shop.state().waiting(), 19);
    let ids: Vec<_> = (1..=20)
        .filter_map(|shopper| {
            shop.state()
                .place_of(who(shopper))
                .map(|(_, _, id)| (shopper, id))
        })
        .collect();
    let log_hash = shop.partition.log_hash();
    shop.timed(
        OPENS,
        SetTime::Open {
            secret: Some(SECRET),
        },
    );
    let mut order: Vec<_> = ids.iter().filter(|(shopper, _)| *shopper != 7).collect();
    order.sort_by_key(|(_, id)| lobby_rank(&SECRET, &log_hash, &id.to_string()));
    for (number, (shopper, _)) in order.iter().enumerate() {
        assert_eq!(
            shop.place(*shopper).and_then(|place| place.1),
            Some(number as u32 + 1)
        );
    }
    assert_eq!(
        shop.place(7),
        Some((PlaceState::Left, None)),
        "who left before never has a number"
    );
    shop.join(21).expect("joined");
    assert_eq!(
        shop.place(21).and_then(|place| place.1),
        Some(20),
        "later joins follow"
    );
}

#[test]
fn a_secret_that_does_not_match_opens_nothing() {
    let mut shop = shuffled();
    for secret in [None, Some([1; 32])] {
        shop.timed(OPENS, SetTime::Open { secret });
        assert_eq!(shop.phase(), Phase::Lobby);
        assert_eq!(
            shop.operator(OperatorAction::Open { secret }),
            OperatorResult::Refused(Refusal::Stale)
        );
    }
    let opening = Entry::Command(Command::Timed {
        event: event(),
        at: Stamp(OPENS),
        what: SetTime::Open {
            secret: Some(SECRET),
        },
    });
    shop.record(&[opening.clone(), opening.clone()]);
    assert_eq!(shop.phase(), Phase::Lobby, "it must be alone in its record");
    shop.record(&[opening]);
    assert_eq!(shop.phase(), Phase::Open);
}

#[test]
fn a_set_time_that_moved_is_ignored() {
    let mut shop = Shop::created(definition(&[("a", 9)]));
    shop.operator(OperatorAction::Reschedule {
        lobby_opens_at: None,
        opens_at: Some(Stamp(OPENS + 5000)),
        closes_at: None,
    });
    shop.timed(OPENS, SetTime::Open { secret: None });
    assert_eq!(shop.phase(), Phase::Scheduled);
    shop.timed(OPENS + 5000, SetTime::Open { secret: None });
    assert_eq!(shop.phase(), Phase::Open);
}
