//! One Twilio account: what came and went since the last look, and what became of what was sent.
//!
//! Twilio lists newest first and compares days only, so a look goes back page by page until all it sees is known. The
//! first one may take several looks: where it stands is remembered behind each page. Messages are told read nowhere.

mod page;
mod stamp;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::channel::twilio::{Client, Page, Window, status};
use crate::error::{Kind, Result};
use crate::format::twilio;
use crate::model::account::Account;
use crate::model::receive::{Incoming, StatusNews};
use crate::net::pages::Trail;
use crate::ops::{App, Progress, access, receive, reported, token};

use super::{Tally, Writer};
use stamp::Stamp;

/// Messages may be listed a little later than others that were made after them.
const OVERLAP: SignedDuration = SignedDuration::from_hours(2);
/// So long something may become of a message: it waits for ten hours at most, and its price takes some more.
const OPEN: SignedDuration = SignedDuration::from_hours(48);
/// Of those that no listing showed, asked for one by one.
const MOST_ASKED: usize = 50;
/// What is older than this when an account is seen for the first time was read long ago, somewhere.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// Everything a look at an account needs.
struct Look<'a> {
    app: &'a App,
    account: &'a Account,
    client: &'a Client,
    writer: &'a Writer,
    stamp: Stamp,
    now: Timestamp,
    /// Of the messages that are under way those that the listing showed.
    shown: std::collections::HashSet<String>,
}

/// Syncs one account, counting into the tally as it goes.
pub async fn sync(app: &App, account: &Account, writer: &Writer, tally: &mut Tally) -> Result<()> {
    let client = access::twilio(app, account).await?;
    forget_changes(app, account)?;
    let mut look = Look {
        app,
        account,
        client: &client,
        writer,
        stamp: Stamp::load(app, account)?,
        now: app.clock.now(),
        shown: std::collections::HashSet::new(),
    };
    let ended = look.run(tally).await;
    tally.folders = app.store.folders(&account.name)?.len();
    ended.map_err(|e| token::explained(app, account, e))
}

/// Twilio remembers nothing of what was read: what was queued for it is done.
pub fn forget_changes(app: &App, account: &Account) -> Result<()> {
    let queued = app.store.queued_changes(&account.name)?;
    let rows: Vec<i64> = queued.into_iter().map(|(row, ..)| row).collect();
    app.store.drop_changes(&rows)
}

/// Stores a message that was just sent; the next look adds what became of it.
pub fn keep(app: &App, account: &Account, message: &Value) -> Result<()> {
    let Some(incoming) = incoming(message, &[], app.clock.now()) else {
        return Ok(());
    };
    app.store
        .add(vec![receive::made(account, incoming, app.clock.now())])?;
    Ok(())
}

/// A message as it is stored; `None` if it has no id.
fn incoming(message: &Value, media: &[Value], now: Timestamp) -> Option<Incoming> {
    Some(Incoming {
        remote: message.get("sid")?.as_str()?.to_owned(),
        document: twilio::document(message, media),
        at: twilio::at(message).unwrap_or(now),
        own: !twilio::is_inbound(message),
        folder: None,
    })
}

impl Look<'_> {
    async fn run(&mut self, tally: &mut Tally) -> Result<()> {
        match self.stamp.newest {
            None => self.begin(tally).await?,
            Some(newest) => self.catch_up(newest, tally).await?,
        }
        self.go_back(tally).await?;
        self.stamp.words.clear();
        self.ask_open().await?;
        self.stamp.save(self.app, self.account)
    }

    /// The first look: its first page says where later ones begin, the others are behind it.
    async fn begin(&mut self, tally: &mut Tally) -> Result<()> {
        let page = self.client.messages(Window::default()).await?;
        let seen = self.take(&page, tally).await?;
        self.stamp.newest = seen.newest.or(Some(self.now));
        self.stamp.before = page.next;
        self.stamp.save(self.app, self.account)
    }

    /// All that is newer than what the last look saw.
    async fn catch_up(&mut self, newest: Timestamp, tally: &mut Tally) -> Result<()> {
        let edge = newest - OVERLAP;
        let mut page = self
            .client
            .messages(Window {
                since: Some(edge),
                ..Window::default()
            })
            .await?;
        let mut latest = newest;
        let mut trail = Trail::default();
        loop {
            let seen = self.take(&page, tally).await?;
            latest = latest.max(seen.newest.unwrap_or(latest));
            let known = seen.added == 0 && seen.newest.is_none_or(|at| at < edge);
            let Some(next) = page.next.filter(|_| !known) else {
                break;
            };
            trail.step(&next, page.messages.len(), "listing messages")?;
            page = self.client.more(&next).await?;
        }
        // Only now: what lies between would not be seen again.
        self.stamp.newest = Some(latest);
        self.stamp.save(self.app, self.account)
    }

    /// The pages that the first look left.
    async fn go_back(&mut self, tally: &mut Tally) -> Result<()> {
        let (mut trail, mut anew) = (Trail::default(), false);
        let mut brought = 0;
        while let Some(next) = self.stamp.before.clone() {
            trail.step(&next, brought, "listing messages")?;
            let page = match self.client.more(&next).await {
                Ok(page) => page,
                // Its name for the page does not hold for ever.
                Err(e) if !anew && matches!(e.kind, Kind::NotFound | Kind::Refused) => {
                    (trail, anew) = (Trail::default(), true);
                    self.client.messages(Window::default()).await?
                }
                Err(e) => return Err(e),
            };
            self.take(&page, tally).await?;
            brought = page.messages.len();
            self.stamp.before = page.next;
            self.stamp.save(self.app, self.account)?;
            (self.app.progress)(&Progress {
                stage: format!("fetching {}", self.account.name),
                done: tally.added,
                total: None,
            });
        }
        Ok(())
    }

    /// Asks after messages that are still under way, or have no price yet, and that no listing showed.
    async fn ask_open(&mut self) -> Result<()> {
        let now = self.now;
        self.stamp
            .open
            .retain(|_, made| now.duration_since(*made) < OPEN);
        let open = self.stamp.open.keys();
        let missing: Vec<String> = open
            .filter(|sid| !self.shown.contains(*sid))
            .cloned()
            .collect();
        for sid in missing.into_iter().take(MOST_ASKED) {
            match self.client.message(&sid).await {
                Ok(message) => {
                    self.learn(&sid, &message)?;
                }
                // Someone deleted it there.
                Err(e) if e.kind == Kind::NotFound => drop(self.stamp.open.remove(&sid)),
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Takes over what became of a message of ours.
    fn learn(&mut self, sid: &str, message: &Value) -> Result<()> {
        let Some(news) = status::news(message) else {
            // One that came in may cost as well.
            if let Some(cost) = status::cost(message) {
                self.app.store.report(&self.account.name, &cost, self.now)?;
            }
            return Ok(());
        };
        self.follow(sid, message, &news);
        reported::take(self.app, &self.account.name, &news)?;
        Ok(())
    }

    /// Notes whether a message is to be asked after.
    fn follow(&mut self, sid: &str, message: &Value, news: &StatusNews) {
        let said = message.get("status").and_then(Value::as_str);
        let done = said.is_some_and(status::is_final) && news.billed.is_some();
        let made = twilio::time(message, "date_created").unwrap_or(self.now);
        if done || self.now.duration_since(made) >= OPEN {
            self.stamp.open.remove(sid);
        } else {
            self.stamp.open.insert(sid.to_owned(), made);
        }
    }

    async fn media(&self, message: &Value, sid: &str) -> Result<Vec<Value>> {
        if twilio::count(message, "num_media").unwrap_or(0) == 0 {
            return Ok(Vec::new());
        }
        match self.client.media(sid).await {
            // It was deleted there, or is not ready: the message is there all the same.
            Err(e) if matches!(e.kind, Kind::NotFound | Kind::Refused) => Ok(Vec::new()),
            other => other,
        }
    }

    async fn take(&mut self, page: &Page, tally: &mut Tally) -> Result<page::Seen> {
        page::take(self, &page.messages, tally).await
    }
}
