//! What Slack's Events API posts to us: its signature, its handshake, its events, and the news in them.
//!
//! Source: docs.slack.dev, "Verifying requests from Slack" and "Events API".

use ring::hmac;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::slack;
use crate::model::receive::{Call, Event, Heard, Incoming, News};

/// Calls that were signed longer ago than this may be someone's recording, in seconds.
const WINDOW: u64 = 300;

/// Whether Slack signed this call, lately.
///
/// # Errors
/// `auth` if it did not.
pub fn verify(secret: &str, call: &Call<'_>) -> Result<()> {
    let refuse = |why: &str| Error::auth(format!("the call is not proven to be Slack's: {why}"));
    let signed_at = call
        .header("x-slack-request-timestamp")
        .ok_or_else(|| refuse("it says no time"))?;
    let digits = !signed_at.is_empty() && signed_at.bytes().all(|b| b.is_ascii_digit());
    let seconds: Option<i64> = signed_at.parse().ok().filter(|_| digits);
    let seconds = seconds.ok_or_else(|| refuse("its time is none"))?;
    if call.at.as_second().abs_diff(seconds) > WINDOW {
        return Err(refuse("it was signed too long ago"));
    }
    let signature = call
        .header("x-slack-signature")
        .and_then(|s| s.strip_prefix("v0="))
        .and_then(bytes_of)
        .ok_or_else(|| refuse("it has no signature"))?;
    let mut signed = format!("v0:{signed_at}:").into_bytes();
    signed.extend_from_slice(call.body);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, &signed, &signature).map_err(|_| refuse("its signature is wrong"))
}

/// What is to become of a call that is proven.
pub fn hear(call: &Call<'_>) -> Heard {
    let document: Value = serde_json::from_slice(call.body).unwrap_or_default();
    let text = |key: &str| document.get(key).and_then(Value::as_str);
    if text("type") == Some("url_verification")
        && let Some(challenge) = text("challenge")
    {
        return Heard::Handshake(challenge.as_bytes().to_vec());
    }
    let id = match text("event_id").filter(|id| !id.is_empty()) {
        Some(id) => id.to_owned(),
        // Whatever it is: the same bytes are the same event.
        None => blake3::hash(call.body).to_hex()[..32].to_owned(),
    };
    Heard::Events(vec![Event {
        id,
        body: call.body.to_vec(),
    }])
}

/// Where an event is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The workspaces and organisations that it names: where it happened, and one of those that it is told to. None if
    /// it does not say.
    pub teams: Vec<String>,
    /// The channel, if others than those may share it.
    pub shared: Option<String>,
}

/// Where an event is from. An app has one address for all workspaces that it is in.
pub fn origin(body: &[u8]) -> Origin {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let told_to = document.get("authorizations").and_then(Value::as_array);
    let places = std::iter::once(&document).chain(told_to.into_iter().flatten());
    const NAMES: [&str; 4] = [
        "team_id",
        "enterprise_id",
        "context_team_id",
        "context_enterprise_id",
    ];
    let teams = places.flat_map(|place| NAMES.iter().filter_map(|name| place.get(*name)?.as_str()));
    let is_shared = document
        .get("is_ext_shared_channel")
        .and_then(Value::as_bool)
        == Some(true);
    let channel = document.get("event").and_then(|event| event.get("channel"));
    Origin {
        teams: teams.map(str::to_owned).collect(),
        shared: channel
            .and_then(Value::as_str)
            .filter(|_| is_shared)
            .map(str::to_owned),
    }
}

/// The news in an event. What it does not say (names of channels and people) is not in the documents either.
pub fn read(body: &[u8]) -> Vec<News> {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(event) = document.get("event") else {
        return Vec::new();
    };
    let text = |key: &str| event.get(key).and_then(Value::as_str);
    let (Some("message"), Some(channel)) = (text("type"), text("channel")) else {
        return Vec::new();
    };
    let news = match text("subtype") {
        Some("message_changed") => event
            .get("message")
            .and_then(|message| incoming(channel, message))
            .map(News::Edited),
        Some("message_deleted") => {
            text("deleted_ts").map(|ts| News::Deleted(slack::remote(channel, ts)))
        }
        // The thread's first message as it is now; the answer itself comes by itself.
        Some("message_replied") => None,
        _ => incoming(channel, event).map(News::Message),
    };
    news.into_iter().collect()
}

fn incoming(channel: &str, message: &Value) -> Option<Incoming> {
    // What has no time has no place in its channel either.
    let ts = message.get("ts")?.as_str()?;
    let at = slack::time_of(ts)?;
    let mut message = message.clone();
    if let Some(fields) = message.as_object_mut() {
        // What only events have, and a listing does not.
        for key in ["channel", "channel_type", "event_ts"] {
            fields.remove(key);
        }
    }
    Some(Incoming {
        remote: slack::remote(channel, ts),
        document: slack::document(&slack::Context::of_channel(channel), &message),
        at,
        own: false,
        folder: None,
    })
}

/// The bytes of a hexadecimal text.
fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok())
        .collect()
}
