//! An event as anyone may see it.

use crate::shown;
use crate::view::{EventView, SlotView};
use queue_domain::{Lobby, SlotStatus, Stamp};
use queue_protocol::http::{Event, Slot, Text};
use queue_protocol::time::rfc3339;
use std::collections::BTreeMap;

/// The event's body. `now` is the server's clock.
pub fn event(view: &EventView, now: Stamp) -> Event {
    let definition = &view.definition;
    let mut texts = texts_by_name(view);
    let mut take = |name: &str| texts.remove(name).unwrap_or_default();
    let (title, venue, notice) = (take("title"), take("venue"), take("notice"));
    Event {
        id: definition.id.to_string(),
        title,
        venue,
        accent: plain(view, "accent"),
        texts,
        time_zone: plain(view, "time_zone").unwrap_or_else(|| "UTC".into()),
        phase: shown::phase(view.guise.phase).into(),
        paused: view.guise.paused,
        standby: view.guise.standby,
        now: rfc3339(now),
        lobby_opens_at: rfc3339(definition.schedule.lobby_opens_at),
        opens_at: rfc3339(definition.schedule.opens_at),
        closes_at: rfc3339(definition.schedule.closes_at),
        lobby: lobby(&definition.lobby).into(),
        commitment: match &definition.lobby {
            Lobby::Arrival => None,
            Lobby::Shuffle(commitment) => Some(hex(&commitment.secret_sha256)),
        },
        waiting: view.waiting,
        eta_s: shown::wait(view, view.waiting),
        cancelled: view.totals.cancelled,
        per_shopper_max: definition.policy.per_shopper_max,
        party_max: definition.policy.party_max,
        session_extensions: definition.policy.session_extensions,
        slots: slots(view),
        notice: Some(notice).filter(|notice| !notice.is_empty()),
        version: view.version.to_string(),
    }
}

/// The event's slots, in definition order, with the fold's counts.
pub fn slots(view: &EventView) -> Vec<Slot> {
    view.slots.iter().map(slot).collect()
}

fn slot(slot: &SlotView) -> Slot {
    Slot {
        id: slot.definition.id.to_string(),
        starts_at: rfc3339(slot.definition.starts_at),
        ends_at: rfc3339(slot.definition.ends_at),
        capacity: slot.capacity.0,
        remaining: slot.capacity.0.saturating_sub(slot.confirmed.0),
        state: slot_state(slot.status).into(),
    }
}

/// A slot's state as written.
pub fn slot_state(status: SlotStatus) -> &'static str {
    match status {
        SlotStatus::Bookable => "bookable",
        SlotStatus::Over => "over",
        SlotStatus::Stopped => "stopped",
        SlotStatus::Cancelled => "cancelled",
    }
}

/// `arrival` or `shuffle`.
fn lobby(lobby: &Lobby) -> &'static str {
    match lobby {
        Lobby::Arrival => "arrival",
        Lobby::Shuffle(_) => "shuffle",
    }
}

/// The event's notice, if it has one.
pub(super) fn notice(view: &EventView) -> Option<Text> {
    texts_by_name(view).remove("notice")
}

/// Texts whose key has a language: `rules.ko` is the `ko` of `rules`.
fn texts_by_name(view: &EventView) -> BTreeMap<String, Text> {
    let mut texts: BTreeMap<String, Text> = BTreeMap::new();
    for (key, text) in &view.definition.texts {
        if let Some((name, language)) = key.rsplit_once('.') {
            texts
                .entry(name.into())
                .or_default()
                .insert(language.into(), text.to_string());
        }
    }
    texts
}

fn plain(view: &EventView, key: &str) -> Option<String> {
    view.definition.texts.get(key).map(|text| text.to_string())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
            text
        })
}
