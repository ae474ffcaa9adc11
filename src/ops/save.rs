//! Saving attachments and whole messages: byte for byte, under safe names, over nothing that is there.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::format::{clean, mime};
use crate::model::id::MessageId;
use crate::model::message::Attachment;

use super::App;

/// What of a message is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All attachments.
    All,
    /// The attachment with this number, from 1.
    Attachment(usize),
    /// The message itself.
    Raw,
}

/// What to save, and where.
#[derive(Clone, Debug)]
pub struct SaveRequest {
    pub id: MessageId,
    pub wanted: Wanted,
    /// An existing folder.
    pub to: PathBuf,
    /// Replace files that are there.
    pub force: bool,
}

/// What was saved. Names and contents were chosen by someone else.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SaveReport {
    pub message: MessageId,
    pub untrusted: bool,
    pub saved: Vec<Saved>,
}

/// One file that was written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Saved {
    /// Number of the attachment; null for the message itself.
    pub number: Option<usize>,
    pub path: String,
    pub media_type: String,
    pub size_bytes: u64,
}

struct File {
    number: Option<usize>,
    name: String,
    media_type: String,
    bytes: Vec<u8>,
}

/// Writes the files, or none if one of them is there already.
pub fn save(app: &App, request: &SaveRequest) -> Result<SaveReport> {
    let raw = app.store.raw(request.id)?;
    let mut files = match request.wanted {
        Wanted::All => all(&raw, request.id)?,
        Wanted::Attachment(number) => vec![attachment(&raw, request.id, number)?],
        Wanted::Raw => vec![message(&raw, request.id)],
    };
    tell_apart(&mut files);
    let folder = &request.to;
    if !folder.is_dir() {
        let shown = clean::line(&folder.display().to_string());
        return Err(Error::usage(format!("`{shown}` is not a folder"))
            .hint("create it with `mkdir -p`, or give another folder to `--to`"));
    }
    if !request.force {
        let taken = files
            .iter()
            .find(|f| folder.join(&f.name).symlink_metadata().is_ok());
        if let Some(file) = taken {
            return Err(exists(&folder.join(&file.name)));
        }
    }
    let mut saved = Vec::new();
    for file in files {
        let path = folder.join(&file.name);
        write(&path, &file.bytes, request.force)?;
        saved.push(Saved {
            number: file.number,
            path: path.display().to_string(),
            media_type: file.media_type,
            size_bytes: file.bytes.len() as u64,
        });
    }
    Ok(SaveReport {
        message: request.id,
        untrusted: true,
        saved,
    })
}

/// The bytes of one thing, for stdout.
pub fn bytes(app: &App, id: MessageId, wanted: Wanted) -> Result<Vec<u8>> {
    let raw = app.store.raw(id)?;
    match wanted {
        Wanted::Raw => Ok(raw),
        Wanted::Attachment(number) => Ok(attachment(&raw, id, number)?.bytes),
        Wanted::All => match mime::parse(&raw).attachments.len() {
            0 | 1 => Ok(attachment(&raw, id, 1)?.bytes),
            count => Err(Error::usage(format!(
                "message `{id}` has {count} attachments; stdout takes one"
            ))
            .hint(format!(
                "name it, as in `comms inbox save {id} --attachment 1 --to -`"
            ))),
        },
    }
}

fn all(raw: &[u8], id: MessageId) -> Result<Vec<File>> {
    let found = mime::parse(raw).attachments;
    if found.is_empty() {
        return Err(none(id));
    }
    found
        .iter()
        .map(|a| attachment(raw, id, a.number))
        .collect()
}

fn attachment(raw: &[u8], id: MessageId, number: usize) -> Result<File> {
    let Some((found, bytes)) = mime::attachment(raw, number) else {
        let known = mime::parse(raw).attachments;
        return Err(match known.len() {
            0 => none(id),
            count => Error::not_found(format!(
                "message `{id}` has no attachment {number}; it has {count}"
            ))
            .hint(format!("run `comms inbox show {id}` to see them")),
        });
    };
    let Attachment {
        name, media_type, ..
    } = found;
    Ok(File {
        number: Some(number),
        name,
        media_type,
        bytes,
    })
}

fn none(id: MessageId) -> Error {
    Error::not_found(format!("message `{id}` has no attachments")).hint(format!(
        "save the message itself with `comms inbox save {id} --raw --to .`"
    ))
}

fn message(raw: &[u8], id: MessageId) -> File {
    let subject = clean::line(&mime::parse(raw).subject);
    let name = match subject.trim() {
        "" => format!("{id}.eml"),
        subject => format!("{subject}.eml"),
    };
    File {
        number: None,
        name: clean::file_name(&name),
        media_type: "message/rfc822".to_owned(),
        bytes: raw.to_vec(),
    }
}

/// Two attachments of one name, in the eyes of file systems that ignore case, get their number into it.
fn tell_apart(files: &mut [File]) {
    let mut taken = HashSet::new();
    for file in files {
        let mut name = file.name.clone();
        let mut mark = file.number.unwrap_or(1);
        while !taken.insert(name.to_lowercase()) {
            let (stem, extension) = match file.name.rfind('.') {
                Some(dot) if dot > 0 => file.name.split_at(dot),
                _ => (file.name.as_str(), ""),
            };
            name = format!("{stem}-{mark}{extension}");
            mark += 1;
        }
        file.name = name;
    }
}

fn write(path: &Path, bytes: &[u8], force: bool) -> Result<()> {
    let written = match force {
        true => replace(path, bytes),
        false => create(path, bytes),
    };
    written.map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => {
            let shown = clean::line(&path.display().to_string());
            Error::new(Kind::Internal, format!("writing `{shown}`")).because(e)
        }
    })
}

/// A file that must be new; a link that stands there is not followed.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes).inspect_err(|_| {
        // Half a file must not look like the whole.
        let _ = fs::remove_file(path);
    })
}

/// Takes the place of what is there in one step.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".comms-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

fn exists(path: &Path) -> Error {
    let shown = clean::line(&path.display().to_string());
    Error::usage(format!("`{shown}` is there already; nothing was saved"))
        .hint("give another folder to `--to`, or replace it with `--force`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_are_told_apart() {
        let file = |number, name: &str| File {
            number: Some(number),
            name: name.to_owned(),
            media_type: String::new(),
            bytes: Vec::new(),
        };
        let mut files = [
            file(1, "a.txt"),
            file(2, "A.txt"),
            file(3, "a.txt"),
            file(4, "A-2.txt"),
            file(5, "b"),
        ];
        tell_apart(&mut files);
        let names: Vec<_> = files.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["a.txt", "A-2.txt", "a-3.txt", "A-2-4.txt", "b"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_neither_followed_nor_filled() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert_eq!(write(&link, b"x", false).unwrap_err().kind, Kind::Usage);
        assert!(!target.exists());
        write(&link, b"x", true).unwrap();
        assert!(!target.exists() && fs::read(&link).unwrap() == b"x");
    }
}
