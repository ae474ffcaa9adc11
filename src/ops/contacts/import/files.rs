//! Opens the files of an import, and tells what they are.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Error, Kind, Result};
use crate::format::contacts_csv;
use crate::format::unicode::Utf8;
use crate::format::vcard::{self, Fault, Read};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    Vcard,
    Csv,
}

/// A file that is open.
pub struct Source<'a> {
    pub form: Form,
    /// The name of the file, for a person.
    pub name: String,
    /// In bytes; `None` of a stream.
    pub size: Option<u64>,
    pub cards: Box<dyn Iterator<Item = Result<Card>> + 'a>,
}

type Card = std::result::Result<Read, Fault>;

/// Bytes that tell what a file is.
const HEAD: usize = 1 << 16;

/// The files that paths name; of a folder those that are called like address books.
pub fn listed(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for path in paths {
        let Ok(folder) = std::fs::read_dir(path) else {
            all.push(path.clone());
            continue;
        };
        let mut files: Vec<PathBuf> = folder
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|file| file.is_file() && (is_vcard(file) || is_csv(file)))
            .collect();
        files.sort();
        match files.is_empty() {
            // Opening it says why there is nothing.
            true => all.push(path.clone()),
            false => all.append(&mut files),
        }
    }
    all
}

/// Opens a file; `-` is the stream.
pub fn open<'a>(
    path: &Path,
    form: Option<Form>,
    stream: &'a mut dyn BufRead,
) -> Result<Source<'a>> {
    if path == Path::new("-") {
        return source(Utf8::new(stream), form, ("stdin".to_owned(), None));
    }
    let shown = path.display();
    let doing = || format!("reading `{shown}`");
    if path.is_dir() {
        return Err(Error::usage(format!("there is no address book in `{shown}`"))
            .hint("files of one end in .vcf, .vcard or .csv; name a file to import it whatever its name"));
    }
    let file = File::open(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => Error::usage(format!("there is no file `{shown}`"))
            .hint("give the path of a vCard or CSV file, or `-` for stdin"),
        _ => Error::usage(format!("`{shown}` can't be read")).because(e),
    })?;
    let about = file.metadata().with_context(Kind::Usage, doing)?;
    let size = about.is_file().then_some(about.len());
    let name = path.file_name().unwrap_or_default().display().to_string();
    let form = form.or_else(|| is_vcard(path).then_some(Form::Vcard));
    source(
        Utf8::new(BufReader::with_capacity(HEAD, file)),
        form,
        (name, size),
    )
}

fn source<'a>(
    mut bytes: Utf8<impl BufRead + 'a>,
    form: Option<Form>,
    (name, size): (String, Option<u64>),
) -> Result<Source<'a>> {
    let doing = format!("reading `{name}`");
    let form = match form {
        Some(form) => form,
        None => form_of(bytes.fill_buf().context(Kind::Usage, doing.clone())?),
    };
    let cards: Box<dyn Iterator<Item = Result<Card>> + 'a> = match form {
        Form::Vcard => {
            let cards = vcard::cards(bytes);
            Box::new(cards.map(move |next| next.context(Kind::Usage, doing.clone())))
        }
        Form::Csv => {
            let rows = contacts_csv::rows(bytes).map_err(|e| Error {
                message: format!("`{name}`: {}", e.message),
                ..e
            })?;
            Box::new(rows.map(move |next| next.context(Kind::Usage, doing.clone())))
        }
    };
    Ok(Source {
        form,
        name,
        size,
        cards,
    })
}

/// What a file is, by how it begins.
fn form_of(head: &[u8]) -> Form {
    let head = head[..head.len().min(HEAD)].to_ascii_uppercase();
    match memchr::memmem::find(&head, b"BEGIN:VCARD") {
        Some(_) => Form::Vcard,
        None => Form::Csv,
    }
}

fn is_vcard(path: &Path) -> bool {
    ends_in(path, &["vcf", "vcard"])
}

fn is_csv(path: &Path) -> bool {
    ends_in(path, &["csv", "tsv"])
}

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    endings.iter().any(|e| ending.eq_ignore_ascii_case(e))
}
