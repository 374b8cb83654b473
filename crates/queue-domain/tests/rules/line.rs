//! Joining and leaving.

use crate::shop::*;
use queue_domain::*;

#[test]
fn numbers_are_gapless_in_log_order_and_never_change() {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            admit_per_second_milli: 1,
            ..policy()
        },
        ..definition(&[("a", 9)])
    });
    for shopper in 1..=5 {
        shop.join(shopper).expect("joined");
    }
    shop.leave(3).expect("left");
    shop.join(6).expect("joined");
    shop.join(3).expect("joined again");
    let numbers: Vec<_> = [1, 2, 3, 4, 5, 6]
        .map(|shopper| shop.place(shopper).and_then(|place| place.1))
        .to_vec();
    assert_eq!(
        numbers,
        [Some(1), Some(2), Some(7), Some(4), Some(5), Some(6)]
    );
}

#[test]
fn joining_again_while_active_returns_the_same_place_and_changes_only_the_wish() {
    let mut shop = Shop::open(&[("a", 9)]);
    shop.join(1).expect("joined");
    let before = shop.state().place_of(who(1));
    shop.shopper(
        1,
        ShopperAction::Join {
            wish: Some(slot_id("a")),
        },
    )
    .expect("joined");
    assert_eq!(shop.state().place_of(who(1)), before);
    assert!(shop.effects.iter().any(|effect| matches!(
        effect.kind,
        EffectKind::Wish {
            wish: Some(SlotNo(0)),
            ..
        }
    )));
    assert_eq!(shop.state().totals().joined, 1);
}

#[test]
fn a_wish_for_an_unknown_slot_costs_nobody_a_place() {
    let mut shop = Shop::open(&[("a", 9)]);
    shop.shopper(
        1,
        ShopperAction::Join {
            wish: Some(slot_id("nowhere")),
        },
    )
    .expect("joined");
    assert!(
        shop.effects
            .iter()
            .any(|effect| matches!(effect.kind, EffectKind::Joined { wish: None, .. }))
    );
}

#[test]
fn a_join_is_refused_by_phase_only() {
    let mut shop = Shop::created(definition(&[("a", 9)]));
    assert_eq!(shop.join(1), Err(Refusal::NotOpen));
    shop.timed(OPENS - 10_000, SetTime::Lobby);
    assert_eq!(shop.join(1), Ok(()));
    shop.timed(CLOSES, SetTime::Close);
    assert_eq!(shop.join(2), Err(Refusal::Closed));
}

#[test]
fn places_of_one_shopper_are_limited() {
    let mut shop = Shop::open_with(Definition {
        policy: Policy {
            joins_per_shopper: 2,
            ..policy()
        },
        ..definition(&[("a", 9)])
    });
    for _ in 0..2 {
        shop.join(1).expect("joined");
        shop.leave(1).expect("left");
    }
    assert_eq!(shop.join(1), Err(Refusal::LimitReached));
}

#[test]
fn a_command_made_for_an_older_place_is_stale() {
    let mut shop = Shop::open(&[("a", 9)]);
    shop.join(1).expect("joined");
    let old = shop.state().place_of(who(1)).map(|(_, _, id)| id);
    shop.leave(1).expect("left");
    shop.join(1).expect("joined again");
    for action in [
        ShopperAction::Leave { place: old },
        ShopperAction::Enter { place: old },
        ShopperAction::Extend { place: old },
    ] {
        assert_eq!(shop.shopper(1, action), Err(Refusal::Stale));
    }
}

#[test]
fn what_already_holds_is_done_and_changes_nothing() {
    let mut shop = Shop::open(&[("a", 9)]);
    shop.bring_inside(1);
    assert_eq!(shop.enter(1), Ok(()));
    assert_eq!(
        shop.effects.len(),
        1,
        "only the outcome: {:?}",
        shop.effects
    );
    shop.leave(1).expect("left");
    assert_eq!(shop.leave(1), Ok(()));
    assert_eq!(
        shop.effects.len(),
        1,
        "only the outcome: {:?}",
        shop.effects
    );
    assert_eq!(shop.leave(2), Ok(()), "who never joined is not in line");
}
