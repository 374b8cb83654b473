//! Operators: a file each with name, role and bearer token, in `operators/` beside the keys.

use super::files::{hex, make_folder, read_private, write_private};
use super::{KeyError, random};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What an operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look.
    Viewer,
    /// Look, and check visitors in.
    Door,
    /// Everything.
    Operator,
}

/// Who sent an operator's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The actor in the log.
    pub name: Arc<str>,
    /// What they may do.
    pub role: Role,
}

/// All operators, found by their token's digest so that looking one up tells nothing about the others.
pub struct Operators(BTreeMap<[u8; 32], Operator>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperatorFile {
    role: Role,
    token: String,
}

impl Operators {
    /// Reads `folder/NAME.toml` (`role`, `token`); makes `owner`, who may do everything, when there is none.
    pub(super) fn open(folder: &Path) -> Result<Self, KeyError> {
        make_folder(folder)?;
        let mut operators = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(|source| KeyError::file(folder, source))? {
            let path = entry
                .map_err(|source| KeyError::file(folder, source))?
                .path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                let (token, operator) = read(&path)?;
                if operators
                    .insert(Sha256::digest(token).into(), operator)
                    .is_some()
                {
                    return Err(KeyError::damaged(
                        &path,
                        "another operator has the same token",
                    ));
                }
            }
        }
        if operators.is_empty() {
            let token = add(folder, "owner", Role::Operator)?;
            operators.insert(
                Sha256::digest(&token).into(),
                Operator {
                    name: "owner".into(),
                    role: Role::Operator,
                },
            );
        }
        Ok(Self(operators))
    }

    /// The operator who has this token.
    pub fn by_token(&self, token: &str) -> Option<&Operator> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        self.0.get(&digest)
    }
}

impl fmt::Debug for Operators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.values()).finish()
    }
}

/// Adds an operator and tells the token. `folder` is the keys' `operators`; the name is 1 to 64 of `a-z`, `0-9`, `-`.
pub fn add(folder: &Path, name: &str, role: Role) -> Result<String, KeyError> {
    let path = path(folder, name)?;
    if path.exists() {
        return Err(KeyError::damaged(&path, "this operator exists already"));
    }
    let token = format!("bjk_{}", hex(&random::<24>()));
    let file = OperatorFile {
        role,
        token: token.clone(),
    };
    write_private(
        &path,
        toml::to_string(&file)
            .expect("two plain fields are always TOML")
            .trim_end(),
    )?;
    Ok(token)
}

/// An operator's token as kept. `folder` is the keys' `operators`.
pub fn token(folder: &Path, name: &str) -> Result<String, KeyError> {
    Ok(read(&path(folder, name)?)?.0)
}

fn path(folder: &Path, name: &str) -> Result<PathBuf, KeyError> {
    let path = folder.join(format!("{name}.toml"));
    let plain = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if plain {
        Ok(path)
    } else {
        Err(KeyError::damaged(
            &path,
            "an operator's name is 1 to 64 of a-z, 0-9 and '-'",
        ))
    }
}

fn read(path: &Path) -> Result<(String, Operator), KeyError> {
    let name = path
        .file_stem()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let file: OperatorFile = toml::from_str(&read_private(path)?)
        .map_err(|error| KeyError::damaged(path, error.message()))?;
    if file.token.len() < 24 {
        return Err(KeyError::damaged(
            path,
            "a token has at least 24 characters",
        ));
    }
    Ok((
        file.token,
        Operator {
            name: name.into(),
            role: file.role,
        },
    ))
}
