//! `inbox watch`: hands on each new message as it comes, to the door and to a command of the user's.
//!
//! A message counts as handed on when the command took it; only then the cursor moves. What failed is handed
//! again with the next news. Each account and command has a cursor of its own, so watchers don't take messages
//! from one another.

use std::cell::{Cell, RefCell};
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::Notify;

use crate::error::{Context, Error, Kind, Result};
use crate::model::account::{Account, ChannelKind};
use crate::model::id::MessageId;
use crate::model::message::{Envelope, Role};
use crate::secret;

use super::App;
use super::sync::{self, Writer, account};

/// Longer turns of IDLE get cut by routers.
const TURN: Duration = Duration::from_secs(300);
/// How often a Maildir is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How often a provider is asked that tells of nothing by itself.
const POLL: Duration = Duration::from_secs(10);
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// What to watch, and what to do with what comes.
#[derive(Clone, Debug, Default)]
pub struct WatchRequest {
    /// Empty means all that have mail.
    pub accounts: Vec<String>,
    /// A shell command that gets each message as JSON on stdin.
    pub exec: Option<String>,
    /// End after the first messages.
    pub once: bool,
    /// End after this long.
    pub timeout: Option<Duration>,
}

/// What a watch has to say as it goes.
pub enum Event<'a> {
    Message(&'a Envelope),
    /// Something failed; the watch goes on.
    Trouble(&'a Error),
}

/// What hears the events; an error of its own ends the watch.
pub type Listener<'a> = dyn FnMut(Event<'_>) -> Result<()> + 'a;

/// How a watch went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Messages handed on.
    pub handed: u64,
    /// Messages that the command refused; they are handed again next time.
    pub failed: u64,
}

struct Watcher<'a> {
    app: &'a App,
    request: &'a WatchRequest,
    writer: Writer,
    several: bool,
    each: RefCell<&'a mut Listener<'a>>,
    watched: Cell<Watched>,
    /// Something was handed on, or failed to be.
    moved: Notify,
}

/// Watches until the time is up, the first messages came (`once`), Ctrl-C, or no account can be watched.
pub async fn watch(app: &App, request: &WatchRequest, each: &mut Listener<'_>) -> Result<Watched> {
    let accounts = sync::chosen(app, &request.accounts)?;
    let watcher = Watcher {
        app,
        request,
        writer: Writer::start(app.store.twin()),
        several: accounts.len() > 1,
        each: RefCell::new(each),
        watched: Cell::default(),
        moved: Notify::new(),
    };
    let all = join_all(accounts.iter().map(|account| watcher.account(account)));
    let time = async {
        match request.timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    let first = async {
        watcher.moved.notified().await;
        if !request.once {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        errors = all => {
            let first = errors.into_iter().next();
            Err(first.unwrap_or_else(|| Error::config("there is no account to watch")))
        }
        () = time => {
            let watched = watcher.watched.get();
            if request.once && watched == Watched::default() {
                let waited = request.timeout.unwrap_or_default();
                return Err(Error::not_found(format!("no new message within {} s", waited.as_secs())));
            }
            Ok(watched)
        }
        () = first => Ok(watcher.watched.get()),
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.context(Kind::Internal, "listening for Ctrl-C")?;
            Err(Error::new(Kind::Interrupted, "interrupted"))
        }
    }
}

impl Watcher<'_> {
    /// Watches one account for as long as that makes sense; gives why it no longer does.
    async fn account(&self, account: &Account) -> Error {
        let mut backoff = Duration::from_secs(1);
        loop {
            let ended = match account.channel {
                ChannelKind::Imap => self.imap(account, &mut backoff).await,
                // What `serve` took in lies in the store.
                ChannelKind::Maildir
                | ChannelKind::Smtp
                | ChannelKind::Whatsapp
                | ChannelKind::GoogleChatWebhook
                | ChannelKind::SlackWebhook
                | ChannelKind::Carddav => self.poll(account, (LOOK, &mut backoff)).await,
                ChannelKind::Gmail
                | ChannelKind::GoogleChat
                | ChannelKind::Twilio
                | ChannelKind::Slack => self.poll(account, (POLL, &mut backoff)).await,
            };
            let Err(error) = ended;
            if error.kind != Kind::Unavailable {
                // The account needs its owner; others may go on.
                if self.several && error.kind != Kind::Interrupted {
                    let _ = (self.each.borrow_mut())(Event::Trouble(&error));
                }
                return error;
            }
            if let Err(error) = (self.each.borrow_mut())(Event::Trouble(&error)) {
                return error;
            }
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
        }
    }

    async fn imap(
        &self,
        account: &Account,
        backoff: &mut Duration,
    ) -> Result<std::convert::Infallible> {
        let mut credentials = account::credentials(self.app, account).await?;
        let mut session = account::open(self.app, account, &mut credentials).await?;
        // Opened before the first sync: what comes in between is told as soon as the waiting begins.
        session.open_folder("INBOX", "INBOX", None).await?;
        self.catch_up(account).await?;
        *backoff = Duration::from_secs(1);
        loop {
            session.wait_for_news("INBOX", TURN).await?;
            self.catch_up(account).await?;
        }
    }

    /// Looks again and again where nobody tells of news.
    async fn poll(
        &self,
        account: &Account,
        (every, backoff): (Duration, &mut Duration),
    ) -> Result<std::convert::Infallible> {
        loop {
            self.catch_up(account).await?;
            *backoff = Duration::from_secs(1);
            tokio::time::sleep(every).await;
        }
    }

    /// Syncs, then hands on what is new.
    async fn catch_up(&self, account: &Account) -> Result<()> {
        let watcher = self.name(account);
        let store = &self.app.store;
        let known = store.watch_cursor(&watcher)?;
        let report = sync::one(self.app, account, &self.writer).await?;
        let Some(cursor) = known else {
            // The first time: what is there already is not news.
            return store.save_watch_cursor(&watcher, store.newest_id()?);
        };
        if report.renumbered {
            let words = format!(
                "account `{}` was numbered anew by its server: its messages were fetched again and are not news",
                account.name
            );
            (self.each.borrow_mut())(Event::Trouble(&Error::unavailable(words)))?;
            return store.save_watch_cursor(&watcher, store.newest_id()?);
        }
        self.hand_on(account, &watcher, cursor).await
    }

    /// A name for the cursor: the account and, if there is one, the command.
    fn name(&self, account: &Account) -> String {
        match &self.request.exec {
            None => account.name.clone(),
            Some(command) => {
                let hash = blake3::hash(command.as_bytes()).to_hex();
                format!("{}:{}", account.name, &hash[..16])
            }
        }
    }

    async fn hand_on(&self, account: &Account, watcher: &str, from: MessageId) -> Result<()> {
        let store = &self.app.store;
        let before = self.watched.get();
        for id in store.watch_failures(watcher)? {
            if self.hand_one(id).await? {
                store.set_watch_failure(watcher, id, false)?;
            }
        }
        let mut cursor = from;
        loop {
            let ids = store.added_since(&account.name, cursor, 100)?;
            if ids.is_empty() {
                break;
            }
            for id in ids {
                if !self.hand_one(id).await? {
                    store.set_watch_failure(watcher, id, true)?;
                }
                cursor = id;
                store.save_watch_cursor(watcher, cursor)?;
            }
        }
        if self.watched.get() != before {
            self.moved.notify_one();
        }
        Ok(())
    }

    /// Hands one message on; false if the command refused it.
    async fn hand_one(&self, id: MessageId) -> Result<bool> {
        let store = &self.app.store;
        let (location, envelope) = match (store.location(id), store.envelopes(&[id])) {
            (Ok(location), Ok(mut envelopes)) if !envelopes.is_empty() => {
                (location, envelopes.swap_remove(0))
            }
            // Removed in the meantime.
            (Err(e), _) | (_, Err(e)) if e.kind != Kind::NotFound => return Err(e),
            _ => return Ok(true),
        };
        let news = matches!(
            location.role,
            Role::Inbox | Role::Other | Role::Archive | Role::All
        );
        if !news || envelope.sent || envelope.draft {
            return Ok(true);
        }
        let mut watched = self.watched.get();
        if let Some(command) = &self.request.exec
            && let Err(error) = exec(command, &envelope).await
        {
            watched.failed += 1;
            self.watched.set(watched);
            (self.each.borrow_mut())(Event::Trouble(&error))?;
            return Ok(false);
        }
        (self.each.borrow_mut())(Event::Message(&envelope))?;
        watched.handed += 1;
        self.watched.set(watched);
        Ok(true)
    }
}

/// Runs the command with the message as one line of JSON on stdin; nothing of a message is ever part of it.
async fn exec(command: &str, envelope: &Envelope) -> Result<()> {
    let mut line = serde_json::to_vec(envelope).context(Kind::Internal, "writing JSON")?;
    line.push(b'\n');
    let told = |how: String| {
        Error::unavailable(format!("the command for message `{}` {how}", envelope.id))
            .hint("the message is handed to it again with the next news")
    };
    let mut child = Command::from(secret::shell(command))
        .stdin(Stdio::piped())
        .stdout(to_stderr())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| told("could not be started".to_owned()).because(e))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read is free not to.
        let _ = stdin.write_all(&line).await;
    }
    let status = child
        .wait()
        .await
        .map_err(|e| told("can't be waited for".to_owned()).because(e))?;
    if status.success() {
        Ok(())
    } else {
        Err(told(format!("ended with {status}")))
    }
}

/// stdout is our data and nothing else: what a command prints goes to stderr.
#[cfg(unix)]
pub(super) fn to_stderr() -> Stdio {
    use std::os::fd::AsFd;
    std::io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .map_or_else(|_| Stdio::null(), Stdio::from)
}

#[cfg(not(unix))]
pub(super) fn to_stderr() -> Stdio {
    Stdio::null()
}
