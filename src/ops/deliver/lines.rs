//! Connections that stay open from one item to the next.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::channel::smtp::Client;

/// One connection per account, for as long as someone delivers items in a row.
#[derive(Default)]
pub struct Lines {
    open: RefCell<HashMap<String, Client>>,
    /// Accounts that could not be reached or logged in to: nobody knocks again in this row.
    down: RefCell<Vec<String>>,
}

impl Lines {
    /// The connection of an account, if one is open.
    pub(super) fn take(&self, account: &str) -> Option<Client> {
        self.open.borrow_mut().remove(account)
    }

    /// Keeps a connection for the next item.
    pub(super) fn keep(&self, account: &str, client: Client) {
        self.open.borrow_mut().insert(account.to_owned(), client);
    }

    pub(super) fn note_down(&self, account: &str) {
        self.down.borrow_mut().push(account.to_owned());
    }

    /// Accounts whose items are left for another time.
    pub fn down(&self) -> Vec<String> {
        self.down.borrow().clone()
    }

    /// Says goodbye on all of them.
    pub async fn close(&self) {
        let open = std::mem::take(&mut *self.open.borrow_mut());
        for client in open.into_values() {
            client.quit().await;
        }
    }
}
