//! What Twilio says became of a message of ours. `sent` is where it left for the carrier; that it arrived is another word.

use serde_json::Value;

use crate::format::twilio;
use crate::model::receive::{Reported, StatusNews};
use crate::net::twilio::codes;

use super::text;

/// How far a message is by Twilio's name for it; `None` for one that is unknown, or of one that came in.
pub fn reported(status: &str) -> Option<Reported> {
    Some(match status {
        "accepted" | "scheduled" | "queued" | "sending" => Reported::Queued,
        // Of some of its recipients it is not known whether they got it.
        "sent" | "partially_delivered" => Reported::Sent,
        "delivered" => Reported::Delivered,
        "read" => Reported::Read,
        "undelivered" | "failed" | "canceled" => Reported::Undelivered,
        _ => return None,
    })
}

/// Whether nothing more is to be expected of a message with this status.
pub fn is_final(status: &str) -> bool {
    matches!(
        status,
        "delivered" | "read" | "undelivered" | "failed" | "canceled" | "received"
    )
}

/// Why a message did not arrive: Twilio's number for it, and what that means.
pub fn explained(status: &str, code: Option<u32>) -> (Option<String>, Option<String>) {
    let words = match code.and_then(codes::code) {
        Some(known) if known.hint.is_empty() => Some(known.words.to_owned()),
        Some(known) => Some(format!("{}; {}", known.words, known.hint)),
        None if status == "canceled" => Some("it was cancelled at Twilio".to_owned()),
        None => None,
    };
    (code.map(|code| code.to_string()), words)
}

/// What a message, as the API gives it, says of itself; `None` for one that came in.
pub fn news(message: &Value) -> Option<StatusNews> {
    let status = text(message, "status")?;
    let (code, words) = explained(status, twilio::error_code(message));
    Some(StatusNews {
        remote: text(message, "sid")?.to_owned(),
        own: None,
        state: reported(status)?,
        at: twilio::time(message, "date_updated"),
        code,
        words,
        billed: twilio::price(message),
        segments: twilio::count(message, "num_segments").filter(|n| *n > 0),
        pricing: None,
    })
}

/// What a message that came in cost, once Twilio says so.
pub fn cost(message: &Value) -> Option<StatusNews> {
    let came = matches!(text(message, "status")?, "received" | "receiving");
    Some(StatusNews {
        remote: text(message, "sid")?.to_owned(),
        own: None,
        state: Reported::Delivered,
        at: twilio::time(message, "date_created"),
        code: None,
        words: None,
        billed: Some(twilio::price(message).filter(|_| came)?),
        segments: twilio::count(message, "num_segments"),
        pricing: None,
    })
}
