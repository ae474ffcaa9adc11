//! Writing config.toml: one writer at a time, and never a file that would not load, is half written or gone.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use toml_edit::Value;

use crate::disk;
use crate::error::{Context, Error, Kind, Result};
use crate::model::account::Account;

use super::edit::{self, Document};
use super::file::Source;
use super::{Config, accounts};

/// How long one writer waits for another.
const PATIENCE: Duration = Duration::from_secs(10);

/// The config file, locked and open for a change.
pub struct Editor<'c> {
    config: &'c Config,
    /// The file itself, behind all links.
    path: PathBuf,
    /// What it held; `None` if there is none yet.
    before: Option<String>,
    pub document: Document,
    lock: File,
}

/// A change that is on disk beside the file and only has to take its place.
pub struct Ready {
    /// What will hold.
    pub config: Config,
    source: Source,
    path: PathBuf,
    before: Option<String>,
    file: tempfile::NamedTempFile,
    _lock: File,
}

impl Config {
    /// Locks the config file and reads it again, for a change.
    pub fn edit(&self) -> Result<Editor<'_>> {
        let lock = lock(&self.data_dir)?;
        let path = behind_links(&self.config_file)?;
        let source = Source::read(&path)?;
        let before = source.as_ref().map(|source| source.text.clone());
        let source = source.unwrap_or_else(|| Source {
            path: path.clone(),
            text: String::new(),
        });
        // What does not load can't be changed either; its fault is told with its place.
        self.with_text(&source.text)?;
        Ok(Editor {
            config: self,
            document: Document::parse(&source)?,
            path,
            before,
            lock,
        })
    }

    /// The account that these settings would make; an error speaks of the setting, not of a place in a file.
    pub fn draft(&self, name: &str, keys: &[(&str, Value)]) -> Result<Account> {
        let source = Source {
            path: self.config_file.clone(),
            text: edit::table(name, keys),
        };
        let told = |mut e: Error| {
            let place = format!("{}:", source.path.display());
            if let Some(rest) = e.message.strip_prefix(&place) {
                let words = rest.splitn(3, ':').nth(2).unwrap_or(rest);
                e.message = words.trim_start().to_owned();
            }
            e.kind = Kind::Usage;
            e
        };
        let file = source.parse().map_err(told)?;
        let raw = file
            .accounts
            .first()
            .ok_or_else(|| Error::internal("an account without a table"))?;
        accounts::resolve(raw, &source, &self.inputs.env, &self.data_dir).map_err(told)
    }
}

impl Editor<'_> {
    /// Proves that the changed text loads and writes it beside the file.
    pub fn prepare(self) -> Result<Ready> {
        let text = self.document.text();
        let config = self.config.with_text(&text).map_err(|e| {
            Error::internal("the changed config would not load; nothing was written").because(e)
        })?;
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        make_folder(folder)?;
        let file =
            write_beside(&self.path, folder, &text).map_err(|e| not_written(&self.path, e))?;
        Ok(Ready {
            config,
            source: Source {
                path: self.config.config_file.clone(),
                text,
            },
            path: self.path,
            before: self.before,
            file,
            _lock: self.lock,
        })
    }
}

impl Ready {
    /// The line of an account's table; counts from 1.
    pub fn line(&self, account: &str) -> Option<usize> {
        let file = self.source.parse().ok()?;
        let raw = file.accounts.iter().find(|a| a.name.value == account)?;
        Some(raw.name.line)
    }

    /// Puts the changed file in the place of the old one; gives what holds now.
    pub fn commit(self) -> Result<Config> {
        // An editor knows nothing of our lock.
        let now = Source::read(&self.path)?.map(|source| source.text);
        if now != self.before {
            return Err(Error::unavailable(format!(
                "`{}` was changed by someone else at the same time; nothing was written",
                self.path.display()
            ))
            .hint("repeat the command"));
        }
        let path = self.path;
        self.file
            .persist(&path)
            .map_err(|e| not_written(&path, e.error))?;
        if let Some(folder) = path.parent() {
            // Not every file system can; the file itself is on disk.
            let _ = disk::sync_folder(folder);
        }
        Ok(self.config)
    }
}

fn not_written(path: &Path, e: std::io::Error) -> Error {
    let words = match e.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "the disk is full: the config was not changed"
        }
        _ => "the config was not changed",
    };
    Error::internal(words)
        .hint(format!(
            "`{}` and its folder must be writable",
            path.display()
        ))
        .because(e)
}

/// A finished file beside the old one, with its permissions and owner.
pub(super) fn write_beside(
    path: &Path,
    folder: &Path,
    text: &str,
) -> std::io::Result<tempfile::NamedTempFile> {
    // 0600 from the start.
    let mut file = tempfile::Builder::new()
        .prefix(".config.")
        .suffix(".new")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, fchown};
            let own = file.as_file().metadata()?;
            if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
                // Only root may; who can't has at least kept the text.
                let _ = fchown(file.as_file(), Some(old.uid()), Some(old.gid()));
            }
        }
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// The file that a path means, so that a link to it stays a link.
pub(super) fn behind_links(path: &Path) -> Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..40 {
        let Ok(to) = fs::read_link(&path) else {
            return Ok(path);
        };
        path = path.parent().unwrap_or(Path::new("/")).join(to);
    }
    Err(Error::config(format!(
        "`{}` is a link that leads in a circle",
        path.display()
    )))
}

pub(super) fn make_folder(folder: &Path) -> Result<()> {
    disk::create_private_folder(folder).with_context(Kind::Internal, || {
        format!("creating `{}`", folder.display())
    })
}

/// Held by the one who writes; the system lets go of it when the process dies.
pub(super) fn lock(data_dir: &Path) -> Result<File> {
    let folder = data_dir.join("locks");
    make_folder(&folder)?;
    let path = folder.join("+config.lock");
    let doing = || format!("locking `{}`", path.display());
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(Kind::Internal, doing)?;
    let end = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(
                    Error::unavailable("another comms is changing the config").hint("repeat")
                );
            }
            Err(TryLockError::Error(e)) => return Err(e).with_context(Kind::Internal, doing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::flags::{Environment, GlobalFlags};

    fn config(home: &Path) -> Config {
        let env = Environment::of([("COMMS_HOME", home.to_str().unwrap())]);
        Config::resolve(&GlobalFlags::default(), &env).unwrap()
    }

    fn add(config: &Config, name: &str) -> Result<Config> {
        let mut editor = config.edit()?;
        let keys = [("channel", "maildir".into()), ("path", "/srv/mail".into())];
        editor.document.add_account(name, &keys);
        editor.prepare()?.commit()
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_private_and_an_old_one_keeps_its_permissions() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("a/b");
        let file = home.join("config.toml");
        add(&config(&home), "one").unwrap();
        assert_eq!((mode(&file), mode(&home)), (0o600, 0o700));
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        let config = add(&config(&home), "two").unwrap();
        assert_eq!(mode(&file), 0o640);
        assert_eq!(config.accounts.len(), 3);
        let left: Vec<_> = fs::read_dir(&home).unwrap().flatten().collect();
        assert_eq!(left.len(), 2, "only the file and the locks: {left:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (home, dotfiles) = (dir.path().join("home"), dir.path().join("dotfiles"));
        fs::create_dir(&home).unwrap();
        fs::create_dir(&dotfiles).unwrap();
        let link = home.join("config.toml");
        std::os::unix::fs::symlink("../dotfiles/comms.toml", &link).unwrap();
        for name in ["one", "two"] {
            add(&config(&home), name).unwrap();
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let text = fs::read_to_string(dotfiles.join("comms.toml")).unwrap();
        assert!(text.contains("[accounts.one]") && text.contains("[accounts.two]"));
    }

    #[test]
    fn what_would_not_load_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        let mut editor = config.edit().unwrap();
        let keys = [("channel", Value::from("pigeon"))];
        editor.document.add_account("work", &keys);
        let error = editor.prepare().err().unwrap();
        assert_eq!(error.kind, Kind::Internal);
        assert!(!dir.path().join("config.toml").exists());
    }

    #[test]
    fn a_file_that_was_changed_meanwhile_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        let mut editor = config.edit().unwrap();
        editor.document.set_default("email", Some("local"));
        let ready = editor.prepare().unwrap();
        fs::write(dir.path().join("config.toml"), "# mine\n").unwrap();
        let error = ready.commit().unwrap_err();
        assert_eq!(error.kind, Kind::Unavailable);
        let text = fs::read_to_string(dir.path().join("config.toml")).unwrap();
        assert_eq!(text, "# mine\n");
    }

    #[test]
    fn a_draft_is_judged_by_its_settings() {
        let dir = tempfile::tempdir().unwrap();
        let keys = [
            ("channel", "imap".into()),
            ("address", "ada@example.com".into()),
            ("imap", "a:b:c".into()),
        ];
        let error = config(dir.path()).draft("work", &keys).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert_eq!(error.message, "`a:b:c` is not a server");
    }
}
