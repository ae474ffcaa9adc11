//! Up to when a channel was read, there and here.

use std::collections::HashSet;

use jiff::SignedDuration;

use crate::channel::slack::Conversation;
use crate::error::{Kind, Result};
use crate::format::slack;
use crate::model::id::MessageId;
use crate::model::message::{Flags, Role};
use crate::store::Placed;

use super::Slack;
use super::channel::Done;
use super::room::{Room, is_after};

/// Where nothing else changed it is asked this often.
const PAUSE: SignedDuration = SignedDuration::from_mins(10);

impl Slack<'_> {
    /// The `ts` up to which the user has read the channel; none if that is not to be known, as with a bot's token.
    pub(super) async fn read_until(
        &self,
        channel: &Conversation,
        news: bool,
    ) -> Result<Option<String>> {
        let (known, asked) =
            self.stamp_of(&channel.id, |stamp| (stamp.read.clone(), stamp.read_at));
        let fresh = asked.is_some_and(|at| self.now.duration_since(at) < PAUSE);
        if fresh && !news {
            return Ok(known);
        }
        let told = match self.client.conversation(&channel.id).await {
            Ok(channel) => channel.last_read,
            // The login may do without.
            Err(e) if matches!(e.kind, Kind::Auth | Kind::Refused) => String::new(),
            Err(e) => return Err(e),
        };
        let read = Some(told).filter(|ts| !ts.is_empty());
        self.stamp_of(&channel.id, |stamp| {
            stamp.read_at = Some(self.now);
            // New messages are stored by this.
            stamp.read.clone_from(&read);
        });
        Ok(read)
    }

    /// Marks as read what was read elsewhere, and as unread what was marked so there.
    pub(super) fn take_over_read(
        &self,
        room: &Room<'_>,
        before: Option<&str>,
        done: &mut Done,
    ) -> Result<()> {
        let Some(read) = room.stamp.read.as_deref().filter(|r| Some(*r) != before) else {
            return Ok(());
        };
        let queued = self.app.store.queued_changes(&self.account.name)?;
        let queued: HashSet<MessageId> = queued.iter().map(|(_, id, _)| *id).collect();
        let known = self
            .app
            .store
            .remotes_in(&self.account.name, &room.stamp.folder)?;
        let mut placed = Vec::new();
        for remote in known.into_iter().filter(|m| !queued.contains(&m.id)) {
            let Some((_, ts)) = slack::place_of(&remote.remote) else {
                continue;
            };
            let seen = !is_after(ts, read);
            // What is read here beyond that was read here alone.
            let back = before.is_some_and(|before| !is_after(ts, before));
            if seen == remote.flags.seen || (!seen && !back) {
                continue;
            }
            placed.push(Placed {
                id: remote.id,
                folder: remote.folder,
                role: Role::Other,
                flags: Flags {
                    seen,
                    ..remote.flags
                },
                labels: remote.labels,
            });
        }
        let ids: Vec<MessageId> = placed.iter().map(|p| p.id).collect();
        let own = self.app.store.envelopes(&ids)?;
        let own: HashSet<MessageId> = own.iter().filter(|e| e.sent).map(|e| e.id).collect();
        placed.retain(|p| p.flags.seen || !own.contains(&p.id));
        for share in placed.chunks(500) {
            self.app.store.place(share)?;
        }
        done.changed += placed.len() as u64;
        Ok(())
    }
}
