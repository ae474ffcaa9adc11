//! Handing new messages to a command: what it is to get is written down first, several run at a time, what fails is
//! tried again a few times and then listed.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Error, Kind, Result};
use crate::format::clean;
use crate::model::id::MessageId;
use crate::model::message::Envelope;
use crate::ops::{App, shell};
use crate::store::Owner;
use crate::store::feed::Place;
use crate::store::tellings::{NewTelling, Telling, TellingFilter};

use super::{Event, Watcher};

/// Waits before a message is handed to its command again; then it is given up.
const WAITS: [SignedDuration; 5] = [
    SignedDuration::from_secs(10),
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
];
/// How often it is looked whether something is due again.
const LOOK: Duration = Duration::from_secs(1);
/// Names of followers that are watches begin so.
const WATCH: &str = "watch/";

/// The name under which what a watch is to hand on is kept.
pub(super) fn follower(watcher: &str) -> String {
    format!("{WATCH}{watcher}")
}

/// Writes down what came for a command since; true if there was anything.
pub(super) fn stage(app: &App, watcher: &str, account: &str) -> Result<bool> {
    let store = &app.store;
    let name = follower(watcher);
    let mut any = false;
    loop {
        let Some(of) = store.follower(&name)? else {
            return Ok(any);
        };
        let ids = store.added_since(account, MessageId(of.place.message), 200)?;
        let Some(last) = ids.last() else {
            return Ok(any);
        };
        let to = Place {
            message: last.0,
            ..of.place
        };
        let mut new = Vec::new();
        let news = super::news(store, &ids)?;
        for id in ids {
            if let Some(envelope) = news.get(&id) {
                new.push(NewTelling {
                    event: id.to_string(),
                    thread: Some(envelope.thread.0),
                });
            }
        }
        any |= !new.is_empty();
        store.tell_later(&name, (of.place, to), (&new, app.clock.now()))?;
    }
}

impl Watcher<'_> {
    /// Hands on what is due, so many at a time, for as long as the watch goes.
    pub(super) async fn work(&self, command: &str, followers: &[String]) -> Result<()> {
        let app = self.app;
        let owner = app.store.owner()?;
        for name in followers {
            // Whoever begins a watch anew has perhaps mended what was wrong.
            app.store
                .hurry_tellings((name, None), false, app.clock.now())?;
        }
        let mut running = FuturesUnordered::new();
        let mut moved = false;
        loop {
            while running.len() < self.request.parallel.max(1)
                && let Some(telling) = claim(app, (followers, &owner))?
            {
                running.push(async {
                    let handed = self.run(command, &telling).await;
                    (telling, handed)
                });
            }
            if running.is_empty() && std::mem::take(&mut moved) {
                self.moved.notify_one();
            }
            tokio::select! {
                Some((telling, handed)) = running.next() => {
                    moved |= self.note(&telling, handed)?;
                }
                () = self.staged.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Runs the command for one message; nothing if that is gone.
    async fn run(&self, command: &str, telling: &Telling) -> Result<Option<Envelope>, Error> {
        let id = telling.event.parse()?;
        let Some(envelope) = super::news(&self.app.store, &[id])?.remove(&id) else {
            return Ok(None);
        };
        let line = serde_json::to_vec(&envelope).context(Kind::Internal, "writing JSON")?;
        match shell::hand(command, (&line, self.request.patience), None).await {
            Ok(()) => Ok(Some(envelope)),
            Err(how) => Err(Error::unavailable(format!(
                "the command for message `{}` {how}",
                envelope.id
            ))),
        }
    }

    /// Writes down how it went, then tells it; false if there was nothing to hand on.
    fn note(&self, telling: &Telling, handed: Result<Option<Envelope>>) -> Result<bool> {
        let store = &self.app.store;
        let now = self.app.clock.now();
        let mut watched = self.watched.get();
        match handed {
            Ok(envelope) => {
                store.telling_done(telling.id, now)?;
                let Some(envelope) = envelope else {
                    return Ok(false);
                };
                watched.handed += 1;
                self.watched.set(watched);
                (self.each.borrow_mut())(Event::Message(&envelope))?;
            }
            Err(e) if e.kind == Kind::Internal => {
                store.let_go(telling.id)?;
                return Err(e);
            }
            Err(e) => {
                let wait = WAITS.get(telling.tries as usize);
                let again = wait.and_then(|wait| now.checked_add(*wait).ok());
                store.telling_failed(telling.id, (&clean::line(&e.message), again), now)?;
                watched.failed += 1;
                self.watched.set(watched);
                let e = match again {
                    Some(_) => e.hint("it is handed to it again after a while"),
                    None => e.hint(format!(
                        "it is given up; `comms inbox watch --retry {}` has it handed again",
                        telling.event
                    )),
                };
                (self.each.borrow_mut())(Event::Trouble(&e))?;
            }
        }
        Ok(true)
    }
}

fn claim(app: &App, (followers, owner): (&[String], &Owner)) -> Result<Option<Telling>> {
    for name in followers {
        if let Some(telling) = app.store.claim_telling(name, (owner, app.clock.now()))? {
            return Ok(Some(telling));
        }
    }
    Ok(None)
}

/// What commands of watches failed to take. `comms.watch_failures/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FailuresReport {
    /// Newest first.
    pub failures: Vec<WatchFailure>,
}

/// A message that a command failed to take.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WatchFailure {
    /// The message.
    pub id: String,
    pub command: Option<String>,
    pub tries: u32,
    /// How the command ended last.
    pub error: Option<String>,
    pub tried_at: Option<Timestamp>,
    /// When it is handed to the command again, if a watch runs then; null if it was given up.
    pub again_at: Option<Timestamp>,
}

/// Lists what commands failed to take and were not handed since.
pub fn failures(app: &App) -> Result<FailuresReport> {
    let followers = app.store.followers(WATCH)?;
    let tellings = app.store.tellings(&TellingFilter {
        followers: WATCH,
        event: None,
        failed: true,
        limit: 1000,
    })?;
    let failures = tellings.into_iter().map(|of| WatchFailure {
        command: followers
            .iter()
            .find(|follower| follower.name == of.follower)
            .and_then(|follower| follower.command.clone()),
        id: of.event,
        tries: of.tries,
        error: of.error,
        tried_at: of.tried_at,
        again_at: of.due,
    });
    Ok(FailuresReport {
        failures: failures.collect(),
    })
}

/// What will be handed again. `comms.watch_retry/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RetryReport {
    pub again: u64,
}

/// Has the failures of one message, or of all (`all`), handed to their commands again by the watch that runs or that is
/// begun next.
pub fn retry(app: &App, what: &str) -> Result<RetryReport> {
    let event = match what {
        "all" => None,
        id => Some(id.parse::<MessageId>()?.to_string()),
    };
    let again = app
        .store
        .hurry_tellings((WATCH, event.as_deref()), true, app.clock.now())?;
    match (again, &event) {
        (0, Some(id)) => Err(
            Error::not_found(format!("no command failed to take message `{id}`"))
                .hint("`comms inbox watch --failed` lists what failed"),
        ),
        _ => Ok(RetryReport { again }),
    }
}
