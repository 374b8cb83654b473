//! The pages over the shared fixtures: every state in both languages, the golden views that the script is held to, and hostile texts.

use super::{Assets, ErrorPage, EventPage, Lang, ListPage, Pages, Words, view};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const STATES: &str = include_str!("../../../../web/fixtures/states.json");
const VIEWS: &str = include_str!("../../../../web/fixtures/views.json");

/// The documented names; `lost` and `error` are not made from an event.
const NAMES: [&str; 16] = [
    "scheduled",
    "lobby",
    "open",
    "pending",
    "waiting",
    "admitted",
    "inside",
    "booking-pending",
    "booked",
    "refused",
    "standby",
    "no-show",
    "timed-out",
    "paused",
    "closed",
    "left",
];

fn over(base: &Value, changes: &Value) -> Value {
    let mut all = base.clone();
    for (name, value) in changes.as_object().into_iter().flatten() {
        all[name.as_str()] = value.clone();
    }
    all
}

fn fixtures() -> Vec<(String, EventPage)> {
    let all: Value = serde_json::from_str(STATES).expect("fixtures are JSON");
    let mut out = Vec::new();
    for lang in [Lang::Ko, Lang::En] {
        for state in all["states"].as_array().expect("a list of states") {
            let page = EventPage {
                lang,
                event: over(&all["event"], &state["event"]),
                place: state["place"]
                    .is_object()
                    .then(|| over(&all["place"], &state["place"])),
                request_key: "key".into(),
                now_ms: all["now_ms"].as_i64().expect("a time"),
                origin: "https://example.com".into(),
                problem: None,
            };
            out.push((
                format!("{}.{}", state["name"].as_str().expect("a name"), lang.tag()),
                page,
            ));
        }
    }
    out
}

#[test]
fn every_fixture_has_the_golden_view() {
    let golden: Value = serde_json::from_str(VIEWS).expect("golden views are JSON");
    let mut seen = BTreeSet::new();
    for (name, page) in fixtures() {
        let made = view(
            &Words::of(page.lang),
            &page.event,
            page.place.as_ref(),
            page.now_ms,
        );
        seen.insert(made.state);
        assert_eq!(
            serde_json::to_value(&made).expect("a view serialises"),
            golden[name.as_str()],
            "{name}: renew with the example render_states if this is meant"
        );
    }
    assert_eq!(
        seen,
        NAMES.into_iter().collect(),
        "every state that an event can be in has a fixture"
    );
}

#[test]
fn every_page_says_its_state_its_headline_and_nothing_inline() {
    let pages = Pages::new();
    for (name, page) in fixtures() {
        let html = pages.event(&page);
        let made = view(
            &Words::of(page.lang),
            &page.event,
            page.place.as_ref(),
            page.now_ms,
        );
        assert!(
            html.contains(&format!("data-state=\"{}\"", made.state)),
            "{name}"
        );
        assert!(html.contains(&made.headline), "{name}: {}", made.headline);
        assert!(
            !html.contains("style=") && !html.contains("onclick") && !html.contains("<style"),
            "{name} would break the content policy"
        );
        assert!(html.len() < 60_000, "{name}: {} bytes", html.len());
    }
}

#[test]
fn an_event_that_says_nothing_still_gets_a_page() {
    let page = EventPage {
        lang: Lang::Ko,
        event: json!({}),
        place: Some(json!({})),
        request_key: String::new(),
        now_ms: 0,
        origin: String::new(),
        problem: None,
    };
    assert!(
        Pages::new()
            .event(&page)
            .contains("data-state=\"scheduled\"")
    );
}

#[test]
fn texts_of_an_event_are_never_markup() {
    let evil = "</script><script>alert(1)</script>\" onload=\"x";
    let (_, mut page) = fixtures().swap_remove(0);
    page.event["title"] = json!({ "ko": evil });
    page.event["texts"] = json!({ "rules": { "ko": evil } });
    page.event["notice"] = json!({ "ko": evil });
    page.event["accent"] = json!("}body{display:none}");
    let html = Pages::new().event(&page);
    assert!(!html.contains("<script>alert"));
    assert_eq!(
        html.matches("</script>").count(),
        3,
        "the script and the two data blocks, and none of the event's"
    );
    assert_eq!(
        html.matches(" onload=").count(),
        html.matches("&quot; onload=").count() + html.matches("\\\" onload=").count(),
        "only as text"
    );
    assert!(!html.contains("accent-}"));
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_gaps() {
    let gaps = |text: &str| {
        text.match_indices('{')
            .map(|(at, _)| text[at..].split('}').next().unwrap_or_default().to_owned())
            .collect::<BTreeSet<_>>()
    };
    let (ko, en) = (Words::of(Lang::Ko), Words::of(Lang::En));
    assert_eq!(
        ko.texts().keys().collect::<BTreeSet<_>>(),
        en.texts().keys().collect::<BTreeSet<_>>()
    );
    for (key, text) in ko.texts() {
        assert_eq!(
            gaps(text.as_str().expect("texts are strings")),
            gaps(en.texts()[key].as_str().expect("texts are strings")),
            "{key}"
        );
    }
}

#[test]
fn waits_are_no_finer_than_they_deserve() {
    let ko = Words::of(Lang::Ko);
    let said = [
        (0, 0),
        (0, 60),
        (50, 61),
        (540, 880),
        (600, 600),
        (3_000, 9_000),
        (7_300, 8_000),
    ]
    .map(|(low, high)| ko.wait(low, high));
    assert_eq!(
        said,
        [
            "곧",
            "1분 이내",
            "1~2분",
            "9~15분",
            "약 10분",
            "1~3시간",
            "2~3시간"
        ]
    );
}

#[test]
fn an_error_says_what_to_do_and_a_list_says_when_it_is_empty() {
    let pages = Pages::new();
    let error = pages.error(&ErrorPage {
        lang: Lang::En,
        status: 503,
        code: "starting".into(),
        retry_after_ms: Some(2_500),
    });
    assert!(
        error.contains("data-state=\"error\"")
            && error.contains("content=\"3\"")
            && error.contains("Your place is kept")
    );
    let unknown = pages.error(&ErrorPage {
        lang: Lang::En,
        status: 400,
        code: "invalid_json".into(),
        retry_after_ms: None,
    });
    assert!(unknown.contains("Something went wrong") && !unknown.contains("http-equiv"));
    assert!(
        pages
            .list(&ListPage {
                lang: Lang::En,
                events: vec![],
                now_ms: 0
            })
            .contains("Nothing is open right now.")
    );
}

#[test]
fn a_whole_visit_stays_small() {
    let pages = Pages::new();
    let assets: usize = Assets::names()
        .filter_map(|name| {
            pages
                .assets()
                .get(pages.assets().address(name).trim_start_matches("/assets/"))
        })
        .map(|asset| asset.bytes.len())
        .sum();
    let page = fixtures()
        .iter()
        .map(|(_, page)| pages.event(page).len())
        .max()
        .unwrap_or(0);
    assert!(
        assets + page < 100_000,
        "{assets} + {page} bytes before compression"
    );
}
