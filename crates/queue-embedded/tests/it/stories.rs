//! The stories that the suites tell reach what matters: a suite over an empty story would prove nothing.

use queue_domain::{
    EffectKind, OperatorResult, PlaceState, Refusal, ReservationChange, ReservationState,
};
use queue_ports::contract::Story;
use std::collections::BTreeSet;

#[test]
fn stories_reach_every_state_change_and_turn() {
    let stories: Vec<_> = (0..12).map(|seed| Story::new(seed, 220)).collect();
    let mut seen = BTreeSet::new();
    for effect in stories
        .iter()
        .flat_map(|story| &story.moments)
        .flat_map(|moment| &moment.effects)
    {
        seen.insert(match &effect.kind {
            EffectKind::Place { state, .. } => format!("place {state:?}"),
            EffectKind::Reservation {
                state: ReservationState::Refused(reason),
                ..
            } => format!("refused {reason:?}"),
            EffectKind::Reservation { change, .. } => format!("reservation {change:?}"),
            EffectKind::Operator { result, .. } => format!("operator {result:?}")
                .split('(')
                .next()
                .unwrap_or_default()
                .into(),
            EffectKind::Status(guise) => {
                format!("paused {} standby {}", guise.paused, guise.standby)
            }
            EffectKind::Numbered { .. } => "numbered".into(),
            EffectKind::Wish { .. } => "wish".into(),
            _ => continue,
        });
    }
    use PlaceState as P;
    let states = [
        P::Waiting,
        P::Admitted,
        P::Inside,
        P::Booked,
        P::Left,
        P::NoShow,
        P::TimedOut,
    ]
    .map(|state| format!("place {state:?}"));
    use ReservationChange as C;
    let changes = [C::Confirmed, C::Moved, C::Cancelled, C::CheckedIn]
        .map(|change| format!("reservation {change:?}"));
    use Refusal as R;
    let refusals = [
        R::IdempotencyMismatch,
        R::NotAdmitted,
        R::SoldOut,
        R::LimitReached,
    ]
    .map(|reason| format!("refused {reason:?}"));
    let operator = [OperatorResult::Done, OperatorResult::UnknownCode]
        .map(|result| format!("operator {result:?}"));
    let flags = [
        "paused true standby true",
        "paused false standby true",
        "paused false standby false",
        "numbered",
        "wish",
    ]
    .map(String::from);
    for expected in states
        .iter()
        .chain(&changes)
        .chain(&refusals)
        .chain(&operator)
        .chain(&flags)
    {
        assert!(
            seen.contains(expected),
            "no story reaches `{expected}`: {seen:#?}"
        );
    }
}
