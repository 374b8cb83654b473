//! From operators' bodies to the domain's values: all faults at once, each with its field's path.

mod policy;
#[cfg(test)]
mod tests;
mod text;

pub use policy::DEFAULT_POLICY;

use policy::{Applied as _, policy_patch};
use text::{TEXT_MAX_CHARS, TITLE_MAX_CHARS, check_accent, check_text};

use crate::http::{DefinitionBody, FieldError, RescheduleBody, SlotBody};
use crate::time::parse_rfc3339;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use queue_domain::{
    Commitment, Definition, EventId, Lobby, OperatorAction, Schedule, Seats, SlotDefinition,
    SlotId, Stamp, Texts,
};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

const LOBBY_BEFORE_MS: u64 = 30 * 60 * 1000;
const SLOTS: RangeInclusive<usize> = 1..=1000;
const CAPACITY_MAX: u32 = 1_000_000;
/// Faults found so far.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, field: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldError {
            field: field.into(),
            detail: detail.into(),
        });
    }

    fn keep<T>(&mut self, field: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|detail| self.add(field, detail)).ok()
    }

    fn within<T: PartialOrd + std::fmt::Display>(
        &mut self,
        field: &str,
        value: T,
        range: RangeInclusive<T>,
    ) {
        if !range.contains(&value) {
            self.add(
                field,
                format!("must be {} to {}", range.start(), range.end()),
            );
        }
    }

    fn result<T>(self, value: Option<T>) -> Result<T, Vec<FieldError>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}

impl DefinitionBody {
    /// Checks the whole definition. `commit` promises the secret of a shuffle lobby.
    pub fn check(
        &self,
        commit: impl FnOnce(&EventId) -> Commitment,
    ) -> Result<Definition, Vec<FieldError>> {
        let mut faults = Faults::default();
        let id = faults.keep(
            "id",
            EventId::parse(&self.id).map_err(|error| error.to_string()),
        );
        let zone = faults.keep("time_zone", zone(&self.time_zone));
        let schedule = self.schedule(&mut faults);
        let policy = policy_patch(&self.policy, &mut faults).applied(DEFAULT_POLICY);
        let slots = self.slots(zone.as_ref(), &mut faults);
        let texts = self.texts(&mut faults);
        let shuffle = match self.lobby.as_deref() {
            None | Some("arrival") => false,
            Some("shuffle") => true,
            Some(_) => {
                faults.add("lobby", "must be arrival or shuffle");
                false
            }
        };
        faults.within(
            "retention_days",
            self.retention_days.unwrap_or(30),
            1..=3650,
        );
        let whole = id.zip(schedule).map(|(id, schedule)| {
            let lobby = if shuffle {
                Lobby::Shuffle(commit(&id))
            } else {
                Lobby::Arrival
            };
            Definition {
                id,
                lobby,
                schedule,
                policy,
                slots,
                texts,
            }
        });
        faults.result(whole)
    }

    fn schedule(&self, faults: &mut Faults) -> Option<Schedule> {
        let opens_at = faults.keep("opens_at", time(&self.opens_at));
        let closes_at = faults.keep("closes_at", time(&self.closes_at));
        let lobby = self
            .lobby_opens_at
            .as_ref()
            .map(|text| faults.keep("lobby_opens_at", time(text)));
        let (opens_at, closes_at) = opens_at.zip(closes_at)?;
        let lobby_opens_at =
            lobby.unwrap_or(Some(Stamp(opens_at.0.saturating_sub(LOBBY_BEFORE_MS))))?;
        if closes_at <= opens_at {
            faults.add("closes_at", "must be after opens_at");
        }
        if lobby_opens_at > opens_at {
            faults.add("lobby_opens_at", "must not be after opens_at");
        }
        Some(Schedule {
            lobby_opens_at,
            opens_at,
            closes_at,
        })
    }

    fn slots(&self, zone: Option<&TimeZone>, faults: &mut Faults) -> Vec<SlotDefinition> {
        if !SLOTS.contains(&self.slots.len()) {
            faults.add("slots", "must be 1 to 1000 slots");
        }
        let mut ids = BTreeSet::new();
        let mut checked = Vec::with_capacity(self.slots.len());
        for (at, body) in self.slots.iter().enumerate() {
            if !ids.insert(body.id.as_str()) {
                faults.add(format!("slots[{at}].id"), "another slot has this id");
            }
            checked.extend(slot(body, zone, &format!("slots[{at}]."), faults));
        }
        checked
    }

    fn texts(&self, faults: &mut Faults) -> Texts {
        let mut texts = Texts::new();
        if self.title.is_empty() {
            faults.add(
                "title",
                "must be given in at least one language, such as { ko = \"…\" }",
            );
        }
        for (name, text, max) in [
            ("title", &self.title, TITLE_MAX_CHARS),
            ("venue", &self.venue, TITLE_MAX_CHARS),
            ("rules", &self.rules, TEXT_MAX_CHARS),
            ("privacy", &self.privacy, TEXT_MAX_CHARS),
            ("notice", &self.notice, TEXT_MAX_CHARS),
        ] {
            check_text(name, text, max, faults);
            texts.extend(text.iter().map(|(language, text)| {
                (format!("{name}.{language}").into(), text.as_str().into())
            }));
        }
        if let Some(accent) = self
            .accent
            .as_deref()
            .and_then(|accent| faults.keep("accent", check_accent(accent)))
        {
            texts.insert("accent".into(), accent.into());
        }
        texts.insert("time_zone".into(), self.time_zone.as_str().into());
        texts.insert(
            "retention_days".into(),
            self.retention_days.unwrap_or(30).to_string().into(),
        );
        texts
    }
}

impl SlotBody {
    /// Checks a slot that is added to an event; `time_zone` is the event's.
    pub fn check(&self, time_zone: &str) -> Result<SlotDefinition, Vec<FieldError>> {
        let mut faults = Faults::default();
        let zone = faults.keep("time_zone", zone(time_zone));
        let checked = slot(self, zone.as_ref(), "", &mut faults);
        faults.result(checked)
    }
}

impl RescheduleBody {
    /// Checks every time that is there, and their order among themselves; at least one must be there.
    pub fn check(&self) -> Result<OperatorAction, Vec<FieldError>> {
        let mut faults = Faults::default();
        let mut read = |field, text: &Option<String>| {
            text.as_ref()
                .and_then(|text| faults.keep(field, time(text)))
        };
        let lobby_opens_at = read("lobby_opens_at", &self.lobby_opens_at);
        let opens_at = read("opens_at", &self.opens_at);
        let closes_at = read("closes_at", &self.closes_at);
        if *self == Self::default() {
            faults.add("body", "must name opens_at, closes_at or lobby_opens_at");
        }
        if opens_at
            .zip(closes_at)
            .is_some_and(|(opens, closes)| closes <= opens)
        {
            faults.add("closes_at", "must be after opens_at");
        }
        if lobby_opens_at
            .zip(opens_at)
            .is_some_and(|(lobby, opens)| lobby > opens)
        {
            faults.add("lobby_opens_at", "must not be after opens_at");
        }
        faults.result(Some(OperatorAction::Reschedule {
            lobby_opens_at,
            opens_at,
            closes_at,
        }))
    }
}

fn slot(
    body: &SlotBody,
    zone: Option<&TimeZone>,
    path: &str,
    faults: &mut Faults,
) -> Option<SlotDefinition> {
    let id = faults.keep(
        &format!("{path}id"),
        SlotId::parse(&body.id).map_err(|error| error.to_string()),
    );
    let starts_at = faults.keep(&format!("{path}starts_at"), time(&body.starts_at));
    let ends_at = faults.keep(&format!("{path}ends_at"), time(&body.ends_at));
    faults.within(&format!("{path}capacity"), body.capacity, 0..=CAPACITY_MAX);
    faults.within(
        &format!("{path}book_before_s"),
        body.book_before_s,
        0..=31_536_000,
    );
    let (starts_at, ends_at) = starts_at.zip(ends_at)?;
    if ends_at <= starts_at {
        faults.add(format!("{path}ends_at"), "must be after starts_at");
    }
    let day = faults.keep(&format!("{path}starts_at"), day(starts_at, zone?))?;
    let bookable_until = Stamp(
        starts_at
            .0
            .saturating_sub(u64::from(body.book_before_s) * 1000),
    );
    Some(SlotDefinition {
        id: id?,
        starts_at,
        ends_at,
        bookable_until,
        day,
        capacity: Seats(body.capacity),
    })
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| "must be a name of the IANA time zone database, such as Asia/Seoul".to_owned())
}

fn time(text: &str) -> Result<Stamp, String> {
    parse_rfc3339(text).ok_or_else(|| {
        "must be a time with an offset, such as 2026-12-05T10:00:00+09:00".to_owned()
    })
}

/// Midnight to midnight of the day, 23 to 25 hours apart where clocks are changed.
fn day(at: Stamp, zone: &TimeZone) -> Result<(Stamp, Stamp), String> {
    let bounds = || {
        let local = Timestamp::from_millisecond(i64::try_from(at.0).ok()?)
            .ok()?
            .to_zoned(zone.clone());
        let from = local.start_of_day().ok()?.timestamp().as_millisecond();
        let to = local
            .date()
            .tomorrow()
            .ok()?
            .to_zoned(zone.clone())
            .ok()?
            .start_of_day()
            .ok()?
            .timestamp()
            .as_millisecond();
        Some((
            Stamp(u64::try_from(from).ok()?),
            Stamp(u64::try_from(to).ok()?),
        ))
    };
    bounds().ok_or_else(|| "is outside the calendar".to_owned())
}
