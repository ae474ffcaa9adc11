//! A look at everything a mailbox has: the first time, and when Gmail no longer knows what happened since.

use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::channel::gmail::{Client, History, Listing, Page};
use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::net::pages::Trail;
use crate::store::{Placed, Remote};

use super::labels;
use super::stamp::Whole;
use super::{Mailbox, standing_of};

/// Labels whose messages are listed at once.
const AT_ONCE: usize = 4;
/// Messages asked for one by one when a list lacks them.
const MOST_ASKED: usize = 500;
const LISTING: &str = "listing the messages";

/// What Gmail said of messages that a list lacks.
#[derive(Default)]
struct Asked {
    /// Those that are there, with their labels.
    there: HashMap<String, BTreeSet<String>>,
    /// There were more than are asked for one by one.
    is_sample: bool,
}

impl Mailbox<'_> {
    /// Looks at everything, then at what happened meanwhile.
    pub(super) async fn whole(&mut self) -> Result<()> {
        // A look that took longer than Gmail remembers is taken once more.
        for _ in 0..2 {
            let began_at = self.look().await?;
            match self.client.history(began_at).await? {
                History::Changes(changes) => return self.take_over(changes).await,
                History::Expired => {
                    self.stamp.whole = None;
                    self.save()?;
                }
            }
        }
        Err(Error::unavailable(format!(
            "account `{}`: Gmail forgets what happened sooner than everything can be looked at",
            self.account.name
        ))
        .hint("repeat it: what was fetched is kept"))
    }

    /// Fetches what is missing, newest first; compares what was known before. Where in the history it began.
    async fn look(&mut self) -> Result<u64> {
        let known = self.app.store.remotes(&self.account.name)?;
        let whole = match self.stamp.whole.clone() {
            Some(whole) => whole,
            None => {
                let whole = Whole {
                    began_at: self.client.profile().await?.history_id,
                    page: None,
                    compare: !known.is_empty(),
                };
                self.stamp.whole = Some(whole.clone());
                self.save()?;
                self.tell_of_aliases().await;
                whole
            }
        };
        self.learn_names().await?;
        let (known, listed) = self.list_all(known, &whole).await?;
        if whole.compare {
            let missing = self.missing(&known, &listed).await?;
            if missing.is_sample && !missing.there.is_empty() {
                return Err(self.lists_too_few("the mailbox"));
            }
            if !missing.there.is_empty() {
                let kept = missing.there.len();
                let words =
                    format!("Gmail's list lacks messages that are there ({kept}): they are kept");
                self.tally.notes.push(words);
            }
            self.compare(known, &listed, missing.there).await?;
        }
        // From here on only the history is missing.
        if let Some(whole) = &mut self.stamp.whole {
            (whole.compare, whole.page) = (false, None);
        }
        self.save()?;
        Ok(whole.began_at)
    }

    /// Lists everything, fetching as it goes; once more where Gmail says that there is more. What is known, and what was
    /// listed.
    async fn list_all(
        &mut self,
        mut known: HashMap<String, Remote>,
        whole: &Whole,
    ) -> Result<(HashMap<String, Remote>, HashSet<String>)> {
        let mut listed = self.pages(&known, whole).await?;
        let there = self.client.profile().await?.messages_total;
        if there <= listed.len() as u64 {
            return Ok((known, listed));
        }
        known = self.app.store.remotes(&self.account.name)?;
        // What an interrupted look listed is known; what is to be compared may be gone.
        if whole.compare || either(&known, &listed) < there {
            // A list may end early, with success.
            let anew = Whole {
                compare: true,
                ..whole.clone()
            };
            listed.extend(self.pages(&known, &anew).await?);
        }
        let seen = either(&known, &listed);
        if seen < there {
            let words = format!("Gmail says that there are {there} messages, and lists {seen}");
            self.tally.notes.push(words);
        }
        Ok((known, listed))
    }

    /// Tells of addresses that the mailbox may write as and the config doesn't know. A login that may not see them is
    /// no fault.
    async fn tell_of_aliases(&mut self) {
        let Ok(all) = self.client.send_as().await else {
            return;
        };
        for alias in all {
            let address = clean::line(&alias.send_as_email);
            let known = self
                .account
                .own_addresses()
                .any(|own| own.eq_ignore_ascii_case(&address));
            if !known && alias.verification_status != "pending" {
                self.tally.notes.push(format!(
                    "may write as `{address}`, too: add it to `aliases` of [accounts.{}]",
                    self.account.name
                ));
            }
        }
    }

    /// Goes through the list, fetching as it goes; gives the ids it saw.
    async fn pages(
        &mut self,
        known: &HashMap<String, Remote>,
        whole: &Whole,
    ) -> Result<HashSet<String>> {
        let client = self.client;
        let erased = self.app.store.erased_remotes(&self.account.name)?;
        let mut resume = whole.page.clone().filter(|_| !whole.compare);
        let mut listed: HashSet<String> = HashSet::new();
        let mut done = 0;
        let mut page = list(client, None).await?;
        let mut trail = Trail::default();
        loop {
            let total = page.result_size_estimate.max(known.len() as u64);
            let mut old = 0;
            let mut wanted = Vec::new();
            let before = listed.len();
            trail.hold(page.messages.len(), bytes_of(&page), LISTING)?;
            for message in page.messages {
                match known.contains_key(&message.id) || erased.contains(&message.id) {
                    true => old += 1,
                    false if !listed.contains(&message.id) => wanted.push(message.id.clone()),
                    false => {}
                }
                listed.insert(message.id);
            }
            // What came since an interruption stands before what was known then; after it the list goes on there.
            let jump = resume.take_if(|_| old > 0);
            let jumped = jump.is_some();
            let next = jump.or(page.next_page_token);
            if jumped {
                // From an old token the list may have to begin anew.
                trail = Trail::default();
            }
            if let Some(next) = &next {
                trail.step(next, listed.len() - before, LISTING)?;
            }
            let following = async {
                match &next {
                    None => Ok(None),
                    Some(token) => match list(client, Some(token)).await {
                        // An old token: the list is gone through again, which fetches nothing twice.
                        Err(e) if jumped && e.kind == Kind::Refused => {
                            list(client, None).await.map(Some)
                        }
                        other => other.map(Some),
                    },
                }
            };
            let count = wanted.len() as u64;
            let (fetched, following) =
                tokio::join!(self.fetch(&wanted, (done + old, total)), following);
            fetched?;
            done += count + old;
            let following = following?;
            if let Some(whole) = &mut self.stamp.whole
                && !whole.compare
                && count > 0
            {
                whole.page = next;
                self.save()?;
            }
            match following {
                None => {
                    // Gmail's guess of how many there are may be far off: this is the end.
                    self.show(done, done);
                    return Ok(listed);
                }
                Some(next) => page = next,
            }
        }
    }

    /// Nothing listed is no proof that nothing is there.
    async fn refuse_empty(&self) -> Result<()> {
        let there = self.client.profile().await?.messages_total;
        match there {
            0 => Ok(()),
            _ => Err(Error::unavailable(format!(
                "account `{}`: Gmail lists no messages, and says that there are {there}",
                self.account.name
            ))
            .hint("nothing was forgotten here; sync again later")),
        }
    }

    /// What is known and not listed, doubted: Gmail is asked about it, unless it lists as many messages as it says there
    /// are.
    async fn missing(
        &self,
        known: &HashMap<String, Remote>,
        listed: &HashSet<String>,
    ) -> Result<Asked> {
        let missing = known.keys().filter(|id| !listed.contains(*id));
        let missing: Vec<&str> = missing.map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(Asked::default());
        }
        if listed.is_empty() {
            self.refuse_empty().await?;
        }
        match self.client.profile().await?.messages_total <= listed.len() as u64 {
            true => Ok(Asked::default()),
            false => self.ask(missing).await,
        }
    }

    /// Asks which of these messages are there; of many, some from all over them.
    async fn ask(&self, mut ids: Vec<&str>) -> Result<Asked> {
        ids.sort_unstable();
        let step = ids.len().div_ceil(MOST_ASKED).max(1);
        let some: Vec<&str> = ids.into_iter().step_by(step).collect();
        let there = self.client.labels_of(&some).await?.into_iter();
        Ok(Asked {
            there: there
                .map(|(id, labels)| (id, labels.into_iter().collect()))
                .collect(),
            is_sample: step > 1,
        })
    }

    fn lists_too_few(&self, of: &str) -> Error {
        Error::unavailable(format!(
            "account `{}`: Gmail's list of {of} lacks messages that are there",
            self.account.name
        ))
        .hint("nothing was forgotten or moved here; sync again later")
    }

    /// The members of a label. Those that lost it are doubted like what is missing; their labels by their own word go
    /// into `told`.
    async fn members_of(
        &self,
        label: &str,
        had: &[&str],
        told: &mut HashMap<String, BTreeSet<String>>,
    ) -> Result<HashSet<String>> {
        let mut ids: HashSet<String> = members(self.client, label).await?.into_iter().collect();
        let is_short = |ids: &HashSet<String>| had.iter().any(|id| !ids.contains(*id));
        if !is_short(&ids) || self.client.label_total(label).await? <= ids.len() as u64 {
            return Ok(ids);
        }
        ids.extend(members(self.client, label).await?);
        if is_short(&ids) && self.client.label_total(label).await? > ids.len() as u64 {
            let lost = had.iter().filter(|id| !ids.contains(**id));
            let asked = self.ask(lost.copied().collect()).await?;
            if asked.is_sample && asked.there.values().any(|labels| labels.contains(label)) {
                return Err(self.lists_too_few(&format!("label `{label}`")));
            }
            told.extend(asked.there);
        }
        Ok(ids)
    }

    /// Removes what is gone, and learns the labels of what was known: by listing each label, which is cheaper by far
    /// than asking for each message.
    async fn compare(
        &mut self,
        known: HashMap<String, Remote>,
        listed: &HashSet<String>,
        mut told: HashMap<String, BTreeSet<String>>,
    ) -> Result<()> {
        let (there, gone): (Vec<Remote>, Vec<Remote>) = known.into_values().partition(|remote| {
            listed.contains(&remote.remote) || told.contains_key(&remote.remote)
        });
        let mut had: HashMap<String, Vec<&str>> = HashMap::new();
        for remote in &there {
            for id in labels::ids(&standing_of(remote), &self.stamp.names) {
                had.entry(id).or_default().push(&remote.remote);
            }
        }
        let (this, had) = (&*self, &had);
        let members: Vec<(&String, HashSet<String>, HashMap<_, _>)> =
            stream::iter(self.stamp.names.keys())
                .map(|label| async move {
                    let mut told = HashMap::new();
                    let had = had.get(label).map_or(&[][..], Vec::as_slice);
                    let members = this.members_of(label, had, &mut told).await?;
                    Ok::<_, Error>((label, members, told))
                })
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
        let ids: Vec<_> = gone.iter().map(|remote| remote.id).collect();
        self.app.store.remove(&ids)?;
        let mut labels: HashMap<&str, BTreeSet<String>> = HashMap::new();
        for (label, ids, _) in &members {
            for id in ids {
                labels.entry(id).or_default().insert((*label).clone());
            }
        }
        told.extend(members.iter().flat_map(|(_, _, told)| told.clone()));
        let waiting = self.waiting()?;
        let moved: Vec<Placed> = there
            .iter()
            .filter_map(|remote| {
                let listed = labels.remove(remote.remote.as_str());
                let ids = told.remove(&remote.remote).or(listed).unwrap_or_default();
                self.moved(remote, ids, &waiting)
            })
            .collect();
        self.tally.removed += ids.len() as u64;
        self.place(&moved)
    }
}

/// How many messages are known, listed or both.
fn either(known: &HashMap<String, Remote>, listed: &HashSet<String>) -> u64 {
    let known = known.keys().filter(|id| !listed.contains(*id)).count();
    (known + listed.len()) as u64
}

/// What is held of a page.
fn bytes_of(page: &Page) -> usize {
    page.messages.iter().map(|message| message.id.len()).sum()
}

/// A page of all there is.
async fn list(client: &Client, token: Option<&str>) -> Result<Page> {
    let everything = Listing {
        everywhere: true,
        ..Listing::default()
    };
    client.list(everything, token).await
}

/// The messages that have a label; none if a label of the user's was deleted meanwhile.
async fn members(client: &Client, label: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut token: Option<String> = None;
    let mut trail = Trail::default();
    loop {
        let with = Listing {
            labels: &[label],
            everywhere: true,
            ..Listing::default()
        };
        let page = match client.list(with, token.as_deref()).await {
            Ok(page) => page,
            Err(e)
                if matches!(e.kind, Kind::Refused | Kind::NotFound)
                    && token.is_none()
                    && !labels::is_system(label) =>
            {
                return Ok(ids);
            }
            Err(e) => return Err(e),
        };
        let brought = page.messages.len();
        trail.hold(brought, bytes_of(&page), LISTING)?;
        ids.extend(page.messages.into_iter().map(|message| message.id));
        token = page.next_page_token;
        match &token {
            None => return Ok(ids),
            Some(token) => trail.step(token, brought, LISTING)?,
        }
    }
}
