//! The data folder, and the lock that keeps a second process out of it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open data folder. Held by every back end in it; the lock goes with the last of them, also when the process is killed.
#[derive(Debug, Clone)]
pub struct DataFolder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// Locked for as long as it is open.
    _lock: File,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it open.
    #[error(
        "the data folder {0} is in use by another process; stop that one first, or give this one a folder of its own"
    )]
    InUse(PathBuf),
    /// It cannot be made, read or written.
    #[error("the data folder {path} cannot be used: {source}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl DataFolder {
    /// Opens the folder, makes it if need be, and locks it.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let failed = |source| FolderError::Io {
            path: path.into(),
            source,
        };
        make(path).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse(path.into())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        sync_folder(path).map_err(failed)?;
        Ok(Self(Arc::new(Inner {
            path: path.into(),
            _lock: lock,
        })))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path.join(name)
    }

    /// Makes the names of new files durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync_folder(&self.0.path)
    }
}

/// For its owner only: the folder holds what shoppers did, and the keys that say who they are.
fn make(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// A new file is only there after a crash when its folder was synced.
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_refused_until_the_first_is_gone() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let path = parent.path().join("data");
        let first = DataFolder::open(&path).expect("nobody has it");
        let held = first.clone();
        drop(first);
        let refused = DataFolder::open(&path).expect_err("a clone still holds it");
        assert!(
            matches!(&refused, FolderError::InUse(folder) if *folder == path),
            "{refused}"
        );
        drop(held);
        DataFolder::open(&path).expect("nobody has it any more");
    }
}
