//! Which accounts whoever asks may know of. To the others every question answers as if they were not there.
//!
//! SQL asks `sees(account)`; every connection of a store knows it. What is due, and what a dead process left, is theirs
//! alone who know of its account. Indexing, syncing and counting towards a policy's limits see all.

use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// Shared by a store and its connections.
#[derive(Clone, Debug, Default)]
pub(super) struct View(Arc<RwLock<Option<Vec<String>>>>);

impl View {
    /// The only accounts; `None` means all.
    pub fn accounts(&self) -> Option<Vec<String>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn is_limited(&self) -> bool {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    pub fn limit_to(&self, accounts: Option<Vec<String>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = accounts;
    }

    fn sees(&self, account: &str) -> bool {
        let accounts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(accounts) = accounts.as_ref() else {
            return true;
        };
        accounts.iter().any(|one| one == account)
    }

    /// Teaches a connection `sees(account)`.
    pub fn teach(&self, db: Connection) -> rusqlite::Result<Connection> {
        let view = self.clone();
        db.create_scalar_function("sees", 1, FunctionFlags::SQLITE_UTF8, move |given| {
            // Nobody's is everybody's.
            let account = given.get_raw(0).as_str_or_null();
            Ok(account.ok().flatten().is_none_or(|name| view.sees(name)))
        })?;
        Ok(db)
    }
}
