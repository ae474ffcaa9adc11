//! The labels of a mailbox themselves: listed, made, renamed, deleted; messages here follow.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::lock::Lock;
use crate::model::account::Account;
use crate::ops::{App, access, token};

use super::super::{Tally, Writer};
use super::Mailbox;
use super::labels;
use super::stamp::Stamp;

/// What to do with a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Naming {
    Make(String),
    Rename(String, String),
    Delete(String),
}

/// How long a sync that goes on is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// The labels that a message can be given, as they are called here, after `naming` if there is one; `true` for
/// the user's own.
pub async fn label_names(
    app: &App,
    account: &Account,
    naming: Option<&Naming>,
) -> Result<Vec<(String, bool)>> {
    let Some(_lock) = Lock::acquire(app.store.dir(), &account.name, PATIENCE).await? else {
        return Err(Error::unavailable(format!(
            "another comms is refreshing account `{}`",
            account.name
        ))
        .hint("wait for it to finish, then repeat"));
    };
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
    let names = mailbox.name(naming).await;
    names.map_err(|e| token::explained(app, account, e))
}

impl Mailbox<'_> {
    async fn name(&mut self, naming: Option<&Naming>) -> Result<Vec<(String, bool)>> {
        self.learn_names().await?;
        if let Some(naming) = naming {
            match naming {
                Naming::Make(name) => drop(self.client.create_label(name).await?),
                Naming::Rename(from, to) => {
                    let id = self.own_label(from)?;
                    self.client.rename_label(&id, to).await?;
                }
                Naming::Delete(name) => {
                    let id = self.own_label(name)?;
                    self.client.delete_label(&id).await?;
                }
            }
            self.learn_names().await?;
        }
        self.save()?;
        let ids = self.stamp.names.keys();
        let mut names: Vec<(String, bool)> = ids
            .filter(|id| !labels::is_shown_otherwise(id))
            .map(|id| {
                let own = !labels::is_system(id);
                (labels::label(id, &self.stamp.names), own)
            })
            .collect();
        names.sort();
        Ok(names)
    }

    /// The id of a label of the user's.
    fn own_label(&self, name: &str) -> Result<String> {
        match labels::id(name, &self.stamp.names) {
            Some(id) if labels::is_system(&id) => Err(Error::refused(format!(
                "`{name}` is Gmail's own label: it stays as it is"
            ))),
            Some(id) => Ok(id),
            None => Err(Error::not_found(format!(
                "account `{}` has no label `{name}`",
                self.account.name
            ))
            .hint("`comms inbox labels` lists them")),
        }
    }
}
