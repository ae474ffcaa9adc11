//! WhatsApp: the parts of a message (texts, then files), the window it needs, and one of them sent.

use std::time::Duration;

use serde_json::{Value, json};

use crate::channel::whatsapp::{Client, Outcome, Post, Upload, request};
use crate::error::{Error, Kind, Result};
use crate::format::whatsapp::template::FILE;
use crate::format::whatsapp::{self, MediaKind, Own};
use crate::format::{document, mime, payload};
use crate::model::account::{Account, Whatsapp};
use crate::model::budget::Rate;
use crate::model::message::{Flags, Ident, NewMessage, Raw, Role};
use crate::ops::App;
use crate::ops::whatsapp as rules;
use crate::rules::budget::{Cost, Limit};
use crate::store::Pair;
use crate::store::outbox::Item;

use super::api::ANSWER;
use super::room::{self, Ground, Handed, Handing};

/// Characters below a picture, a video or a document (Cloud API, Media messages).
const MOST_CAPTION: usize = 1_024;
/// A message to one person every six seconds, and a burst of 45 (Cloud API, pair rate limits).
const PAIR: (u32, Duration) = (45, Duration::from_secs(45 * 6));
/// Meta's code for more.
const PAIR_LIMIT: &str = "131056";
const WINDOW_CLOSED: &str = "131047";
/// The longest wait of 4^n seconds.
const LONGEST_STEP: u32 = 8;

/// A file of a letter: its name, its type, its bytes.
type File = (String, String, Vec<u8>);

/// One message of an item: where it begins, its text, and the number of its file (from 0).
pub type Cut = (usize, String, Option<usize>);

/// The messages that a letter becomes: with a payload one; else its text, which stands below its first file if it can,
/// and each file by itself.
pub fn cut(raw: &[u8], text: &str) -> Vec<Cut> {
    if payload::of(raw).is_some() {
        return vec![(0, text.to_owned(), None)];
    }
    let files = room::files_of(raw, &mime::parse(raw));
    let text = text.trim_end();
    let captioned = files.first().is_some_and(|(_, media_type, bytes)| {
        whatsapp::kind_for(media_type, bytes.len()).takes_caption()
            && text.chars().count() <= MOST_CAPTION
    });
    let mut cuts: Vec<Cut> = match (captioned, text.is_empty()) {
        (true, _) => vec![(0, text.to_owned(), Some(0))],
        (false, true) if !files.is_empty() => Vec::new(),
        _ => whatsapp::chunks(text)
            .into_iter()
            .map(|(begins, text)| (begins, text, None))
            .collect(),
    };
    // Behind the text, one byte for each.
    let rest = (0..files.len()).skip(usize::from(captioned));
    cuts.extend(rest.map(|n| (text.len() + n, String::new(), Some(n))));
    cuts
}

/// Checks the window, and puts the files there that are still to go.
pub(super) async fn ground(
    client: &Client,
    (app, account, item): (&App, &Account, &Item),
    raw: &[u8],
) -> Result<Ground> {
    let settings = settings(account)?;
    let to = item.to();
    let payload = payload::of(raw);
    rules::check_window(app, account, (to, payload.as_ref()))?;
    let letter = mime::parse(raw);
    let files = room::files_of(raw, &letter);
    let open = room::missing(app, item)?;
    let mut along = Vec::new();
    for (n, file) in files.iter().enumerate() {
        let goes = payload.is_some() || open.iter().any(|piece| piece.file == Some(n));
        along.push(match goes && !open.is_empty() {
            true => uploaded(client, file).await?,
            false => Value::Null,
        });
    }
    Ok(Ground {
        scope: format!("whatsapp:{}", settings.phone_number_id),
        also: vec![pair_limit(&settings.phone_number_id, to)],
        place: to.to_owned(),
        thread: room::thread_of(&letter),
        along,
        payload,
    })
}

/// How much may go to one person.
fn pair_limit(number: &str, to: &str) -> Limit {
    let (most, per) = PAIR;
    Limit {
        scope: format!("whatsapp-pair:{number}/{}", to.to_lowercase()),
        cost: Cost::Once(1),
        rate: Rate { most, per },
    }
}

async fn uploaded(client: &Client, (name, media_type, bytes): &File) -> Result<Value> {
    let kind = whatsapp::kind_for(media_type, bytes.len());
    let file = Upload {
        name,
        media_type,
        bytes,
    };
    let mut media = json!({ "id": client.upload(file).await? });
    if kind == MediaKind::Document {
        media["filename"] = name.as_str().into();
    }
    Ok(json!({ "kind": kind.name(), "media": media }))
}

/// What is sent of a part.
fn content(handing: &Handing<'_>) -> Value {
    let (ground, piece) = (handing.ground, handing.piece);
    if let Some(payload) = &ground.payload {
        let mut content = payload.clone();
        fill_in(&mut content, &ground.along);
        return content;
    }
    let Some(file) = piece.file.and_then(|n| ground.along.get(n)) else {
        let mut text = json!({ "body": piece.text });
        if mime::has_link(&piece.text) {
            text["preview_url"] = true.into();
        }
        return json!({ "type": "text", "text": text });
    };
    let kind = file["kind"].as_str().unwrap_or_default();
    let mut media = file["media"].clone();
    if !piece.text.is_empty() {
        media["caption"] = piece.text.as_str().into();
    }
    json!({ "type": kind, kind: media })
}

/// Puts uploaded files where a payload names them by their number.
fn fill_in(value: &mut Value, files: &[Value]) {
    let number = value.get(FILE).and_then(Value::as_u64);
    if let Some(n) = number.and_then(|n| usize::try_from(n).ok()) {
        let file = n.checked_sub(1).and_then(|n| files.get(n));
        *value = file.map_or(Value::Null, |file| file["media"].clone());
        return;
    }
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|v| fill_in(v, files)),
        Value::Array(items) => items.iter_mut().for_each(|v| fill_in(v, files)),
        _ => {}
    }
}

/// One message.
pub(super) async fn hand(
    client: &Client,
    (app, account, item): (&App, &Account, &Item),
    handing: Handing<'_>,
) -> Handed {
    let content = content(&handing);
    let post = Post {
        to: &handing.ground.place,
        content: &content,
        answers: handing.ground.thread.as_deref().filter(|_| handing.first),
        own: Some((&item.own_id, handing.piece.number)),
        timeout: ANSWER,
        left: handing.left,
    };
    match client.send(post).await {
        Outcome::Sent(id) => {
            let document = own_document((app, account, item), (&id, &post, &handing.piece.text));
            Handed::Sent(id, document)
        }
        Outcome::NotSent(e, code) => Handed::NotSent(not_sent((app, account, item), (e, &code))),
        Outcome::Unknown(why) => Handed::Unknown(why),
    }
}

/// What a refusal means beside itself: how long a pair is left alone, and that its window is closed.
fn not_sent((app, account, item): (&App, &Account, &Item), (e, code): (Error, &str)) -> Error {
    match code {
        PAIR_LIMIT => {
            let step = item.tries.saturating_add(1).min(LONGEST_STEP);
            e.retry_after(Duration::from_secs(4u64.pow(step)))
        }
        WINDOW_CLOSED => match rules::closed_by_provider(app, account, item.to()) {
            Ok(refusal) => refusal.because(e),
            Err(_) => e,
        },
        _ => e,
    }
}

fn own_document(
    (app, account, item): (&App, &Account, &Item),
    (id, post, text): (&str, &Post<'_>, &str),
) -> Option<Value> {
    let settings = account.whatsapp.as_ref()?;
    let raw = whatsapp::own_document(&Own {
        id,
        request: &request(post),
        number: (&settings.phone_number_id, account.address.as_deref()),
        to: item.to(),
        text,
        own_id: &item.own_id,
        at: app.clock.now(),
    });
    serde_json::from_slice(&raw).ok()
}

/// Shows a message here that was sent there.
pub fn keep(app: &App, account: &Account, sent: &Value) -> Result<()> {
    let raw = sent.to_string().into_bytes();
    let parsed = document::parse(account.channel, &raw);
    let Some(id) = parsed.message_id.clone() else {
        return Ok(());
    };
    let at = parsed.sent_at.unwrap_or_else(|| app.clock.now());
    if let (Some(settings), Some(to)) = (&account.whatsapp, parsed.to.first()) {
        let pair = Pair {
            sender: &settings.phone_number_id,
            customer: &to.email,
        };
        app.store.answer_window(pair, at)?;
    }
    app.store.add(vec![NewMessage {
        account: account.name.clone(),
        channel: account.channel,
        folder: "Sent".to_owned(),
        role: Role::Sent,
        ident: Ident::Remote(id),
        size_bytes: raw.len() as u64,
        received_at: at,
        flags: Flags {
            seen: true,
            ..Flags::default()
        },
        labels: Vec::new(),
        parsed,
        raw: Raw::Bytes(raw),
    }])?;
    Ok(())
}

fn settings(account: &Account) -> Result<&Whatsapp> {
    account.whatsapp.as_ref().ok_or_else(|| {
        Error::new(
            Kind::Internal,
            format!("account `{}` is none of WhatsApp", account.name),
        )
    })
}
