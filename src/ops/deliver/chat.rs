//! Google Chat: the space that is meant, its files, and one message into it.

use serde_json::Value;

use crate::channel::google_chat::{self, Outcome, Post, Thread};
use crate::channel::google_chat_webhook as webhook;
use crate::error::Result;
use crate::format::{chat, mime};
use crate::net::http;
use crate::ops::App;
use crate::store::outbox::Item;

use super::api::ANSWER;
use super::room::{self, Ground, Handed, Handing};

/// The space that an item goes into; `None` for a direct message that is not begun yet.
pub async fn space(client: &google_chat::Client, item: &Item) -> Result<Option<String>> {
    let room = room::room_of(item);
    if !room.starts_with("users/") {
        return Ok(Some(room.to_owned()));
    }
    let space = client.direct_message(room).await?;
    Ok(space.map(|space| space.name))
}

/// The space that is meant, and references of the files that go along.
pub(super) async fn ground(
    client: &google_chat::Client,
    (app, item): (&App, &Item),
    raw: &[u8],
) -> Result<Ground> {
    let space = match space(client, item).await? {
        Some(space) => space,
        None => {
            let request = chat::client_id(&item.own_id, 0);
            let room = room::room_of(item);
            client.begin_direct_message(room, &request).await?.name
        }
    };
    let letter = mime::parse(raw);
    let mut along = Vec::new();
    // They go with the first part, which may be there already.
    if app.store.parts(item.id)?.is_empty() {
        for (name, media_type, bytes) in room::files_of(raw, &letter) {
            let about = (name.as_str(), media_type.as_str());
            along.push(client.upload(&space, about, &bytes).await?);
        }
    }
    Ok(Ground {
        scope: scope(&space),
        place: space,
        thread: room::thread_of(&letter),
        along,
        ..Ground::default()
    })
}

/// The same behind a webhook, which nothing is asked of.
pub(super) fn ground_of_webhook(hook: &webhook::Webhook, raw: &[u8]) -> Ground {
    let space = hook.space();
    Ground {
        scope: scope(&space),
        place: space,
        thread: room::thread_of(&mime::parse(raw)),
        ..Ground::default()
    }
}

fn scope(space: &str) -> String {
    format!("google-chat-space:{space}")
}

/// One message into the space.
pub(super) async fn hand(
    client: &google_chat::Client,
    item: &Item,
    handing: Handing<'_>,
) -> Handed {
    let id = chat::client_id(&item.own_id, handing.piece.number);
    let along: &[Value] = match handing.first {
        true => &handing.ground.along,
        false => &[],
    };
    let post = Post {
        space: &handing.ground.place,
        text: &handing.piece.text,
        id: &id,
        thread: handing.ground.thread.as_deref().map(thread_of),
        attachments: along,
        timeout: ANSWER,
        left: handing.left,
    };
    match client.send(post).await {
        Outcome::Sent { name, message } => Handed::Sent(name, Some(message)),
        Outcome::NotSent(e) => Handed::NotSent(e),
        Outcome::Unknown(why) => Handed::Unknown(why),
    }
}

/// One message through the webhook.
pub(super) async fn hand_to_webhook(
    (hook, client): (&webhook::Webhook, &http::Client),
    handing: Handing<'_>,
) -> Handed {
    let thread = handing.ground.thread.as_deref();
    let post = webhook::Post {
        text: &handing.piece.text,
        thread_key: thread.and_then(|t| t.strip_prefix(KEY)),
        timeout: ANSWER,
        left: handing.left,
    };
    match hook.send(client, post).await {
        Outcome::Sent { name, .. } => Handed::Sent(name, None),
        Outcome::NotSent(e) => Handed::NotSent(e),
        Outcome::Unknown(why) => Handed::Unknown(why),
    }
}

const KEY: &str = "threadKey/";

fn thread_of(reference: &str) -> Thread<'_> {
    match reference.strip_prefix(KEY) {
        Some(key) => Thread::Key(key),
        None => Thread::Name(reference),
    }
}
