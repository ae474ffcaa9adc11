//! What was just sent: as Gmail keeps it, here at once.

use crate::channel::gmail::{Client, Fetched};
use crate::error::Result;
use crate::model::account::Account;
use crate::ops::App;

use super::intake::made;
use super::labels::Names;

/// Stores a letter that was just sent as Gmail keeps it; the Message-ID it has there.
pub async fn keep_sent(
    (app, account): (&App, &Account),
    client: &Client,
    id: &str,
) -> Result<Option<String>> {
    let Fetched::Message(message) = client.get(id).await else {
        return Ok(None); // the next sync finds it
    };
    let message = made(message, &account.name, (&Names::new(), app.clock.now()));
    let message_id = message.parsed.message_id.clone();
    app.store.add(vec![message])?;
    Ok(message_id)
}
