//! Bringing the store up to date with its sources, and telling them what changed here.

pub mod account;
mod broken;
mod chat;
mod folder;
pub mod gmail;
mod intake;
mod push;
mod rooms;
pub mod slack;
mod stamp;
pub mod twilio;
mod writer;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;

use crate::channel::imap::names::uid_set;
use crate::error::{Context, Error, Kind, Result};
use crate::lock::Lock;
use crate::model::account::{Account, ChannelKind};
use crate::model::id::MessageId;
use crate::model::message::Role;
use crate::store::SourceState;

use super::{App, drain, hook, purge, receive, scan, whatsapp};
use broken::Broken;
pub use chat::{chat_user, keep_posted, people_in, space_name, spaces_named};
pub use writer::Writer;

/// Which accounts to sync; empty means all that have mail.
#[derive(Clone, Debug, Default)]
pub struct SyncRequest {
    pub accounts: Vec<String>,
}

/// What a sync did, per account. `comms.sync/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SyncReport {
    pub accounts: Vec<AccountSync>,
    /// What needs someone: messages a server refused, outbox items that went along.
    pub warnings: Vec<String>,
}

/// What became of one account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountSync {
    pub account: String,
    /// Folders looked at.
    pub folders: usize,
    pub added: u64,
    /// Messages whose flags or labels the source changed.
    pub changed: u64,
    pub removed: u64,
    /// Local changes the server was told.
    pub pushed: u64,
    pub took_ms: u64,
    /// A server numbered a folder anew, so that its messages were fetched again.
    pub renumbered: bool,
    /// Messages the server has and refuses to give; they are asked for again next time.
    pub refused: Vec<Refusal>,
    /// What to know about this account that is no fault.
    pub notes: Vec<String>,
    /// Null if all went well.
    pub error: Option<Failure>,
}

/// A message the server refused even when it was asked for alone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Refusal {
    /// Empty where messages are not asked for by folder.
    pub folder: String,
    /// At an IMAP server.
    pub uid: Option<u32>,
    /// The id at a provider.
    pub remote: Option<String>,
    /// The server's words.
    pub message: String,
}

/// An account's error, as in an error document.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Failure {
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
}

impl Failure {
    pub fn of(error: &Error) -> Self {
        Failure {
            code: error.kind.code().to_owned(),
            message: error.message.clone(),
            hint: error.hint.clone(),
        }
    }
}

impl SyncReport {
    /// `Partial` if some account failed; when all fail, [`sync`] itself is the error.
    pub fn outcome(&self) -> Option<Kind> {
        self.accounts
            .iter()
            .any(|a| a.error.is_some())
            .then_some(Kind::Partial)
    }
}

/// Which sources to refresh, and how hard to try.
#[derive(Clone, Debug)]
pub struct RefreshRequest {
    /// Empty means all that have mail.
    pub accounts: Vec<String>,
    /// Sources synced more recently than this are left alone.
    pub max_age: Duration,
    /// How long all of it may take; what is late goes on as stale.
    pub deadline: Duration,
    /// A source that can't be refreshed is an error.
    pub fresh: bool,
}

/// What an account's sync has done so far; kept when it fails in the middle.
#[derive(Debug, Default)]
pub struct Tally {
    pub folders: usize,
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
    pub pushed: u64,
    /// A folder was fetched anew because its server numbered it anew.
    pub renumbered: bool,
    pub refused: Vec<Refusal>,
    pub notes: Vec<String>,
    pub(super) broken: Broken,
    /// All was looked at: what failed, failed for a part of it.
    pub through: bool,
}

/// How long a sync waits for another process that refreshes the same account.
const LOCK_PATIENCE: Duration = Duration::from_secs(60);

/// Syncs accounts, all at once. An error only if every account failed.
pub async fn sync(app: &App, request: &SyncRequest) -> Result<SyncReport> {
    let accounts = chosen(app, &request.accounts)?;
    if app.store.exists() {
        // Nothing new may come, and what a kill left behind would stay so.
        app.store.catch_up()?;
    }
    let writer = Writer::start(app.store.twin());
    let syncs = accounts
        .iter()
        .map(|account| timed(app, account, &writer, LOCK_PATIENCE));
    let mut done = Vec::new();
    let mut errors = Vec::new();
    let (ended, sent) = tokio::join!(join_all(syncs), drain::drain(app));
    drain::reconcile(app)?;
    // What providers posted to a `serve` that is gone since.
    let heard = match app.store.retry_events(app.clock.now()) {
        Ok(()) => receive::process(app).await,
        Err(e) => Err(e),
    };
    let mut warnings = hook::fire(app).await;
    warnings.extend(heard.err().map(|e| e.message));
    warnings.extend(receive::forget(app));
    for (report, error, _) in ended {
        warnings.extend(refusals(&report));
        done.push(report);
        errors.extend(error);
    }
    if !done.is_empty() && errors.len() == done.len() {
        return Err(all_failed(errors));
    }
    warnings.extend(sent);
    warnings.extend(purge::retain(app));
    app.store.gather_people_early();
    Ok(SyncReport {
        accounts: done,
        warnings,
    })
}

/// Syncs one account; waits for whoever refreshes it now. Gives what failed for a part of it (a folder that may not be
/// opened, a file that can't be read) while all the rest was looked at.
pub async fn one(app: &App, account: &Account, writer: &Writer) -> Result<Option<Error>> {
    match timed(app, account, writer, LOCK_PATIENCE).await {
        (_, Some(error), false) => Err(error),
        (_, error, _) => Ok(error),
    }
}

/// Syncs what is older than `max_age` within the deadline; says of each source how fresh it is.
///
/// Maildirs are always looked at: that costs one stat per folder.
pub async fn refresh(app: &App, request: &RefreshRequest) -> Result<Vec<SourceState>> {
    let accounts = chosen(app, &request.accounts)?;
    let before = sources(app, &accounts, request.max_age)?;
    let writer = Writer::start(app.store.twin());
    let syncs = accounts.iter().zip(&before).map(|(account, state)| {
        let due =
            request.fresh || account.channel == ChannelKind::Maildir || state.state != "fresh";
        refresh_one(app, account, (&writer, due), request.deadline)
    });
    let asks = |(account, state): (&&Account, &SourceState)| {
        account.channel != ChannelKind::Maildir && (request.fresh || state.state != "fresh")
    };
    let uses_network = accounts.iter().zip(&before).any(asks);
    let outbox = async {
        if uses_network {
            drain::drain(app).await;
        }
    };
    let (errors, ()) = tokio::join!(join_all(syncs), outbox);
    drain::reconcile(app)?;
    // What is wrong with it is the doctor's to tell: the rest is shown all the same.
    let _ = receive::process(app).await;
    let mut after = sources(app, &accounts, request.max_age)?;
    for ((state, error), account) in after.iter_mut().zip(errors).zip(&accounts) {
        let Some(error) = error else { continue };
        if request.fresh {
            return Err(error);
        }
        // What was read of a Maildir so far is shown, also the first time.
        let some = state.synced_at.is_some() || account.channel == ChannelKind::Maildir;
        if some && error.kind == Kind::Unavailable {
            state.state = "stale".to_owned();
        } else {
            state.state = "failed".to_owned();
        }
        state.error = Some(error.message);
    }
    Ok(after)
}

/// How fresh the sources of these accounts are, without asking anyone.
pub fn sources(app: &App, accounts: &[&Account], max_age: Duration) -> Result<Vec<SourceState>> {
    let mut known = app.store.sources()?;
    let now = app.clock.now();
    let states = accounts.iter().map(|account| {
        let found = known.iter().position(|state| state.account == account.name);
        let Some(at) = found else {
            return SourceState {
                account: account.name.clone(),
                synced_at: None,
                state: "never".to_owned(),
                error: None,
            };
        };
        let mut state = known.swap_remove(at);
        let age = state
            .synced_at
            .map(|at| now.duration_since(at).unsigned_abs());
        state.state = match (&state.error, age) {
            (Some(_), _) => "failed",
            (None, None) => "never",
            (None, Some(age)) if age <= max_age => "fresh",
            (None, Some(_)) => "stale",
        }
        .to_owned();
        state
    });
    Ok(states.collect())
}

/// Tells the account's server the changes that were made here (flags, labels, moves).
pub async fn push(app: &App, account: &Account) -> Result<()> {
    if account.channel == ChannelKind::Maildir || app.config.read_only {
        return Ok(());
    }
    if app.store.queued_changes(&account.name)?.is_empty() {
        return Ok(());
    }
    let patience = Duration::from_secs(5);
    let Some(_lock) = Lock::acquire(app.store.dir(), &account.name, patience).await? else {
        return Ok(()); // whoever refreshes it now, or next, tells them
    };
    match account.channel {
        ChannelKind::Gmail => gmail::push_queued(app, account).await,
        ChannelKind::GoogleChat => chat::push_queued(app, account).await,
        ChannelKind::Twilio => twilio::forget_changes(app, account),
        ChannelKind::Slack => slack::push_queued(app, account).await,
        ChannelKind::Whatsapp => whatsapp::acts::push(app, account).await.map(drop),
        _ => account::push_queued(app, account).await,
    }
}

/// Files a copy in the account's folder with this role (Sent, Drafts) and stores it; `None` if the account has
/// no such place, or doesn't say where the copy went.
pub async fn file_copy(
    app: &App,
    account: &Account,
    role: Role,
    raw: &[u8],
) -> Result<Option<MessageId>> {
    match account.channel {
        ChannelKind::Imap => account::file_copy(app, account, role, raw).await,
        ChannelKind::Maildir => scan::file_copy(app, account, role, raw),
        ChannelKind::Gmail if role == Role::Drafts => gmail::file_draft(app, account, raw).await,
        // Google keeps a copy of what it sends by itself.
        ChannelKind::Smtp
        | ChannelKind::Gmail
        | ChannelKind::GoogleChat
        | ChannelKind::GoogleChatWebhook
        | ChannelKind::Twilio
        | ChannelKind::Whatsapp
        | ChannelKind::Slack
        | ChannelKind::SlackWebhook
        | ChannelKind::Carddav => Ok(None),
    }
}

/// What a provider's own search found.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order in which the provider gave them.
    pub ids: Vec<MessageId>,
    /// How many the provider thinks there are.
    pub estimate: u64,
    /// How many of them can't be kept: the room they are in was never synced.
    pub in_new_rooms: usize,
}

/// Finds messages at an account's provider, by a query in its own words; at most so many.
pub async fn find(app: &App, account: &Account, query: (&str, usize)) -> Result<Found> {
    match account.channel {
        ChannelKind::Gmail => gmail::find(app, account, query).await,
        ChannelKind::GoogleChat => chat::find(app, account, query).await,
        ChannelKind::Slack => slack::find(app, account, query).await,
        _ => Err(Error::usage(format!(
            "account `{}` can't be searched at its provider",
            account.name
        ))),
    }
}

/// The accounts with these names that have mail; all of them if none is named.
pub fn chosen<'a>(app: &'a App, names: &[String]) -> Result<Vec<&'a Account>> {
    if names.is_empty() {
        let all = app.config.accounts.iter();
        return Ok(all.filter(|a| a.channel.receives()).collect());
    }
    let mut accounts = Vec::new();
    for name in names {
        let account = app.config.account(name)?;
        if account.channel.is_address_book() {
            return Err(Error::usage(format!(
                "account `{name}` is an address book: it has no messages"
            )));
        }
        if !account.channel.receives() {
            return Err(Error::usage(format!(
                "account `{name}` only sends: there is nothing to fetch"
            )));
        }
        accounts.push(account);
    }
    Ok(accounts)
}

/// Syncs one account under its lock, and records how it ended; gives whether all of it was looked at.
async fn timed(
    app: &App,
    account: &Account,
    writer: &Writer,
    patience: Duration,
) -> (AccountSync, Option<Error>, bool) {
    let began = Instant::now();
    let mut tally = Tally::default();
    let ended = match Lock::acquire(app.store.dir(), &account.name, patience).await {
        Ok(Some(lock)) => {
            let ended = newly((app, account, lock), writer, &mut tally).await;
            // What can't be noted is no fault of the account's.
            let way = match account.channel {
                ChannelKind::Imap | ChannelKind::Maildir => "imap",
                _ => "api",
            };
            let _ = hook::login(app, (account, way), ended.as_ref().err());
            let words = ended.as_ref().err().map(|e| e.message.clone());
            let noted = app
                .store
                .save_source(&account.name, app.clock.now(), words.as_deref());
            ended.and(noted)
        }
        Ok(None) => Err(Error::unavailable(format!(
            "another comms is refreshing account `{}`",
            account.name
        ))
        .hint("wait for it to finish, then repeat")),
        Err(e) => Err(e),
    };
    let error = ended.err();
    let report = AccountSync {
        account: account.name.clone(),
        folders: tally.folders,
        added: tally.added,
        changed: tally.changed,
        removed: tally.removed,
        pushed: tally.pushed,
        renumbered: tally.renumbered,
        refused: tally.refused,
        notes: tally.notes,
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        error: error.as_ref().map(Failure::of),
    };
    (report, error, tally.through)
}

/// What an account has when it is fetched first is no news to anyone.
async fn newly(
    (app, account, lock): (&App, &Account, Lock),
    writer: &Writer,
    tally: &mut Tally,
) -> Result<()> {
    let began = app.clock.now();
    app.store.begin_history(&account.name)?;
    let ended = run((app, account, lock), writer, tally).await;
    // Who may not read one folder has seen all others.
    let is_whole = tally.through || ended.is_ok();
    // A fault that stays must not make history of all that is still to come.
    if is_whole || tally.folders > 0 || tally.added > 0 {
        let cut = (!is_whole).then_some(began);
        app.store.end_history(&account.name, cut)?;
    }
    ended
}

async fn run(
    (app, account, lock): (&App, &Account, Lock),
    writer: &Writer,
    tally: &mut Tally,
) -> Result<()> {
    match account.channel {
        ChannelKind::Imap => account::sync(app, account, writer, tally).await,
        ChannelKind::Maildir => look_through((app, account, lock), tally).await,
        ChannelKind::Gmail => gmail::sync(app, account, writer, tally).await,
        ChannelKind::GoogleChat => chat::sync(app, account, writer, tally).await,
        ChannelKind::Twilio => twilio::sync(app, account, writer, tally).await,
        ChannelKind::Slack => slack::sync(app, account, writer, tally).await,
        // It is told by itself: what was told is read by `receive`.
        ChannelKind::Whatsapp => {
            tally.pushed = whatsapp::acts::push(app, account).await?;
            Ok(())
        }
        ChannelKind::Smtp
        | ChannelKind::GoogleChatWebhook
        | ChannelKind::SlackWebhook
        | ChannelKind::Carddav => Ok(()),
    }
}

/// A Maildir's files; what can't be read is told once all the rest is in the store.
///
/// On a thread of its own, which keeps the lock: a first look at a large tree takes longer than anyone waits.
async fn look_through(
    (app, account, lock): (&App, &Account, Lock),
    tally: &mut Tally,
) -> Result<()> {
    let (app, account) = (app.twin(), account.clone());
    let scan = tokio::task::spawn_blocking(move || {
        let scanned = scan::scan(&app, &account);
        drop(lock);
        scanned
    });
    let scanned = scan.await.context(Kind::Internal, "reading a Maildir")??;
    tally.folders = scanned.folders;
    tally.added = scanned.added;
    tally.changed = scanned.changed;
    tally.removed = scanned.removed;
    tally.through = true;
    scanned.complaint().map_or(Ok(()), Err)
}

async fn refresh_one(
    app: &App,
    account: &Account,
    (writer, due): (&Writer, bool),
    deadline: Duration,
) -> Option<Error> {
    if !due {
        return None;
    }
    // A connection that is dropped in the middle costs one batch, which is fetched again next time.
    match tokio::time::timeout(deadline, timed(app, account, writer, deadline)).await {
        Ok((_, error, _)) => error,
        Err(_) => Some(
            Error::unavailable(format!(
                "account `{}` {} within {} s",
                account.name,
                match account.channel {
                    ChannelKind::Maildir => "was not read to its end",
                    _ => "did not answer",
                },
                deadline.as_secs_f32()
            ))
            .hint("run `comms inbox sync` to let it take its time"),
        ),
    }
}

/// A line per folder with refused messages.
fn refusals(report: &AccountSync) -> Vec<String> {
    report
        .refused
        .chunk_by(|a, b| a.folder == b.folder)
        .map(|refused| {
            let uids: Vec<u32> = refused.iter().filter_map(|refusal| refusal.uid).collect();
            let (what, them) = match refused.len() {
                1 => ("a message".to_owned(), "it is"),
                n => (format!("{n} messages"), "they are"),
            };
            let place = match uids.is_empty() {
                true => String::new(),
                false => format!(" in `{}` (UID {})", refused[0].folder, uid_set(&uids)),
            };
            format!(
                "account `{}`: the server refused {what}{place}: {}; {them} asked for again next time",
                report.account, refused[0].message
            )
        })
        .collect()
}

/// One error for all: the first one's kind, the others as causes.
fn all_failed(errors: Vec<Error>) -> Error {
    let mut errors = errors.into_iter();
    let first = errors
        .next()
        .unwrap_or_else(|| Error::internal("no account was synced"));
    if first.source.is_some() || errors.len() == 0 {
        return first;
    }
    let others: Vec<String> = errors.map(|e| e.message).collect();
    first.because(format!("and also: {}", others.join("; ")))
}
