//! A receipt held against the log: what it says, and what the log says at that position. Whether its signature is right is the
//! caller's to check, who has the keys.

use crate::naive::{Event, Partition, State, hex, unhex};
use crate::source::witness::place_id;
use crate::source::{LogSource, SourceError};
use queue_protocol::record::{Body, Entry, ShopperAction, read};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What a receipt says: `BJR1.EVENT.SHOPPER.GENERATION-OFFSET-INDEX.STAMP_MS.KEYID.SIGNATURE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The event.
    pub event: String,
    /// The shopper, 32 hexadecimal digits.
    pub shopper: String,
    /// The join: `generation-offset-index`.
    pub place: String,
    /// The log's stamp of it, milliseconds since the Unix epoch.
    pub stamp_ms: u64,
    /// The key that signed it.
    pub key_id: String,
}

/// What the log says to a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The receipt.
    pub receipt: Receipt,
    /// Why the log does not bear it out; nothing when it does.
    pub contradiction: Option<String>,
    /// The partition that was looked into.
    pub partition: Option<u32>,
    /// The log hash after the join's record, by which two copies of the log can be compared.
    pub log_hash: Option<String>,
    /// The place that the join led to, if it led to one.
    pub place: Option<PlaceThen>,
}

/// A place, then and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceThen {
    /// Its id: the shopper's first join of it.
    pub id: String,
    /// Its number.
    pub number: Option<u32>,
    /// People ahead when it got the number.
    pub began_ahead: u32,
    /// The record after which it was admitted, if it was.
    pub admitted_at: Option<String>,
    /// Its state at the end of the log.
    pub state: &'static str,
    /// People ahead at the end of the log, if it waits.
    pub ahead: Option<u32>,
}

impl Receipt {
    /// Reads a receipt's text, without checking the signature.
    pub fn parse(text: &str) -> Option<Self> {
        let [tag, event, shopper, place, stamp, key_id, _signature] =
            text.trim().split('.').collect::<Vec<_>>()[..]
        else {
            return None;
        };
        place_id(place)?;
        unhex(shopper)?;
        (tag == "BJR1").then_some(Self {
            event: event.to_owned(),
            shopper: shopper.to_owned(),
            place: place.to_owned(),
            stamp_ms: stamp.parse().ok()?,
            key_id: key_id.to_owned(),
        })
    }

    /// Offset and index of the join.
    pub(crate) fn at(&self) -> Option<(u64, u32)> {
        place_id(&self.place)
    }

    /// Looks the receipt up in the log, in whichever partition has its event.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn explain(&self, log: &dyn LogSource) -> Result<Explanation, SourceError> {
        let mut explanation = Explanation {
            receipt: self.clone(),
            contradiction: Some(format!("the log has no event {}", self.event)),
            partition: None,
            log_hash: None,
            place: None,
        };
        for partition in 0..log.partitions()? {
            let mut search = Search {
                receipt: self,
                fold: Partition::new(partition),
                hash: [0; 32],
                hash_then: None,
                found: None,
            };
            search.read(log)?;
            if let Some(event) = search.fold.events.get(&self.event) {
                explanation.contradiction = search.contradiction();
                explanation.partition = Some(partition);
                explanation.log_hash = search.hash_then.map(|hash| hex(&hash));
                explanation.place = search.place(event);
                break;
            }
        }
        Ok(explanation)
    }
}

/// Going through one partition's log for a receipt.
struct Search<'a> {
    receipt: &'a Receipt,
    fold: Partition,
    hash: [u8; 32],
    hash_then: Option<[u8; 32]>,
    /// The entry at the receipt's position, with its record's stamp.
    found: Option<(Entry, u64)>,
}

impl Search<'_> {
    fn read(&mut self, log: &dyn LogSource) -> Result<(), SourceError> {
        let (offset, index) = self.receipt.at().unwrap_or_default();
        let mut next = 0;
        loop {
            let page = log.read(self.fold.number, next, 1000)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            next = last.offset + 1;
            for raw in &page {
                let entries = read(&raw.bytes).unwrap_or_default();
                let before = self.hash;
                if self
                    .fold
                    .fold(raw.offset, raw.stamp, before, &entries)
                    .is_err()
                {
                    return Ok(());
                }
                let parts: [&[u8]; 5] = [
                    &before,
                    &self.fold.generation.to_be_bytes(),
                    &raw.offset.to_be_bytes(),
                    &raw.stamp.to_be_bytes(),
                    &raw.bytes,
                ];
                self.hash = Sha256::digest(parts.concat()).into();
                if raw.offset == offset {
                    self.hash_then = Some(self.hash);
                    self.found = entries
                        .get(index as usize)
                        .map(|entry| (entry.clone(), raw.stamp));
                }
            }
        }
    }

    fn contradiction(&self) -> Option<String> {
        let Some((entry, stamp)) = &self.found else {
            return Some(format!("the log has nothing at {}", self.receipt.place));
        };
        if *stamp != self.receipt.stamp_ms {
            return Some(format!(
                "the record is stamped {stamp}, the receipt says {}",
                self.receipt.stamp_ms
            ));
        }
        match &entry.body {
            Body::Shopper {
                event,
                shopper,
                action: ShopperAction::Join { .. },
                ..
            } if *event == self.receipt.event && hex(&**shopper) == self.receipt.shopper => None,
            _ => Some("the log has something else at that position".to_owned()),
        }
    }

    /// The place that the shopper had from that join on: the newest one not younger than it.
    fn place(&self, event: &Event) -> Option<PlaceThen> {
        let (shopper, at) = (unhex(&self.receipt.shopper)?, self.receipt.at()?);
        let place = event
            .places
            .iter()
            .rev()
            .find(|place| place.shopper == shopper && place.at <= at)?;
        let id = |(offset, index): (u64, u32)| format!("{}-{offset}-{index}", self.fold.generation);
        Some(PlaceThen {
            id: id(place.at),
            number: place.number,
            began_ahead: place.began_ahead,
            admitted_at: place.history.0.map(id),
            state: place.state.word(),
            ahead: place
                .number
                .filter(|_| place.state == State::Waiting)
                .map(|number| event.line.ahead_of(number)),
        })
    }
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Receipt {
            event,
            shopper,
            place,
            stamp_ms,
            key_id,
        } = &self.receipt;
        writeln!(f, "event      {event}")?;
        writeln!(f, "shopper    {shopper}")?;
        writeln!(
            f,
            "join       {place}, stamped {stamp_ms} ms since 1970, signed with key {key_id}"
        )?;
        match &self.contradiction {
            None => writeln!(f, "log        has exactly this join at that position")?,
            Some(why) => writeln!(f, "log        does not bear it out: {why}")?,
        }
        if let Some(hash) = &self.log_hash {
            writeln!(f, "log hash   {hash} after that record")?;
        }
        let Some(place) = &self.place else {
            return writeln!(f, "place      none");
        };
        let number = place.number.map_or("no number yet".to_owned(), |number| {
            format!("number {number}")
        });
        writeln!(
            f,
            "place      {}, {number}, {} people ahead at the beginning",
            place.id, place.began_ahead
        )?;
        if let Some(at) = &place.admitted_at {
            writeln!(f, "admitted   by {at}")?;
        }
        let ahead = place
            .ahead
            .map_or(String::new(), |ahead| format!(", {ahead} people ahead"));
        writeln!(f, "now        {}{ahead}", place.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_read_and_anything_else_is_not() {
        let text = "BJR1.glow.09090909090909090909090909090909.1-12-3.1000.1-9f3a2c.c2lnbmF0dXJl";
        let receipt = Receipt::parse(text).expect("a receipt");
        assert_eq!(
            (receipt.event.as_str(), receipt.at(), receipt.stamp_ms),
            ("glow", Some((12, 3)), 1000)
        );
        for other in [
            "",
            "BJT1.glow.x.y.z",
            &text.replace("BJR1", "BJR2"),
            &text.replace(".1-12-3", ".12"),
            &text.replace(".1000", ""),
        ] {
            assert_eq!(Receipt::parse(other), None, "{other}");
        }
    }
}
