//! Ids of reservations and requests: keyed hashes, so that a repeat is recognised by the fold itself and nobody can make another's id.

use queue_domain::{EventId, RequestId, ReservationId, ShopperId, SlotId};
use queue_edge::Keys;

/// A reservation as parsed: what makes two bodies the same.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) slot: &'a SlotId,
    pub(crate) seats: u32,
    pub(crate) email: Option<&'a str>,
}

/// The request's id: the same for another body under the same key.
pub(crate) fn request(keys: &Keys, event: &EventId, shopper: ShopperId, key: &str) -> RequestId {
    RequestId(first_half(keys.identity.stable(&[
        b"request\0",
        event.as_str().as_bytes(),
        b"\0",
        &shopper.0,
        key.as_bytes(),
    ])))
}

/// The reservation's id: the same for the same key and body only.
pub(crate) fn reservation(
    keys: &Keys,
    event: &EventId,
    shopper: ShopperId,
    key: &str,
    wanted: &Wanted<'_>,
) -> ReservationId {
    let hash = keys.identity.stable(&[
        b"reservation\0",
        event.as_str().as_bytes(),
        b"\0",
        &shopper.0,
        key.as_bytes(),
        b"\0",
        wanted.slot.as_str().as_bytes(),
        b"\0",
        &wanted.seats.to_be_bytes(),
        wanted.email.unwrap_or_default().as_bytes(),
    ]);
    ReservationId(first_half(hash))
}

/// The first 16 bytes.
pub(crate) fn first_half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}
