//! The log's records: eight bytes of header, then CBOR (RFC 8949).
//!
//! ```text
//! "BJK" 0x01   crc32c of the rest, little endian   CBOR array of entries
//! ```
//!
//! An entry is `[trace id, body]`. Producers encode one entry each; a log gathers several into one record without looking
//! inside. Every enum has numbered variants, every struct numbered fields: new ones are added at the end and old numbers are
//! never used again. Golden files under `golden/` hold every kind ever written.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

pub use crate::record_convert::entries;

/// First bytes of every record: `BJK` and the format's version.
pub const HEADER: [u8; 4] = *b"BJK\x01";
const VERSION_AT: usize = 3;
const HEADER_LEN: usize = 8;

/// Identifies one request across processes; in the record so that a join can be followed through the log.
pub type TraceId = [u8; 16];

/// One encoded entry, ready to be gathered into a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedEntry(Vec<u8>);

impl EncodedEntry {
    /// Length in bytes.
    #[expect(
        clippy::len_without_is_empty,
        reason = "an encoded entry is never empty"
    )]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// An entry with its trace.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Entry {
    /// The request that made it.
    #[n(0)]
    pub trace: ByteArray<16>,
    /// What it says.
    #[n(1)]
    pub body: Body,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[expect(
    missing_docs,
    reason = "each is the domain's command of the same name, with the same fields"
)]
pub enum Body {
    #[n(0)]
    Genesis {
        #[n(0)]
        generation: u32,
        #[n(1)]
        partitions: u32,
    },
    #[n(1)]
    Tick {
        #[n(0)]
        generation: u32,
        #[n(1)]
        offset: u64,
        #[n(2)]
        log_hash: ByteArray<32>,
        #[n(3)]
        state_hash: ByteArray<32>,
    },
    #[n(2)]
    Create {
        #[n(0)]
        id: ByteArray<16>,
        #[n(1)]
        actor: String,
        #[n(2)]
        rules: u16,
        #[n(3)]
        definition: Box<Definition>,
    },
    #[n(3)]
    RulesChanged {
        #[n(0)]
        event: String,
        #[n(1)]
        rules: u16,
    },
    #[n(4)]
    Shopper {
        #[n(0)]
        id: ByteArray<16>,
        #[n(1)]
        event: String,
        #[n(2)]
        shopper: ByteArray<16>,
        #[n(3)]
        action: ShopperAction,
    },
    #[n(5)]
    Operator {
        #[n(0)]
        id: ByteArray<16>,
        #[n(1)]
        event: String,
        #[n(2)]
        actor: String,
        #[n(3)]
        action: OperatorAction,
    },
    #[n(6)]
    Timed {
        #[n(0)]
        event: String,
        #[n(1)]
        at: u64,
        #[n(2)]
        what: SetTime,
    },
}

/// `generation`, `offset`, `index` of a place's join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[expect(missing_docs, reason = "the domain's names")]
pub struct Place {
    #[n(0)]
    pub generation: u32,
    #[n(1)]
    pub offset: u64,
    #[n(2)]
    pub index: u32,
}

/// What a shopper asks.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[expect(
    missing_docs,
    reason = "each is the domain's action of the same name, with the same fields"
)]
pub enum ShopperAction {
    #[n(0)]
    Join {
        #[n(0)]
        wish: Option<String>,
    },
    #[n(1)]
    Leave {
        #[n(0)]
        place: Option<Place>,
    },
    #[n(2)]
    Enter {
        #[n(0)]
        place: Option<Place>,
    },
    #[n(3)]
    Extend {
        #[n(0)]
        place: Option<Place>,
    },
    #[n(4)]
    Reserve {
        #[n(0)]
        reservation: ByteArray<16>,
        #[n(1)]
        request: ByteArray<16>,
        #[n(2)]
        slot: String,
        #[n(3)]
        seats: u32,
        #[n(4)]
        contact: Option<ByteVec>,
    },
    #[n(5)]
    Cancel {
        #[n(0)]
        reservation: ByteArray<16>,
        #[n(1)]
        if_slot: Option<String>,
    },
    #[n(6)]
    Move {
        #[n(0)]
        reservation: ByteArray<16>,
        #[n(1)]
        if_slot: Option<String>,
        #[n(2)]
        to: String,
    },
}

/// What an operator asks.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[expect(
    missing_docs,
    reason = "each is the domain's action of the same name, with the same fields"
)]
pub enum OperatorAction {
    #[n(0)]
    Open {
        #[n(0)]
        secret: Option<ByteArray<32>>,
    },
    #[n(1)]
    Reschedule {
        #[n(0)]
        lobby_opens_at: Option<u64>,
        #[n(1)]
        opens_at: Option<u64>,
        #[n(2)]
        closes_at: Option<u64>,
    },
    #[n(2)]
    Pause,
    #[n(3)]
    Resume,
    #[n(4)]
    Close,
    #[n(5)]
    Reopen,
    #[n(6)]
    Policy(#[n(0)] PolicyPatch),
    #[n(7)]
    Texts(#[n(0)] Vec<TextChange>),
    #[n(8)]
    AddSlot(#[n(0)] Slot),
    #[n(9)]
    Capacity {
        #[n(0)]
        slot: String,
        #[n(1)]
        capacity: u32,
    },
    #[n(10)]
    StopSlot(#[n(0)] String),
    #[n(11)]
    CancelSlot(#[n(0)] String),
    #[n(12)]
    CheckIn {
        #[n(0)]
        code: u64,
        #[n(1)]
        slot: Option<String>,
    },
}

/// What happens at a set time.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[expect(
    missing_docs,
    reason = "each is the domain's set time of the same name"
)]
pub enum SetTime {
    #[n(0)]
    Lobby,
    #[n(1)]
    Open {
        #[n(0)]
        secret: Option<ByteArray<32>>,
    },
    #[n(2)]
    Close,
    #[n(3)]
    SlotOver(#[n(0)] String),
}

/// An event as created.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[expect(
    missing_docs,
    reason = "the domain's names; times are milliseconds since the Unix epoch"
)]
pub struct Definition {
    #[n(0)]
    pub id: String,
    /// SHA-256 of the shuffle's secret and the lobby key's id; absent for a lobby in order of arrival.
    #[n(1)]
    pub commitment: Option<(ByteArray<32>, String)>,
    #[n(2)]
    pub lobby_opens_at: u64,
    #[n(3)]
    pub opens_at: u64,
    #[n(4)]
    pub closes_at: u64,
    #[n(5)]
    pub policy: Policy,
    #[n(6)]
    pub slots: Vec<Slot>,
    #[n(7)]
    pub texts: Vec<(String, String)>,
}

/// Rates and limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[expect(missing_docs, reason = "the domain's names")]
pub struct Policy {
    #[n(0)]
    pub admit_per_second_milli: u32,
    #[n(1)]
    pub room_max: u32,
    #[n(2)]
    pub room_per_seat_milli: u32,
    #[n(3)]
    pub claim_window_ms: u64,
    #[n(4)]
    pub session_ms: u64,
    #[n(5)]
    pub session_extensions: u8,
    #[n(6)]
    pub per_shopper_max: u8,
    #[n(7)]
    pub party_max: u32,
    #[n(8)]
    pub joins_per_shopper: u8,
}

/// Rates and limits to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Default)]
#[expect(missing_docs, reason = "the domain's names")]
pub struct PolicyPatch {
    #[n(0)]
    pub admit_per_second_milli: Option<u32>,
    #[n(1)]
    pub room_max: Option<u32>,
    #[n(2)]
    pub room_per_seat_milli: Option<u32>,
    #[n(3)]
    pub claim_window_ms: Option<u64>,
    #[n(4)]
    pub session_ms: Option<u64>,
    #[n(5)]
    pub session_extensions: Option<u8>,
    #[n(6)]
    pub per_shopper_max: Option<u8>,
    #[n(7)]
    pub party_max: Option<u32>,
    #[n(8)]
    pub joins_per_shopper: Option<u8>,
}

/// A slot.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[expect(
    missing_docs,
    reason = "the domain's names; times are milliseconds since the Unix epoch"
)]
pub struct Slot {
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub starts_at: u64,
    #[n(2)]
    pub ends_at: u64,
    #[n(3)]
    pub bookable_until: u64,
    #[n(4)]
    pub day_from: u64,
    #[n(5)]
    pub day_to: u64,
    #[n(6)]
    pub capacity: u32,
}

/// A text set, or removed when absent.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[expect(missing_docs, reason = "the domain's names")]
pub struct TextChange {
    #[n(0)]
    pub key: String,
    #[n(1)]
    pub text: Option<String>,
}

/// Why bytes are not a record of ours.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// No header of ours, or a wrong checksum: kept, counted and passed.
    #[error("not a record: {0}")]
    DeadLetter(&'static str),
    /// Our header and a right checksum, but a kind or shape that this build does not know: the partition stops.
    #[error("a record that this build cannot read: {0}")]
    Unreadable(String),
}

impl Entry {
    /// Encodes the entry.
    pub fn encode(&self) -> EncodedEntry {
        EncodedEntry(minicbor::to_vec(self).expect("writing to a vector cannot fail"))
    }
}

/// Gathers entries into one record.
pub fn assemble(entries: &[EncodedEntry]) -> Vec<u8> {
    let mut bytes =
        Vec::with_capacity(HEADER_LEN + 9 + entries.iter().map(EncodedEntry::len).sum::<usize>());
    bytes.extend_from_slice(&HEADER);
    bytes.extend_from_slice(&[0; 4]);
    minicbor::Encoder::new(&mut bytes)
        .array(entries.len() as u64)
        .expect("writing to a vector cannot fail");
    for entry in entries {
        bytes.extend_from_slice(&entry.0);
    }
    let checksum = crc32c::crc32c(&bytes[HEADER_LEN..]);
    bytes[HEADER.len()..HEADER_LEN].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Reads a record's entries.
pub fn read(bytes: &[u8]) -> Result<Vec<Entry>, RecordError> {
    let Some((header, payload)) = bytes.split_at_checked(HEADER_LEN) else {
        return Err(RecordError::DeadLetter("shorter than a header"));
    };
    let (magic, version) = (&header[..VERSION_AT], header[VERSION_AT]);
    if *magic != HEADER[..VERSION_AT] {
        return Err(RecordError::DeadLetter("another header"));
    }
    if header[HEADER.len()..] != crc32c::crc32c(payload).to_le_bytes() {
        return Err(RecordError::DeadLetter("wrong checksum"));
    }
    // A later build's record is ours: passing it over would fold the log to something else.
    if version != HEADER[VERSION_AT] {
        return Err(RecordError::Unreadable(format!(
            "version {version} of the record format"
        )));
    }
    let mut decoder = minicbor::Decoder::new(payload);
    let entries: Vec<Entry> = decoder
        .decode()
        .map_err(|error| RecordError::Unreadable(error.to_string()))?;
    if decoder.position() != payload.len() {
        return Err(RecordError::Unreadable("bytes after the last entry".into()));
    }
    Ok(entries)
}
