//! The encrypted file: secrets where no keyring answers, or where the user wants them.
//!
//! Readers need no lock: a new file takes the place of the old one at once. Writers hold `secrets.lock` from
//! reading to replacing, but never while someone types a passphrase.

mod format;
mod passphrase;

pub use passphrase::Ask;

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use crate::disk;
use crate::error::{Context, Error, Kind, Result};
use crate::model::secret::{Question, SecretSettings};
use format::{Entries, Fault, Kdf, Key, Sealed};
use passphrase::Source;

/// What reports call it.
pub const NAME: &str = "encrypted file";

const LOCK_DEADLINE: Duration = Duration::from_secs(10);
const TRIES: u32 = 3;

/// The encrypted file of one user, and the key once it is known.
pub struct SecretsFile {
    settings: SecretSettings,
    /// Kept so that a process derives it once; wiped at the end.
    key: Mutex<Option<(Kdf, Key)>>,
}

impl SecretsFile {
    pub fn new(settings: SecretSettings) -> SecretsFile {
        SecretsFile {
            settings,
            key: Mutex::new(None),
        }
    }

    pub fn path(&self) -> &Path {
        &self.settings.file
    }

    /// The names of the entries; `None` if there is no file. Needs no passphrase.
    pub fn entries(&self) -> Result<Option<Vec<String>>> {
        Ok(self.read()?.map(|sealed| sealed.entries))
    }

    /// Whether the entry is in it. Needs no passphrase.
    pub fn holds(&self, entry: &str) -> Result<bool> {
        let entries = self.entries()?.unwrap_or_default();
        Ok(entries.iter().any(|name| name == entry))
    }

    /// Whether this passphrase opens the file; `None` if there is no file. Once it did, nobody is asked again.
    pub fn opens_with(&self, passphrase: &SecretString) -> Result<Option<bool>> {
        let Some(sealed) = self.read()? else {
            return Ok(None);
        };
        let key = sealed.kdf.derive(passphrase)?;
        let opens = sealed.open(&key).is_some();
        if opens {
            self.keep(sealed.kdf, key);
        }
        Ok(Some(opens))
    }

    /// Who would give the passphrase; `None` if nobody would.
    pub fn passphrase_source(&self, ask: Option<&Ask>) -> Option<&'static str> {
        Source::of(&self.settings, ask).map(|source| source.name())
    }

    /// The secret of this entry; `None` if there is none.
    pub fn get(&self, entry: &str, ask: Option<&Ask>) -> Result<Option<SecretString>> {
        let Some(sealed) = self.read()? else {
            return Ok(None);
        };
        if !sealed.entries.iter().any(|name| name == entry) {
            return Ok(None);
        }
        let (_, key) = self.unlock(Some(&sealed), ask)?;
        Ok(self.open(&sealed, &key)?.remove(entry))
    }

    /// Writes an entry and reads it back.
    pub fn put(&self, entry: &str, secret: &SecretString, ask: Option<&Ask>) -> Result<()> {
        self.change(ask, |entries| {
            entries.insert(entry.to_owned(), secret.clone());
        })
    }

    /// Removes an entry; false if there was none, for which no passphrase is needed.
    pub fn remove(&self, entry: &str, ask: Option<&Ask>) -> Result<bool> {
        if !self.holds(entry)? {
            return Ok(false);
        }
        self.change(ask, |entries| {
            entries.remove(entry);
        })?;
        Ok(true)
    }

    fn change(&self, ask: Option<&Ask>, change: impl Fn(&mut Entries)) -> Result<()> {
        // Another process may make the file first, with a salt of its own.
        for _ in 0..TRIES {
            let seen = self.read()?;
            let (kdf, key) = self.unlock(seen.as_ref(), ask)?;
            let lock = self.lock()?;
            let now = self.read()?;
            if now.as_ref().map(|file| &file.kdf) != seen.as_ref().map(|file| &file.kdf) {
                drop(lock);
                continue;
            }
            let mut entries = match &now {
                Some(sealed) => self.open(sealed, &key)?,
                None => Entries::new(),
            };
            change(&mut entries);
            self.replace(&format::seal(&kdf, &key, &entries)?)?;
            let kept = self.read()?.and_then(|sealed| sealed.open(&key));
            if !kept.is_some_and(|kept| same(&kept, &entries)) {
                return Err(Error::internal(format!(
                    "`{}` gave back something else than was written",
                    self.path().display()
                )));
            }
            self.keep(kdf, key);
            return Ok(());
        }
        let path = self.path().display();
        Err(Error::unavailable(format!(
            "other processes keep making `{path}` anew"
        )))
    }

    /// The key of the file, or a new one if there is no file.
    fn unlock(&self, sealed: Option<&Sealed>, ask: Option<&Ask>) -> Result<(Kdf, Key)> {
        // Held while someone is asked, so that one question serves all threads.
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some((kdf, key)), Some(sealed)) = (&*known, sealed)
            && *kdf == sealed.kdf
        {
            return Ok((kdf.clone(), key.clone()));
        }
        let path = self.path();
        let source = Source::of(&self.settings, ask).ok_or_else(|| passphrase::missing(path))?;
        let Some(sealed) = sealed else {
            let kdf = Kdf::fresh()?;
            let key = kdf.derive(&source.get(Question::Create, path)?)?;
            return Ok((kdf, key));
        };
        for attempt in 1.. {
            let key = sealed.kdf.derive(&source.get(Question::Open, path)?)?;
            if sealed.open(&key).is_some() {
                *known = Some((sealed.kdf.clone(), key.clone()));
                return Ok((sealed.kdf.clone(), key));
            }
            if attempt == TRIES || !source.may_try_again() {
                break;
            }
        }
        Err(source.wrong(path))
    }

    fn keep(&self, kdf: Kdf, key: Key) {
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = Some((kdf, key));
    }

    fn open(&self, sealed: &Sealed, key: &Key) -> Result<Entries> {
        sealed
            .open(key)
            .ok_or_else(|| self.damaged("its seal is broken"))
    }

    fn read(&self) -> Result<Option<Sealed>> {
        let path = self.path();
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => {
                return Err(
                    Error::internal(format!("`{}` can't be read", path.display())).because(e),
                );
            }
        };
        Sealed::parse(&bytes)
            .map(Some)
            .map_err(|fault| match fault {
                Fault::Damaged(how) => self.damaged(how),
                Fault::Newer(found) => Error::config(format!(
                    "`{}` was written by a newer comms (format {found}; this one knows {})",
                    path.display(),
                    format::VERSION
                ))
                .hint("install the newer comms, or point COMMS_HOME at another folder"),
            })
    }

    fn damaged(&self, how: &'static str) -> Error {
        let path = self.path().display();
        Error::internal(format!("`{path}` is damaged: {how}")).hint(format!(
            "nothing was overwritten; restore it from a backup, or move it away and log in again: \
             mv '{path}' '{path}.damaged'"
        ))
    }

    fn lock(&self) -> Result<File> {
        let path = self.path().with_file_name("secrets.lock");
        let doing = || format!("`{}` can't be locked", path.display());
        if let Some(folder) = path.parent() {
            disk::create_private_folder(folder).with_context(Kind::Internal, doing)?;
        }
        let file = private(&path).with_context(Kind::Internal, doing)?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(e)) => {
                    return Err(e).with_context(Kind::Internal, doing);
                }
                Err(TryLockError::WouldBlock) if began.elapsed() > LOCK_DEADLINE => {
                    return Err(Error::unavailable(format!(
                        "another process holds `{}`",
                        path.display()
                    ))
                    .hint("wait for it, or end it"));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Puts these bytes in the place of the file; it is the old one or the new one at every moment.
    fn replace(&self, bytes: &[u8]) -> Result<()> {
        let target = self.target();
        self.write(&target, bytes).map_err(|e| {
            Error::internal(format!("`{}` was not written", target.display()))
                .hint("the old file is whole; free some space, or mend the rights of its folder")
                .because(e)
        })
    }

    fn write(&self, target: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let folder = target.parent().unwrap_or(Path::new("."));
        // One name, so that what a killed writer left is not left for ever; the lock keeps others away.
        let name = "secrets.new";
        match std::fs::remove_file(folder.join(name)) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut fresh = tempfile::Builder::new()
            .prefix(name)
            .rand_bytes(0)
            .tempfile_in(folder)?;
        fresh.write_all(bytes)?;
        fresh.as_file().sync_all()?;
        fresh.persist(target).map_err(|e| e.error)?;
        // The new name must survive a power cut too.
        disk::sync_folder(folder)
    }

    /// Where a link points to, so that the link stays.
    fn target(&self) -> PathBuf {
        std::fs::canonicalize(self.path()).unwrap_or_else(|_| self.path().to_owned())
    }
}

fn same(a: &Entries, b: &Entries) -> bool {
    let mut pairs = a.iter().zip(b);
    a.len() == b.len()
        && pairs.all(|(a, b)| a.0 == b.0 && a.1.expose_secret() == b.1.expose_secret())
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    disk::open_private(&mut options, path)
}
