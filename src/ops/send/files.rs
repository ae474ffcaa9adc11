//! Files that go along with a message.

use std::path::Path;

use crate::error::{Error, Result};
use crate::format::compose::{self, File};
use crate::format::{clean, mime, payload};
use crate::model::message::Parsed;
use crate::ops::App;

use super::report::AttachmentReport;

/// All files of a message together; beyond this nobody takes it, and the store could not either.
const MOST_BYTES: u64 = 500 * 1024 * 1024;

/// All attachments and inline images of a message, byte for byte.
pub fn files_of(raw: &[u8], message: &Parsed) -> Vec<File> {
    let attached = message.attachments.iter();
    attached
        .filter_map(|a| mime::attachment(raw, a.number))
        .map(|(a, bytes)| File {
            media_type: sound_type(&a.media_type, &a.name, &bytes),
            name: a.name,
            bytes,
            content_id: a.content_id.filter(|id| {
                a.inline
                    && !id.is_empty()
                    && id
                        .bytes()
                        .all(|b| b.is_ascii_graphic() && !b"<>".contains(&b))
            }),
        })
        .collect()
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
pub fn read_files(app: &App, paths: &[std::path::PathBuf]) -> Result<Vec<File>> {
    let mut total = 0;
    let mut files = Vec::new();
    for path in paths {
        (app.progress)(&crate::ops::Progress {
            stage: "reading attachments".to_owned(),
            done: files.len() as u64,
            total: Some(paths.len() as u64),
        });
        files.push(read_file(path, &mut total)?);
    }
    Ok(files)
}

fn read_file(path: &Path, total: &mut u64) -> Result<File> {
    let shown = clean::line(&path.display().to_string());
    let unreadable = |e: std::io::Error| {
        let error = Error::usage(format!("`{shown}` can't be attached"));
        match e.kind() {
            std::io::ErrorKind::NotFound => Error::usage(format!("there is no file `{shown}`")),
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
    if *total > MOST_BYTES {
        return Err(Error::usage(format!(
            "the attachments have more than {} MB",
            MOST_BYTES / 1024 / 1024
        ))
        .hint("no mail server takes so much: send a link"));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let name = path.file_name().map_or(String::from("attachment"), |n| {
        n.to_string_lossy().into_owned()
    });
    compose::refuse_controls("file name", &name)?;
    Ok(File {
        media_type: compose::media_type(&name, &bytes),
        name,
        bytes,
        content_id: None,
    })
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
