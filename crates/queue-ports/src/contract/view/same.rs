//! What a view shows, compared with what the fold says.

use super::View;
use crate::contract::Story;
use crate::view::{EventView, LineView, ShopperView};
use queue_domain::{EventId, EventState, PlaceState, Position, ShopperId};
use std::sync::Arc;

/// The event as it is shown.
pub(super) async fn shown<V: View>(view: &V, event: &EventId) -> Arc<EventView> {
    view.event(event)
        .await
        .expect("it can be read")
        .expect("it is known")
}

/// What a shopper is shown.
pub(super) async fn seen<V: View>(view: &V, event: &EventId, shopper: ShopperId) -> ShopperView {
    view.shopper(event, shopper)
        .await
        .expect("it can be read")
        .expect("it is known")
}

/// The line as it is read.
pub(super) async fn line_of<V: View>(view: &V, event: &EventId) -> LineView {
    view.line(event)
        .await
        .expect("it can be read")
        .expect("it is known")
}

/// Everything that is shown of an event must be what the fold says.
pub(super) async fn same<V: View>(view: &V, story: &Story, event: &EventId, moment: usize) {
    let told = format!("seed {}, event {event} after record {moment}", story.seed);
    let Some(state) = story.event_after(event, moment) else {
        assert_eq!(
            view.event(event).await.expect("it can be read"),
            None,
            "{told}"
        );
        return;
    };
    let shown = view
        .event(event)
        .await
        .expect("it can be read")
        .unwrap_or_else(|| panic!("{told}: unknown"));
    assert_eq!(
        (shown.version, shown.guise, shown.totals),
        (state.version(), state.guise(), state.totals()),
        "{told}"
    );
    assert_eq!(
        (shown.waiting, (shown.admitted, shown.inside)),
        (state.waiting().into(), widen(state.room())),
        "{told}"
    );
    assert_eq!(
        (
            shown.definition.policy,
            shown.definition.schedule,
            shown.clock.0
        ),
        (state.policy(), state.schedule(), state.service()),
        "{told}"
    );
    let slots = shown.slots.iter().map(|slot| {
        (
            &slot.definition.id,
            slot.capacity,
            slot.confirmed,
            slot.status,
        )
    });
    assert!(slots.eq(state.slots()), "{told}: {:?}", shown.slots);
    same_shoppers(view, story, state, &shown, &told).await;
    for (_, command) in story.operators.iter().filter(|(of, _)| of == event) {
        let result = view
            .operator_result(event, *command)
            .await
            .expect("it can be read");
        assert_eq!(
            result.as_ref(),
            state.operator_result(*command),
            "{told}, command {command}"
        );
    }
}

/// Everything that a shopper is shown must be what the fold says.
async fn same_shoppers<V: View>(
    view: &V,
    story: &Story,
    state: &EventState,
    shown: &EventView,
    told: &str,
) {
    let event = state.id();
    let waiting: Vec<u32> = story
        .shoppers
        .iter()
        .filter_map(|shopper| waiting_number(state, *shopper))
        .collect();
    for shopper in &story.shoppers {
        let seen = seen(view, event, *shopper).await;
        let place = seen
            .place
            .as_ref()
            .map(|place| (place.state, place.number, place.id));
        assert_eq!(
            (seen.version, seen.waiting, place),
            (
                state.version(),
                state.waiting().into(),
                state.place_of(*shopper)
            ),
            "{told}, {shopper}"
        );
        let ahead = waiting_number(state, *shopper)
            .map(|number| waiting.iter().filter(|other| **other < number).count() as u32);
        assert_eq!(
            seen.place.as_ref().and_then(|place| place.ahead),
            ahead,
            "{told}, {shopper}: people ahead"
        );
        for reservation in &seen.reservations {
            let slot = reservation
                .slot
                .map(|slot| &shown.slots[usize::from(slot.0)].definition.id);
            assert_eq!(
                Some((reservation.state, slot)),
                state.reservation(reservation.id),
                "{told}, {shopper}"
            );
            let alone = view
                .reservation(event, reservation.id)
                .await
                .expect("it can be read");
            assert_eq!(
                alone.as_ref(),
                Some(reservation),
                "{told}: by id as by shopper"
            );
        }
    }
}

fn widen((admitted, inside): (u32, u32)) -> (u64, u64) {
    (admitted.into(), inside.into())
}

fn waiting_number(state: &EventState, shopper: ShopperId) -> Option<u32> {
    state
        .place_of(shopper)
        .filter(|(state, ..)| *state == PlaceState::Waiting)
        .and_then(|(_, number, _)| number)
}

/// What an image does not tell: admissions of the last minute, last outcomes, and since when a place is what it is.
fn comparable(
    mut event: EventView,
    mut shoppers: Vec<ShopperView>,
) -> (EventView, Vec<ShopperView>) {
    (event.admitted_last_minute, event.admitted_last_second) = ((0, 0), 0);
    for shopper in &mut shoppers {
        shopper.last = None;
        shopper
            .place
            .iter_mut()
            .for_each(|place| place.changed_at = Position::default());
        shopper
            .reservations
            .iter_mut()
            .for_each(|reservation| reservation.changed_at = Position::default());
    }
    (event, shoppers)
}

pub(super) async fn everything<V: View>(
    view: &V,
    story: &Story,
    event: &EventId,
) -> (EventView, Vec<ShopperView>) {
    let shown = shown(view, event).await;
    let mut shoppers = Vec::new();
    for shopper in &story.shoppers {
        shoppers.push(seen(view, event, *shopper).await);
    }
    comparable(shown.as_ref().clone(), shoppers)
}
