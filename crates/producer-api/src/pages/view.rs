//! From what the API says (event, place) to what the page shows, as plain values: which state, which sentences, which rows. No markup, no request.
//!
//! `web/js/view.js` is the same function in the browser, so that what the script repaints is what the server painted. Change both; `web/fixtures/` tells when they differ.

use super::rows::{Party, Slots, Ticket, party, slots, tickets};
use super::words::{Words, grouped, time_of};
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

/// A time to wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct Countdown {
    pub at_ms: i64,
    pub label: String,
    pub text: String,
}

/// A named figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct Fact {
    pub id: &'static str,
    pub label: String,
    pub value: String,
}

/// How far from where this shopper began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct Progress {
    pub value: u64,
    pub max: u64,
    pub text: String,
}

/// When the turn or the session ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct Deadline {
    pub until_ms: i64,
    pub left_ms: i64,
    /// The bar's full length.
    pub max_ms: i64,
    pub text: String,
}

/// The parts that every sentence is made from.
struct Scene<'a> {
    words: &'a Words,
    event: &'a Value,
    place: &'a Value,
    zone: &'a str,
    now_ms: i64,
    phase: &'a str,
    standby: bool,
    paused: bool,
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
        Some("closed") => "closed",
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
fn refusal(place: &Value) -> Option<&str> {
    let last = &place["last"];
    (last["kind"] == "reserve" && last["state"] == "refused")
        .then(|| last["reason"].as_str().unwrap_or("other"))
}

/// The reason of a refusal that no state of its own tells.
fn alert_code<'a>(scene: &Scene<'a>, state: &str) -> Option<&'a str> {
    let last = &scene.place["last"];
    let told = state == "refused" || (last["kind"] == "reserve" && state != "booked");
    if told || last["state"] != "refused" {
        None
    } else {
        last["reason"].as_str()
    }
}

fn reservations(place: &Value) -> impl Iterator<Item = &Value> {
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

fn has_place(scene: &Scene<'_>) -> bool {
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

fn primary(scene: &Scene<'_>, state: &str, action: Option<&str>) -> String {
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
fn sentences(scene: &Scene<'_>, state: &str) -> (String, String) {
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
                "admitted_sub_paused",
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

fn why(scene: &Scene<'_>, state: &str) -> String {
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

fn countdown(scene: &Scene<'_>, state: &str) -> Option<Countdown> {
    let at_ms =
        time_of(scene.event, "opens_at").filter(|_| matches!(state, "scheduled" | "lobby"))?;
    Some(Countdown {
        at_ms,
        label: scene.words.say("opens_in"),
        text: scene.words.remaining(at_ms - scene.now_ms),
    })
}

fn facts(scene: &Scene<'_>, state: &str) -> Vec<Fact> {
    let (words, place, event) = (scene.words, scene.place, scene.event);
    let fact = |id, label: &str, value: Option<String>| {
        value.map(|value| Fact {
            id,
            label: words.say(label),
            value,
        })
    };
    let eta = |of: &Value| {
        of["eta_s"]["high"]
            .as_u64()
            .map(|high| words.wait(of["eta_s"]["low"].as_u64().unwrap_or(0), high))
    };
    let number = fact(
        "number",
        "fact_number",
        place["number"].as_u64().map(|n| words.count("number", n)),
    );
    let seats = fact(
        "seats",
        "fact_seats",
        super::rows::seats_left(event).map(|n| words.count("seats", n)),
    );
    let here = |label| {
        fact(
            "here",
            label,
            event["waiting"].as_u64().map(|n| words.count("people", n)),
        )
    };
    let list = match state {
        "lobby" => vec![here("fact_here"), number],
        "open" => vec![
            here("fact_line"),
            fact("wait", "fact_join_wait", eta(event)),
            seats,
        ],
        "waiting" => vec![
            number,
            fact(
                "wait",
                "fact_wait",
                Some(eta(place).unwrap_or_else(|| words.say("unknown"))),
            ),
            seats,
        ],
        "paused" if has_place(scene) => vec![
            number,
            fact(
                "ahead",
                "fact_rank",
                place["ahead"].as_u64().map(|n| words.count("nth", n + 1)),
            ),
        ],
        "paused" => vec![here("fact_line"), seats],
        "standby" => vec![
            fact(
                "ahead",
                "fact_rank",
                place["ahead"].as_u64().map(|n| words.count("nth", n + 1)),
            ),
            number,
            fact(
                "cancelled",
                "fact_cancelled",
                event["cancelled"]
                    .as_u64()
                    .map(|n| words.count("tickets", n)),
            ),
        ],
        "admitted" => vec![number],
        _ => vec![],
    };
    list.into_iter().flatten().collect()
}

fn progress(scene: &Scene<'_>, state: &str) -> Option<Progress> {
    let (began, ahead) = (
        scene.place["began_ahead"].as_u64()?,
        scene.place["ahead"].as_u64()?,
    );
    // Nothing to show for who began at the front, or who was sent back further than where they began.
    if state != "waiting" || began == 0 || ahead > began {
        return None;
    }
    let passed = began - ahead;
    let text = scene.words.fill(
        "waiting_progress",
        &[("began", &grouped(began)), ("passed", &grouped(passed))],
    );
    Some(Progress {
        value: passed,
        max: began,
        text,
    })
}

fn deadline(scene: &Scene<'_>, state: &str) -> Option<Deadline> {
    let usual_ms = match state {
        "admitted" => 60_000,
        "inside" | "refused" => 300_000,
        _ => return None,
    };
    let until_ms = time_of(scene.place, "until")?;
    let left_ms = (until_ms - scene.now_ms).max(0);
    Some(Deadline {
        until_ms,
        left_ms,
        max_ms: usual_ms.max(left_ms),
        text: scene.words.remaining(left_ms),
    })
}

fn leave(scene: &Scene<'_>, state: &str) -> String {
    let holds_one = reservations(scene.place).any(|one| one["state"] == "confirmed");
    match state {
        "waiting" | "standby" | "admitted" | "lobby" | "paused" if has_place(scene) => {
            scene.words.say("leave")
        }
        "inside" | "refused" if !holds_one => scene.words.say("leave_room"),
        _ => String::new(),
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
