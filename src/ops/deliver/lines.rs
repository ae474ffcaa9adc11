//! Connections that stay open from one item to the next.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::channel::smtp::Client;

use super::api::Provider;

/// One connection per account, for as long as someone delivers items in a row.
#[derive(Default)]
pub struct Lines {
    open: RefCell<HashMap<String, Client>>,
    providers: RefCell<HashMap<String, Rc<Provider>>>,
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

    /// The client of an account's provider, if there is one.
    pub(super) fn provider(&self, account: &str) -> Option<Rc<Provider>> {
        self.providers.borrow().get(account).cloned()
    }

    /// Keeps the client of an account's provider.
    pub(super) fn keep_provider(&self, account: &str, provider: Provider) -> Rc<Provider> {
        let provider = Rc::new(provider);
        let kept = Rc::clone(&provider);
        self.providers.borrow_mut().insert(account.to_owned(), kept);
        provider
    }

    pub fn note_down(&self, account: &str) {
        self.down.borrow_mut().push(account.to_owned());
    }

    /// Accounts whose items are left for another time.
    pub fn down(&self) -> Vec<String> {
        self.down.borrow().clone()
    }

    /// A new row begins: all accounts may be tried again.
    pub fn renew(&self) {
        self.down.borrow_mut().clear();
    }

    /// Says goodbye on all of them.
    pub async fn close(&self) {
        let open = std::mem::take(&mut *self.open.borrow_mut());
        goodbye(open).await;
    }

    /// Ends those of all accounts but these; says goodbye for as long as what it gives is asked. `None` if there is none.
    pub fn close_but(&self, busy: &[String]) -> Option<impl Future<Output = ()> + use<>> {
        let is_idle = |account: &String| !busy.contains(account);
        self.providers.borrow_mut().retain(|name, _| !is_idle(name));
        let mut open = self.open.borrow_mut();
        let idle: HashMap<_, _> = open.extract_if(|name, _| is_idle(name)).collect();
        (!idle.is_empty()).then(|| goodbye(idle))
    }
}

async fn goodbye(open: HashMap<String, Client>) {
    for client in open.into_values() {
        client.quit().await;
    }
}
