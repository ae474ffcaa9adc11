//! One space: new messages by time, then what was edited or deleted since.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::channel::google_chat::{Change, REACH_DAYS, Space, Window};
use crate::error::{Kind, Result};
use crate::format::chat;
use crate::model::message::NewMessage;
use crate::net::pages::Trail;
use crate::ops::Progress;
use crate::ops::sync::Tally;

use super::Chats;
use super::room::Room;

/// Messages may be listed a little later than others that were created after them.
const OVERLAP: SignedDuration = SignedDuration::from_mins(1);
/// A space in which nothing was said for so long is asked for edits once a day.
const QUIET: SignedDuration = SignedDuration::from_hours(24 * REACH_DAYS);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Clocks differ, and Chat refuses to look further back than it reaches.
const MARGIN: SignedDuration = SignedDuration::from_hours(1);

/// What the look at a space did.
#[derive(Debug, Default)]
pub struct Done {
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
    /// Why edits and deletions could not be learnt.
    pub blind: Option<String>,
}

impl Done {
    pub fn count(&self, tally: &mut Tally) {
        tally.added += self.added;
        tally.changed += self.changed;
        tally.removed += self.removed;
        let note = self.blind.as_ref();
        let note = note.map(|why| format!("edits and deletions can't be seen: {why}"));
        if let Some(note) = note.filter(|note| !tally.notes.contains(note)) {
            tally.notes.push(note);
        }
    }
}

impl Chats<'_> {
    pub(super) async fn sync_space(&self, space: &Space, done: &mut Done) -> Result<()> {
        let before = self.stamp_of(&space.name, |stamp| stamp.clone());
        let news = before.active.is_none() || before.active != space.last_active_time;
        let due = self.is_due(space, before.checked);
        // What the space says of itself is a hint, and no reason to miss a message for good.
        let stale = |listed| self.now.duration_since(listed) > HOUR;
        let news = news || (due && before.listed.is_none_or(stale));
        let (folder, title) = self.folder_of(space, news).await?;
        if !news && !due {
            return Ok(());
        }
        if before.listed.is_none() {
            self.app.store.begin_folder(&self.account.name, &folder)?;
        }
        let read = self.read_until(space).await?;
        let owner = self.stamp().owner.clone();
        let named = (space.name.as_str(), title.as_str());
        let room = Room::new(self.account, owner, (named, folder), (read, self.now));
        if news {
            self.list(&room, before.last, done).await?;
        }
        match (before.changes, before.checked) {
            _ if !due => {}
            (Some(since), Some(checked)) if self.now.duration_since(checked) < QUIET - MARGIN => {
                self.changes(&room, since, done).await?;
            }
            // Never asked: what is listed now is as it is now.
            (None, _) => {}
            // Longer ago than Chat tells: everything is compared.
            _ => self.compare(&room, done).await?,
        }
        self.take_over_read(&room, before.read, done)?;
        let start = space
            .last_active_time
            .as_ref()
            .or(space.create_time.as_ref());
        let start: Option<Timestamp> = start.and_then(|time| time.parse().ok());
        self.stamp_of(&space.name, |stamp| {
            stamp.active = space.last_active_time.clone();
            stamp.listed = news.then_some(self.now).or(stamp.listed);
            stamp.changes = stamp.changes.or(start).or(Some(self.now - MARGIN));
            let asked = due && done.blind.is_none();
            stamp.checked = asked.then_some(self.now).or(stamp.checked);
            stamp.read = read;
        });
        Ok(())
    }

    /// Whether edits are to be asked for.
    fn is_due(&self, space: &Space, checked: Option<Timestamp>) -> bool {
        let active = space.last_active_time.as_ref();
        let active: Option<Timestamp> = active.and_then(|time| time.parse().ok());
        let quiet = active.is_some_and(|active| self.now.duration_since(active) > QUIET);
        !quiet || checked.is_none_or(|checked| self.now.duration_since(checked) > DAY)
    }

    /// New messages, page by page, oldest first.
    async fn list(&self, room: &Room<'_>, last: Option<Timestamp>, done: &mut Done) -> Result<()> {
        let window = Window {
            after: last.map(|last| last - OVERLAP),
            ..Window::default()
        };
        let mut token: Option<String> = None;
        let mut trail = Trail::default();
        loop {
            let page = self
                .client
                .messages(room.name, window, token.as_deref())
                .await?;
            let newest = page.messages.iter().filter_map(created).max();
            let brought = page.messages.len();
            done.added += self.store(room, page.messages).await?;
            self.stamp_of(room.name, |stamp| stamp.last = stamp.last.max(newest));
            self.save()?;
            (self.app.progress)(&Progress {
                stage: format!("fetching {}/{}", self.account.name, room.folder),
                done: done.added,
                total: None,
            });
            token = page.next;
            match &token {
                None => return Ok(()),
                Some(token) => trail.step(token, brought, "listing messages")?,
            }
        }
    }

    /// Stores messages; how many are new.
    async fn store(&self, room: &Room<'_>, messages: Vec<Value>) -> Result<u64> {
        let messages: Vec<NewMessage> = messages
            .into_iter()
            .filter_map(|message| room.made(&message))
            .collect();
        self.writer.new_of(messages).await
    }

    /// Edits and deletions since.
    async fn changes(&self, room: &Room<'_>, since: Timestamp, done: &mut Done) -> Result<()> {
        let since = since.max(self.now - QUIET + MARGIN);
        let events = match self.client.changes(room.name, since).await {
            Ok(events) => events,
            // The login may do without, and not every account has events.
            Err(e) if matches!(e.kind, Kind::Auth | Kind::Refused | Kind::NotFound) => {
                done.blind = Some(e.message);
                return Ok(());
            }
            Err(e) => return Err(e),
        };
        let newest = events.iter().filter_map(|event| event.at).max();
        for event in events {
            self.apply(room, event.change, done)?;
        }
        self.stamp_of(room.name, |stamp| {
            stamp.changes = stamp.changes.max(newest);
        });
        Ok(())
    }

    /// Lists the whole space once more and takes over what is other than here.
    async fn compare(&self, room: &Room<'_>, done: &mut Done) -> Result<()> {
        let window = Window {
            deleted: true,
            ..Window::default()
        };
        let mut token: Option<String> = None;
        let mut trail = Trail::default();
        loop {
            let page = self
                .client
                .messages(room.name, window, token.as_deref())
                .await?;
            let brought = page.messages.len();
            for message in page.messages {
                match (message.get("deleteTime"), message.get("lastUpdateTime")) {
                    (Some(_), _) => self.apply(room, Change::Deleted(message), done)?,
                    (None, Some(_)) => self.apply(room, Change::Edited(message), done)?,
                    (None, None) => {}
                }
            }
            token = page.next;
            match &token {
                None => return Ok(()),
                Some(token) => trail.step(token, brought, "listing messages")?,
            }
        }
    }

    /// Takes over what became of a message; one that is not here is none of ours yet.
    fn apply(&self, room: &Room<'_>, change: Change, done: &mut Done) -> Result<()> {
        let (now, deleted) = match change {
            Change::Edited(message) => (message, false),
            Change::Deleted(message) => (message, true),
        };
        let Some(name) = now.get("name").and_then(Value::as_str) else {
            return Ok(());
        };
        let Some(known) = self.app.store.remote(&self.account.name, name)? else {
            return Ok(());
        };
        let stored: Value =
            serde_json::from_slice(&self.app.store.raw(known.id)?).unwrap_or_default();
        let stored = stored.get("message").cloned().unwrap_or_default();
        let gone = deleted || now.get("deleteTime").is_some();
        // Events and listings may tell what was before what is here.
        let updated = |message: &Value| -> Option<Timestamp> {
            message.get("lastUpdateTime")?.as_str()?.parse().ok()
        };
        if !gone && (stored.get("deleteTime").is_some() || updated(&stored) > updated(&now)) {
            return Ok(());
        }
        let now = match gone {
            true => chat::deleted(&stored, &now),
            false => now,
        };
        if now == stored {
            return Ok(());
        }
        let raw = room.document(&now);
        self.app.store.rewrite(known.id, &raw, &chat::parse(&raw))?;
        match gone {
            true => done.removed += 1,
            false => done.changed += 1,
        }
        Ok(())
    }
}

fn created(message: &Value) -> Option<Timestamp> {
    message.get("createTime")?.as_str()?.parse().ok()
}
