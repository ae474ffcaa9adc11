//! Copies for Sent folders, which are filed once a server took the message.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::lock::Lock;
use crate::model::id::OutboxId;
use crate::model::message::Role;
use crate::ops::{App, sync};

use super::files_in;

/// Files copies, one at a time of each account. What can't be filed is left alone for a while: nobody waits for it again
/// and again.
#[derive(Default)]
pub struct Filing {
    /// Accounts that can't be reached or logged in to.
    accounts: RefCell<HashMap<String, Instant>>,
    /// Copies that were not taken.
    items: RefCell<HashMap<OutboxId, Instant>>,
    busy: RefCell<HashSet<String>>,
}

/// How long another process that files for the account is waited for.
const TURN: Duration = Duration::from_secs(30);

/// How long.
const ALONE: Duration = Duration::from_secs(5 * 60);

impl Filing {
    /// Files the copy of an accepted item; a warning if that did not work, which leaves it to a later run.
    pub async fn file(&self, app: &App, id: OutboxId) -> Option<String> {
        let filed = async {
            let item = app.store.outbox_item(id)?;
            let name = files_in(&item);
            if self.leaves_alone(name) {
                return Ok(());
            }
            let account = app.config.account(name)?;
            let raw = app.store.outbox_bytes(id)?;
            let _busy = Busy::with(self, name);
            let dir = app.store.dir();
            let Some(_lock) = Lock::acquire(dir, &format!("sent-{name}"), TURN).await? else {
                return Err(Error::unavailable(
                    "another comms has been filing copies of this account for too long",
                ));
            };
            // The outbox loop and who sent it see at the same time that it is not filed yet.
            if app.store.outbox_item(id)?.filed_at.is_some() {
                return Ok(());
            }
            let filed = sync::file_copy(app, account, Role::Sent, &raw).await;
            if let Err(e) = &filed {
                self.note(e.kind, (id, name));
            }
            filed?;
            app.store.mark_filed(id, app.clock.now())
        };
        let filed: Result<()> = filed.await;
        filed.err().map(|e| {
            format!(
                "`{id}` was sent, but its copy is not in Sent yet: {}",
                e.message
            )
        })
    }

    /// Accounts and items that nothing is to be filed of now.
    pub fn left_alone(&self) -> (Vec<String>, Vec<OutboxId>) {
        let mut accounts = fresh(&self.accounts);
        accounts.extend(self.busy.borrow().iter().cloned());
        (accounts, fresh(&self.items))
    }

    fn leaves_alone(&self, account: &str) -> bool {
        self.left_alone().0.iter().any(|name| name == account)
    }

    fn note(&self, kind: Kind, (id, account): (OutboxId, &str)) {
        let at = Instant::now();
        match kind {
            Kind::Unavailable | Kind::Auth => {
                self.accounts.borrow_mut().insert(account.to_owned(), at);
            }
            _ => {
                self.items.borrow_mut().insert(id, at);
            }
        }
    }
}

fn fresh<K: Clone + Eq + Hash>(left: &RefCell<HashMap<K, Instant>>) -> Vec<K> {
    let mut left = left.borrow_mut();
    left.retain(|_, at| at.elapsed() < ALONE);
    left.keys().cloned().collect()
}

/// An account that a copy is being filed for, until it is dropped.
struct Busy<'a>(&'a Filing, String);

impl<'a> Busy<'a> {
    fn with(filing: &'a Filing, account: &str) -> Busy<'a> {
        filing.busy.borrow_mut().insert(account.to_owned());
        Busy(filing, account.to_owned())
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.borrow_mut().remove(&self.1);
    }
}
