//! Messages beyond text: what was typed for them, read and checked before anything is staged.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::error::{Context, Error, Kind, Result};
use crate::format::clean;
use crate::format::compose::media_type;
use crate::format::whatsapp::compose::{self, Around, Flow, Press};
pub use crate::format::whatsapp::compose::{Button, Row};
use crate::format::whatsapp::template::{FILE, Filled};
use crate::format::whatsapp::{self, card};
use crate::model::account::Account;
use crate::ops::App;
use crate::ops::send::rooms::{Place, Rendered};
use crate::ops::send::{Attach, Mode, SendRequest};

use super::check_window;

/// A file of rows or cards of more than this is something else.
const MOST: u64 = 1 << 20;
/// What the button of a list says if nobody says it.
const LABEL: &str = "Choose";
/// And that of a form.
const FORM: &str = "Open";

/// A text, or the file it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    File(PathBuf),
    Given(String),
}

impl Words {
    fn read(&self, flag: &str) -> Result<Cow<'_, str>> {
        match self {
            Words::File(path) => read(path, flag).map(Cow::Owned),
            Words::Given(text) => Ok(Cow::Borrowed(text)),
        }
    }

    fn name(&self) -> String {
        match self {
            Words::File(path) => format!("`{}`", shown(path)),
            Words::Given(_) => "what was given".to_owned(),
        }
    }
}

/// A button that leads to a web page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub label: String,
    pub url: String,
}

/// What a message of WhatsApp may have beside text and files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    pub buttons: Vec<Button>,
    pub rows: Vec<Row>,
    /// CSV with columns `id`, `title`, `description`, `section`.
    pub rows_file: Option<PathBuf>,
    pub list_label: Option<String>,
    pub link: Option<Link>,
    /// Its id or name.
    pub flow: Option<String>,
    pub flow_label: Option<String>,
    pub flow_screen: Option<String>,
    /// A JSON object.
    pub flow_data: Option<Words>,
    pub footer: Option<String>,
    /// As the API takes it.
    pub location: Option<serde_json::Value>,
    /// vCards.
    pub contacts: Vec<Words>,
}

impl Extras {
    /// The first flag that was given; `None` if none was.
    pub fn flag(&self) -> Option<&'static str> {
        let given = [
            (!self.buttons.is_empty(), "--button"),
            (!self.rows.is_empty(), "--row"),
            (self.rows_file.is_some(), "--rows"),
            (self.list_label.is_some(), "--list-label"),
            (self.link.is_some(), "--link"),
            (self.flow.is_some(), "--flow"),
            (self.flow_label.is_some(), "--flow-label"),
            (self.flow_screen.is_some(), "--flow-screen"),
            (self.flow_data.is_some(), "--flow-data"),
            (self.footer.is_some(), "--footer"),
            (self.location.is_some(), "--location"),
            (!self.contacts.is_empty(), "--contact"),
        ];
        given
            .into_iter()
            .find(|(given, _)| *given)
            .map(|(_, flag)| flag)
    }

    /// What can be pressed; one kind of it goes into a message.
    fn press(&self) -> Result<Option<Press>> {
        let mut kinds: Vec<(&str, Press)> = Vec::new();
        if !self.buttons.is_empty() {
            kinds.push(("--button", Press::Buttons(self.buttons.clone())));
        }
        let mut rows = self.rows.clone();
        if let Some(path) = &self.rows_file {
            rows.extend(rows_of(path)?);
        }
        if !rows.is_empty() || self.rows_file.is_some() {
            let label = self.list_label.as_deref().unwrap_or(LABEL);
            kinds.push(("--row", Press::List(label.to_owned(), rows)));
        }
        if let Some(link) = &self.link {
            kinds.push(("--link", Press::Link(link.label.clone(), link.url.clone())));
        }
        if let Some(flow) = &self.flow {
            kinds.push(("--flow", Press::Flow(self.form(flow)?)));
        }
        if let [(one, _), (other, _), ..] = kinds.as_slice() {
            return Err(Error::usage(format!(
                "{one} and {other} can't stand in one message: WhatsApp shows one kind of choice"
            )));
        }
        Ok(kinds.pop().map(|(_, press)| press))
    }

    fn form(&self, flow: &str) -> Result<Flow> {
        let data = match &self.flow_data {
            None => None,
            Some(words) => Some(
                serde_json::from_str(&words.read("--flow-data")?)
                    .context(Kind::Usage, format!("{} is not JSON", words.name()))?,
            ),
        };
        Ok(Flow {
            flow: flow.to_owned(),
            label: self.flow_label.clone().unwrap_or_else(|| FORM.to_owned()),
            screen: self.flow_screen.clone(),
            data,
        })
    }
}

/// `ID=TITLE`; a title alone is its own id.
pub fn button(typed: &str) -> Button {
    let (id, title) = typed.split_once('=').unwrap_or((typed, typed));
    Button {
        id: id.trim().to_owned(),
        title: title.trim().to_owned(),
    }
}

/// `ID=TITLE` or `ID=TITLE|DESCRIPTION`.
pub fn row(typed: &str) -> Row {
    let (head, description) = typed.split_once('|').unwrap_or((typed, ""));
    let Button { id, title } = button(head);
    Row {
        id,
        title,
        description: filled(description),
        section: None,
    }
}

/// `LABEL=URL`.
pub fn link(typed: &str) -> Result<Link> {
    let (label, url) = typed.split_once('=').ok_or_else(|| {
        Error::usage(format!("--link `{typed}` is not LABEL=URL"))
            .hint("write it like --link 'Track it=https://example.com/7'")
    })?;
    Ok(Link {
        label: label.trim().to_owned(),
        url: url.trim().to_owned(),
    })
}

/// `LAT,LON[,NAME[,ADDRESS]]`.
pub fn location(typed: &str) -> Result<serde_json::Value> {
    compose::location(typed)
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn rows_of(path: &Path) -> Result<Vec<Row>> {
    let text = read(path, "--rows")?;
    let shown = shown(path);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let bad = |e: csv::Error| Error::usage(format!("`{shown}` is not CSV")).because(e);
    let columns = reader.headers().map_err(bad)?.clone();
    let column = |name: &str| {
        columns.iter().position(|c| {
            c.trim()
                .trim_start_matches('\u{feff}')
                .eq_ignore_ascii_case(name)
        })
    };
    let (Some(id), Some(title)) = (column("id"), column("title")) else {
        return Err(
            Error::usage(format!("`{shown}` has no columns `id` and `title`"))
                .hint("its first line names them: id,title,description,section"),
        );
    };
    let (description, section) = (column("description"), column("section"));
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let field = |n: Option<usize>| n.and_then(|n| record.get(n)).and_then(filled);
        rows.push(Row {
            id: field(Some(id)).unwrap_or_default(),
            title: field(Some(title)).unwrap_or_default(),
            description: field(description),
            section: field(section),
        });
    }
    if rows.is_empty() {
        return Err(Error::usage(format!("`{shown}` has no rows")));
    }
    Ok(rows)
}

fn read(path: &Path, flag: &str) -> Result<String> {
    let shown = shown(path);
    let about =
        std::fs::metadata(path).context(Kind::Usage, format!("{flag}: `{shown}` can't be read"))?;
    if about.len() > MOST {
        return Err(Error::usage(format!(
            "{flag}: `{shown}` has more than 1 MB"
        )));
    }
    std::fs::read_to_string(path).context(Kind::Usage, format!("{flag}: `{shown}` can't be read"))
}

fn shown(path: &Path) -> String {
    clean::line(&path.display().to_string())
}

/// A message as someone on WhatsApp gets it; refused where their window is closed and it would leave now.
pub fn rendered(
    app: &App,
    place: &Place,
    request: &SendRequest,
    (subject, body): (&str, &str),
) -> Result<Rendered> {
    let account = app.config.account(&place.account)?;
    let rendered = made(request, (subject, body))?;
    let leaves = matches!(request.mode, Mode::Send | Mode::NoQueue) && request.at.is_none();
    if leaves {
        check_window(app, account, (&place.to.email, rendered.payload.as_ref()))?;
    }
    Ok(rendered)
}

fn made(request: &SendRequest, (subject, body): (&str, &str)) -> Result<Rendered> {
    let extras = &request.whatsapp;
    let text = match request.markdown {
        true => whatsapp::from_markdown(body),
        false => whatsapp::from_plain(body),
    };
    if let Some(Filled { content, text }) = &request.filled {
        if let Some(flag) = extras.flag() {
            return Err(Error::usage(format!(
                "{flag} can't go with a template of WhatsApp, which is sent as it was approved"
            )));
        }
        return Ok(Rendered {
            text: text.clone(),
            payload: Some(content.clone()),
        });
    }
    let alone = |flag: &str| {
        let other = extras.press()?.is_some() || !request.attachments.is_empty();
        match other || !text.trim().is_empty() || !subject.trim().is_empty() {
            true => Err(Error::usage(format!(
                "{flag} goes as a message of its own: WhatsApp shows no text, file or choice with it"
            ))
            .hint("send the text by itself")),
            false => Ok(()),
        }
    };
    let (content, text) = match (&extras.location, extras.contacts.as_slice()) {
        (Some(place), []) => {
            alone("--location")?;
            compose::place(place)
        }
        (None, [_, ..]) => {
            alone("--contact")?;
            let mut cards = Vec::new();
            for words in &extras.contacts {
                cards.extend(card::people(&words.read("--contact")?)?);
            }
            compose::people(cards)
        }
        (Some(_), _) => {
            return Err(Error::usage("--location and --contact are a message each"));
        }
        (None, []) => match extras.press()? {
            Some(press) => pressed(request, &press, (subject, &text))?,
            None => {
                if let Some(flag) = extras.flag() {
                    return Err(Error::usage(format!(
                        "{flag} says nothing without a choice to go with"
                    ))
                    .hint("add --button, --row, --link or --flow"));
                }
                return Ok(Rendered {
                    text: below(subject, text),
                    payload: None,
                });
            }
        },
    };
    Ok(Rendered {
        text,
        payload: Some(content),
    })
}

fn pressed(
    request: &SendRequest,
    press: &Press,
    (subject, text): (&str, &str),
) -> Result<(serde_json::Value, String)> {
    let subject = filled(subject);
    let around = Around {
        header: subject.as_deref(),
        body: text,
        footer: request.whatsapp.footer.as_deref(),
    };
    let (mut content, mut text) = compose::interactive(press, around)?;
    match request.attachments.as_slice() {
        [] => {}
        [file] if subject.is_none() && !matches!(press, Press::List(..)) => {
            let kind = match file {
                Attach::Path(_) => whatsapp::kind_of(&media_type(&file.name(), &[])),
                Attach::Given(file) => whatsapp::kind_of(&file.media_type),
            };
            if !kind.takes_caption() {
                return Err(Error::usage(format!(
                    "a file of kind {} can't stand above a choice",
                    kind.name()
                ))
                .hint("a picture, a video or a document can"));
            }
            content["interactive"]["header"] =
                serde_json::json!({ "type": kind.name(), kind.name(): { FILE: 1 } });
            text = format!("[{}]\n{text}", kind.name());
        }
        _ => {
            return Err(Error::usage(
                "above a choice stands one file or a subject, and above a list no file",
            )
            .hint("send the files by themselves"));
        }
    }
    Ok((content, text))
}

/// The text below its subject, if it has one.
fn below(subject: &str, text: String) -> String {
    match subject.trim() {
        "" => text,
        subject => format!("*{}*\n\n{text}", whatsapp::from_plain(subject)),
    }
}

/// Refuses files that WhatsApp would refuse.
pub fn check_files(account: &Account, files: &[crate::format::compose::File]) -> Result<()> {
    for file in files {
        let most = whatsapp::kind_for(&file.media_type, file.bytes.len()).largest();
        if file.bytes.len() > most {
            return Err(Error::usage(format!(
                "`{}` has {} bytes, and WhatsApp takes {most} from account `{}`",
                clean::line(&file.name),
                file.bytes.len(),
                account.name
            ))
            .hint("send a link to it"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(extras: Extras) -> SendRequest {
        SendRequest {
            whatsapp: extras,
            ..SendRequest::default()
        }
    }

    fn words(extras: Extras, body: &str) -> String {
        made(&request(extras), ("", body)).unwrap_err().message
    }

    #[test]
    fn one_kind_of_choice_goes_into_a_message() {
        let both = Extras {
            buttons: vec![button("Yes")],
            link: link("Go=https://x.example").ok(),
            ..Extras::default()
        };
        assert!(words(both, "hi").contains("--button and --link"));
        let alone = Extras {
            footer: Some("Shop".into()),
            ..Extras::default()
        };
        assert!(words(alone, "hi").contains("--footer says nothing"));
        let place = Extras {
            location: location("1,2").ok(),
            ..Extras::default()
        };
        assert!(words(place.clone(), "hi").contains("a message of its own"));
        let made = made(&request(place), ("", "")).unwrap();
        assert_eq!(made.payload.unwrap()["type"], "location");
    }

    #[test]
    fn a_row_has_an_id_a_title_and_more() {
        assert_eq!(
            row("mon=Monday|at nine"),
            Row {
                id: "mon".into(),
                title: "Monday".into(),
                description: Some("at nine".into()),
                section: None
            }
        );
        assert_eq!(
            button("Yes"),
            Button {
                id: "Yes".into(),
                title: "Yes".into()
            }
        );
    }

    #[test]
    fn rows_come_from_a_file_with_sections() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        std::fs::write(
            &path,
            "id,title,description,section\na,A,,One\nb,B,more,Two\n",
        )
        .unwrap();
        let extras = Extras {
            rows_file: Some(path),
            ..Extras::default()
        };
        let made = made(&request(extras), ("", "Which?")).unwrap();
        let action = &made.payload.unwrap()["interactive"]["action"];
        assert_eq!(action["sections"][1]["title"], "Two");
        assert_eq!(action["button"], LABEL);
        assert_eq!(made.text, "Which?\n[Choose]\nOne:\n- A\nTwo:\n- B: more");
    }
}
