//! Slack: the channel that is meant, its files, one message into it, and whether it is there after a doubt.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::channel::slack::{Client, Outcome, Own, Post, Share, Since, Uploaded};
use crate::channel::slack_webhook::{self as webhook, Webhook};
use crate::error::{Error, Result};
use crate::format::{mime, payload, slack};
use crate::net::http;
use crate::ops::App;
use crate::rules::absence::{Absence, Shown};
use crate::store::outbox::{Item, Part};

use super::api::ANSWER;
use super::room::{self, Ground, Handed, Handing, Piece};

/// How often it is looked where files came to stand, which Slack does not say.
const LOOKS: u32 = 5;
const BETWEEN: Duration = Duration::from_secs(1);

/// The channel that an item goes into; the direct messages of a person are opened.
async fn channel(client: &Client, item: &Item) -> Result<String> {
    match room::room_of(item) {
        user if user.starts_with(['U', 'W']) => client.open(user).await,
        channel => Ok(channel.to_owned()),
    }
}

/// The channel that is meant, and the files, which nobody sees yet.
pub(super) async fn ground(
    client: &Client,
    (app, item): (&App, &Item),
    raw: &[u8],
) -> Result<Ground> {
    let channel = channel(client, item).await?;
    let letter = mime::parse(raw);
    let mut along = Vec::new();
    // They go with the first part, which may be there already.
    if app.store.parts(item.id)?.is_empty() {
        for (name, _, bytes) in room::files_of(raw, &letter) {
            let file = client.upload(&name, &bytes).await?;
            along.push(json!({"id": file.id, "title": file.title}));
        }
        // A message with one of them is this item's, whatever becomes of the attempt.
        let ids: Vec<String> = along.iter().filter_map(id_of).collect();
        app.store.uploaded(item.id, &ids)?;
    }
    let thread = room::thread_of(&letter);
    Ok(Ground {
        scope: format!("slack-channel:{channel}"),
        thread: thread.as_deref().and_then(|t| in_channel(t, &channel)),
        place: channel,
        along,
        payload: payload::of(raw),
        ..Ground::default()
    })
}

/// The same behind a webhook, which nothing is asked of.
pub(super) fn ground_of_webhook(item: &Item, raw: &[u8]) -> Ground {
    Ground {
        scope: format!("slack-webhook:{}", item.account),
        payload: payload::of(raw),
        ..Ground::default()
    }
}

/// The `ts` of a thread that the letter names, if it is in this channel.
fn in_channel(reference: &str, channel: &str) -> Option<String> {
    let (place, ts) = slack::place_of(reference)?;
    (place == channel).then(|| ts.to_owned())
}

fn id_of(file: &Value) -> Option<String> {
    Some(file.get("id")?.as_str()?.to_owned())
}

/// One message into the channel.
pub(super) async fn hand(
    client: &Client,
    (app, item): (&App, &Item),
    handing: Handing<'_>,
) -> Handed {
    let ground = handing.ground;
    let channel = ground.place.as_str();
    let began = app.clock.now();
    // What is longer than one message goes on below its beginning.
    let head = match (&ground.thread, handing.sent.first()) {
        (Some(_), _) | (None, None) => None,
        (None, Some(first)) => match head_of(client, (app, item), (channel, first)).await {
            Ok(ts) => Some(ts),
            Err(e) => return Handed::NotSent(e),
        },
    };
    let thread = ground.thread.as_deref().or(head.as_deref());
    let outcome = if handing.first && !ground.along.is_empty() {
        let text = |file: &Value, key: &str| {
            let text = file.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let files: Vec<Uploaded> = ground
            .along
            .iter()
            .map(|file| Uploaded {
                id: text(file, "id"),
                title: text(file, "title"),
            })
            .collect();
        let share = Share {
            channel,
            text: &handing.piece.text,
            files: &files,
            thread,
            timeout: ANSWER,
            left: handing.left,
        };
        match client.share(share).await {
            Outcome::Shown => {
                return shown(client, (app, item), (channel, thread), (&files, began)).await;
            }
            other => other,
        }
    } else {
        let about = ground.payload.as_ref();
        let broadcast = about
            .and_then(|p| p.get("broadcast"))
            .and_then(Value::as_bool);
        let post = Post {
            channel,
            text: &handing.piece.text,
            own: (&item.own_id, handing.piece.number),
            thread,
            // Once, not with every part.
            broadcast: handing.first && broadcast == Some(true),
            blocks: about
                .and_then(|p| p.get("blocks"))
                .filter(|_| handing.first),
            timeout: ANSWER,
            left: handing.left,
        };
        client.post(post).await
    };
    match outcome {
        Outcome::Sent { ts, message } => {
            if handing.first && thread.is_none() {
                begun(app, item, (channel, &ts));
            }
            let posted = json!({"channel": channel, "message": message});
            Handed::Sent(slack::remote(channel, &ts), Some(posted))
        }
        Outcome::Shown => Handed::Unknown("it is not known where it stands".to_owned()),
        Outcome::NotSent(e) => Handed::NotSent(e),
        Outcome::Unknown(why) => Handed::Unknown(why),
    }
}

/// Where files came to stand. That they were shown is certain; where it is, only good to know.
async fn shown(
    client: &Client,
    (app, item): (&App, &Item),
    (channel, thread): (&str, Option<&str>),
    (files, began): (&[Uploaded], Timestamp),
) -> Handed {
    for _ in 0..LOOKS {
        let since = (began, app.clock.now());
        let found = match client.own_since((channel, thread), since).await {
            Ok(found) => found.own,
            Err(_) => break,
        };
        let ids: Vec<&str> = files.iter().map(|f| f.id.as_str()).collect();
        if let Some(own) = found.into_iter().find(|own| shows(own, &ids)) {
            if thread.is_none() {
                begun(app, item, (channel, &own.ts));
            }
            let posted = json!({"channel": channel, "message": own.message});
            return Handed::Sent(slack::remote(channel, &own.ts), Some(posted));
        }
        app.clock.sleep(BETWEEN).await;
    }
    let file = files.first().map_or("", |f| f.id.as_str());
    Handed::Sent(slack::remote(channel, file), None)
}

fn shows(own: &Own, files: &[&str]) -> bool {
    own.files.iter().any(|file| files.contains(&file.as_str()))
}

/// The `ts` of the first part of an item.
async fn head_of(
    client: &Client,
    (app, item): (&App, &Item),
    (channel, first): (&str, &Part),
) -> Result<String> {
    let known = slack::place_of(&first.remote).map(|(_, ts)| ts.to_owned());
    let known = known.ok_or_else(|| Error::internal("a part without a place"))?;
    if !known.starts_with('F') {
        return Ok(known);
    }
    let now = app.clock.now();
    let found = client
        .own_since((channel, None), (item.created_at, now))
        .await?;
    let own = found.own.into_iter().find(|own| shows(own, &[&known]));
    own.map(|own| own.ts)
        .ok_or_else(|| Error::unavailable("Slack does not show yet where the first part stands"))
}

/// Notes what the thread of a key goes on below. It was sent, whether this can be noted or not.
fn begun(app: &App, item: &Item, (channel, ts): (&str, &str)) {
    let id = slack::address(&slack::remote(channel, ts));
    if let Err(e) = app.store.note_message_id(item.id, &id) {
        (app.notice)(&format!("`{}` was sent: {}", item.id, e.message));
    }
}

/// One message through the webhook.
pub(super) async fn hand_to_webhook(
    (hook, client): (&Webhook, &http::Client),
    item: &Item,
    handing: Handing<'_>,
) -> Handed {
    let about = handing.ground.payload.as_ref();
    let post = webhook::Post {
        text: &handing.piece.text,
        blocks: about.and_then(|p| p.get("blocks")),
        timeout: ANSWER,
        left: handing.left,
    };
    match hook.send(client, post).await {
        // It gives no id; this one only tells the parts of one item apart.
        webhook::Outcome::Sent => {
            Handed::Sent(format!("{}-{}", item.own_id, handing.piece.number), None)
        }
        webhook::Outcome::NotSent(e) => Handed::NotSent(e),
        webhook::Outcome::Unknown(why) => Handed::Unknown(why),
    }
}

/// What an item lacks in its channel.
pub struct Looked {
    pub missing: Vec<Piece>,
    /// What it proves that the first of them was not found.
    pub absence: Absence,
}

/// What of an item is in its channel; each part that is gets written down. The rest is what is missing.
pub async fn look(app: &App, client: &Client, (item, since): (&Item, Timestamp)) -> Result<Looked> {
    let began = since;
    let channel = channel(client, item).await?;
    let letter = mime::parse(&app.store.outbox_bytes(item.id)?);
    let reference = room::thread_of(&letter);
    let thread = reference.as_deref().and_then(|t| in_channel(t, &channel));
    let files = app.store.uploads(item.id)?;
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let is_part = |own: &Own, number: usize| {
        let named = own.id.as_ref();
        named.is_some_and(|(id, n)| *id == item.own_id && *n == number)
            || (number == 1 && shows(own, &files))
    };
    let since = (since, app.clock.now());
    let place = (channel.as_str(), thread.as_deref());
    let listed = client.own_since(place, since).await?;
    let mut below: Option<Since> = None;
    let mut missing = Vec::new();
    // Where the first that is missing would stand; a thread shows its first message at least.
    let mut shows_end = listed.shows_end;
    let mut is_thread = thread.is_some();
    for piece in room::missing(app, item)? {
        let mut found = listed
            .own
            .iter()
            .find(|own| is_part(own, piece.number))
            .cloned();
        if found.is_none() && piece.number > 1 && thread.is_none() {
            // Its other parts stand below the first.
            if below.is_none() {
                let first = app.store.parts(item.id)?;
                let first = first.first().and_then(|part| slack::place_of(&part.remote));
                below = match first.map(|(_, ts)| ts.to_owned()) {
                    Some(head) if !head.starts_with('F') => Some(
                        client
                            .own_since((channel.as_str(), Some(&head)), since)
                            .await?,
                    ),
                    _ => Some(Since::default()),
                };
            }
            let below = below.as_ref();
            let mut parts = below.into_iter().flat_map(|below| &below.own);
            found = parts.find(|own| is_part(own, piece.number)).cloned();
            if missing.is_empty() {
                shows_end = below.is_some_and(|below| below.shows_end);
                is_thread = true;
            }
        }
        match found {
            Some(own) => {
                if piece.number == 1 && thread.is_none() {
                    begun(app, item, (&channel, &own.ts));
                }
                let part = Part {
                    begins: piece.begins,
                    remote: slack::remote(&channel, &own.ts),
                };
                app.store.part_sent(item.id, &part)?;
            }
            None => missing.push(piece),
        }
    }
    // What lacks nothing needs no proof.
    let later = match missing.is_empty() {
        true => Vec::new(),
        false => app.store.sent_after(item, Some(item.to()))?,
    };
    let (mut any, mut newer) = (false, false);
    for (other, own_id) in later {
        let raw = app.store.outbox_bytes(other)?;
        if room::thread_of(&mime::parse(&raw)) != reference {
            continue;
        }
        any = true;
        let files = app.store.uploads(other)?;
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        newer = listed.own.iter().any(|own| {
            let id = own.id.as_ref();
            id.is_some_and(|(id, _)| *id == own_id) || shows(own, &files)
        });
        if newer {
            break;
        }
    }
    newer |= !any;
    let shown = Shown {
        older: shows_end,
        newer,
    };
    let absence = Absence::of(shown, || {
        let from = slack::remote(&channel, "0");
        let until = slack::remote(&channel, &began.as_second().to_string());
        Ok(is_thread || app.store.knows_between(&item.account, (&from, &until))?)
    })?;
    Ok(Looked { missing, absence })
}
