//! From what the API says (event, place) to what the page shows, as plain values: which state, which sentences, which rows. No markup, no request.
//!
//! `web/js/view.js` is the same function in the browser, so that what the script repaints is what the server painted. Change both; `web/fixtures/` tells when they differ.

use super::figures::{Countdown, Deadline, Fact, Progress, countdown, deadline, facts, progress};
use super::rows::{Party, Slots, Ticket, party, slots, tickets};
use super::sentences::{alert_code, leave, primary, sentences, why};
use super::words::Words;
use serde::Serialize;
use serde_json::Value;

/// Everything that a page of one event shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct View {
    /// One of the documented state names; `data-state` of the page.
    pub state: &'static str,
    pub headline: String,
    pub sub: String,
    /// A second sentence: why something changed, what else can be done.
    pub why: String,
    pub notice: String,
    /// Why the last thing asked was refused, where no state says it.
    pub alert: String,
    pub alert_code: String,
    /// A pause that does not stop this shopper: told beside the state.
    pub paused: bool,
    pub countdown: Option<Countdown>,
    pub facts: Vec<Fact>,
    pub progress: Option<Progress>,
    pub deadline: Option<Deadline>,
    /// What the one form does: `join`, `wish`, `enter`, `book`, or nothing.
    pub action: Option<&'static str>,
    /// The last part of the address that the form posts to; empty without a form.
    pub post: &'static str,
    pub primary: String,
    pub slots: Option<Slots>,
    pub party: Option<Party>,
    pub tickets: Vec<Ticket>,
    /// The words of the way out, when there is one.
    pub leave: String,
    pub extend: bool,
    pub receipt: String,
    /// Seconds after which a page without script asks again; 0 is never.
    pub refresh_s: u32,
}

/// The parts that every sentence is made from.
pub(super) struct Scene<'a> {
    pub(super) words: &'a Words,
    pub(super) event: &'a Value,
    pub(super) place: &'a Value,
    pub(super) zone: &'a str,
    pub(super) now_ms: i64,
    pub(super) phase: &'a str,
    pub(super) standby: bool,
    pub(super) paused: bool,
}

/// What the page shows for an event and the shopper's place in it, at `now_ms` of the server's clock.
pub fn view(words: &Words, event: &Value, place: Option<&Value>, now_ms: i64) -> View {
    let scene = Scene {
        words,
        event,
        place: place.unwrap_or(&Value::Null),
        zone: event["time_zone"].as_str().unwrap_or("UTC"),
        now_ms,
        phase: event["phase"].as_str().unwrap_or("scheduled"),
        standby: event["standby"].as_bool().unwrap_or(false),
        paused: event["paused"].as_bool().unwrap_or(false),
    };
    let state = state_of(&scene);
    let action = action_of(&scene, state);
    let mut view = View {
        state,
        headline: String::new(),
        sub: String::new(),
        why: why(&scene, state),
        notice: words.pick(&event["notice"]),
        alert: alert_code(&scene, state)
            .map(|code| words.problem(code))
            .unwrap_or_default(),
        alert_code: alert_code(&scene, state).unwrap_or_default().to_owned(),
        paused: scene.paused && matches!(state, "admitted" | "inside" | "refused"),
        countdown: countdown(&scene, state),
        facts: facts(&scene, state),
        progress: progress(&scene, state),
        deadline: deadline(&scene, state),
        action,
        post: action.map_or("", |action| if action == "wish" { "join" } else { action }),
        primary: primary(&scene, state, action),
        slots: slots(
            words,
            event,
            &scene.place["wish"],
            scene.zone,
            slot_mode(state, action),
        ),
        party: (action == Some("book")).then(|| party(words, event)),
        tickets: tickets(words, event, scene.place, scene.zone, now_ms),
        leave: leave(&scene, state),
        extend: extend(&scene, state),
        receipt: scene.place["receipt"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        refresh_s: refresh_s(state),
    };
    (view.headline, view.sub) = sentences(&scene, state);
    view
}

/// Which state this is. The order of the questions is the rule.
fn state_of(scene: &Scene<'_>) -> &'static str {
    let place = scene.place;
    match place["state"].as_str() {
        Some("pending") => "pending",
        Some("waiting") if scene.phase == "lobby" => "lobby",
        Some("waiting") if scene.paused => "paused",
        Some("waiting") if scene.standby => "standby",
        Some("waiting") => "waiting",
        Some("admitted") => "admitted",
        Some("inside") if deciding(place) => "booking-pending",
        Some("inside") if refusal(place).is_some() => "refused",
        Some("inside") => "inside",
        Some("booked") => "booked",
        Some("no_show") => "no-show",
        Some("timed_out") => "timed-out",
        Some("left") if scene.phase != "closed" => "left",
        _ => match scene.phase {
            "lobby" if scene.paused => "paused",
            "lobby" => "lobby",
            "open" if scene.paused => "paused",
            "open" => "open",
            "closed" => "closed",
            _ => "scheduled",
        },
    }
}

/// Something about a seat is asked and not yet decided, or decided and not yet in the ledger.
fn deciding(place: &Value) -> bool {
    let last = &place["last"];
    let asked = last["state"] == "pending"
        && matches!(last["kind"].as_str(), Some("reserve" | "move" | "cancel"));
    asked || reservations(place).any(|one| one["state"] == "pending")
}

/// Why the last reservation was refused, if the last thing was that.
pub(super) fn refusal(place: &Value) -> Option<&str> {
    let last = &place["last"];
    (last["kind"] == "reserve" && last["state"] == "refused")
        .then(|| last["reason"].as_str().unwrap_or("other"))
}

pub(super) fn reservations(place: &Value) -> impl Iterator<Item = &Value> {
    place["reservations"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
}

/// Whether a join could be taken now.
fn joinable(scene: &Scene<'_>) -> bool {
    matches!(scene.phase, "lobby" | "open")
}

pub(super) fn has_place(scene: &Scene<'_>) -> bool {
    matches!(
        scene.place["state"].as_str(),
        Some("pending" | "waiting" | "admitted" | "inside" | "booked")
    )
}

fn action_of(scene: &Scene<'_>, state: &str) -> Option<&'static str> {
    match state {
        "lobby" | "paused" if has_place(scene) => Some("wish"),
        "open" | "lobby" | "paused" => Some("join"),
        "waiting" | "standby" => Some("wish"),
        "admitted" => Some("enter"),
        "inside" | "refused" => Some("book"),
        "no-show" | "timed-out" | "left" if joinable(scene) => Some("join"),
        _ => None,
    }
}

fn slot_mode(state: &str, action: Option<&str>) -> &'static str {
    match (state, action) {
        ("scheduled" | "admitted", _) => "look",
        (_, Some("join" | "wish")) => "wish",
        (_, Some("book")) => "book",
        _ => "none",
    }
}

fn extend(scene: &Scene<'_>, state: &str) -> bool {
    let used = scene.place["extensions"].as_u64().unwrap_or(0);
    matches!(state, "inside" | "refused")
        && used < scene.event["session_extensions"].as_u64().unwrap_or(0)
}

fn refresh_s(state: &str) -> u32 {
    match state {
        "pending" | "booking-pending" => 2,
        "waiting" | "lobby" | "standby" | "paused" => 10,
        "scheduled" => 30,
        _ => 0,
    }
}
