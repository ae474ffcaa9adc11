//! Message templates: what one asks for, and a message made of it, checked before anyone is asked.
//!
//! Source: Cloud API, "Message templates" and "Template components", of 2026-08.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::text;
use crate::error::{Error, Result};

/// Characters of a body once its variables are filled in.
const MOST_BODY: usize = 1_024;
/// And of its header.
const MOST_HEADER: usize = 60;
/// A coupon's code.
const MOST_CODE: usize = 15;

/// What stands above a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    Text(String),
    /// `image`, `video` or `document`.
    Media(&'static str),
    Location,
}

/// What can be pressed below a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// QUICK_REPLY, URL, PHONE_NUMBER, COPY_CODE, FLOW, OTP, CATALOG…
    pub kind: String,
    pub label: String,
    /// Where it leads; `{{1}}` at its end is filled in.
    pub url: Option<String>,
}

/// A template of a business account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub name: String,
    /// `en_US`.
    pub language: String,
    /// UTILITY, MARKETING or AUTHENTICATION.
    pub category: String,
    /// APPROVED is the only one that goes.
    pub status: String,
    pub header: Option<Header>,
    pub body: String,
    pub footer: Option<String>,
    pub buttons: Vec<Button>,
}

/// A message made of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// As the API takes it.
    pub content: Value,
    /// As a person reads it.
    pub text: String,
}

/// What a template is filled with.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    pub vars: &'a BTreeMap<String, String>,
    /// How many files go along: the first stands in a header that wants one.
    pub files: usize,
}

impl Template {
    /// Reads a template as WhatsApp lists it; `None` if it has no name.
    pub fn read(value: &Value) -> Option<Template> {
        let mut template = Template {
            name: text(value, "name")?.to_owned(),
            language: text(value, "language").unwrap_or_default().to_owned(),
            category: text(value, "category").unwrap_or_default().to_uppercase(),
            status: text(value, "status").unwrap_or_default().to_uppercase(),
            header: None,
            body: String::new(),
            footer: None,
            buttons: Vec::new(),
        };
        let components = value.get("components").and_then(Value::as_array);
        for component in components.into_iter().flatten() {
            let words = text(component, "text").unwrap_or_default();
            match text(component, "type")
                .unwrap_or_default()
                .to_uppercase()
                .as_str()
            {
                "HEADER" => template.header = header(component, words),
                "BODY" => template.body = words.to_owned(),
                "FOOTER" => template.footer = Some(words.to_owned()),
                "BUTTONS" => {
                    let buttons = component.get("buttons").and_then(Value::as_array);
                    template.buttons = buttons.into_iter().flatten().map(button).collect();
                }
                _ => {}
            }
        }
        Some(template)
    }

    pub fn is_approved(&self) -> bool {
        self.status == "APPROVED"
    }

    /// The values it can't go without, by the names `--var` gives them.
    pub fn wants(&self) -> Vec<String> {
        let mut wants = Vec::new();
        match &self.header {
            Some(Header::Text(words)) => {
                wants.extend(
                    names(words)
                        .into_iter()
                        .map(|name| format!("header.{name}")),
                );
            }
            Some(Header::Media(_) | Header::Location) => wants.push("header".to_owned()),
            None => {}
        }
        wants.extend(names(&self.body));
        for (n, button) in self.buttons.iter().enumerate() {
            if self.button_wants(button) {
                wants.push(format!("button{}", n + 1));
            }
        }
        wants
    }

    fn button_wants(&self, button: &Button) -> bool {
        match button.kind.as_str() {
            "COPY_CODE" => true,
            // The code of an authentication template stands in its body already.
            "URL" => self.category != "AUTHENTICATION" && !url_names(button).is_empty(),
            _ => false,
        }
    }

    /// Names that `--var` may have beside those it has to.
    fn may_have(&self) -> BTreeSet<String> {
        let buttons = self.buttons.iter().enumerate();
        let replies = buttons.filter(|(_, b)| matches!(b.kind.as_str(), "QUICK_REPLY" | "FLOW"));
        replies.map(|(n, _)| format!("button{}", n + 1)).collect()
    }

    /// The words that would send it, with a place for each value.
    pub fn command(&self, to: &str) -> String {
        let mut command = format!(
            "comms send {to} --template {} --lang {}",
            self.name, self.language
        );
        for want in self.wants() {
            command.push_str(&format!(" --var {want}=VALUE"));
        }
        command
    }

    /// A message of it.
    ///
    /// # Errors
    /// `refused`: it is not approved. `usage`: a value is missing, unknown, too long or of the wrong shape.
    pub fn fill(&self, values: Values<'_>) -> Result<Filled> {
        if !self.is_approved() {
            return Err(Error::refused(format!(
                "template `{}` ({}) is {}, and only an approved one goes",
                self.name,
                self.language,
                self.status.to_lowercase()
            ))
            .hint("see what the account has: `comms auth templates`"));
        }
        let given = self.given(values)?;
        let mut components = Vec::new();
        let mut lines = Vec::new();
        if let Some(component) = self.filled_header(&given, values.files, &mut lines)? {
            components.push(component);
        }
        let (parameters, body) = parameters(&self.body, &given, "")?;
        self.limit("text", &body, MOST_BODY)?;
        if !parameters.is_empty() {
            components.push(json!({ "type": "body", "parameters": parameters }));
        }
        lines.push(body);
        lines.extend(self.footer.clone());
        self.filled_buttons(&given, &mut components, &mut lines)?;
        let mut template = json!({ "name": self.name, "language": { "code": self.language } });
        if !components.is_empty() {
            template["components"] = components.into();
        }
        Ok(Filled {
            content: json!({ "type": "template", "template": template }),
            text: lines.join("\n"),
        })
    }

    /// The values by name, typed ones (`1:currency=…`) read; all that it wants, and nothing else.
    fn given<'a>(&self, values: Values<'a>) -> Result<BTreeMap<&'a str, Given<'a>>> {
        let mut given = BTreeMap::new();
        for (name, value) in values.vars {
            let (name, kind) = name.split_once(':').unwrap_or((name, "text"));
            given.insert(name, Given { kind, value });
        }
        let wants = self.wants();
        let by_file = |want: &str| {
            want == "header" && matches!(self.header, Some(Header::Media(_))) && values.files > 0
        };
        let missing: Vec<String> = wants
            .iter()
            .filter(|want| !given.contains_key(want.as_str()) && !by_file(want))
            .map(|want| format!("`{want}`"))
            .collect();
        if !missing.is_empty() {
            return Err(Error::usage(format!(
                "template `{}` ({}) wants {} values, and {} {} missing",
                self.name,
                self.language,
                wants.len(),
                missing.join(", "),
                if missing.len() == 1 { "is" } else { "are" }
            ))
            .hint(format!("write it like `{}`", self.command("TO"))));
        }
        let may = self.may_have();
        let unknown = given
            .keys()
            .find(|name| !wants.iter().any(|want| want == *name) && !may.contains(**name));
        if let Some(unknown) = unknown {
            let known: Vec<String> = wants.iter().map(|want| format!("`{want}`")).collect();
            let asks = match known.is_empty() {
                true => "asks for nothing".to_owned(),
                false => format!("asks for {}", known.join(", ")),
            };
            return Err(Error::usage(format!(
                "template `{}` ({}) has no `{unknown}`: it {asks}",
                self.name, self.language
            )));
        }
        Ok(given)
    }

    fn filled_header(
        &self,
        given: &BTreeMap<&str, Given<'_>>,
        files: usize,
        lines: &mut Vec<String>,
    ) -> Result<Option<Value>> {
        let parameters = match &self.header {
            None => return Ok(None),
            Some(Header::Text(words)) => {
                let (parameters, filled) = parameters(words, given, "header.")?;
                self.limit("header", &filled, MOST_HEADER)?;
                lines.push(format!("*{filled}*"));
                parameters
            }
            Some(Header::Media(kind)) => {
                let media = match given.get("header") {
                    Some(given) => {
                        lines.push(format!("[{kind}] {}", given.value));
                        link(given.value)?
                    }
                    // Put there once it is uploaded.
                    None => {
                        debug_assert!(files > 0);
                        lines.push(format!("[{kind}]"));
                        json!({ FILE: 1 })
                    }
                };
                vec![json!({ "type": kind, *kind: media })]
            }
            Some(Header::Location) => {
                let place = given.get("header").map_or("", |given| given.value);
                let place = super::compose::location(place)?;
                lines.push(super::said::text_of(
                    &json!({ "type": "location", "location": place }),
                ));
                vec![json!({ "type": "location", "location": place })]
            }
        };
        Ok((!parameters.is_empty()).then(|| json!({ "type": "header", "parameters": parameters })))
    }

    fn filled_buttons(
        &self,
        given: &BTreeMap<&str, Given<'_>>,
        components: &mut Vec<Value>,
        lines: &mut Vec<String>,
    ) -> Result<()> {
        for (n, button) in self.buttons.iter().enumerate() {
            let own = format!("button{}", n + 1);
            let code = (self.category == "AUTHENTICATION")
                .then(|| given.get("1"))
                .flatten();
            let value = given.get(own.as_str()).or(code).map(|given| given.value);
            let (sub_type, parameter) = match (button.kind.as_str(), value) {
                ("URL", Some(value)) if !url_names(button).is_empty() => {
                    ("url", json!({ "type": "text", "text": value }))
                }
                ("COPY_CODE", Some(code)) => {
                    self.limit("code", code, MOST_CODE)?;
                    (
                        "copy_code",
                        json!({ "type": "coupon_code", "coupon_code": code }),
                    )
                }
                ("QUICK_REPLY", Some(payload)) => (
                    "quick_reply",
                    json!({ "type": "payload", "payload": payload }),
                ),
                ("FLOW", token) => {
                    let token = token.unwrap_or("unused");
                    (
                        "flow",
                        json!({ "type": "action", "action": { "flow_token": token } }),
                    )
                }
                _ => {
                    lines.push(shown(button, value));
                    continue;
                }
            };
            lines.push(shown(button, value));
            components.push(json!({
                "type": "button", "sub_type": sub_type, "index": n.to_string(), "parameters": [parameter],
            }));
        }
        Ok(())
    }

    fn limit(&self, what: &str, words: &str, most: usize) -> Result<()> {
        let count = words.chars().count();
        if count <= most {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the {what} of template `{}` has {count} characters with these values, and WhatsApp takes {most}",
            self.name
        )))
    }
}

/// Stands for an uploaded file in what is to be sent: its number among the attachments.
pub const FILE: &str = "comms_file";

#[derive(Clone, Copy)]
struct Given<'a> {
    kind: &'a str,
    value: &'a str,
}

fn header(component: &Value, words: &str) -> Option<Header> {
    Some(
        match text(component, "format")
            .unwrap_or("TEXT")
            .to_uppercase()
            .as_str()
        {
            "TEXT" => Header::Text(words.to_owned()),
            "IMAGE" => Header::Media("image"),
            "VIDEO" => Header::Media("video"),
            "DOCUMENT" => Header::Media("document"),
            "LOCATION" => Header::Location,
            _ => return None,
        },
    )
}

fn button(value: &Value) -> Button {
    Button {
        kind: text(value, "type").unwrap_or_default().to_uppercase(),
        label: text(value, "text").unwrap_or_default().to_owned(),
        url: text(value, "url").map(str::to_owned),
    }
}

fn url_names(button: &Button) -> Vec<String> {
    names(button.url.as_deref().unwrap_or_default())
}

fn shown(button: &Button, value: Option<&str>) -> String {
    let url = button
        .url
        .as_deref()
        .map(|url| match (names(url).first(), value) {
            (Some(name), Some(value)) => url.replace(&format!("{{{{{name}}}}}"), value),
            _ => url.to_owned(),
        });
    match url {
        Some(url) => format!("[{}] {url}", button.label),
        None => format!("[{}]", button.label),
    }
}

/// The variables of a text in the order they come in, each once: `1`, `2`, or names.
fn names(words: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in words.split("{{").skip(1) {
        let Some((name, _)) = piece.split_once("}}") else {
            continue;
        };
        let name = name.trim().to_owned();
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    // Positions are filled by their number.
    if found.iter().all(|name| name.parse::<u32>().is_ok()) {
        found.sort_by_key(|name| name.parse::<u32>().unwrap_or_default());
    }
    found
}

/// The parameters of a text as the API takes them, and the text with them filled in.
fn parameters(
    words: &str,
    given: &BTreeMap<&str, Given<'_>>,
    prefix: &str,
) -> Result<(Vec<Value>, String)> {
    let mut parameters = Vec::new();
    let mut filled = String::new();
    let names = names(words);
    for name in &names {
        let Some(given) = given.get(format!("{prefix}{name}").as_str()) else {
            continue;
        };
        let mut parameter = typed(name, *given)?;
        if name.parse::<u32>().is_err() {
            parameter["parameter_name"] = name.as_str().into();
        }
        parameters.push(parameter);
    }
    for (n, piece) in words.split("{{").enumerate() {
        match piece.split_once("}}").filter(|_| n > 0) {
            Some((name, rest)) => {
                let key = format!("{prefix}{}", name.trim());
                filled.push_str(given.get(key.as_str()).map_or("", |given| given.value));
                filled.push_str(rest);
            }
            None if n > 0 => filled.push_str(&format!("{{{{{piece}")),
            None => filled.push_str(piece),
        }
    }
    Ok((parameters, filled))
}

fn typed(name: &str, given: Given<'_>) -> Result<Value> {
    let value = given.value;
    // WhatsApp refuses these in a value.
    if value.trim().is_empty() || value.contains(['\n', '\r', '\t']) || value.contains("     ") {
        return Err(Error::usage(format!(
            "the value of `{name}` is empty, or has a line break, a tab or five spaces in a row, which WhatsApp takes in no template"
        )));
    }
    Ok(match given.kind {
        "text" => json!({ "type": "text", "text": value }),
        "currency" => {
            let (amount, code) = amount(value).ok_or_else(|| {
                Error::usage(format!("`{value}` is not an amount of money"))
                    .hint(format!("write it like `--var {name}:currency='12.50 USD'`"))
            })?;
            json!({ "type": "currency", "currency": { "fallback_value": value, "code": code, "amount_1000": amount } })
        }
        "date_time" => {
            json!({ "type": "date_time", "date_time": { "fallback_value": value } })
        }
        other => {
            return Err(
                Error::usage(format!("`{other}` is not a type of a template's value"))
                    .hint("types are text, currency and date_time"),
            );
        }
    })
}

/// `12.50 USD` as thousandths and the currency.
fn amount(text: &str) -> Option<(i64, &str)> {
    let (number, code) = text.trim().rsplit_once(' ')?;
    let sound = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
    let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let bare = whole.strip_prefix('-').unwrap_or(whole);
    if !sound || bare.is_empty() || !digits(bare) || !digits(fraction) || fraction.len() > 3 {
        return None;
    }
    let thousandths: i64 = format!("{fraction:0<3}").parse().ok()?;
    let whole: i64 = whole.parse::<i64>().ok()?.checked_mul(1000)?;
    let sum = if number.trim().starts_with('-') {
        whole - thousandths
    } else {
        whole + thousandths
    };
    Some((sum, code))
}

fn link(value: &str) -> Result<Value> {
    if value.starts_with("https://") || value.starts_with("http://") {
        return Ok(json!({ "link": value }));
    }
    Err(Error::usage(format!(
        "the header of the template wants a file, and `{value}` is no link to one"
    ))
    .hint("attach the file with -a, or give a link: --var header=https://…"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn template(components: Value) -> Template {
        Template::read(&json!({
            "name": "order_update", "language": "en_US", "category": "UTILITY", "status": "APPROVED",
            "components": components,
        }))
        .unwrap()
    }

    fn fill(template: &Template, vars: &[(&str, &str)], files: usize) -> Result<Filled> {
        let vars = vars
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        template.fill(Values { vars: &vars, files })
    }

    #[test]
    fn positions_and_names_become_parameters_and_a_text() {
        let by_number = template(json!([
            {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
            {"type": "BODY", "text": "Hi {{2}}, {{1}} is on its way."},
            {"type": "FOOTER", "text": "Shop"},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Thanks"},
                {"type": "URL", "text": "Track", "url": "https://x.example/{{1}}"}
            ]}
        ]));
        assert_eq!(by_number.wants(), ["header.1", "1", "2", "button2"]);
        let filled = fill(
            &by_number,
            &[
                ("header.1", "7"),
                ("1", "it"),
                ("2", "Ada"),
                ("button2", "t7"),
            ],
            0,
        )
        .unwrap();
        assert_eq!(
            filled.text,
            "*Order 7*\nHi Ada, it is on its way.\nShop\n[Thanks]\n[Track] https://x.example/t7"
        );
        assert_eq!(
            filled.content["template"]["components"],
            json!([
                {"type": "header", "parameters": [{"type": "text", "text": "7"}]},
                {"type": "body", "parameters": [{"type": "text", "text": "it"}, {"type": "text", "text": "Ada"}]},
                {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "t7"}]}
            ])
        );
        let named = template(json!([{"type": "BODY", "text": "Hi {{first_name}}, {{ day }}"}]));
        let filled = fill(&named, &[("first_name", "Ada"), ("day", "Mon")], 0).unwrap();
        assert_eq!(filled.text, "Hi Ada, Mon");
        assert_eq!(
            filled.content["template"]["components"][0]["parameters"][1]["parameter_name"],
            "day"
        );
    }

    #[test]
    fn what_is_missing_or_too_much_is_named_with_the_command_that_works() {
        let three = template(json!([{"type": "BODY", "text": "{{1}} {{2}} {{3}}"}]));
        let error = fill(&three, &[("1", "a")], 0).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert_eq!(
            error.message,
            "template `order_update` (en_US) wants 3 values, and `2`, `3` are missing"
        );
        assert_eq!(
            error.hint.unwrap(),
            "write it like `comms send TO --template order_update --lang en_US --var 1=VALUE --var 2=VALUE --var 3=VALUE`"
        );
        let error = fill(&three, &[("1", "a"), ("2", "a"), ("3", "a"), ("4", "a")], 0).unwrap_err();
        assert_eq!(
            error.message,
            "template `order_update` (en_US) has no `4`: it asks for `1`, `2`, `3`"
        );
        for bad in ["", "a\nb", "a\tb", "a     b"] {
            assert!(
                fill(&three, &[("1", bad), ("2", "a"), ("3", "a")], 0).is_err(),
                "{bad:?}"
            );
        }
        let long = "x".repeat(1_025);
        assert!(fill(&three, &[("1", &long), ("2", "a"), ("3", "a")], 0).is_err());
    }

    #[test]
    fn values_have_types() {
        let one = template(json!([{"type": "BODY", "text": "{{1}} {{2}}"}]));
        let filled = fill(
            &one,
            &[("1:currency", "12.5 EUR"), ("2:date_time", "Monday")],
            0,
        )
        .unwrap();
        let parameters = &filled.content["template"]["components"][0]["parameters"];
        assert_eq!(
            parameters[0]["currency"],
            json!({"fallback_value": "12.5 EUR", "code": "EUR", "amount_1000": 12500})
        );
        assert_eq!(parameters[1]["date_time"]["fallback_value"], "Monday");
        assert_eq!(filled.text, "12.5 EUR Monday");
        assert!(fill(&one, &[("1:currency", "lots"), ("2", "a")], 0).is_err());
        assert!(fill(&one, &[("1:colour", "red"), ("2", "a")], 0).is_err());
        assert_eq!(amount("-0.5 USD"), Some((-500, "USD")));
    }

    #[test]
    fn a_header_takes_a_link_or_the_first_file() {
        let image = template(
            json!([{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "hi"}]),
        );
        assert_eq!(image.wants(), ["header"]);
        let linked = fill(&image, &[("header", "https://x.example/a.png")], 0).unwrap();
        assert_eq!(
            linked.content["template"]["components"][0]["parameters"][0],
            json!({"type": "image", "image": {"link": "https://x.example/a.png"}})
        );
        let attached = fill(&image, &[], 1).unwrap();
        assert_eq!(
            attached.content["template"]["components"][0]["parameters"][0]["image"][FILE],
            1
        );
        assert!(fill(&image, &[], 0).is_err());
        assert!(fill(&image, &[("header", "a.png")], 0).is_err());
    }

    #[test]
    fn one_that_is_not_approved_never_goes() {
        let mut paused = template(json!([{"type": "BODY", "text": "hi"}]));
        paused.status = "PAUSED".to_owned();
        assert_eq!(fill(&paused, &[], 0).unwrap_err().kind, Kind::Refused);
    }

    #[test]
    fn an_authentication_code_is_given_once() {
        let mut code = template(json!([
            {"type": "BODY", "text": "*{{1}}* is your code."},
            {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/otp/code/?code=otp{{1}}"}]}
        ]));
        code.category = "AUTHENTICATION".to_owned();
        assert_eq!(code.wants(), ["1"]);
        let filled = fill(&code, &[("1", "123456")], 0).unwrap();
        assert_eq!(
            filled.content["template"]["components"][1]["parameters"][0]["text"],
            "123456"
        );
    }
}
