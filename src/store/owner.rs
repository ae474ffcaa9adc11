//! Who holds a lease: a process, told alive from dead by a lock the system drops with it.
//!
//! A process id may be given again and a clock may jump; a lock on a file of one's own can't be held by the dead.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::{Context, Kind, Result};
use crate::random;

use super::schema::create_folder;

/// This process as the holder of leases, until it is dropped.
pub struct Owner {
    pub name: String,
    path: PathBuf,
    _lock: File,
}

impl Owner {
    /// A new holder with a name nobody else has.
    pub fn new(store: &Path) -> Result<Owner> {
        let dir = store.join("owners");
        create_folder(&dir)?;
        let random = u64::from_ne_bytes(random::bytes()?);
        let name = format!("{}-{random:016x}", std::process::id());
        let path = dir.join(&name);
        let doing = || format!("creating `{}`", path.display());
        let lock = OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(&path)
            .with_context(Kind::Internal, doing)?;
        lock.lock().with_context(Kind::Internal, doing)?;
        Ok(Owner {
            name,
            path: path.clone(),
            _lock: lock,
        })
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Gone file, gone owner: nobody has to look for its lock.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether the holder of this name still runs. When that can't be told it does.
pub fn is_alive(store: &Path, name: &str) -> bool {
    let path = store.join("owners").join(name);
    let Ok(file) = OpenOptions::new().write(true).open(&path) else {
        return path.exists();
    };
    match file.try_lock() {
        Ok(()) => {
            let _ = std::fs::remove_file(&path);
            false
        }
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_lives_as_long_as_its_value() {
        let dir = tempfile::tempdir().unwrap();
        let owner = Owner::new(dir.path()).unwrap();
        let name = owner.name.clone();
        assert!(is_alive(dir.path(), &name));
        drop(owner);
        assert!(!is_alive(dir.path(), &name));
        assert!(!is_alive(dir.path(), "never-was"));
    }
}
