//! Templates for a send: where they are found, and a request filled in from one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::format::whatsapp::template::Values;
use crate::format::{clean, html, markdown};
use crate::model::account::{Account, ChannelKind};
use crate::ops::{App, whatsapp};
use crate::rules::route;
use crate::rules::template::{Rendered, Style, Template, near};

use super::{SendRequest, rooms};

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
    /// Of WhatsApp's templates, which may be there in several.
    pub language: Option<String>,
    /// It is a name, whatever it looks like: files elsewhere are none of the asker's.
    pub by_name: bool,
}

/// The request with its template put in; `known` is the account it goes through, where it answers a message.
///
/// # Errors
/// Those of [`fill`]; `usage` where the text comes out empty, or only some of the recipients are on WhatsApp.
pub async fn put_in<'a>(
    app: &App,
    request: &'a SendRequest,
    known: Option<&Account>,
) -> Result<Cow<'a, SendRequest>> {
    let Some(wanted) = &request.template else {
        return Ok(Cow::Borrowed(request));
    };
    let mut made = request.clone();
    made.template = None;
    let account = match known {
        Some(account) => (account.channel == ChannelKind::Whatsapp).then_some(account),
        None => on_whatsapp(app, request)?,
    };
    // A path says which file is meant.
    let account = account.filter(|_| {
        wanted.by_name || (!wanted.file.contains('/') && !Path::new(&wanted.file).is_file())
    });
    if let Some(account) = account {
        let template = whatsapp::Wanted {
            name: &wanted.file,
            language: wanted.language.as_deref(),
            dry_run: request.dry_run,
        };
        match whatsapp::find(app, account, template).await {
            Ok(template) => {
                made.filled = Some(template.fill(Values {
                    vars: &wanted.vars,
                    files: request.attachments.len(),
                })?);
                return Ok(Cow::Owned(made));
            }
            // One of the owner's own.
            Err(e) if e.kind != Kind::NotFound || is_missing(app, wanted) => {
                return Err(e);
            }
            Err(_) => {}
        }
    }
    if let Some(language) = &wanted.language {
        return Err(Error::usage(format!(
            "--lang {} chooses among templates of WhatsApp, and this is none",
            clean::line(language)
        )));
    }
    fill(app, wanted, &mut made)?;
    if made.text.trim().is_empty() && !request.allow_empty && request.media_urls.is_empty() {
        return Err(
            Error::usage("the text is empty").hint("say --allow-empty if that is what you want")
        );
    }
    Ok(Cow::Owned(made))
}

/// The account of WhatsApp that all of it goes through; `None` if none of it does.
fn on_whatsapp<'a>(app: &'a App, request: &SendRequest) -> Result<Option<&'a Account>> {
    let targets = route::targets(&request.to)?;
    let places = rooms::places(app, request, &targets.rooms)?;
    let Some(first) = places.iter().find(|p| p.channel == ChannelKind::Whatsapp) else {
        return Ok(None);
    };
    let others = !targets.people.is_empty() || !request.cc.is_empty() || !request.bcc.is_empty();
    if others || places.iter().any(|place| place.account != first.account) {
        return Err(Error::usage(
            "a template of WhatsApp goes to people on WhatsApp, and not all of these are",
        )
        .hint("send to each channel by itself"));
    }
    app.config.account(&first.account).map(Some)
}

/// Puts a rendered template into a request. What was typed wins over its headers.
///
/// # Errors
/// `usage`: no such template, a missing value (named, with file and line), a value nothing asks for.
fn fill(app: &App, wanted: &TemplateUse, request: &mut SendRequest) -> Result<()> {
    let template = match wanted.by_name {
        true => read_template(&named(app, &wanted.file)?)?,
        false => load(app, &wanted.file)?,
    };
    template.refuse_unused(wanted.vars.keys())?;
    let rendered = template.render(&wanted.vars)?;
    put(template.style(), rendered, request);
    Ok(())
}

/// Reads a template.
pub fn load(app: &App, wanted: &str) -> Result<Template> {
    read_template(&find(app, wanted)?)
}

fn read_template(path: &Path) -> Result<Template> {
    Template::read(&clean::line(&path.display().to_string()), &read(path)?)
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
    named(app, wanted)
}

fn is_missing(app: &App, wanted: &TemplateUse) -> bool {
    match wanted.by_name {
        true => named(app, &wanted.file).is_err(),
        false => find(app, &wanted.file).is_err(),
    }
}

/// The file of a template by its name beside the config file.
fn named(app: &App, wanted: &str) -> Result<PathBuf> {
    let shown = clean::line(wanted);
    if wanted.contains(['/', '\\']) || wanted.starts_with('.') || wanted.is_empty() {
        return Err(
            Error::usage(format!("`{shown}` is not the name of a template"))
                .hint("name one of the folder `templates` beside the config file"),
        );
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
