//! The operator's verbs and the request that each is. Nothing is sent here.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// What an operator can do.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Create an event from a definition in TOML or JSON; it is checked as a whole.
    Create {
        /// The definition; `-` reads TOML from standard input.
        file: PathBuf,
    },
    /// List the events.
    List,
    /// Everything about one event.
    Show(Event),
    /// Open now, before the set time.
    Open(Event),
    /// Set other times (RFC 3339).
    Reschedule {
        #[command(flatten)]
        of: Event,
        /// When the lobby opens.
        #[arg(long)]
        lobby_opens_at: Option<String>,
        /// When the line opens.
        #[arg(long)]
        opens_at: Option<String>,
        /// When it closes.
        #[arg(long)]
        closes_at: Option<String>,
    },
    /// Stop admission and all deadlines; joins go on.
    Pause(Event),
    /// Go on after a pause.
    Resume(Event),
    /// Close now: everybody without a reservation is sent home.
    Close(Event),
    /// Take a close back, until the set closing time.
    Reopen(Event),
    /// Change rates, limits and windows: `admit_per_second=80 room_max=500`.
    Policy {
        #[command(flatten)]
        of: Event,
        /// `field=value`, any field of the definition's policy.
        #[arg(required = true)]
        fields: Vec<String>,
    },
    /// Change texts: `notice.ko=… notice.en=… accent=#a03050`; `notice=` removes it.
    Texts {
        #[command(flatten)]
        of: Event,
        /// `text.language=words`, `accent=colour`, or `text=` to remove.
        #[arg(required = true)]
        texts: Vec<String>,
    },
    /// Slots: add, capacity, stop, cancel.
    #[command(subcommand)]
    Slot(Slot),
    /// Counts, rates, room, seats and lag.
    Stats {
        #[command(flatten)]
        of: Event,
        /// Again every second, until interrupted.
        #[arg(long)]
        watch: bool,
    },
    /// The reservations, in order of decision.
    Reservations {
        #[command(flatten)]
        of: Event,
        /// The whole export as CSV.
        #[arg(long)]
        csv: bool,
        /// Begin after this page mark (`next` of the page before).
        #[arg(long, conflicts_with = "csv")]
        after: Option<String>,
    },
    /// Let a visitor in by the door code, or by a scanned ticket's text.
    CheckIn {
        #[command(flatten)]
        of: Event,
        /// The code.
        code: String,
    },
}

/// Which event.
#[derive(Debug, Args)]
pub(super) struct Event {
    /// The event's id.
    event: String,
}

/// What can be done with a slot.
#[derive(Debug, Subcommand)]
pub(super) enum Slot {
    /// Add a slot.
    Add {
        #[command(flatten)]
        of: Event,
        /// The new slot's id.
        slot: String,
        /// Begin, RFC 3339.
        #[arg(long)]
        starts_at: String,
        /// End, RFC 3339.
        #[arg(long)]
        ends_at: String,
        /// Seats.
        #[arg(long)]
        capacity: u32,
        /// Bookings end so many seconds before it starts.
        #[arg(long, default_value_t = 0)]
        book_before_s: u32,
    },
    /// Set the capacity, never below what is confirmed.
    Capacity {
        #[command(flatten)]
        of: Event,
        /// The slot's id.
        slot: String,
        /// Seats.
        capacity: u32,
    },
    /// Take no new bookings.
    Stop {
        #[command(flatten)]
        of: Event,
        /// The slot's id.
        slot: String,
    },
    /// Cancel the slot and every reservation in it.
    Cancel {
        #[command(flatten)]
        of: Event,
        /// The slot's id.
        slot: String,
    },
}

/// How an answer is shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Change,
    Events,
    Event,
    Stats,
    Reservations,
    Raw,
}

/// One request, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<(&'static str, Vec<u8>)>,
    pub(super) view: View,
}

impl Call {
    fn read(path: String, view: View) -> Self {
        Self {
            method: Method::GET,
            path,
            body: None,
            view,
        }
    }

    fn change(method: Method, path: String, body: Option<Value>) -> Self {
        let body = body.map(|value| ("application/json", value.to_string().into_bytes()));
        Self {
            method,
            path,
            body,
            view: View::Change,
        }
    }

    /// Whether it changes something, and so needs a key.
    pub(super) fn changes(&self) -> bool {
        self.method != Method::GET
    }
}

impl Event {
    fn path(&self, rest: &str) -> anyhow::Result<String> {
        Ok(format!("/admin/v1/events/{}{rest}", segment(&self.event)?))
    }
}

/// An id as a path segment. Ids need no escaping; what would is no id.
fn segment(id: &str) -> anyhow::Result<&str> {
    if id.is_empty()
        || !id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        bail!("'{id}' is not an id: letters, digits and '-' only");
    }
    Ok(id)
}

impl Action {
    /// Whether the call is repeated until interrupted.
    pub(super) fn watches(&self) -> bool {
        matches!(self, Self::Stats { watch: true, .. })
    }

    /// The request that it is.
    pub(super) fn call(&self) -> anyhow::Result<Call> {
        let post = |of: &Event, verb: &str| Ok(Call::change(Method::POST, of.path(verb)?, None));
        match self {
            Self::Create { file } => create(file),
            Self::List => Ok(Call::read("/admin/v1/events".into(), View::Events)),
            Self::Show(of) => Ok(Call::read(of.path("")?, View::Event)),
            Self::Open(of) => post(of, "/open"),
            Self::Pause(of) => post(of, "/pause"),
            Self::Resume(of) => post(of, "/resume"),
            Self::Close(of) => post(of, "/close"),
            Self::Reopen(of) => post(of, "/reopen"),
            Self::Reschedule {
                of,
                lobby_opens_at,
                opens_at,
                closes_at,
            } => {
                let given = [
                    ("lobby_opens_at", lobby_opens_at),
                    ("opens_at", opens_at),
                    ("closes_at", closes_at),
                ];
                let body: Map<String, Value> = given
                    .into_iter()
                    .filter_map(|(name, at)| Some((name.into(), at.clone()?.into())))
                    .collect();
                if body.is_empty() {
                    bail!("give at least one of --lobby-opens-at, --opens-at and --closes-at");
                }
                Ok(Call::change(
                    Method::POST,
                    of.path("/reschedule")?,
                    Some(body.into()),
                ))
            }
            Self::Policy { of, fields } => Ok(Call::change(
                Method::PATCH,
                of.path("/policy")?,
                Some(policy(fields)?),
            )),
            Self::Texts { of, texts: given } => Ok(Call::change(
                Method::PATCH,
                of.path("/texts")?,
                Some(texts(given)?),
            )),
            Self::Slot(slot) => slot.call(),
            Self::Stats { of, .. } => Ok(Call::read(of.path("/stats")?, View::Stats)),
            Self::Reservations { of, csv: true, .. } => {
                Ok(Call::read(of.path("/reservations.csv")?, View::Raw))
            }
            Self::Reservations { of, after, .. } => {
                let query = after
                    .as_deref()
                    .map(|after| format!("?after={}", escaped(after)))
                    .unwrap_or_default();
                Ok(Call::read(
                    of.path("/reservations")? + &query,
                    View::Reservations,
                ))
            }
            Self::CheckIn { of, code } => Ok(Call::change(
                Method::POST,
                of.path("/check-ins")?,
                Some(json!({ "code": code })),
            )),
        }
    }
}

impl Slot {
    fn call(&self) -> anyhow::Result<Call> {
        match self {
            Self::Add {
                of,
                slot,
                starts_at,
                ends_at,
                capacity,
                book_before_s,
            } => {
                let body = json!({"id": slot, "starts_at": starts_at, "ends_at": ends_at, "capacity": capacity, "book_before_s": book_before_s});
                Ok(Call::change(Method::POST, of.path("/slots")?, Some(body)))
            }
            Self::Capacity { of, slot, capacity } => Ok(Call::change(
                Method::PATCH,
                of.path(&format!("/slots/{}", segment(slot)?))?,
                Some(json!({ "capacity": capacity })),
            )),
            Self::Stop { of, slot } => Ok(Call::change(
                Method::POST,
                of.path(&format!("/slots/{}/stop", segment(slot)?))?,
                None,
            )),
            Self::Cancel { of, slot } => Ok(Call::change(
                Method::POST,
                of.path(&format!("/slots/{}/cancel", segment(slot)?))?,
                None,
            )),
        }
    }
}

fn create(file: &std::path::Path) -> anyhow::Result<Call> {
    let bytes = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)
            .context("cannot read standard input")?;
        bytes
    } else {
        std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?
    };
    let kind = if file
        .extension()
        .is_some_and(|extension| extension == "json")
    {
        "application/json"
    } else {
        "application/toml"
    };
    Ok(Call {
        method: Method::POST,
        path: "/admin/v1/events".into(),
        body: Some((kind, bytes)),
        view: View::Change,
    })
}

/// `field=number` pairs as a body. Which fields there are is the server's to say.
pub(crate) fn policy(fields: &[String]) -> anyhow::Result<Value> {
    let mut body = Map::new();
    for field in fields {
        let (name, value) = field
            .split_once('=')
            .with_context(|| format!("'{field}' is not field=value"))?;
        let number: Value = serde_json::from_str(value)
            .ok()
            .filter(Value::is_number)
            .with_context(|| format!("'{value}' is not a number"))?;
        if body.insert(name.trim().to_owned(), number).is_some() {
            bail!("'{name}' is given twice");
        }
    }
    Ok(body.into())
}

/// `text.language=words` as a body: languages of one text are gathered; an empty one removes the text.
fn texts(given: &[String]) -> anyhow::Result<Value> {
    let mut body = Map::new();
    for text in given {
        let (name, words) = text
            .split_once('=')
            .with_context(|| format!("'{text}' is not text.language=words"))?;
        match name.split_once('.') {
            Some((name, language)) => {
                let languages = body.entry(name).or_insert_with(|| json!({}));
                let languages = languages.as_object_mut().with_context(|| {
                    format!("'{name}' is given both with and without a language")
                })?;
                languages.insert(language.to_owned(), words.into());
            }
            None if words.is_empty() => {
                body.insert(name.to_owned(), Value::Null);
            }
            None => {
                body.insert(name.to_owned(), words.into());
            }
        }
    }
    Ok(body.into())
}

/// A query value, percent-encoded.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_gather_languages_and_an_empty_one_removes() {
        let given = [
            "notice.ko=곧 시작",
            "notice.en=Soon",
            "venue=",
            "accent=#a03050",
        ]
        .map(String::from);
        assert_eq!(
            texts(&given).expect("texts"),
            json!({"notice": {"ko": "곧 시작", "en": "Soon"}, "venue": null, "accent": "#a03050"})
        );
        assert!(texts(&["notice".into()]).is_err());
    }

    #[test]
    fn a_policy_is_numbers_by_name() {
        assert_eq!(
            policy(&["admit_per_second=0.5".into(), "room_max=10".into()]).expect("policy"),
            json!({"admit_per_second": 0.5, "room_max": 10})
        );
        assert!(policy(&["room_max=many".into()]).is_err());
        assert!(policy(&["room_max=1".into(), "room_max=2".into()]).is_err());
    }

    #[test]
    fn what_is_no_id_never_reaches_a_path() {
        assert!(segment("glow-seongsu").is_ok());
        for wrong in ["", "a/b", "a?x", "../x", "a b"] {
            assert!(segment(wrong).is_err(), "{wrong}");
        }
        assert_eq!(escaped("1-2 3/4"), "1-2%203%2F4");
    }
}
