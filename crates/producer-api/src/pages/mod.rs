//! The shopper's pages as pure functions: from the API's own objects to HTML. No request, no store, no clock in here.
//!
//! Every page is complete without script; the script of `web/js` then keeps it alive.

mod accent;
mod assets;
mod figures;
mod rows;
mod sentences;
#[cfg(test)]
mod tests;
mod view;
mod words;

pub use assets::{ASSET_CACHE_CONTROL, ASSET_PREFIX, Asset, Assets};
pub use figures::{Countdown, Deadline, Fact, Progress};
pub use rows::{Move, Party, PartyOption, SlotRow, Slots, Ticket};
pub use view::{View, view};
pub use words::{Lang, Words};

use minijinja::value::Serde;
use minijinja::{Environment, Value as TemplateValue, context};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The pages' `Content-Security-Policy`: nothing from elsewhere, nothing inline.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The cookie that keeps the chosen language; its value is `ko` or `en`.
pub const LANG_COOKIE: &str = "banjjak_lang";

/// The `Set-Cookie` value that keeps `lang` for a year; send it when `?lang=` was given.
pub fn lang_cookie(lang: Lang) -> String {
    format!(
        "{LANG_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax",
        lang.tag()
    )
}

/// What a page of one event is made from.
#[derive(Debug, Clone)]
pub struct EventPage {
    /// The language to speak.
    pub lang: Lang,
    /// The **event** object of the API.
    pub event: Value,
    /// The **place** object of this shopper, when there is one.
    pub place: Option<Value>,
    /// A fresh request key for the booking form.
    pub request_key: String,
    /// The server's clock, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// The public origin, `https://…`, without a slash at the end.
    pub origin: String,
    /// A problem details object, when a form's request failed.
    pub problem: Option<Value>,
}

/// What the list of events is made from.
#[derive(Debug, Clone)]
pub struct ListPage {
    /// The language to speak.
    pub lang: Lang,
    /// **event** objects of the API.
    pub events: Vec<Value>,
    /// The server's clock, milliseconds since the Unix epoch.
    pub now_ms: i64,
}

/// What an error page is made from.
#[derive(Debug, Clone)]
pub struct ErrorPage {
    /// The language to speak.
    pub lang: Lang,
    /// The HTTP status.
    pub status: u16,
    /// The API's stable code, e.g. `not_found`.
    pub code: String,
    /// When asking again may help, milliseconds.
    pub retry_after_ms: Option<u64>,
}

/// The templates, parsed, with the texts and assets that they use.
#[derive(Debug)]
pub struct Pages {
    templates: Environment<'static>,
    assets: Assets,
    ko: Words,
    en: Words,
}

impl Pages {
    /// Parses the embedded templates.
    pub fn new() -> Self {
        let assets = Assets::new();
        let mut templates = Environment::new();
        for (name, source) in TEMPLATES {
            templates
                .add_template_owned(name, without_indent(source))
                .expect("the embedded templates parse, which a test checks");
        }
        let addresses = assets.clone();
        templates.add_function("asset", move |name: &str| {
            TemplateValue::from_safe_string(addresses.address(name))
        });
        Self {
            templates,
            assets,
            ko: Words::of(Lang::Ko),
            en: Words::of(Lang::En),
        }
    }

    /// The assets that the pages point to.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// The page of one event, in whichever state it is.
    pub fn event(&self, page: &EventPage) -> String {
        let words = self.words(page.lang);
        let view = view(words, &page.event, page.place.as_ref(), page.now_ms);
        let text = |name: &str| words.pick(&page.event["texts"][name]);
        let mut known = page.event.clone();
        if let Some(fields) = known.as_object_mut() {
            // The server has said these; the script never does.
            fields.remove("texts");
        }
        let initial = json!({
            "event": known, "place": page.place, "now_ms": page.now_ms, "key": page.request_key, "lang": page.lang.tag(),
        });
        self.render(
            "event.html",
            page.lang,
            context! {
                v => given(&view),
                id => page.event["id"].as_str(),
                title => words.pick(&page.event["title"]),
                venue => words.pick(&page.event["venue"]),
                rules => text("rules"),
                privacy => text("privacy"),
                accent => page.event["accent"].as_str().and_then(accent::canonical),
                party_max => page.event["party_max"].as_u64().unwrap_or(1),
                commitment => page.event["commitment"].as_str(),
                place_id => page.place.as_ref().and_then(|place| place["id"].as_str()),
                request_key => page.request_key.as_str(),
                problem => page.problem.as_ref().map(|problem| problem_of(words, problem)),
                calendar => calendar(words, page),
                initial => given(&initial),
            texts => for_script(words),
            },
        )
    }

    /// The list of events.
    pub fn list(&self, page: &ListPage) -> String {
        let words = self.words(page.lang);
        let events: Vec<Value> = page
            .events
            .iter()
            .map(|event| list_row(words, event))
            .collect();
        self.render(
            "list.html",
            page.lang,
            context! { events => given(&events) },
        )
    }

    /// A page that says what went wrong and what to do.
    pub fn error(&self, page: &ErrorPage) -> String {
        let words = self.words(page.lang);
        let headline = format!("error_headline_{}", page.code);
        self.render("error.html", page.lang, context! {
            headline => words.say(if words.has(&headline) { &headline } else { "error_headline" }),
            sentence => words.problem(&page.code),
            code => page.code.as_str(),
            status => page.status,
            refresh_s => page.retry_after_ms.map(|ms| ms.div_ceil(1_000).clamp(2, 60)),
        })
    }

    fn words(&self, lang: Lang) -> &Words {
        match lang {
            Lang::Ko => &self.ko,
            Lang::En => &self.en,
        }
    }

    fn render(&self, name: &str, lang: Lang, values: TemplateValue) -> String {
        let words = self.words(lang);
        let template = self
            .templates
            .get_template(name)
            .expect("only embedded templates are named");
        let all = context! { lang => lang.tag(), other => lang.other().tag(), t => given(words.texts()), ..values };
        template
            .render(all)
            .expect("templates render whatever the objects hold, which a test checks")
    }
}

impl Default for Pages {
    fn default() -> Self {
        Self::new()
    }
}

const TEMPLATES: [(&str, &str); 5] = [
    (
        "base.html",
        include_str!("../../../../web/templates/base.html"),
    ),
    (
        "parts.html",
        include_str!("../../../../web/templates/parts.html"),
    ),
    (
        "event.html",
        include_str!("../../../../web/templates/event.html"),
    ),
    (
        "list.html",
        include_str!("../../../../web/templates/list.html"),
    ),
    (
        "error.html",
        include_str!("../../../../web/templates/error.html"),
    ),
];

/// Anything serialisable as a template's value.
fn given<T: Serialize>(value: &T) -> TemplateValue {
    Serde(value).into()
}

/// A template as it is sent: indentation is for those who read the file.
fn without_indent(source: &str) -> String {
    source
        .lines()
        .map(str::trim_start)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The texts that the page's script says; the rest is only ever said by the server.
fn for_script(words: &Words) -> TemplateValue {
    let server_only = [
        "list_", "phase_", "error_", "setting_", "fairness", "ticket_d", "ticket_t", "ticket_p",
    ];
    let said: Map<String, Value> = words
        .texts()
        .iter()
        .filter(|(key, _)| !server_only.iter().any(|prefix| key.starts_with(prefix)))
        .map(|(key, text)| (key.clone(), text.clone()))
        .collect();
    given(&said)
}

fn problem_of(words: &Words, problem: &Value) -> TemplateValue {
    let code = problem["code"].as_str().unwrap_or("other");
    context! { text => words.problem(code), code => code }
}

fn list_row(words: &Words, event: &Value) -> Value {
    let zone = event["time_zone"].as_str().unwrap_or("UTC");
    let opens = words::time_of(event, "opens_at")
        .map(|ms| words.moment(ms, zone))
        .unwrap_or_default();
    let flag = |name: &str| event[name].as_bool().unwrap_or(false);
    let phase = match event["phase"].as_str() {
        Some("lobby" | "open") if flag("paused") => "paused",
        Some("open") if flag("standby") => "standby",
        Some(phase @ ("lobby" | "open" | "closed")) => phase,
        _ => "scheduled",
    };
    json!({
        "id": event["id"], "title": words.pick(&event["title"]), "venue": words.pick(&event["venue"]), "phase": phase,
        "says": words.fill(&format!("phase_{phase}"), &[("opens", &opens)]),
    })
}

/// A calendar entry for the opening, as an address that holds all of it; nothing once the event is open.
fn calendar(words: &Words, page: &EventPage) -> Option<String> {
    let stamp = |ms: i64| {
        jiff::Timestamp::from_millisecond(ms)
            .ok()
            .map(|at| at.strftime("%Y%m%dT%H%M%SZ").to_string())
    };
    let opens_ms = words::time_of(&page.event, "opens_at").filter(|ms| *ms > page.now_ms)?;
    let id = page.event["id"].as_str()?;
    let escaped = |text: String| {
        text.replace('\\', "\\\\")
            .replace(';', "\\;")
            .replace(',', "\\,")
            .replace('\n', "\\n")
    };
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Banjjak//opening//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:opening-{id}@banjjak"),
        format!("DTSTAMP:{}", stamp(page.now_ms)?),
        format!("DTSTART:{}", stamp(opens_ms)?),
        format!("DTEND:{}", stamp(opens_ms + 1_800_000)?),
        format!("SUMMARY:{}", escaped(words.pick(&page.event["title"]))),
        format!("LOCATION:{}", escaped(words.pick(&page.event["venue"]))),
        format!("URL:{}/events/{id}", page.origin),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    let file: String = lines.iter().map(|line| folded(line)).collect();
    Some(format!(
        "data:text/calendar;charset=utf-8,{}",
        percent_encoded(&file)
    ))
}

/// A content line in pieces of at most 75 octets (RFC 5545, 3.1), with its line end.
fn folded(line: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for c in line.chars() {
        if width + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out + "\r\n"
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
