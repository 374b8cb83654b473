//! Tables of examples: what a shopper reads for what the fold says.

use super::*;
use crate::view::{EventView, Heads, LastView, PlaceView, ReservationView, ShopperView, SlotView};
use queue_domain::{
    CommandId, Definition, DoorCode, EventId, Guise, Lobby, LogPosition, Outcome, PlaceId,
    PlaceReason, Policy, Position, Refusal, ReservationId, ReservationState, Schedule, Seats,
    ServiceTime, ShopperId, SlotDefinition, SlotId, SlotNo, SlotStatus, Stamp, Totals,
};
use queue_protocol::http::Range;

const DECIDED: Position = Position {
    generation: 1,
    offset: 50,
    index: 2,
};
const BELOW: Option<LogPosition> = Some(LogPosition {
    generation: 1,
    offset: 49,
});
const AT: Option<LogPosition> = Some(LogPosition {
    generation: 1,
    offset: 50,
});

/// Open, nothing paused, 10 a second set and 300 let in within the last minute; the last tick at 1,000 s with 500 s of service.
fn event_view() -> EventView {
    let slot = |id: &str, confirmed| SlotView {
        definition: SlotDefinition {
            id: SlotId::parse(id).expect("a slot id"),
            starts_at: Stamp(7_200_000),
            ends_at: Stamp(9_000_000),
            bookable_until: Stamp(7_200_000),
            day: (Stamp(0), Stamp(86_400_000)),
            capacity: Seats(20),
        },
        capacity: Seats(20),
        confirmed: Seats(confirmed),
        status: SlotStatus::Bookable,
    };
    let texts = [
        ("title.ko", "반짝"),
        ("title.en", "Sparkle"),
        ("rules.en", "Be kind"),
        ("accent", "#aa3366"),
        ("time_zone", "Asia/Seoul"),
        ("retention_days", "30"),
    ];
    EventView {
        definition: Definition {
            id: EventId::parse("glow-seongsu").expect("an event id"),
            lobby: Lobby::Arrival,
            schedule: Schedule {
                lobby_opens_at: Stamp(0),
                opens_at: Stamp(60_000),
                closes_at: Stamp(3_600_000),
            },
            policy: Policy {
                admit_per_second_milli: 10_000,
                room_max: 100,
                room_per_seat_milli: 1_000,
                claim_window_ms: 60_000,
                session_ms: 300_000,
                session_extensions: 1,
                per_shopper_max: 1,
                party_max: 4,
                joins_per_shopper: 20,
            },
            slots: Vec::new(),
            texts: texts
                .into_iter()
                .map(|(key, text)| (key.into(), text.into()))
                .collect(),
        },
        rules: 1,
        creation: CommandId([1; 16]),
        guise: Guise {
            phase: Phase::Open,
            paused: false,
            standby: false,
            phase_since: Stamp(60_000),
        },
        slots: vec![slot("0900", 0), slot("0930", 20)],
        waiting: 40,
        admitted: 3,
        inside: 2,
        totals: Totals {
            joined: 60,
            cancelled: 5,
            ..Totals::default()
        },
        clock: (ServiceTime(500_000), Stamp(1_000_000)),
        admitted_last_minute: (300, 60_000),
        admitted_last_second: 7,
        revealed: None,
        version: LogPosition {
            generation: 1,
            offset: 51,
        },
        ledger_mark: None,
    }
}

fn place_view(state: PlaceState) -> PlaceView {
    PlaceView {
        id: PlaceId(Position {
            generation: 1,
            offset: 9,
            index: 3,
        }),
        number: Some(12),
        ahead: (state == PlaceState::Waiting).then_some(3),
        began_ahead: 8,
        state,
        until: Some(ServiceTime(530_000)),
        extensions: 0,
        reason: None,
        wish: Some(SlotNo(1)),
        joined: Stamp(5),
        since: Stamp(6),
        changed_at: DECIDED,
    }
}

fn reservation_view(state: ReservationState) -> ReservationView {
    ReservationView {
        id: ReservationId([0xab; 16]),
        shopper: ShopperId([7; 16]),
        slot: Some(SlotNo(0)),
        seats: Seats(2),
        state,
        code: Some(DoorCode::new(1)),
        moved: false,
        decided: Stamp(6),
        changed_at: DECIDED,
        version: LogPosition {
            generation: 1,
            offset: 51,
        },
    }
}

fn shopper_view(place: Option<PlaceView>, last: Option<LastView>) -> ShopperView {
    ShopperView {
        version: LogPosition {
            generation: 1,
            offset: 51,
        },
        place,
        reservations: Vec::new(),
        last,
        request_keys: 0,
        waiting: 40,
    }
}

#[test]
fn a_reservation_is_pending_without_its_code_until_the_ledger_has_it_and_a_refusal_is_told_at_once()
{
    let cancelled = |slot_cancelled| ReservationState::Cancelled { slot_cancelled };
    let cases = [
        (None, ReservationState::Confirmed, "pending", None, false),
        (BELOW, ReservationState::Confirmed, "pending", None, false),
        (AT, ReservationState::Confirmed, "confirmed", None, true),
        (BELOW, cancelled(false), "pending", None, false),
        (AT, cancelled(false), "cancelled", None, false),
        (
            AT,
            cancelled(true),
            "cancelled",
            Some("slot_cancelled"),
            false,
        ),
        (
            None,
            ReservationState::Refused(Refusal::SoldOut),
            "refused",
            Some("sold_out"),
            false,
        ),
    ];
    for (ledger_mark, state, shown, reason, code) in cases {
        let body = reservation(
            &EventView {
                ledger_mark,
                ..event_view()
            },
            &reservation_view(state),
        );
        assert_eq!(
            (
                body.state.as_str(),
                body.reason.as_deref(),
                body.code.is_some()
            ),
            (shown, reason, code),
            "{state:?} with mark {ledger_mark:?}"
        );
        assert_eq!(body.id, format!("glow-seongsu.{}", "ab".repeat(16)));
        assert_eq!(body.slot.as_deref(), Some("0900"));
    }
}

#[test]
fn a_booked_place_reads_inside_without_a_deadline_until_the_ledger_has_it() {
    let booked = shopper_view(Some(place_view(PlaceState::Booked)), None);
    for (ledger_mark, shown) in [(None, "inside"), (BELOW, "inside"), (AT, "booked")] {
        let body = place(
            &EventView {
                ledger_mark,
                ..event_view()
            },
            Some(&booked),
            None,
        );
        assert_eq!(
            (body.state.as_str(), body.until),
            (shown, None),
            "mark {ledger_mark:?}"
        );
    }
}

#[test]
fn every_other_state_is_shown_as_the_fold_says() {
    use PlaceState as P;
    let cases = [
        (P::Waiting, "waiting"),
        (P::Admitted, "admitted"),
        (P::Inside, "inside"),
        (P::Left, "left"),
        (P::NoShow, "no_show"),
    ];
    for (state, shown) in cases
        .into_iter()
        .chain([(P::TimedOut, "timed_out"), (P::Closed, "closed")])
    {
        assert_eq!(
            place(
                &event_view(),
                Some(&shopper_view(Some(place_view(state)), None)),
                None
            )
            .state,
            shown
        );
    }
    let unknown = place(
        &event_view(),
        Some(&shopper_view(None, None)),
        Some("receipt".into()),
    );
    assert_eq!(
        (
            unknown.state.as_str(),
            unknown.id,
            unknown.number,
            unknown.began_ahead
        ),
        ("pending", None, None, None)
    );
    assert_eq!(unknown.receipt.as_deref(), Some("receipt"));
}

#[test]
fn a_shuffle_lobby_shows_neither_number_nor_people_ahead() {
    let unnumbered = PlaceView {
        number: None,
        ahead: None,
        ..place_view(PlaceState::Waiting)
    };
    let body = place(
        &event_view(),
        Some(&shopper_view(Some(unnumbered), None)),
        None,
    );
    assert_eq!(
        (body.number, body.ahead, body.began_ahead, body.eta_s),
        (None, None, None, None)
    );
    assert_eq!(body.id.as_deref(), Some("1-9-3"));
}

#[test]
fn a_deadline_is_the_last_ticks_stamp_plus_what_is_left_and_unknown_while_paused() {
    let view = event_view();
    assert_eq!(
        deadline(&view, ServiceTime(530_000)),
        Some(Stamp(1_030_000))
    );
    assert_eq!(
        deadline(&view, ServiceTime(400_000)),
        Some(Stamp(1_000_000)),
        "what is over ends now"
    );
    let paused = EventView {
        guise: Guise {
            paused: true,
            ..view.guise
        },
        ..event_view()
    };
    assert_eq!(deadline(&paused, ServiceTime(530_000)), None);
    let unticked = EventView {
        clock: (ServiceTime(0), Stamp(0)),
        ..event_view()
    };
    assert_eq!(deadline(&unticked, ServiceTime(30_000)), None);
}

#[test]
fn a_wait_is_people_ahead_over_the_last_minutes_admissions_bounded_by_the_set_rate() {
    let cases = [
        (
            "300 a minute let 100 in within 20 s",
            (300, 60_000),
            Some(Range { low: 16, high: 30 }),
        ),
        (
            "never faster than the set rate",
            (6_000, 60_000),
            Some(Range { low: 10, high: 18 }),
        ),
        (
            "too little seen: the set rate",
            (0, 400),
            Some(Range { low: 10, high: 18 }),
        ),
        ("nobody let in for as long as was seen", (0, 60_000), None),
    ];
    for (case, admitted_last_minute, expected) in cases {
        assert_eq!(
            wait(
                &EventView {
                    admitted_last_minute,
                    ..event_view()
                },
                100
            ),
            expected,
            "{case}"
        );
    }
    assert_eq!(
        wait(&event_view(), 0),
        Some(Range { low: 0, high: 5 }),
        "the next one in line"
    );
}

#[test]
fn a_long_wait_is_told_in_steps_so_that_a_tick_does_not_move_it() {
    let ranges: Vec<_> = (40_000..=60_000)
        .step_by(250)
        .map(|seen_ms| {
            let view = EventView {
                admitted_last_minute: (300, seen_ms),
                ..event_view()
            };
            wait(&view, 20_000)
        })
        .collect();
    let moves = ranges.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(moves < 20, "{moves} moves in 80 ticks");
}

#[test]
fn nobody_is_told_a_wait_before_opening_after_closing_in_a_pause_or_in_standby() {
    let guise = event_view().guise;
    let unknown = [
        Guise {
            phase: Phase::Scheduled,
            ..guise
        },
        Guise {
            phase: Phase::Lobby,
            ..guise
        },
        Guise {
            phase: Phase::Closed,
            ..guise
        },
        Guise {
            paused: true,
            ..guise
        },
        Guise {
            standby: true,
            ..guise
        },
    ];
    for guise in unknown {
        assert_eq!(
            wait(
                &EventView {
                    guise,
                    ..event_view()
                },
                100
            ),
            None,
            "{guise:?}"
        );
    }
}

#[test]
fn a_place_says_why_it_waits_and_standby_goes_before_a_pause() {
    let guise = event_view().guise;
    let (paused, standby) = (
        Guise {
            paused: true,
            ..guise
        },
        Guise {
            standby: true,
            ..guise
        },
    );
    let both = Guise {
        paused: true,
        standby: true,
        ..guise
    };
    let lobby = Guise {
        phase: Phase::Lobby,
        ..guise
    };
    let cases = [
        (guise, PlaceState::Waiting, None, Some("rate")),
        (paused, PlaceState::Waiting, None, Some("paused")),
        (
            standby,
            PlaceState::Waiting,
            Some(PlaceReason::Standby),
            Some("standby"),
        ),
        (both, PlaceState::Waiting, None, Some("standby")),
        (
            guise,
            PlaceState::Waiting,
            Some(PlaceReason::Standby),
            Some("rate"),
        ),
        (lobby, PlaceState::Waiting, None, None),
        (guise, PlaceState::Inside, None, None),
        (paused, PlaceState::Inside, None, Some("paused")),
        (
            guise,
            PlaceState::Left,
            Some(PlaceReason::SlotCancelled),
            Some("slot_cancelled"),
        ),
        (guise, PlaceState::Left, None, None),
    ];
    for (guise, state, why, expected) in cases {
        let place = PlaceView {
            reason: why,
            ..place_view(state)
        };
        assert_eq!(
            reason(
                &EventView {
                    guise,
                    ..event_view()
                },
                &place
            ),
            expected,
            "{state:?} {why:?} {guise:?}"
        );
    }
}

#[test]
fn the_last_outcome_about_seats_is_pending_until_the_ledger_has_it() {
    let last = |kind, outcome| LastView {
        position: DECIDED,
        kind,
        outcome,
        place: Some(PlaceId(DECIDED)),
        reservation: None,
        slot: None,
    };
    let cases = [
        (None, CommandKind::Join, Outcome::Done, "done", None),
        (None, CommandKind::Reserve, Outcome::Done, "pending", None),
        (AT, CommandKind::Reserve, Outcome::Done, "done", None),
        (BELOW, CommandKind::Cancel, Outcome::Done, "pending", None),
        (BELOW, CommandKind::Move, Outcome::Done, "pending", None),
        (
            None,
            CommandKind::Reserve,
            Outcome::Refused(Refusal::SoldOut),
            "refused",
            Some("sold_out"),
        ),
    ];
    for (ledger_mark, kind, outcome, state, reason) in cases {
        let shopper = shopper_view(None, Some(last(kind, outcome)));
        let shown = place(
            &EventView {
                ledger_mark,
                ..event_view()
            },
            Some(&shopper),
            None,
        )
        .last
        .expect("there was a last command");
        assert_eq!(
            (
                shown.state.as_str(),
                shown.reason.as_deref(),
                shown.of.as_deref()
            ),
            (state, reason, Some("1-50-2")),
            "{kind:?} {outcome:?}"
        );
    }
}

#[test]
fn an_event_shows_its_texts_by_name_and_its_slots_with_what_is_left() {
    let body = event(&event_view(), Stamp(0));
    assert_eq!(body.title.get("ko").map(String::as_str), Some("반짝"));
    assert_eq!(body.texts.keys().collect::<Vec<_>>(), ["rules"]);
    assert_eq!(
        (body.accent.as_deref(), body.time_zone.as_str(), body.notice),
        (Some("#aa3366"), "Asia/Seoul", None)
    );
    assert_eq!(
        body.slots
            .iter()
            .map(|slot| (slot.id.as_str(), slot.remaining))
            .collect::<Vec<_>>(),
        [("0900", 20), ("0930", 0)]
    );
    assert_eq!(
        (
            body.phase.as_str(),
            body.waiting,
            body.cancelled,
            body.version.as_str()
        ),
        ("open", 40, 5, "1-51")
    );
}

#[test]
fn hello_has_the_same_names_with_times_in_milliseconds() {
    let body = hello_event(&event_view(), Stamp(1_700_000_000_123));
    assert_eq!(body["now_ms"], 1_700_000_000_123_u64);
    assert_eq!(
        (&body["opens_at_ms"], &body["slots"][0]["starts_at_ms"]),
        (&60_000.into(), &7_200_000.into())
    );
    assert!(body.get("opens_at").is_none() && body["title"]["en"] == "Sparkle");
    let shopper = shopper_view(Some(place_view(PlaceState::Admitted)), None);
    assert_eq!(
        hello_place(&event_view(), &shopper, None)["until_ms"],
        1_030_000
    );
    let waiting = shopper_view(
        Some(PlaceView {
            until: None,
            ..place_view(PlaceState::Waiting)
        }),
        None,
    );
    assert!(hello_place(&event_view(), &waiting, None)["until_ms"].is_null());
}

#[test]
fn a_place_frame_says_what_the_place_body_says() {
    let shopper = shopper_view(Some(place_view(PlaceState::Waiting)), None);
    let (frame, body) = (
        place_fields(&event_view(), &shopper),
        place(&event_view(), Some(&shopper), None),
    );
    assert_eq!(
        (
            frame.id,
            frame.state,
            frame.number,
            frame.ahead,
            frame.eta_s
        ),
        (body.id, body.state, body.number, body.ahead, body.eta_s)
    );
    assert_eq!(
        (frame.reason, frame.wish, frame.version, frame.until_ms),
        (body.reason, body.wish, body.version, None)
    );
}

#[test]
fn lag_is_what_the_log_has_beyond_the_fold() {
    let heads = Heads {
        position: LogPosition {
            generation: 1,
            offset: 51,
        },
        log_hash: [0; 32],
        state_hash: [0; 32],
        last_tick: Some(Stamp(1_000_000)),
    };
    let lag = |log_end| stats(&event_view(), Some(&heads), log_end, Stamp(1_000_400)).lag;
    assert_eq!((lag(52).records, lag(52).ms), (0, 0));
    assert_eq!((lag(60).records, lag(60).ms), (8, 400));
    let figures = stats(&event_view(), None, 0, Stamp(0));
    assert_eq!(
        (
            figures.rate.last_second,
            figures.room.max,
            figures.slots[1].remaining
        ),
        (7, 100, 0)
    );
}
