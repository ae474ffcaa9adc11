//! What lies at a path: a Maildir tree, an mbox file, a message, or folders of these.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::channel::maildir;
use crate::error::{Error, Kind, Result};
use crate::model::message::Role;
use crate::rules::folder;

use super::ImportRequest;

/// What kind of mail a unit holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The directory that holds `cur` and `new`.
    Maildir,
    Mbox,
    /// Files with one message each.
    Eml(Vec<PathBuf>),
}

impl Shape {
    pub fn name(&self) -> &'static str {
        match self {
            Shape::Maildir => "maildir",
            Shape::Mbox => "mbox",
            Shape::Eml(_) => "eml",
        }
    }
}

/// One place that mail is read from, and the folder it goes to.
#[derive(Clone, Debug)]
pub struct Unit {
    pub path: PathBuf,
    pub shape: Shape,
    pub folder: String,
    pub role: Role,
}

/// What was found at one path of the request.
#[derive(Debug, Default)]
pub struct Found {
    pub units: Vec<Unit>,
    /// Folders and files that could not be looked into.
    pub faults: Vec<(PathBuf, String)>,
    /// Files that are no mail.
    pub skipped: u64,
}

/// Finds the mail at a path.
pub fn find(path: &Path, request: &ImportRequest) -> Result<Found> {
    if path == Path::new("-") {
        return Err(
            Error::usage("mail on stdin can't be imported: it is read more than once")
                .hint("write it to a file first, and import that"),
        );
    }
    // Relative paths name the same source from everywhere, and `.` has a name.
    let path = path.canonicalize().map_err(|e| {
        let kind = match e.kind() {
            io::ErrorKind::NotFound => Kind::Usage,
            _ => Kind::Internal,
        };
        Error::new(kind, format!("`{}` can't be read", path.display()))
            .hint("give the path of a Maildir, an mbox file, an .eml file or a folder of them")
            .because(e)
    })?;
    if path.is_dir() {
        return directory(&path, request);
    }
    file(&path, request)
}

/// The folder for a path, without what is below it.
fn base_folder(path: &Path, request: &ImportRequest) -> String {
    if let Some(folder) = &request.folder {
        return folder.trim_matches('/').to_owned();
    }
    let own = || {
        let name = if path.is_dir() {
            path.file_name()
        } else {
            path.file_stem()
        };
        name.unwrap_or_default().to_string_lossy().into_owned()
    };
    let name = request.name.clone().unwrap_or_else(own);
    let name = name.trim_matches(['/', '.', ' ']);
    format!("imported/{}", if name.is_empty() { "mail" } else { name })
}

fn file(path: &Path, request: &ImportRequest) -> Result<Found> {
    let folder = base_folder(path, request);
    // It is read more than once, and a pipe would be waited for without an end.
    if !path.is_file() {
        return Err(
            Error::usage(format!("`{}` is not a regular file", path.display()))
                .hint("write it to a file first, and import that"),
        );
    }
    let shape = match sniff(path).map_err(|e| {
        Error::internal(format!("`{}` can't be read", path.display()))
            .hint("check the rights of the file")
            .because(e)
    })? {
        // A mailbox that holds nothing is one all the same.
        Sniffed::Mbox | Sniffed::Empty => Shape::Mbox,
        Sniffed::Message => Shape::Eml(vec![path.to_owned()]),
        Sniffed::Packed(program) => {
            return Err(
                Error::usage(format!("`{}` is compressed", path.display())).hint(format!(
                    "unpack it first with `{program}`, then import the file it makes"
                )),
            );
        }
        Sniffed::Contacts => {
            return Err(
                Error::usage(format!("`{}` holds contacts, not mail", path.display()))
                    .hint(format!("run `comms contacts import '{}'`", path.display())),
            );
        }
        Sniffed::Other => {
            return Err(Error::usage(format!(
                "`{}` is neither a Maildir, an mbox file nor a message",
                path.display()
            ))
            .hint("an mbox file begins with `From `, a message with its headers"));
        }
    };
    // A file called `Sent` holds what was sent; one called `Archive` is still to be seen in the inbox.
    let role = match folder::role(stem(path).trim()) {
        role @ (Role::Sent | Role::Drafts | Role::Trash | Role::Junk) if shape == Shape::Mbox => {
            role
        }
        _ => Role::Other,
    };
    let unit = Unit {
        path: path.to_owned(),
        shape,
        folder,
        role,
    };
    Ok(Found {
        units: vec![unit],
        ..Found::default()
    })
}

fn directory(path: &Path, request: &ImportRequest) -> Result<Found> {
    let part = path.file_name().unwrap_or_default();
    if (part == "cur" || part == "new")
        && let Some(parent) = path.parent().filter(|p| maildir::is_maildir(p))
    {
        return Err(Error::usage(format!(
            "`{}` is a part of the Maildir `{}`",
            path.display(),
            parent.display()
        ))
        .hint("import the Maildir as a whole"));
    }
    let base = base_folder(path, request);
    let tree = maildir::folders(path)?;
    let mut found = Found {
        faults: tree.faults.into_iter().map(|f| (f.path, f.words)).collect(),
        ..Found::default()
    };
    for folder in tree.folders {
        // A nested tree has its inbox in a folder; both kinds end in the base folder.
        let sub = (folder.path != "INBOX").then_some(folder.path.as_str());
        found.units.push(Unit {
            folder: join(&base, sub.unwrap_or_default()),
            role: match sub.map_or(Role::Other, folder::role) {
                Role::Inbox => Role::Other,
                role => role,
            },
            path: folder.dir,
            shape: Shape::Maildir,
        });
    }
    if found.units.is_empty() {
        files_below(path, (&base, ""), 0, &mut found);
    } else if !maildir::is_maildir(path) {
        // Mail beside Maildirs; other programs keep their state there, too, so that only a clear case counts.
        let mut beside = Found::default();
        files_below(path, (&base, ""), 0, &mut beside);
        for unit in &mut beside.units {
            if let Shape::Eml(files) = &mut unit.shape {
                files.retain(|file| is_eml(file));
            }
        }
        beside
            .units
            .retain(|unit| unit.shape != Shape::Eml(Vec::new()));
        found.units.append(&mut beside.units);
    }
    if found.units.is_empty() && found.faults.is_empty() {
        return Err(
            Error::usage(format!("there is no mail in `{}`", path.display()))
                .hint("give the path of a Maildir, an mbox file, an .eml file or a folder of them"),
        );
    }
    Ok(found)
}

/// Mbox files and messages in plain folders, as mail programs keep them (`Inbox`, `Inbox.sbd/lists`).
fn files_below(dir: &Path, (base, sub): (&str, &str), depth: usize, found: &mut Found) {
    let reader = match fs::read_dir(dir) {
        Ok(reader) => reader,
        Err(e) => return found.faults.push((dir.to_owned(), e.to_string())),
    };
    let mut items: Vec<_> = reader.flatten().collect();
    items.sort_by_key(fs::DirEntry::file_name);
    let mut messages = Vec::new();
    for item in items {
        let path = item.path();
        let name = item.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let Ok(kind) = item.file_type() else { continue };
        if kind.is_dir() && maildir::is_maildir(&path) {
            // Read as the Maildir it is.
        } else if kind.is_dir() && depth < 32 {
            let name = name.to_string_lossy();
            let level = name.strip_suffix(".sbd").unwrap_or(&name);
            files_below(&path, (base, &join(sub, level)), depth + 1, found);
        } else if kind.is_file() {
            match sniff(&path) {
                Ok(Sniffed::Mbox) => {
                    let sub = join(sub, &stem(&path));
                    found.units.push(Unit {
                        folder: join(base, &sub),
                        role: match folder::role(&sub) {
                            Role::Inbox => Role::Other,
                            role => role,
                        },
                        path,
                        shape: Shape::Mbox,
                    });
                }
                Ok(Sniffed::Message) => messages.push(path),
                Ok(_) if is_eml(&path) => messages.push(path),
                Ok(_) => found.skipped += 1,
                Err(e) => found.faults.push((path, e.to_string())),
            }
        }
    }
    if !messages.is_empty() {
        found.units.push(Unit {
            path: dir.to_owned(),
            shape: Shape::Eml(messages),
            folder: join(base, sub),
            role: match folder::role(sub) {
                Role::Inbox => Role::Other,
                role => role,
            },
        });
    }
}

/// A file name without the endings of mail files; other dots belong to the name (`v1.2`).
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let lower = name.to_lowercase();
    for ending in [".mbox", ".mbx", ".eml"] {
        if lower.ends_with(ending) && lower.len() > ending.len() {
            return name[..name.len() - ending.len()].to_owned();
        }
    }
    name.into_owned()
}

fn join(base: &str, sub: &str) -> String {
    match (base, sub) {
        (base, "") => base.to_owned(),
        ("", sub) => sub.to_owned(),
        (base, sub) => format!("{base}/{sub}"),
    }
}

fn is_eml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("eml"))
}

enum Sniffed {
    Mbox,
    Message,
    Contacts,
    /// Compressed; the program that unpacks it.
    Packed(&'static str),
    Empty,
    Other,
}

/// How much of a file tells what it is: long fields of servers may stand before those of the writer.
const HEAD: usize = 16 << 10;

fn sniff(path: &Path) -> io::Result<Sniffed> {
    let mut head = Vec::with_capacity(HEAD);
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(match &head[..] {
        [] if is_eml(path) => Sniffed::Message,
        [] => Sniffed::Empty,
        [0x1f, 0x8b, ..] => Sniffed::Packed("gunzip -k"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Sniffed::Packed("unzstd"),
        [b'B', b'Z', b'h', ..] => Sniffed::Packed("bunzip2 -k"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Sniffed::Packed("unxz -k"),
        [b'P', b'K', 3, 4, ..] => Sniffed::Packed("unzip"),
        head => {
            let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
            let blank = head
                .iter()
                .take_while(|b| matches!(b, b'\r' | b'\n'))
                .count();
            if head[blank..].starts_with(b"From ") {
                Sniffed::Mbox
            } else if is_eml(path) || begins_like_a_message(&head[blank..]) {
                Sniffed::Message
            } else if head[blank..]
                .get(..11)
                .is_some_and(|begin| begin.eq_ignore_ascii_case(b"BEGIN:VCARD"))
            {
                Sniffed::Contacts
            } else {
                Sniffed::Other
            }
        }
    })
}

/// The first line is a header field, and one of those above the text is of mail: other files have lines with colons, too.
fn begins_like_a_message(head: &[u8]) -> bool {
    let lines = head.split(|b| *b == b'\n');
    let mut lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    if lines.clone().next().and_then(field_name).is_none() {
        return false;
    }
    lines
        .by_ref()
        .take_while(|line| !line.is_empty())
        .filter_map(field_name)
        .any(|name| is_of_mail(&name))
}

/// The name of a header field, in small letters: no spaces in it, then a colon.
fn field_name(line: &[u8]) -> Option<String> {
    let length = line.iter().position(|b| !matches!(b, 33..=57 | 59..=126))?;
    let is_field = length > 1 && line[length] == b':' && line.get(length + 1) != Some(&b'/');
    is_field.then(|| String::from_utf8_lossy(&line[..length]).to_ascii_lowercase())
}

/// Whether a field of this name stands in mail and hardly elsewhere.
fn is_of_mail(name: &str) -> bool {
    const FIELDS: [&str; 16] = [
        "from",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "sender",
        "reply-to",
        "message-id",
        "in-reply-to",
        "references",
        "received",
        "return-path",
        "delivered-to",
        "mime-version",
        "content-type",
    ];
    const BEGINNINGS: [&str; 5] = ["x-", "arc-", "dkim-", "list-", "resent-"];
    FIELDS.contains(&name) || BEGINNINGS.iter().any(|begin| name.starts_with(begin))
}
