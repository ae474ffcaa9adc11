//! Files that go along with a message.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::compose::{self, File};
use crate::format::{clean, mime, payload};
use crate::model::message::Parsed;
use crate::ops::App;

use super::report::AttachmentReport;

/// All files of a message together; beyond this nobody takes it, and the store could not either.
const MOST_BYTES: u64 = 500 * 1024 * 1024;

/// Something to attach.
#[derive(Clone, Debug)]
pub enum Attach {
    Path(PathBuf),
    /// A program gave it with the request.
    Given(Arc<File>),
}

impl Attach {
    /// The name it goes under.
    pub fn name(&self) -> String {
        match self {
            Attach::Path(path) => path.file_name().map_or(String::from("attachment"), |n| {
                n.to_string_lossy().into_owned()
            }),
            Attach::Given(file) => file.name.clone(),
        }
    }

    /// A file that a program gave; without a type, its name and bytes tell.
    ///
    /// # Errors
    /// `usage` for a name that is none of a file, and for a type that can't stand in a header or is not for files.
    pub fn given(name: &str, (media_type, bytes): (Option<&str>, Vec<u8>)) -> Result<Attach> {
        compose::refuse_controls("file name", name)?;
        if name.trim().is_empty() || name.contains(['/', '\\']) || [".", ".."].contains(&name) {
            return Err(
                Error::usage(format!("`{}` is not the name of a file", clean::line(name)))
                    .hint("give the name alone, like `report.pdf`"),
            );
        }
        let media_type = match media_type {
            None => compose::media_type(name, &bytes),
            Some(stated) if is_ours(stated) || sound_type(stated, name, &bytes) != stated => {
                return Err(Error::usage(format!(
                    "`{}` is not a type that a file may go under",
                    clean::line(stated)
                ))
                .hint("write it like `application/pdf`, or leave it out"));
            }
            Some(stated) => stated.to_owned(),
        };
        Ok(Attach::Given(Arc::new(File {
            name: name.to_owned(),
            media_type,
            parameters: Vec::new(),
            bytes,
            content_id: None,
        })))
    }
}

/// Whether a type is the one of our own part, in whatever case.
fn is_ours(media_type: &str) -> bool {
    media_type.eq_ignore_ascii_case(payload::MEDIA_TYPE)
}

/// What came with a stranger's message and goes on with ours: nothing of it may pass for our own part, which would be
/// sent as it orders and not be listed.
pub fn sent_on(raw: &[u8], message: &Parsed) -> Vec<File> {
    let mut files = files_of(raw, message);
    for file in files.iter_mut().filter(|file| is_ours(&file.media_type)) {
        file.media_type = "application/octet-stream".to_owned();
    }
    files
}

/// All attachments and inline images of a message, byte for byte.
pub fn files_of(raw: &[u8], message: &Parsed) -> Vec<File> {
    let parameters = mime::attachment_parameters(raw);
    let all = mime::attachments_of(raw).zip(parameters);
    all.take(message.attachments.len())
        .map(|((a, bytes), parameters)| {
            let bytes = match a.media_type.as_str() {
                "message/rfc822" => in_mail_lines(bytes),
                _ => bytes,
            };
            let media_type = sound_type(&a.media_type, &a.name, &bytes);
            File {
                parameters: match media_type.starts_with("text/") {
                    true => parameters,
                    false => Vec::new(),
                },
                media_type,
                name: a.name,
                bytes,
                content_id: a.content_id.filter(|id| {
                    a.inline
                        && !id.is_empty()
                        && id
                            .bytes()
                            .all(|b| b.is_ascii_graphic() && !b"<>".contains(&b))
                }),
            }
        })
        .collect()
}

/// A message within a message, whose lines ended otherwise only where it was kept (RFC 2045 §2.1).
fn in_mail_lines(bytes: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}

/// A stranger's media type if it can stand in our header, and needs no encoding we may not use.
fn sound_type(stated: &str, name: &str, bytes: &[u8]) -> String {
    let token = |t: &str| {
        !t.is_empty()
            && t.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b))
    };
    let sound = stated
        .split_once('/')
        .is_some_and(|(a, b)| token(a) && token(b));
    if sound && !stated.starts_with("multipart/") && !stated.starts_with("message/") {
        return stated.to_owned();
    }
    if stated == "message/rfc822" {
        return compose::media_type("message.eml", bytes);
    }
    compose::media_type(name, bytes)
}

/// Reads what is to be attached.
pub fn read_files(app: &App, attached: &[Attach]) -> Result<Vec<File>> {
    let mut total = 0;
    let mut files = Vec::new();
    for one in attached {
        (app.progress)(&crate::ops::Progress {
            stage: "reading attachments".to_owned(),
            done: files.len() as u64,
            total: Some(attached.len() as u64),
        });
        files.push(match one {
            Attach::Path(path) => read_file(path, &mut total)?,
            Attach::Given(file) => {
                total += file.bytes.len() as u64;
                refuse_more(total)?;
                File::clone(file)
            }
        });
    }
    Ok(files)
}

fn read_file(path: &Path, total: &mut u64) -> Result<File> {
    let shown = clean::line(&path.display().to_string());
    let unreadable = |e: std::io::Error| {
        let error = Error::usage(format!("`{shown}` can't be attached"));
        match e.kind() {
            std::io::ErrorKind::NotFound => Error::usage(format!("there is no file `{shown}`"))
                .hint("give the path as seen from this folder, or from the root"),
            _ => error.because(e),
        }
    };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return Err(Error::usage(format!("`{shown}` is a folder, not a file"))
            .hint("attach its files, or pack it first"));
    }
    // A pipe or a device may never end.
    if !meta.is_file() {
        return Err(Error::usage(format!("`{shown}` is not a regular file"))
            .hint("write it to a file first, and attach that"));
    }
    *total += meta.len();
    refuse_more(*total)?;
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let name = path.file_name().map_or(String::from("attachment"), |n| {
        n.to_string_lossy().into_owned()
    });
    compose::refuse_controls("file name", &name)?;
    Ok(File {
        media_type: compose::media_type(&name, &bytes),
        parameters: Vec::new(),
        name,
        bytes,
        content_id: None,
    })
}

fn refuse_more(total: u64) -> Result<()> {
    if total <= MOST_BYTES {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the attachments have more than {} MB",
        MOST_BYTES / 1024 / 1024
    ))
    .hint("no mail server takes so much: send a link"))
}

/// What is attached, as the outbox keeps it.
pub fn attached(files: &[File]) -> String {
    let attached: Vec<_> = files
        .iter()
        .filter(|f| f.media_type != payload::MEDIA_TYPE)
        .map(|f| AttachmentReport {
            name: f.name.clone(),
            media_type: f.media_type.clone(),
            size_bytes: f.bytes.len() as u64,
        })
        .collect();
    serde_json::to_string(&attached).expect("names and numbers always serialise")
}
