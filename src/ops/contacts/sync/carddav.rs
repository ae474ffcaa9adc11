//! A CardDAV address book as a source: ids are paths, documents are vCards.

use std::collections::HashMap;

use futures_util::future::join_all;

use crate::directory::carddav::{Book, Change, Client, Item};
use crate::error::Result;
use crate::format::vcard::{self, Form};
use crate::model::account::Account;
use crate::model::contact::Card;
use crate::ops::{App, access};

use super::source::{Fetched, Meaning, News, Outcome, Remote, Stamp, Whose, Write};

/// An address book, found and ready to be asked.
pub struct Carddav {
    client: Client,
    book: Book,
}

impl Carddav {
    pub async fn open(app: &App, account: &Account) -> Result<Carddav> {
        let client = access::carddav(app, account).await?;
        let book = client.find().await?;
        Ok(Carddav { client, book })
    }

    pub fn name(&self) -> &str {
        self.book.url()
    }

    pub fn writes(&self) -> bool {
        self.book.writable
    }

    pub fn whose(&self, id: &str) -> Whose {
        match self.client.is_in(&self.book, id) {
            true => Whose::Ours,
            false => Whose::Former,
        }
    }

    pub async fn fetch(
        &self,
        since: Option<&str>,
        known: &HashMap<&str, Option<&str>>,
    ) -> Result<Fetched> {
        let listing = self.client.list(&self.book, since).await?;
        let mut fetched = Fetched {
            full: listing.full,
            next: listing.next,
            ..Fetched::default()
        };
        let mut wanted = Vec::new();
        for entry in listing.there {
            let is_known = entry.etag.is_some()
                && known
                    .get(entry.path.as_str())
                    .is_some_and(|etag| *etag == entry.etag.as_deref());
            match is_known {
                true => fetched.news.push(News::Same(entry.path)),
                false => wanted.push(entry.path),
            }
        }
        let mut groups = 0;
        let items = self.client.read(&self.book, &wanted).await?;
        for item in items {
            let is_known = known.contains_key(item.path.as_str());
            match vcard::read(&item.document).into_iter().next() {
                Some(Ok(read)) if read.members.is_some() && !is_known => groups += 1,
                Some(Ok(_)) => fetched.news.push(News::Changed(remote(item))),
                Some(Err(fault)) => fetched.news.push(News::Unreadable(item.path, fault.what)),
                None => {
                    let why = "there is no vCard in it".to_owned();
                    fetched.news.push(News::Unreadable(item.path, why));
                }
            }
        }
        if groups > 0 {
            fetched
                .notes
                .push(format!("{groups} cards that are groups were left alone"));
        }
        fetched
            .news
            .extend(listing.gone.into_iter().map(News::Gone));
        Ok(fetched)
    }

    pub async fn read_one(&self, id: &str) -> Result<Option<Remote>> {
        Ok(self.client.read_one(&self.book, id).await?.map(remote))
    }

    pub async fn write(&self, writes: Vec<Write>) -> Vec<Outcome> {
        join_all(writes.into_iter().map(|write| self.write_one(write))).await
    }

    async fn write_one(&self, write: Write) -> Outcome {
        match write {
            Write::Create { uid, document } => {
                let path = self.client.path_of(&self.book, &uid);
                match self.client.create(&self.book, (&path, &document)).await {
                    Change::Made(path, etag) => self.done(path, etag, document).await,
                    Change::Taken(there) => self.taken(&there).await,
                    other => outcome(other),
                }
            }
            Write::Update { old, document } => {
                let place = (old.id.as_str(), old.etag.as_deref());
                match self.client.update(&self.book, place, &document).await {
                    Change::Done(etag) => self.done(old.id, etag, document).await,
                    other => outcome(other),
                }
            }
            Write::Delete { old } => {
                let place = (old.id.as_str(), old.etag.as_deref());
                match self.client.delete(&self.book, place).await {
                    Change::Done(_) => Outcome::Done(None),
                    other => outcome(other),
                }
            }
        }
    }

    /// What is there after a change.
    async fn done(&self, id: String, etag: Option<String>, document: Vec<u8>) -> Outcome {
        if etag.is_some() {
            return Outcome::Done(Some(Remote { id, etag, document }));
        }
        // Without an ETag nobody knows whose text lies there now. If it says what was sent, that was us; else the next
        // sync takes it for someone's change.
        match self.client.read_one(&self.book, &id).await {
            Ok(Some(item)) if says_the_same(&item.document, &document) => {
                Outcome::Done(Some(remote(item)))
            }
            _ => Outcome::Done(Some(Remote {
                id,
                etag: None,
                document,
            })),
        }
    }

    async fn taken(&self, path: &str) -> Outcome {
        match self.client.read_one(&self.book, path).await {
            Ok(Some(item)) => Outcome::Exists(remote(item)),
            Ok(None) => Outcome::Stale,
            Err(e) => Outcome::Refused(e),
        }
    }
}

/// What a vCard says.
pub fn meaning(document: &[u8]) -> Result<Meaning, String> {
    match vcard::read(document).into_iter().next() {
        Some(Ok(read)) => Ok(Meaning {
            card: read.card,
            uid: read.uid,
            changed_at: read.rev,
        }),
        Some(Err(fault)) => Err(fault.what),
        None => Err("there is no vCard in it".to_owned()),
    }
}

pub fn render(card: &Card, base: Option<&[u8]>, stamp: Stamp<'_>) -> Vec<u8> {
    let form = Form {
        version: None,
        uid: stamp.uid.map(str::to_owned),
        rev: stamp.changed_at,
    };
    vcard::write(card, base, &form)
}

fn says_the_same(a: &[u8], b: &[u8]) -> bool {
    match (meaning(a), meaning(b)) {
        (Ok(a), Ok(b)) => a.card == b.card && a.uid == b.uid,
        _ => false,
    }
}

fn remote(item: Item) -> Remote {
    Remote {
        id: item.path,
        etag: item.etag,
        document: item.document,
    }
}

fn outcome(change: Change) -> Outcome {
    match change {
        Change::Done(_) | Change::Made(..) => Outcome::Done(None),
        Change::Taken(_) | Change::Stale => Outcome::Stale,
        Change::Gone => Outcome::Gone,
        Change::Refused(e) => Outcome::Refused(e),
        Change::Unknown(e) => Outcome::Unknown(e),
    }
}
