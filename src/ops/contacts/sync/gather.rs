//! Both sides of a source laid next to each other: who is whose counterpart, and what is to be done.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::error::{Kind, Result};
use crate::model::contact::{Card, Contact};
use crate::model::id::ContactId;
use crate::ops::App;
use crate::rules::contact::key_of;
use crate::rules::contact::taken::names_agree;
use crate::store::contacts::{Link, SourceCursor};

use super::settle::{Judge, Pair, There};
use super::source::{Meaning, News, Remote, Whose};
use super::step::Job;

/// The source that imported files are filed under.
const IMPORT: &str = "import";

/// All that is to be done for a source.
#[derive(Debug, Default)]
pub struct Gathered {
    pub jobs: Vec<Job>,
    /// How many contacts there are that both sides know, before anything is done.
    pub known: usize,
    /// Where the next sync begins, once all is done.
    pub next: Option<String>,
    pub notes: Vec<String>,
}

/// Asks the source what changed, and lays it next to what changed here. `taken` are contacts that another source of this
/// run takes.
pub async fn gather(
    app: &App,
    judge: Judge<'_>,
    (cursor, taken): (&SourceCursor, &mut HashSet<ContactId>),
) -> Result<Gathered> {
    let known = app.store.contact_links(judge.account)?;
    let etags = known
        .iter()
        .map(|link| (link.remote.as_str(), link.etag.as_deref()))
        .collect();
    // Without a link, a token would tell only what comes after it.
    let since = cursor.token.as_deref().filter(|_| !known.is_empty());
    let fetched = judge.source.fetch(since, &etags).await?;
    let mut table = Table::lay(app, judge)?;
    let mut out = Gathered {
        next: fetched.next,
        notes: fetched.notes,
        ..Gathered::default()
    };
    let (full, news) = (fetched.full, fetched.news);
    table.take(news, &mut out.notes);
    table.skip_erased(app, &mut out.notes)?;
    if !full {
        table.find_moved().await?;
    }
    table.linked(full, &mut out);
    table.fresh(&mut out);
    table.only_here(taken, &mut out);
    Ok(out)
}

struct Table<'a> {
    judge: Judge<'a>,
    contacts: BTreeMap<ContactId, Contact>,
    links: Vec<Link>,
    /// Whom a link means now; `None` if that contact is gone.
    live: HashMap<String, Option<ContactId>>,
    there: HashMap<String, There>,
    /// The ids that contacts have now, by those they had.
    moves: HashMap<String, String>,
    /// There, and not to be understood.
    untouchable: HashSet<String>,
    fresh: Vec<(Remote, Meaning)>,
    /// Contacts without a counterpart.
    alone: HashSet<ContactId>,
    /// Links into books that are no more.
    former: HashMap<ContactId, Link>,
    /// What was there once of contacts without a counterpart.
    kept: HashMap<ContactId, Link>,
    /// What names a contact, by its imported document.
    imported: HashMap<ContactId, (Option<String>, Vec<u8>)>,
    accounts: HashSet<String>,
}

impl<'a> Table<'a> {
    fn lay(app: &App, judge: Judge<'a>) -> Result<Table<'a>> {
        let contacts: BTreeMap<_, _> = app
            .store
            .contacts(None)?
            .into_iter()
            .map(|contact| (contact.id, contact))
            .collect();
        let links = app.store.contact_links(judge.account)?;
        let mut live = HashMap::new();
        for link in &links {
            let id = match contacts.contains_key(&link.contact) {
                true => Some(link.contact),
                false => match app.store.contact(link.contact) {
                    Ok(contact) => Some(contact.id),
                    Err(e) if e.kind == Kind::NotFound => None,
                    Err(e) => return Err(e),
                },
            };
            live.insert(link.remote.clone(), id);
        }
        let mut imported: HashMap<ContactId, (Option<String>, Vec<u8>)> = HashMap::new();
        if judge.source.takes_vcards() {
            for link in app.store.contact_links(IMPORT)? {
                let said = judge.source.meaning(&link.document);
                let Ok(meaning) = said else { continue };
                let id = match contacts.contains_key(&link.contact) {
                    true => link.contact,
                    false => match app.store.contact(link.contact) {
                        Ok(contact) => contact.id,
                        Err(_) => continue,
                    },
                };
                match imported.entry(id) {
                    Entry::Vacant(free) => drop(free.insert((meaning.uid, link.document))),
                    Entry::Occupied(mut has) => {
                        let (_, document) = has.get_mut();
                        *document = judge.source.joined(document, &link.document).0;
                    }
                }
            }
        }
        Ok(Table {
            judge,
            alone: contacts.keys().copied().collect(),
            contacts,
            links,
            live,
            there: HashMap::new(),
            moves: HashMap::new(),
            untouchable: HashSet::new(),
            fresh: Vec::new(),
            former: HashMap::new(),
            kept: kept(app, judge)?,
            imported,
            accounts: app.config.accounts.iter().map(|a| a.name.clone()).collect(),
        })
    }

    fn take(&mut self, news: Vec<News>, notes: &mut Vec<String>) {
        for one in news {
            match one {
                News::Same(id) => drop(self.there.insert(id, There::Same)),
                News::Gone(id) => drop(self.there.insert(id, There::Gone)),
                News::Moved(from, to) => self.move_on(from, to),
                News::Changed(remote) => match self.judge.source.meaning(&remote.document) {
                    Ok(meaning) if self.live.contains_key(&remote.id) => {
                        let id = remote.id.clone();
                        self.there
                            .insert(id, There::Now(Box::new((remote, meaning))));
                    }
                    Ok(meaning) => self.fresh.push((remote, meaning)),
                    Err(why) => self.unreadable(remote.id, &why, notes),
                },
                News::Unreadable(id, why) => self.unreadable(id, &why, notes),
            }
        }
        self.fresh.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    }

    /// Nothing is under the former id any more; whoever is under the other one may be told or not.
    fn move_on(&mut self, from: String, to: String) {
        self.there.insert(from.clone(), There::Gone);
        self.moves.insert(from, to);
    }

    /// Who was purged here is not brought back.
    fn skip_erased(&mut self, app: &App, notes: &mut Vec<String>) -> Result<()> {
        let mut kept = Vec::with_capacity(self.fresh.len());
        let all = self.fresh.len();
        for one in std::mem::take(&mut self.fresh) {
            if !app.store.is_contact_erased(self.judge.account, &one.0.id)? {
                kept.push(one);
            }
        }
        if kept.len() < all {
            notes.push(format!(
                "{} who were purged here are left alone",
                all - kept.len()
            ));
        }
        self.fresh = kept;
        Ok(())
    }

    /// Asks for those of whom only news says that they are elsewhere now: a server may keep what it is given under a name
    /// of its own, and never tells that there is nothing under the other.
    async fn find_moved(&mut self) -> Result<()> {
        let named: HashSet<&str> = self
            .fresh
            .iter()
            .filter_map(|(_, meaning)| meaning.uid.as_deref())
            .collect();
        if named.is_empty() {
            return Ok(());
        }
        let source = self.judge.source;
        let mut moves = Vec::new();
        for link in &self.links {
            let told =
                self.there.contains_key(&link.remote) || self.untouchable.contains(&link.remote);
            if told || source.whose(&link.remote) != Whose::Ours {
                continue;
            }
            let uid = source.meaning(&link.document).ok().and_then(|m| m.uid);
            if !uid.is_some_and(|uid| named.contains(uid.as_str())) {
                continue;
            }
            match source.read_one(&link.remote).await {
                Ok(None) => drop(self.there.insert(link.remote.clone(), There::Gone)),
                Ok(Some(now)) if now.id != link.remote => moves.push((link.remote.clone(), now.id)),
                Err(e) if e.kind == Kind::Unavailable => return Err(e),
                // Both are there, or nobody may know.
                Ok(Some(_)) | Err(_) => {}
            }
        }
        for (from, to) in moves {
            self.move_on(from, to);
        }
        Ok(())
    }

    fn unreadable(&mut self, id: String, why: &str, notes: &mut Vec<String>) {
        notes.push(format!("`{id}` was left alone: {why}"));
        self.untouchable.insert(id);
    }

    /// Contacts that both sides know.
    fn linked(&mut self, full: bool, out: &mut Gathered) {
        let mut by_contact: BTreeMap<Option<ContactId>, Vec<Link>> = BTreeMap::new();
        for link in std::mem::take(&mut self.links) {
            let id = self.live.get(&link.remote).copied().flatten();
            match self.judge.source.whose(&link.remote) {
                Whose::Ours => by_contact.entry(id).or_default().push(link),
                Whose::AnotherBook => {
                    // It has its counterpart in a book that has a sync of its own.
                    id.map(|id| self.alone.remove(&id));
                }
                Whose::Former => {
                    id.map(|id| self.former.insert(id, link));
                }
            }
        }
        for (id, mut links) in by_contact {
            out.known += links.len();
            id.map(|id| self.alone.remove(&id));
            // The link of the contact itself first; the rest came with those it took in.
            links.sort_by_key(|link| Some(link.contact) != id);
            let mut all: Vec<(Link, There)> = links
                .into_iter()
                .map(|link| {
                    let there = self.there_of(&link, full);
                    (link, there)
                })
                .collect();
            let merges = id.is_some() && self.judge.writes;
            let mut others = Vec::new();
            if merges && all.len() > 1 {
                // Who is gone there takes nothing over.
                all.sort_by_key(|(_, there)| matches!(there, There::Gone));
                // Nor does one that can't be read.
                if self.untouchable.contains(&all[0].0.remote) {
                    continue;
                }
                for (link, there) in all.split_off(1) {
                    others.extend(self.take_in(id, (&link, there), out));
                }
            }
            for (link, there) in all {
                if self.untouchable.contains(&link.remote) {
                    continue;
                }
                let contact = id.and_then(|id| self.contacts.get(&id));
                let pair = Pair {
                    id: id.or(Some(link.contact)),
                    contact,
                    link: Some(&link),
                    there,
                    others: std::mem::take(&mut others),
                    elsewhere: contact.is_some_and(|contact| self.is_elsewhere(contact)),
                };
                out.jobs.extend(self.judge.settle(&pair));
            }
        }
    }

    /// The counterpart of someone who was taken in by another contact; gives what is to be taken over of it.
    fn take_in(
        &mut self,
        id: Option<ContactId>,
        (link, there): (&Link, There),
        out: &mut Gathered,
    ) -> Option<(ContactId, Vec<u8>)> {
        if self.untouchable.contains(&link.remote) {
            return None;
        }
        let contact = id.and_then(|id| self.contacts.get(&id))?;
        let document = match &there {
            There::Same => Some(link.document.clone()),
            There::Now(now) => Some(now.0.document.clone()),
            There::Gone => None,
        };
        let pair = Pair {
            id,
            contact: Some(contact),
            link: Some(link),
            there,
            others: Vec::new(),
            elsewhere: false,
        };
        let job = self.judge.taken_in(&pair, contact, link);
        let after = job.after.clone();
        out.jobs.push(job);
        if let (Some(after), Some(contact)) = (after, id.and_then(|id| self.contacts.get_mut(&id)))
        {
            contact.card = after;
        }
        document.map(|document| (link.contact, document))
    }

    /// A link that is still known there is told by id; one that moved by what names it.
    fn there_of(&mut self, link: &Link, full: bool) -> There {
        let there = match self.there.remove(&link.remote) {
            Some(there) => there,
            None if full => There::Gone,
            None => There::Same,
        };
        match there {
            There::Gone => self.moved(link).unwrap_or(There::Gone),
            other => other,
        }
    }

    fn moved(&mut self, link: &Link) -> Option<There> {
        let to = self.moves.get(&link.remote);
        let is_there = |(remote, _): &(Remote, Meaning)| Some(&remote.id) == to;
        let at = self.fresh.iter().position(is_there).or_else(|| {
            let uid = self.judge.source.meaning(&link.document).ok()?.uid?;
            let is_named = |(_, meaning): &(Remote, Meaning)| meaning.uid.as_ref() == Some(&uid);
            self.fresh.iter().position(is_named)
        })?;
        Some(There::Now(Box::new(self.fresh.remove(at))))
    }

    /// Contacts that are new there, or whose counterpart here is not known yet.
    fn fresh(&mut self, out: &mut Gathered) {
        let mut by_uid: HashMap<String, ContactId> = HashMap::new();
        let mut by_address: HashMap<String, Vec<ContactId>> = HashMap::new();
        let alone: Vec<_> = self
            .contacts
            .values()
            .filter(|c| self.alone.contains(&c.id))
            .collect();
        for contact in alone {
            by_uid.insert(self.judge.uid(contact), contact.id);
            let imported = self
                .imported
                .get(&contact.id)
                .and_then(|(uid, _)| uid.clone());
            by_uid.extend(imported.map(|uid| (uid, contact.id)));
            for address in &contact.card.addresses {
                by_address
                    .entry(key_of(address))
                    .or_default()
                    .push(contact.id);
            }
        }
        // Of two, the book that is no more says where it is now.
        for (id, link) in self.kept.iter().chain(&self.former) {
            let uid = self
                .judge
                .source
                .meaning(&link.document)
                .ok()
                .and_then(|m| m.uid);
            by_uid.extend(uid.map(|uid| (uid, *id)));
        }
        for now in std::mem::take(&mut self.fresh) {
            let named = now.1.uid.as_ref().and_then(|uid| by_uid.get(uid).copied());
            let found = named
                .filter(|id| self.alone.contains(id))
                .or_else(|| self.at_address(&now.1.card, &by_address));
            let contact = found.and_then(|id| self.contacts.get(&id));
            let pair = Pair {
                id: found,
                contact,
                link: found.and_then(|id| match named == found {
                    true => self.known_as(id),
                    false => self.former.get(&id),
                }),
                there: There::Now(Box::new(now)),
                others: Vec::new(),
                elsewhere: false,
            };
            out.jobs.extend(self.judge.settle(&pair));
            found.map(|id| self.alone.remove(&id));
        }
    }

    /// Who has one of the addresses, and a name that may be the same.
    fn at_address(
        &self,
        card: &Card,
        by_address: &HashMap<String, Vec<ContactId>>,
    ) -> Option<ContactId> {
        let candidates = card
            .addresses
            .iter()
            .filter_map(|address| by_address.get(&key_of(address)))
            .flatten()
            .filter(|id| self.alone.contains(id))
            .filter_map(|id| self.contacts.get(id))
            .filter(|contact| may_be_one(&contact.card, card));
        candidates
            .min_by_key(|contact| (contact.card.name != card.name, contact.id))
            .map(|contact| contact.id)
    }

    /// Contacts that are nowhere else.
    fn only_here(&mut self, taken: &mut HashSet<ContactId>, out: &mut Gathered) {
        let known: HashSet<ContactId> = self.former.keys().copied().collect();
        for contact in self.contacts.values() {
            if !self.alone.contains(&contact.id) {
                continue;
            }
            let nowhere = !self.is_elsewhere(contact) && !taken.contains(&contact.id);
            let says_something =
                !contact.card.name.is_empty() || !contact.card.addresses.is_empty();
            if !self.judge.writes || !says_something || !(nowhere || known.contains(&contact.id)) {
                continue;
            }
            let former = self.former.get(&contact.id);
            let (uid, document) = match (self.known_as(contact.id), self.imported.get(&contact.id))
            {
                (Some(link), _) => (
                    self.judge
                        .source
                        .meaning(&link.document)
                        .ok()
                        .and_then(|m| m.uid),
                    Some(link.document.as_slice()),
                ),
                (None, Some((uid, document))) => (uid.clone(), Some(document.as_slice())),
                (None, None) => (None, None),
            };
            let uid = uid.unwrap_or_else(|| self.judge.uid(contact));
            let pair = Pair {
                id: Some(contact.id),
                contact: Some(contact),
                link: None,
                there: There::Gone,
                others: Vec::new(),
                elsewhere: false,
            };
            let mut job = self.judge.new_there(&pair, (&contact.card, &uid), document);
            job.unlinked.extend(former.map(|link| link.remote.clone()));
            taken.insert(contact.id);
            out.jobs.push(job);
        }
    }

    /// What was known of a contact that has no counterpart, unless that is someone else's by now.
    fn known_as(&self, id: ContactId) -> Option<&Link> {
        let kept = || {
            let kept = self.kept.get(&id);
            kept.filter(|link| !self.live.contains_key(&link.remote))
        };
        self.former.get(&id).or_else(kept)
    }

    /// Whether another account has it.
    fn is_elsewhere(&self, contact: &Contact) -> bool {
        contact
            .sources
            .iter()
            .any(|source| source != self.judge.account && self.accounts.contains(source))
    }
}

/// What was last there of each contact, with what those had who were merged into it and whom no other took over.
fn kept(app: &App, judge: Judge<'_>) -> Result<HashMap<ContactId, Link>> {
    let mut kept: HashMap<ContactId, Link> = HashMap::new();
    if !judge.writes {
        return Ok(kept);
    }
    let all = app.store.contact_kept_by(judge.account)?;
    let ours = all
        .into_iter()
        .filter(|kept| judge.source.whose(&kept.link.remote) != Whose::AnotherBook);
    let (own, merged): (Vec<_>, Vec<_>) = ours
        .map(|kept| match app.store.contact(kept.link.contact) {
            Ok(contact) => Ok(Some((contact.id, kept))),
            Err(e) if e.kind == Kind::NotFound => Ok(None),
            Err(e) => Err(e),
        })
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .partition(|(id, kept)| *id == kept.link.contact);
    // The newest is the last.
    kept.extend(own.into_iter().map(|(id, kept)| (id, kept.link)));
    for (id, other) in merged.into_iter().filter(|(_, kept)| !kept.taken) {
        match kept.entry(id) {
            Entry::Vacant(free) => drop(free.insert(other.link)),
            Entry::Occupied(mut has) => {
                let link = has.get_mut();
                let (document, _) = judge.source.joined(&link.document, &other.link.document);
                link.document = document;
            }
        }
    }
    Ok(kept)
}

/// Whether two who share an address are one person: what has no name is whoever reads there, and an address with two
/// names may be that of a family or an office.
fn may_be_one(one: &Card, other: &Card) -> bool {
    let nameless = |card: &Card| card.name.trim().is_empty() && card.nicknames.is_empty();
    nameless(one) || nameless(other) || names_agree(one, other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_address_is_not_enough_to_be_one_person() {
        let named = |name: &str| Card {
            name: name.to_owned(),
            ..Card::default()
        };
        for (a, b, one) in [
            ("Ada Lovelace", "ada lovelace", true),
            ("Ada", "Ada Lovelace", true),
            ("", "Ada Lovelace", true),
            ("Ada Lovelace", "Ada Byron", false),
            ("Lovelace", "Ada Lovelace", false),
            ("Robert Byron", "Robert Byron Jr.", false),
        ] {
            assert_eq!(may_be_one(&named(a), &named(b)), one, "{a} and {b}");
        }
    }
}
