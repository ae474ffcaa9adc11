//! Reading and changing cards.

use std::collections::HashMap;

use crate::error::{Error, Kind, Result};
use crate::format::multistatus::{CARDDAV, DAV, Element, Multistatus, escaped};
use crate::net::api::{Fault, TOO_LARGE};
use crate::net::dav;
use crate::net::http::Answer;

use super::{Ask, Book, Client, UNREADABLE, href};

/// How many cards one request asks for.
const AT_ONCE: usize = 100;
const TYPE: &str = "text/vcard; charset=utf-8";

/// A card as it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub path: String,
    /// Without the mark of a weak one; `None` where the server gives none.
    pub etag: Option<String>,
    pub document: Vec<u8>,
}

/// What became of a change.
#[derive(Debug)]
pub enum Change {
    /// The card has this ETag now; `None` if the server gave none for what was sent.
    Done(Option<String>),
    /// The card is new, and lies here with this ETag.
    Made(String, Option<String>),
    /// Another card was there already: where.
    Taken(String),
    /// It changed since it was read, so nothing was overwritten.
    Stale,
    /// There is no such card any more.
    Gone,
    /// Certainly nothing was changed.
    Refused(Error),
    /// It may have been changed; why that can't be told.
    Unknown(Error),
}

impl Client {
    /// Reads cards; those that are gone meanwhile are left out.
    pub async fn read(&self, book: &Book, paths: &[String]) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(paths.len());
        let mut rest = paths;
        let mut at_once = AT_ONCE;
        while !rest.is_empty() {
            let (some, after) = rest.split_at(at_once.min(rest.len()));
            match self.read_some(book, some).await {
                Ok(read) => items.extend(read),
                // Photos may make an answer larger than is read at once.
                Err(fault) if fault.reason == TOO_LARGE && some.len() > 1 => {
                    at_once = some.len() / 2;
                    continue;
                }
                // A card that breaks the list is found by asking for each.
                Err(fault) if is_about_the_list(&fault) => {
                    for path in some {
                        items.extend(self.read_one(book, path).await?);
                    }
                }
                Err(fault) => return Err(fault.error),
            }
            rest = after;
        }
        Ok(items)
    }

    /// Reads one card; `None` if it is gone.
    pub async fn read_one(&self, book: &Book, path: &str) -> Result<Option<Item>> {
        let url = href::at(&book.url, path);
        let ask = Ask {
            operation: dav::GET,
            headers: &[("accept", "text/vcard")],
            body: ("", Vec::new()),
        };
        match self.ask(&url, &ask, "reading a card").await {
            Ok((answer, _)) => Ok(Some(Item {
                path: path.to_owned(),
                etag: answer
                    .headers
                    .get("etag")
                    .and_then(|etag| etag.to_str().ok())
                    .map(plain),
                document: answer.body,
            })),
            Err(fault) if fault.error.kind == Kind::NotFound => Ok(None),
            Err(fault) => Err(fault.error),
        }
    }

    /// Makes a card under this name, unless there is one; the server may give it another.
    pub async fn create(&self, book: &Book, (path, document): (&str, &[u8])) -> Change {
        let headers = [("if-none-match", "*")];
        let fault = match self.put(book, (path, document), &headers).await {
            Ok((etag, place)) => {
                let place = place.filter(|place| self.is_in(book, place));
                return Change::Made(place.unwrap_or_else(|| path.to_owned()), etag);
            }
            Err(fault) => fault,
        };
        if fault.status == 412 {
            return Change::Taken(path.to_owned());
        }
        // RFC 6352 §6.3.2.1: the same UID under another name.
        if let Some(other) = uid_conflict(&fault.reason)
            && let Some(path) = href::path(&book.url, &other)
        {
            return Change::Taken(path);
        }
        failed(fault)
    }

    /// Replaces a card, unless it is not what it was.
    pub async fn update(
        &self,
        book: &Book,
        (path, etag): (&str, Option<&str>),
        document: &[u8],
    ) -> Change {
        let headers = [("if-match", etag.unwrap_or("*"))];
        match self.put(book, (path, document), &headers).await {
            Ok((etag, _)) => Change::Done(etag),
            Err(fault) => failed(fault),
        }
    }

    /// Deletes a card, unless it is not what it was. One that is gone is as good.
    pub async fn delete(&self, book: &Book, (path, etag): (&str, Option<&str>)) -> Change {
        let url = href::at(&book.url, path);
        let ask = Ask {
            operation: dav::DELETE,
            headers: &[("if-match", etag.unwrap_or("*"))],
            body: ("", Vec::new()),
        };
        match self.change(&url, &ask, "deleting a card").await {
            Ok(_) => Change::Done(None),
            Err(fault) => match failed(fault) {
                Change::Gone => Change::Done(None),
                other => other,
            },
        }
    }

    /// The address of a card that is called so.
    pub fn path_of(&self, book: &Book, name: &str) -> String {
        let folder = href::path(&book.url, book.url.path()).unwrap_or_default();
        let name = href::encoded(format!("{name}.vcf").as_bytes());
        format!("{}/{name}", folder.trim_end_matches('/'))
    }

    /// Whether a path is one of this book.
    pub fn is_in(&self, book: &Book, path: &str) -> bool {
        let folder = href::path(&book.url, book.url.path()).unwrap_or_default();
        let rest = path.strip_prefix(folder.trim_end_matches('/'));
        rest.and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|name| !name.is_empty() && !name.contains('/'))
    }

    /// Writes a card; gives its ETag, and where the server says that it made it (RFC 9110 §10.2.2).
    async fn put(
        &self,
        book: &Book,
        (path, document): (&str, &[u8]),
        headers: &[(&'static str, &str)],
    ) -> Result<(Option<String>, Option<String>), Fault> {
        let url = href::at(&book.url, path);
        let ask = Ask {
            operation: dav::PUT,
            headers,
            body: (TYPE, document.to_vec()),
        };
        let answer = self.change(&url, &ask, "writing a card").await?;
        let said = |name: &str| {
            answer
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        // A weak one does not promise that what was sent is what is kept.
        let etag = said("etag")
            .filter(|etag| !etag.starts_with("W/"))
            .map(plain);
        let place = said("location").and_then(|there| href::path(&url, there));
        Ok((etag, place))
    }

    /// Changes something; asks again only where it was certainly refused for now.
    async fn change(
        &self,
        url: &reqwest::Url,
        ask: &Ask<'_>,
        doing: &str,
    ) -> Result<Answer, Fault> {
        let mut tries = 0;
        loop {
            let fault = match self.once(url, ask, doing).await {
                Ok((mut answer, _)) => match refused_within(&mut answer, doing) {
                    None => return Ok(answer),
                    Some(fault) => fault,
                },
                Err(fault) => fault,
            };
            tries += 1;
            let undone = !fault.may_have_left || matches!(fault.status, 429 | 503);
            if !undone || !self.api.patient(&fault, tries).await {
                return Err(fault);
            }
        }
    }

    async fn read_some(&self, book: &Book, paths: &[String]) -> Result<Vec<Item>, Fault> {
        let hrefs: String = paths
            .iter()
            .map(|path| format!("<d:href>{}</d:href>", escaped(path)))
            .collect();
        let body = format!(
            "<c:addressbook-multiget xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:carddav\"><d:prop><d:getetag/>\
             <c:address-data/></d:prop>{hrefs}</c:addressbook-multiget>"
        );
        let asked = (dav::REPORT, "1");
        let doing = "reading the address book";
        let (told, at) = self.multistatus(&book.url, asked, (&body, doing)).await?;
        let mut by_path: HashMap<String, _> = told
            .responses
            .into_iter()
            .filter_map(|one| Some((href::path(&at, &one.href)?, one)))
            .collect();
        let mut items = Vec::new();
        for path in paths {
            let told = by_path.remove(path);
            let document = told.as_ref().and_then(|one| {
                let data = one.property(CARDDAV, "address-data")?;
                Some(data.text.clone().into_bytes())
            });
            match (told, document) {
                (Some(one), Some(document)) => items.push(Item {
                    etag: one.text_of(DAV, "getetag").map(plain),
                    path: path.clone(),
                    document,
                }),
                (Some(one), None) if matches!(one.status, Some(404 | 410)) => {}
                // Told without its text, or not at all.
                _ => items.extend(self.read_one(book, path).await.map_err(Fault::before)?),
            }
        }
        Ok(items)
    }
}

/// Whether it is the list that the server or we can't take, and not the login or the network.
fn is_about_the_list(fault: &Fault) -> bool {
    fault.reason == UNREADABLE
        || fault.reason == TOO_LARGE
        || matches!(fault.status, 400 | 403 | 405 | 413 | 415 | 501)
}

/// An ETag as it is compared: proxies that pack an answer make a strong one weak.
pub(super) fn plain(etag: &str) -> String {
    let etag = etag.trim();
    etag.strip_prefix("W/").unwrap_or(etag).to_owned()
}

/// Why one card was not changed although the answer is a success: within a 207 its own status decides (RFC 4918 §9.6.1),
/// and the answer has that from then on.
fn refused_within(answer: &mut Answer, doing: &str) -> Option<Fault> {
    if answer.status != 207 {
        return None;
    }
    let told = Multistatus::parse(&String::from_utf8_lossy(&answer.body)).unwrap_or_default();
    let told: Vec<u16> = told.responses.iter().filter_map(|r| r.status).collect();
    let refused = |status: &&u16| !(200..300).contains(*status);
    // 424 only says that another one failed.
    let fault = told.iter().filter(refused).min_by_key(|s| **s == 424);
    match fault {
        Some(status) => {
            answer.status = *status;
            dav::reading(answer, doing).or_else(|| Some(unclear(answer, doing)))
        }
        None if told.is_empty() => Some(unclear(answer, doing)),
        None => None,
    }
}

fn unclear(answer: &Answer, doing: &str) -> Fault {
    Fault {
        status: answer.status,
        may_have_left: true,
        ..Fault::before(Error::unavailable(format!(
            "{doing}: the answer does not say what became of it"
        )))
    }
}

/// Where a server says that the same UID lies.
fn uid_conflict(body: &str) -> Option<String> {
    let error = Element::parse(body).ok().filter(|e| e.is(DAV, "error"))?;
    let conflict = error.child(CARDDAV, "no-uid-conflict")?;
    conflict.text_of(DAV, "href").map(str::to_owned)
}

/// What a fault says of the change it answers.
fn failed(fault: Fault) -> Change {
    match fault.status {
        412 => Change::Stale,
        404 | 410 => Change::Gone,
        // Within its limits a server that is busy or full did nothing.
        429 | 503 | 507 | 400..=499 => Change::Refused(fault.error),
        _ if fault.may_have_left => Change::Unknown(fault.error),
        _ => Change::Refused(fault.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_etag_is_the_same_as_a_strong_one() {
        assert_eq!(plain("W/\"a\""), "\"a\"");
        assert_eq!(plain(" \"a\" "), "\"a\"");
    }

    #[test]
    fn the_same_uid_elsewhere_is_found() {
        let body = "<?xml version=\"1.0\"?><error xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\">\
            <C:no-uid-conflict><href>/b/x.vcf</href></C:no-uid-conflict></error>";
        assert_eq!(uid_conflict(body).as_deref(), Some("/b/x.vcf"));
        assert_eq!(uid_conflict("<html>"), None);
    }

    #[test]
    fn what_is_said_of_a_card_within_an_answer_decides() {
        let told = |statuses: &[&str]| {
            let responses: String = statuses
                .iter()
                .map(|s| {
                    format!(
                        "<response><href>/b/x.vcf</href><status>HTTP/1.1 {s}</status></response>"
                    )
                })
                .collect();
            let body = format!("<multistatus xmlns=\"DAV:\">{responses}</multistatus>");
            refused_within(&mut Answer::fixed(207, &[], &body), "deleting").map(failed)
        };
        assert!(told(&["204 No Content"]).is_none());
        for (statuses, is_it) in [
            (
                &["423 Locked"][..],
                (|c| matches!(c, Change::Refused(_))) as fn(&Change) -> bool,
            ),
            (&["424 Failed Dependency", "412 No"], |c| {
                matches!(c, Change::Stale)
            }),
            (&["404 Not Found"], |c| matches!(c, Change::Gone)),
            (&["204 OK", "500 Oops"], |c| matches!(c, Change::Unknown(_))),
            (&["302 Found"], |c| matches!(c, Change::Unknown(_))),
            (&[], |c| matches!(c, Change::Unknown(_))),
        ] {
            let change = told(statuses).unwrap();
            assert!(is_it(&change), "{statuses:?} {change:?}");
        }
        let page = |status| refused_within(&mut Answer::fixed(status, &[], "<html>"), "deleting");
        assert!(matches!(page(207).map(failed), Some(Change::Unknown(_))));
        assert!(page(201).is_none());
    }

    #[test]
    fn only_what_may_have_been_done_is_in_doubt() {
        let fault = |status, may_have_left| Fault {
            status,
            may_have_left,
            ..Fault::before(Error::unavailable("x"))
        };
        assert!(matches!(failed(fault(412, true)), Change::Stale));
        assert!(matches!(failed(fault(410, true)), Change::Gone));
        assert!(matches!(failed(fault(507, true)), Change::Refused(_)));
        assert!(matches!(failed(fault(500, true)), Change::Unknown(_)));
        assert!(matches!(failed(fault(0, true)), Change::Unknown(_)));
        assert!(matches!(failed(fault(0, false)), Change::Refused(_)));
    }
}
