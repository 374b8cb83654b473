//! Keys at rest: one folder, a file a key, made at first start. They belong to the backup; without the cookie key no shopper is
//! recognised again. Nothing here is ever logged.

mod files;
pub mod operators;
mod random;
mod ring;
mod sealing;

pub use operators::{Operator, Operators, Role};
pub use random::random;
pub use ring::{LobbyRing, MacRing, SigningRing};
pub use sealing::Sealing;

use std::path::{Path, PathBuf};

/// Every key of an instance.
#[derive(Debug)]
pub struct Keys {
    /// Signs the shopper's cookie.
    pub cookie: MacRing,
    /// Signs the cookie with the last acknowledged positions.
    pub position: MacRing,
    /// Makes reservation, request and command ids. The oldest counts: an id must never change.
    pub identity: MacRing,
    /// Signs receipts of joins.
    pub receipt: SigningRing,
    /// Signs tickets.
    pub ticket: SigningRing,
    /// Secrets of shuffle lobbies come from these.
    pub lobby: LobbyRing,
    /// Seals e-mail addresses.
    pub sealing: Sealing,
    /// Who may use the operator API.
    pub operators: Operators,
}

impl Keys {
    /// Reads the keys of `folder`; makes the folder and what is missing in it.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        files::make_folder(folder)?;
        let mac = |purpose| files::secrets(folder, purpose).map(MacRing::new);
        let signing = |purpose| files::secrets(folder, purpose).map(SigningRing::new);
        Ok(Self {
            cookie: mac("cookie")?,
            position: mac("position")?,
            identity: mac("identity")?,
            receipt: signing("receipt")?,
            ticket: signing("ticket")?,
            lobby: LobbyRing::new(files::secrets(folder, "lobby")?),
            sealing: Sealing::open(folder.join("sealing"))?,
            operators: Operators::open(&folder.join(OPERATORS))?,
        })
    }
}

/// The folder of the operators' files inside the keys' folder.
pub const OPERATORS: &str = "operators";

/// Adds a key, which signs from the next start on. `purpose` is `cookie`, `position`, `receipt`, `ticket` or `lobby`. Tells its id.
pub fn rotate(folder: &Path, purpose: &str) -> Result<String, KeyError> {
    if !["cookie", "position", "receipt", "ticket", "lobby"].contains(&purpose) {
        return Err(KeyError::damaged(
            folder,
            "only cookie, position, receipt, ticket and lobby keys can be added",
        ));
    }
    let newest = files::secrets(folder, purpose)?.pop().and_then(|secret| {
        secret
            .id
            .split('-')
            .next()
            .and_then(|sequence| sequence.parse::<u32>().ok())
    });
    files::add(folder, purpose, newest.unwrap_or(0) + 1).map(|secret| secret.id)
}

/// Why keys cannot be used. Start-up ends with it: there is nothing to retry.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: {why}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl KeyError {
    fn file(path: &Path, source: std::io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }

    fn damaged(path: &Path, why: &str) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            why: why.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue_domain::EventId;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn keys_are_made_once_and_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path()).unwrap();
        let signed = first.cookie.sign("text");
        let again = Keys::open(folder.path()).unwrap();
        assert_eq!(again.cookie.verify(&signed), Some(("text", true)));
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
    }

    #[test]
    fn an_older_key_verifies_and_the_newest_signs() {
        let folder = tempfile::tempdir().unwrap();
        let before = Keys::open(folder.path()).unwrap();
        let signed = before.cookie.sign("text");
        let stable = before.identity.stable(&[b"x"]);
        let id = rotate(folder.path(), "cookie").unwrap();
        let after = Keys::open(folder.path()).unwrap();
        assert_eq!(after.cookie.newest(), id);
        assert_eq!(after.cookie.verify(&signed), Some(("text", false)));
        assert_eq!(after.identity.stable(&[b"x"]), stable);
    }

    #[test]
    fn anything_but_the_one_spelling_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let signed = keys.cookie.sign("text");
        for other in [
            "",
            ".",
            "..",
            "text",
            &signed[1..],
            &format!("{signed}="),
            &signed.to_uppercase(),
            &signed.replace("text", "next"),
        ] {
            assert_eq!(keys.cookie.verify(other), None, "{other}");
        }
        let receipt = keys.receipt.sign("text");
        assert_eq!(keys.receipt.verify(&receipt), Some("text"));
        assert_eq!(keys.receipt.verify(&receipt.replace("text", "next")), None);
        assert_eq!(keys.ticket.verify(&receipt), None);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        Keys::open(folder.path()).unwrap();
        let cookie = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_string_lossy().contains("cookie."))
            .unwrap();
        std::fs::set_permissions(&cookie, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            Keys::open(folder.path()),
            Err(KeyError::Damaged { .. })
        ));
    }

    #[test]
    fn what_is_sealed_for_an_event_opens_only_there_and_never_after_its_key_is_destroyed() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let (one, two) = (
            EventId::parse("one").unwrap(),
            EventId::parse("two").unwrap(),
        );
        let sealed = keys.sealing.seal(&one, b"a@b.kr").unwrap();
        assert_eq!(
            Keys::open(folder.path())
                .unwrap()
                .sealing
                .open_sealed(&one, &sealed)
                .unwrap(),
            b"a@b.kr"
        );
        keys.sealing.seal(&two, b"x").unwrap();
        assert!(keys.sealing.open_sealed(&two, &sealed).is_err());
        keys.sealing.destroy(&one).unwrap();
        assert!(keys.sealing.open_sealed(&one, &sealed).is_err());
    }

    #[test]
    fn the_owner_is_made_and_another_can_be_added() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let operators = folder.path().join(OPERATORS);
        let owner = operators::token(&operators, "owner").unwrap();
        assert_eq!(
            keys.operators.by_token(&owner).unwrap().role,
            Role::Operator
        );
        let door = operators::add(&operators, "door-1", Role::Door).unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        assert_eq!(&*keys.operators.by_token(&door).unwrap().name, "door-1");
        assert_eq!(keys.operators.by_token("bjk_"), None);
        assert!(operators::add(&operators, "../x", Role::Door).is_err());
    }
}
