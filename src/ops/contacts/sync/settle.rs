//! What becomes of one contact, by how it stands here and there.

use crate::model::contact::{Card, Contact, Lost};
use crate::model::id::ContactId;
use crate::rules::contact_merge::{Merged, Side, Winner, merge};
use crate::store::contacts::Link;

use super::source::{Meaning, Remote, Source, Stamp, Write};
use super::step::{Act, Effect, Job, Step};

/// How it stands there.
#[derive(Clone, Debug)]
pub enum There {
    /// As both agreed last.
    Same,
    Now(Box<(Remote, Meaning)>),
    Gone,
}

/// A contact and its counterpart.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    pub id: Option<ContactId>,
    /// `None` if it is gone here, or never was.
    pub contact: Option<&'a Contact>,
    pub link: Option<&'a Link>,
    pub there: There,
    /// What is there of those it took in, to be taken over: who, and the document.
    pub others: Vec<(ContactId, Vec<u8>)>,
    /// Whether other accounts have it, too.
    pub elsewhere: bool,
}

/// Decides for one source.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    pub source: &'a Source,
    /// The name of its account.
    pub account: &'a str,
    /// Whether changes are made there.
    pub writes: bool,
    /// What the names of new contacts are made of, once for each store and account.
    pub seed: &'a str,
}

impl Judge<'_> {
    /// What is to be done with a pair; `None` if nothing.
    pub fn settle(&self, pair: &Pair<'_>) -> Option<Job> {
        match (pair.contact, &pair.there) {
            (Some(contact), There::Gone) => Some(self.gone_there(pair, contact)),
            (Some(contact), There::Same) => {
                let link = pair.link?;
                let remote = remote_of(link);
                let meaning = self.source.meaning(&remote.document).unwrap_or_default();
                (contact.card != link.base || !pair.others.is_empty())
                    .then(|| self.merged(pair, contact, (remote, &meaning)))?
            }
            (Some(contact), There::Now(now)) => self.merged(pair, contact, (now.0.clone(), &now.1)),
            (None, There::Now(now)) => match pair.link {
                None => Some(self.new_here(now)),
                Some(link) => Some(self.edited_there(pair, link, now)),
            },
            (None, There::Same) => self.deleted_here(pair),
            (None, There::Gone) => pair.link.map(|link| Job {
                unlinked: vec![link.remote.clone()],
                ..job(pair, String::new())
            }),
        }
    }

    /// What names a contact that was made here, wherever it lies: the same at every try, and nobody else's.
    pub fn uid(&self, contact: &Contact) -> String {
        let made_of = format!(
            "{} {} {}",
            self.seed,
            contact.id,
            contact.created_at.as_millisecond()
        );
        let hash = blake3::hash(made_of.as_bytes()).to_hex();
        // Shaped as a UUID (RFC 9562 §5.8), which every server takes for a name.
        format!(
            "{}-{}-8{}-a{}-{}",
            &hash[..8],
            &hash[8..12],
            &hash[12..15],
            &hash[15..18],
            &hash[18..30]
        )
    }

    /// A contact that is only here.
    pub fn new_there(
        &self,
        pair: &Pair<'_>,
        (card, uid): (&Card, &str),
        base: Option<&[u8]>,
    ) -> Job {
        let changed_at = pair.contact.map(|contact| contact.changed_at);
        let stamp = Stamp {
            uid: Some(uid),
            changed_at,
        };
        let document = self.source.render(card, base, stamp);
        let mut job = job(pair, card.label().to_owned());
        job.step.there = Some(Effect::add(card));
        job.write = Some(Write::Create {
            uid: uid.to_owned(),
            document,
        });
        job.base = card.clone();
        job.before = Some(card.clone());
        job.after = Some(card.clone());
        job
    }

    /// A contact that took another in: what was known there of the other goes.
    pub fn taken_in(&self, pair: &Pair<'_>, contact: &Contact, link: &Link) -> Job {
        let mut after = contact.card.clone();
        let mut lost = Vec::new();
        let mut old = remote_of(link);
        if let There::Now(now) = &pair.there {
            let was = self.base_there(Some(link));
            let m = merge(
                Side {
                    now: &contact.card,
                    base: &contact.card,
                },
                Side {
                    now: &now.1.card,
                    base: &was,
                },
                (Winner::Here, self.account),
            );
            (after, lost) = (m.here, m.lost);
            old = now.0.clone();
        }
        let mut job = job(pair, contact.card.label().to_owned());
        if after != contact.card {
            job.step.here = Some(Effect::change(&contact.card, &after));
        }
        job.step.lost = lost;
        job.unlinked = vec![link.remote.clone()];
        job.taken_in = true;
        if !matches!(pair.there, There::Gone) {
            // A plan is about what there is to be taken over.
            job.step.etag.clone_from(&old.etag);
            job.step.there = Some(Effect::remove(&link.base));
            job.step.why = Some(format!("merged into {} here", contact.id));
            job.write = Some(Write::Delete { old });
        }
        job.before = Some(contact.card.clone());
        job.after = Some(after);
        job
    }

    /// What its card there said when both agreed last.
    fn base_there(&self, link: Option<&Link>) -> Card {
        let said = link.map(|link| self.source.meaning(&link.document));
        said.and_then(Result::ok).unwrap_or_default().card
    }

    fn merged(
        &self,
        pair: &Pair<'_>,
        contact: &Contact,
        (remote, meaning): (Remote, &Meaning),
    ) -> Option<Job> {
        let here = &contact.card;
        let there = &meaning.card;
        let base_here = pair.link.map(|link| link.base.clone()).unwrap_or_default();
        let base_there = self.base_there(pair.link);
        let winner = match meaning.changed_at {
            Some(at) if at > contact.changed_at => Winner::There,
            _ => Winner::Here,
        };
        let side = |now, base| Side { now, base };
        let by = (winner, self.account);
        let m: Merged = merge(side(here, &base_here), side(there, &base_there), by);
        let heard = merge(side(&base_here, &base_here), side(there, &base_there), by);
        let mut job = job(pair, m.here.label().to_owned());
        job.step.etag.clone_from(&remote.etag);
        job.before = Some(here.clone());
        job.after = Some(m.here.clone());
        job.base = m.here.clone();
        job.base_unwritten = heard.here;
        if m.here != *here {
            job.step.here = Some(Effect::change(here, &m.here));
        }
        let stamp = Stamp {
            changed_at: Some(contact.changed_at),
            ..Stamp::default()
        };
        let (whole, taken) = self.whole(&remote.document, &pair.others, &mut job.step.lost);
        let grows = !taken.is_empty();
        let document = match m.there == *there && !grows {
            true => None,
            false => {
                let document = self.source.render(&m.there, Some(&whole), stamp);
                // What the source can't hold is no change there.
                let said = self.source.meaning(&document).unwrap_or_default().card;
                (said != *there || grows).then_some((document, said))
            }
        };
        match document {
            Some((document, said)) if self.writes => {
                job.step.there = Some(Effect::change(there, &said));
                job.step.why = grows.then(|| {
                    let others: Vec<_> = pair.others.iter().map(|(id, _)| id.to_string()).collect();
                    format!("takes over {} of {}", taken.join(", "), others.join(", "))
                });
                job.write = Some(Write::Update {
                    old: remote.clone(),
                    document,
                });
            }
            // It stays to be done, for a time when it can be.
            Some(_) => job.base = job.base_unwritten.clone(),
            None => {}
        }
        if !job.is_quiet() {
            job.step.lost.extend(m.lost);
        }
        if pair.link.is_none() && job.is_quiet() {
            job.step.here = Some(Effect::only(Act::Pair));
        }
        let unchanged = pair.link.is_some_and(|link| {
            link.base == job.base && remote_of(link) == remote && job.unlinked.is_empty()
        });
        job.remote = Some(remote);
        (!(unchanged && job.is_quiet())).then_some(job)
    }

    /// A document with what those say whom its contact took in, and what of theirs is new in it.
    fn whole(
        &self,
        document: &[u8],
        others: &[(ContactId, Vec<u8>)],
        lost: &mut Vec<Lost>,
    ) -> (Vec<u8>, Vec<String>) {
        let mut whole = document.to_vec();
        let mut taken: Vec<String> = Vec::new();
        for (id, other) in others {
            let (more, joined) = self.source.joined(&whole, other);
            whole = more;
            taken.extend(joined.taken);
            lost.extend(joined.lost.into_iter().map(|(field, value)| Lost {
                field,
                value,
                side: id.to_string(),
            }));
        }
        taken.sort();
        taken.dedup();
        (whole, taken)
    }

    fn gone_there(&self, pair: &Pair<'_>, contact: &Contact) -> Job {
        let card = &contact.card;
        let mut job = job(pair, card.label().to_owned());
        job.before = Some(card.clone());
        job.after = Some(card.clone());
        job.unlinked = pair
            .link
            .map(|link| link.remote.clone())
            .into_iter()
            .collect();
        // Whoever took someone in holds what is deleted there next.
        let takes_in = !pair.others.is_empty();
        let changed = takes_in || pair.link.is_none_or(|link| link.base != *card);
        if pair.elsewhere && !takes_in {
            job.step.here = Some(Effect::only(Act::Unpair));
            job.step.why = Some("deleted there; other accounts have it".to_owned());
        } else if changed && self.writes {
            let document = pair.link.map(|link| {
                self.whole(&link.document, &pair.others, &mut job.step.lost)
                    .0
            });
            let meaning = document.as_ref().and_then(|d| self.source.meaning(d).ok());
            let uid = meaning.and_then(|m| m.uid);
            let uid = uid.unwrap_or_else(|| self.uid(contact));
            let mut made = self.new_there(pair, (card, &uid), document.as_deref());
            made.step.lost = std::mem::take(&mut job.step.lost);
            let unlinked = std::mem::take(&mut job.unlinked);
            job = Job { unlinked, ..made };
            job.step.why = Some("deleted there, and changed here: it stays".to_owned());
        } else if changed {
            job.step.here = Some(Effect::only(Act::Unpair));
            job.step.why = Some("deleted there, and changed here: it stays".to_owned());
        } else {
            job.step.here = Some(Effect::remove(card));
            job.after = None;
        }
        job
    }

    fn deleted_here(&self, pair: &Pair<'_>) -> Option<Job> {
        let link = pair.link.filter(|_| self.writes)?;
        let mut job = job(pair, link.base.label().to_owned());
        job.step.there = Some(Effect::remove(&link.base));
        job.write = Some(Write::Delete {
            old: remote_of(link),
        });
        job.unlinked = vec![link.remote.clone()];
        Some(job)
    }

    fn new_here(&self, (remote, meaning): &(Remote, Meaning)) -> Job {
        let card = &meaning.card;
        let pair = Pair {
            id: None,
            contact: None,
            link: None,
            there: There::Same,
            others: Vec::new(),
            elsewhere: false,
        };
        let mut job = job(&pair, card.label().to_owned());
        job.step.remote = Some(remote.id.clone());
        job.step.etag.clone_from(&remote.etag);
        job.step.here = Some(Effect::add(card));
        job.after = Some(card.clone());
        job.base = card.clone();
        job.remote = Some(remote.clone());
        job
    }

    /// Deleted here, changed there since.
    fn edited_there(&self, pair: &Pair<'_>, link: &Link, now: &(Remote, Meaning)) -> Job {
        let was = self.base_there(Some(link));
        let side = |now, base| Side { now, base };
        let m = merge(
            side(&link.base, &link.base),
            side(&now.1.card, &was),
            (Winner::There, self.account),
        );
        let mut job = job(pair, m.here.label().to_owned());
        job.step.etag.clone_from(&now.0.etag);
        job.remote = Some(now.0.clone());
        // A change that says nothing new, and one of a book that only tells, bring nobody back.
        if !self.writes || m.here == link.base {
            job.base = link.base.clone();
            if self.writes {
                job.step.there = Some(Effect::remove(&link.base));
                job.write = Some(Write::Delete { old: now.0.clone() });
                job.unlinked = vec![link.remote.clone()];
            }
            return job;
        }
        job.step.here = Some(Effect::add(&m.here));
        job.step.why = Some("deleted here, and changed there: it stays".to_owned());
        job.after = Some(m.here.clone());
        job.base = m.here;
        job
    }
}

/// The state of a link as what is there.
pub fn remote_of(link: &Link) -> Remote {
    Remote {
        id: link.remote.clone(),
        etag: link.etag.clone(),
        document: link.document.clone(),
    }
}

/// A job that does nothing yet.
fn job(pair: &Pair<'_>, name: String) -> Job {
    let now = match &pair.there {
        There::Now(now) => Some(&now.0),
        _ => None,
    };
    let remote = now.map(|remote| remote.id.clone());
    let moved = pair
        .link
        .filter(|link| remote.as_ref().is_some_and(|id| *id != link.remote));
    Job {
        step: Step {
            contact: pair.id,
            remote: remote.or_else(|| pair.link.map(|link| link.remote.clone())),
            etag: pair.link.and_then(|link| link.etag.clone()),
            name,
            here: None,
            there: None,
            lost: Vec::new(),
            why: None,
        },
        id: pair.id,
        before: None,
        after: None,
        write: None,
        remote: None,
        base: Card::default(),
        base_unwritten: Card::default(),
        unlinked: moved.map(|link| link.remote.clone()).into_iter().collect(),
        link: pair.link.cloned(),
        others: pair.others.clone(),
        taken_in: false,
        elsewhere: pair.elsewhere,
    }
}
