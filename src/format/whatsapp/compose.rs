//! Messages that are more than text: buttons, lists, links, flows, places and people, checked against WhatsApp's limits.
//!
//! Source of the limits: Cloud API reference and its OpenAPI description (v23.0), of 2025-11 and 2026-08.

use serde_json::{Value, json};

use super::said;
use crate::error::{Error, Result};

const MOST_BODY: usize = 1_024;
const MOST_HEADER: usize = 60;
const MOST_FOOTER: usize = 60;
const MOST_BUTTONS: usize = 3;
const MOST_BUTTON: usize = 20;
const MOST_BUTTON_ID: usize = 256;
/// Over all sections.
const MOST_ROWS: usize = 10;
const MOST_ROW: usize = 24;
const MOST_ROW_ID: usize = 200;
const MOST_ROW_MORE: usize = 72;
const MOST_SECTION: usize = 24;
const MOST_FLOW_LABEL: usize = 30;
const MOST_URL: usize = 2_000;

/// A button that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub id: String,
    pub title: String,
}

/// A row of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub title: String,
    pub description: Option<String>,
    pub section: Option<String>,
}

/// A form.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Its id (digits), or its name.
    pub flow: String,
    /// What its button says.
    pub label: String,
    /// Its first screen and what that is given.
    pub screen: Option<String>,
    pub data: Option<Value>,
}

/// What can be pressed below a text. One kind of it goes into a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Press {
    Buttons(Vec<Button>),
    /// The words on the button that opens it, and its rows.
    List(String, Vec<Row>),
    /// What it says, and where it leads.
    Link(String, String),
    Flow(Flow),
}

/// The text around what can be pressed.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    pub header: Option<&'a str>,
    pub body: &'a str,
    pub footer: Option<&'a str>,
}

/// A message with something to press, as the API takes it and as a person reads it.
pub fn interactive(press: &Press, around: Around<'_>) -> Result<(Value, String)> {
    if around.body.trim().is_empty() {
        return Err(
            Error::usage("what can be pressed stands below a text, and there is none")
                .hint("write it with -m"),
        );
    }
    limit("the text above what can be pressed", around.body, MOST_BODY)?;
    let mut object = json!({ "body": { "text": around.body } });
    let mut lines = Vec::new();
    if let Some(header) = around.header {
        limit(
            "the subject, which stands above the text,",
            header,
            MOST_HEADER,
        )?;
        object["header"] = json!({ "type": "text", "text": header });
        lines.push(format!("*{header}*"));
    }
    lines.push(around.body.to_owned());
    if let Some(footer) = around.footer {
        limit("--footer", footer, MOST_FOOTER)?;
        object["footer"] = json!({ "text": footer });
        lines.push(footer.to_owned());
    }
    let (kind, action) = match press {
        Press::Buttons(buttons) => ("button", buttons_of(buttons, &mut lines)?),
        Press::List(label, rows) => ("list", list(label, rows, &mut lines)?),
        Press::Link(label, url) => ("cta_url", link((label, url), &mut lines)?),
        Press::Flow(flow) => ("flow", form(flow, &mut lines)?),
    };
    object["type"] = kind.into();
    object["action"] = action;
    let content = json!({ "type": "interactive", "interactive": object });
    Ok((content, lines.join("\n")))
}

fn buttons_of(buttons: &[Button], lines: &mut Vec<String>) -> Result<Value> {
    if buttons.len() > MOST_BUTTONS {
        return Err(Error::usage(format!(
            "{} buttons are too many: WhatsApp shows {MOST_BUTTONS}",
            buttons.len()
        ))
        .hint("up to ten choices fit a list: --row ID=TITLE"));
    }
    let mut all = Vec::new();
    for (n, button) in buttons.iter().enumerate() {
        let title = &button.title;
        limit(&format!("the button `{title}`"), title, MOST_BUTTON)?;
        limit(
            &format!("the id of the button `{title}`"),
            &button.id,
            MOST_BUTTON_ID,
        )?;
        filled(&[&button.id, title], "--button ID=TITLE")?;
        if buttons[..n]
            .iter()
            .any(|b| b.id == button.id || b.title == *title)
        {
            return Err(Error::usage(format!(
                "two buttons have the id `{}` or the title `{title}`: each needs its own",
                button.id
            )));
        }
        all.push(json!({ "type": "reply", "reply": { "id": button.id, "title": title } }));
        lines.push(format!("[{title}]"));
    }
    Ok(json!({ "buttons": all }))
}

fn list(label: &str, rows: &[Row], lines: &mut Vec<String>) -> Result<Value> {
    if rows.len() > MOST_ROWS {
        return Err(Error::usage(format!(
            "{} rows are too many: a list of WhatsApp has {MOST_ROWS} in all its sections",
            rows.len()
        )));
    }
    limit("--list-label", label, MOST_BUTTON)?;
    lines.push(format!("[{label}]"));
    let mut sections: Vec<(Option<&str>, Vec<Value>)> = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let title = &row.title;
        limit(&format!("the row `{title}`"), title, MOST_ROW)?;
        limit(
            &format!("the id of the row `{title}`"),
            &row.id,
            MOST_ROW_ID,
        )?;
        filled(&[&row.id, title], "--row ID=TITLE")?;
        if rows[..n].iter().any(|r| r.id == row.id) {
            return Err(Error::usage(format!(
                "two rows have the id `{}`: each needs its own",
                row.id
            )));
        }
        let mut value = json!({ "id": row.id, "title": title });
        let section = row.section.as_deref();
        if sections.last().is_none_or(|(name, _)| *name != section) {
            if let Some(name) = section {
                limit(&format!("the section `{name}`"), name, MOST_SECTION)?;
                lines.push(format!("{name}:"));
            }
            sections.push((section, Vec::new()));
        }
        let mut line = format!("- {title}");
        if let Some(more) = &row.description {
            limit(
                &format!("the description of the row `{title}`"),
                more,
                MOST_ROW_MORE,
            )?;
            value["description"] = more.as_str().into();
            line = format!("{line}: {more}");
        }
        lines.push(line);
        if let Some((_, found)) = sections.last_mut() {
            found.push(value);
        }
    }
    if sections.len() > 1 && sections.iter().any(|(name, _)| name.is_none()) {
        return Err(
            Error::usage("a list with several sections needs a name for each of them")
                .hint("name the section of every row in the file of --rows"),
        );
    }
    let sections: Vec<Value> = sections
        .into_iter()
        .map(|(name, rows)| match name {
            Some(name) => json!({ "title": name, "rows": rows }),
            None => json!({ "rows": rows }),
        })
        .collect();
    Ok(json!({ "button": label, "sections": sections }))
}

fn link((label, url): (&str, &str), lines: &mut Vec<String>) -> Result<Value> {
    limit("the words of --link", label, MOST_BUTTON)?;
    filled(&[label], "--link LABEL=URL")?;
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    if rest.is_none_or(|rest| rest.is_empty() || rest.contains(char::is_whitespace)) {
        return Err(
            Error::usage(format!("--link leads to `{url}`, which is no web address"))
                .hint("write it like --link 'Track it=https://example.com/7'"),
        );
    }
    limit("the address of --link", url, MOST_URL)?;
    lines.push(format!("[{label}] {url}"));
    Ok(json!({ "name": "cta_url", "parameters": { "display_text": label, "url": url } }))
}

fn form(flow: &Flow, lines: &mut Vec<String>) -> Result<Value> {
    limit("--flow-label", &flow.label, MOST_FLOW_LABEL)?;
    filled(&[&flow.flow, &flow.label], "--flow ID --flow-label TEXT")?;
    let by_id = flow.flow.bytes().all(|b| b.is_ascii_digit());
    let key = if by_id { "flow_id" } else { "flow_name" };
    let mut parameters = json!({
        "flow_message_version": "3",
        "flow_cta": flow.label,
        "flow_action": "navigate",
        key: flow.flow,
    });
    match (&flow.screen, &flow.data) {
        (None, None) => {}
        (None, Some(_)) => {
            return Err(
                Error::usage("--flow-data is given to a screen, and none is named")
                    .hint("name it with --flow-screen"),
            );
        }
        (Some(screen), data) => {
            parameters["flow_action_payload"] = json!({ "screen": screen });
            if let Some(data) = data {
                let sound = data.as_object().is_some_and(|fields| !fields.is_empty());
                if !sound {
                    return Err(Error::usage(
                        "--flow-data is no JSON object with at least one field",
                    ));
                }
                parameters["flow_action_payload"]["data"] = data.clone();
            }
        }
    }
    lines.push(format!("[{}] (form {})", flow.label, flow.flow));
    Ok(json!({ "name": "flow", "parameters": parameters }))
}

/// `LAT,LON[,NAME[,ADDRESS]]`.
pub fn location(typed: &str) -> Result<Value> {
    let bad = || {
        Error::usage(format!("`{typed}` is not a place"))
            .hint("write it like --location 48.8584,2.2945,'Eiffel Tower'")
    };
    let mut parts = typed.splitn(4, ',').map(str::trim);
    let mut number = |most: f64| {
        let text = parts.next()?;
        let value: f64 = text.parse().ok()?;
        // As text: that is how the API describes them.
        (value.is_finite() && value.abs() <= most).then(|| text.to_owned())
    };
    let latitude = number(90.0).ok_or_else(bad)?;
    let longitude = number(180.0).ok_or_else(bad)?;
    let mut place = json!({ "latitude": latitude, "longitude": longitude });
    for (key, value) in ["name", "address"].into_iter().zip(parts) {
        if !value.is_empty() {
            place[key] = value.into();
        }
    }
    Ok(place)
}

/// A place as a message.
pub fn place(location: &Value) -> (Value, String) {
    let content = json!({ "type": "location", "location": location });
    let text = said::text_of(&content);
    (content, text)
}

/// People as a message.
pub fn people(cards: Vec<Value>) -> (Value, String) {
    let content = json!({ "type": "contacts", "contacts": cards });
    let text = said::text_of(&content);
    (content, text)
}

fn limit(what: &str, words: &str, most: usize) -> Result<()> {
    let count = words.chars().count();
    if count <= most {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{what} has {count} characters, and WhatsApp takes {most}"
    )))
}

fn filled(words: &[&str], example: &str) -> Result<()> {
    let sound = |word: &&str| !word.is_empty() && word.trim() == *word;
    if words.iter().all(sound) {
        return Ok(());
    }
    Err(
        Error::usage("an id or a title is empty, or begins or ends with a space")
            .hint(format!("write it like {example}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const AROUND: Around<'_> = Around {
        header: None,
        body: "Which day?",
        footer: None,
    };

    fn button(id: &str, title: &str) -> Button {
        Button {
            id: id.to_owned(),
            title: title.to_owned(),
        }
    }

    fn row(n: usize) -> Row {
        Row {
            id: format!("r{n}"),
            title: format!("Row {n}"),
            ..Row::default()
        }
    }

    fn words(press: Press) -> String {
        interactive(&press, AROUND).unwrap_err().message
    }

    #[test]
    fn limits_are_told_exactly_before_anything_is_sent() {
        let title = "x".repeat(21);
        assert_eq!(
            words(Press::Buttons(vec![button("a", &title)])),
            format!("the button `{title}` has 21 characters, and WhatsApp takes 20")
        );
        let four = (0..4)
            .map(|n| button(&n.to_string(), &n.to_string()))
            .collect();
        assert_eq!(
            words(Press::Buttons(four)),
            "4 buttons are too many: WhatsApp shows 3"
        );
        assert_eq!(
            words(Press::List("Choose".into(), (0..11).map(row).collect())),
            "11 rows are too many: a list of WhatsApp has 10 in all its sections"
        );
        assert!(
            words(Press::Buttons(vec![button("a", "A"), button("a", "B")])).contains("two buttons")
        );
        assert!(words(Press::Buttons(vec![button("", "B")])).contains("empty"));
        assert!(words(Press::Link("Go".into(), "javascript:x".into())).contains("no web address"));
        let bare = Around {
            body: " ",
            ..AROUND
        };
        assert!(interactive(&Press::Buttons(vec![button("a", "A")]), bare).is_err());
    }

    #[test]
    fn each_kind_becomes_what_the_api_takes_and_what_a_person_reads() {
        let around = Around {
            header: Some("Visit"),
            footer: Some("Shop"),
            ..AROUND
        };
        let (content, text) =
            interactive(&Press::Buttons(vec![button("mon", "Monday")]), around).unwrap();
        assert_eq!(
            content["interactive"]["action"]["buttons"][0]["reply"]["id"],
            "mon"
        );
        assert_eq!(content["interactive"]["header"]["text"], "Visit");
        assert_eq!(text, "*Visit*\nWhich day?\nShop\n[Monday]");
        let mut rows: Vec<Row> = (0..2).map(row).collect();
        rows[0].section = Some("A".into());
        rows[1].section = Some("B".into());
        rows[1].description = Some("late".into());
        let (content, text) =
            interactive(&Press::List("Choose".into(), rows.clone()), AROUND).unwrap();
        assert_eq!(
            content["interactive"]["action"]["sections"][1]["rows"][0]["description"],
            "late"
        );
        assert_eq!(text, "Which day?\n[Choose]\nA:\n- Row 0\nB:\n- Row 1: late");
        rows[0].section = None;
        assert!(interactive(&Press::List("Choose".into(), rows), AROUND).is_err());
        let flow = Flow {
            flow: "42".into(),
            label: "Book".into(),
            screen: Some("FIRST".into()),
            data: Some(json!({"a": 1})),
        };
        let (content, _) = interactive(&Press::Flow(flow), AROUND).unwrap();
        let parameters = &content["interactive"]["action"]["parameters"];
        assert_eq!(
            (
                &parameters["flow_id"],
                &parameters["flow_action_payload"]["screen"]
            ),
            (&json!("42"), &json!("FIRST"))
        );
    }

    #[test]
    fn a_place_is_on_this_earth() {
        let (content, text) = place(&location("48.8584, 2.2945, Eiffel Tower").unwrap());
        assert_eq!(content["location"]["name"], "Eiffel Tower");
        assert_eq!(text, "[location] Eiffel Tower (geo:48.8584,2.2945)");
        for bad in ["", "1", "91,0", "0,181", "a,b", "NaN,0", "1;2"] {
            assert!(location(bad).is_err(), "{bad}");
        }
    }
}
