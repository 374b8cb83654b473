//! Sealing of personal data under one key an event, kept in a file each, so that destroying the file destroys the data wherever it was copied.

use super::files::{make_folder, read_secret, write_private};
use super::{KeyError, files, random};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use queue_domain::EventId;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

const NONCE_LEN: usize = 24;

/// The sealing keys of all events.
pub struct Sealing {
    folder: PathBuf,
    loaded: Mutex<BTreeMap<EventId, [u8; 32]>>,
}

impl Sealing {
    pub(super) fn open(folder: PathBuf) -> Result<Self, KeyError> {
        make_folder(&folder)?;
        Ok(Self {
            folder,
            loaded: Mutex::default(),
        })
    }

    /// Seals `secret` with XChaCha20-Poly1305: 24 bytes of nonce, then the sealed bytes. The event's key is made when it has none.
    pub fn seal(&self, event: &EventId, secret: &[u8]) -> Result<Vec<u8>, KeyError> {
        let cipher = XChaCha20Poly1305::new(&self.key(event, true)?.into());
        let nonce: [u8; NONCE_LEN] = random();
        let payload = Payload {
            msg: secret,
            aad: event.as_str().as_bytes(),
        };
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| KeyError::damaged(&self.folder, "sealing failed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Sealing::seal`] made. An error when the key was destroyed or the bytes are not ours.
    pub fn open_sealed(&self, event: &EventId, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let damaged = || {
            KeyError::damaged(
                &self.folder,
                "sealed data that its event's key does not open",
            )
        };
        let cipher = XChaCha20Poly1305::new(&self.key(event, false)?.into());
        let (nonce, bytes) = sealed
            .split_first_chunk::<NONCE_LEN>()
            .ok_or_else(damaged)?;
        let payload = Payload {
            msg: bytes,
            aad: event.as_str().as_bytes(),
        };
        cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| damaged())
    }

    /// Destroys an event's key: what was sealed for the event can never be read again.
    pub fn destroy(&self, event: &EventId) -> Result<(), KeyError> {
        self.loaded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(event);
        let path = self.path(event);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(KeyError::file(&path, source))
            }
            _ => Ok(()),
        }
    }

    fn path(&self, event: &EventId) -> PathBuf {
        self.folder.join(format!("{event}.key"))
    }

    fn key(&self, event: &EventId, make: bool) -> Result<[u8; 32], KeyError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = loaded.get(event) {
            return Ok(*key);
        }
        let path = self.path(event);
        let key = if path.exists() || !make {
            read_secret(&path)?
        } else {
            let key: [u8; 32] = random();
            write_private(&path, &files::hex(&key))?;
            key
        };
        loaded.insert(event.clone(), key);
        Ok(key)
    }
}

impl fmt::Debug for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sealing").field(&self.folder).finish()
    }
}
