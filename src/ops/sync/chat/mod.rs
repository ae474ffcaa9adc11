//! One Google Chat account: each space is a folder, what is new in it comes here, what was read here is told there.
//!
//! A space is listed by time, from the last message that is in the store on; edits and deletions are in no such list
//! and come as events. What is remembered is saved behind each page, so an interruption costs one page.

mod find;
mod names;
mod push;
mod room;
mod seen;
mod space;
mod stamp;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::Value;

use crate::channel::google_chat::{Client, Space, is_closed};
use crate::error::{Error, Kind, Result};
use crate::format::chat;
use crate::model::account::Account;
use crate::ops::{App, access, token};

use super::{Tally, Writer};
pub use find::find;
use room::Room;
use space::Done;
use stamp::{SpaceStamp, Stamp};

/// Spaces that are asked about at once.
const AT_ONCE: usize = 6;

/// Everything the sync of an account needs.
struct Chats<'a> {
    app: &'a App,
    account: &'a Account,
    client: &'a Client,
    writer: &'a Writer,
    stamp: &'a Mutex<Stamp>,
    now: Timestamp,
}

/// Syncs one account, counting into the tally as it goes.
pub async fn sync(app: &App, account: &Account, writer: &Writer, tally: &mut Tally) -> Result<()> {
    let client = access::google_chat(app, account).await?;
    let stamp = Mutex::new(Stamp::load(app, account)?);
    let chats = Chats {
        app,
        account,
        client: &client,
        writer,
        stamp: &stamp,
        now: app.clock.now(),
    };
    let ended = chats.run(tally).await;
    ended.map_err(|e| token::explained(app, account, e))
}

/// Tells Chat what is queued.
pub async fn push_queued(app: &App, account: &Account) -> Result<()> {
    let client = access::google_chat(app, account).await?;
    let mut stamp = Stamp::load(app, account)?;
    let told = push::push((app, account), &client, &mut stamp).await;
    stamp.save(app, account)?;
    told.map(drop)
        .map_err(|e| token::explained(app, account, e))
}

/// Stores a message that was just posted, in a space that was synced before; the next sync finds the others.
pub fn keep_posted(app: &App, account: &Account, message: &Value) -> Result<()> {
    let name = message.get("name").and_then(Value::as_str);
    let Some(name) = name.and_then(chat::space_of) else {
        return Ok(());
    };
    let stamp = Stamp::load(app, account)?;
    let Some(space) = stamp.spaces.get(name).filter(|s| !s.folder.is_empty()) else {
        return Ok(());
    };
    // Whoever posts is the owner.
    let sender = message.get("sender").and_then(|s| s.get("name"));
    let owner = sender.and_then(Value::as_str).map(str::to_owned);
    let place = ((name, space.title.as_str()), space.folder.clone());
    let room = Room::new(account, owner, place, (space.read, app.clock.now()));
    if let Some(message) = room.made(message) {
        app.store.add(vec![message])?;
    }
    Ok(())
}

/// The name of a space, as of the last sync.
pub fn space_name(app: &App, account: &Account, space: &str) -> Result<Option<String>> {
    let stamp = Stamp::load(app, account)?;
    let known = stamp.spaces.get(space);
    let title = known.map(|space| space.title.clone());
    Ok(title.filter(|title| !title.is_empty()))
}

/// Who the account is in Chat (`users/123`), as of the last sync.
pub fn chat_user(app: &App, account: &Account) -> Result<Option<String>> {
    Ok(Stamp::load(app, account)?.owner)
}

/// Those who wrote in a space lately, as far as it is in the store: names and `users/123`.
pub fn people_in(app: &App, account: &Account, space: &str) -> Result<Vec<(String, String)>> {
    let stamp = Stamp::load(app, account)?;
    let Some(known) = stamp.spaces.get(space).filter(|s| !s.folder.is_empty()) else {
        return Ok(Vec::new());
    };
    let own = stamp.owner.as_deref();
    let mut people: Vec<(String, String)> = Vec::new();
    for envelope in app.store.newest_in(&account.name, &known.folder, LATELY)? {
        for person in envelope.from {
            let Some(name) = person.name.filter(|_| person.email.starts_with("users/")) else {
                continue;
            };
            if Some(person.email.as_str()) != own
                && !people.iter().any(|(_, id)| *id == person.email)
            {
                people.push((name, person.email));
            }
        }
    }
    Ok(people)
}

/// Messages that are looked at for who writes in a space.
const LATELY: usize = 500;

/// The spaces with this name, as of the last sync: `spaces/AAA` and the name as it is written there.
pub fn spaces_named(app: &App, account: &Account, name: &str) -> Result<Vec<(String, String)>> {
    let wanted = name.trim().to_lowercase();
    let stamp = Stamp::load(app, account)?;
    let open = stamp.spaces.into_iter().filter(|(_, space)| !space.closed);
    let named = open.filter(|(_, space)| {
        [&space.title, &space.folder]
            .iter()
            .any(|name| name.to_lowercase() == wanted)
    });
    Ok(named.map(|(space, stamp)| (space, stamp.title)).collect())
}

impl Chats<'_> {
    async fn run(&self, tally: &mut Tally) -> Result<()> {
        if !self.app.config.read_only {
            let mut stamp = self.stamp().clone();
            match push::push((self.app, self.account), self.client, &mut stamp).await {
                Ok(told) => tally.pushed += told,
                // A login that may only read is no reason to read nothing.
                Err(e) if e.kind == Kind::Auth => tally.notes.push(e.message),
                Err(e) => return Err(e),
            }
            *self.stamp() = stamp;
        }
        let spaces = self.client.spaces().await?;
        self.leave(&spaces, tally)?;
        self.learn_owner(&spaces).await;
        let mut trouble: Option<Error> = None;
        for share in spaces.chunks(AT_ONCE) {
            let looks = share.iter().map(|space| self.look(space));
            for (space, (done, ended)) in share.iter().zip(join_all(looks).await) {
                done.count(tally);
                match ended {
                    Ok(()) => self.stamp_of(&space.name, |stamp| stamp.closed = false),
                    Err(e) if is_closed(&e) => self.close(&space.name, tally),
                    Err(e) => trouble = trouble.or(Some(e)),
                }
            }
            self.save()?;
            // What one space refuses keeps no other away.
            if trouble.as_ref().is_some_and(|e| e.kind != Kind::Refused) {
                break;
            }
        }
        tally.folders = self.app.store.folders(&self.account.name)?.len();
        tally.through = trouble.as_ref().is_none_or(|e| e.kind == Kind::Refused);
        trouble.map_or(Ok(()), Err)
    }

    /// Looks at one space; what was done until a fault counts.
    async fn look(&self, space: &Space) -> (Done, Result<()>) {
        let mut done = Done::default();
        let ended = self.sync_space(space, &mut done).await;
        (done, ended)
    }

    /// Notes the spaces that are listed no more.
    fn leave(&self, listed: &[Space], tally: &mut Tally) -> Result<()> {
        let listed: BTreeSet<&str> = listed.iter().map(|s| s.name.as_str()).collect();
        let known: Vec<String> = self.stamp().spaces.keys().cloned().collect();
        for gone in known.iter().filter(|name| !listed.contains(name.as_str())) {
            self.close(gone, tally);
        }
        self.save()
    }

    /// Says once that a space is closed to this login.
    fn close(&self, space: &str, tally: &mut Tally) {
        let mut stamp = self.stamp();
        let stamp = stamp.spaces.entry(space.to_owned()).or_default();
        if std::mem::replace(&mut stamp.closed, true) {
            return;
        }
        let called = match stamp.folder.as_str() {
            "" => space,
            folder => folder,
        };
        tally.notes.push(format!(
            "you are not in `{called}` any more; its messages are kept"
        ));
    }

    /// Who this login is, from any space: its own messages are known by that.
    async fn learn_owner(&self, spaces: &[Space]) {
        let (Some(address), None) = (&self.account.address, self.stamp().owner.clone()) else {
            return;
        };
        for space in spaces.iter().take(3) {
            // Not knowing it costs `is:sent` and nothing else.
            if let Ok(Some(member)) = self.client.member(&space.name, address).await {
                self.stamp().owner = Some(member.name);
                return;
            }
        }
    }

    fn stamp(&self) -> MutexGuard<'_, Stamp> {
        self.stamp.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn stamp_of<T>(&self, space: &str, with: impl FnOnce(&mut SpaceStamp) -> T) -> T {
        with(self.stamp().spaces.entry(space.to_owned()).or_default())
    }

    fn save(&self) -> Result<()> {
        self.stamp().save(self.app, self.account)
    }
}
