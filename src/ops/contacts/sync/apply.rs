//! Does what was decided, one contact at a time there, and notes each right after.

use std::collections::VecDeque;

use crate::error::{Error, Kind, Result};
use crate::model::contact::Card;
use crate::ops::{App, Progress};
use crate::rules::contact_merge::{Side, Winner, merge};
use crate::store::contacts::{Edit, Link, Unlinked, Why};

use super::settle::{Judge, Pair, There};
use super::source::{Outcome, Remote, Write};
use super::step::{Job, Step};
use super::{Left, SourceSync};

/// How many contacts of here are written in one commit.
const AT_ONCE: usize = 100;
/// How often a contact that changes there all the time is decided anew.
const TRIES: u32 = 3;
/// A source that refused so many and took none refuses them all.
const REFUSALS: usize = 8;
/// A source that left so many without an answer is not well; one card alone may be what breaks it.
const UNANSWERED: usize = 3;
/// How often a contact that changes here all the time is written down anew.
const MOST_EDITS: u32 = 10;

/// Does the jobs of one source.
pub struct Applier<'a> {
    app: &'a App,
    judge: Judge<'a>,
    /// Of a plan: nothing else is done.
    wanted: Option<&'a [Step]>,
    report: &'a mut SourceSync,
    /// Nothing waits for the next sync that it would not be told of.
    pub settled: bool,
    refused: usize,
    taken: usize,
    /// Of how many it is not known what became of them.
    unknown: usize,
    /// The first reason for that.
    trouble: Option<Error>,
}

impl<'a> Applier<'a> {
    pub fn new(
        (app, judge): (&'a App, Judge<'a>),
        wanted: Option<&'a [Step]>,
        report: &'a mut SourceSync,
    ) -> Applier<'a> {
        Applier {
            app,
            judge,
            wanted,
            report,
            settled: true,
            refused: 0,
            taken: 0,
            unknown: 0,
            trouble: None,
        }
    }

    /// Does them; an error ends it where the source takes nothing more.
    pub async fn run(&mut self, jobs: Vec<Job>) -> Result<()> {
        let jobs = self.agreed(jobs);
        let (writes, local): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|job| job.write.is_some());
        for some in local.chunks(AT_ONCE) {
            self.write_here(some)?;
        }
        let total = writes.len();
        let (last, first): (Vec<_>, Vec<_>) = writes.into_iter().partition(|job| job.taken_in);
        let mut queue: VecDeque<(Job, u32)> = first.into_iter().map(|job| (job, 1)).collect();
        let mut ended = None;
        self.write_there(&mut queue, total, &mut ended).await?;
        for job in last {
            match ended.is_none() && self.is_left(&job) {
                // What only its document says would be nowhere.
                true => {
                    self.settled = false;
                    self.leave(&job.step, "the one that takes it over could not be written");
                }
                false => queue.push_back((job, 1)),
            }
        }
        self.write_there(&mut queue, total, &mut ended).await?;
        self.tell(total, total);
        let took_none = || self.taken == 0;
        let ended = ended.or_else(|| self.trouble.take().filter(|_| took_none()));
        let Some(error) = ended else { return Ok(()) };
        for (job, _) in queue {
            if error.kind == Kind::Refused {
                self.unwritten(&job)?;
            }
            let why = format!("not tried after this: {}", error.message);
            self.leave(&job.step, &why);
        }
        self.settled = false;
        Err(error)
    }

    /// Whether something of its contact waits for the next sync.
    fn is_left(&self, job: &Job) -> bool {
        self.report.left.iter().any(|left| left.contact == job.id)
    }

    /// Makes the changes there, those of a queue in turn; stops where the source takes nothing more.
    async fn write_there(
        &mut self,
        queue: &mut VecDeque<(Job, u32)>,
        total: usize,
        ended: &mut Option<Error>,
    ) -> Result<()> {
        while !queue.is_empty() && ended.is_none() {
            self.tell(total - queue.len().min(total), total);
            let some = self.judge.source.at_once().min(queue.len());
            let some: Vec<_> = queue.drain(..some).collect();
            let writes = some.iter().filter_map(|(job, _)| job.write.clone());
            let outcomes = self.judge.source.write(writes.collect()).await;
            for ((job, tries), outcome) in some.into_iter().zip(outcomes) {
                let again = self.ended((job, tries), outcome, ended).await?;
                queue.extend(again.map(|job| (job, tries + 1)));
            }
        }
        Ok(())
    }

    /// Only what was shown, and is still as it was.
    fn agreed(&mut self, jobs: Vec<Job>) -> Vec<Job> {
        let Some(wanted) = self.wanted else {
            return jobs;
        };
        const CHANGED: &str = "it changed after the plan was made";
        let (agreed, others): (Vec<_>, Vec<_>) = jobs
            .into_iter()
            .partition(|job| job.is_quiet() || wanted.contains(&job.step));
        let missing: Vec<_> = wanted
            .iter()
            .filter(|step| !agreed.iter().any(|job| job.step == **step))
            .collect();
        for step in missing {
            self.leave(step, CHANGED);
        }
        // What came after the plan is the next sync's.
        self.settled &= others.is_empty();
        agreed
    }

    fn tell(&self, done: usize, total: usize) {
        if total == 0 {
            return;
        }
        (self.app.progress)(&Progress {
            stage: format!("writing contacts to {}", self.judge.account),
            done: done as u64,
            total: Some(total as u64),
        });
    }

    /// Writes what only concerns this side.
    fn write_here(&mut self, jobs: &[Job]) -> Result<()> {
        let edits: Vec<Edit> = jobs
            .iter()
            .map(|job| self.edit(job, job.remote.as_ref(), &job.base))
            .collect();
        let now = self.app.clock.now();
        let done = self.app.store.change_contacts(&edits, self.why(), now)?;
        for (job, done) in jobs.iter().zip(done) {
            match done {
                Some(id) => self.done(job, Some(id)),
                None => {
                    self.settled = false;
                    self.leave(&job.step, "it was changed here meanwhile");
                }
            }
        }
        Ok(())
    }

    /// Takes in how a change there ended; gives a job to do instead.
    async fn ended(
        &mut self,
        (job, tries): (Job, u32),
        outcome: Outcome,
        ended: &mut Option<Error>,
    ) -> Result<Option<Job>> {
        let there = match outcome {
            Outcome::Done(remote) => {
                self.taken += 1;
                self.commit(&job, remote.as_ref())?;
                return Ok(None);
            }
            Outcome::Refused(error) => {
                self.refused += 1;
                self.unwritten(&job)?;
                self.leave(&job.step, &error.message);
                let hopeless = self.taken == 0 && self.refused >= REFUSALS;
                if hopeless || error.kind != Kind::Refused {
                    *ended = ended.take().or(Some(error));
                }
                return Ok(None);
            }
            Outcome::Unknown(error) => {
                self.settled = false;
                self.unknown += 1;
                self.leave(&job.step, &error.message);
                if self.unknown >= UNANSWERED {
                    *ended = ended.take().or(Some(error));
                } else {
                    self.trouble = self.trouble.take().or(Some(error));
                }
                return Ok(None);
            }
            Outcome::Exists(remote) => Some(remote),
            Outcome::Stale | Outcome::Gone => match &job.write {
                Some(Write::Update { old, .. } | Write::Delete { old }) => {
                    self.judge.source.read_one(&old.id).await?
                }
                _ => None,
            },
        };
        if tries >= TRIES || self.wanted.is_some() || job.taken_in {
            self.settled = false;
            self.leave(&job.step, "it changes there at the same time");
            return Ok(None);
        }
        let there = match there {
            None => There::Gone,
            Some(remote) => match self.judge.source.meaning(&remote.document) {
                Ok(meaning) => There::Now(Box::new((remote, meaning))),
                Err(why) => {
                    self.leave(&job.step, &why);
                    return Ok(None);
                }
            },
        };
        self.anew(&job, there)
    }

    /// Decides a contact anew, by how it stands now; what only concerns this side is done at once.
    fn anew(&mut self, job: &Job, there: There) -> Result<Option<Job>> {
        let contact = match job.id.map(|id| (id, self.app.store.contact(id))) {
            Some((id, Ok(contact))) if contact.id == id => Some(contact),
            Some((_, Err(e))) if e.kind != Kind::NotFound => return Err(e),
            _ => None,
        };
        let decided = self.judge.settle(&Pair {
            id: job.id,
            contact: contact.as_ref(),
            link: job.link.as_ref(),
            there,
            others: job.others.clone(),
            elsewhere: job.elsewhere,
        });
        match decided {
            Some(job) if job.write.is_none() => self.write_here(&[job]).map(|()| None),
            other => Ok(other),
        }
    }

    /// Notes a change that was made there. Whatever was changed here meanwhile stays, and goes there with the next sync.
    fn commit(&mut self, job: &Job, remote: Option<&Remote>) -> Result<()> {
        let mut edit = self.edit(job, remote, &job.base);
        for _ in 0..MOST_EDITS {
            let now = self.app.clock.now();
            let edits = std::slice::from_ref(&edit);
            let done = self.app.store.change_contacts(edits, self.why(), now)?;
            if let Some(id) = done.into_iter().flatten().next() {
                self.done(job, Some(id));
                return Ok(());
            }
            let present = self.present(job)?;
            edit.after = present.as_ref().map(|present| self.carried(job, present));
            edit.before = present;
        }
        self.settled = false;
        self.leave(&job.step, "it changes here all the time");
        Ok(())
    }

    fn present(&self, job: &Job) -> Result<Option<Card>> {
        let Some(id) = job.id else { return Ok(None) };
        match self.app.store.contact(id) {
            Ok(contact) if contact.id == id => Ok(Some(contact.card)),
            Ok(_) => Ok(None),
            Err(e) if e.kind == Kind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// What was changed here since the job was decided, and what the job changes.
    fn carried(&self, job: &Job, present: &Card) -> Card {
        let nobody = Card::default();
        let before = job.before.as_ref().unwrap_or(&nobody);
        let after = job.after.as_ref().unwrap_or(before);
        let here = Side {
            now: present,
            base: before,
        };
        let there = Side {
            now: after,
            base: before,
        };
        merge(here, there, (Winner::Here, self.judge.account)).here
    }

    /// Takes over what came from there where the rest could not be written there.
    fn unwritten(&mut self, job: &Job) -> Result<()> {
        if job.step.here.is_none() || job.remote.is_none() {
            return Ok(());
        }
        let edit = self.edit(job, job.remote.as_ref(), &job.base_unwritten);
        let now = self.app.clock.now();
        let done = self.app.store.change_contacts(&[edit], self.why(), now)?;
        self.settled &= done.iter().all(Option::is_some);
        Ok(())
    }

    fn edit(&self, job: &Job, remote: Option<&Remote>, base: &Card) -> Edit {
        let account = self.judge.account;
        let link = |remote: &Remote| Link {
            source: account.to_owned(),
            remote: remote.id.clone(),
            // The store puts the contact of the edit.
            contact: job.id.unwrap_or(crate::model::id::ContactId(0)),
            etag: remote.etag.clone(),
            document: remote.document.clone(),
            base: base.clone(),
        };
        // What is deleted there is known as it was.
        let deleted = match &job.write {
            Some(Write::Delete { old }) => Some(&old.document),
            _ => None,
        };
        let unlinked = job.unlinked.iter();
        Edit {
            id: job.id,
            before: job.before.clone(),
            after: job.after.clone(),
            merged: None,
            lost: job.step.lost.clone(),
            links: remote.map(link).into_iter().collect(),
            unlinked: unlinked
                .map(|remote| Unlinked {
                    source: account.to_owned(),
                    remote: remote.clone(),
                    document: deleted.cloned(),
                    taken: job.taken_in,
                })
                .collect(),
        }
    }

    fn why(&self) -> Why<'a> {
        Why {
            what: "sync",
            by: self.judge.account,
        }
    }

    fn done(&mut self, job: &Job, id: Option<crate::model::id::ContactId>) {
        if job.is_quiet() {
            return;
        }
        let mut step = job.step.clone();
        step.contact = step.contact.or(id);
        self.report.steps.push(step);
    }

    fn leave(&mut self, step: &Step, why: &str) {
        self.report.left.push(Left {
            contact: step.contact,
            remote: step.remote.clone(),
            name: step.name.clone(),
            why: why.to_owned(),
        });
    }
}
