//! Where the text comes from: `-m`, a file, a pipe, or the editor at a terminal.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Context, Error, Kind, Result};
use crate::format::clean;
use crate::ops::App;

use super::super::editor;
use super::super::output::Output;

/// A text of more than this is a file.
const MOST: u64 = 50 * 1024 * 1024;

/// Whether there has to be a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Required,
    /// Something else (HTML, a forwarded message) says enough; stdin is not read unless asked for.
    Optional,
}

/// The flags that speak of the text.
pub struct Typed {
    pub message: Option<String>,
    pub file: Option<PathBuf>,
    pub allow_empty: bool,
}

/// The text, from wherever it is.
pub fn read(typed: Typed, source: Source, (app, out): (&App, &mut Output)) -> Result<String> {
    let text = match (typed.message, typed.file) {
        (Some(text), _) => text,
        (None, Some(path)) if path == Path::new("-") => stdin()?,
        (None, Some(path)) => file(&path, "the text")?,
        (None, None) if source == Source::Optional => return Ok(String::new()),
        (None, None) if out.looks.terminal_in => edit(app, out)?,
        (None, None) => stdin()?,
    };
    if text.trim().is_empty() && source == Source::Required && !typed.allow_empty {
        return Err(Error::usage("the text is empty")
            .hint("write it with -m, or say --allow-empty if that is what you want"));
    }
    Ok(text)
}

/// An HTML file.
pub fn html(path: &Path) -> Result<String> {
    if path == Path::new("-") {
        return stdin();
    }
    file(path, "the HTML")
}

fn stdin() -> Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MOST + 1)
        .read_to_end(&mut bytes)
        .context(Kind::Internal, "reading stdin")?;
    decode(bytes, "the text on stdin")
}

fn file(path: &Path, what: &str) -> Result<String> {
    let shown = clean::line(&path.display().to_string());
    let bad = |e: std::io::Error| {
        let error = Error::usage(format!("{what} can't be read from `{shown}`")).because(e);
        error.hint("give the path as seen from this folder, or from the root")
    };
    let opened = std::fs::File::open(path).map_err(bad)?;
    let mut bytes = Vec::new();
    opened.take(MOST + 1).read_to_end(&mut bytes).map_err(bad)?;
    decode(bytes, &format!("`{shown}`"))
}

fn decode(bytes: Vec<u8>, what: &str) -> Result<String> {
    if bytes.len() as u64 > MOST {
        return Err(
            Error::usage(format!("{what} has more than {} MB", MOST / 1024 / 1024))
                .hint("attach it with -a"),
        );
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        Error::usage(format!(
            "{what} is not UTF-8 (byte {})",
            e.utf8_error().valid_up_to() + 1
        ))
        .hint("convert it with iconv, or attach it with -a")
    })?;
    if text.contains('\0') {
        return Err(
            Error::usage(format!("{what} holds NUL bytes: it is no text"))
                .hint("attach it with -a"),
        );
    }
    Ok(text
        .strip_prefix('\u{FEFF}')
        .map(str::to_owned)
        .unwrap_or(text))
}

/// Lets the user change a text.
pub fn change(old: &str, (app, out): (&App, &mut Output)) -> Result<String> {
    let editor = app.config.editor.as_deref().ok_or_else(|| {
        Error::usage("there is no editor").hint("set EDITOR, or write the text with -m or -f")
    })?;
    in_editor(editor, old, out)
}

/// Lets the user write it.
fn edit(app: &App, out: &mut Output) -> Result<String> {
    let Some(editor) = app.config.editor.as_deref() else {
        out.hint("write the text, then press Ctrl-D on a line of its own");
        return stdin();
    };
    in_editor(editor, "", out)
}

fn in_editor(editor: &str, old: &str, out: &mut Output) -> Result<String> {
    let draft = editor::draft(editor, old, (".txt", "nothing was sent"), out)?;
    file(&draft, "the text")
}
