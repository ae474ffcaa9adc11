//! What an address book holds, and later only what changed.

use serde::Deserialize;

use crate::error::Result;
use crate::model::account::Book;
use crate::net::api::Call;
use crate::net::google::operations::people as op;
use crate::net::pages::Trail;

use super::{Client, FEW_FIELDS, FIELDS, Person, call};

/// How many people Google gives at once.
const PER_PAGE: &str = "1000";
const READING: &str = "reading the contacts";

/// What a sync came to.
#[derive(Debug)]
pub enum Sync {
    Done(Synced),
    /// The token is older than a week or no longer known: sync without one, and what that does not tell is gone.
    Expired,
}

/// How reading page by page ended.
#[derive(Debug)]
pub enum Told {
    /// All of it; with this the next sync begins, if Google gave one.
    All(Option<String>),
    /// As `Sync::Expired`; what was read before is for nothing.
    Expired,
}

/// What is there, or what changed since.
#[derive(Debug, Default)]
pub struct Synced {
    pub people: Vec<Person>,
    /// Names at Google that mean nobody any more.
    pub deleted: Vec<String>,
    /// For the next sync; `None` if Google gave none.
    pub next: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Page {
    #[serde(alias = "otherContacts", alias = "people")]
    connections: Vec<Person>,
    next_page_token: Option<String>,
    next_sync_token: Option<String>,
}

impl Client {
    /// Reads a book as a whole, or what changed since the token of the last time.
    pub async fn sync(&self, book: Book, since: Option<&str>) -> Result<Sync> {
        let mut synced = Synced::default();
        let told = self.read(book, since, |people| synced.take(people)).await?;
        Ok(match told {
            Told::All(next) => {
                synced.next = next;
                Sync::Done(synced)
            }
            Told::Expired => Sync::Expired,
        })
    }

    /// The same, page by page: those who are gone are among them.
    pub async fn read(
        &self,
        book: Book,
        since: Option<&str>,
        mut take: impl FnMut(Vec<Person>),
    ) -> Result<Told> {
        let mut page = None::<String>;
        let mut trail = Trail::default();
        loop {
            let call = listing(book)
                .maybe("syncToken", since)
                .maybe("pageToken", page.as_deref());
            let (answer, bytes) = match self.api.sized::<Page>(&call, READING).await {
                Ok(found) => found,
                // The status varies, the reason does not.
                Err(fault) if since.is_some() && is_expired(&fault.reason, fault.status) => {
                    return Ok(Told::Expired);
                }
                Err(fault) => return Err(fault.error),
            };
            let brought = answer.connections.len();
            trail.hold(brought, bytes, READING)?;
            take(answer.connections);
            page = answer.next_page_token.filter(|token| !token.is_empty());
            match &page {
                Some(next) => trail.step(next, brought, READING)?,
                None => return Ok(Told::All(answer.next_sync_token)),
            }
        }
    }
}

impl Synced {
    fn take(&mut self, people: Vec<Person>) {
        for person in people {
            self.deleted
                .extend(person.former_names().map(str::to_owned));
            if person.is_deleted() {
                self.deleted.push(person.resource_name().to_owned());
            } else {
                self.people.push(person);
            }
        }
    }
}

/// The same parameters every time: Google takes a token back only with those it was given for.
fn listing(book: Book) -> Call {
    let call = match book {
        Book::Contacts => call(op::CONNECTIONS_LIST)
            .at("resourceName", "people/me")
            .query("personFields", FIELDS)
            .query("sortOrder", "LAST_MODIFIED_ASCENDING"),
        Book::Others => call(op::OTHER_CONTACTS_LIST).query("readMask", FEW_FIELDS),
        Book::Directory => call(op::DIRECTORY_LIST)
            .query("readMask", FIELDS)
            .query("sources", "DIRECTORY_SOURCE_TYPE_DOMAIN_PROFILE")
            .query("sources", "DIRECTORY_SOURCE_TYPE_DOMAIN_CONTACT"),
    };
    call.query("pageSize", PER_PAGE)
        .query("requestSyncToken", "true")
}

fn is_expired(reason: &str, status: u16) -> bool {
    reason == "EXPIRED_SYNC_TOKEN" || status == 410
}
