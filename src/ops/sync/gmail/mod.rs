//! One Gmail account: what is new there comes here, what changed here is told there.
//!
//! The first look takes everything, page by page; later ones read what happened since. The place in the history is
//! moved only over what is in the store, so an interruption costs what was on its way and nothing else.

mod drafts;
mod find;
mod intake;
mod labels;
mod names;
mod news;
mod push;
mod sent;
mod stamp;
mod whole;

use std::collections::{BTreeSet, HashMap};

use jiff::SignedDuration;

use crate::channel::gmail::{Client, History};
use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::model::id::MessageId;
use crate::model::message::{Change, Flags};
use crate::ops::{App, access, token};
use crate::rules::folder;
use crate::store::{Placed, Remote};

use super::{Tally, Writer};
use labels::{Standing, Told};
use stamp::Stamp;

pub use drafts::{conversation, drop_draft, file_draft};
pub use find::find;
pub use names::{Naming, label_names};
pub use sent::keep_sent;

/// How long names of labels are taken for what they are.
const NAMES_HOLD: SignedDuration = SignedDuration::from_hours(1);

/// Everything the sync of a mailbox needs.
struct Mailbox<'a> {
    app: &'a App,
    account: &'a Account,
    client: &'a Client,
    writer: &'a Writer,
    tally: &'a mut Tally,
    stamp: Stamp,
    /// Those that could not be fetched last time, until they are asked for again.
    again: Vec<String>,
    /// Messages that could not be fetched this time.
    failed: usize,
}

/// Syncs one account, counting into the tally as it goes.
pub async fn sync(app: &App, account: &Account, writer: &Writer, tally: &mut Tally) -> Result<()> {
    let client = access::gmail(app, account).await?;
    let stamp = Stamp::load(app, account)?;
    let mut mailbox = Mailbox {
        app,
        account,
        client: &client,
        writer,
        tally,
        again: Vec::new(),
        stamp,
        failed: 0,
    };
    let ended = mailbox.run().await;
    tally.folders = app.store.folders(&account.name)?.len();
    ended.map_err(|e| token::explained(app, account, e))
}

/// Tells Gmail what is queued.
pub async fn push_queued(app: &App, account: &Account) -> Result<()> {
    let client = access::gmail(app, account).await?;
    let mut stamp = Stamp::load(app, account)?;
    let told = push::push((app, account), &client, &mut stamp).await;
    told.map(drop)
        .map_err(|e| token::explained(app, account, e))
}

impl Mailbox<'_> {
    async fn run(&mut self) -> Result<()> {
        let mut refused: Option<Error> = None;
        if !self.app.config.read_only {
            match push::push((self.app, self.account), self.client, &mut self.stamp).await {
                Ok(told) => self.tally.pushed += told,
                Err(e) if push::is_final(&e) => refused = Some(e),
                Err(e) => return Err(e),
            }
        }
        self.again = self.stamp.again.clone();
        match self.stamp.history {
            None => self.whole().await?,
            Some(since) => match self.client.history(since).await? {
                History::Changes(changes) => {
                    self.learn_names_now_and_then().await?;
                    self.take_over(changes).await?;
                }
                History::Expired => {
                    self.stamp.history = None;
                    self.whole().await?;
                }
            },
        }
        refused.map_or(Ok(()), Err)
    }

    /// Learns which labels there are; messages follow where one was renamed or deleted.
    async fn learn_names(&mut self) -> Result<()> {
        let labels = self.client.labels().await?;
        let now: labels::Names = labels.into_iter().map(|l| (l.id, l.name)).collect();
        let renamed = names::take_over((self.app, self.account), &mut self.stamp, now)?;
        self.tally.changed += renamed.messages;
        Ok(())
    }

    /// The same where it was not done for long: that a label was renamed is no news in Gmail's history.
    async fn learn_names_now_and_then(&mut self) -> Result<()> {
        let now = self.app.clock.now();
        let learnt = self.stamp.names_at;
        if learnt.is_some_and(|at| now.duration_since(at).abs() < NAMES_HOLD) {
            return Ok(());
        }
        self.learn_names().await?;
        self.save()
    }

    /// Whether all these labels can be named.
    fn knows<'i>(&self, mut ids: impl Iterator<Item = &'i str>) -> bool {
        ids.all(|id| labels::is_system(id) || self.stamp.names.contains_key(id))
    }

    /// Local changes that Gmail was not told yet, by message: they win over what it says.
    fn waiting(&self) -> Result<HashMap<MessageId, Vec<Change>>> {
        let mut waiting: HashMap<MessageId, Vec<Change>> = HashMap::new();
        for (_, id, change) in self.app.store.queued_changes(&self.account.name)? {
            waiting.entry(id).or_default().push(change);
        }
        Ok(waiting)
    }

    /// How a message stands with these labels; `None` if it stands so already.
    fn moved(
        &self,
        remote: &Remote,
        mut ids: BTreeSet<String>,
        waiting: &HashMap<MessageId, Vec<Change>>,
    ) -> Option<Placed> {
        let names = &self.stamp.names;
        for change in waiting.get(&remote.id).into_iter().flatten() {
            let role = labels::standing(ids.iter().map(String::as_str), names).role;
            Told::of(change, role, names).apply(&mut ids);
        }
        let mut now = labels::standing(ids.iter().map(String::as_str), names);
        // Gmail knows nothing of these.
        now.flags.answered = remote.flags.answered;
        now.flags.forwarded = remote.flags.forwarded;
        let before = standing_of(remote);
        (now != before).then(|| placed(remote, now))
    }

    fn place(&mut self, placed: &[Placed]) -> Result<()> {
        for share in placed.chunks(500) {
            self.app.store.place(share)?;
            self.tally.changed += share.len() as u64;
        }
        Ok(())
    }

    fn save(&mut self) -> Result<()> {
        self.stamp.save(self.app, self.account)
    }
}

fn placed(remote: &Remote, standing: Standing) -> Placed {
    Placed {
        id: remote.id,
        folder: standing.folder,
        role: standing.role,
        flags: standing.flags,
        labels: standing.labels,
    }
}

/// How a message stands by what is stored of it.
fn standing_of(remote: &Remote) -> Standing {
    let mut labels = remote.labels.clone();
    labels.sort();
    Standing {
        folder: remote.folder.clone(),
        role: folder::role(&remote.folder),
        flags: Flags {
            trashed: false,
            ..remote.flags
        },
        labels,
    }
}
