//! Clients that want to know when a resource is another.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{ErrorData, ResourceUpdatedNotificationParam};
use rmcp::service::{Peer, SubscriptionContext};
use tokio::task::AbortHandle;

use crate::ops::calls::{Caller, Pool};

use super::resources::{self, Target};

/// How often they are looked at: flags and contacts change without an event.
const LOOK: Duration = Duration::from_secs(2);
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

async fn follow(place: Place, seen: Seen, peer: Peer<RoleServer>) {
    while !peer.is_transport_closed() && !lock(&seen).is_empty() {
        tokio::time::sleep(LOOK).await;
        for uri in changed(&place, &seen).await {
            let update = ResourceUpdatedNotificationParam::new(uri);
            if peer.notify_resource_updated(update).await.is_err() {
                return;
            }
        }
    }
}

/// Tells of changes for as long as the client listens.
pub async fn listen(place: Place, context: SubscriptionContext) -> Result<(), ErrorData> {
    let uris = context.accepted().resource_subscriptions.clone();
    let seen = Seen::default();
    for uri in uris.into_iter().flatten().take(MOST) {
        let now = look(&place, &uri).await;
        lock(&seen).insert(uri, now);
    }
    loop {
        tokio::select! {
            () = context.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK) => {}
        }
        for uri in changed(&place, &seen).await {
            if context.sink().notify_resource_updated(uri).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// Those that are not as they were.
async fn changed(place: &Place, seen: &Seen) -> Vec<String> {
    let uris: Vec<String> = lock(seen).keys().cloned().collect();
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
