//! Up to when a space was read, there and here.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::channel::google_chat::Space;
use crate::error::{Kind, Result};
use crate::model::id::MessageId;
use crate::model::message::{Envelope, Flags, Role};
use crate::store::{Placed, Remote};

use super::Chats;
use super::room::Room;
use super::space::Done;

impl Chats<'_> {
    /// When the user last read the space; none if that is not to be known.
    pub(super) async fn read_until(&self, space: &Space) -> Result<Option<Timestamp>> {
        match self.client.read_until(&space.name).await {
            // The login may do without.
            Err(e) if matches!(e.kind, Kind::Auth | Kind::Refused | Kind::NotFound) => Ok(None),
            other => other,
        }
    }

    /// Marks as read what was read elsewhere, and as unread what was marked so there.
    pub(super) fn take_over_read(
        &self,
        room: &Room<'_>,
        before: Option<Timestamp>,
        done: &mut Done,
    ) -> Result<()> {
        let Some(read) = room.read.filter(|_| room.read != before) else {
            return Ok(());
        };
        let back = before.is_some_and(|before| read < before);
        let queued = self.app.store.queued_changes(&self.account.name)?;
        let queued: HashSet<MessageId> = queued.iter().map(|(_, id, _)| *id).collect();
        let known = self
            .app
            .store
            .remotes_in(&self.account.name, &room.folder)?;
        let candidates: Vec<Remote> = known
            .into_iter()
            .filter(|m| !queued.contains(&m.id))
            .filter(|m| !m.flags.seen || back)
            .collect();
        let ids: Vec<MessageId> = candidates.iter().map(|m| m.id).collect();
        let envelopes = self.app.store.envelopes(&ids)?;
        let envelopes: HashMap<MessageId, Envelope> =
            envelopes.into_iter().map(|e| (e.id, e)).collect();
        let mut placed = Vec::new();
        for remote in candidates {
            let Some(envelope) = envelopes.get(&remote.id) else {
                continue;
            };
            // To the millisecond; `sent_at` is kept to the second only.
            let sent = envelope.received_at;
            let seen = envelope.sent || sent <= read;
            // What is read here beyond that was read here alone.
            if seen == remote.flags.seen || (!seen && before.is_none_or(|b| sent > b)) {
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
        for share in placed.chunks(500) {
            self.app.store.place(share)?;
        }
        done.changed += placed.len() as u64;
        Ok(())
    }
}
