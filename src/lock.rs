//! One process at a time: a named lock that the system lets go of when its holder dies.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::disk;
use crate::error::{Context, Kind, Result};

/// Held while one process does what two must not do at once.
pub struct Lock(#[expect(dead_code, reason = "held for its drop")] File);

impl Lock {
    /// Waits for the lock of this name in a folder; `None` if another process still has it after `patience`.
    pub async fn acquire(dir: &Path, name: &str, patience: Duration) -> Result<Option<Lock>> {
        let folder = dir.join("locks");
        disk::create_private_folder(&folder).with_context(Kind::Internal, || {
            format!("creating `{}`", folder.display())
        })?;
        let path = folder.join(format!("{}.lock", file_name(name)));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(Kind::Internal, || format!("opening `{}`", path.display()))?;
        let end = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Lock(file))),
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    sleep(Duration::from_millis(50)).await;
                }
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(e)) => {
                    return Err(e)
                        .with_context(Kind::Internal, || format!("locking `{}`", path.display()));
                }
            }
        }
    }
}

/// A name that is safe as a file name.
fn file_name(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_alphanumeric() || "-_@".contains(c) {
                c
            } else {
                '+'
            }
        })
        .collect()
}
