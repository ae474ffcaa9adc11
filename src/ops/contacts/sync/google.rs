//! Google's address books as sources: the owner's contacts both ways, the other lists to be read.
//!
//! Google shows changes late: a list right after a change may still tell the state before. What is listed is therefore
//! never taken for newer than what is known to be newer, and what is not listed is looked up before it counts as gone.

mod create;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use serde_json::Value;

use crate::directory::people::{Change, Client, Person, Told};
use crate::error::{Error, Kind, Result};
use crate::format::people;
use crate::format::vcard::Joined;
use crate::model::account::{Account, Book, Contacts};
use crate::model::contact::Card;
use crate::ops::{App, access, token};
use crate::store::contacts::Link;

use super::source::{Fetched, Meaning, News, Outcome, Remote, Stamp, Whose, Write};

const USER_GROUP: &str = "USER_CONTACT_GROUP";

/// One of the lists of people of a Google account.
pub struct Google {
    app: App,
    account: Account,
    book: Book,
    client: Client,
    groups: Mutex<people::Groups>,
}

/// How a listing went on.
struct Listed {
    news: Vec<News>,
    /// Named by the listing, whatever it said.
    named: HashSet<String>,
    /// Listed without having been known.
    unknown: Vec<String>,
}

impl Google {
    /// The lists that the account is to be synced with.
    pub async fn open(app: &App, account: &Account) -> Result<Vec<Google>> {
        if account.contacts.is_none() {
            return Err(not_taken(account));
        }
        let mut books = Vec::new();
        for book in Book::ALL {
            if account.books.contains(&book) {
                books.push(Google::open_one(app, account, book).await?);
            }
        }
        Ok(books)
    }

    async fn open_one(app: &App, account: &Account, book: Book) -> Result<Google> {
        let google = Google {
            app: app.twin(),
            account: account.clone(),
            book,
            client: access::people(app, account).await?,
            groups: Mutex::default(),
        };
        if book == Book::Contacts {
            let groups = google.client.groups().await;
            let groups = groups.map_err(|e| google.explained(e))?;
            let own = groups.into_iter().filter(|g| g.group_type == USER_GROUP);
            *google.groups() = people::Groups::new(own.map(|g| (g.resource_name, g.name)));
        }
        Ok(google)
    }

    pub fn name(&self) -> &str {
        self.book.name()
    }

    /// Whether changes may be made there.
    pub fn writes(&self) -> bool {
        self.book == Book::Contacts && self.account.contacts == Some(Contacts::Sync)
    }

    pub fn whose(&self, id: &str) -> Whose {
        match book_of(id) {
            book if book == self.book => Whose::Ours,
            book if self.account.books.contains(&book) => Whose::AnotherBook,
            _ => Whose::Former,
        }
    }

    /// What is there, or what changed since.
    pub async fn fetch(
        &self,
        since: Option<&str>,
        known: &HashMap<&str, Option<&str>>,
    ) -> Result<Fetched> {
        let links = self.app.store.contact_links(&self.account.name)?;
        let links = links.iter().filter(|link| {
            let id = link.remote.as_str();
            known.contains_key(id) && book_of(id) == self.book
        });
        let known = links.map(|link| (link.remote.as_str(), link)).collect();
        let fetched = self.told(since, &known).await;
        fetched.map_err(|e| self.explained(e))
    }

    /// One contact as it is now; `None` if it is gone.
    pub async fn read_one(&self, id: &str) -> Result<Option<Remote>> {
        let person = self.client.get(id).await;
        let person = person.map_err(|e| self.explained(e))?;
        Ok(person.map(|person| self.remote(person)))
    }

    async fn told(&self, since: Option<&str>, known: &HashMap<&str, &Link>) -> Result<Fetched> {
        let mut since = since;
        let (mut listed, next) = loop {
            let mut listed = Listed {
                news: Vec::new(),
                named: HashSet::new(),
                unknown: Vec::new(),
            };
            let take = |people| self.take(people, known, &mut listed);
            match self.client.read(self.book, since, take).await? {
                Told::All(next) => break (listed, next),
                // Reading everything tells the same, only not what is gone.
                Told::Expired if since.is_some() => since = None,
                Told::Expired => return Err(Error::unavailable("Google takes no beginning")),
            }
        };
        if self.book == Book::Contacts {
            if !known.is_empty() {
                self.look_up_unknown(&mut listed).await?;
            }
            self.rename(known, &mut listed);
        }
        if since.is_none() {
            self.look_up_missing(known, &mut listed).await?;
        }
        self.settle_created(&listed.news)?;
        Ok(Fetched {
            // What is gone was looked up: nothing else is.
            full: false,
            news: listed.news,
            next,
            notes: Vec::new(),
        })
    }

    /// Takes a page of the listing.
    fn take(&self, people: Vec<Person>, known: &HashMap<&str, &Link>, listed: &mut Listed) {
        for person in people {
            let id = person.resource_name().to_owned();
            for former in person.former_names().filter(|f| known.contains_key(f)) {
                if listed.named.insert(former.to_owned()) {
                    let former = former.to_owned();
                    listed.news.push(match person.is_deleted() {
                        true => News::Gone(former),
                        false => News::Moved(former, id.clone()),
                    });
                }
            }
            if id.is_empty() || !listed.named.insert(id.clone()) {
                continue;
            }
            let news = match known.get(id.as_str()) {
                _ if person.is_deleted() => News::Gone(id),
                Some(link) if link.etag.as_deref() == person.state() => News::Same(id),
                // A list that lags behind a change that was seen already.
                Some(link) if is_older(&person, &link.document) => News::Same(id),
                Some(_) => News::Changed(self.remote(person)),
                None => {
                    listed.unknown.push(id);
                    News::Changed(self.remote(person))
                }
            };
            listed.news.push(news);
        }
    }

    /// Leaves out who is listed and yet gone: the list may be older than a deletion.
    async fn look_up_unknown(&self, listed: &mut Listed) -> Result<()> {
        let names: Vec<&str> = listed.unknown.iter().map(String::as_str).collect();
        let mut now = HashMap::new();
        for (name, person) in names.iter().zip(self.client.get_many(&names).await?) {
            // What can't be looked up is believed to be as it was listed.
            if let Ok(person) = person {
                now.insert((*name).to_owned(), person);
            }
        }
        let news = std::mem::take(&mut listed.news);
        let named = &mut listed.named;
        listed.news = news
            .into_iter()
            .filter_map(|news| match news {
                News::Changed(remote) => match now.remove(&remote.id) {
                    Some(None) => None,
                    // Listed under both names.
                    Some(Some(person))
                        if person.resource_name() != remote.id
                            && !named.insert(person.resource_name().to_owned()) =>
                    {
                        None
                    }
                    Some(Some(person)) => Some(News::Changed(self.remote(person))),
                    None => Some(News::Changed(remote)),
                },
                other => Some(other),
            })
            .collect();
        Ok(())
    }

    /// Those who are known and were not listed: gone, or not listed yet.
    async fn look_up_missing(
        &self,
        known: &HashMap<&str, &Link>,
        listed: &mut Listed,
    ) -> Result<()> {
        let missing = known.keys().filter(|id| !listed.named.contains(**id));
        let mut missing: Vec<&str> = missing.copied().collect();
        missing.sort_unstable();
        if self.book != Book::Contacts {
            let gone = missing.into_iter().map(|id| News::Gone(id.to_owned()));
            listed.news.extend(gone);
            return Ok(());
        }
        for (id, person) in missing.iter().zip(self.client.get_many(&missing).await?) {
            // The list may not have its new name yet.
            if let Ok(Some(person)) = &person
                && person.resource_name() != *id
            {
                let now = person.resource_name().to_owned();
                let moved = News::Moved((*id).to_owned(), now.clone());
                listed.news.push(moved);
                if !known.contains_key(now.as_str()) && listed.named.insert(now) {
                    listed.news.push(News::Changed(self.remote(person.clone())));
                }
                continue;
            }
            listed.news.push(match person {
                Ok(None) => News::Gone((*id).to_owned()),
                Ok(Some(person)) if person.state() != known[id].etag.as_deref() => {
                    News::Changed(self.remote(person))
                }
                // A deletion is never guessed.
                Ok(Some(_)) | Err(_) => News::Same((*id).to_owned()),
            });
        }
        Ok(())
    }

    /// A group that got another name changes those who are in it, although Google lists none of them.
    fn rename(&self, known: &HashMap<&str, &Link>, listed: &mut Listed) {
        let mut told: HashMap<String, usize> = HashMap::new();
        for (at, news) in listed.news.iter().enumerate() {
            match news {
                News::Changed(remote) => told.insert(remote.id.clone(), usize::MAX),
                News::Same(id) => told.insert(id.clone(), at),
                News::Gone(id) | News::Moved(id, _) | News::Unreadable(id, _) => {
                    told.insert(id.clone(), usize::MAX)
                }
            };
        }
        for (id, link) in known {
            let at = told.get(*id).copied();
            if at == Some(usize::MAX) {
                continue;
            }
            let Ok(kept) = serde_json::from_slice::<Value>(&link.document) else {
                continue;
            };
            let Some(now) = people::renamed(&kept, &self.groups()) else {
                continue;
            };
            let news = News::Changed(Remote {
                id: (*id).to_owned(),
                etag: link.etag.clone(),
                document: bytes(&now),
            });
            match at {
                Some(at) => listed.news[at] = news,
                None => listed.news.push(news),
            }
        }
    }

    /// Makes changes, an outcome for each in their order. Google wants them one after the other.
    pub async fn write(&self, writes: Vec<Write>) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = writes.iter().map(|_| None).collect();
        let faults = self.make_groups(&writes).await;
        let mut creates = Vec::new();
        let mut updates: HashMap<Vec<String>, Vec<(usize, Person)>> = HashMap::new();
        let mut deletes = Vec::new();
        for (at, write) in writes.iter().enumerate() {
            match write {
                Write::Create { uid, document } => match self.sendable(document, &faults) {
                    Ok(json) => creates.push((at, uid.as_str(), Person::of(json))),
                    Err(e) => outcomes[at] = Some(Outcome::Refused(e)),
                },
                Write::Update { old, document } => match self.sendable(document, &faults) {
                    Ok(json) => {
                        let was = serde_json::from_slice(&old.document).unwrap_or_default();
                        let fields = people::changed(&was, &json);
                        match fields.is_empty() {
                            true => outcomes[at] = Some(Outcome::Done(Some(old.clone()))),
                            false => {
                                let some = updates.entry(fields).or_default();
                                some.push((at, Person::of(json)));
                            }
                        }
                    }
                    Err(e) => outcomes[at] = Some(Outcome::Refused(e)),
                },
                Write::Delete { old } => deletes.push((at, old)),
            }
        }
        let mut put = |at: usize, outcome: Outcome| outcomes[at] = Some(outcome);
        for (at, outcome) in self.create(creates).await {
            put(at, outcome);
        }
        let mut updates: Vec<_> = updates.into_iter().collect();
        updates.sort_by(|a, b| a.0.cmp(&b.0));
        for (fields, people) in updates {
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let (places, people): (Vec<usize>, Vec<Person>) = people.into_iter().unzip();
            let changes = self.client.update_many(&people, &fields).await;
            for (at, change) in places.into_iter().zip(changes) {
                put(at, self.outcome(change));
            }
        }
        for (at, outcome) in self.delete(&deletes).await {
            put(at, outcome);
        }
        let untold = || Outcome::Refused(Error::internal("the change was left out"));
        let outcomes = outcomes.into_iter();
        outcomes.map(|o| o.unwrap_or_else(untold)).collect()
    }

    /// Makes the groups that changes speak of and that are not there; those that can't be made, and why.
    async fn make_groups(&self, writes: &[Write]) -> HashMap<String, String> {
        let mut faults = HashMap::new();
        for write in writes {
            let (Write::Create { document, .. } | Write::Update { document, .. }) = write else {
                continue;
            };
            let json: Value = serde_json::from_slice(document).unwrap_or_default();
            for name in people::new_groups(&json) {
                let is_there = self.groups().resource(&name).is_some();
                if is_there || faults.contains_key(&name) {
                    continue;
                }
                match self.client.create_group(&name).await {
                    Ok(group) => self.groups().add(group.resource_name, group.name),
                    Err(e) => {
                        faults.insert(name, self.explained(e).message);
                    }
                }
            }
        }
        faults
    }

    /// A document as it is sent, with the ids of its groups.
    fn sendable(&self, document: &[u8], faults: &HashMap<String, String>) -> Result<Value> {
        let json: Value = serde_json::from_slice(document)
            .map_err(|e| Error::internal("a contact can't be written").because(e))?;
        let mut missing = people::new_groups(&json).into_iter();
        match missing.find_map(|name| faults.get(&name)) {
            Some(why) => Err(Error::refused(why.clone())),
            None => Ok(people::resolved(json, &self.groups())),
        }
    }

    /// Deletes those that are still what they were. Google deletes whatever is there, so they are read first.
    async fn delete(&self, deletes: &[(usize, &Remote)]) -> Vec<(usize, Outcome)> {
        let names: Vec<&str> = deletes.iter().map(|(_, old)| old.id.as_str()).collect();
        let now = match self.client.get_many(&names).await {
            Ok(now) => now,
            Err(e) => {
                let refused = |at| (at, Outcome::Refused(again(&e)));
                return deletes.iter().map(|(at, _)| refused(*at)).collect();
            }
        };
        let mut outcomes = Vec::new();
        let mut sure = Vec::new();
        for ((at, old), now) in deletes.iter().zip(now) {
            match now {
                Ok(None) => outcomes.push((*at, Outcome::Gone)),
                Ok(Some(person)) if person.state() != old.etag.as_deref() => {
                    outcomes.push((*at, Outcome::Stale));
                }
                Ok(Some(_)) => sure.push((*at, old.id.as_str())),
                Err(e) => outcomes.push((*at, Outcome::Refused(e))),
            }
        }
        for some in sure.chunks(AT_ONCE) {
            let names: Vec<&str> = some.iter().map(|(_, name)| *name).collect();
            let ended = self.client.delete_many(&names).await;
            let ended = ended.map_err(|e| self.explained(e));
            outcomes.extend(some.iter().map(|(at, _)| {
                let outcome = match &ended {
                    Ok(()) => Outcome::Done(None),
                    Err(e) if e.kind == Kind::Unavailable => Outcome::Unknown(again(e)),
                    Err(e) => Outcome::Refused(again(e)),
                };
                (*at, outcome)
            }));
        }
        outcomes
    }

    fn outcome(&self, change: Change) -> Outcome {
        match change {
            Change::Done(person) => Outcome::Done(Some(self.remote(*person))),
            Change::Stale => Outcome::Stale,
            Change::Gone => Outcome::Gone,
            Change::Refused(e) => Outcome::Refused(self.explained(e)),
            Change::Unknown(why) => Outcome::Unknown(Error::unavailable(why)),
        }
    }

    fn remote(&self, person: Person) -> Remote {
        Remote {
            id: person.resource_name().to_owned(),
            etag: person.state().map(str::to_owned),
            document: bytes(&people::keep(person.into_json(), &self.groups())),
        }
    }

    fn groups(&self) -> MutexGuard<'_, people::Groups> {
        self.groups.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Says what to do where a login lacks a scope, or an account a list.
    fn explained(&self, e: Error) -> Error {
        let e = token::explained(&self.app, &self.account, e);
        let refused = matches!(e.kind, Kind::Auth | Kind::Refused);
        if self.book == Book::Directory && refused && e.hint.is_none() {
            return e.hint(format!(
                "only accounts of a Workspace domain have a directory, if its administrator shares it: \
                 take `directory` out of `books` of [accounts.{}]",
                self.account.name
            ));
        }
        e
    }
}

/// How many one request deletes.
const AT_ONCE: usize = 500;

/// The list that an id is of. Ids of contacts begin with a `c`; in a directory they are numbers.
fn book_of(id: &str) -> Book {
    match id.split_once('/') {
        Some(("otherContacts", _)) => Book::Others,
        Some((_, id)) if !id.starts_with('c') => Book::Directory,
        _ => Book::Contacts,
    }
}

/// What a document of Google's says.
pub fn meaning(document: &[u8]) -> Result<Meaning, String> {
    let json: Value = serde_json::from_slice(document)
        .map_err(|e| format!("it is no person of Google's: {e}"))?;
    let card = people::card(&json);
    let mark = people::mark(&json).map(str::to_owned);
    let person = Person::of(json);
    Ok(Meaning {
        card,
        uid: mark.or_else(|| person.entry_id().map(str::to_owned)),
        changed_at: person.updated_at().and_then(|at| at.parse().ok()),
    })
}

/// The document that a card makes of what Google has, or of a new contact that is known by the uid of its stamp.
pub fn render(card: &Card, base: Option<&[u8]>, stamp: Stamp<'_>) -> Vec<u8> {
    let base = base.and_then(|base| serde_json::from_slice::<Value>(base).ok());
    let uid = stamp.uid.filter(|uid| !uid.is_empty());
    bytes(&people::document(card, (uid, base.as_ref())))
}

/// A person with what another one has beyond its card.
pub fn joined(base: &[u8], other: &[u8]) -> (Vec<u8>, Joined) {
    let read = |document| serde_json::from_slice::<Value>(document).ok();
    match (read(base), read(other)) {
        (Some(mut person), Some(other)) => {
            let joined = people::joined(&mut person, &other);
            match joined.taken.is_empty() {
                true => (base.to_vec(), joined),
                false => (bytes(&person), joined),
            }
        }
        _ => (base.to_vec(), Joined::default()),
    }
}

/// Whether what is listed was there before what is known.
fn is_older(listed: &Person, known: &[u8]) -> bool {
    let time = |at: Option<&str>| at.and_then(|at| at.parse::<Timestamp>().ok());
    let known: Value = serde_json::from_slice(known).unwrap_or_default();
    let known = Person::of(known);
    match (time(listed.updated_at()), time(known.updated_at())) {
        (Some(listed), Some(known)) => listed < known,
        _ => false,
    }
}

fn bytes(json: &Value) -> Vec<u8> {
    json.to_string().into_bytes()
}

/// The same error for another of many.
fn again(e: &Error) -> Error {
    let mut same = Error::new(e.kind, e.message.clone());
    same.hint.clone_from(&e.hint);
    same
}

fn not_taken(account: &Account) -> Error {
    let name = &account.name;
    Error::config(format!("account `{name}` does not say that its people are contacts"))
        .hint(format!(
            "set contacts = \"sync\" (or \"read\") in [accounts.{name}], then run `comms auth login {name} --consent`"
        ))
}
