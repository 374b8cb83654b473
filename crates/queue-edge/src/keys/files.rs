//! Key files: `PURPOSE.SEQUENCE-TAG.key`, 64 hexadecimal digits, mode 0600. The highest sequence is the newest. Not what keys are used for.

use super::{KeyError, random};
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// A secret with its id.
pub(super) struct Secret {
    /// Such as `1-9f3a2c`.
    pub(super) id: String,
    /// The key itself.
    pub(super) bytes: [u8; 32],
}

/// All secrets of a purpose, oldest first; the first is made when there is none.
pub(super) fn secrets(folder: &Path, purpose: &str) -> Result<Vec<Secret>, KeyError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|source| KeyError::file(folder, source))? {
        let path = entry
            .map_err(|source| KeyError::file(folder, source))?
            .path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let Some(id) = name
            .strip_prefix(purpose)
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|rest| rest.strip_suffix(".key"))
        else {
            continue;
        };
        let sequence: u32 = id
            .split_once('-')
            .and_then(|(sequence, _)| sequence.parse().ok())
            .ok_or_else(|| KeyError::damaged(&path, "its name has no key id"))?;
        found.push((
            sequence,
            Secret {
                id: id.to_owned(),
                bytes: read_secret(&path)?,
            },
        ));
    }
    found.sort_by_key(|(sequence, _)| *sequence);
    if found.is_empty() {
        return Ok(vec![add(folder, purpose, 1)?]);
    }
    Ok(found.into_iter().map(|(_, secret)| secret).collect())
}

/// Makes a secret with this sequence number.
pub(super) fn add(folder: &Path, purpose: &str, sequence: u32) -> Result<Secret, KeyError> {
    let bytes: [u8; 32] = random();
    let id = format!("{sequence}-{}", hex(&random::<3>()));
    write_private(&folder.join(format!("{purpose}.{id}.key")), &hex(&bytes))?;
    Ok(Secret { id, bytes })
}

/// Makes a folder that only its owner can look into.
pub(super) fn make_folder(folder: &Path) -> Result<(), KeyError> {
    if folder.is_dir() {
        return fs::set_permissions(folder, Permissions::from_mode(0o700))
            .map_err(|source| KeyError::file(folder, source));
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| KeyError::file(folder, source))
}

/// Writes a file of mode 0600 that is either whole or absent, even when the machine stops meanwhile.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), KeyError> {
    let unfinished = path.with_extension("unfinished");
    let failed = |source| KeyError::file(path, source);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.write_all(b"\n").map_err(failed)?;
    file.sync_all().map_err(failed)?;
    fs::rename(&unfinished, path).map_err(failed)?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;
    }
    Ok(())
}

/// Reads a secret of 32 bytes; refuses a file that others can read.
pub(super) fn read_secret(path: &Path) -> Result<[u8; 32], KeyError> {
    unhex(read_private(path)?.trim_end())
        .ok_or_else(|| KeyError::damaged(path, "it must hold 64 hexadecimal digits"))
}

/// Reads a file; refuses one that others can read.
pub(super) fn read_private(path: &Path) -> Result<String, KeyError> {
    let mode = fs::metadata(path)
        .map_err(|source| KeyError::file(path, source))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(KeyError::damaged(
            path,
            "others than its owner can read or change it; set its mode to 0600",
        ));
    }
    fs::read_to_string(path).map_err(|source| KeyError::file(path, source))
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
            text
        })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
