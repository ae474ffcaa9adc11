//! What Twilio tells by itself: messages that came in, and what became of those that went out.
//!
//! Source: Twilio's documentation of webhook security, and of the parameters of messages and status callbacks. The
//! same may come twice and in any order, and fields may be added at any time.

mod signature;

pub use signature::verify;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use reqwest::Url;
use ring::digest;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::format::twilio;
use crate::model::receive::{Call, Event, Heard, Incoming, News, StatusNews};
use crate::rules::optout;

use super::status;

/// What is kept of a call: a form of 1,600 characters and some addresses.
pub const LARGEST: usize = 1 << 20;
/// Who calls twice says so by this.
const TOKEN: &str = "i-twilio-idempotency-token";
/// Our own mark in the address that statuses are told to.
const OWN: &str = "comms";
/// Media in one message, and some more.
const MOST_MEDIA: u32 = 100;

/// Proves a call with the account's auth token and takes it apart. Refused is what is not proven; nothing of it is kept.
pub fn hear(call: &Call<'_>, auth_token: Option<&SecretString>) -> Result<Heard> {
    let params = params(call);
    verify(call, &params, auth_token)?;
    Ok(Heard::Events(vec![event(call, params)]))
}

/// The parameters of a call: of its form, or of its query.
fn params(call: &Call<'_>) -> Vec<(String, String)> {
    if call.method == "GET" {
        return query(call.url);
    }
    let media_type = call.header("content-type").unwrap_or_default();
    if !media_type
        .to_ascii_lowercase()
        .starts_with("application/x-www-form-urlencoded")
    {
        return Vec::new();
    }
    let pairs = url::form_urlencoded::parse(call.body);
    pairs
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect()
}

fn query(url: &str) -> Vec<(String, String)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect()
}

/// One call is one event.
fn event(call: &Call<'_>, params: Vec<(String, String)>) -> Event {
    let found = |name: &str| {
        let mut all = params.iter().filter(|(known, _)| known == name);
        all.next()
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty())
    };
    let sid = found("MessageSid").or_else(|| found("SmsSid"));
    let id = match (sid, status_of(&found)) {
        (Some(sid), Some(status)) => format!("status:{sid}:{status}"),
        (Some(sid), None) => format!("message:{sid}"),
        (None, _) => match call.header(TOKEN) {
            Some(token) => format!("token:{token}"),
            None => format!("raw:{}", fingerprint(call.body)),
        },
    };
    let own = query(call.url).into_iter().find(|(name, _)| name == OWN);
    let mut form: Map<String, Value> = Map::new();
    for (name, value) in params {
        match form.get_mut(&name) {
            Some(Value::Array(all)) => all.push(value.into()),
            Some(one) => *one = Value::Array(vec![one.take(), value.into()]),
            None => drop(form.insert(name, value.into())),
        }
    }
    let mut body = json!({ "form": form, "received_at": call.at.to_string() });
    if let Some((_, own)) = own {
        body["own"] = own.into();
    }
    if form.is_empty() {
        body["body"] = String::from_utf8_lossy(call.body).into();
    }
    Event {
        id,
        body: body.to_string().into_bytes(),
    }
}

/// The status that a call tells of a message of ours.
fn status_of<'a>(found: &impl Fn(&str) -> Option<&'a str>) -> Option<&'a str> {
    let status = found("MessageStatus").or_else(|| {
        // The older name is said of what comes in as well, and then beside a text.
        found("SmsStatus").filter(|_| found("NumMedia").is_none() && found("Body").is_none())
    })?;
    (!matches!(status, "received" | "receiving")).then_some(status)
}

/// What an event says; nothing for one of another account, or of a kind that is unknown.
pub fn read(body: &[u8], account_sid: &str) -> Vec<News> {
    let event: Value = serde_json::from_slice(body).unwrap_or_default();
    let form: BTreeMap<&str, &str> = event
        .get("form")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let found = |name: &str| form.get(name).copied();
    if found("AccountSid").is_some_and(|sid| sid != account_sid) {
        return Vec::new();
    }
    let Some(sid) = found("MessageSid").or_else(|| found("SmsSid")) else {
        return Vec::new();
    };
    if let Some(said) = status_of(&found) {
        let own = event.get("own").and_then(Value::as_str);
        return told(sid, said, own, &found).into_iter().collect();
    }
    let at = event.get("received_at").and_then(Value::as_str);
    let at: Timestamp = at.and_then(|at| at.parse().ok()).unwrap_or_default();
    let mut news = vec![News::Message(written(sid, &found, at))];
    let from = found("From").map(twilio::address);
    let out = match found("OptOutType") {
        Some("STOP") => Some(true),
        Some("START") => Some(false),
        Some(_) => None,
        None => optout::keyword(found("Body").unwrap_or_default()),
    };
    if let (Some(address), Some(out)) = (from, out) {
        let why = optout::replied(found("Body").unwrap_or_default());
        news.push(News::OptOut { address, out, why });
    }
    news
}

fn told<'a>(
    sid: &str,
    said: &str,
    own: Option<&str>,
    found: &impl Fn(&str) -> Option<&'a str>,
) -> Option<News> {
    let code = found("ErrorCode")
        .and_then(|code| code.parse().ok())
        .filter(|code| *code != 0);
    let (code, words) = status::explained(said, code);
    Some(News::Status(StatusNews {
        remote: sid.to_owned(),
        own: own.and_then(own_of),
        state: status::reported(said)?,
        at: found("RawDlrDoneDate").and_then(carrier_time),
        code,
        words,
        billed: None,
        segments: None,
        pricing: None,
    }))
}

/// A message as the API would give it.
fn written<'a>(sid: &str, found: &impl Fn(&str) -> Option<&'a str>, at: Timestamp) -> Incoming {
    let date = rfc2822::to_string(&at.to_zoned(TimeZone::UTC)).unwrap_or_default();
    let field = |name: &str| found(name).unwrap_or_default();
    let message = json!({
        "sid": sid,
        "account_sid": found("AccountSid"),
        "messaging_service_sid": found("MessagingServiceSid"),
        "direction": "inbound",
        "from": field("From"),
        "to": field("To"),
        "body": field("Body"),
        "status": "received",
        "num_media": found("NumMedia").unwrap_or("0"),
        "num_segments": found("NumSegments").unwrap_or("1"),
        "date_created": date,
        "date_sent": date,
    });
    let count = twilio::count(&message, "num_media")
        .unwrap_or(0)
        .min(MOST_MEDIA);
    let media: Vec<Value> = (0..count)
        .map(|n| {
            let url = found(&format!("MediaUrl{n}")).unwrap_or_default();
            json!({
                "sid": medium(url),
                "content_type": found(&format!("MediaContentType{n}")),
            })
        })
        .collect();
    Incoming {
        remote: sid.to_owned(),
        document: twilio::document(&message, &media),
        at,
        own: false,
        folder: None,
    }
}

/// The id at the end of a medium's address.
fn medium(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let last = url.path_segments()?.next_back()?;
    (last.starts_with("ME") && last.bytes().all(|b| b.is_ascii_alphanumeric()))
        .then(|| last.to_owned())
}

/// The address that statuses of a part are told to: ours, with a mark that ties them to it.
pub fn status_callback(webhook: &str, own_id: &str, part: usize) -> Option<String> {
    let mut url = Url::parse(webhook).ok()?;
    url.query_pairs_mut()
        .append_pair(OWN, &format!("{own_id}.{part}"));
    Some(url.to_string())
}

fn own_of(mark: &str) -> Option<(String, usize)> {
    let (own, part) = mark.rsplit_once('.')?;
    Some((own.to_owned(), part.parse().ok()?))
}

/// When the carrier was done: `YYMMDDhhmm`, and seconds at times.
fn carrier_time(text: &str) -> Option<Timestamp> {
    let format = match text.len() {
        10 => "%y%m%d%H%M",
        12 => "%y%m%d%H%M%S",
        _ => return None,
    };
    let time = DateTime::strptime(format, text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn fingerprint(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    let hash = hash.as_ref().iter().take(16);
    hash.map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests;
