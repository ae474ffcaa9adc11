//! The keys of those who call: looked up on threads that may wait for the disk, remembered for a second.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::SignedDuration;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::format::api_key;
use crate::ops::App;
use crate::ops::calls::Caller;
use crate::ops::keys::{self, PER_MINUTE};
use crate::random;
use crate::store::{KeptKey, Store};

/// How long a key is taken for what it was; a revoked one is refused after that.
const FRESH: Duration = Duration::from_secs(1);
/// How often the use of a key is noted.
const NOTED: SignedDuration = SignedDuration::from_mins(1);
const MINUTE: f64 = 60.0;

/// A name for a request that brought none.
pub fn request_id() -> String {
    // Without randomness there is no name; nothing hangs on it.
    random::hex::<8>().unwrap_or_default()
}

/// What a key has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Calls per minute; so many may come at once.
    pub per_minute: u32,
    pub left: u32,
    /// When the next call may come, if this one may not.
    pub wait: Option<Duration>,
    /// When all are there again.
    pub full_in: Duration,
}

/// Hands out callers for keys.
pub struct Keys {
    books: Arc<Books>,
}

struct Books {
    clock: Clock,
    store: Store,
    /// Of its own, so that nobody who looks a key up waits for a write.
    notes: Store,
    known: Mutex<HashMap<[u8; 32], Known>>,
}

/// A key that is kept; there are no more of these than keys.
struct Known {
    key: KeptKey,
    read: Instant,
    bucket: Bucket,
}

impl Keys {
    pub fn new(app: &App) -> Keys {
        Keys {
            books: Arc::new(Books {
                clock: app.clock.clone(),
                store: app.store.twin(),
                notes: app.store.twin(),
                known: Mutex::default(),
            }),
        }
    }

    /// Whose key it is, and what is left of its calls; `None` if it opens nothing.
    pub async fn enter(&self, key: &str) -> Result<Option<(Caller, Allowance)>> {
        match self.known(key).await? {
            Some(hash) => Ok(self.books.admit(&hash)),
            None => Ok(None),
        }
    }

    /// Whose key it is, without taking anything from its calls; `None` if it opens nothing.
    pub async fn opens(&self, key: &str) -> Result<Option<Caller>> {
        let hash = self.known(key).await?;
        Ok(hash.and_then(|hash| self.books.opens(&hash)))
    }

    /// What a key is looked up by, once that was done; `None` for what is no key by its form.
    async fn known(&self, key: &str) -> Result<Option<[u8; 32]>> {
        if !api_key::is_sound(key) {
            return Ok(None);
        }
        // What is compared is a hash: how long that takes tells nothing of the key.
        let hash = keys::hash(key);
        if !self.books.is_fresh(&hash) {
            let books = Arc::clone(&self.books);
            tokio::task::spawn_blocking(move || books.look(hash))
                .await
                .map_err(|e| Error::internal("looking up a key broke off").because(e))??;
        }
        Ok(Some(hash))
    }
}

impl Books {
    fn is_fresh(&self, hash: &[u8; 32]) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).is_some_and(|of| of.read.elapsed() < FRESH)
    }

    /// Reads it anew.
    fn look(self: Arc<Self>, hash: [u8; 32]) -> Result<()> {
        let found = self.store.key_of_hash(hash)?;
        let now = self.clock.now();
        let used_at = found.as_ref().and_then(|key| key.used_at);
        let is_good = found.as_ref().is_some_and(|key| key.is_good(now));
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            match found.filter(|_| is_good) {
                None => drop(known.remove(&hash)),
                Some(key) => {
                    let size = key.per_minute.unwrap_or(PER_MINUTE);
                    let read = Instant::now();
                    let bucket = known
                        .remove(&hash)
                        .map_or_else(|| Bucket::full(size, read), |before| before.bucket);
                    known.insert(hash, Known { key, read, bucket });
                }
            }
        }
        if is_good && used_at.is_none_or(|at| now.duration_since(at) >= NOTED) {
            // Nobody waits for it, and a disk that is full keeps nobody out.
            tokio::task::spawn_blocking(move || {
                let _ = self.notes.note_key_used(hash, now);
            });
        }
        Ok(())
    }

    fn opens(&self, hash: &[u8; 32]) -> Option<Caller> {
        let now = self.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of = known.get(hash).filter(|of| of.key.is_good(now))?;
        keys::caller(&of.key)
    }

    fn admit(&self, hash: &[u8; 32]) -> Option<(Caller, Allowance)> {
        let now = self.clock.now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of = known.get_mut(hash).filter(|of| of.key.is_good(now))?;
        let caller = keys::caller(&of.key)?;
        Some((caller, of.bucket.take(Instant::now())))
    }
}

/// Fills up evenly; a minute's calls may come at once.
struct Bucket {
    size: u32,
    left: f64,
    at: Instant,
}

impl Bucket {
    fn full(size: u32, now: Instant) -> Bucket {
        Bucket {
            size,
            left: f64::from(size),
            at: now,
        }
    }

    /// Takes one call out of it, if there is one.
    fn take(&mut self, now: Instant) -> Allowance {
        let size = f64::from(self.size);
        let per_second = size / MINUTE;
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * per_second).min(size);
        self.at = now;
        let mut wait = None;
        if self.left >= 1.0 {
            self.left -= 1.0;
        } else {
            wait = Some(Duration::from_secs_f64((1.0 - self.left) / per_second));
        }
        Allowance {
            per_minute: self.size,
            left: self.left as u32,
            wait,
            full_in: Duration::from_secs_f64((size - self.left) / per_second),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_calls_may_come_at_once_and_then_one_at_a_time() {
        let begin = Instant::now();
        let mut bucket = Bucket::full(6, begin);
        for left in (0..6).rev() {
            let allowance = bucket.take(begin);
            assert_eq!((allowance.left, allowance.wait), (left, None));
        }
        let refused = bucket.take(begin);
        assert_eq!(refused.wait, Some(Duration::from_secs(10)));
        assert_eq!(refused.full_in, Duration::from_secs(60));
        let later = begin + Duration::from_secs(10);
        assert_eq!(bucket.take(later).wait, None);
        assert!(bucket.take(later).wait.is_some());
        let much_later = begin + Duration::from_secs(3600);
        assert_eq!(bucket.take(much_later).left, 5);
    }
}
