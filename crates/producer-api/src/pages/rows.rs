//! The rows of a page: slots to look at, wish for or book, party sizes, tickets. Which of them is shown is not decided here.
//!
//! `web/js/rows.js` makes the same rows in the browser.

use super::words::{Words, day_key, slot_time, spaced, time_of};
use serde::Serialize;
use serde_json::Value;

/// From here down a slot is told as nearly gone.
const FEW: u64 = 10;
/// More party sizes than this are a number to type, not buttons.
const PARTY_BUTTONS: u64 = 6;

/// The slots of an event, for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct Slots {
    /// `look`, `wish` or `book`.
    pub mode: &'static str,
    pub legend: String,
    pub note: String,
    pub rows: Vec<SlotRow>,
}

/// One slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct SlotRow {
    pub id: String,
    /// The day, on the first row of each where there are several.
    pub day: String,
    pub time: String,
    pub left: String,
    /// `free | few | full | stopped | over | cancelled | unknown`
    pub kind: &'static str,
    /// Whether one can pick among the rows at all.
    pub pick: bool,
    pub enabled: bool,
    pub checked: bool,
}

/// How many come along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct Party {
    pub max: u64,
    /// Empty when there are too many for buttons.
    pub options: Vec<PartyOption>,
}

/// One party size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct PartyOption {
    pub id: u64,
    pub label: String,
    pub checked: bool,
}

/// A reservation that is true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct Ticket {
    pub id: String,
    pub slot: String,
    pub date: String,
    pub time: String,
    pub party: String,
    pub venue: String,
    pub code: String,
    pub qr: String,
    pub qr_alt: String,
    pub calendar: String,
    /// Whether it can still be moved or cancelled.
    pub open: bool,
    pub moves: Vec<Move>,
}

/// A slot to move to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    missing_docs,
    reason = "each field is one thing on the page and is named for it"
)]
pub struct Move {
    pub id: String,
    pub label: String,
    pub enabled: bool,
}

fn all_slots(event: &Value) -> &[Value] {
    event["slots"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The slot of that id.
pub(super) fn slot_of<'a>(event: &'a Value, id: &Value) -> Option<&'a Value> {
    all_slots(event)
        .iter()
        .find(|slot| id.is_string() && slot["id"] == *id)
}

/// Seats left over all bookable slots; nothing while one of them is unknown.
pub(super) fn seats_left(event: &Value) -> Option<u64> {
    let bookable = all_slots(event)
        .iter()
        .filter(|slot| slot["state"] == "bookable");
    bookable
        .map(|slot| slot["remaining"].as_u64())
        .sum::<Option<u64>>()
        .filter(|_| !all_slots(event).is_empty())
}

/// The slots as rows for `mode`; nothing for `none`.
pub(super) fn slots(
    words: &Words,
    event: &Value,
    wish: &Value,
    zone: &str,
    mode: &'static str,
) -> Option<Slots> {
    if mode == "none" || all_slots(event).is_empty() {
        return None;
    }
    let days: Vec<String> = all_slots(event)
        .iter()
        .map(|slot| {
            time_of(slot, "starts_at")
                .map(|ms| day_key(ms, zone))
                .unwrap_or_default()
        })
        .collect();
    let several = days.windows(2).any(|pair| pair[0] != pair[1]);
    let rows = all_slots(event).iter().enumerate().map(|(i, slot)| {
        let first_of_day = several && (i == 0 || days[i] != days[i - 1]);
        let day = if first_of_day {
            time_of(slot, "starts_at")
                .map(|ms| words.day(ms, zone))
                .unwrap_or_default()
        } else {
            String::new()
        };
        row(words, slot, wish, zone, mode, day)
    });
    Some(Slots {
        mode,
        legend: words.say(&format!("slots_{mode}")),
        note: if mode == "wish" {
            words.say("slots_wish_note")
        } else {
            String::new()
        },
        rows: rows.collect(),
    })
}

fn row(words: &Words, slot: &Value, wish: &Value, zone: &str, mode: &str, day: String) -> SlotRow {
    let (kind, left) = seats(words, slot);
    let enabled = mode != "look" && matches!(kind, "free" | "few" | "unknown");
    SlotRow {
        id: slot["id"].as_str().unwrap_or_default().to_owned(),
        day,
        time: time_of(slot, "starts_at")
            .map(|ms| slot_time(ms, zone))
            .unwrap_or_default(),
        left,
        kind,
        pick: mode != "look",
        enabled,
        checked: enabled && wish.is_string() && slot["id"] == *wish,
    }
}

fn seats(words: &Words, slot: &Value) -> (&'static str, String) {
    match (slot["state"].as_str(), slot["remaining"].as_u64()) {
        (Some("stopped"), _) => ("stopped", words.say("slot_stopped")),
        (Some("over"), _) => ("over", words.say("slot_over")),
        (Some("cancelled"), _) => ("cancelled", words.say("slot_cancelled")),
        (_, None) => ("unknown", words.say("slot_unknown")),
        (_, Some(0)) => ("full", words.say("slot_full")),
        (_, Some(n)) if n <= FEW => ("few", words.count("slot_few", n)),
        (_, Some(n)) => ("free", words.count("slot_left", n)),
    }
}

/// The party sizes that one booking may have.
pub(super) fn party(words: &Words, event: &Value) -> Party {
    let max = event["party_max"].as_u64().unwrap_or(1).max(1);
    let buttons = if max <= PARTY_BUTTONS { max } else { 0 };
    Party {
        max,
        options: (1..=buttons)
            .map(|n| PartyOption {
                id: n,
                label: words.party(n),
                checked: n == 1,
            })
            .collect(),
    }
}

/// The confirmed reservations of a place, oldest first.
pub(super) fn tickets(
    words: &Words,
    event: &Value,
    place: &Value,
    zone: &str,
    now_ms: i64,
) -> Vec<Ticket> {
    let all = place["reservations"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    all.iter()
        .filter(|one| one["state"] == "confirmed")
        .map(|one| ticket(words, event, one, zone, now_ms))
        .collect()
}

fn ticket(words: &Words, event: &Value, one: &Value, zone: &str, now_ms: i64) -> Ticket {
    let id = one["id"].as_str().unwrap_or_default();
    let slot = slot_of(event, &one["slot"]).unwrap_or(&Value::Null);
    let (starts, ends) = (time_of(slot, "starts_at"), time_of(slot, "ends_at"));
    let code = spaced(one["code"].as_str().unwrap_or_default());
    let clock = |at: Option<i64>| at.map(|ms| slot_time(ms, zone)).unwrap_or_default();
    Ticket {
        id: id.to_owned(),
        slot: one["slot"].as_str().unwrap_or_default().to_owned(),
        date: starts.map(|ms| words.day(ms, zone)).unwrap_or_default(),
        time: format!("{}–{}", clock(starts), clock(ends)),
        party: words.party(one["seats"].as_u64().unwrap_or(1)),
        venue: words.pick(&event["venue"]),
        qr: format!("/v1/reservations/{id}/ticket.svg"),
        qr_alt: words.fill("ticket_qr", &[("code", &code)]),
        calendar: format!("/v1/reservations/{id}/calendar.ics"),
        code,
        open: starts.is_some_and(|ms| ms > now_ms),
        moves: moves(words, event, one, zone),
    }
}

fn moves(words: &Words, event: &Value, one: &Value, zone: &str) -> Vec<Move> {
    let seats_wanted = one["seats"].as_u64().unwrap_or(1);
    let others = all_slots(event)
        .iter()
        .filter(|slot| slot["id"] != one["slot"] && slot["state"] == "bookable");
    others
        .map(|slot| Move {
            id: slot["id"].as_str().unwrap_or_default().to_owned(),
            label: format!(
                "{} · {}",
                time_of(slot, "starts_at")
                    .map(|ms| move_time(words, event, ms, zone))
                    .unwrap_or_default(),
                seats(words, slot).1
            ),
            enabled: slot["remaining"].as_u64().is_none_or(|n| n >= seats_wanted),
        })
        .collect()
}

/// The time alone, with the day where the event has several.
fn move_time(words: &Words, event: &Value, ms: i64, zone: &str) -> String {
    let first = all_slots(event)
        .first()
        .and_then(|slot| time_of(slot, "starts_at"))
        .unwrap_or(ms);
    let last = all_slots(event)
        .last()
        .and_then(|slot| time_of(slot, "starts_at"))
        .unwrap_or(ms);
    if day_key(first, zone) == day_key(last, zone) {
        slot_time(ms, zone)
    } else {
        format!("{} {}", words.day(ms, zone), slot_time(ms, zone))
    }
}
