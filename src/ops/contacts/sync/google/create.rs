//! Making contacts that are never made twice.
//!
//! Google gives no id beforehand. So each is marked with what it is called here, and what is being made is noted before
//! it leaves: a contact whose answer was lost is found by its mark, and not made again before it must have shown.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::directory::people::{Change, Person};
use crate::error::{Error, Kind, Result};
use crate::store::contacts::SourceCursor;

use super::{Google, Meaning, News, Outcome, again, meaning};

/// After this a contact that was made is in the lists ("writes may take minutes to appear").
const SHOWN_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// How many one request makes.
const AT_ONCE: usize = 200;
/// Where the contacts that are being made are noted, beside how far a book was read.
const MAKING: &str = "contacts: being made";

/// What is being made, by its mark, and since when.
type Making = BTreeMap<String, Timestamp>;

impl Google {
    /// Makes contacts, an outcome for each.
    pub(super) async fn create(
        &self,
        creates: Vec<(usize, &str, Person)>,
    ) -> Vec<(usize, Outcome)> {
        if creates.is_empty() {
            return Vec::new();
        }
        let mut outcomes = Vec::new();
        let mut making = match self.making() {
            Ok(making) => making,
            Err(e) => return all(&creates, || Outcome::Refused(again(&e))),
        };
        let now = self.app.clock.now();
        let (early, rest): (Vec<_>, Vec<_>) = creates.into_iter().partition(|(_, mark, _)| {
            let since = making.get(*mark).map(|at| now.duration_since(*at));
            since.is_some_and(|since| since < SHOWN_AFTER)
        });
        outcomes.extend(all(&early, || Outcome::Refused(in_doubt())));
        let mut ended: Option<Error> = None;
        for some in rest.chunks(AT_ONCE) {
            if let Some(e) = &ended {
                outcomes.extend(all(some, || Outcome::Refused(again(e))));
                continue;
            }
            making.extend(some.iter().map(|(_, mark, _)| ((*mark).to_owned(), now)));
            if let Err(e) = self.note(&making) {
                outcomes.extend(all(some, || Outcome::Refused(again(&e))));
                ended = Some(e);
                continue;
            }
            let people: Vec<Person> = some.iter().map(|(_, _, person)| person.clone()).collect();
            let changes = self.client.create_many(&people).await;
            for ((at, mark, _), change) in some.iter().zip(changes) {
                match &change {
                    Change::Unknown(why) => ended = Some(not_tried(why)),
                    Change::Refused(e) if e.kind != Kind::Refused => {
                        making.remove(*mark);
                        ended = Some(again(e));
                    }
                    _ => drop(making.remove(*mark)),
                }
                outcomes.push((*at, self.outcome(change)));
            }
            // What stays noted by this only waits longer than it must.
            let _ = self.note(&making);
        }
        outcomes
    }

    /// Forgets the doubt about those that were found.
    pub(super) fn settle_created(&self, news: &[News]) -> Result<()> {
        let mut making = self.making()?;
        if making.is_empty() {
            return Ok(());
        }
        let before = making.len();
        for news in news {
            if let News::Changed(remote) = news
                && let Ok(Meaning { uid: Some(uid), .. }) = meaning(&remote.document)
            {
                making.remove(&uid);
            }
        }
        match making.len() == before {
            true => Ok(()),
            false => self.note(&making),
        }
    }

    fn making(&self) -> Result<Making> {
        let kept = self.app.store.contact_cursor(&self.account.name, MAKING)?;
        let making: Making = kept
            .token
            .and_then(|token| serde_json::from_str(&token).ok())
            .unwrap_or_default();
        Ok(making)
    }

    fn note(&self, making: &Making) -> Result<()> {
        let cursor = SourceCursor {
            token: serde_json::to_string(making).ok(),
            ..SourceCursor::default()
        };
        let book = (self.account.name.as_str(), MAKING);
        self.app.store.keep_contact_cursor(book, &cursor)
    }
}

fn all(some: &[(usize, &str, Person)], outcome: impl Fn() -> Outcome) -> Vec<(usize, Outcome)> {
    some.iter().map(|(at, _, _)| (*at, outcome())).collect()
}

/// Not tried now; the others go on.
fn in_doubt() -> Error {
    Error::refused(
        "it may have been made a moment ago, and Google may take a quarter of an hour to list it",
    )
}

fn not_tried(why: &str) -> Error {
    Error::unavailable(format!("not tried after this: {why}"))
}
