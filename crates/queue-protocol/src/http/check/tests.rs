//! Definitions and changes, right and wrong.

use super::policy::thousandths;
use super::*;
use crate::http::read;
use crate::http::{PolicyPatchBody, TextsBody};
use queue_domain::Policy;

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
    let body: TextsBody = read::json(r#"{"notice":null,"title":{"ko":"새"}}"#.as_bytes()).unwrap();
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
