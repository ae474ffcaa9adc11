//! Clients that want to know when a resource is another.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::RoleServer;
use rmcp::model::{ErrorData, ResourceUpdatedNotificationParam};
use rmcp::service::{Peer, SubscriptionContext};
use tokio::task::AbortHandle;

use crate::ops::calls::{Caller, EventsCall, Pool};
use crate::ops::feed::{EventType, Waker};

use super::resources::{self, Target};

/// Of one client.
const MOST: usize = 100;

/// Where calls are worked on, and for whom.
#[derive(Clone)]
pub struct Place {
    pub pool: Arc<Pool>,
    pub caller: Caller,
}

type Seen = Arc<Mutex<BTreeMap<String, Option<u64>>>>;

/// What one client subscribed to. Dropping it ends the looking.
#[derive(Default)]
pub struct Subscriptions {
    seen: Seen,
    looking: Mutex<Option<AbortHandle>>,
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        if let Some(looking) = lock(&self.looking).take() {
            looking.abort();
        }
    }
}

impl Subscriptions {
    /// Tells the client from now on whenever it is another.
    pub async fn add(
        &self,
        place: Place,
        uri: String,
        peer: Peer<RoleServer>,
    ) -> Result<(), ErrorData> {
        // One that is not there can't be subscribed to.
        resources::read(&place, &uri).await?;
        let now = look(&place, &uri).await;
        {
            let mut seen = lock(&self.seen);
            if seen.len() >= MOST && !seen.contains_key(&uri) {
                return Err(ErrorData::invalid_params(
                    format!("no more than {MOST} subscriptions"),
                    None,
                ));
            }
            seen.insert(uri, now);
        }
        let mut looking = lock(&self.looking);
        if looking.as_ref().is_none_or(AbortHandle::is_finished) {
            let task = tokio::spawn(follow(place, Arc::clone(&self.seen), peer));
            *looking = Some(task.abort_handle());
        }
        Ok(())
    }

    pub fn remove(&self, uri: &str) {
        lock(&self.seen).remove(uri);
    }
}

/// What happened to messages since it was asked last.
struct News {
    waker: Waker,
    after: Option<String>,
}

/// What something happened to.
#[derive(Default)]
struct Touched {
    messages: BTreeSet<String>,
    threads: BTreeSet<String>,
    /// A message came: threads may have become one.
    came: bool,
    /// It is not known to what.
    anything: bool,
}

impl Touched {
    fn may_be(&self, uri: &str) -> bool {
        match Target::of(uri) {
            _ if self.anything => true,
            Some(Target::Message(id)) => self.messages.contains(&id),
            Some(Target::Thread(id)) => self.came || self.threads.contains(&id),
            // Nothing tells of them; that something was written is all there is.
            Some(Target::Contact(_)) => true,
            Some(Target::Attachment { .. }) | None => false,
        }
    }
}

impl News {
    async fn begin(place: &Place) -> News {
        let mut news = News {
            waker: place.pool.waker(),
            after: None,
        };
        let _ = news.read(place).await;
        news
    }

    /// Ends once something was written, at the latest after a minute. May be dropped.
    async fn touched(&mut self, place: &Place) -> Touched {
        self.waker.stirred().await;
        match self.read(place).await {
            Ok(touched) => touched,
            Err(_) => {
                // The store was put back from a copy, or is busy: its cursor may be worth nothing.
                self.after = None;
                Touched {
                    anything: true,
                    ..Touched::default()
                }
            }
        }
    }

    async fn read(&mut self, place: &Place) -> Result<Touched, ErrorData> {
        let mut touched = Touched {
            anything: self.after.is_none(),
            ..Touched::default()
        };
        loop {
            let call = EventsCall {
                after: self.after.clone(),
                types: vec![EventType::MessageReceived, EventType::MessageChanged],
                limit: 500,
            };
            let answer = place.pool.call(place.caller.clone(), call, None).await;
            let page = resources::json_of(&answer.map_err(|e| resources::fault(&e))?)?;
            for event in page["events"].as_array().into_iter().flatten() {
                touched.came |= event["type"] == EventType::MessageReceived.name();
                let named = |name: &str| event["data"][name].as_str().map(str::to_owned);
                touched.messages.extend(named("id"));
                touched.threads.extend(named("thread"));
            }
            self.after = page["next"].as_str().map(str::to_owned);
            if page["more"] != true {
                return Ok(touched);
            }
        }
    }
}

async fn follow(place: Place, seen: Seen, peer: Peer<RoleServer>) {
    let mut news = News::begin(&place).await;
    let mut touched = Touched {
        anything: true,
        ..Touched::default()
    };
    while !peer.is_transport_closed() && !lock(&seen).is_empty() {
        for uri in changed(&place, &seen, &touched).await {
            let update = ResourceUpdatedNotificationParam::new(uri);
            if peer.notify_resource_updated(update).await.is_err() {
                return;
            }
        }
        touched = news.touched(&place).await;
    }
}

/// Tells of changes for as long as the client listens.
pub async fn listen(place: Place, context: SubscriptionContext) -> Result<(), ErrorData> {
    let uris = context.accepted().resource_subscriptions.clone();
    let mut news = News::begin(&place).await;
    let seen = Seen::default();
    for uri in uris.into_iter().flatten().take(MOST) {
        let now = look(&place, &uri).await;
        lock(&seen).insert(uri, now);
    }
    loop {
        let touched = tokio::select! {
            () = context.cancelled() => return Ok(()),
            touched = news.touched(&place) => touched,
        };
        for uri in changed(&place, &seen, &touched).await {
            if context.sink().notify_resource_updated(uri).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// Of those to which something may have happened, the ones that are not as they were.
async fn changed(place: &Place, seen: &Seen, touched: &Touched) -> Vec<String> {
    let uris: Vec<String> = lock(seen).keys().cloned().collect();
    let uris = uris.into_iter().filter(|uri| touched.may_be(uri));
    let mut changed = Vec::new();
    for uri in uris {
        let now = look(place, &uri).await;
        // Whoever unsubscribed meanwhile is not told.
        if let Some(before) = lock(seen).get_mut(&uri)
            && *before != now
        {
            *before = now;
            changed.push(uri);
        }
    }
    changed
}

/// What tells one state of a resource from another; `None` where it can't be read.
async fn look(place: &Place, uri: &str) -> Option<u64> {
    let answer = Target::of(uri)?.document(place).await.ok()?;
    let mut hasher = DefaultHasher::new();
    answer.json.hash(&mut hasher);
    Some(hasher.finish())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
