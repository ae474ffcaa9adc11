//! A message as SMS or MMS: its text in the channel's dialect, its media, and what is refused before it costs anything.

use reqwest::Url;
use serde_json::{Value, json};

use crate::channel::twilio::MOST_MEDIA;
use crate::error::{Error, Result};
use crate::format::{clean, html, markdown, sms, twilio};
use crate::model::account::{Account, LongText};
use crate::ops::App;

use super::SendRequest;
use super::rooms::Rendered;

/// A longer text was hardly meant for a phone, and each part costs.
const MOST_PARTS: usize = 10;

/// Text and media as the account sends them.
pub fn rendered(
    app: &App,
    account: &str,
    request: &SendRequest,
    (subject, body): (&str, &str),
) -> Result<Rendered> {
    let account = app.config.account(account)?;
    let body = match request.markdown {
        true => html::to_text(&markdown::to_html(body)),
        false => body.to_owned(),
    };
    let text = match subject.trim() {
        "" => body,
        subject => format!("{subject}\n\n{body}"),
    };
    let text = twilio::outgoing(&text, is_smart(account));
    let media = media(&request.media_urls)?;
    check(account, (&text, !media.is_empty()))?;
    Ok(Rendered {
        text,
        payload: (!media.is_empty()).then(|| json!({ "media": media })),
    })
}

/// Whether look-alikes are to be written in GSM-7.
pub fn is_smart(account: &Account) -> bool {
    account.twilio.as_ref().is_some_and(|t| t.smart_encoding)
}

/// Refuses what Twilio would refuse, or split in a way that nobody wanted.
pub fn check(account: &Account, (text, has_media): (&str, bool)) -> Result<()> {
    if text.trim().is_empty() {
        return match has_media {
            true => Ok(()),
            false => Err(Error::usage("a text message needs a text or a medium")
                .hint("write one with -m, or give the address of a picture with --media-url")),
        };
    }
    let parts = sms::parts(text, sms::LONGEST).len();
    let refuses = account
        .twilio
        .as_ref()
        .is_some_and(|t| t.long_text == LongText::Refuse);
    if parts > 1 && refuses {
        return Err(Error::usage(format!(
            "the text has {} characters, and one message takes {}",
            text.chars().count(),
            sms::LONGEST
        ))
        .hint("shorten it, or set `long_text = \"parts\"` for the account to send it in several"));
    }
    if parts > MOST_PARTS {
        return Err(Error::usage(format!(
            "the text would go in {parts} messages of {} characters, each with its own price",
            sms::LONGEST
        ))
        .hint(format!(
            "send a link to it, or at most {} characters at once",
            MOST_PARTS * sms::LONGEST
        )));
    }
    Ok(())
}

/// The addresses of media, as Twilio fetches them.
fn media(typed: &[String]) -> Result<Vec<String>> {
    if typed.len() > MOST_MEDIA {
        return Err(Error::usage(format!(
            "{} media are more than the {MOST_MEDIA} of one message",
            typed.len()
        ))
        .hint("send the others in a second message"));
    }
    typed.iter().map(|text| medium(text)).collect()
}

fn medium(text: &str) -> Result<String> {
    let wrong = |why: &str| {
        Error::usage(format!(
            "`{}` is no address of a medium: {why}",
            clean::line(text)
        ))
        .hint("give an https address that anyone can fetch, as in `--media-url https://example.com/cat.jpg`")
    };
    let url = Url::parse(text.trim()).map_err(|_| wrong("it is no web address"))?;
    if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
        return Err(wrong("it is no web address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it shows a login"));
    }
    Ok(url.to_string())
}

/// The addresses of the media in a payload.
pub fn media_of(payload: Option<&Value>) -> Vec<String> {
    let media = payload
        .and_then(|p| p.get("media"))
        .and_then(Value::as_array);
    let media = media.into_iter().flatten().filter_map(Value::as_str);
    media.map(str::to_owned).collect()
}
