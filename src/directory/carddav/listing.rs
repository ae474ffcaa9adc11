//! Which cards a book has, and later only what changed.

use std::collections::BTreeMap;

use reqwest::Url;

use crate::error::{Error, Kind, Result};
use crate::format::multistatus::{DAV, Multistatus, escaped};
use crate::net::api::Fault;
use crate::net::dav;
use crate::net::pages::Trail;

use super::items::plain;
use super::{Book, Client, href};

const DOING: &str = "listing the address book";
const LISTED: &str =
    "<d:propfind xmlns:d=\"DAV:\"><d:prop><d:getetag/><d:resourcetype/></d:prop></d:propfind>";
/// Marks a token that is a CTag: it tells only whether anything changed.
const CTAG: &str = "ctag:";

/// A card of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: String,
    /// Without the mark of a weak one; `None` where the server gives none.
    pub etag: Option<String>,
}

/// What is there, or what changed since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// All cards are named.
    pub full: bool,
    pub there: Vec<Entry>,
    /// Paths of cards that were deleted.
    pub gone: Vec<String>,
    /// For the next time; `None` if the server gave nothing.
    pub next: Option<String>,
}

impl Client {
    /// Lists a book: as a whole, or what changed since the token of the last time if the server still knows it.
    pub async fn list(&self, book: &Book, since: Option<&str>) -> Result<Listing> {
        if !book.syncs {
            return self.list_all(book, since).await;
        }
        if let Some(token) = since.filter(|token| !token.starts_with(CTAG)) {
            match self.list_since(book, token).await {
                Ok(listing) => return Ok(listing),
                // Whatever else a server says to a token it does not know any more: the whole list tells the rest.
                Err(fault) if matches!(fault.status, 400 | 403 | 409 | 410 | 412 | 501) => {}
                Err(fault) => return Err(fault.error),
            }
        }
        match self.list_since(book, "").await {
            Ok(listing) => Ok(Listing {
                full: true,
                ..listing
            }),
            Err(fault) if matches!(fault.status, 400 | 403 | 405 | 415 | 501) => {
                self.list_all(book, None).await
            }
            Err(fault) => Err(fault.error),
        }
    }

    /// What changed since a token, page by page (RFC 6578 §3.6); everything for an empty one.
    async fn list_since(&self, book: &Book, token: &str) -> Result<Listing, Fault> {
        let mut token = token.to_owned();
        let mut trail = Trail::default();
        trail.step(&token, 1, DOING).map_err(Fault::before)?;
        // A card may change between two pages: the last word counts.
        let mut found: BTreeMap<String, Option<Entry>> = BTreeMap::new();
        loop {
            let body = format!(
                "<d:sync-collection xmlns:d=\"DAV:\"><d:sync-token>{}</d:sync-token><d:sync-level>1</d:sync-level>\
                 <d:prop><d:getetag/><d:resourcetype/></d:prop></d:sync-collection>",
                escaped(&token)
            );
            let asked = (dav::REPORT, "0");
            let (told, at) = self.multistatus(&book.url, asked, (&body, DOING)).await?;
            let before = found.len();
            let cut = take(&told, (&at, book), &mut found);
            let Some(next) = told.sync_token else {
                return Err(Fault::before(Error::unavailable(format!(
                    "{DOING}: the answer has no token to go on with"
                ))));
            };
            token = next;
            if !cut {
                break;
            }
            let brought = found.len() - before;
            let bytes = told.responses.iter().map(|one| one.href.len()).sum();
            trail
                .hold(told.responses.len(), bytes, DOING)
                .and_then(|()| trail.step(&token, brought, DOING))
                .map_err(Fault::before)?;
        }
        Ok(listing(found, Some(token)))
    }

    /// Everything, for a server that can't tell what changed.
    async fn list_all(&self, book: &Book, since: Option<&str>) -> Result<Listing> {
        let ctag = book.ctag.as_ref().map(|ctag| format!("{CTAG}{ctag}"));
        if ctag.is_some() && ctag.as_deref() == since {
            return Ok(Listing {
                next: ctag,
                ..Listing::default()
            });
        }
        let asked = (dav::PROPFIND, "1");
        let (told, at) = self.multistatus(&book.url, asked, (LISTED, DOING)).await?;
        let mut found = BTreeMap::new();
        if take(&told, (&at, book), &mut found) {
            // What a cut list lacks would count as deleted.
            return Err(Error::new(
                Kind::Unavailable,
                format!("{DOING}: the server tells only a part of it"),
            ));
        }
        Ok(Listing {
            full: true,
            ..listing(found, ctag)
        })
    }
}

/// Takes a page; says whether the server left something out.
fn take(
    told: &Multistatus,
    (at, book): (&Url, &Book),
    found: &mut BTreeMap<String, Option<Entry>>,
) -> bool {
    let own = href::path(&book.url, book.url.path()).unwrap_or_default();
    let is_own = |path: &str| path.trim_end_matches('/') == own.trim_end_matches('/');
    let mut cut = false;
    for one in &told.responses {
        let Some(path) = href::path(at, &one.href) else {
            continue;
        };
        if is_own(&path) {
            cut |= one.status == Some(507);
            continue;
        }
        let is_folder = one
            .property(DAV, "resourcetype")
            .is_some_and(|kinds| kinds.child(DAV, "collection").is_some());
        if is_folder {
            continue;
        }
        match one.status {
            Some(404 | 410) => {
                found.insert(path, None);
            }
            // A card that can't be told about now is not gone.
            _ => {
                let etag = one.text_of(DAV, "getetag").map(plain);
                found.insert(path.clone(), Some(Entry { path, etag }));
            }
        }
    }
    cut
}

fn listing(found: BTreeMap<String, Option<Entry>>, next: Option<String>) -> Listing {
    let mut listing = Listing {
        next,
        ..Listing::default()
    };
    for (path, entry) in found {
        match entry {
            Some(entry) => listing.there.push(entry),
            None => listing.gone.push(path),
        }
    }
    listing
}
