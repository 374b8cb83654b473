//! The sentences of a page: headline, what it means, why, and the words on the buttons.

use super::view::{Scene, has_place, refusal, reservations};
use super::words::{grouped, time_of};
use serde_json::Value;

pub(super) fn primary(scene: &Scene<'_>, state: &str, action: Option<&str>) -> String {
    let key = match action {
        Some("wish") => "wish_save",
        Some("enter") => "enter",
        Some("book") => "book_plain",
        Some("join") if matches!(state, "no-show" | "timed-out" | "left") => "join_again",
        Some("join") if scene.phase == "lobby" => "join_lobby",
        Some("join") if scene.standby => "join_standby",
        Some("join") => "join",
        _ => return String::new(),
    };
    scene.words.say(key)
}

/// Headline and the sentence below it.
pub(super) fn sentences(scene: &Scene<'_>, state: &str) -> (String, String) {
    let words = scene.words;
    let plain = || {
        (
            words.say(&format!("{}_headline", state.replace('-', "_"))),
            words.say(&format!("{}_sub", state.replace('-', "_"))),
        )
    };
    match state {
        "scheduled" => {
            let opens = time_of(scene.event, "opens_at")
                .map(|ms| words.moment(ms, scene.zone))
                .unwrap_or_default();
            let sub = match time_of(scene.event, "lobby_opens_at") {
                Some(lobby) if lobby > scene.now_ms => words.fill(
                    "scheduled_sub_lobby",
                    &[("lobby", &words.moment(lobby, scene.zone))],
                ),
                _ => words.say("scheduled_sub"),
            };
            (words.fill("scheduled_headline", &[("opens", &opens)]), sub)
        }
        "lobby" => {
            let key = if !has_place(scene) {
                "lobby_join_sub"
            } else if scene.event["lobby"] == "shuffle" {
                "lobby_sub_shuffle"
            } else {
                "lobby_sub_arrival"
            };
            (words.say("lobby_headline"), words.say(key))
        }
        "open" => (
            words.say("open_headline"),
            words.say(if scene.standby {
                "open_sub_standby"
            } else {
                "open_sub"
            }),
        ),
        "paused" => (
            words.say("paused_headline"),
            words.say(if has_place(scene) {
                "paused_sub"
            } else {
                "paused_sub_open"
            }),
        ),
        "waiting" => (ahead_line(scene), words.say("waiting_sub")),
        "admitted" => (
            words.say("admitted_headline"),
            timed(
                scene,
                "admitted_sub",
                "admitted_sub_paused",
                "admitted_sub_untimed",
            ),
        ),
        "inside" => (
            words.say("inside_headline"),
            timed(
                scene,
                "inside_sub",
                "inside_sub_paused",
                "inside_sub_untimed",
            ),
        ),
        "booking-pending"
            if matches!(
                scene.place["last"]["kind"].as_str(),
                Some("cancel" | "move")
            ) =>
        {
            (
                words.say("changing_headline"),
                words.say("booking_pending_sub_plain"),
            )
        }
        "booking-pending" => (words.say("booking_pending_headline"), asked(scene)),
        "refused" => {
            let reason = refusal(scene.place).unwrap_or("other");
            let key = if reason == "sold_out" {
                "refused_sold_out_headline"
            } else {
                "refused_headline"
            };
            (words.say(key), words.problem(reason))
        }
        "left" => left(scene),
        "closed" if reservations(scene.place).any(|one| one["state"] == "confirmed") => {
            (words.say("closed_headline"), words.say("closed_sub_ticket"))
        }
        "closed" if time_of(scene.event, "closes_at").is_some_and(|ms| ms > scene.now_ms) => {
            (words.say("closed_headline"), words.say("closed_sub_reopen"))
        }
        _ => plain(),
    }
}

fn ahead_line(scene: &Scene<'_>) -> String {
    match scene.place["ahead"].as_u64() {
        Some(0) => scene.words.say("waiting_headline_next"),
        Some(n) => scene
            .words
            .fill("waiting_headline", &[("ahead", &grouped(n))]),
        None => scene.words.say("waiting_headline_unknown"),
    }
}

fn timed(scene: &Scene<'_>, with_clock: &str, paused: &str, without: &str) -> String {
    match time_of(scene.place, "until") {
        Some(until) => scene.words.fill(
            with_clock,
            &[("clock", &scene.words.deadline(until, scene.zone))],
        ),
        None => scene.words.say(if scene.paused { paused } else { without }),
    }
}

/// What is being decided, in words; only what the server itself said.
fn asked(scene: &Scene<'_>) -> String {
    let words = scene.words;
    let pending = reservations(scene.place).find(|one| one["state"] == "pending");
    let time = pending
        .and_then(|one| super::rows::slot_of(scene.event, &one["slot"]))
        .and_then(|slot| time_of(slot, "starts_at"));
    match (pending, time) {
        (Some(one), Some(ms)) => {
            let party = words.party(one["seats"].as_u64().unwrap_or(1));
            let asked = words.fill(
                "asked",
                &[
                    ("time", &super::words::slot_time(ms, scene.zone)),
                    ("party", &party),
                ],
            );
            words.fill("booking_pending_sub", &[("asked", &asked)])
        }
        _ => words.say("booking_pending_sub_plain"),
    }
}

fn left(scene: &Scene<'_>) -> (String, String) {
    let newest = scene.place["reservations"]
        .as_array()
        .and_then(|all| all.last())
        .unwrap_or(&Value::Null);
    let key = match (newest["state"].as_str(), newest["reason"].as_str()) {
        (Some("cancelled"), Some("slot_cancelled")) => "left_slot_cancelled",
        (Some("cancelled"), _) => "left_cancelled",
        _ => "left",
    };
    (
        scene.words.say(&format!("{key}_headline")),
        scene.words.say(&format!("{key}_sub")),
    )
}

pub(super) fn why(scene: &Scene<'_>, state: &str) -> String {
    let words = scene.words;
    match (state, scene.place["reason"].as_str()) {
        ("scheduled" | "lobby", _) => words.say(if scene.event["lobby"] == "shuffle" {
            "order_shuffle"
        } else {
            "order_arrival"
        }),
        ("waiting" | "standby" | "paused", Some(reason)) if words.has(&format!("why_{reason}")) => {
            words.say(&format!("why_{reason}"))
        }
        ("refused", _) => words.say("refused_choose"),
        ("inside", _) => match reservations(scene.place)
            .filter(|one| one["state"] == "confirmed")
            .count()
        {
            0 => String::new(),
            n => words.fill("inside_more", &[("count", &n.to_string())]),
        },
        _ => String::new(),
    }
}

/// The reason of a refusal that no state of its own tells.
pub(super) fn alert_code<'a>(scene: &Scene<'a>, state: &str) -> Option<&'a str> {
    let last = &scene.place["last"];
    let told = state == "refused" || (last["kind"] == "reserve" && state != "booked");
    if told || last["state"] != "refused" {
        None
    } else {
        last["reason"].as_str()
    }
}

pub(super) fn leave(scene: &Scene<'_>, state: &str) -> String {
    let holds_one = reservations(scene.place).any(|one| one["state"] == "confirmed");
    match state {
        "waiting" | "standby" | "admitted" | "lobby" | "paused" if has_place(scene) => {
            scene.words.say("leave")
        }
        "inside" | "refused" if !holds_one => scene.words.say("leave_room"),
        _ => String::new(),
    }
}
