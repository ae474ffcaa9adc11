//! Drafts: what is written here is filed at Gmail, too.

use crate::channel::gmail::Message;
use crate::error::Result;
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::ops::{App, access, token};

use super::intake::made;
use super::labels::Names;

/// Files a draft at Gmail and stores it; its id here.
pub async fn file_draft(app: &App, account: &Account, raw: &[u8]) -> Result<Option<MessageId>> {
    let client = access::gmail(app, account).await?;
    let draft = client.create_draft(raw, None).await;
    let draft = draft.map_err(|e| token::explained(app, account, e))?;
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
