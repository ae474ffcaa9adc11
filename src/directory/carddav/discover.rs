//! From what the owner wrote, a host or any page of theirs, to the address book (RFC 6764, RFC 6352 §7).

use reqwest::Url;

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::format::multistatus::{CALENDAR_SERVER, CARDDAV, DAV, Multistatus, Response};
use crate::net::api::Fault;
use crate::net::dav;

use super::{Client, href};

const DOING: &str = "looking for the address book";
const ASKED: &str = "<d:propfind xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:carddav\" \
    xmlns:s=\"http://calendarserver.org/ns/\"><d:prop><d:resourcetype/><d:displayname/><d:current-user-principal/>\
    <c:addressbook-home-set/><d:supported-report-set/><d:current-user-privilege-set/><s:getctag/></d:prop></d:propfind>";

/// An address book.
#[derive(Clone, Debug)]
pub struct Book {
    pub(super) url: Url,
    /// As its owner calls it.
    pub name: Option<String>,
    /// Whether cards can be made and changed in it, as far as the server tells.
    pub writable: bool,
    /// Whether it tells what changed since a token (RFC 6578).
    pub(super) syncs: bool,
    pub(super) ctag: Option<String>,
}

impl Book {
    /// Where it is.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }
}

impl Client {
    /// Finds the address book: the one that is named, or the only one of who logs in.
    pub async fn find(&self) -> Result<Book> {
        let base = self.api.base().clone();
        let mut starts = vec![base.clone()];
        let known = base.path().trim_matches('/').is_empty();
        if let Ok(well_known) = base.join("/.well-known/carddav") {
            // A host alone has its books behind this address; whoever named a page meant that page.
            starts.insert(if known { 0 } else { 1 }, well_known);
        }
        let mut first_fault = None;
        for start in starts {
            match self.from(&start).await {
                Ok(Some(book)) => return Ok(book),
                Ok(None) => {}
                // What another address would say as well.
                Err(e) if matches!(e.kind, Kind::Auth | Kind::Unavailable | Kind::Config) => {
                    return Err(e);
                }
                Err(e) => first_fault = first_fault.or(Some(e)),
            }
        }
        let nothing = Error::config(format!("there is no address book at `{}`", shown(&base)))
            .hint("set `url` of the account to the address of the book, as its provider shows it");
        Err(match first_fault {
            Some(e) if e.kind != Kind::NotFound => nothing.because(e),
            _ => nothing,
        })
    }

    /// The book that is found from one address.
    async fn from(&self, start: &Url) -> Result<Option<Book>> {
        let (told, at) = self.look(start, "0").await?;
        let Some(own) = told.responses.first() else {
            return Ok(None);
        };
        if is_book(own) {
            return Ok(Some(book(&at, own)));
        }
        if let Some(home) = own.href_of(CARDDAV, "addressbook-home-set") {
            return self.at_home(&at, home).await;
        }
        let Some(principal) = own.href_of(DAV, "current-user-principal") else {
            return Ok(None);
        };
        let principal = joined(&at, principal)?;
        let (told, at) = self.look(&principal, "0").await?;
        let home = told
            .responses
            .first()
            .and_then(|own| own.href_of(CARDDAV, "addressbook-home-set"));
        match home {
            Some(home) => self.at_home(&at, home).await,
            None => Ok(None),
        }
    }

    /// The one book of a home that can be meant.
    async fn at_home(&self, at: &Url, home: &str) -> Result<Option<Book>> {
        let home = joined(at, home)?;
        let (told, at) = self.look(&home, "1").await?;
        let mut books: Vec<Book> = told
            .responses
            .iter()
            .filter(|one| is_book(one))
            .map(|one| book(&at, one))
            .collect();
        if books.len() > 1 && books.iter().any(|book| book.writable) {
            // Books that a server makes by itself (the people of the company) can't be written.
            books.retain(|book| book.writable);
        }
        if books.len() > 1 {
            let all: Vec<_> = books.iter().map(|book| shown(&book.url)).collect();
            return Err(Error::config(format!(
                "there are {} address books at `{}`",
                books.len(),
                shown(&home)
            ))
            .hint(format!(
                "set `url` of the account to one of {}",
                all.join(", ")
            )));
        }
        Ok(books.pop())
    }

    async fn look(&self, url: &Url, depth: &str) -> Result<(Multistatus, Url), Fault> {
        self.multistatus(url, (dav::PROPFIND, depth), (ASKED, DOING))
            .await
    }
}

fn is_book(one: &Response) -> bool {
    one.property(DAV, "resourcetype")
        .is_some_and(|kinds| kinds.child(CARDDAV, "addressbook").is_some())
}

fn book(at: &Url, told: &Response) -> Book {
    // As the server spells it: the slash at its end belongs to a collection.
    let url = match href::path(at, &told.href) {
        Some(path) => href::at(at, &path),
        None => at.clone(),
    };
    let reports = told.property(DAV, "supported-report-set");
    let syncs = reports.is_some_and(|set| {
        set.all(DAV, "supported-report").any(|one| {
            one.child(DAV, "report")
                .is_some_and(|report| report.child(DAV, "sync-collection").is_some())
        })
    });
    let may = |set: &crate::format::multistatus::Element| {
        set.all(DAV, "privilege").any(|privilege| {
            ["all", "write", "write-content", "bind"]
                .iter()
                .any(|name| privilege.child(DAV, name).is_some())
        })
    };
    let privileges = told.property(DAV, "current-user-privilege-set");
    Book {
        url,
        name: told
            .text_of(DAV, "displayname")
            .map(clean::line)
            .filter(|name| !name.is_empty()),
        // One that says nothing is tried.
        writable: privileges.is_none_or(|set| set.children.is_empty() || may(set)),
        syncs,
        ctag: told.text_of(CALENDAR_SERVER, "getctag").map(str::to_owned),
    }
}

fn joined(at: &Url, href: &str) -> Result<Url> {
    at.join(href).map_err(|e| {
        Error::unavailable(format!("{DOING}: the server named an address that is none")).because(e)
    })
}

fn shown(url: &Url) -> String {
    clean::line(url.as_str()).chars().take(300).collect()
}
