//! What is done to a message that came by WhatsApp: read receipts, "is typing", reactions, its file.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use crate::channel::whatsapp::{Client, Download, Outcome, Post, request};
use crate::error::{Error, Kind, Result};
use crate::format::whatsapp::{self, Own};
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::model::message::{Ident, Parsed};
use crate::ops::deliver::whatsapp::keep;
use crate::ops::{App, access, token};

use super::check_window;

/// WhatsApp takes no receipt for what is older (Cloud API, Mark messages as read).
const REACH: SignedDuration = SignedDuration::from_hours(24 * 30);
/// What a reaction's answer is waited for.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(60);

/// Tells the writers of messages that were marked as read that they were. A receipt stands for all before it, so the
/// newest of each person is enough. Nothing else can be told.
pub async fn push(app: &App, account: &Account) -> Result<u64> {
    let mut rows = Vec::new();
    let mut newest: BTreeMap<String, (jiff::Timestamp, String)> = BTreeMap::new();
    let mut count = 0;
    for (row, id, change) in app.store.queued_changes(&account.name)? {
        rows.push(row);
        if change.seen != Some(true) {
            continue;
        }
        let Some((from, at, remote)) = received(app, account, id)? else {
            continue;
        };
        if app.clock.now().duration_since(at) > REACH {
            continue;
        }
        count += 1;
        let known = newest.entry(from).or_insert_with(|| (at, remote.clone()));
        if at > known.0 {
            *known = (at, remote);
        }
    }
    if !newest.is_empty() {
        let client = access::whatsapp(app, account).await?;
        for (_, remote) in newest.values() {
            match client.mark_read(remote, false).await {
                // What it does not know any more can't be read there.
                Err(e) if !matches!(e.kind, Kind::Refused | Kind::NotFound) => {
                    return Err(token::explained(app, account, e));
                }
                _ => {}
            }
        }
    }
    app.store.drop_changes(&rows)?;
    Ok(count)
}

/// Who wrote a message, when, and its id there; `None` if the account wrote it, or it is gone.
fn received(
    app: &App,
    account: &Account,
    id: MessageId,
) -> Result<Option<(String, jiff::Timestamp, String)>> {
    let location = match app.store.location(id) {
        Ok(location) => location,
        Err(e) if e.kind == Kind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let Ident::Remote(remote) = location.ident else {
        return Ok(None);
    };
    let parsed = app.store.document(id)?.parsed();
    let from = parsed.from.first().map(|from| from.email.clone());
    let own = from.as_deref().is_none_or(|from| is_own(account, from));
    Ok(from
        .filter(|_| !own)
        .zip(parsed.sent_at)
        .map(|(from, at)| (from, at, remote)))
}

fn is_own(account: &Account, address: &str) -> bool {
    // What a number goes by that nobody wrote down.
    let nameless = account.whatsapp.as_ref();
    let nameless = nameless.map(|settings| settings.phone_number_id.as_str());
    account
        .own_addresses()
        .chain(nameless)
        .any(|own| whatsapp::address(own) == address)
}

/// Shows the writer of a message that an answer is being typed, and that it was read.
///
/// # Errors
/// `usage`: the message did not come by WhatsApp.
pub async fn typing(app: &App, id: MessageId) -> Result<()> {
    let location = app.store.location(id)?;
    let account = app.config.account(&location.account)?;
    if account.whatsapp.is_none() {
        return Err(Error::usage(format!(
            "`{id}` came by {}, which shows nobody that someone is typing",
            location.channel.name()
        )));
    }
    let Some((_, _, remote)) = received(app, account, id)? else {
        return Err(Error::usage(format!("`{id}` was not written to you")));
    };
    let client = access::whatsapp(app, account).await?;
    let told = client.mark_read(&remote, true).await;
    told.map_err(|e| token::explained(app, account, e))
}

/// Reacts to a message, or takes the reaction back with an empty emoji.
///
/// # Errors
/// `refused`: the window is closed. `unconfirmed`: it may have been sent.
pub async fn react(
    app: &App,
    account: &Account,
    (parsed, remote): (&Parsed, &str),
    emoji: &str,
) -> Result<()> {
    let other = parsed
        .from
        .iter()
        .chain(&parsed.to)
        .find(|a| !is_own(account, &a.email));
    let to = other.ok_or_else(|| Error::not_found("the message names nobody who could see it"))?;
    let content =
        json!({ "type": "reaction", "reaction": { "message_id": remote, "emoji": emoji } });
    check_window(app, account, (&to.email, Some(&content)))?;
    let client = access::whatsapp(app, account).await?;
    let left = Arc::default();
    let post = Post {
        to: &to.email,
        content: &content,
        answers: None,
        own: None,
        timeout: ANSWER,
        left: &left,
    };
    match client.send(post).await {
        Outcome::Sent(id) => kept(app, account, (&id, &post)),
        Outcome::NotSent(e, _) => Err(token::explained(app, account, e)),
        Outcome::Unknown(why) => Err(Error::new(
            Kind::Unconfirmed,
            format!("the reaction may have been sent: {why}"),
        )
        .hint("repeat it: a reaction takes the place of the one before")),
    }
}

fn kept(app: &App, account: &Account, (id, post): (&str, &Post<'_>)) -> Result<()> {
    let Some(settings) = &account.whatsapp else {
        return Ok(());
    };
    let raw = whatsapp::own_document(&Own {
        id,
        request: &request(post),
        number: (&settings.phone_number_id, account.address.as_deref()),
        to: post.to,
        text: &whatsapp::text_of(post.content),
        own_id: "",
        at: app.clock.now(),
    });
    keep(
        app,
        account,
        &serde_json::from_slice(&raw).unwrap_or_default(),
    )
}

/// Has Meta send the events of the account's business account to the token's app: without that nothing comes, even where
/// the web address was verified.
///
/// # Errors
/// `config`: the account names no business account.
pub async fn subscribe(app: &App, account: &Account) -> Result<()> {
    let settings = account.whatsapp.as_ref();
    if settings.is_none_or(|settings| settings.business_account_id.is_none()) {
        return Err(Error::config("the account names no business account")
            .hint("add business_account_id = \"…\" to it: `comms config show`"));
    }
    let client = access::whatsapp(app, account).await?;
    if client.is_subscribed().await? == Some(true) {
        return Ok(());
    }
    client.subscribe().await
}

/// The bytes of the file that came with a message.
pub async fn attachment(app: &App, id: MessageId, raw: &[u8]) -> Result<Vec<u8>> {
    let Some((media, sha256)) = whatsapp::media_id(raw) else {
        return Err(Error::not_found(format!(
            "the attachment of `{id}` does not say where its bytes are"
        )));
    };
    let account = app.config.account(&app.store.location(id)?.account)?;
    let client: Client = access::whatsapp(app, account).await?;
    let file = Download {
        id: &media,
        sha256: sha256.as_deref(),
    };
    client.download(file).await.map_err(|e| match e.kind {
        Kind::NotFound => e.hint("WhatsApp keeps a file for 30 days"),
        _ => token::explained(app, account, e),
    })
}
