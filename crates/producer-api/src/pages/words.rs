//! What is said, in which language: texts, numbers, waits, dates and clocks. Nothing here knows a state.
//!
//! `web/js/words.js` says the same things in the browser; the views in `web/fixtures/` keep the two in step.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

const KO: &str = include_str!("../../../../web/texts/ko.json");
const EN: &str = include_str!("../../../../web/texts/en.json");

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Korean, the default.
    Ko,
    /// English.
    En,
}

impl Lang {
    /// The language tag: `ko` or `en`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Ko => Self::En,
            Self::En => Self::Ko,
        }
    }

    /// `ko` or `en`; nothing else is a language here.
    pub fn parse(tag: &str) -> Option<Self> {
        match tag {
            "ko" => Some(Self::Ko),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

/// Every text of one language.
#[derive(Debug, Clone)]
pub struct Words {
    lang: Lang,
    texts: Map<String, Value>,
}

impl Words {
    /// The texts of `lang`, from the embedded files.
    pub fn of(lang: Lang) -> Self {
        let source = match lang {
            Lang::Ko => KO,
            Lang::En => EN,
        };
        let texts = serde_json::from_str(source)
            .expect("the embedded texts are valid JSON, which a test checks");
        Self { lang, texts }
    }

    /// The language spoken.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// All texts by key, for the page's script.
    pub fn texts(&self) -> &Map<String, Value> {
        &self.texts
    }

    /// Whether there is a text of that name.
    pub fn has(&self, key: &str) -> bool {
        self.texts.contains_key(key)
    }

    /// The text of that name; the name itself when there is none, so that a slip shows.
    pub fn say(&self, key: &str) -> String {
        self.texts
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or(key)
            .to_owned()
    }

    /// The text of that name with `{name}` replaced.
    pub fn fill(&self, key: &str, with: &[(&str, &str)]) -> String {
        with.iter().fold(self.say(key), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
    }

    /// What to tell a person about a code of the API.
    pub fn problem(&self, code: &str) -> String {
        let key = format!("problem_{code}");
        self.say(if self.has(&key) {
            &key
        } else {
            "problem_other"
        })
    }

    /// A text given by language, in this language, else in any.
    pub fn pick(&self, texts: &Value) -> String {
        let by = |tag: &str| texts.get(tag).and_then(Value::as_str);
        by(self.lang.tag())
            .or_else(|| by("ko"))
            .or_else(|| by("en"))
            .or_else(|| texts.as_str())
            .unwrap_or_default()
            .to_owned()
    }

    /// `1,204`, with a word where the key has one.
    pub fn count(&self, key: &str, n: u64) -> String {
        self.fill(key, &[("n", &grouped(n))])
    }

    /// A party of `n`.
    pub fn party(&self, n: u64) -> String {
        self.count(if n == 1 { "party_one" } else { "party_many" }, n)
    }

    /// A wait of `low` to `high` seconds, no finer than it deserves.
    pub fn wait(&self, low_s: u64, high_s: u64) -> String {
        if high_s == 0 {
            return self.say("wait_now");
        }
        if high_s <= 60 {
            return self.say("wait_under_minute");
        }
        let (unit, range, one) = if high_s > 7_200 {
            (3_600, "wait_hours_range", "wait_hours")
        } else {
            (60, "wait_minutes_range", "wait_minutes")
        };
        let (low, high) = ((low_s / unit).max(1), high_s.div_ceil(unit));
        if low >= high {
            self.count(one, high)
        } else {
            self.fill(range, &[("low", &grouped(low)), ("high", &grouped(high))])
        }
    }

    /// `12월 5일 오전 10시`, `5 December, 10:00`.
    pub fn moment(&self, ms: i64, zone: &str) -> String {
        let at = zoned(ms, zone);
        match self.lang {
            Lang::Ko => format!("{}월 {}일 {}", at.month(), at.day(), self.clock(ms, zone)),
            Lang::En => format!(
                "{} {}, {}",
                at.day(),
                MONTHS[month_index(&at)],
                self.clock(ms, zone)
            ),
        }
    }

    /// `오전 10시`, `오전 10시 5분`; `10:00`.
    pub fn clock(&self, ms: i64, zone: &str) -> String {
        let at = zoned(ms, zone);
        match (self.lang, at.minute()) {
            (Lang::Ko, 0) => format!("{} {}시", half_day(at.hour()), twelve(at.hour())),
            (Lang::Ko, minute) => {
                format!("{} {}시 {minute}분", half_day(at.hour()), twelve(at.hour()))
            }
            (Lang::En, minute) => format!("{}:{minute:02}", at.hour()),
        }
    }

    /// A deadline to the second: `오전 10:05:30`, `10:05:30`.
    pub fn deadline(&self, ms: i64, zone: &str) -> String {
        let at = zoned(ms, zone);
        let rest = format!("{:02}:{:02}", at.minute(), at.second());
        match self.lang {
            Lang::Ko => format!("{} {}:{rest}", half_day(at.hour()), twelve(at.hour())),
            Lang::En => format!("{}:{rest}", at.hour()),
        }
    }

    /// `2026년 12월 5일 (토)`, `Saturday, 5 December 2026`.
    pub fn day(&self, ms: i64, zone: &str) -> String {
        let at = zoned(ms, zone);
        let weekday = usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or(0);
        match self.lang {
            Lang::Ko => format!(
                "{}년 {}월 {}일 ({})",
                at.year(),
                at.month(),
                at.day(),
                WEEKDAYS_KO[weekday]
            ),
            Lang::En => format!(
                "{}, {} {} {}",
                WEEKDAYS_EN[weekday],
                at.day(),
                MONTHS[month_index(&at)],
                at.year()
            ),
        }
    }

    /// How long until something, in days, hours, minutes, seconds: `3일 04:05:06`, `04:05`.
    pub fn remaining(&self, ms: i64) -> String {
        let s = ms.max(0).cast_unsigned().div_ceil(1_000);
        let (days, hours, minutes, seconds) = (s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60);
        if days > 0 {
            format!(
                "{} {hours:02}:{minutes:02}:{seconds:02}",
                self.count("days", days)
            )
        } else if hours > 0 {
            format!("{hours}:{minutes:02}:{seconds:02}")
        } else {
            format!("{minutes}:{seconds:02}")
        }
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS_KO: [&str; 7] = ["월", "화", "수", "목", "금", "토", "일"];
const WEEKDAYS_EN: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

fn month_index(at: &jiff::Zoned) -> usize {
    usize::try_from(at.month() - 1).unwrap_or(0)
}

/// `10:00` in the event's time zone, the same in both languages.
pub(super) fn slot_time(ms: i64, zone: &str) -> String {
    let at = zoned(ms, zone);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// The calendar day in the event's time zone as `20261205`, to tell days apart.
pub(super) fn day_key(ms: i64, zone: &str) -> String {
    zoned(ms, zone).strftime("%Y%m%d").to_string()
}

/// Digits in groups of three.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A code as it is read out: groups of four.
pub(super) fn spaced(code: &str) -> String {
    let chars: Vec<char> = code.chars().collect();
    chars
        .chunks(4)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Reads `name_ms` (milliseconds) or `name` (RFC 3339) of an object.
pub(super) fn time_of(object: &Value, name: &str) -> Option<i64> {
    let named = format!("{name}_ms");
    object
        .get(named.as_str())
        .and_then(Value::as_i64)
        .or_else(|| {
            object
                .get(name)
                .and_then(Value::as_str)
                .and_then(|text| text.parse::<Timestamp>().ok())
                .map(Timestamp::as_millisecond)
        })
}

fn zoned(ms: i64, zone: &str) -> jiff::Zoned {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    Timestamp::from_millisecond(ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(zone)
}

fn half_day(hour: i8) -> &'static str {
    if hour < 12 { "오전" } else { "오후" }
}

fn twelve(hour: i8) -> i8 {
    if hour % 12 == 0 { 12 } else { hour % 12 }
}
