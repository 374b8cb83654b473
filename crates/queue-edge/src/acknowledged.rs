//! A second signed cookie: the last command that was acknowledged to this shopper, for the latest four events. With it a view that
//! is behind, or gone, is recognised as such, and answers `pending` instead of denying what was accepted.

use crate::cookie::{attributes, cookies, forget, header};
use crate::keys::Keys;
use http::{HeaderMap, HeaderValue};
use queue_domain::{CommandKind, EventId, LogPosition, Position, ReservationId, ShopperId, SlotId};
use std::fmt::Write as _;
use std::sync::Arc;

/// How many events are remembered.
const EVENTS: usize = 4;

/// One acknowledged command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The event.
    pub event: EventId,
    /// Where it is in the log.
    pub position: Position,
    /// What was asked.
    pub kind: CommandKind,
    /// The reservation that it was about.
    pub about: Option<About>,
}

/// A reservation as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its id.
    pub reservation: ReservationId,
    /// The slot asked for; for a cancellation there may be none.
    pub slot: Option<SlotId>,
    /// The seats asked for; 0 when unknown.
    pub seats: u32,
}

/// Reads and writes the cookie.
#[derive(Debug, Clone)]
pub struct AcknowledgedCookie {
    keys: Arc<Keys>,
    name: &'static str,
    attributes: &'static str,
}

impl AcknowledgedCookie {
    /// As for [`crate::ShopperCookie::new`].
    pub fn new(keys: Arc<Keys>, https: bool) -> Self {
        let name = if https {
            "__Host-banjjak_last"
        } else {
            "banjjak_last"
        };
        Self {
            keys,
            name,
            attributes: attributes(https),
        }
    }

    /// What was acknowledged to this shopper, newest first. Empty when the cookie is missing, another shopper's or not ours: it
    /// only ever adds knowledge.
    pub fn read(&self, headers: &HeaderMap, shopper: ShopperId) -> Vec<Acknowledged> {
        let parsed = cookies(headers, self.name)
            .next()
            .and_then(|value| self.keys.position.verify(value))
            .and_then(|(text, _)| parse(text, shopper));
        parsed.unwrap_or_default()
    }

    /// The one about an event.
    pub fn read_event(
        &self,
        headers: &HeaderMap,
        shopper: ShopperId,
        event: &EventId,
    ) -> Option<Acknowledged> {
        self.read(headers, shopper)
            .into_iter()
            .find(|entry| entry.event == *event)
    }

    /// A `Set-Cookie` that adds `newest` to what the request brought.
    pub fn set(
        &self,
        headers: &HeaderMap,
        shopper: ShopperId,
        newest: &Acknowledged,
    ) -> HeaderValue {
        let mut text = String::with_capacity(256);
        write!(text, "{shopper}").expect("writing to a string cannot fail");
        spell(&mut text, newest);
        let mut older = cookies(headers, self.name).peekable();
        if older.peek().is_some() {
            self.read(headers, shopper)
                .iter()
                .filter(|entry| entry.event != newest.event)
                .take(EVENTS - 1)
                .for_each(|entry| spell(&mut text, entry));
        }
        header(&[
            self.name,
            "=",
            &self.keys.position.sign(&text),
            self.attributes,
        ])
    }

    /// A `Set-Cookie` that makes a browser forget.
    pub fn forget(&self) -> HeaderValue {
        forget(self.name, self.attributes)
    }
}

const KINDS: [(CommandKind, &str); 7] = [
    (CommandKind::Join, "join"),
    (CommandKind::Leave, "leave"),
    (CommandKind::Enter, "enter"),
    (CommandKind::Extend, "extend"),
    (CommandKind::Reserve, "reserve"),
    (CommandKind::Cancel, "cancel"),
    (CommandKind::Move, "move"),
];

fn spell(text: &mut String, entry: &Acknowledged) {
    let kind = KINDS
        .iter()
        .find(|(kind, _)| *kind == entry.kind)
        .map_or("", |(_, word)| word);
    let Position { index, .. } = entry.position;
    write!(
        text,
        "~{}:{}:{index}:{kind}",
        entry.event,
        entry.position.record()
    )
    .expect("writing to a string cannot fail");
    if let Some(about) = &entry.about {
        let slot = about.slot.as_ref().map_or("", SlotId::as_str);
        write!(text, ":{}:{slot}:{}", about.reservation, about.seats)
            .expect("writing to a string cannot fail");
    }
}

fn parse(text: &str, shopper: ShopperId) -> Option<Vec<Acknowledged>> {
    let mut parts = text.split('~');
    if ShopperId::parse_hex(parts.next()?)? != shopper {
        return None;
    }
    parts.map(parse_entry).collect()
}

fn parse_entry(text: &str) -> Option<Acknowledged> {
    let mut fields = text.split(':');
    let event = EventId::parse(fields.next()?).ok()?;
    let LogPosition { generation, offset } = LogPosition::parse(fields.next()?)?;
    let index = fields.next()?.parse().ok()?;
    let word = fields.next()?;
    let kind = KINDS.iter().find(|(_, known)| *known == word)?.0;
    let about = match fields.next() {
        None => None,
        Some(id) => {
            let reservation = ReservationId::parse_hex(id)?;
            let slot = fields
                .next()
                .filter(|slot| !slot.is_empty())
                .and_then(|slot| SlotId::parse(slot).ok());
            Some(About {
                reservation,
                slot,
                seats: fields.next()?.parse().ok()?,
            })
        }
    };
    Some(Acknowledged {
        event,
        position: Position {
            generation,
            offset,
            index,
        },
        kind,
        about,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShopperCookie;
    use http::header::COOKIE;

    fn entry(event: &str, offset: u64) -> Acknowledged {
        Acknowledged {
            event: EventId::parse(event).unwrap(),
            position: Position {
                generation: 1,
                offset,
                index: 2,
            },
            kind: CommandKind::Join,
            about: None,
        }
    }

    fn sent_back(set: &HeaderValue) -> HeaderMap {
        let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(pair).unwrap())])
    }

    #[test]
    fn the_latest_four_events_are_remembered_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let cookie = AcknowledgedCookie::new(Arc::new(Keys::open(folder.path()).unwrap()), false);
        let shopper = ShopperCookie::stranger();
        let mut headers = HeaderMap::new();
        for (offset, event) in ["aaa", "bbb", "ccc", "ddd", "eee", "ccc"]
            .into_iter()
            .enumerate()
        {
            headers = sent_back(&cookie.set(&headers, shopper, &entry(event, offset as u64)));
        }
        let kept: Vec<_> = cookie
            .read(&headers, shopper)
            .into_iter()
            .map(|entry| (entry.event.to_string(), entry.position.offset))
            .collect();
        assert_eq!(
            kept,
            [
                ("ccc".into(), 5),
                ("eee".into(), 4),
                ("ddd".into(), 3),
                ("bbb".into(), 1)
            ]
        );
        assert_eq!(cookie.read(&headers, ShopperCookie::stranger()), []);
    }

    #[test]
    fn a_reservation_is_remembered_as_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let cookie = AcknowledgedCookie::new(Arc::new(Keys::open(folder.path()).unwrap()), true);
        let shopper = ShopperCookie::stranger();
        let about = About {
            reservation: ReservationId([7; 16]),
            slot: SlotId::parse("0900").ok(),
            seats: 2,
        };
        let entry = Acknowledged {
            kind: CommandKind::Reserve,
            about: Some(about),
            ..entry("aaa", 9)
        };
        let headers = sent_back(&cookie.set(&HeaderMap::new(), shopper, &entry));
        assert_eq!(
            cookie.read_event(&headers, shopper, &entry.event),
            Some(entry)
        );
    }
}
