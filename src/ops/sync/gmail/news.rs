//! What happened in a mailbox since the last look.

use std::collections::{BTreeSet, HashMap};

use crate::channel::gmail::{Changed, Changes};
use crate::error::Result;
use crate::model::id::MessageId;
use crate::store::Remote;

use super::labels::{self, Names};
use super::{Mailbox, standing_of};

/// Up to here single look-ups are cheaper than loading all that is known.
const FEW: usize = 64;

/// What is to be done about what happened.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    /// Ids, newest first.
    fetch: Vec<String>,
    remove: Vec<MessageId>,
    /// Known messages with the labels they have now.
    relabel: Vec<(String, BTreeSet<String>)>,
}

impl Mailbox<'_> {
    /// Takes over what happened; the place in the history moves once all of it is in the store.
    pub(super) async fn take_over(&mut self, changes: Changes) -> Result<()> {
        let mut again = std::mem::take(&mut self.again);
        again.retain(|id| self.stamp.again.contains(id));
        if !changes.messages.is_empty() || !again.is_empty() {
            self.carry_out(&changes.messages, again).await?;
        }
        let done = self.stamp.history == Some(changes.history_id) && self.stamp.whole.is_none();
        if done && changes.messages.is_empty() {
            return Ok(());
        }
        self.stamp.history = Some(changes.history_id);
        self.stamp.whole = None;
        self.save()
    }

    async fn carry_out(&mut self, messages: &[Changed], again: Vec<String>) -> Result<()> {
        let known = self.known(messages)?;
        let touched = messages.iter().filter(|m| !m.deleted);
        let labels = touched.flat_map(|m| m.labels.iter().map(|(id, _)| id.as_str()));
        if !self.knows(labels) {
            self.learn_names().await?;
        }
        let erased = match messages.iter().any(|m| m.added) {
            true => self.app.store.erased_remotes(&self.account.name)?,
            false => Default::default(),
        };
        let mut plan = plan(messages, &known, &self.stamp.names);
        plan.fetch.retain(|id| !erased.contains(id));
        for id in again {
            if !plan.fetch.contains(&id) {
                plan.fetch.push(id);
            }
        }
        self.app.store.remove(&plan.remove)?;
        self.tally.removed += plan.remove.len() as u64;
        let waiting = self.waiting()?;
        let moved = plan.relabel.into_iter().filter_map(|(id, ids)| {
            let remote = known.get(&id)?;
            self.moved(remote, ids, &waiting)
        });
        let moved: Vec<_> = moved.collect();
        self.place(&moved)?;
        let total = plan.fetch.len() as u64;
        self.fetch(&plan.fetch, (0, total)).await
    }

    /// Those of these messages that are in the store.
    fn known(&self, messages: &[Changed]) -> Result<HashMap<String, Remote>> {
        let (store, account) = (&self.app.store, &self.account.name);
        if messages.len() > FEW {
            return store.remotes(account);
        }
        let mut known = HashMap::new();
        for changed in messages {
            if let Some(remote) = store.remote(account, &changed.id)? {
                known.insert(changed.id.clone(), remote);
            }
        }
        Ok(known)
    }
}

/// What follows from what happened. What is not known and was not added is nobody's business: it was erased here.
fn plan(messages: &[Changed], known: &HashMap<String, Remote>, names: &Names) -> Plan {
    let mut plan = Plan::default();
    for changed in messages {
        match known.get(&changed.id) {
            Some(remote) if changed.deleted => plan.remove.push(remote.id),
            None if changed.added && !changed.deleted => plan.fetch.push(changed.id.clone()),
            Some(remote) if !changed.labels.is_empty() => {
                let mut ids = labels::ids(&standing_of(remote), names);
                for (label, has) in &changed.labels {
                    match has {
                        true => ids.insert(label.clone()),
                        false => ids.remove(label),
                    };
                }
                plan.relabel.push((changed.id.clone(), ids));
            }
            _ => {}
        }
    }
    plan.fetch.reverse();
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::message::Flags;

    fn remote(n: i64, folder: &str, labels: &[&str]) -> Remote {
        Remote {
            remote: format!("r{n}"),
            id: MessageId(n),
            folder: folder.to_owned(),
            flags: Flags {
                seen: true,
                ..Flags::default()
            },
            labels: labels.iter().map(|l| (*l).to_owned()).collect(),
        }
    }

    fn changed(id: &str) -> Changed {
        Changed {
            id: id.to_owned(),
            ..Changed::default()
        }
    }

    #[test]
    fn what_happened_becomes_what_is_to_be_done() {
        let known: HashMap<_, _> = [remote(1, "INBOX", &["sent"]), remote(2, "INBOX", &[])]
            .map(|r| (r.remote.clone(), r))
            .into();
        let added = |id: &str, deleted| Changed {
            added: true,
            deleted,
            ..changed(id)
        };
        let plan = plan(
            &[
                added("r1", false),
                Changed {
                    labels: vec![("INBOX".into(), false), ("UNREAD".into(), true)],
                    ..changed("r1")
                },
                Changed {
                    deleted: true,
                    ..changed("r2")
                },
                added("r3", false),
                added("r4", true),
                Changed {
                    labels: vec![("STARRED".into(), true)],
                    ..changed("r5")
                },
                added("r6", false),
            ],
            &known,
            &Names::new(),
        );
        assert_eq!(plan.fetch, ["r6", "r3"]);
        assert_eq!(plan.remove, [MessageId(2)]);
        let labels = ["SENT", "UNREAD"].map(str::to_owned).into();
        assert_eq!(plan.relabel, [("r1".to_owned(), labels)]);
    }
}
