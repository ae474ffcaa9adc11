//! The labels of a mailbox themselves: listed, made, renamed, deleted; messages here follow.

use std::collections::HashMap;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::lock::Lock;
use crate::model::account::Account;
use crate::ops::{App, access, token};
use crate::store::Placed;

use super::super::{Tally, Writer};
use super::labels::{self, Standing};
use super::stamp::Stamp;
use super::{Mailbox, placed, standing_of};

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

/// What other names labels have now.
#[derive(Default)]
pub(super) struct Renamed {
    /// By the name before; none if the label is gone.
    pub names: HashMap<String, Option<String>>,
    /// How many messages followed.
    pub messages: u64,
}

/// Takes over which labels there are; messages follow where one was renamed or deleted.
pub(super) fn take_over(
    (app, account): (&App, &Account),
    stamp: &mut Stamp,
    now: labels::Names,
) -> Result<Renamed> {
    let before = std::mem::replace(&mut stamp.names, now);
    stamp.names_at = Some(app.clock.now());
    let now = &stamp.names;
    let names: HashMap<String, Option<String>> = before
        .into_iter()
        .filter(|(id, name)| !labels::is_system(id) && now.get(id) != Some(name))
        .map(|(id, name)| (name, now.get(&id).cloned()))
        .collect();
    if names.is_empty() {
        return Ok(Renamed::default());
    }
    let known = app.store.remotes(&account.name)?;
    let touched = known.values().filter(|remote| {
        let labels = remote.labels.iter();
        labels.into_iter().any(|label| names.contains_key(label))
    });
    let moved: Vec<Placed> = touched
        .map(|remote| {
            let labels = remote.labels.iter();
            let labels = labels.filter_map(|label| match names.get(label) {
                Some(now) => now.clone(),
                None => Some(label.clone()),
            });
            let standing = Standing {
                labels: labels.collect(),
                ..standing_of(remote)
            };
            placed(remote, standing)
        })
        .collect();
    for share in moved.chunks(500) {
        app.store.place(share)?;
    }
    Ok(Renamed {
        names,
        messages: moved.len() as u64,
    })
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
