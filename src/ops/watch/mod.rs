//! `inbox watch`: hands on each new message as it comes, to the door and to a command of the user's.
//!
//! A message counts as handed on when the command took it. What is to be handed to a command is written down in the
//! commit that moves the cursor, so that another process goes on where one died. Each account and command has a cursor of
//! its own, so watchers don't take messages from one another.

mod hand;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::error::{Context, Error, Kind, Result};
use crate::model::account::{Account, ChannelKind};
use crate::model::id::MessageId;
use crate::model::message::Envelope;
use crate::store::Store;
use crate::store::feed::Place;

use super::sync::{self, Writer, account};
use super::told::Told;
use super::{App, feed};

pub use hand::{FailuresReport, RetryReport, WatchFailure, failures, retry};

/// Longer turns of IDLE get cut by routers.
const TURN: Duration = Duration::from_secs(300);
/// How often a Maildir is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How often a provider is asked that tells of nothing by itself.
const POLL: Duration = Duration::from_secs(10);
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// What to watch, and what to do with what comes.
#[derive(Clone, Debug)]
pub struct WatchRequest {
    /// Empty means all that have mail.
    pub accounts: Vec<String>,
    /// A shell command that gets each message as JSON on stdin.
    pub exec: Option<String>,
    /// How many commands may run at a time; those of one thread run one after the other. 0 is taken for 1.
    pub parallel: usize,
    /// How long one command may take.
    pub patience: Duration,
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
    /// How often the command did not take a message.
    pub failed: u64,
}

struct Watcher<'a> {
    app: &'a App,
    request: &'a WatchRequest,
    writer: Writer,
    several: bool,
    each: RefCell<&'a mut Listener<'a>>,
    watched: Cell<Watched>,
    /// Trouble that was told of an account and is still there.
    told: RefCell<HashMap<String, Told>>,
    /// Something was handed on, or failed to be, and nothing is under way.
    moved: Notify,
    /// Something new is to be handed to the command.
    staged: Notify,
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
        told: RefCell::default(),
        moved: Notify::new(),
        staged: Notify::new(),
    };
    let all = join_all(accounts.iter().map(|account| watcher.account(account)));
    let followers: Vec<_> = accounts
        .iter()
        .map(|account| hand::follower(&watcher.name(account)))
        .collect();
    let work = async {
        match &request.exec {
            Some(command) => watcher.work(command, &followers).await,
            None => std::future::pending().await,
        }
    };
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
        ended = work => ended.map(|()| watcher.watched.get()),
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
        let known = self.known(&watcher)?;
        let ended = sync::one(self.app, account, &self.writer).await;
        match known {
            None if ended.is_err() => {}
            // The first time: what is there already is not news.
            None => self.skip(&watcher)?,
            Some(_) if self.request.exec.is_some() => {
                if hand::stage(self.app, &watcher, &account.name)? {
                    self.staged.notify_one();
                }
            }
            Some(cursor) => self.show(account, (&watcher, cursor))?,
        }
        match ended? {
            // What came was handed on though one folder or one mark was refused.
            Some(e) => {
                let mut told = self.told.borrow_mut();
                match told
                    .entry(account.name.clone())
                    .or_default()
                    .is_new(&e.message)
                {
                    true => (self.each.borrow_mut())(Event::Trouble(&e)),
                    false => Ok(()),
                }
            }
            None => {
                self.told.borrow_mut().remove(&account.name);
                Ok(())
            }
        }
    }

    /// How far the watch is; `None` if it never was.
    fn known(&self, watcher: &str) -> Result<Option<MessageId>> {
        let store = &self.app.store;
        let Some(command) = &self.request.exec else {
            return store.watch_cursor(watcher);
        };
        if let Some(of) = store.follower(&hand::follower(watcher))? {
            return Ok(Some(MessageId(of.place.message)));
        }
        // Versions before this one kept it elsewhere.
        let Some(cursor) = store.watch_cursor(watcher)? else {
            return Ok(None);
        };
        let place = Place {
            message: cursor.0,
            ..Place::default()
        };
        store.begin_following((&hand::follower(watcher), Some(command)), place)?;
        Ok(Some(cursor))
    }

    /// What is there is no news.
    fn skip(&self, watcher: &str) -> Result<()> {
        let store = &self.app.store;
        let newest = store.newest_id()?;
        let Some(command) = &self.request.exec else {
            return store.save_watch_cursor(watcher, newest);
        };
        let name = hand::follower(watcher);
        let to = Place {
            message: newest.0,
            ..Place::default()
        };
        store.begin_following((&name, Some(command)), to)?;
        if let Some(of) = store.follower(&name)? {
            store.tell_later(&name, (of.place, to), (&[], self.app.clock.now()))?;
        }
        Ok(())
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

    /// Shows what came, without a command.
    fn show(&self, account: &Account, (watcher, from): (&str, MessageId)) -> Result<()> {
        let store = &self.app.store;
        let before = self.watched.get();
        let mut cursor = from;
        loop {
            let ids = store.added_since(&account.name, cursor, 100)?;
            if ids.is_empty() {
                break;
            }
            let news = news(store, &ids)?;
            for id in ids {
                if let Some(envelope) = news.get(&id) {
                    (self.each.borrow_mut())(Event::Message(envelope))?;
                    let mut watched = self.watched.get();
                    watched.handed += 1;
                    self.watched.set(watched);
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
}

/// Those of these messages that are news; none for what is not (see [`Store::arrivals`]) or was removed meanwhile.
fn news(store: &Store, ids: &[MessageId]) -> Result<HashMap<MessageId, Envelope>> {
    let arrived = store.arrived(ids)?.into_iter();
    let news: HashMap<_, _> = arrived.map(|of| (of.id, of)).collect();
    for id in ids.iter().filter(|id| !news.contains_key(id)) {
        match store.envelopes(&[*id]) {
            // While the index is built anew it is not there yet, and not gone.
            Err(e) if e.kind != Kind::NotFound => return Err(e),
            Err(_) if store.is_between_places(*id)? => return Err(feed::between_places(*id)),
            _ => {}
        }
    }
    Ok(news)
}
