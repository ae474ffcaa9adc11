//! Items in doubt: asking the provider whether it has them, where it can tell for certain.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::channel::{gmail, google_chat};
use crate::error::Result;
use crate::format::chat;
use crate::model::account::{Account, ChannelKind};
use crate::model::id::OutboxId;
use crate::model::outbox::State;
use crate::store::outbox::{Item, Part};

use super::deliver::room;
use super::{App, access};

/// A request may still be on its way for so long after nobody waits for its answer.
const SETTLE: SignedDuration = SignedDuration::from_secs(150);
/// Of items in doubt looked at in one go.
const MOST: usize = 50;
/// For all of one item's questions.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the provider says of an item.
enum Said {
    /// It has all of it; these words say where.
    Has(String),
    /// It certainly lacks some of it.
    Lacks(String),
    /// It can't be told, or not yet.
    Nothing,
}

/// Asks the providers of all items in doubt; gives those that were settled or may go again.
pub async fn look(app: &App) -> Result<Vec<OutboxId>> {
    let mut settled = Vec::new();
    if !app.store.has_outbox() {
        return Ok(settled);
    }
    for item in app.store.outbox_items(&[State::Unconfirmed], MOST)? {
        if one(app, &item).await? {
            settled.push(item.id);
        }
    }
    Ok(settled)
}

/// Whether anything is in doubt whose provider can be asked.
pub fn can_ask(app: &App) -> Result<bool> {
    if !app.store.has_outbox() {
        return Ok(false);
    }
    let items = app.store.outbox_items(&[State::Unconfirmed], MOST)?;
    Ok(items.iter().any(|item| account(app, item).is_some()))
}

/// Asks the provider of one item; true if it was settled or may go again. What can't be asked stays in doubt.
pub async fn one(app: &App, item: &Item) -> Result<bool> {
    let Some(account) = account(app, item) else {
        return Ok(false);
    };
    let tries = item.tries;
    let asked = tokio::time::timeout(PATIENCE, ask(app, account, item)).await;
    let now = app.clock.now();
    match asked {
        Ok(Ok(Said::Has(words))) => {
            let settled = app.store.confirm_found(item.id, (&words, true), now)?;
            Ok(settled.is_some())
        }
        Ok(Ok(Said::Lacks(words))) => app.store.confirm_absent(item.id, (tries, &words), now),
        Ok(Ok(Said::Nothing) | Err(_)) | Err(_) => Ok(false),
    }
}

/// The account of an item, if its provider can be asked about it.
fn account<'a>(app: &'a App, item: &Item) -> Option<&'a Account> {
    let account = app.config.account(&item.account).ok()?;
    let tells = matches!(
        account.channel,
        ChannelKind::Gmail | ChannelKind::GoogleChat
    );
    tells.then_some(account)
}

async fn ask(app: &App, account: &Account, item: &Item) -> Result<Said> {
    let attempts = app.store.outbox_attempts(item.id)?;
    let last = attempts
        .last()
        .map_or(item.created_at, |attempt| attempt.at);
    if account.channel == ChannelKind::Gmail {
        let client = access::gmail(app, account).await?;
        let began = attempts
            .first()
            .map_or(item.created_at, |attempt| attempt.at);
        return in_gmail(app, (&client, item), (began.min(item.created_at), last)).await;
    }
    let client = access::google_chat(app, account).await?;
    in_chat(app, &client, item).await
}

/// Among the letters that were sent, by our own id: Gmail's listing by label is complete at once.
async fn in_gmail(
    app: &App,
    (client, item): (&gmail::Client, &Item),
    (since, last): (Timestamp, Timestamp),
) -> Result<Said> {
    Ok(match client.find_sent(&item.own_id, since).await {
        gmail::Find::Found { id, message_id, .. } => {
            let part = Part {
                begins: 0,
                remote: id,
            };
            app.store.part_sent(item.id, &part)?;
            if let Some(message_id) = message_id {
                app.store.note_message_id(item.id, &message_id)?;
            }
            Said::Has("found among the sent mail of the account".to_owned())
        }
        gmail::Find::Absent if app.clock.now().duration_since(last) > SETTLE => {
            Said::Lacks("it is not among the sent mail of the account".to_owned())
        }
        gmail::Find::Absent | gmail::Find::CannotTell(_) => Said::Nothing,
    })
}

/// Each part by the id that was chosen for it. What is missing may go at once: the same id is never posted twice.
async fn in_chat(app: &App, client: &google_chat::Client, item: &Item) -> Result<Said> {
    let to = item.recipients.first().map_or("", |r| r.email.as_str());
    let room = to.strip_prefix("chat:").unwrap_or(to);
    let space = match room.starts_with("users/") {
        false => room.to_owned(),
        true => match client.direct_message(room).await? {
            Some(space) => space.name,
            None => return Ok(Said::Lacks("nobody wrote to them yet".to_owned())),
        },
    };
    let raw = app.store.outbox_bytes(item.id)?;
    let sent = app.store.parts(item.id)?;
    for (n, (begins, _)) in room::parts(&room::text(&raw)).iter().enumerate() {
        if sent.iter().any(|part| part.begins == *begins) {
            continue;
        }
        let id = chat::client_id(&item.own_id, n + 1);
        match client.find_sent(&space, &id).await {
            google_chat::Find::Found { name, .. } => {
                let part = Part {
                    begins: *begins,
                    remote: name,
                };
                app.store.part_sent(item.id, &part)?;
            }
            google_chat::Find::Absent => {
                return Ok(Said::Lacks("it is not in the space".to_owned()));
            }
            google_chat::Find::CannotTell(_) => return Ok(Said::Nothing),
        }
    }
    Ok(Said::Has("found in the space".to_owned()))
}
