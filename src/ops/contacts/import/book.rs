//! Puts cards of files into the store, in batches that are one change of the history.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Kind, Result};
use crate::format::vcard::{self, Read};
use crate::model::contact::{Card, Lost};
use crate::model::id::ContactId;
use crate::ops::{App, Origin};
use crate::rules::contact::taken::{names_agree, taken};
use crate::rules::contact::{folded_group, key_of, typed};
use crate::rules::contact_merge::{Side, Winner, merge};
use crate::store::contacts::{Edit, Link, Why};

/// The source of what came from files.
pub const SOURCE: &str = "import";
/// Ids of cards without a UID begin so.
const BY_CONTENT: &str = "hash:";
/// Contacts that are written together.
const BATCH: usize = 1000;
/// Bytes of documents that are held before they are written.
const HELD: usize = 32 << 20;

/// What became of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    New,
    Changed,
    Unchanged,
    /// To a contact that was there; `None` to one of the same import.
    Joined(Option<ContactId>),
}

/// What a card is taken as, for now.
pub enum Taken {
    As(Fate),
    /// Who it is of shows at the end of the file: give it again then.
    Later(Box<Read>),
}

/// Who has one of the addresses of a card, and a name that agrees.
enum Alike {
    Nobody,
    One(Box<Known>),
    /// Someone, if the rest of the file has no card of theirs.
    Perhaps,
}

/// A contact that waits to be written.
struct Waiting {
    id: Option<ContactId>,
    before: Option<Card>,
    after: Card,
    lost: Vec<Lost>,
    links: Vec<Link>,
}

/// Contacts as an import finds and leaves them.
pub struct Book<'a> {
    app: &'a App,
    by: Origin,
    dry_run: bool,
    /// Everybody goes there as well.
    pub group: Option<String>,
    pub region: Option<String>,
    waiting: Vec<Waiting>,
    held: usize,
    by_remote: HashMap<String, usize>,
    by_id: HashMap<ContactId, usize>,
    by_address: HashMap<String, Vec<usize>>,
    /// The UIDs that this file has had so far.
    of_file: HashSet<String>,
    /// All of them are known.
    at_end: bool,
    /// Bytes of documents that wait for the end of the file.
    later: usize,
    change: Option<i64>,
}

/// A contact that a card may be of.
struct Known {
    id: Option<ContactId>,
    /// Where it waits, if it does.
    place: Option<usize>,
    card: Card,
}

impl<'a> Book<'a> {
    pub fn new(app: &'a App, by: Origin, dry_run: bool) -> Self {
        Book {
            app,
            by,
            dry_run,
            group: None,
            region: None,
            waiting: Vec::new(),
            held: 0,
            by_remote: HashMap::new(),
            by_id: HashMap::new(),
            by_address: HashMap::new(),
            of_file: HashSet::new(),
            at_end: false,
            later: 0,
            change: None,
        }
    }

    /// Another file begins: its UIDs are its own.
    pub fn begin_file(&mut self) {
        self.of_file.clear();
        self.at_end = false;
        self.later = 0;
    }

    /// All cards of the file were given once.
    pub fn end_file(&mut self) {
        self.at_end = true;
    }

    /// Takes a card of a file.
    pub fn take(&mut self, read: Read) -> Result<Taken> {
        let remote = remote(&read);
        if read.uid.is_some() {
            self.of_file.insert(remote.clone());
        }
        let new = taken(read.card.clone(), self.region.as_deref());
        if let Some((known, link)) = self.linked(&remote)? {
            return Ok(Taken::As(self.update(known, link, (read, new))?));
        }
        let known = match self.alike(&new, read.uid.is_some())? {
            Alike::Nobody => None,
            Alike::One(known) => Some(*known),
            Alike::Perhaps if self.later + read.document.len() <= HELD => {
                self.later += read.document.len();
                return Ok(Taken::Later(Box::new(read)));
            }
            // More than can be held: two contacts of one person are mended, one of two people is not.
            Alike::Perhaps => None,
        };
        let mut link = Link {
            source: SOURCE.to_owned(),
            remote,
            contact: ContactId(0),
            etag: None,
            document: read.document,
            base: new.clone(),
        };
        let Some(known) = known else {
            let after = self.grouped(new);
            self.wait(
                Known {
                    id: None,
                    place: None,
                    card: Card::default(),
                },
                after,
                (link, Vec::new()),
            )?;
            return Ok(Taken::As(Fate::New));
        };
        let nothing = Card::default();
        let merged = merge(
            Side {
                now: &known.card,
                base: &nothing,
            },
            Side {
                now: &new,
                base: &nothing,
            },
            (Winner::Here, SOURCE),
        );
        let after = self.grouped(merged.here);
        link.base = new;
        let joined = Fate::Joined(known.id);
        self.wait(known, after, (link, merged.lost))?;
        Ok(Taken::As(joined))
    }

    /// A card that was imported before.
    fn update(&mut self, known: Known, link: Link, (read, new): (Read, Card)) -> Result<Fate> {
        let old = vcard::read(&link.document).into_iter().flatten().next();
        let is_older = match (&old, read.rev) {
            (Some(old), Some(rev)) => old.rev.is_some_and(|known| rev < known),
            _ => false,
        };
        if is_older {
            return Ok(Fate::Unchanged);
        }
        let old = match old {
            Some(old) => taken(old.card, self.region.as_deref()),
            None => link.base.clone(),
        };
        let there = Side {
            now: &new,
            base: &old,
        };
        let merged = merge(
            Side {
                now: &known.card,
                base: &link.base,
            },
            there,
            (Winner::Here, SOURCE),
        );
        // What was changed here stays a change, whatever the file says next.
        let agreed = merge(
            Side {
                now: &link.base,
                base: &link.base,
            },
            there,
            (Winner::There, SOURCE),
        );
        let after = self.grouped(merged.here);
        if after == known.card && read.document == link.document {
            return Ok(Fate::Unchanged);
        }
        let fate = match after == known.card {
            true => Fate::Unchanged,
            false => Fate::Changed,
        };
        let link = Link {
            document: read.document,
            base: agreed.here,
            ..link
        };
        self.wait(known, after, (link, merged.lost))?;
        Ok(fate)
    }

    /// Puts those with these ids into a group.
    pub fn put_into(&mut self, group: &str, members: &[String]) -> Result<()> {
        for member in members {
            let Some((known, link)) = self.linked(member)? else {
                continue;
            };
            let after = in_group(known.card.clone(), group);
            if after != known.card {
                self.wait(known, after, (link, Vec::new()))?;
            }
        }
        Ok(())
    }

    /// Writes what still waits; gives the number of the change, if there was one.
    pub fn finish(mut self) -> Result<Option<i64>> {
        self.write()?;
        Ok(self.change)
    }

    fn grouped(&self, card: Card) -> Card {
        match &self.group {
            Some(group) => in_group(card, group),
            None => card,
        }
    }

    /// The contact that this id of a file was made into, if it is still there.
    fn linked(&mut self, remote: &str) -> Result<Option<(Known, Link)>> {
        if let Some(place) = self.by_remote.get(remote).copied() {
            let waiting = &self.waiting[place];
            let link = waiting.links.iter().find(|l| l.remote == remote);
            return Ok(link.map(|link| (self.known(place), link.clone())));
        }
        let Some(link) = self.app.store.contact_link(SOURCE, remote)? else {
            return Ok(None);
        };
        match self.app.store.contact(link.contact) {
            Ok(contact) => {
                let known = match self.by_id.get(&contact.id).copied() {
                    Some(place) => self.known(place),
                    None => Known {
                        id: Some(contact.id),
                        place: None,
                        card: contact.card,
                    },
                };
                Ok(Some((known, link)))
            }
            // Whoever was removed here, and is imported again, is meant to be here.
            Err(e) if e.kind == Kind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// A contact with one of the addresses whose name agrees; one of the same name before others.
    ///
    /// Nobody whom this file has under another UID: who keeps two cards means two people.
    fn alike(&self, card: &Card, has_uid: bool) -> Result<Alike> {
        let mut all: Vec<Known> = Vec::new();
        for address in &card.addresses {
            for place in self.by_address.get(&key_of(address)).into_iter().flatten() {
                all.push(self.known(*place));
            }
            for contact in self.app.store.contacts_at(&typed(address))? {
                // What waits has the newer card.
                if !self.by_id.contains_key(&contact.id) {
                    all.push(Known {
                        id: Some(contact.id),
                        place: None,
                        card: contact.card,
                    });
                }
            }
        }
        all.retain(|known| names_agree(&known.card, card));
        all.sort_by_key(|known| known.card.name != card.name);
        for known in all {
            let uids = match has_uid {
                true => self.uids(&known)?,
                false => Vec::new(),
            };
            if uids.is_empty() {
                return Ok(Alike::One(Box::new(known)));
            }
            if uids.iter().any(|uid| self.of_file.contains(uid)) {
                continue;
            }
            return Ok(match self.at_end {
                true => Alike::One(Box::new(known)),
                false => Alike::Perhaps,
            });
        }
        Ok(Alike::Nobody)
    }

    /// The UIDs under which files have a contact.
    fn uids(&self, known: &Known) -> Result<Vec<String>> {
        let mut links = match known.id {
            Some(id) => self.app.store.links_of(id)?,
            None => Vec::new(),
        };
        if let Some(place) = known.place {
            links.extend(self.waiting[place].links.iter().cloned());
        }
        let of_files = links.into_iter().filter(|link| link.source == SOURCE);
        let uids = of_files.map(|link| link.remote);
        Ok(uids.filter(|id| !id.starts_with(BY_CONTENT)).collect())
    }

    fn known(&self, place: usize) -> Known {
        let waiting = &self.waiting[place];
        Known {
            id: waiting.id,
            place: Some(place),
            card: waiting.after.clone(),
        }
    }

    fn wait(&mut self, known: Known, after: Card, (link, lost): (Link, Vec<Lost>)) -> Result<()> {
        let place = known.place.unwrap_or(self.waiting.len());
        let new: Vec<String> = after.addresses.iter().map(key_of).collect();
        let is_new = known.place.is_none();
        if is_new {
            self.waiting.push(Waiting {
                before: known.id.map(|_| known.card),
                id: known.id,
                after: Card::default(),
                lost: Vec::new(),
                links: Vec::new(),
            });
            if let Some(id) = known.id {
                self.by_id.insert(id, place);
            }
        }
        for key in new {
            let places = self.by_address.entry(key).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
        self.by_remote.insert(link.remote.clone(), place);
        self.held += link.document.len();
        let waiting = &mut self.waiting[place];
        waiting.after = after;
        waiting.lost.extend(lost);
        waiting.links.retain(|l| l.remote != link.remote);
        waiting.links.push(link);
        // A dry run has nowhere to look up what it would have written.
        let full = self.waiting.len() >= BATCH || self.held >= HELD;
        match full && !self.dry_run {
            true => self.write(),
            false => Ok(()),
        }
    }

    fn write(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.by_remote.clear();
        self.by_id.clear();
        self.by_address.clear();
        self.held = 0;
        if waiting.is_empty() || self.dry_run {
            return Ok(());
        }
        let edits: Vec<Edit> = waiting
            .into_iter()
            .map(|waiting| Edit {
                id: waiting.id,
                before: waiting.before,
                after: Some(waiting.after),
                lost: waiting.lost,
                links: waiting.links,
                ..Edit::default()
            })
            .collect();
        let why = Why {
            what: "import",
            by: self.by.name(),
        };
        let now = self.app.clock.now();
        let changes = edits.iter().any(|e| e.before != e.after);
        let store = &self.app.store;
        let (number, ids) = store.change_contacts_on(&edits, (why, self.change), now)?;
        if changes {
            self.change = Some(number);
        }
        match ids.iter().filter(|id| id.is_none()).count() {
            0 => Ok(()),
            n => Err(Error::unavailable(format!(
                "{n} contacts were changed by someone else at the same time"
            ))
            .hint("import again: what is there already stays as it is")),
        }
    }
}

/// The id of a card among those of files: its own, or one made of what it says.
fn remote(read: &Read) -> String {
    match &read.uid {
        Some(uid) => uid.clone(),
        None => {
            let text = serde_json::to_vec(&read.card).unwrap_or_default();
            format!("{BY_CONTENT}{}", &blake3::hash(&text).to_hex()[..32])
        }
    }
}

fn in_group(mut card: Card, group: &str) -> Card {
    let folded = folded_group(group);
    if !card.groups.iter().any(|g| folded_group(g) == folded) {
        card.groups.push(group.to_owned());
    }
    card
}
