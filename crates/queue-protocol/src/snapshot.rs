//! Snapshots of a partition's fold: CBOR of an image's effects, behind a version and a SHA-256 of the rest.
//!
//! Not a log format: a snapshot that cannot be read is passed over, an older one is used, or the log is folded from its beginning.

mod effect;

use crate::record;
use effect::WireEffect;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use queue_domain::{
    Command, DirectoryEntry, Entry, EventId, LogPosition, PartitionImage, Stamp, sha256,
};

/// First bytes of a snapshot: `BJS` and the format's version.
const HEADER: [u8; 4] = *b"BJS\x01";
const CHECKSUM_LEN: usize = 32;

#[derive(Encode, Decode)]
struct WireImage {
    #[n(0)]
    number: u32,
    #[n(1)]
    partitions: u32,
    #[n(2)]
    generation: u32,
    #[n(3)]
    offset: u64,
    #[n(4)]
    log_hash: ByteArray<32>,
    #[n(5)]
    state_hash: ByteArray<32>,
    #[n(6)]
    last_tick: Option<u64>,
    #[n(7)]
    dead_letters: u64,
    /// Partition and creation of every event.
    #[n(8)]
    directory: Vec<(u32, record::Entry)>,
    #[n(9)]
    events: Vec<WireEvent>,
}

#[derive(Encode, Decode)]
struct WireEvent {
    #[n(0)]
    id: String,
    #[n(1)]
    effects: Vec<WireEffect>,
}

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Its bytes are not what was written.
    #[error("the snapshot is damaged: {0}")]
    Damaged(&'static str),
    /// Written by another build.
    #[error("the snapshot cannot be read: {0}")]
    Unreadable(String),
}

/// Encodes an image.
pub fn encode(image: &PartitionImage) -> Vec<u8> {
    let wire = WireImage {
        number: image.number,
        partitions: image.partitions,
        generation: image.position.generation,
        offset: image.position.offset,
        log_hash: image.log_hash.into(),
        state_hash: image.state_hash.into(),
        last_tick: image.last_tick.map(|stamp| stamp.0),
        dead_letters: image.dead_letters,
        directory: image.directory.iter().map(directory_to_wire).collect(),
        events: image
            .events
            .iter()
            .filter_map(|effects| event_to_wire(effects))
            .collect(),
    };
    let mut bytes = Vec::from(HEADER);
    bytes.resize(HEADER.len() + CHECKSUM_LEN, 0);
    minicbor::encode(&wire, &mut bytes).expect("writing to a vector cannot fail");
    let checksum = sha256(&[&bytes[HEADER.len() + CHECKSUM_LEN..]]);
    bytes[HEADER.len()..HEADER.len() + CHECKSUM_LEN].copy_from_slice(&checksum);
    bytes
}

/// Decodes an image.
pub fn decode(bytes: &[u8]) -> Result<PartitionImage, SnapshotError> {
    let (header, rest) = bytes
        .split_at_checked(HEADER.len())
        .ok_or(SnapshotError::Damaged("too short"))?;
    let (checksum, payload) = rest
        .split_at_checked(CHECKSUM_LEN)
        .ok_or(SnapshotError::Damaged("too short"))?;
    if header != HEADER {
        return Err(SnapshotError::Damaged("another header"));
    }
    if checksum != sha256(&[payload]) {
        return Err(SnapshotError::Damaged("wrong checksum"));
    }
    let unreadable = |error: &dyn std::fmt::Display| SnapshotError::Unreadable(error.to_string());
    let wire: WireImage = minicbor::decode(payload).map_err(|error| unreadable(&error))?;
    Ok(PartitionImage {
        number: wire.number,
        partitions: wire.partitions,
        position: LogPosition {
            generation: wire.generation,
            offset: wire.offset,
        },
        log_hash: wire.log_hash.into(),
        state_hash: wire.state_hash.into(),
        last_tick: wire.last_tick.map(Stamp),
        dead_letters: wire.dead_letters,
        directory: wire
            .directory
            .into_iter()
            .map(directory_from_wire)
            .collect::<Result<_, _>>()?,
        events: wire
            .events
            .into_iter()
            .map(event_from_wire)
            .collect::<Result<_, _>>()?,
    })
}

fn directory_to_wire(entry: &DirectoryEntry) -> (u32, record::Entry) {
    (
        entry.partition,
        record::Entry::new([0; 16], &Entry::Command(entry.create.clone())),
    )
}

fn directory_from_wire(
    (partition, entry): (u32, record::Entry),
) -> Result<DirectoryEntry, SnapshotError> {
    match entry.body.into_domain() {
        Ok(Entry::Command(create @ Command::Create { .. })) => Ok(DirectoryEntry {
            event: create.event().clone(),
            partition,
            create,
        }),
        Ok(_) => Err(SnapshotError::Unreadable(
            "a directory entry that creates nothing".into(),
        )),
        Err(error) => Err(SnapshotError::Unreadable(error.to_string())),
    }
}

fn event_to_wire(effects: &[queue_domain::Effect]) -> Option<WireEvent> {
    let id = effects.first()?.event.to_string();
    Some(WireEvent {
        id,
        effects: effects.iter().map(WireEffect::from_domain).collect(),
    })
}

fn event_from_wire(event: WireEvent) -> Result<Vec<queue_domain::Effect>, SnapshotError> {
    let id =
        EventId::parse(&event.id).map_err(|error| SnapshotError::Unreadable(error.to_string()))?;
    event
        .effects
        .into_iter()
        .map(|effect| effect.into_domain(&id))
        .collect()
}
