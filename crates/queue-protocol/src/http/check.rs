//! From operators' bodies to the domain's values: all faults at once, each with its field's path.

use super::{
    DefinitionBody, FieldError, PolicyPatchBody, RescheduleBody, SlotBody, Text, TextsBody,
};
use crate::time::parse_rfc3339;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use queue_domain::{
    Commitment, Definition, EventId, Lobby, OperatorAction, Policy, PolicyPatch, Schedule, Seats,
    SlotDefinition, SlotId, Stamp, TextChange, Texts,
};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

const LOBBY_BEFORE_MS: u64 = 30 * 60 * 1000;
const SLOTS: RangeInclusive<usize> = 1..=1000;
const CAPACITY_MAX: u32 = 1_000_000;
const TEXT_MAX_CHARS: usize = 10_000;
const TITLE_MAX_CHARS: usize = 200;
const LANGUAGES_MAX: usize = 8;
/// What white text needs on the accent (WCAG 2.2, 1.4.3).
const ACCENT_CONTRAST: f64 = 4.5;

/// The policy of an event that defines none.
pub const DEFAULT_POLICY: Policy = Policy {
    admit_per_second_milli: 50_000,
    room_max: 2_000,
    room_per_seat_milli: 1_000,
    claim_window_ms: 60_000,
    session_ms: 300_000,
    session_extensions: 1,
    per_shopper_max: 1,
    party_max: 4,
    joins_per_shopper: 20,
};

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

impl PolicyPatchBody {
    /// Checks every field that is there; at least one must be.
    pub fn check(&self) -> Result<PolicyPatch, Vec<FieldError>> {
        let mut faults = Faults::default();
        let patch = policy_patch(self, &mut faults);
        if *self == Self::default() {
            faults.add("body", "must name at least one field of the policy");
        }
        faults.result(Some(patch))
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

impl TextsBody {
    /// Checks every text that is there. `known` are the keys that the event has now: a language that is no longer given is removed.
    pub fn check<'a>(
        &self,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Vec<TextChange>, Vec<FieldError>> {
        let mut faults = Faults::default();
        let mut changes = Vec::new();
        let title = self.title.clone().map(Some);
        if title
            .as_ref()
            .is_some_and(|title| title.as_ref().is_none_or(Text::is_empty))
        {
            faults.add("title", "must be given in at least one language");
        }
        for (name, change, max) in [
            ("title", &title, TITLE_MAX_CHARS),
            ("venue", &self.venue, TITLE_MAX_CHARS),
            ("rules", &self.rules, TEXT_MAX_CHARS),
            ("privacy", &self.privacy, TEXT_MAX_CHARS),
            ("notice", &self.notice, TEXT_MAX_CHARS),
        ] {
            let Some(text) = change else { continue };
            let empty = Text::new();
            let text = text.as_ref().unwrap_or(&empty);
            check_text(name, text, max, &mut faults);
            let gone = known.clone().filter(|key| {
                key.strip_prefix(name)
                    .and_then(|rest| rest.strip_prefix('.'))
                    .is_some_and(|tag| !text.contains_key(tag))
            });
            changes.extend(gone.map(|key| TextChange {
                key: key.into(),
                text: None,
            }));
            changes.extend(text.iter().map(|(tag, text)| TextChange {
                key: format!("{name}.{tag}").into(),
                text: Some(text.as_str().into()),
            }));
        }
        if let Some(accent) = self
            .accent
            .as_deref()
            .and_then(|accent| faults.keep("accent", check_accent(accent)))
        {
            changes.push(TextChange {
                key: "accent".into(),
                text: Some(accent.into()),
            });
        }
        if *self == Self::default() {
            faults.add("body", "must name at least one text");
        }
        faults.result(Some(changes))
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

fn policy_patch(body: &PolicyPatchBody, faults: &mut Faults) -> PolicyPatch {
    let mut number = |field: &str, value: Option<u32>, range: RangeInclusive<u32>| {
        if let Some(value) = value {
            faults.within(&format!("policy.{field}"), value, range);
        }
        value
    };
    let room_max = number("room_max", body.room_max, 1..=1_000_000);
    let claim_window_s = number("claim_window_s", body.claim_window_s, 1..=86_400);
    let session_s = number("session_s", body.session_s, 1..=86_400);
    let party_max = number("party_max", body.party_max, 1..=100);
    number(
        "session_extensions",
        body.session_extensions.map(u32::from),
        0..=20,
    );
    number(
        "per_shopper_max",
        body.per_shopper_max.map(u32::from),
        1..=20,
    );
    number(
        "joins_per_shopper",
        body.joins_per_shopper.map(u32::from),
        1..=200,
    );
    let mut milli = |field: &str, value: Option<f64>, most: u32| {
        value.and_then(|value| faults.keep(&format!("policy.{field}"), thousandths(value, most)))
    };
    PolicyPatch {
        admit_per_second_milli: milli("admit_per_second", body.admit_per_second, 100_000),
        room_max,
        room_per_seat_milli: milli("room_per_seat", body.room_per_seat, 1_000),
        claim_window_ms: claim_window_s.map(|s| u64::from(s) * 1000),
        session_ms: session_s.map(|s| u64::from(s) * 1000),
        session_extensions: body.session_extensions,
        per_shopper_max: body.per_shopper_max,
        party_max,
        joins_per_shopper: body.joins_per_shopper,
    }
}

/// A decimal number as thousandths, exactly: what has more than three decimal places is refused, never rounded.
fn thousandths(value: f64, most: u32) -> Result<u32, String> {
    let wrong = || format!("must be 0.001 to {most}, with at most three decimal places");
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if fraction.len() > 3 {
        return Err(wrong());
    }
    let milli: u64 = format!("{whole}{fraction:0<3}")
        .parse()
        .map_err(|_| wrong())?;
    u32::try_from(milli)
        .ok()
        .filter(|milli| (1..=u64::from(most) * 1000).contains(&u64::from(*milli)))
        .ok_or_else(wrong)
}

fn check_text(name: &str, text: &Text, max: usize, faults: &mut Faults) {
    if text.len() > LANGUAGES_MAX {
        faults.add(
            name,
            format!("must be in at most {LANGUAGES_MAX} languages"),
        );
    }
    for (language, text) in text {
        let tag =
            (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
        if !tag {
            faults.add(
                format!("{name}.{language}"),
                "a language is named by its tag, such as ko or en",
            );
        }
        if text.trim().is_empty() || text.chars().count() > max {
            faults.add(
                format!("{name}.{language}"),
                format!("must have 1 to {max} characters"),
            );
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            faults.add(
                format!("{name}.{language}"),
                "must not hold control characters other than line ends",
            );
        }
    }
}

fn check_accent(accent: &str) -> Result<String, String> {
    let wrong = || "must be a colour such as #a8325a".to_owned();
    let digits = accent
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
        .ok_or_else(wrong)?;
    let rgb = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
    let contrast = 1.05 / (luminance(rgb) + 0.05);
    if contrast < ACCENT_CONTRAST {
        return Err(format!(
            "white text on it has a contrast of {contrast:.1}; {ACCENT_CONTRAST} is needed, so choose a darker colour"
        ));
    }
    Ok(accent.to_ascii_lowercase())
}

/// Relative luminance (WCAG 2.2).
fn luminance(rgb: u32) -> f64 {
    let channel = |shift: u32| {
        let part = f64::from((rgb >> shift) & 0xff) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    0.212_6 * channel(16) + 0.715_2 * channel(8) + 0.072_2 * channel(0)
}

/// A patch on a policy.
trait Applied {
    fn applied(self, to: Policy) -> Policy;
}

impl Applied for PolicyPatch {
    fn applied(self, to: Policy) -> Policy {
        Policy {
            admit_per_second_milli: self
                .admit_per_second_milli
                .unwrap_or(to.admit_per_second_milli),
            room_max: self.room_max.unwrap_or(to.room_max),
            room_per_seat_milli: self.room_per_seat_milli.unwrap_or(to.room_per_seat_milli),
            claim_window_ms: self.claim_window_ms.unwrap_or(to.claim_window_ms),
            session_ms: self.session_ms.unwrap_or(to.session_ms),
            session_extensions: self.session_extensions.unwrap_or(to.session_extensions),
            per_shopper_max: self.per_shopper_max.unwrap_or(to.per_shopper_max),
            party_max: self.party_max.unwrap_or(to.party_max),
            joins_per_shopper: self.joins_per_shopper.unwrap_or(to.joins_per_shopper),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::read;

    const DEFINITION: &str = r##"
        id = "glow-seongsu-2026-12"
        title = { ko = "글로우", en = "Glow" }
        accent = "#A8325A"
        time_zone = "Asia/Seoul"
        opens_at = "2026-12-05T10:00:00+09:00"
        closes_at = "2026-12-05T18:00:00+09:00"
        [policy]
        admit_per_second = 0.125
        [[slots]]
        id = "0900"
        starts_at = "2026-12-05T09:00:00+09:00"
        ends_at = "2026-12-05T09:30:00+09:00"
        capacity = 200
        book_before_s = 60
    "##;

    fn commit(_: &EventId) -> Commitment {
        Commitment {
            secret_sha256: [3; 32],
            key_id: "1-aaaaaa".into(),
        }
    }

    fn body(change: impl FnOnce(&mut DefinitionBody)) -> DefinitionBody {
        let mut body = read::toml(DEFINITION.as_bytes()).unwrap();
        change(&mut body);
        body
    }

    fn faults(change: impl FnOnce(&mut DefinitionBody)) -> Vec<String> {
        body(change)
            .check(commit)
            .unwrap_err()
            .into_iter()
            .map(|fault| fault.field)
            .collect()
    }

    #[test]
    fn a_definition_is_read_with_its_defaults() {
        let definition = body(|_| {}).check(commit).unwrap();
        let at = |text| parse_rfc3339(text).unwrap();
        assert_eq!(
            definition.schedule.lobby_opens_at,
            at("2026-12-05T09:30:00+09:00")
        );
        assert_eq!(
            definition.policy,
            Policy {
                admit_per_second_milli: 125,
                ..DEFAULT_POLICY
            }
        );
        assert_eq!(definition.lobby, Lobby::Arrival);
        let slot = &definition.slots[0];
        assert_eq!(slot.bookable_until, at("2026-12-05T08:59:00+09:00"));
        assert_eq!(
            slot.day,
            (
                at("2026-12-05T00:00:00+09:00"),
                at("2026-12-06T00:00:00+09:00")
            )
        );
        assert_eq!(&*definition.texts["title.ko"], "글로우");
        assert_eq!(&*definition.texts["accent"], "#a8325a");
        assert_eq!(&*definition.texts["retention_days"], "30");
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let found = faults(|body| {
            body.id = "Glow".into();
            body.time_zone = "Mars/Olympus".into();
            body.closes_at = body.opens_at.clone();
            body.accent = Some("#ffff00".into());
            body.lobby = Some("lottery".into());
            body.retention_days = Some(0);
            body.policy.room_max = Some(0);
            body.policy.admit_per_second = Some(0.0005);
            let mut slot = body.slots[0].clone();
            slot.capacity = 1_000_001;
            slot.ends_at = "soon".into();
            body.slots.push(slot);
            body.title.insert("KO".into(), " ".into());
        });
        for field in [
            "id",
            "time_zone",
            "closes_at",
            "accent",
            "lobby",
            "retention_days",
            "policy.room_max",
            "policy.admit_per_second",
            "slots[1].id",
            "slots[1].capacity",
            "slots[1].ends_at",
            "title.KO",
        ] {
            assert!(
                found.iter().any(|found| found == field),
                "{field} in {found:?}"
            );
        }
    }

    #[test]
    fn a_shuffle_lobby_has_its_commitment() {
        let definition = body(|body| body.lobby = Some("shuffle".into()))
            .check(commit)
            .unwrap();
        assert_eq!(definition.lobby, Lobby::Shuffle(commit(&definition.id)));
    }

    #[test]
    fn decimals_become_thousandths_exactly_or_not_at_all() {
        for (value, milli) in [
            (0.001, 1),
            (50.0, 50_000),
            (0.125, 125),
            (100_000.0, 100_000_000),
            (16.666, 16_666),
            (1e2, 100_000),
        ] {
            assert_eq!(thousandths(value, 100_000), Ok(milli), "{value}");
        }
        for value in [
            0.0,
            -1.0,
            0.0005,
            1.0001,
            100_000.001,
            f64::NAN,
            f64::INFINITY,
            1e300,
        ] {
            assert!(thousandths(value, 100_000).is_err(), "{value}");
        }
    }

    #[test]
    fn a_day_with_a_clock_change_has_another_length() {
        let zone = zone("Europe/Berlin").unwrap();
        let (from, to) = day(parse_rfc3339("2026-10-25T12:00:00+01:00").unwrap(), &zone).unwrap();
        assert_eq!(to.0 - from.0, 25 * 3_600_000);
    }

    #[test]
    fn a_text_that_is_no_longer_given_is_removed() {
        let body: TextsBody =
            read::json(r#"{"notice":null,"title":{"ko":"새"}}"#.as_bytes()).unwrap();
        let changes = body
            .check(["notice.ko", "title.ko", "title.en", "rules.ko"].into_iter())
            .unwrap();
        let said: Vec<_> = changes
            .iter()
            .map(|change| (&*change.key, change.text.as_deref()))
            .collect();
        assert_eq!(
            said,
            [
                ("title.en", None),
                ("title.ko", Some("새")),
                ("notice.ko", None)
            ]
        );
        assert!(TextsBody::default().check([].into_iter()).is_err());
    }

    #[test]
    fn an_empty_change_is_refused() {
        assert!(PolicyPatchBody::default().check().is_err());
        assert!(RescheduleBody::default().check().is_err());
    }
}
