//! Templates for a send: where they are found, and a request filled in from one.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::format::{clean, html, markdown};
use crate::ops::App;
use crate::rules::template::{Rendered, Style, Template, near};

use super::SendRequest;

/// A template of more than this is something else.
const MOST: u64 = 10 * 1024 * 1024;

/// Endings a name may go without.
const ENDINGS: [&str; 5] = ["", ".md", ".txt", ".html", ".htm"];

/// A template and what is to be put into it.
#[derive(Clone, Debug, Default)]
pub struct TemplateUse {
    /// A file, or a name in the folder of templates.
    pub file: String,
    pub vars: BTreeMap<String, String>,
}

/// Puts a rendered template into a request. What was typed wins over its headers.
///
/// # Errors
/// `usage`: no such template, a missing value (named, with file and line), a value nothing asks for.
pub fn fill(app: &App, wanted: &TemplateUse, request: &mut SendRequest) -> Result<()> {
    let template = load(app, &wanted.file)?;
    template.refuse_unused(wanted.vars.keys())?;
    let rendered = template.render(&wanted.vars)?;
    put(template.style(), rendered, request);
    Ok(())
}

/// Reads a template.
pub fn load(app: &App, wanted: &str) -> Result<Template> {
    let path = find(app, wanted)?;
    Template::read(&clean::line(&path.display().to_string()), &read(&path)?)
}

/// Puts what was rendered into a request.
pub fn put(style: Style, rendered: Rendered, request: &mut SendRequest) {
    if request.subject.is_none() {
        request.subject = rendered.subject;
    }
    request.cc.extend(filled(rendered.cc));
    request.bcc.extend(filled(rendered.bcc));
    request.reply_to.extend(filled(rendered.reply_to));
    match style {
        Style::Plain => request.text = rendered.body,
        Style::Markdown => {
            let source = rendered.escaped.as_deref().unwrap_or(&rendered.body);
            request.html = Some(markdown::to_html(source));
            request.text = rendered.body;
        }
        Style::Html => {
            request.text = html::to_text(&rendered.body);
            request.html = Some(rendered.body);
        }
    }
}

/// A header whose value came out empty is left out.
fn filled(header: Option<String>) -> Option<String> {
    header.filter(|h| !h.trim().is_empty())
}

/// The file of a template: as a path, else by its name beside the config file.
pub fn find(app: &App, wanted: &str) -> Result<PathBuf> {
    let shown = clean::line(wanted);
    let path = Path::new(wanted);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    if wanted.contains('/') || wanted.is_empty() {
        return Err(Error::usage(format!("there is no template file `{shown}`")));
    }
    let folder = app.config.config_file.with_file_name("templates");
    let found: Vec<_> = ENDINGS
        .iter()
        .map(|end| folder.join(format!("{wanted}{end}")))
        .filter(|p| p.is_file())
        .collect();
    match found.as_slice() {
        [] => {}
        [first, ..] if first.file_name().is_some_and(|n| n == wanted) => return Ok(first.clone()),
        [only] => return Ok(only.clone()),
        several => {
            let names: Vec<_> = several
                .iter()
                .filter_map(|p| p.file_name())
                .map(|n| format!("`{}`", clean::line(&n.to_string_lossy())))
                .collect();
            return Err(
                Error::usage(format!("several templates are called `{shown}`"))
                    .hint(format!("say which: {}", names.join(", "))),
            );
        }
    }
    let error = Error::usage(format!("there is no template `{shown}`"));
    let names = names(&folder);
    let stems = names.iter().map(|n| n.split('.').next().unwrap_or(n));
    Err(
        match near(wanted, names.iter().map(String::as_str).chain(stems)) {
            Some(near) => error.hint(format!("did you mean `{}`?", clean::line(near))),
            None => error.hint(format!(
                "name a file, or put it into `{}`",
                clean::line(&folder.display().to_string())
            )),
        },
    )
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|e| e.file_name().into_string().ok())
        .collect()
}

fn read(path: &Path) -> Result<String> {
    let shown = clean::line(&path.display().to_string());
    let bad = |e: std::io::Error| {
        Error::usage(format!("the template `{shown}` can't be read")).because(e)
    };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path).map_err(bad)?;
    opened.take(MOST + 1).read_to_end(&mut bytes).map_err(bad)?;
    if bytes.len() as u64 > MOST {
        return Err(Error::usage(format!(
            "the template `{shown}` has more than {} MB",
            MOST / 1024 / 1024
        )));
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = 1 + e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count();
        Error::usage(format!("{shown}:{line}: the template is not UTF-8"))
            .hint("convert it with iconv")
    })
}
