//! What a provider says later of what was sent: kept, passed on to its item, and where that is in doubt, the end of it.

use crate::channel::twilio::status;
use crate::error::Result;
use crate::model::account::ChannelKind;
use crate::model::id::OutboxId;
use crate::model::outbox::State;
use crate::model::receive::StatusNews;
use crate::store::outbox::{Item, Noted, Part};

use super::deliver::room;
use super::{App, access};

/// Takes what a provider says of a message of this account. Whatever the order, however often: the end is the same.
///
/// What is said of a message that is not known here is kept until it is.
pub fn take(app: &App, account: &str, news: &StatusNews) -> Result<Noted> {
    if let Some((own, number)) = &news.own {
        recognise(app, account, (own, *number, &news.remote))?;
    }
    let mut noted = app.store.report(account, news, app.clock.now())?;
    if let (Some(State::Unconfirmed), Some(id)) = (noted.state, noted.item) {
        noted.state = Some(settle(app, id)?);
    }
    Ok(noted)
}

/// Asks the provider of an item what became of it, where it can be asked.
pub async fn ask(app: &App, item: &Item) -> Result<()> {
    let account = app.config.account(&item.account)?;
    if account.channel != ChannelKind::Twilio {
        return Ok(());
    }
    let client = access::twilio(app, account).await?;
    for part in app.store.parts(item.id)? {
        let message = client.message(&part.remote).await?;
        if let Some(news) = status::news(&message) {
            take(app, &account.name, &news)?;
        }
    }
    Ok(())
}

/// Writes down that the provider has a part of ours, which it names by our own id. Parts go one after the other: those
/// behind the one in doubt were not begun, and go now.
fn recognise(app: &App, account: &str, (own, number, remote): (&str, usize, &str)) -> Result<()> {
    if app.store.item_of_part(account, remote)?.is_some() {
        return Ok(());
    }
    let Some(id) = app.store.item_of_own_id(account, own)? else {
        return Ok(());
    };
    let item = app.store.outbox_item(id)?;
    let missing = room::missing(app, &item)?;
    let Some(at) = missing.iter().position(|piece| piece.number == number) else {
        return Ok(());
    };
    let part = Part {
        begins: missing[at].begins,
        remote: remote.to_owned(),
    };
    let words = "its provider has the part that was in doubt; the rest did not go yet";
    let rest = (at == 0 && missing.len() > 1).then_some((item.tries, words));
    app.store.part_found(id, (&part, rest), app.clock.now())
}

/// Settles an item in doubt once its provider has all of it.
fn settle(app: &App, id: OutboxId) -> Result<State> {
    let item = app.store.outbox_item(id)?;
    if !room::missing(app, &item)?.is_empty() {
        return Ok(item.state);
    }
    let words = "its provider tells what became of it";
    let settled = app
        .store
        .confirm_found(id, (words, false), app.clock.now())?;
    Ok(settled.unwrap_or(State::Unconfirmed))
}
