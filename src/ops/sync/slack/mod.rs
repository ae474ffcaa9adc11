//! One Slack account: each channel is a folder, what is new in it comes here, what was read here is told there.
//!
//! The newest page of a channel tells everything recent in one request: what is new, edited, deleted, and which threads
//! went on. What is remembered is saved behind each page, so an interruption costs one page.

mod channel;
mod directory;
mod find;
mod owner;
mod push;
mod read;
mod receive;
mod room;
mod stamp;
mod threads;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::channel::slack::{Client, Conversation};
use crate::error::{Error, Kind, Result};
use crate::format::slack;
use crate::model::account::Account;
use crate::ops::sync::rooms;
use crate::ops::{App, access, token};

use super::{Tally, Writer};
use channel::Done;
pub use directory::{known, resolve};
pub use find::find;
pub use owner::{ask_again, learn as learn_owner};
pub use receive::Workspace;
use room::Room;
use stamp::{ChannelStamp, Stamp};

/// Channels that are asked about at once.
const AT_ONCE: usize = 6;
/// Channels that are looked at first, each time.
const MOST_ALIVE: usize = 20;
/// A channel in which nothing was said for so long is asked less often.
const QUIET: SignedDuration = SignedDuration::from_hours(24 * 30);
/// That is how often.
const SELDOM: SignedDuration = SignedDuration::from_mins(10);

/// Everything the sync of an account needs.
struct Slack<'a> {
    app: &'a App,
    account: &'a Account,
    client: &'a Client,
    writer: &'a Writer,
    stamp: &'a Mutex<Stamp>,
    names: BTreeMap<String, String>,
    /// Who the token is: `U…`.
    owner: String,
    now: Timestamp,
}

/// Syncs one account, counting into the tally as it goes.
pub async fn sync(app: &App, account: &Account, writer: &Writer, tally: &mut Tally) -> Result<()> {
    let client = access::slack(app, account).await?;
    let ended = run(app, (account, &client), writer, tally).await;
    ended.map_err(|e| token::explained(app, account, e))
}

async fn run(
    app: &App,
    (account, client): (&Account, &Client),
    writer: &Writer,
    tally: &mut Tally,
) -> Result<()> {
    owner::known(app, account, client).await?;
    if !app.config.read_only {
        match push::push((app, account), client).await {
            Ok(told) => tally.pushed += told,
            // A login that may only read is no reason to read nothing.
            Err(e) if e.kind == Kind::Auth => tally.notes.push(e.message),
            Err(e) => return Err(e),
        }
    }
    let listing = client.conversations().await?;
    tally.notes.extend(listing.lacking.into_iter().take(1));
    let channels = listing.conversations;
    let why = directory::refresh(app, account, (client, &channels, false)).await?;
    tally.notes.extend(why);
    let stamp = Mutex::new(Stamp::load(app, account)?);
    let owner = stamp.lock().map(|s| s.owner.clone()).unwrap_or_default();
    let slack = Slack {
        app,
        owner,
        account,
        client,
        writer,
        stamp: &stamp,
        names: directory::names_of(&app.store.directory(&account.name)?),
        now: app.clock.now(),
    };
    slack.all(&channels, tally).await
}

/// Tells Slack what is queued.
pub async fn push_queued(app: &App, account: &Account) -> Result<()> {
    let client = access::slack(app, account).await?;
    let told = push::push((app, account), &client).await;
    told.map(drop)
        .map_err(|e| token::explained(app, account, e))
}

/// Takes in a message that was just posted. In a channel that was not synced before, the next sync finds it with the
/// others.
pub fn keep_posted(app: &App, account: &Account, posted: &Value) -> Result<()> {
    let channel = posted.get("channel").and_then(Value::as_str);
    let (Some(channel), Some(message)) = (channel, posted.get("message")) else {
        return Ok(());
    };
    let stamp = Stamp::load(app, account)?;
    if let Some(known) = stamp.channels.get(channel).filter(|c| !c.folder.is_empty()) {
        let names = directory::names_in(app, account, message)?;
        // Whoever posts is the owner.
        let poster = message.get("user").and_then(Value::as_str);
        let room = Room {
            account,
            owner: poster.unwrap_or(&stamp.owner),
            id: channel,
            stamp: known.clone(),
            names: &names,
            old: false,
            now: app.clock.now(),
        };
        if let Some(message) = room.made(message) {
            app.store.add(vec![message])?;
        }
    }
    match room::ts_of(message) {
        Some(ts) => owner::claim(app, account, &slack::remote(channel, ts)),
        None => Ok(()),
    }
}

/// What a channel or a person is called, as far as is known.
pub fn name(app: &App, account: &Account, id: &str) -> Result<Option<String>> {
    let found = app.store.entries(&account.name, [id])?.pop();
    Ok(found.map(|entry| entry.name).filter(|n| !n.is_empty()))
}

impl Slack<'_> {
    async fn all(&self, channels: &[Conversation], tally: &mut Tally) -> Result<()> {
        self.leave(channels, tally)?;
        let mut open: Vec<&Conversation> = channels
            .iter()
            .filter(|c| c.is_open() && !c.is_archived)
            .filter(|c| self.is_due(c))
            .collect();
        // Where something was said last first; then those that were not looked at for longest, so that a sync that is
        // often cut short comes to all of them.
        let newest = |c: &&Conversation| self.stamp_of(&c.id, |stamp| stamp.newest.clone());
        open.sort_by_key(|c| std::cmp::Reverse(newest(c)));
        if let Some(others) = open.get_mut(MOST_ALIVE..) {
            others.sort_by_key(|c| self.stamp_of(&c.id, |stamp| stamp.checked));
        }
        let mut trouble: Option<Error> = None;
        for share in open.chunks(AT_ONCE) {
            let looks = share.iter().map(|channel| self.look(channel));
            for (channel, (done, ended)) in share.iter().zip(join_all(looks).await) {
                done.count(tally);
                match ended {
                    Ok(()) => self.stamp_of(&channel.id, |stamp| stamp.closed = false),
                    Err(e) if e.kind == Kind::NotFound => self.close(&channel.id, tally),
                    Err(e) => trouble = trouble.or(Some(e)),
                }
            }
            self.save()?;
            // What one channel refuses keeps no other away.
            if trouble.as_ref().is_some_and(|e| e.kind != Kind::Refused) {
                break;
            }
        }
        tally.folders = self.app.store.folders(&self.account.name)?.len();
        tally.through = trouble.as_ref().is_none_or(|e| e.kind == Kind::Refused);
        trouble.map_or(Ok(()), Err)
    }

    /// Looks at one channel; what was done until a fault counts.
    async fn look(&self, channel: &Conversation) -> (Done, Result<()>) {
        let mut done = Done::default();
        let ended = self.sync_channel(channel, &mut done).await;
        (done, ended)
    }

    fn is_due(&self, channel: &Conversation) -> bool {
        self.stamp_of(&channel.id, |stamp| {
            let newest = stamp.newest.as_deref().and_then(slack::time_of);
            let quiet = newest.is_some_and(|at| self.now.duration_since(at) > QUIET);
            let fresh = stamp
                .checked
                .is_some_and(|at| self.now.duration_since(at) < SELDOM);
            !(quiet && fresh && stamp.gap.is_none())
        })
    }

    /// Notes the channels that are open no more.
    fn leave(&self, listed: &[Conversation], tally: &mut Tally) -> Result<()> {
        let is_open = |id: &str| {
            let found = listed.iter().find(|c| c.id == id);
            found.is_some_and(|c| c.is_open() && !c.is_archived)
        };
        let known: Vec<String> = self.stamp().channels.keys().cloned().collect();
        for gone in known.iter().filter(|id| !is_open(id)) {
            self.close(gone, tally);
        }
        self.save()
    }

    /// Says once that a channel is closed to this login.
    fn close(&self, channel: &str, tally: &mut Tally) {
        let mut stamp = self.stamp();
        let stamp = stamp.channels.entry(channel.to_owned()).or_default();
        if std::mem::replace(&mut stamp.closed, true) || stamp.folder.is_empty() {
            return;
        }
        tally.notes.push(format!(
            "`{}` is archived, or you are not in it any more; its messages are kept",
            stamp.folder
        ));
    }

    /// The folder of a channel, made or moved as its name wants it.
    fn folder_of(&self, channel: &Conversation) -> Result<ChannelStamp> {
        let known = self.stamp_of(&channel.id, |stamp| stamp.clone());
        let title = directory::title_of(channel, &self.names);
        if known.title == title && !known.folder.is_empty() {
            return Ok(known);
        }
        let path = self.free(&channel.id, &title);
        rooms::make(self.app, self.account, &path)?;
        if !known.folder.is_empty() && known.folder != path {
            rooms::rename(self.app, self.account, (&known.folder, &path))?;
        }
        Ok(self.stamp_of(&channel.id, |stamp| {
            stamp.folder = path;
            stamp.title = title;
            stamp.direct = channel.is_im || channel.is_mpim;
            stamp.clone()
        }))
    }

    /// A path that no other channel has.
    fn free(&self, id: &str, title: &str) -> String {
        let stamp = self.stamp();
        let same = |folder: &str| folder.to_lowercase() == title.to_lowercase();
        let mut others = stamp.channels.iter().filter(|(other, _)| *other != id);
        match others.any(|(_, other)| same(&other.folder)) {
            false => title.to_owned(),
            true => format!("{title} ({id})"),
        }
    }

    fn stamp(&self) -> MutexGuard<'_, Stamp> {
        self.stamp.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn stamp_of<T>(&self, channel: &str, with: impl FnOnce(&mut ChannelStamp) -> T) -> T {
        with(self.stamp().channels.entry(channel.to_owned()).or_default())
    }

    fn save(&self) -> Result<()> {
        self.stamp().save(self.app, self.account)
    }
}
