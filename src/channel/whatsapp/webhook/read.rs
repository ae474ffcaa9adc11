//! What an event says: a message, what became of one of ours, who wants no more.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::own;
use crate::format::whatsapp;
use crate::model::receive::{Incoming, News, Reported, StatusNews};

/// The user stopped marketing messages (Cloud API, error codes).
const STOPPED: &str = "131050";
/// It came outside the customer-service window.
const CLOSED: &str = "131047";

/// The news in an event that was kept. None are in one for another number than the account's: a Meta app has one
/// address for all its numbers.
pub fn read(body: &[u8], phone_number_id: &str) -> Vec<News> {
    let Some(event) = ours(body, phone_number_id) else {
        return Vec::new();
    };
    if let Some(message) = event.get("message") {
        return written(&event, message, false).into_iter().collect();
    }
    if let Some(message) = event.get("echo") {
        return written(&event, message, true).into_iter().collect();
    }
    if let Some(status) = event.get("status") {
        let mut news = Vec::new();
        let found = status_news(status);
        if found.as_ref().and_then(|s| s.code.as_deref()) == Some(STOPPED) {
            news.extend(recipient(status).map(|address| News::OptOut {
                address,
                out: true,
                why: "stopped marketing messages on WhatsApp (131050)".to_owned(),
            }));
        }
        news.extend(found.map(News::Status));
        return news;
    }
    if let Some(preference) = event.get("preference") {
        return preferred(preference).into_iter().collect();
    }
    Vec::new()
}

fn ours(body: &[u8], phone_number_id: &str) -> Option<Value> {
    let event: Value = serde_json::from_slice(body).ok()?;
    let number = event
        .get("metadata")
        .and_then(|m| text(m, "phone_number_id"));
    number
        .is_none_or(|number| number == phone_number_id)
        .then_some(event)
}

/// A message of theirs, or one of ours that was written in the app on a phone.
fn written(event: &Value, message: &Value, echo: bool) -> Option<News> {
    let id = text(message, "id")?;
    let kind = text(message, "type").unwrap_or_default();
    if kind == "revoke" {
        let original = text(message.get("revoke")?, "original_message_id")?;
        return Some(News::Deleted(original.to_owned()));
    }
    let at = time(message, "timestamp").unwrap_or_default();
    let mut document = json!({ "message": message });
    for key in ["contact", "metadata"] {
        if let Some(value) = event.get(key) {
            document[key] = value.clone();
        }
    }
    if echo {
        document["echo"] = true.into();
    }
    let edited = message.get("edit").filter(|_| kind == "edit");
    let original = edited.and_then(|edit| text(edit, "original_message_id"));
    let incoming = Incoming {
        remote: original.unwrap_or(id).to_owned(),
        document,
        at,
        own: echo,
        folder: None,
    };
    Some(match original {
        Some(_) => News::Edited(incoming),
        None => News::Message(incoming),
    })
}

fn status_news(status: &Value) -> Option<StatusNews> {
    let state = match text(status, "status")? {
        "accepted" => Reported::Queued,
        "sent" => Reported::Sent,
        "delivered" => Reported::Delivered,
        // A voice message that was listened to.
        "read" | "played" => Reported::Read,
        "failed" => Reported::Undelivered,
        _ => return None,
    };
    let error = status.get("errors").and_then(|e| e.get(0));
    let details = error.and_then(|e| text(e.get("error_data")?, "details"));
    let words = error.and_then(|e| text(e, "title").or_else(|| text(e, "message")));
    let words = match (words, details) {
        (Some(words), Some(details)) if words != details => Some(format!("{words}: {details}")),
        (words, details) => words.or(details).map(str::to_owned),
    };
    Some(StatusNews {
        remote: text(status, "id")?.to_owned(),
        own: text(status, "biz_opaque_callback_data").and_then(own),
        state,
        at: time(status, "timestamp"),
        code: error.and_then(|e| e.get("code")).map(plain),
        words,
        billed: None,
        segments: None,
        pricing: status.get("pricing").cloned(),
    })
}

fn preferred(preference: &Value) -> Option<News> {
    let out = match text(preference, "value")? {
        "stop" => true,
        "resume" => false,
        _ => return None,
    };
    let who = text(preference, "wa_id").or_else(|| text(preference, "user_id"))?;
    let category = text(preference, "category").unwrap_or("marketing_messages");
    let verb = if out { "stopped" } else { "resumed" };
    Some(News::OptOut {
        address: whatsapp::address(who),
        out,
        why: format!("{verb} {} on WhatsApp", category.replace('_', " ")),
    })
}

/// What an event says of a customer-service window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowNews {
    /// They wrote: each of their names, and whether an advertisement or a page's button brought them.
    Opened {
        customers: Vec<String>,
        at: Timestamp,
        entry: bool,
    },
    /// It is closed, the provider says.
    Closed { customer: String, at: Timestamp },
}

/// What an event says of the window between the account's number and a customer.
pub fn window(body: &[u8], phone_number_id: &str) -> Option<WindowNews> {
    let event = ours(body, phone_number_id)?;
    if let Some(message) = event.get("message") {
        // Who only changed their number or is not passed on has not written.
        if matches!(text(message, "type"), None | Some("system")) {
            return None;
        }
        let contact = event.get("contact").unwrap_or(&Value::Null);
        let names = [
            text(message, "from").or_else(|| text(contact, "wa_id")),
            text(message, "from_user_id").or_else(|| text(contact, "user_id")),
        ];
        return Some(WindowNews::Opened {
            customers: names.into_iter().flatten().map(whatsapp::address).collect(),
            at: time(message, "timestamp")?,
            entry: message.get("referral").is_some(),
        });
    }
    let status = event.get("status")?;
    let found = status_news(status)?;
    if found.code.as_deref() != Some(CLOSED) {
        return None;
    }
    Some(WindowNews::Closed {
        customer: recipient(status)?,
        at: found.at?,
    })
}

fn recipient(status: &Value) -> Option<String> {
    let who = text(status, "recipient_id").or_else(|| text(status, "recipient_user_id"));
    who.map(whatsapp::address)
}

fn time(value: &Value, key: &str) -> Option<Timestamp> {
    let seconds = match value.get(key)? {
        Value::String(text) => text.parse().ok()?,
        Value::Number(number) => number.as_i64()?,
        _ => return None,
    };
    Timestamp::from_second(seconds).ok()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value
        .get(key)
        .and_then(Value::as_str)
        .filter(|s| !s.is_empty())
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
