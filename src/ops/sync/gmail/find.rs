//! Searching at Gmail itself: its own language, its own index. What it finds and the store lacks is fetched.

use crate::channel::gmail::Listing;
use crate::error::Result;
use crate::model::account::Account;
use crate::ops::{App, access, token};

use super::super::{Found, Tally, Writer};
use super::Mailbox;
use super::stamp::Stamp;

/// Finds messages by a query in Gmail's words.
pub async fn find(app: &App, account: &Account, (q, most): (&str, usize)) -> Result<Found> {
    let client = access::gmail(app, account).await?;
    let mut mailbox = Mailbox {
        app,
        account,
        client: &client,
        writer: &Writer::start(app.store.twin()),
        tally: &mut Tally::default(),
        stamp: Stamp::load(app, account)?,
        again: Vec::new(),
        failed: 0,
    };
    let found = mailbox.find(q, most).await;
    found.map_err(|e| token::explained(app, account, e))
}

impl Mailbox<'_> {
    async fn find(&mut self, q: &str, most: usize) -> Result<Found> {
        let mut remotes: Vec<String> = Vec::new();
        let mut found = Found::default();
        let mut token: Option<String> = None;
        loop {
            let listing = Listing {
                q: Some(q),
                ..Listing::default()
            };
            let page = self.client.list(listing, token.as_deref()).await?;
            found.estimate = found.estimate.max(page.result_size_estimate);
            remotes.extend(page.messages.into_iter().map(|message| message.id));
            match page.next_page_token {
                Some(next) if remotes.len() < most && token.as_ref() != Some(&next) => {
                    token = Some(next);
                }
                _ => break,
            }
        }
        remotes.truncate(most);
        let erased = self.app.store.erased_remotes(&self.account.name)?;
        let (store, account) = (&self.app.store, &self.account.name);
        let mut missing = Vec::new();
        for id in &remotes {
            if !erased.contains(id) && store.remote(account, id)?.is_none() {
                missing.push(id.clone());
            }
        }
        self.fetch(&missing, (0, missing.len() as u64)).await?;
        let mut fetched = Vec::new();
        for id in &remotes {
            // Gone meanwhile, or erased here.
            let known = self.app.store.remote(&self.account.name, id)?;
            if let Some(remote) = known {
                found.ids.push(remote.id);
                fetched.extend(missing.contains(id).then_some(remote.id));
            }
        }
        self.app.store.note_found(&self.account.name, &fetched)?;
        Ok(found)
    }
}
