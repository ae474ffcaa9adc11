//! Google's address book over the People API (v1): contacts, the addresses one has written to, the domain's people.
//!
//! A person stays the JSON that Google told, so that a change loses nothing comms does not know.

mod change;
mod groups;
mod many;
mod person;
mod read;
mod sync;

use tokio::sync::Mutex;

use crate::net::api::{Api, Call, Fault, Operation};
use crate::net::http::Answer;

pub use crate::model::account::Book;
pub use change::Change;
pub use groups::{Group, Members};
pub use person::Person;
pub use sync::{Sync, Synced, Told};

/// What is read of a person: everything that can be, so that none of it is lost.
const FIELDS: &str = "addresses,biographies,birthdays,clientData,emailAddresses,events,externalIds,genders,imClients,\
                      interests,locales,locations,memberships,metadata,miscKeywords,names,nicknames,occupations,\
                      organizations,phoneNumbers,photos,relations,sipAddresses,urls,userDefined";

/// What can be read of those nobody filed.
const FEW_FIELDS: &str = "emailAddresses,metadata,names,phoneNumbers,photos";

/// An address book.
pub struct Client {
    api: Api,
    /// Google wants one change of a book at a time.
    turn: Mutex<()>,
}

impl Client {
    pub fn new(api: Api) -> Client {
        Client {
            api,
            turn: Mutex::new(()),
        }
    }

    /// Changes something. Asks again only where it was refused before it was done.
    async fn change(&self, call: &Call, doing: &str) -> Result<Answer, Fault> {
        let _turn = self.turn.lock().await;
        let mut tries = 0;
        loop {
            let fault = match self.api.once(call, doing).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            tries += 1;
            let undone = !fault.may_have_left || matches!(fault.status, 403 | 429);
            if !undone || !self.api.patient(&fault, tries).await {
                return Err(fault);
            }
        }
    }

    /// Changes something that may be done twice.
    async fn repeat(&self, call: &Call, doing: &str) -> Result<Answer, Fault> {
        let _turn = self.turn.lock().await;
        self.api.ask(call, doing).await
    }
}

fn call(operation: &'static Operation) -> Call {
    Call::new(operation).query("prettyPrint", "false")
}
