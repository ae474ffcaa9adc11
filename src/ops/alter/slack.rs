//! Reactions, edits and deletions at Slack.

use serde_json::json;

use super::{Act, AlterReport, still_there, unseen};
use crate::channel::slack::Client;
use crate::error::{Error, Kind, Result};
use crate::format::dialect::Mentions;
use crate::format::document::Document;
use crate::format::slack;
use crate::model::id::MessageId;
use crate::ops::App;

/// The name of the emoji that a reaction is.
pub fn named(emoji: &str) -> Result<String> {
    slack::emoji_name(emoji).ok_or_else(|| {
        Error::usage("Slack's name of that emoji is not known")
            .hint("write its name as Slack shows it, as in `comms react m17 :tada:`")
    })
}

/// Does it at Slack, and here once it is done there.
pub async fn at_provider(
    app: &App,
    client: &Client,
    (channel, ts): (&str, &str),
    (id, document, act): (MessageId, &Document, &Act),
) -> Result<AlterReport> {
    let mut report = AlterReport {
        message: id,
        done: act.done().to_owned(),
        emoji: None,
        text: None,
    };
    let keep = |message: &serde_json::Value| {
        let raw = slack::rewritten(&document.raw, message).to_string();
        let raw = raw.into_bytes();
        app.store.rewrite(id, &raw, &slack::parse(&raw))
    };
    let place = (channel, ts);
    match act {
        Act::React(emoji) | Act::Unreact(emoji) => {
            let name = named(emoji)?;
            match act {
                Act::React(_) => client.react(place, &name).await?,
                _ => client.unreact(place, &name).await?,
            }
            report.emoji = Some(emoji.clone());
            // Its reactions are part of it.
            // It was done; what can't be read now, the next sync shows.
            if let Ok(Some(message)) = client.message(channel, ts).await {
                keep(&message)?;
            }
        }
        Act::Edit(text, markdown) => {
            let text = match markdown {
                true => slack::from_markdown(text, Mentions::Shown),
                false => slack::from_plain(text, Mentions::Shown),
            };
            let text = text.trim_end();
            if slack::chunks(text).len() != 1 {
                return Err(Error::usage(
                    "a message of Slack has a text of at most 4,000 characters",
                ));
            }
            client.change(channel, ts, text).await?;
            let message = match client.message(channel, ts).await {
                Ok(Some(message)) => message,
                Ok(None) | Err(_) => {
                    let mut message = slack::message_of(&document.raw);
                    message["text"] = json!(text);
                    message
                }
            };
            keep(&message)?;
            let raw = slack::rewritten(&document.raw, &message).to_string();
            report.text = Some(slack::parse(raw.as_bytes()).text);
        }
        Act::Unsend => {
            let stored = slack::message_of(&document.raw);
            if slack::is_deleted(&stored) {
                return Ok(report);
            }
            match client.delete(channel, ts).await {
                Ok(()) => {}
                // Someone was quicker, or nobody may know.
                Err(e) if e.kind == Kind::NotFound => prove_gone(client, place, (id, e)).await?,
                Err(e) => return Err(e),
            }
            keep(&slack::deleted(&stored))?;
        }
    }
    Ok(report)
}

/// Whether a message that was not found is gone: only a channel that can be read, and lacks it, says so.
async fn prove_gone(
    client: &Client,
    (channel, ts): (&str, &str),
    (id, refusal): (MessageId, Error),
) -> Result<()> {
    let message = client.message(channel, ts).await;
    match message.map_err(|e| unseen(id, e))? {
        Some(message) if !slack::is_deleted(&message) => Err(still_there(id, refusal)),
        _ => Ok(()),
    }
}
