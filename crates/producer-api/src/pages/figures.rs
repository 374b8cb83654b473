//! The figures of a page: what is counted, how far it went, when it ends.

use super::view::{Scene, has_place};
use super::words::{grouped, time_of};
use serde::Serialize;
use serde_json::Value;

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

pub(super) fn countdown(scene: &Scene<'_>, state: &str) -> Option<Countdown> {
    let at_ms =
        time_of(scene.event, "opens_at").filter(|_| matches!(state, "scheduled" | "lobby"))?;
    Some(Countdown {
        at_ms,
        label: scene.words.say("opens_in"),
        text: scene.words.remaining(at_ms - scene.now_ms),
    })
}

pub(super) fn facts(scene: &Scene<'_>, state: &str) -> Vec<Fact> {
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
        "pending" => vec![fact("receipt", "fact_receipt", recorded_as(place))],
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
                "fact_ahead",
                place["ahead"].as_u64().map(|n| words.count("people", n)),
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

/// Where the join stands in the log, as its receipt says.
fn recorded_as(place: &Value) -> Option<String> {
    place["receipt"]
        .as_str()?
        .split('.')
        .nth(3)
        .map(str::to_owned)
}

pub(super) fn progress(scene: &Scene<'_>, state: &str) -> Option<Progress> {
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

pub(super) fn deadline(scene: &Scene<'_>, state: &str) -> Option<Deadline> {
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
