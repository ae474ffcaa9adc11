//! Contacts here and in address books elsewhere, brought together.
//!
//! A sync gathers what changed on both sides since they agreed last, decides for each contact what is to be done, and
//! does it, noting each change right after it was made there: what is cut short is taken up by the next one.

mod apply;
mod carddav;
mod gather;
mod google;
mod members;
mod settle;
pub mod source;
pub mod step;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::lock::Lock;
use crate::model::account::Account;
use crate::model::id::{ContactId, PlanId};
use crate::ops::App;
use crate::ops::sync::Failure;
use crate::random;
use crate::store::contacts::SourceCursor;

use apply::Applier;
use gather::{Gathered, gather};
use settle::Judge;
use source::Source;
use step::{Act, Effect, Step};

/// How long a sync waits for another one of the same account.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many contacts of a side may always be removed, and this share of them.
const FEW: usize = 10;
const SHARE: usize = 5;
/// All of a side may be removed if they are no more than this.
const PAIR: usize = 2;
/// Where the seed of new names is kept, beside the books.
const SEED: &str = "seed";

/// What to sync, and how far to go.
#[derive(Clone, Debug, Default)]
pub struct SyncRequest {
    /// Empty means all address books.
    pub accounts: Vec<String>,
    /// Only show what would be done, and keep it.
    pub plan: bool,
    /// Do exactly what was shown.
    pub apply: Option<PlanId>,
    /// Let a sync remove more than a few contacts.
    pub allow_deletes: bool,
}

/// What a sync of contacts did, or would do. `comms.contact_sync/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SyncReport {
    /// Of what was only shown: `comms contacts sync --apply p3` takes it.
    pub plan: Option<PlanId>,
    pub sources: Vec<SourceSync>,
}

/// What became of one address book.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct SourceSync {
    pub account: String,
    /// The book as the account knows it.
    pub book: String,
    /// `done`, `planned` or `failed`.
    pub state: String,
    pub here: Counts,
    pub there: Counts,
    /// Found on both sides, and noted to be the same.
    pub paired: usize,
    /// What was done, or would be.
    pub steps: Vec<Step>,
    /// What was not done, and waits for the next sync.
    pub left: Vec<Left>,
    /// What to know about it that is no fault.
    pub notes: Vec<String>,
    pub took_ms: u64,
    /// Null if all went well.
    pub error: Option<Failure>,
}

/// How many contacts of a side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
}

/// A contact that waits for the next sync.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Left {
    pub contact: Option<ContactId>,
    pub remote: Option<String>,
    pub name: String,
    pub why: String,
}

/// A plan as it is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Plan {
    sources: Vec<Planned>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Planned {
    account: String,
    book: String,
    steps: Vec<Step>,
}

impl SyncReport {
    /// `Partial` if something was left or failed; when every account fails, [`sync`] itself is the error.
    pub fn outcome(&self) -> Option<Kind> {
        self.sources
            .iter()
            .any(|source| source.error.is_some() || !source.left.is_empty())
            .then_some(Kind::Partial)
    }
}

/// Syncs address books, one after the other. An error only if every one failed.
pub async fn sync(app: &App, request: &SyncRequest) -> Result<SyncReport> {
    let plan: Option<Plan> = match request.apply {
        None => None,
        Some(id) => Some(read_plan(&app.store.contact_plan(id)?)?),
    };
    let accounts = match &plan {
        Some(plan) => {
            let mut names: Vec<_> = plan.sources.iter().map(|s| s.account.clone()).collect();
            names.dedup();
            chosen(app, &names)?
        }
        None => chosen(app, &request.accounts)?,
    };
    let mut run = Run {
        app,
        request,
        plan: plan.as_ref(),
        taken: HashSet::new(),
    };
    let mut report = SyncReport {
        plan: None,
        sources: Vec::new(),
    };
    let mut errors = Vec::new();
    for account in accounts {
        let (sources, error) = run.account(account).await;
        report.sources.extend(sources);
        errors.extend(error);
    }
    let failed = |source: &SourceSync| source.state == "failed";
    if report.sources.iter().all(failed)
        && let Some(first) = errors.into_iter().next()
    {
        return Err(first);
    }
    if request.plan {
        report.plan = Some(keep_plan(app, &report)?);
    }
    let all_done = report.outcome().is_none();
    if let Some(id) = request.apply.filter(|_| all_done) {
        app.store.drop_contact_plan(id)?;
    }
    Ok(report)
}

/// The accounts with these names; all address books if none is named.
fn chosen<'a>(app: &'a App, names: &[String]) -> Result<Vec<&'a Account>> {
    if !names.is_empty() {
        return names.iter().map(|name| app.config.account(name)).collect();
    }
    let all: Vec<_> = app
        .config
        .accounts
        .iter()
        .filter(|a| Source::is_usual(a))
        .collect();
    if all.is_empty() {
        return Err(Error::config("there is no address book to sync with").hint(
            "comms auth add contacts --channel carddav --url https://dav.example.com --username ada",
        ));
    }
    Ok(all)
}

struct Run<'a> {
    app: &'a App,
    request: &'a SyncRequest,
    plan: Option<&'a Plan>,
    /// Contacts that one of the sources takes: a contact of here goes to one address book.
    taken: HashSet<ContactId>,
}

impl Run<'_> {
    /// Syncs the books of an account; another sync of it is waited for.
    async fn account(&mut self, account: &Account) -> (Vec<SourceSync>, Option<Error>) {
        let began = Instant::now();
        let name = format!("{}@contacts", account.name);
        let opened = match Lock::acquire(self.app.store.dir(), &name, PATIENCE).await {
            Ok(Some(lock)) => Source::open(self.app, account).await.map(|all| (all, lock)),
            Ok(None) => Err(Error::unavailable(format!(
                "another comms is syncing the contacts of `{}`",
                account.name
            ))
            .hint("wait for it to finish, then repeat")),
            Err(e) => Err(e),
        };
        let (sources, _lock) = match opened {
            Ok(opened) => opened,
            Err(e) => return (vec![failed(account, "", &e, began)], Some(e)),
        };
        let mut done = Vec::new();
        let mut first = None;
        for source in sources {
            let began = Instant::now();
            let mut report = SourceSync {
                account: account.name.clone(),
                book: source.book().to_owned(),
                ..SourceSync::default()
            };
            let ended = self.source(account, &source, &mut report).await;
            report.state = match (&ended, self.request.plan) {
                (Err(_), _) => "failed",
                (Ok(()), true) => "planned",
                (Ok(()), false) => "done",
            }
            .to_owned();
            report.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            if let Err(e) = ended {
                report.error = Some(Failure::of(&e));
                first = first.or(Some(e));
            }
            done.push(report);
        }
        (done, first)
    }

    async fn source(
        &mut self,
        account: &Account,
        source: &Source,
        report: &mut SourceSync,
    ) -> Result<()> {
        let app = self.app;
        let seed = seed(app, &account.name)?;
        let judge = Judge {
            source,
            account: &account.name,
            writes: source.writes() && !app.config.read_only,
            seed: &seed,
        };
        if source.writes() && !judge.writes {
            let note = "comms is read-only: nothing is changed there";
            report.notes.push(note.to_owned());
        }
        let place = (account.name.as_str(), source.book());
        let cursor = app.store.contact_cursor(place.0, place.1)?;
        let gathered = gather(app, judge, (&cursor, &mut self.taken)).await;
        let mut gathered = match gathered {
            Ok(gathered) => gathered,
            Err(e) => {
                note_error(app, place, (&cursor, &e));
                return Err(e);
            }
        };
        report.notes.append(&mut gathered.notes);
        let wanted = self.wanted(place);
        let guarded = too_many(&gathered, wanted, place.0);
        if self.request.plan {
            report.steps = visible(&gathered);
            report.count();
            report.notes.extend(guarded.map(|e| e.message));
            return Ok(());
        }
        if let Some(e) = guarded.filter(|_| !self.request.allow_deletes) {
            return Err(e);
        }
        let mut applier = Applier::new((app, judge), wanted, report);
        let ended = applier.run(gathered.jobs).await;
        let settled = applier.settled;
        report.count();
        if let Err(e) = ended {
            note_error(app, place, (&cursor, &e));
            return Err(e);
        }
        let cursor = SourceCursor {
            // What was left is told again by the old one.
            token: if settled { gathered.next } else { cursor.token },
            synced_at: Some(app.clock.now()),
            error: None,
        };
        app.store.keep_contact_cursor(place, &cursor)
    }

    /// The steps that were shown and agreed to; `None` without a plan.
    fn wanted(&self, (account, book): (&str, &str)) -> Option<&[Step]> {
        let plan = self.plan?;
        let found = plan
            .sources
            .iter()
            .find(|planned| planned.account == account && planned.book == book);
        Some(found.map_or(&[], |planned| planned.steps.as_slice()))
    }
}

impl SourceSync {
    fn count(&mut self) {
        let count = |side: fn(&Step) -> Option<&Effect>| {
            let of = |act| {
                let fits = |step: &&Step| side(step).is_some_and(|effect| effect.act == act);
                self.steps.iter().filter(fits).count()
            };
            Counts {
                added: of(Act::Add),
                changed: of(Act::Change),
                removed: of(Act::Remove),
            }
        };
        self.here = count(|step| step.here.as_ref());
        self.there = count(|step| step.there.as_ref());
        let paired = |step: &&Step| step.here.as_ref().is_some_and(|e| e.act == Act::Pair);
        self.paired = self.steps.iter().filter(paired).count();
    }
}

/// Refuses to empty one side because the other is empty: a lost store or a new server must not do that.
fn too_many(gathered: &Gathered, wanted: Option<&[Step]>, account: &str) -> Option<Error> {
    let agreed = |step: &&Step| wanted.is_none_or(|wanted| wanted.contains(step));
    let steps = || gathered.jobs.iter().map(|job| &job.step).filter(agreed);
    let sides = [
        ("here", steps().filter(|step| step.removes_here()).count()),
        (account, steps().filter(|step| step.removes_there()).count()),
    ];
    let (side, count) = sides.into_iter().find(|(_, count)| {
        let all = *count >= gathered.known;
        match all {
            true => *count > PAIR,
            false => *count > FEW && count * SHARE > gathered.known,
        }
    })?;
    let place = match side {
        "here" => "here".to_owned(),
        name => format!("from `{name}`"),
    };
    Some(
        Error::refused(format!(
            "this sync would remove {count} of {} contacts {place}",
            gathered.known
        ))
        .hint(format!(
            "look with `comms contacts sync {account} --plan`; if it is right, add --allow-deletes"
        )),
    )
}

fn visible(gathered: &Gathered) -> Vec<Step> {
    let jobs = gathered.jobs.iter().filter(|job| !job.is_quiet());
    jobs.map(|job| job.step.clone()).collect()
}

/// What names of new contacts are made of: random, once for each store and account.
fn seed(app: &App, account: &str) -> Result<String> {
    if let Some(seed) = app.store.contact_cursor(account, SEED)?.token {
        return Ok(seed);
    }
    let seed = random::hex::<16>()?;
    let cursor = SourceCursor {
        token: Some(seed.clone()),
        ..SourceCursor::default()
    };
    app.store.keep_contact_cursor((account, SEED), &cursor)?;
    Ok(seed)
}

/// What can't be noted is no reason to fail in another way.
fn note_error(app: &App, place: (&str, &str), (cursor, error): (&SourceCursor, &Error)) {
    let cursor = SourceCursor {
        error: Some(error.message.clone()),
        ..cursor.clone()
    };
    let _ = app.store.keep_contact_cursor(place, &cursor);
}

fn failed(account: &Account, book: &str, error: &Error, began: Instant) -> SourceSync {
    SourceSync {
        account: account.name.clone(),
        book: book.to_owned(),
        state: "failed".to_owned(),
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        error: Some(Failure::of(error)),
        ..SourceSync::default()
    }
}

fn keep_plan(app: &App, report: &SyncReport) -> Result<PlanId> {
    let planned = report.sources.iter().filter(|s| s.error.is_none());
    let plan = Plan {
        sources: planned
            .map(|source| Planned {
                account: source.account.clone(),
                book: source.book.clone(),
                steps: source.steps.clone(),
            })
            .collect(),
    };
    let names: Vec<_> = plan.sources.iter().map(|s| s.account.as_str()).collect();
    let document = serde_json::to_string(&plan)
        .map_err(|e| Error::internal("the plan can't be written").because(e))?;
    app.store
        .keep_contact_plan(&names.join(","), &document, app.clock.now())
}

fn read_plan(document: &str) -> Result<Plan> {
    serde_json::from_str(document).map_err(|e| {
        Error::refused("this plan is of another version of comms")
            .hint("make a new one: `comms contacts sync --plan`")
            .because(e)
    })
}
