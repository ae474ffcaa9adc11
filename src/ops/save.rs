//! Saving attachments and whole messages: byte for byte, under safe names, over nothing that is there.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::format::chat::{self, Source};
use crate::format::document::Document;
use crate::format::{clean, mime, slack, twilio};
use crate::model::account::ChannelKind;
use crate::model::id::MessageId;
use crate::model::message::Attachment;

use super::{App, access, token, whatsapp};

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

/// A file that was read; its name is safe.
pub struct File {
    number: Option<usize>,
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Writes the files, or none if one of them is there already.
pub async fn save(app: &App, request: &SaveRequest) -> Result<SaveReport> {
    let message = Message::open(app, request.id)?;
    let mut files = match request.wanted {
        Wanted::All => message.all().await?,
        Wanted::Attachment(number) => vec![message.attachment(number).await?],
        Wanted::Raw => vec![message.itself()],
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

/// One thing, for whoever takes no more.
pub async fn file(app: &App, id: MessageId, wanted: Wanted) -> Result<File> {
    let message = Message::open(app, id)?;
    match wanted {
        Wanted::Raw => Ok(message.itself()),
        Wanted::Attachment(number) => message.attachment(number).await,
        Wanted::All => match message.document.parsed().attachments.len() {
            0 | 1 => message.attachment(1).await,
            count => Err(Error::usage(format!(
                "message `{id}` has {count} attachments; stdout takes one"
            ))
            .hint(format!(
                "name it, as in `comms inbox save {id} --attachment 1 --to -`"
            ))),
        },
    }
}

/// A message of which something is saved.
struct Message<'a> {
    app: &'a App,
    id: MessageId,
    document: Document,
}

impl<'a> Message<'a> {
    fn open(app: &'a App, id: MessageId) -> Result<Message<'a>> {
        Ok(Message {
            app,
            id,
            document: app.store.document(id)?,
        })
    }

    async fn all(&self) -> Result<Vec<File>> {
        let found = self.document.parsed().attachments;
        if found.is_empty() {
            return Err(none(self.id));
        }
        if self.document.channel.is_mail() {
            let files = mime::attachments_of(&self.document.raw);
            return Ok(files.map(|(found, bytes)| file_of(&found, bytes)).collect());
        }
        let mut files = Vec::with_capacity(found.len());
        for a in &found {
            files.push(self.attachment(a.number).await?);
        }
        Ok(files)
    }

    async fn attachment(&self, number: usize) -> Result<File> {
        let id = self.id;
        let known = self.document.parsed().attachments;
        let Some(found) = known.iter().find(|a| a.number == number) else {
            return Err(match known.len() {
                0 => none(id),
                count => Error::not_found(format!(
                    "message `{id}` has no attachment {number}; it has {count}"
                ))
                .hint(format!("run `comms inbox show {id}` to see them")),
            });
        };
        let bytes = match mime::attachment(&self.document.raw, number) {
            Some((_, bytes)) if self.document.channel.is_mail() => bytes,
            _ => self.fetched(number).await?,
        };
        Ok(file_of(found, bytes))
    }

    /// The bytes of an attachment that stayed at its provider.
    async fn fetched(&self, number: usize) -> Result<Vec<u8>> {
        let (app, id) = (self.app, self.id);
        if self.document.channel == ChannelKind::Twilio {
            return self.medium(number).await;
        }
        if self.document.channel == ChannelKind::Slack {
            return self.fetched_from_slack(number).await;
        }
        if self.document.channel == ChannelKind::Whatsapp {
            return whatsapp::acts::attachment(app, id, &self.document.raw).await;
        }
        match chat::attachment_source(&self.document.raw, number) {
            Some(Source::Media(resource)) => {
                let account = app.config.account(&app.store.location(id)?.account)?;
                let client = access::google_chat(app, account).await?;
                let fetched = client.download(&resource).await;
                fetched.map_err(|e| token::explained(app, account, e))
            }
            Some(Source::Drive(file)) => Err(Error::refused(format!(
                "attachment {number} of `{id}` is a file in Google Drive"
            ))
            .hint(format!(
                "open https://drive.google.com/open?id={}",
                clean::line(&file)
            ))),
            None => Err(Error::not_found(format!(
                "attachment {number} of `{id}` does not say where its bytes are"
            ))),
        }
    }

    /// The bytes of a medium that Twilio has.
    async fn medium(&self, number: usize) -> Result<Vec<u8>> {
        let (app, id) = (self.app, self.id);
        let account = app.config.account(&app.store.location(id)?.account)?;
        let (message, medium) =
            twilio::attachment_source(&self.document.raw, number).ok_or_else(|| {
                Error::not_found(format!(
                    "attachment {number} of `{id}` does not say where its bytes are"
                ))
            })?;
        let client = access::twilio(app, account).await?;
        let fetched = async {
            let medium = match medium {
                Some(medium) => medium,
                None => client.medium(&message, number).await?,
            };
            client.download((&message, &medium)).await
        };
        fetched.await.map_err(|e| token::explained(app, account, e))
    }

    /// The bytes of a file that Slack has.
    async fn fetched_from_slack(&self, number: usize) -> Result<Vec<u8>> {
        let (app, id) = (self.app, self.id);
        match slack::attachment_source(&self.document.raw, number) {
            Some(slack::Source::Slack(url)) => {
                let account = app.config.account(&app.store.location(id)?.account)?;
                let client = access::slack(app, account).await?;
                let fetched = client.download(&url).await;
                fetched.map_err(|e| token::explained(app, account, e))
            }
            Some(slack::Source::Elsewhere(url)) => Err(Error::refused(format!(
                "attachment {number} of `{id}` is not at Slack"
            ))
            .hint(format!("open {}", clean::line(&url)))),
            Some(slack::Source::Gone) => Err(Error::not_found(format!(
                "attachment {number} of `{id}` was deleted at Slack, or is hidden there"
            ))),
            None => Err(Error::not_found(format!(
                "attachment {number} of `{id}` does not say where its bytes are"
            ))),
        }
    }

    fn itself(&self) -> File {
        let subject = clean::line(&self.document.parsed().subject);
        let end = self.document.extension();
        let name = match subject.trim() {
            "" => format!("{}.{end}", self.id),
            subject => format!("{subject}.{end}"),
        };
        File {
            number: None,
            name: clean::file_name(&name),
            media_type: self.document.media_type().to_owned(),
            bytes: self.document.raw.clone(),
        }
    }
}

fn file_of(found: &Attachment, bytes: Vec<u8>) -> File {
    File {
        number: Some(found.number),
        name: found.name.clone(),
        media_type: found.media_type.clone(),
        bytes,
    }
}

fn none(id: MessageId) -> Error {
    Error::not_found(format!("message `{id}` has no attachments")).hint(format!(
        "save the message itself with `comms inbox save {id} --raw --to .`"
    ))
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
