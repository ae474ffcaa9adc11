//! One delivery: signed, posted, and what becomes of it written down.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, Result};
use crate::format::clean;
use crate::model::event::Hook;
use crate::net::http::Answer;
use crate::net::poster::Poster;
use crate::ops::App;
use crate::store::Count;
use crate::store::tellings::Telling;

use super::payload;
use super::secret::{self, Keys};

/// Waits after each attempt that failed, as Standard Webhooks proposes them; then it is given up.
const WAITS: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];
/// Name of the counters of attempts to deliver; the label is how each was answered.
pub const DELIVERIES: &str = "hook_deliveries";
/// How often one delivery is tried.
pub const TRIES: usize = WAITS.len() + 1;
/// A hook that takes nothing for so long is told nothing more.
const PATIENCE: SignedDuration = SignedDuration::from_hours(5 * 24);
/// So often was the same event tried before, over half an hour: where little happens, the failure of five days ago and
/// one of this moment may be all there was.
const TRIED: u32 = 3;

/// What one attempt came to.
pub enum Came {
    /// There is nothing to tell any more.
    Gone,
    Answered(Answer),
    /// Nobody answered, or nobody may be asked.
    Nobody(Error),
    /// A fault of this machine's: nothing was tried.
    Ours(Error),
}

impl Came {
    /// As it is counted: the status, or `none` where nobody answered; `None` where nothing was tried.
    fn outcome(&self) -> Option<String> {
        match self {
            Came::Answered(answer) => Some(answer.status.to_string()),
            Came::Nobody(_) => Some("none".to_owned()),
            Came::Gone | Came::Ours(_) => None,
        }
    }
}

/// What posts for one hook.
#[derive(Clone)]
pub struct Courier {
    poster: Arc<Poster>,
    keys: Keys,
}

impl Courier {
    /// # Errors
    /// Where there is no secret, or the address is not allowed.
    pub async fn new(app: &App, hook: &Hook) -> Result<Courier> {
        let keys = secret::keys(app, hook).await?.ok_or_else(|| {
            Error::auth("it has no secret, so nothing is delivered")
                .hint(format!("`comms auth hook add {}` makes one", hook.name))
        })?;
        let (url, allow_private) = (hook.url.clone(), hook.allow_private);
        // It reads the system's certificates.
        let poster = tokio::task::spawn_blocking(move || Poster::new(&url, allow_private))
            .await
            .map_err(|e| Error::internal("setting up the HTTP client").because(e))??;
        Ok(Courier {
            poster: Arc::new(poster),
            keys,
        })
    }

    /// One attempt.
    pub async fn carry(self, app: &App, hook: &Hook, telling: Telling) -> (Telling, Came) {
        let body = match payload::of(app, hook, &telling.event) {
            Ok(Some(body)) => body,
            Ok(None) => return (telling, Came::Gone),
            Err(e) => return (telling, Came::Ours(e)),
        };
        let now = app.clock.now();
        let signatures = self.keys.signatures((&telling.key, now), &body);
        let headers = match headers(&telling.key, now, &signatures) {
            Ok(headers) => headers,
            Err(e) => return (telling, Came::Ours(e)),
        };
        let came = match self.poster.post(headers, body).await {
            Ok(answer) => Came::Answered(answer),
            Err(e) => Came::Nobody(e),
        };
        (telling, came)
    }
}

fn headers(id: &str, at: Timestamp, signatures: &str) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", &at.as_second().to_string()),
        ("webhook-signature", signatures),
    ] {
        let value = HeaderValue::from_str(value)
            .map_err(|e| Error::internal("writing a header").because(e))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

/// Writes down what an attempt came to.
pub fn note(app: &App, hook: &Hook, (telling, came): (&Telling, Came)) -> Result<()> {
    let (store, now) = (&app.store, app.clock.now());
    let name = Hook::key(&hook.name);
    if let Some(outcome) = came.outcome() {
        store.tally(&[Count {
            name: DELIVERIES,
            account: hook.name.clone(),
            label: outcome,
            by: 1,
        }])?;
    }
    let (words, asked) = match came {
        Came::Gone => return store.telling_gone(telling.id, now),
        Came::Answered(answer) if answer.is_success() => {
            return store.telling_done(telling.id, now);
        }
        Came::Answered(answer) if answer.status == 410 => {
            store.telling_failed(telling.id, ("it answered 410 (gone)", None), now)?;
            store.disable_follower(&name, Some("it answered 410 (gone)"), now)?;
            tell_disabled(app, hook, "it answered 410 (gone)");
            return Ok(());
        }
        Came::Answered(answer) => {
            let e = answer.error("the delivery");
            (e.message, answer.retry_after())
        }
        Came::Nobody(e) => (e.message, None),
        // One that can't be read stands in nobody's way.
        Came::Ours(e) => (e.message, None),
    };
    let words = clean::line(&words);
    let again = wait(telling, asked).and_then(|wait| now.checked_add(wait).ok());
    let since = store.telling_failed(telling.id, (&words, again), now)?;
    if now.duration_since(since) >= PATIENCE && telling.tries >= TRIED {
        let why = format!("nothing was taken for five days: {words}");
        store.disable_follower(&name, Some(&why), now)?;
        tell_disabled(app, hook, &why);
    }
    Ok(())
}

/// The wait before the next attempt; those of one moment are spread, so that they don't come back together.
fn wait(telling: &Telling, asked: Option<Duration>) -> Option<SignedDuration> {
    let wait = *WAITS.get(telling.tries as usize)?;
    let spread = wait * i32::try_from(telling.id % 11).unwrap_or(0) / 100;
    let asked = asked.and_then(|asked| SignedDuration::try_from(asked).ok());
    Some((wait + spread).max(asked.unwrap_or_default()))
}

fn tell_disabled(app: &App, hook: &Hook, why: &str) {
    (app.notice)(&format!(
        "hook `{0}` is told nothing more: {why}; `comms auth hook enable {0}` takes it up again",
        hook.name
    ));
}
