//! Drafts: what is written here is filed at Gmail, follows its edits, and goes when the letter was sent.

use crate::channel::gmail::{Client, Draft, Message};
use crate::error::Result;
use crate::format::mime;
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::model::message::{Ident, Parsed, Role};
use crate::ops::{App, access, token};

use super::intake::made;
use super::labels::Names;

/// Files a draft at Gmail, in the conversation that it answers, and stores it; its id here. One that was filed before,
/// under the same Message-ID, is replaced.
pub async fn file_draft(app: &App, account: &Account, raw: &[u8]) -> Result<Option<MessageId>> {
    let client = access::gmail(app, account).await?;
    let filed = file((app, account), &client, raw).await;
    filed.map_err(|e| token::explained(app, account, e))
}

async fn file(
    (app, account): (&App, &Account),
    client: &Client,
    raw: &[u8],
) -> Result<Option<MessageId>> {
    let parsed = mime::parse(raw);
    let thread = conversation((app, account), client, &parsed).await?;
    let before = match &parsed.message_id {
        Some(message_id) => filed((app, account), client, message_id).await?,
        None => None,
    };
    let draft = match &before {
        Some((draft, _)) => {
            let thread = thread.as_deref();
            client.update_draft(&draft.id, raw, thread).await?
        }
        None => client.create_draft(raw, thread.as_deref()).await?,
    };
    if let Some((_, id)) = before {
        app.store.remove(&[id])?;
    }
    let now = app.clock.now();
    let message = Message {
        id: draft.message.id,
        thread_id: draft.message.thread_id,
        label_ids: vec!["DRAFT".to_owned()],
        internal_date: Some(now),
        history_id: 0,
        raw: raw.to_vec(),
    };
    let message = made(message, &account.name, (&Names::new(), now));
    let added = app.store.add(vec![message])?;
    Ok(added.first().and_then(|added| added.id))
}

/// Takes away the draft of a letter that was sent. Costs nothing where none was filed.
pub async fn drop_draft(
    (app, account): (&App, &Account),
    client: &Client,
    message_id: &str,
) -> Result<()> {
    if let Some((draft, id)) = filed((app, account), client, message_id).await? {
        client.delete_draft(&draft.id).await?;
        app.store.remove(&[id])?;
    }
    Ok(())
}

/// The draft with this Message-ID, and its id here. One that was changed or deleted elsewhere meanwhile is none of ours
/// any more.
async fn filed(
    (app, account): (&App, &Account),
    client: &Client,
    message_id: &str,
) -> Result<Option<(Draft, MessageId)>> {
    for id in app.store.by_message_id(message_id)? {
        let location = app.store.location(id)?;
        if location.account != account.name || location.role != Role::Drafts {
            continue;
        }
        let Ident::Remote(remote) = location.ident else {
            continue;
        };
        let drafts = client.drafts().await?;
        let found = drafts.into_iter().find(|d| d.message.id == remote);
        return Ok(found.map(|draft| (draft, id)));
    }
    Ok(None)
}

/// The conversation that a letter answers, where it is in this mailbox.
pub async fn conversation(
    (app, account): (&App, &Account),
    client: &Client,
    letter: &Parsed,
) -> Result<Option<String>> {
    let parents = letter.in_reply_to.iter();
    for message_id in parents.chain(letter.references.iter().rev()) {
        for id in app.store.by_message_id(message_id)? {
            let location = app.store.location(id)?;
            if location.account != account.name {
                continue;
            }
            if let Ident::Remote(remote) = &location.ident {
                return client.thread_of(remote).await;
            }
        }
    }
    Ok(None)
}
