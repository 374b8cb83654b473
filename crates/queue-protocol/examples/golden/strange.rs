//! Bytes that are no record of ours, and records of ours that no build of today can read.

use crate::assemble;
use crate::samples::{TRACE, samples};
use queue_protocol::record::HEADER;

type Example = (&'static str, &'static str, Vec<u8>);

fn join() -> Vec<u8> {
    let (_, entries) = samples()
        .into_iter()
        .find(|(name, _)| *name == "join")
        .expect("a sample of a join");
    assemble(TRACE, &entries)
}

/// A payload behind a right header and a right checksum.
fn sealed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::from(HEADER);
    bytes.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// The one entry of a record that has only one, with another body.
fn entry(body: &[u8]) -> Vec<u8> {
    sealed(&[&[0x81, 0x82, 0x50], &TRACE[..], body].concat())
}

fn changed(mut bytes: Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    change(&mut bytes);
    bytes
}

pub(crate) fn dead_letters() -> Vec<Example> {
    vec![
        ("empty", "Nothing at all.", Vec::new()),
        ("short", "A header without its checksum.", HEADER.to_vec()),
        (
            "text",
            "Somebody else's message.",
            b"{\"hello\":\"world\"}".to_vec(),
        ),
        (
            "other-magic",
            "A record whose first byte is another.",
            changed(join(), |bytes| bytes[0] = b'b'),
        ),
        (
            "wrong-checksum",
            "A record whose checksum is off by one.",
            changed(join(), |bytes| bytes[4] = bytes[4].wrapping_add(1)),
        ),
        (
            "damaged",
            "A record with one bit of its content flipped.",
            changed(join(), |bytes| bytes[30] ^= 0x10),
        ),
        (
            "cut",
            "A record without its last byte.",
            changed(join(), |bytes| _ = bytes.pop()),
        ),
        (
            "damaged-version",
            "A record of another format's version, with a wrong checksum.",
            changed(join(), |bytes| (bytes[3], bytes[4]) = (9, bytes[4] ^ 1)),
        ),
    ]
}

pub(crate) fn unreadable() -> Vec<Example> {
    let text = |text: &str| [&[0x60 + text.len() as u8], text.as_bytes()].concat();
    let id = [&[0x50], &[0x66; 16][..]].concat();
    let action = |event: &str, action: &[u8]| {
        entry(&[&[0x82, 0x04, 0x84], &id[..], &text(event), &id, action].concat())
    };
    vec![
        (
            "format-version",
            "A record of a later version of the format, with a right checksum.",
            changed(join(), |bytes| bytes[3] = 2),
        ),
        (
            "unknown-kind",
            "An entry of kind 23, which no build has.",
            entry(&[0x82, 0x17, 0x80]),
        ),
        (
            "unknown-action",
            "A shopper's action 23, which no build has.",
            action("glow-seongsu", &[0x82, 0x17, 0x80]),
        ),
        (
            "bad-event-id",
            "A join whose event id has capitals.",
            action("Glow", &[0x82, 0x00, 0x81, 0xf6]),
        ),
        (
            "bad-slot-id",
            "A join that wishes for the slot '9:00', which is no slot id.",
            action(
                "glow-seongsu",
                &[&[0x82, 0x00, 0x81][..], &text("9:00")].concat(),
            ),
        ),
        (
            "missing-field",
            "A genesis that does not say how many partitions there are.",
            entry(&[0x82, 0x00, 0x81, 0x01]),
        ),
        (
            "short-trace",
            "A trace id of fifteen bytes.",
            sealed(
                &[
                    &[0x81, 0x82, 0x4f],
                    &[0x7a; 15][..],
                    &[0x82, 0x00, 0x82, 0x01, 0x08],
                ]
                .concat(),
            ),
        ),
        (
            "trailing-bytes",
            "One byte after the last entry.",
            sealed(&[&join()[8..], &[0x00]].concat()),
        ),
        ("no-array", "A number instead of entries.", sealed(&[0x07])),
        ("no-cbor", "Bytes that are no CBOR.", sealed(&[0xff, 0xff])),
        (
            "no-payload",
            "A header and a checksum and nothing more.",
            sealed(&[]),
        ),
    ]
}
