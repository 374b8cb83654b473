//! Identifiers and quantities, each a type of its own so that none can stand in for another.

use std::fmt;
use std::sync::Arc;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Shorter or longer than allowed.
    #[error("must have {min} to {max} characters")]
    Length {
        /// Fewest characters allowed.
        min: usize,
        /// Most characters allowed.
        max: usize,
    },
    /// A character outside the alphabet.
    #[error("may contain only {allowed}")]
    Alphabet {
        /// The alphabet, for people.
        allowed: &'static str,
    },
}

fn check(
    text: &str,
    min: usize,
    max: usize,
    allowed: &'static str,
    ok: fn(u8) -> bool,
) -> Result<(), InvalidId> {
    if text.len() < min || text.len() > max {
        return Err(InvalidId::Length { min, max });
    }
    if !text.bytes().all(ok) {
        return Err(InvalidId::Alphabet { allowed });
    }
    Ok(())
}

/// An event's id: 3 to 64 of `a-z`, `0-9`, `-`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(Arc<str>);

impl EventId {
    /// Parses an event id.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        check(text, 3, 64, "a-z, 0-9 and '-'", |b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'
        })?;
        Ok(Self(text.into()))
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A slot's id, unique in its event: 1 to 32 of `a-z A-Z 0-9 -`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(Arc<str>);

impl SlotId {
    /// Parses a slot id.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        check(text, 1, 32, "a-z, A-Z, 0-9 and '-'", |b| {
            b.is_ascii_alphanumeric() || b == b'-'
        })?;
        Ok(Self(text.into()))
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! shown_as_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.as_str())
            }
        }
    )*};
}
shown_as_text!(EventId, SlotId);

macro_rules! sixteen_bytes {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
        impl $name {
            /// Parses the 32 lower-case hexadecimal digits that [`fmt::Display`] writes; no other spelling.
            pub fn parse_hex(text: &str) -> Option<Self> {
                let digits = text.as_bytes();
                if digits.len() != 32 || !digits.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b)) {
                    return None;
                }
                let mut bytes = [0; 16];
                for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
                    *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
                }
                Some(Self(bytes))
            }
        }
    )*};
}
sixteen_bytes!(
    /// A shopper: the UUID of the signed cookie.
    ShopperId,
    /// A command's id, made by its producer. An operator's repeated command bears the same one.
    CommandId,
    /// Keyed hash of (shopper, request key): the same for a repeat with another body.
    RequestId,
    /// Keyed hash of (shopper, request key, parsed body): the part of a reservation's public id after the event's id and a `.`.
    ReservationId
);

/// A place in the log of one partition: which record, and which command inside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Position {
    /// Counts the lives of the log; a new generation begins with a new `Genesis`.
    pub generation: u32,
    /// The record's offset in its partition.
    pub offset: u64,
    /// The command's index inside the record.
    pub index: u32,
}

impl Position {
    /// The record that holds this command.
    pub fn record(self) -> LogPosition {
        LogPosition {
            generation: self.generation,
            offset: self.offset,
        }
    }
}

/// A record of one partition's log: `generation-offset`. Also the version of an event: the last record that moved it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct LogPosition {
    /// Counts the lives of the log.
    pub generation: u32,
    /// The record's offset in its partition.
    pub offset: u64,
}

impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.generation, self.offset)
    }
}

impl LogPosition {
    /// Parses `generation-offset`, in its one canonical spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let (generation, offset) = text.split_once('-')?;
        let parsed = Self {
            generation: generation.parse().ok()?,
            offset: offset.parse().ok()?,
        };
        (parsed.to_string() == text).then_some(parsed)
    }
}

/// A place's id is the position of the join that made it; shown as `generation-offset-index`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PlaceId(pub Position);

impl fmt::Display for PlaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{}-{}",
            self.0.generation, self.0.offset, self.0.index
        )
    }
}

impl PlaceId {
    /// Parses `generation-offset-index`, in its one canonical spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let (record, index) = text.rsplit_once('-')?;
        let LogPosition { generation, offset } = LogPosition::parse(record)?;
        let parsed = Self(Position {
            generation,
            offset,
            index: index.parse().ok()?,
        });
        (parsed.to_string() == text).then_some(parsed)
    }
}

/// The how-manieth place of its event, from 0, in log order. Dense; never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PlaceNo(pub u32);

/// The how-manieth slot of its event, from 0, in definition order. Never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SlotNo(pub u16);

/// A number of seats.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Seats(pub u32);

/// A point in time as stamped by the log or set by an operator: milliseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Stamp(pub u64);

/// Service time of one event in milliseconds: moved by ticks only, standing still while the event is paused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ServiceTime(pub u64);

/// A door code: 40 bits, shown as 8 characters of Crockford base32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DoorCode(u64);

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl DoorCode {
    /// The code with these lowest 40 bits.
    pub fn new(bits: u64) -> Self {
        Self(bits & 0xff_ffff_ffff)
    }

    /// The code after this one, wrapping.
    pub fn next(self) -> Self {
        Self::new(self.0.wrapping_add(1))
    }

    /// The 40 bits.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Reads a code as people type it: case, spaces and hyphens do not count, and `O` `I` `L` stand for `0` `1` `1`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bits = 0;
        let mut count = 0;
        for byte in text.bytes().filter(|b| !matches!(b, b' ' | b'-')) {
            let upper = match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let digit = CROCKFORD.iter().position(|c| *c == upper)?;
            bits = (bits << 5) | digit as u64;
            count += 1;
            if count > 8 {
                return None;
            }
        }
        (count == 8).then_some(Self(bits))
    }
}

impl fmt::Display for DoorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..8).rev().try_for_each(|i| {
            write!(
                f,
                "{}",
                CROCKFORD[(self.0 >> (5 * i)) as usize & 31] as char
            )
        })
    }
}
