//! Answers: they stand in no channel's listing, only that their thread went on.

use std::collections::HashMap;

use jiff::SignedDuration;
use serde_json::Value;

use crate::channel::slack::Window;
use crate::error::{Kind, Result};
use crate::format::slack;
use crate::net::pages::Trail;
use crate::store::Remote;

use super::Slack;
use super::channel::Done;
use super::room::{Room, is_after, ts_of};

/// Threads that left the newest page are looked at for so long after their newest answer.
const LATELY: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Of these at most so many in a channel.
const MOST: usize = 20;
/// And not more often than this.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);

impl Slack<'_> {
    /// Notes the threads on this page whose answers are not all here.
    pub(super) fn note_threads(
        &self,
        room: &Room<'_>,
        (page, known): (&[Value], &HashMap<String, Remote>),
    ) -> Result<()> {
        for message in page {
            let (Some(ts), Some(latest)) = (ts_of(message), latest_reply(message)) else {
                continue;
            };
            let last = self.stamp_of(room.id, |stamp| stamp.threads.get(ts).cloned());
            let stored = || -> Result<Option<String>> {
                let Some(remote) = known.get(&slack::remote(room.id, ts)) else {
                    return Ok(None);
                };
                let stored = slack::message_of(&self.app.store.raw(remote.id)?);
                Ok(latest_reply(&stored).map(str::to_owned))
            };
            let last = match last {
                Some(last) => Some(last),
                None => stored()?,
            };
            if last.as_deref() != Some(latest) {
                self.stamp_of(room.id, |stamp| {
                    if !stamp.pending.iter().any(|known| known == ts) {
                        stamp.pending.push(ts.to_owned());
                    }
                });
            }
            self.remember(room, ts, latest);
        }
        Ok(())
    }

    /// Fetches the answers that are still to be fetched, thread by thread.
    pub(super) async fn follow_threads(&self, room: &Room<'_>, done: &mut Done) -> Result<()> {
        loop {
            let next = self.stamp_of(room.id, |stamp| stamp.pending.first().cloned());
            let Some(ts) = next else {
                return Ok(());
            };
            match self.thread(room, &ts, done).await {
                Ok(()) => {}
                // It was deleted meanwhile.
                Err(e) if e.kind == Kind::NotFound => {}
                Err(e) => return Err(e),
            }
            self.stamp_of(room.id, |stamp| stamp.pending.retain(|known| *known != ts));
            self.save()?;
        }
    }

    /// Looks at threads that went on lately and whose beginning is not on the newest page.
    pub(super) async fn other_threads(
        &self,
        room: &Room<'_>,
        page: &[Value],
        done: &mut Done,
    ) -> Result<()> {
        let (looked, threads) =
            self.stamp_of(room.id, |stamp| (stamp.threads_at, stamp.threads.clone()));
        if looked.is_some_and(|at| self.now.duration_since(at) < PAUSE) {
            return Ok(());
        }
        let on_page = |ts: &str| page.iter().any(|m| ts_of(m) == Some(ts));
        for (ts, last) in threads.iter().filter(|(ts, _)| !on_page(ts)) {
            let window = Window {
                oldest: Some(last),
                ..Window::default()
            };
            let place = (room.id, ts.as_str());
            match self.client.replies(place, window, None).await {
                Ok(news) => {
                    let latest = news.messages.iter().filter_map(ts_of);
                    let latest = latest.filter(|t| *t != ts && is_after(t, last)).max();
                    if let Some(latest) = latest.map(str::to_owned) {
                        self.thread(room, ts, done).await?;
                        self.remember(room, ts, &latest);
                    }
                }
                // Its beginning was deleted, and all answers with it.
                Err(e) if e.kind == Kind::NotFound => {
                    self.stamp_of(room.id, |stamp| stamp.threads.remove(ts));
                }
                Err(e) => return Err(e),
            }
        }
        self.stamp_of(room.id, |stamp| stamp.threads_at = Some(self.now));
        Ok(())
    }

    /// A whole thread: new answers, and what became of those that are here.
    async fn thread(&self, room: &Room<'_>, ts: &str, done: &mut Done) -> Result<()> {
        let mut cursor: Option<String> = None;
        let mut trail = Trail::default();
        loop {
            let all = Window::default();
            let page = self
                .client
                .replies((room.id, ts), all, cursor.as_deref())
                .await?;
            let replies: Vec<&Value> = page
                .messages
                .iter()
                .filter(|m| ts_of(m).is_some_and(|own| own != ts))
                .collect();
            let mut known = HashMap::new();
            for reply in &replies {
                let id = slack::remote(room.id, ts_of(reply).unwrap_or_default());
                if let Some(remote) = self.app.store.remote(&self.account.name, &id)? {
                    known.insert(id, remote);
                }
            }
            for reply in &replies {
                self.renew(room, (reply, &known), done)?;
            }
            let brought = replies.len();
            done.added += self.store(room, replies).await?;
            cursor = page.next;
            match &cursor {
                None => return Ok(()),
                Some(cursor) => trail.step(cursor, brought, "reading the thread")?,
            }
        }
    }

    fn remember(&self, room: &Room<'_>, ts: &str, latest: &str) {
        let lately = |latest: &str| {
            let at = slack::time_of(latest);
            at.is_some_and(|at| self.now.duration_since(at) < LATELY)
        };
        self.stamp_of(room.id, |stamp| {
            stamp.threads.insert(ts.to_owned(), latest.to_owned());
            stamp.threads.retain(|_, latest| lately(latest));
            while stamp.threads.len() > MOST {
                let oldest = stamp.threads.iter().min_by(|a, b| a.1.cmp(b.1));
                let Some(oldest) = oldest.map(|(ts, _)| ts.clone()) else {
                    return;
                };
                stamp.threads.remove(&oldest);
            }
        });
    }
}

fn latest_reply(message: &Value) -> Option<&str> {
    message.get("latest_reply")?.as_str()
}
