//! One channel: what is new, edited or deleted among its newest messages, and what was not fetched yet.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::channel::slack::{Conversation, Page, Window};
use crate::error::Result;
use crate::format::slack;
use crate::model::message::NewMessage;
use crate::net::pages::Trail;
use crate::ops::Progress;
use crate::ops::sync::Tally;
use crate::store::Remote;

use super::Slack;
use super::room::{Room, is_after, ts_of};
use super::stamp::Gap;

/// What the look at a channel did.
#[derive(Debug, Default)]
pub struct Done {
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
}

impl Done {
    pub fn count(&self, tally: &mut Tally) {
        tally.added += self.added;
        tally.changed += self.changed;
        tally.removed += self.removed;
    }
}

impl Slack<'_> {
    pub(super) async fn sync_channel(&self, channel: &Conversation, done: &mut Done) -> Result<()> {
        let before = self.folder_of(channel)?;
        if before.page.is_none() {
            let (account, folder) = (&self.account.name, &before.folder);
            self.app.store.begin_folder(account, folder)?;
        }
        self.fill_gap(channel, done).await?;
        let page = self.newest_page(channel).await?;
        let shape = shape_of(&page.messages);
        let news = before.page != Some(shape);
        let read = self.read_until(channel, news).await?;
        let room = self.room(channel);
        if news {
            let known = self
                .app
                .store
                .remotes_in(&self.account.name, &room.stamp.folder)?;
            let known: HashMap<String, Remote> =
                known.into_iter().map(|r| (r.remote.clone(), r)).collect();
            // Noted before anything is stored: who is interrupted in between fetches them the next time.
            self.note_threads(&room, (&page.messages, &known))?;
            self.save()?;
            self.compare(&room, (&page.messages, &known), done)?;
            let fresh: Vec<&Value> = page
                .messages
                .iter()
                .filter(|m| {
                    ts_of(m).is_some_and(|ts| !known.contains_key(&slack::remote(room.id, ts)))
                })
                .collect();
            done.added += self.store(&room, fresh).await?;
            self.stamp_of(&channel.id, |stamp| {
                let youngest = page.messages.iter().filter_map(ts_of).max_by(by_age);
                let oldest = page.messages.iter().filter_map(ts_of).min_by(by_age);
                let reached = match (&stamp.newest, oldest) {
                    (Some(newest), Some(oldest)) => !is_after(oldest, newest),
                    _ => false,
                };
                if page.next.is_some()
                    && !reached
                    && let Some(oldest) = oldest
                {
                    stamp.gap = Some(Gap {
                        after: stamp.newest.clone(),
                        before: oldest.to_owned(),
                    });
                }
                if let Some(youngest) = youngest
                    && stamp
                        .newest
                        .as_deref()
                        .is_none_or(|n| is_after(youngest, n))
                {
                    stamp.newest = Some(youngest.to_owned());
                }
                stamp.page = Some(shape);
            });
            self.save()?;
            self.fill_gap(channel, done).await?;
        }
        self.follow_threads(&room, done).await?;
        self.other_threads(&room, &page.messages, done).await?;
        self.take_over_read(&room, before.read.as_deref(), done)?;
        self.stamp_of(&channel.id, |stamp| {
            stamp.checked = Some(self.now);
            stamp.read = read;
        });
        Ok(())
    }

    /// The newest messages; a page without any that is not the last is passed over.
    async fn newest_page(&self, channel: &Conversation) -> Result<Page> {
        let mut cursor: Option<String> = None;
        let mut trail = Trail::default();
        loop {
            let window = Window::default();
            let page = self
                .client
                .history(&channel.id, window, cursor.as_deref())
                .await?;
            if !page.messages.is_empty() || page.next.is_none() {
                return Ok(page);
            }
            cursor = page.next;
            if let Some(cursor) = &cursor {
                trail.step(cursor, 0, "reading the channel")?;
            }
        }
    }

    /// The channel as its messages are stored now.
    pub(super) fn room<'a>(&'a self, channel: &'a Conversation) -> Room<'a> {
        let stamp = self.stamp_of(&channel.id, |stamp| stamp.clone());
        Room {
            account: self.account,
            owner: &self.owner,
            id: &channel.id,
            old: stamp.newest.is_none() || stamp.gap.is_some(),
            stamp,
            names: &self.names,
            now: self.now,
        }
    }

    /// Lists what lies between the messages that are here, younger first.
    async fn fill_gap(&self, channel: &Conversation, done: &mut Done) -> Result<()> {
        let Some(gap) = self.stamp_of(&channel.id, |stamp| stamp.gap.clone()) else {
            return Ok(());
        };
        let room = Room {
            old: gap.after.is_none(),
            ..self.room(channel)
        };
        let window = Window {
            oldest: gap.after.as_deref(),
            latest: Some(&gap.before),
            inclusive: false,
        };
        let mut cursor: Option<String> = None;
        let mut trail = Trail::default();
        loop {
            let page = self
                .client
                .history(room.id, window, cursor.as_deref())
                .await?;
            let none = HashMap::new();
            self.note_threads(&room, (&page.messages, &none))?;
            self.save()?;
            done.added += self.store(&room, page.messages.iter().collect()).await?;
            let oldest = page.messages.iter().filter_map(ts_of).min_by(by_age);
            let oldest = oldest.map(str::to_owned);
            self.stamp_of(room.id, |stamp| {
                stamp.gap = match (&page.next, oldest) {
                    (None, _) => None,
                    (Some(_), Some(before)) => Some(Gap {
                        after: gap.after.clone(),
                        before,
                    }),
                    (Some(_), None) => stamp.gap.take(),
                };
            });
            self.save()?;
            self.tell(&room, done);
            cursor = page.next;
            match &cursor {
                None => return Ok(()),
                Some(cursor) => {
                    trail.step(cursor, page.messages.len(), "reading the channel")?;
                }
            }
        }
    }

    /// Takes over edits and deletions among the messages of the newest page that are here already.
    fn compare(
        &self,
        room: &Room<'_>,
        (page, known): (&[Value], &HashMap<String, Remote>),
        done: &mut Done,
    ) -> Result<()> {
        for message in page {
            self.renew(room, (message, known), done)?;
        }
        let here: HashSet<&str> = page.iter().filter_map(ts_of).collect();
        // What is older than anything listed may only be hidden: plans without a price show 90 days.
        let oldest = here.iter().copied().min_by(by_age);
        // What is younger than anything seen there came while we looked.
        let seen = here.iter().copied().chain(room.stamp.newest.as_deref());
        let youngest = seen.max_by(by_age);
        for remote in known.values() {
            let Some((channel, ts)) = slack::place_of(&remote.remote) else {
                continue;
            };
            let listed = oldest.is_some_and(|oldest| !is_after(oldest, ts));
            let seen = youngest.is_some_and(|youngest| !is_after(ts, youngest));
            if channel == room.id && listed && seen && !here.contains(ts) {
                self.gone(room, remote, done)?;
            }
        }
        Ok(())
    }

    /// Takes over what a message is like now, if it is here and was otherwise.
    pub(super) fn renew(
        &self,
        room: &Room<'_>,
        (message, known): (&Value, &HashMap<String, Remote>),
        done: &mut Done,
    ) -> Result<()> {
        let remote = ts_of(message).and_then(|ts| known.get(&slack::remote(room.id, ts)));
        let Some(remote) = remote else {
            return Ok(());
        };
        let stored = self.app.store.raw(remote.id)?;
        let raw = room.document(message);
        if raw == stored {
            return Ok(());
        }
        let (was, is) = (slack::parse(&stored), slack::parse(&raw));
        self.app.store.rewrite(remote.id, &raw, &is)?;
        if was != is {
            done.changed += 1;
        }
        Ok(())
    }

    /// Takes over that a message is not there any more; answers stand in their thread, and are looked at there.
    fn gone(&self, room: &Room<'_>, remote: &Remote, done: &mut Done) -> Result<()> {
        let stored = slack::message_of(&self.app.store.raw(remote.id)?);
        let ts = ts_of(&stored).unwrap_or_default();
        let thread = stored.get("thread_ts").and_then(Value::as_str);
        let is_reply = thread.is_some_and(|thread| thread != ts);
        if is_reply || slack::is_deleted(&stored) {
            return Ok(());
        }
        let raw = room.document(&slack::deleted(&stored));
        self.app
            .store
            .rewrite(remote.id, &raw, &slack::parse(&raw))?;
        done.removed += 1;
        Ok(())
    }

    /// Stores messages; how many are new.
    pub(super) async fn store(&self, room: &Room<'_>, messages: Vec<&Value>) -> Result<u64> {
        let messages: Vec<NewMessage> = messages.into_iter().filter_map(|m| room.made(m)).collect();
        self.writer.new_of(messages).await
    }

    fn tell(&self, room: &Room<'_>, done: &Done) {
        (self.app.progress)(&Progress {
            stage: format!("fetching {}/{}", self.account.name, room.stamp.folder),
            done: done.added,
            total: None,
        });
    }
}

fn by_age(a: &&str, b: &&str) -> std::cmp::Ordering {
    (a.len(), *a).cmp(&(b.len(), *b))
}

/// What a page is like: another page, another number.
fn shape_of(page: &[Value]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for message in page {
        message.to_string().hash(&mut hasher);
    }
    hasher.finish()
}
