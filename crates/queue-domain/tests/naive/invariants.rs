//! What must hold at every prefix of every log, said of the fold's own effects.

use crate::mirror::Mirror;
use crate::model::{Admission, Model, TOKEN};
use queue_domain::{Phase, PlaceState, SlotStatus};

/// L1, L5, L7 (the room), L9, S1, S2.
pub(crate) fn hold(mirror: &Mirror, model: &Model) {
    numbers_are_gapless_and_in_order(mirror, model.shuffle.is_some());
    one_active_place_a_shopper(mirror);
    seats_add_up(mirror);
    nobody_waits_beside_a_free_chair(mirror, model);
}

fn numbers_are_gapless_and_in_order(mirror: &Mirror, model_shuffles: bool) {
    let mut numbers: Vec<_> = mirror
        .places
        .iter()
        .filter_map(|place| place.number)
        .collect();
    if !model_shuffles {
        assert!(numbers.is_sorted(), "numbers are given in log order (L1)");
    }
    numbers.sort_unstable();
    let expected: Vec<_> = (1..=numbers.len() as u32).collect();
    assert_eq!(numbers, expected, "numbers are 1, 2, 3… (L1)");
}

fn one_active_place_a_shopper(mirror: &Mirror) {
    for place in mirror.places.iter().filter(|place| place.state.is_active()) {
        let active = mirror
            .places
            .iter()
            .filter(|other| other.shopper == place.shopper && other.state.is_active());
        assert_eq!(
            active.count(),
            1,
            "one active place for {:?} (L5)",
            place.shopper
        );
    }
}

fn seats_add_up(mirror: &Mirror) {
    for (index, slot) in mirror.slots.iter().enumerate() {
        assert!(
            slot.confirmed <= slot.capacity,
            "slot {index} is oversold (S1)"
        );
        let confirmed = mirror.reservations.iter().filter(|row| {
            row.slot == Some(index) && row.state == queue_domain::ReservationState::Confirmed
        });
        assert_eq!(
            confirmed.map(|row| row.seats).sum::<u32>(),
            slot.confirmed,
            "slot {index} counts its reservations (S2)"
        );
    }
}

/// The room's size and the tokens are the model's: the effects do not tell them.
fn nobody_waits_beside_a_free_chair(mirror: &Mirror, model: &Model) {
    let Some((Phase::Open, false, _)) = mirror.phase() else {
        return;
    };
    let free: u32 = mirror
        .slots
        .iter()
        .filter(|slot| slot.status == SlotStatus::Bookable)
        .map(|slot| slot.capacity - slot.confirmed)
        .sum();
    let in_room = mirror
        .places
        .iter()
        .filter(|place| place.state.in_room())
        .count() as u64;
    let waits = mirror
        .places
        .iter()
        .any(|place| place.state == PlaceState::Waiting);
    let idle = in_room < model.room() && model.tokens >= TOKEN && free > 0 && waits;
    assert!(
        !idle,
        "a chair, a token and a seat are free and somebody waits (L9)"
    );
}

/// L7, the rate: over any window of service time, admissions minus refunds are at most what it brings and what the bucket held.
/// Only for logs in which neither rate nor phase was changed after the opening.
pub(crate) fn rate_holds(admissions: &[Admission], rate_milli: u32) {
    let burst = (u64::from(rate_milli) * 1_000).max(TOKEN as u64);
    for first in 0..admissions.len() {
        let mut count = 0;
        for last in first..admissions.len() {
            count += admissions[last].count;
            let window = admissions[last].service - admissions[first].service;
            let allowed = u128::from(rate_milli) * u128::from(window) + u128::from(burst);
            assert!(
                count <= 0 || count as u128 * TOKEN <= allowed,
                "{count} admissions in {window} ms (L7)"
            );
        }
    }
}
