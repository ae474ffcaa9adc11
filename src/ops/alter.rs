//! What is done to a message where it is: reactions, and changes of one's own messages after they were sent.

mod slack;
mod twilio;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::channel::google_chat::{Client, Window};
use crate::error::{Error, Kind, Result};
use crate::format::chat::{self, Mentions};
use crate::format::document::Document;
use crate::format::slack as places;
use crate::model::account::{Account, ChannelKind};
use crate::model::id::MessageId;
use crate::model::message::{Ident, Location};

use super::{App, Origin, access, gate, sync, token, whatsapp};

/// What to do to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// An emoji, as itself; in Slack also by its name, `:tada:`.
    React(String),
    Unreact(String),
    /// Another text; Markdown if the second says so.
    Edit(String, bool),
    /// Away with it, for everyone.
    Unsend,
}

/// What was done to a message. `comms.alter/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AlterReport {
    pub message: MessageId,
    /// `reacted`, `unreacted`, `edited` or `unsent`.
    pub done: String,
    /// The emoji.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// The text as its provider has it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Act {
    fn verb(&self) -> &'static str {
        match self {
            Act::React(_) => "react to",
            Act::Unreact(_) => "take a reaction back from",
            Act::Edit(..) => "edit",
            Act::Unsend => "unsend",
        }
    }

    fn done(&self) -> &'static str {
        match self {
            Act::React(_) => "reacted",
            Act::Unreact(_) => "unreacted",
            Act::Edit(..) => "edited",
            Act::Unsend => "unsent",
        }
    }
}

/// Does it at the provider, and here once it is done there. Repeating it changes nothing more.
///
/// # Errors
/// `usage` where the channel can't; `refused` by policy or where the message is someone else's.
pub async fn alter(app: &App, origin: Origin, id: MessageId, act: &Act) -> Result<AlterReport> {
    let location = app.store.location(id)?;
    if let (ChannelKind::Whatsapp, Act::React(emoji) | Act::Unreact(emoji)) =
        (location.channel, act)
    {
        return on_whatsapp(app, origin, (id, &location), (act, emoji)).await;
    }
    let by_sms = location.channel == ChannelKind::Twilio && *act == Act::Unsend;
    let alters = matches!(
        location.channel,
        ChannelKind::GoogleChat | ChannelKind::Slack
    );
    if !alters && !by_sms {
        return Err(Error::usage(format!(
            "`{id}` is of channel {}, where nobody can {} a message",
            location.channel.name(),
            act.verb()
        ))
        .hint(format!("answer it: comms reply {id}")));
    }
    let account = app.config.account(&location.account)?;
    let Ident::Remote(name) = &location.ident else {
        return Err(Error::internal(format!("`{id}` has no id at its provider")));
    };
    let document = app.store.document(id)?;
    let own = app.store.envelopes(&[id])?.iter().any(|e| e.sent);
    if matches!(act, Act::Edit(..) | Act::Unsend) && !own {
        return Err(Error::refused(format!(
            "`{id}` was written by someone else"
        )));
    }
    if by_sms {
        return twilio::unsend(app, origin, (id, name), account).await;
    }
    if location.channel == ChannelKind::Slack {
        if let Act::React(emoji) | Act::Unreact(emoji) = act {
            slack::named(emoji)?;
        }
        let place = places::place_of(name);
        let place =
            place.ok_or_else(|| Error::internal(format!("the channel of `{id}` is not known")))?;
        gate::may_act(app, origin, &places::address(place.0))?;
        let client = access::slack(app, account).await?;
        let done = slack::at_provider(app, &client, place, (id, &document, act)).await;
        return done.map_err(|e| token::explained(app, account, e));
    }
    if let Act::React(emoji) | Act::Unreact(emoji) = act {
        sound_emoji(emoji)?;
    }
    let space = chat::space_of(name).unwrap_or(name);
    gate::may_act(app, origin, &chat::space_address(space))?;
    let client = access::google_chat(app, account).await?;
    let done = at_provider((app, account), (&client, name), (id, &document, act)).await;
    done.map_err(|e| token::explained(app, account, e))
}

/// On WhatsApp a reaction is a message of its own; there is one of each person, and an empty one takes it back.
async fn on_whatsapp(
    app: &App,
    origin: Origin,
    (id, location): (MessageId, &Location),
    (act, emoji): (&Act, &str),
) -> Result<AlterReport> {
    sound_emoji(emoji)?;
    let account = app.config.account(&location.account)?;
    let Ident::Remote(remote) = &location.ident else {
        return Err(Error::internal(format!("`{id}` has no id at its provider")));
    };
    let parsed = app.store.document(id)?.parsed();
    for person in parsed.from.iter().chain(&parsed.to) {
        match act {
            // Taking back reaches nobody anew.
            Act::Unreact(_) => gate::may_act(app, origin, &person.email)?,
            _ => gate::may_reach(app, origin, &person.email)?,
        }
    }
    let sent = match act {
        Act::Unreact(_) => "",
        _ => {
            gate::take_of_hour(app, origin)?;
            emoji
        }
    };
    whatsapp::acts::react(app, account, (&parsed, remote), sent).await?;
    Ok(AlterReport {
        message: id,
        done: act.done().to_owned(),
        emoji: Some(emoji.to_owned()),
        text: None,
    })
}

async fn at_provider(
    (app, account): (&App, &Account),
    (client, name): (&Client, &str),
    (id, document, act): (MessageId, &Document, &Act),
) -> Result<AlterReport> {
    let mut report = AlterReport {
        message: id,
        done: act.done().to_owned(),
        emoji: None,
        text: None,
    };
    match act {
        Act::React(emoji) => {
            client.react(name, emoji).await?;
            report.emoji = Some(emoji.clone());
            refresh(app, client, (id, document, name)).await?;
        }
        Act::Unreact(emoji) => {
            let own = sync::chat_user(app, account)?;
            for reaction in client.reactions(name, Some(emoji)).await? {
                if own.as_ref().is_none_or(|own| *own == reaction.user.name) {
                    client.unreact(&reaction.name).await?;
                }
            }
            report.emoji = Some(emoji.clone());
            refresh(app, client, (id, document, name)).await?;
        }
        Act::Edit(text, markdown) => {
            let text = match markdown {
                true => chat::from_markdown(text, Mentions::Shown),
                false => chat::from_plain(text, Mentions::Shown),
            };
            let message = client.change(name, text.trim_end()).await?;
            let changed = rewritten(document, &message);
            let parsed = changed.parsed();
            app.store.rewrite(id, &changed.raw, &parsed)?;
            report.text = Some(parsed.text);
        }
        Act::Unsend => {
            let stored: Value = serde_json::from_slice(&document.raw).unwrap_or_default();
            let stored = stored.get("message").cloned().unwrap_or_default();
            if stored.get("deleteTime").is_some() {
                return Ok(report);
            }
            match client.delete(name, false).await {
                Ok(()) => {}
                // Someone was quicker, or nobody may know.
                Err(e) if e.kind == Kind::NotFound => {
                    prove_gone(client, (id, &stored), name, e).await?
                }
                Err(e) => return Err(e),
            }
            let now = serde_json::json!({ "deleteTime": app.clock.now().to_string() });
            let changed = rewritten(document, &chat::deleted(&stored, &now));
            app.store.rewrite(id, &changed.raw, &changed.parsed())?;
        }
    }
    Ok(report)
}

/// Whether a message that was not found is gone: only a space that can be read, and lacks it, says so. One that this
/// login is not in any more answers the same.
async fn prove_gone(
    client: &Client,
    (id, stored): (MessageId, &Value),
    name: &str,
    refusal: Error,
) -> Result<()> {
    let space = chat::space_of(name).unwrap_or(name);
    let created = stored.get("createTime").and_then(Value::as_str);
    let created: Option<Timestamp> = created.and_then(|at| at.parse().ok());
    let second = SignedDuration::from_secs(1);
    let around = Window {
        after: created.and_then(|at| at.checked_sub(second).ok()),
        before: created.and_then(|at| at.checked_add(second).ok()),
        newest_first: true,
        ..Window::default()
    };
    let page = client.messages(space, around, None).await;
    let page = page.map_err(|e| unseen(id, e))?;
    let chosen = name.rsplit('/').next();
    let says = |m: &Value, key, what| m.get(key).and_then(Value::as_str) == what;
    let is_it =
        |m: &Value| says(m, "name", Some(name)) || says(m, "clientAssignedMessageId", chosen);
    match page.messages.iter().any(is_it) {
        true => Err(still_there(id, refusal)),
        false => Ok(()),
    }
}

/// What was to be taken back is in a room that can't be looked into.
fn unseen(id: MessageId, e: Error) -> Error {
    if !matches!(e.kind, Kind::NotFound | Kind::Refused) {
        return e;
    }
    let kind = e.kind;
    Error::new(
        kind,
        format!("`{id}` was not taken back, and whoever is in the room may still read it"),
    )
    .hint(format!(
        "have yourself let in again, then: comms unsend {id}"
    ))
    .because(e)
}

fn still_there(id: MessageId, refusal: Error) -> Error {
    Error::refused(format!("`{id}` was not taken back: it is still there"))
        .hint(format!("try again in a while: comms unsend {id}"))
        .because(refusal)
}

/// Reads the message again: its reactions are part of it.
async fn refresh(
    app: &App,
    client: &Client,
    (id, document, name): (MessageId, &Document, &str),
) -> Result<()> {
    let message = client.message(name).await?;
    let changed = rewritten(document, &message);
    app.store.rewrite(id, &changed.raw, &changed.parsed())
}

/// The stored document with another message in it.
fn rewritten(document: &Document, message: &Value) -> Document {
    let old: Value = serde_json::from_slice(&document.raw).unwrap_or_default();
    let space = old.get("space").cloned().unwrap_or_default();
    let owner = old.get("owner").and_then(Value::as_str);
    Document {
        channel: document.channel,
        raw: chat::document(&space, owner, message),
    }
}

/// An emoji is short and no text.
fn sound_emoji(emoji: &str) -> Result<()> {
    let sound = !emoji.is_empty()
        && emoji.chars().count() <= 16
        && !emoji
            .chars()
            .any(|c| c.is_alphabetic() || c.is_control() || c == ' ')
        && !emoji.is_ascii();
    if sound {
        return Ok(());
    }
    Err(Error::usage("that is no emoji").hint("write the emoji itself, as in `comms react m17 👍`"))
}
