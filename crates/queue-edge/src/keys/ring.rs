//! Rings of keys: any listed key verifies, the newest signs. MACs for what only we verify, Ed25519 for what anyone may.

use super::files::{Secret, hex};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt;
use subtle::ConstantTimeEq as _;

/// Keys for HMAC-SHA256.
pub struct MacRing(Vec<(String, Hmac<Sha256>)>);

impl MacRing {
    pub(super) fn new(secrets: Vec<Secret>) -> Self {
        let keyed = |secret: &Secret| {
            Hmac::new_from_slice(&secret.bytes).expect("HMAC takes a key of any length")
        };
        Self(
            secrets
                .into_iter()
                .map(|secret| (secret.id.clone(), keyed(&secret)))
                .collect(),
        )
    }

    /// The id of the key that signs.
    pub fn newest(&self) -> &str {
        &self.0[self.0.len() - 1].0
    }

    /// HMAC-SHA256 of the parts, one after the other, under the key named; `None` when there is no such key.
    pub fn mac(&self, key_id: &str, parts: &[&[u8]]) -> Option<[u8; 32]> {
        let (_, keyed) = self.0.iter().find(|(id, _)| id == key_id)?;
        Some(tag(keyed, parts))
    }

    /// HMAC-SHA256 under the oldest key: for ids that must stay the same for ever, whatever keys are added.
    pub fn stable(&self, parts: &[&[u8]]) -> [u8; 32] {
        tag(&self.0[0].1, parts)
    }

    /// `text.KEYID.TAG` by the newest key, the tag in URL-safe base64.
    pub fn sign(&self, text: &str) -> String {
        let (id, keyed) = &self.0[self.0.len() - 1];
        spell(text, id, keyed)
    }

    /// What was signed, when `signed` is, byte for byte, what [`MacRing::sign`] would write with a listed key.
    /// Also tells whether that key is the newest.
    pub fn verify<'a>(&self, signed: &'a str) -> Option<(&'a str, bool)> {
        let (rest, _) = signed.rsplit_once('.')?;
        let (text, key_id) = rest.rsplit_once('.')?;
        let at = self.0.iter().position(|(id, _)| id == key_id)?;
        let canonical = spell(text, key_id, &self.0[at].1);
        bool::from(canonical.as_bytes().ct_eq(signed.as_bytes()))
            .then_some((text, at + 1 == self.0.len()))
    }
}

fn tag(keyed: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed.clone();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn spell(text: &str, id: &str, keyed: &Hmac<Sha256>) -> String {
    let mut signed = String::with_capacity(text.len() + id.len() + 45);
    signed.push_str(text);
    signed.push('.');
    signed.push_str(id);
    // The key's id is under the tag too, so that no tag is good under another name.
    let tag = tag(keyed, &[signed.as_bytes()]);
    signed.push('.');
    URL_SAFE_NO_PAD.encode_string(tag, &mut signed);
    signed
}

impl fmt::Debug for MacRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(id, _)| id))
            .finish()
    }
}

/// Keys for Ed25519 (RFC 8032).
pub struct SigningRing(Vec<(String, SigningKey)>);

impl SigningRing {
    pub(super) fn new(secrets: Vec<Secret>) -> Self {
        Self(
            secrets
                .into_iter()
                .map(|secret| (secret.id, SigningKey::from_bytes(&secret.bytes)))
                .collect(),
        )
    }

    /// `text.KEYID.SIGNATURE` by the newest key; the signature is over everything before its own point, in URL-safe base64.
    pub fn sign(&self, text: &str) -> String {
        let (id, key) = &self.0[self.0.len() - 1];
        let mut signed = String::with_capacity(text.len() + id.len() + 88);
        signed.push_str(text);
        signed.push('.');
        signed.push_str(id);
        let signature = key.sign(signed.as_bytes());
        signed.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut signed);
        signed
    }

    /// What was signed by a listed key.
    pub fn verify<'a>(&self, signed: &'a str) -> Option<&'a str> {
        let (rest, signature) = signed.rsplit_once('.')?;
        let (text, key_id) = rest.rsplit_once('.')?;
        let (_, key) = self.0.iter().find(|(id, _)| id == key_id)?;
        let signature: [u8; 64] = URL_SAFE_NO_PAD.decode(signature).ok()?.try_into().ok()?;
        key.verifying_key()
            .verify_strict(rest.as_bytes(), &Signature::from_bytes(&signature))
            .ok()?;
        Some(text)
    }

    /// The public keys by key id, hexadecimal.
    pub fn public_keys(&self) -> BTreeMap<String, String> {
        self.0
            .iter()
            .map(|(id, key)| (id.clone(), hex(key.verifying_key().as_bytes())))
            .collect()
    }
}

impl fmt::Debug for SigningRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.public_keys().fmt(f)
    }
}

/// Keys that the secrets of shuffle lobbies are derived from (`queue_domain::lobby_secret`).
pub struct LobbyRing(Vec<Secret>);

impl LobbyRing {
    pub(super) fn new(secrets: Vec<Secret>) -> Self {
        Self(secrets)
    }

    /// The key for a new event, with its id.
    pub fn newest(&self) -> (&str, &[u8; 32]) {
        let secret = &self.0[self.0.len() - 1];
        (&secret.id, &secret.bytes)
    }

    /// The key that an event was created with.
    pub fn by_id(&self, id: &str) -> Option<&[u8; 32]> {
        self.0
            .iter()
            .find(|secret| secret.id == id)
            .map(|secret| &secret.bytes)
    }
}

impl fmt::Debug for LobbyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|secret| &secret.id))
            .finish()
    }
}
