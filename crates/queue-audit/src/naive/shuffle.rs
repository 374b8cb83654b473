//! The revealed order of a shuffle lobby, as anyone can compute it from the secret and the log.

use super::{At, Event, State};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// HMAC-SHA256.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

impl Event {
    /// Whether this is the secret that was promised.
    pub(super) fn secret_is_right(&self, secret: &[u8; 32]) -> bool {
        self.commitment == Some(Sha256::digest(secret).into())
    }

    /// Numbers for everybody who waits in the lobby.
    pub(super) fn reveal(
        &mut self,
        generation: u32,
        secret: &[u8; 32],
        log_hash_before: &[u8; 32],
    ) {
        let key = hmac(secret, log_hash_before);
        let drawn =
            |(offset, index): At| hmac(&key, format!("{generation}-{offset}-{index}").as_bytes());
        let mut roster: Vec<([u8; 32], usize)> = self
            .unnumbered
            .iter()
            .map(|place| (drawn(self.places[*place].at), *place))
            .collect();
        roster.retain(|(_, place)| self.places[*place].state == State::Waiting);
        roster.sort_unstable();
        self.drawn = 1..roster.len() as u32 + 1;
        for (ahead, (_, place)) in roster.into_iter().enumerate() {
            self.give_number(place, ahead as u32);
        }
        self.revealed = true;
    }
}
