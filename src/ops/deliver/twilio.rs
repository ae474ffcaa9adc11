//! SMS and MMS: who a message comes from, its media, and one part of it handed to Twilio.

use serde_json::Value;

use crate::channel::twilio::{Client, Outcome, Post, Sender, webhook};
use crate::format::{mime, payload, sms, twilio};
use crate::model::account::Account;
use crate::net::is_loopback;
use crate::ops::App;
use crate::ops::optout;
use crate::ops::send::sms as rules;
use crate::store::outbox::Item;

use super::api::ANSWER;
use super::room::{self, Ground, Handed, Handing};

/// Nothing has to be asked before the first part goes.
pub(super) fn ground(item: &Item, raw: &[u8]) -> Ground {
    Ground {
        scope: format!("twilio:{}", item.sender.to_lowercase()),
        place: twilio::number(item.to()).to_owned(),
        thread: room::thread_of(&mime::parse(raw)),
        payload: payload::of(raw),
        ..Ground::default()
    }
}

/// Who an item comes from: a number of the account, or its messaging service.
pub fn sender<'a>(account: &'a Account, item: &'a Item) -> Sender<'a> {
    let service = account
        .twilio
        .as_ref()
        .and_then(|t| t.messaging_service.as_deref());
    match service {
        None => Sender::Number(&item.sender),
        // An answer goes out from the number that was written to.
        Some(service) => Sender::Service(service, number(account, item)),
    }
}

/// The number that an item is bound to, where a service would choose one.
fn number<'a>(account: &Account, item: &'a Item) -> Option<&'a str> {
    let bound = item.sender != account.name
        && account.address.as_deref() != Some(&item.sender)
        && !item.sender.starts_with("MG");
    bound.then_some(item.sender.as_str())
}

/// One part.
pub(super) async fn hand(
    client: &Client,
    (app, account, item): (&App, &Account, &Item),
    handing: Handing<'_>,
) -> Handed {
    let ground = handing.ground;
    let text = handing.piece.text.as_str();
    // They go with the first part.
    let media = match handing.piece.number {
        1 => rules::media_of(ground.payload.as_ref()),
        _ => Vec::new(),
    };
    let callback = callback(app, account)
        .and_then(|url| webhook::status_callback(&url, &item.own_id, handing.piece.number));
    // What leaves is what was shown: Twilio changes nothing in a text that stays UCS-2.
    let smart = rules::is_smart(account) && sms::size(text).encoding == sms::Encoding::Gsm7;
    let post = Post {
        to: &ground.place,
        from: sender(account, item),
        text,
        media: &media,
        status_callback: callback.as_deref(),
        smart,
        timeout: ANSWER,
        left: handing.left,
    };
    match client.send(post).await {
        Outcome::Sent { sid, message } => Handed::Sent(sid, Some(message)),
        Outcome::NotSent(e) => Handed::NotSent(e),
        Outcome::OptedOut(e) => {
            let why = "replied STOP (Twilio 21610)";
            let noted = optout::reported(app, account, (item.to(), true, why));
            if let Err(e) = noted {
                (app.notice)(&format!("`{}`: {}", item.id, e.message));
            }
            Handed::NotSent(e)
        }
        Outcome::Unknown(why) => Handed::Unknown(why),
    }
}

/// Where Twilio tells statuses of this account; `None` if it can't reach us.
fn callback(app: &App, account: &Account) -> Option<String> {
    let public = app.config.serve.public_url.as_deref()?;
    let host = |url: &str| {
        let url = reqwest::Url::parse(url).ok()?;
        url.host_str().map(str::to_owned)
    };
    // Only a provider on this machine reaches it by such an address.
    let near = is_loopback(&host(public)?);
    let base = account.base_url.as_deref().unwrap_or_default();
    if near && !host(base).is_some_and(|host| is_loopback(&host)) {
        return None;
    }
    Some(format!("{public}/webhooks/{}", account.name))
}

/// Shows here at once what was sent.
pub(super) fn keep(app: &App, account: &Account, message: &Value) -> crate::error::Result<()> {
    crate::ops::sync::twilio::keep(app, account, message)
}
