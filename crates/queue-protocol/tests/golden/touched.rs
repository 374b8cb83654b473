//! Names of what effects can say, by exhaustive matches: a variant that the domain gains must be named here, and made to happen
//! in a golden log of the rules that brought it.

use queue_domain::*;

macro_rules! names {
    ($($function:ident($type:ty) { $($pattern:pat => $name:literal),* $(,)? })*) => {
        /// Everything that can happen.
        pub(crate) const ALL: &[&str] = &[$($($name),*),*];
        $(fn $function(value: &$type) -> &'static str {
            match value { $($pattern => $name),* }
        })*
    };
}

names! {
    kind(EffectKind) {
        EffectKind::Created { .. } => "created",
        EffectKind::Rules(_) => "rules",
        EffectKind::Status(_) => "status",
        EffectKind::Schedule(_) => "schedule",
        EffectKind::Policy(_) => "policy",
        EffectKind::Texts(_) => "texts",
        EffectKind::SlotAdded { .. } => "slot added",
        EffectKind::Slot { .. } => "slot",
        EffectKind::Clock { .. } => "clock",
        EffectKind::Tokens(_) => "tokens",
        EffectKind::Revealed { .. } => "revealed",
        EffectKind::Joined { number: None, .. } => "joined without a number",
        EffectKind::Joined { number: Some(_), .. } => "joined",
        EffectKind::Numbered { .. } => "numbered",
        EffectKind::Wish { .. } => "wish",
        EffectKind::Place { .. } => "place",
        EffectKind::Reservation { .. } => "reservation",
        EffectKind::Outcome { .. } => "outcome",
        EffectKind::Operator { .. } => "operator",
        EffectKind::Totals(_) => "totals (in images)",
        EffectKind::ImageEnd { .. } => "end (in images)",
    }
    state(PlaceState) {
        PlaceState::Waiting => "waiting again",
        PlaceState::Admitted => "admitted",
        PlaceState::Inside => "inside",
        PlaceState::Booked => "booked",
        PlaceState::Left => "left",
        PlaceState::NoShow => "no-show",
        PlaceState::TimedOut => "timed out",
        PlaceState::Closed => "closed place",
    }
    phase(Phase) {
        Phase::Scheduled => "scheduled",
        Phase::Lobby => "lobby",
        Phase::Open => "open",
        Phase::Closed => "closed event",
    }
    status(SlotStatus) {
        SlotStatus::Bookable => "bookable",
        SlotStatus::Over => "over",
        SlotStatus::Stopped => "stopped",
        SlotStatus::Cancelled => "cancelled slot",
    }
    change(ReservationChange) {
        ReservationChange::Confirmed => "confirmed",
        ReservationChange::Refused => "refused reservation",
        ReservationChange::Moved => "moved",
        ReservationChange::Cancelled => "cancelled",
        ReservationChange::CheckedIn => "checked in",
        ReservationChange::Retold => "retold (in images)",
    }
    asked(CommandKind) {
        CommandKind::Join => "join done",
        CommandKind::Leave => "leave done",
        CommandKind::Enter => "enter done",
        CommandKind::Extend => "extend done",
        CommandKind::Reserve => "reserve done",
        CommandKind::Cancel => "cancel done",
        CommandKind::Move => "move done",
    }
    reason(PlaceReason) {
        PlaceReason::Standby => "turn to standby",
        PlaceReason::SlotCancelled => "ended with its slot",
    }
    result(OperatorResult) {
        OperatorResult::Done => "done by an operator",
        OperatorResult::Refused(_) => "refused to an operator",
        OperatorResult::CheckedIn(_) => "passed",
        OperatorResult::AlreadyCheckedIn(..) => "already passed",
        OperatorResult::UnknownCode => "unknown code",
        OperatorResult::CancelledCode(_) => "cancelled code",
        OperatorResult::MovedCode(_) => "moved code",
        OperatorResult::WrongDay(_) => "wrong day",
    }
    refusal(Refusal) {
        Refusal::IdempotencyMismatch => "idempotency_mismatch",
        Refusal::NotOpen => "not_open",
        Refusal::Closed => "closed",
        Refusal::Stale => "stale",
        Refusal::NotAdmitted => "not_admitted",
        Refusal::SessionOver => "session_over",
        Refusal::UnknownSlot => "unknown_slot",
        Refusal::SlotOver => "slot_over",
        Refusal::PartyTooLarge => "party_too_large",
        Refusal::LimitReached => "limit_reached",
        Refusal::HasReservation => "has_reservation",
        Refusal::SoldOut => "sold_out",
        Refusal::WrongPhase => "wrong_phase",
        Refusal::BelowConfirmed => "below_confirmed",
    }
}

/// What an effect shows to have happened.
pub(crate) fn by(effect: &EffectKind) -> Vec<&'static str> {
    let mut names = vec![kind(effect)];
    match effect {
        EffectKind::Status(guise) => {
            names.push(phase(&guise.phase));
            names.extend(guise.paused.then_some("paused"));
            names.extend(guise.standby.then_some("standby"));
        }
        EffectKind::Slot { status: of, .. } => names.push(status(of)),
        EffectKind::Place {
            state: of,
            reason: why,
            extensions,
            ..
        } => {
            names.push(state(of));
            names.extend(why.as_ref().map(reason));
            names.extend((*extensions > 0).then_some("extended"));
        }
        EffectKind::Reservation { change: of, .. } => names.push(change(of)),
        EffectKind::Outcome {
            outcome: Outcome::Refused(why),
            ..
        } => names.push(refusal(why)),
        EffectKind::Outcome { kind, .. } => names.push(asked(kind)),
        EffectKind::Operator { result: of, .. } => {
            names.push(result(of));
            if let OperatorResult::Refused(why) = of {
                names.push(refusal(why));
            }
        }
        _ => {}
    }
    names
}
