//! SHA-256 chains and keyed hashes.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};

/// A SHA-256 value.
pub type Digest = [u8; 32];

/// SHA-256 of the parts, one after the other.
pub fn sha256(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Digest {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// The secret of a shuffle lobby: HMAC-SHA256(lobby key, event id, creation command id).
pub fn lobby_secret(lobby_key: &[u8; 32], event: &str, creation: &[u8; 16]) -> Digest {
    hmac(lobby_key, &[event.as_bytes(), creation])
}

/// Where a place of the lobby comes in the revealed order: HMAC-SHA256(HMAC-SHA256(secret, log hash), place id), the id as it is
/// shown (`generation-offset-index`). Lower comes first.
pub fn lobby_rank(secret: &[u8; 32], log_hash: &Digest, place_id: &str) -> Digest {
    hmac(&hmac(secret, &[log_hash]), &[place_id.as_bytes()])
}

/// The log hash after a record: SHA-256 over the hash before, generation, offset and stamp (big endian) and the record's bytes.
pub(crate) fn chain_record(
    before: &Digest,
    generation: u32,
    offset: u64,
    stamp: u64,
    bytes: &[u8],
) -> Digest {
    sha256(&[
        before,
        &generation.to_be_bytes(),
        &offset.to_be_bytes(),
        &stamp.to_be_bytes(),
        bytes,
    ])
}
