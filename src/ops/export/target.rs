//! Where an export goes: a stream, or a file or folder that appears whole or not at all.

use std::fs;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::{NamedTempFile, TempDir};

use crate::channel::maildir;
use crate::error::{Context, Error, Kind, Result};
use crate::format::mbox;
use crate::model::message::{Envelope, Flags};

use super::Form;

pub enum Target<'a> {
    Mbox(Mbox<'a>),
    Maildir(Maildir),
    Jsonl(Sink<'a>),
}

impl<'a> Target<'a> {
    /// To a stream that is already open.
    pub fn stream(form: Form, stream: &'a mut dyn Write) -> Target<'a> {
        let sink = Sink::Stream(stream);
        match form {
            Form::Mbox => Target::Mbox(Mbox(sink)),
            Form::Maildir | Form::Jsonl => Target::Jsonl(sink),
        }
    }

    /// To a path; what is there stays unless `force`.
    pub fn create(form: Form, path: &Path, force: bool) -> Result<Target<'a>> {
        match form {
            Form::Mbox => Sink::file(path, force).map(|sink| Target::Mbox(Mbox(sink))),
            Form::Jsonl => Sink::file(path, force).map(Target::Jsonl),
            Form::Maildir => Maildir::create(path, force).map(Target::Maildir),
        }
    }

    /// Makes what was written visible under its name.
    pub fn finish(self) -> Result<()> {
        match self {
            Target::Mbox(Mbox(sink)) | Target::Jsonl(sink) => sink.finish(),
            Target::Maildir(maildir) => maildir.finish(),
        }
    }
}

/// A stream, or a file under a temporary name.
pub enum Sink<'a> {
    Stream(&'a mut dyn Write),
    File {
        file: BufWriter<NamedTempFile>,
        path: PathBuf,
        force: bool,
    },
}

impl Sink<'_> {
    pub fn file(path: &Path, force: bool) -> Result<Self> {
        if path.is_dir() {
            return Err(Error::usage(format!("`{}` is a folder", path.display()))
                .hint("name a file, or use `--as maildir`"));
        }
        if !force && path.symlink_metadata().is_ok() {
            return Err(exists(path));
        }
        let file = NamedTempFile::new_in(parent(path)).map_err(|e| cannot_make(path, e))?;
        Ok(Sink::File {
            file: BufWriter::with_capacity(1 << 18, file),
            path: path.to_owned(),
            force,
        })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Sink::Stream(stream) => stream.write_all(bytes).or_else(closed_is_fine),
            Sink::File { file, .. } => file.write_all(bytes),
        }
        .context(Kind::Internal, "writing the export")
    }

    /// Makes a file visible under its name.
    pub fn finish(self) -> Result<()> {
        let Sink::File { file, path, force } = self else {
            return Ok(());
        };
        let doing = || format!("writing `{}`", path.display());
        let file = file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .with_context(Kind::Internal, doing)?;
        file.as_file()
            .sync_all()
            .with_context(Kind::Internal, doing)?;
        let placed = if force {
            file.persist(&path)
        } else {
            file.persist_noclobber(&path)
        };
        match placed {
            Ok(_) => Ok(()),
            Err(e) if e.error.kind() == ErrorKind::AlreadyExists => Err(exists(&path)),
            Err(e) => Err(e.error).with_context(Kind::Internal, doing),
        }
    }
}

/// A reader that went away has what it wanted.
fn closed_is_fine(e: std::io::Error) -> std::io::Result<()> {
    if e.kind() == ErrorKind::BrokenPipe {
        Ok(())
    } else {
        Err(e)
    }
}

pub struct Mbox<'a>(Sink<'a>);

impl Mbox<'_> {
    pub fn add(&mut self, envelope: &Envelope, raw: &[u8]) -> Result<()> {
        let sender = envelope.from.first().map_or("", |from| &from.email);
        let mut text = Vec::with_capacity(raw.len() + 128);
        mbox::Writer::new(&mut text)
            .write(sender, envelope.received_at, raw)
            .context(Kind::Internal, "writing the export")?;
        self.0.write(&text)
    }
}

/// A Maildir under a temporary name, or one that is there already.
pub struct Maildir {
    dir: PathBuf,
    /// The folder to rename, and its name in the end.
    fresh: Option<(TempDir, PathBuf)>,
}

impl Maildir {
    fn create(path: &Path, force: bool) -> Result<Maildir> {
        let empty = fs::read_dir(path).is_ok_and(|mut items| items.next().is_none());
        if path.symlink_metadata().is_ok() && !empty {
            if force && maildir::is_maildir(path) {
                return Ok(Maildir {
                    dir: path.to_owned(),
                    fresh: None,
                });
            }
            return Err(if maildir::is_maildir(path) {
                exists(path)
            } else {
                Error::usage(format!("`{}` exists and is no Maildir", path.display()))
                    .hint("name a folder that is not there yet")
            });
        }
        let temporary = TempDir::new_in(parent(path)).map_err(|e| cannot_make(path, e))?;
        let dir = temporary.path().join("mail");
        maildir::create_folder(&dir, "INBOX")?;
        Ok(Maildir {
            dir,
            fresh: Some((temporary, path.to_owned())),
        })
    }

    pub fn add(&mut self, received_at: Timestamp, flags: Flags, raw: &[u8]) -> Result<()> {
        maildir::put(&self.dir, raw, flags, received_at).map(drop)
    }

    fn finish(self) -> Result<()> {
        let Some((_temporary, path)) = &self.fresh else {
            return Ok(());
        };
        // Renaming replaces an empty folder, and fails on one that was filled meanwhile.
        fs::rename(&self.dir, path)
            .with_context(Kind::Internal, || format!("writing `{}`", path.display()))
    }
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// The folder is missing or closed; the temporary file's own name says nothing to anyone.
fn cannot_make(path: &Path, error: std::io::Error) -> Error {
    let why = std::io::Error::from(error.kind());
    Error::usage(format!("`{}` can't be created", path.display()))
        .hint("make its folder first, or name another place")
        .because(why)
}

fn exists(path: &Path) -> Error {
    Error::usage(format!("`{}` is there already", path.display()))
        .hint("add `--force` to replace it, or choose another name")
}
