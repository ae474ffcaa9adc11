//! What a provider says later of what was sent: kept, passed on to its item, and where that is in doubt, the end of it.

use crate::channel::twilio::status;
use crate::error::Result;
use crate::model::account::ChannelKind;
use crate::model::id::OutboxId;
use crate::model::outbox::State;
use crate::model::receive::StatusNews;
use crate::store::outbox::{Item, Noted, Part};

use super::deliver::room::{self, Piece};
use super::{App, access};

/// Takes what a provider says of a message of this account. Whatever the order, however often: the end is the same.
///
/// What is said of a message that is not known here is kept until it is.
pub fn take(app: &App, account: &str, news: &StatusNews) -> Result<Noted> {
    let found = match &news.own {
        Some((own, number)) => recognise(app, account, (own, *number, &news.remote))?,
        None => None,
    };
    let mut noted = app.store.report(account, news, app.clock.now())?;
    if let (Some(State::Unconfirmed), Some(id)) = (noted.state, noted.item) {
        noted.state = Some(settle(app, id, found)?);
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

/// Writes down that the provider has a part of ours, which it names by our own id; gives the part if that was not known.
fn recognise(
    app: &App,
    account: &str,
    (own, number, remote): (&str, usize, &str),
) -> Result<Option<Piece>> {
    if app.store.item_of_part(account, remote)?.is_some() {
        return Ok(None);
    }
    let Some(id) = app.store.item_of_own_id(account, own)? else {
        return Ok(None);
    };
    let item = app.store.outbox_item(id)?;
    let missing = room::missing(app, &item)?;
    let Some(piece) = missing.into_iter().find(|piece| piece.number == number) else {
        return Ok(None);
    };
    let part = Part {
        begins: piece.begins,
        remote: remote.to_owned(),
    };
    app.store.part_sent(id, &part)?;
    Ok(Some(piece))
}

/// Settles an item in doubt by the part of it that was found at its provider.
fn settle(app: &App, id: OutboxId, found: Option<Piece>) -> Result<State> {
    let item = app.store.outbox_item(id)?;
    let now = app.clock.now();
    let missing = room::missing(app, &item)?;
    let Some(next) = missing.first() else {
        let words = "its provider tells what became of it";
        let settled = app.store.confirm_found(id, (words, false), now)?;
        return Ok(settled.unwrap_or(State::Unconfirmed));
    };
    // Parts go one after the other: the one in doubt is there, so those behind it were not begun.
    if let Some(found) = found
        && found.number + 1 == next.number
    {
        let words = "its provider has the part that was in doubt; the rest did not go yet";
        app.store.confirm_absent(id, (item.tries, words), now)?;
    }
    Ok(app.store.outbox_item(id)?.state)
}
