//! Webhooks of the user's: what happens is written down for each hook, posted signed, and tried again until it is taken.
//!
//! Order is not promised; each delivery keeps its id, by which a receiver tells repeats.

mod deliver;
mod manage;
mod payload;
mod secret;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::error::{Error, Result};
use crate::model::event::Hook;
use crate::store::Owner;
use crate::store::feed::Place;
use crate::store::tellings::NewTelling;

use super::App;
use super::feed::{self, Cursor, Waker, Wanted};
use super::stop::Stop;
use super::told::Told;

pub use deliver::{DELIVERIES, TRIES};
pub use manage::{
    DeliveryRow, EnableReport, HookReport, HookRow, HooksReport, enable, list, notes, show,
};
pub use payload::Payload;
pub use secret::{OVERLAP, SecretReport, add, rotate};

use deliver::Courier;

/// Deliveries of one hook under way at a time; one while nothing gets through.
const PARALLEL: usize = 4;
/// What waits for one hook; what happens meanwhile stays where it is, and is read later.
const MOST_WAITING: u64 = 1000;
/// Events that are written down at a time.
const PAGE: usize = 200;
/// How long a keyring that gave no secret is left alone.
const AGAIN: Duration = Duration::from_secs(60);
/// How often it is looked whether something is due again.
const LOOK: Duration = Duration::from_secs(1);

/// The hook of this name.
fn configured<'a>(app: &'a App, name: &str) -> Result<&'a Hook> {
    let found = app.config.hooks.iter().find(|hook| hook.name == name);
    found.ok_or_else(|| {
        Error::not_found(format!("there is no hook `{name}` in the config"))
            .hint(format!("add [hooks.{name}] with url = \"https://…\" to it"))
    })
}

/// From now on every hook of the config is told what happens; those that left it are forgotten. What came before is not
/// told to a new one.
pub fn begin(app: &App) -> Result<()> {
    let names: HashSet<String> = app
        .config
        .hooks
        .iter()
        .map(|h| Hook::key(&h.name))
        .collect();
    for gone in app.store.followers("hook/")? {
        if !names.contains(&gone.name) {
            app.store.stop_following(&gone.name)?;
        }
    }
    for name in &names {
        let from = app.store.feed_end()?;
        app.store.begin_following((name, None), from)?;
    }
    Ok(())
}

/// Delivers for all hooks until it is told to end; `sign` is called as it goes.
pub async fn follow(app: &App, stopped: watch::Receiver<bool>, sign: &dyn Fn()) -> Result<()> {
    let mut stop = Stop::by_starter(stopped.clone());
    begin(app)?;
    let owner = match app.config.hooks.is_empty() {
        // Nothing to do, and nothing to hold.
        true => {
            stop.asked().await;
            return Ok(());
        }
        false => app.store.owner()?,
    };
    let all = app.config.hooks.iter().map(|hook| {
        let desk = Desk {
            app,
            hook,
            name: Hook::key(&hook.name),
            owner: &owner,
            sign,
        };
        let stop = Stop::by_starter(stopped.clone());
        async move { desk.follow(stop).await }
    });
    // If one can't go on, all end and begin anew: what they hold is free again with their owner.
    try_join_all(all).await.map(drop)
}

/// One hook and what works for it.
struct Desk<'a> {
    app: &'a App,
    hook: &'a Hook,
    /// As the store knows it.
    name: String,
    owner: &'a Owner,
    sign: &'a dyn Fn(),
}

impl Desk<'_> {
    async fn follow(&self, mut stop: Stop) -> Result<()> {
        let store = &self.app.store;
        let mut waker = Waker::new(self.app);
        let mut running = FuturesUnordered::new();
        let mut courier: Option<Courier> = None;
        // With which secret a courier was asked for last, and when.
        let mut tried: Option<(Option<Timestamp>, Instant)> = None;
        let mut told = Told::default();
        let mut stirred = true;
        loop {
            let stopping = stop.was_asked();
            if stopping && running.is_empty() {
                return Ok(());
            }
            let state = match stopping {
                true => None,
                false => store.follower(&self.name)?,
            };
            if let Some(state) = state.filter(|state| state.disabled.is_none()) {
                if std::mem::take(&mut stirred) {
                    stirred = self.stage(state.place)?;
                }
                if tried.is_none_or(|(of, at): (_, Instant)| {
                    of != state.secret_at || (courier.is_none() && at.elapsed() >= AGAIN)
                }) {
                    tried = Some((state.secret_at, Instant::now()));
                    courier = match Courier::new(self.app, self.hook).await {
                        Ok(courier) => {
                            told.end();
                            Some(courier)
                        }
                        Err(e) => {
                            self.tell_once(&mut told, &e);
                            None
                        }
                    };
                }
                let most = match state.failing {
                    Some(_) => 1,
                    None => PARALLEL,
                };
                if let Some(courier) = &courier {
                    while running.len() < most
                        && let Some(telling) =
                            store.claim_telling(&self.name, (self.owner, self.app.clock.now()))?
                    {
                        running.push(courier.clone().carry(self.app, self.hook, telling));
                    }
                }
            }
            tokio::select! {
                Some((telling, came)) = running.next() => deliver::note(self.app, self.hook, (&telling, came))?,
                () = waker.stirred() => stirred = true,
                () = sleep(LOOK) => {}
                () = stop.asked(), if !stopping => {}
            }
            (self.sign)();
        }
    }

    /// Writes down what happened; true if there is more to write down, now or once less waits.
    fn stage(&self, mut from: Place) -> Result<bool> {
        let store = &self.app.store;
        let wanted = Wanted {
            types: self.hook.events.clone(),
            accounts: self.hook.accounts.clone(),
        };
        loop {
            if store.count_waiting(&self.name)? >= MOST_WAITING {
                return Ok(true);
            }
            let page = feed::next(self.app, &wanted, (Cursor::at(from), PAGE))?;
            let to = page.next.parse::<Cursor>()?.place();
            if to == from {
                return Ok(page.more);
            }
            let new: Vec<_> = page
                .events
                .into_iter()
                .map(|event| NewTelling {
                    event: event.id,
                    thread: None,
                })
                .collect();
            let now = self.app.clock.now();
            if !store.tell_later(&self.name, (from, to), (&new, now))? {
                return Ok(true);
            }
            if !page.more {
                return Ok(false);
            }
            from = to;
        }
    }

    fn tell_once(&self, told: &mut Told, e: &Error) {
        let mut words = format!("hook `{}`: {}", self.hook.name, e.message);
        if let Some(hint) = &e.hint {
            words = format!("{words} ({hint})");
        }
        if told.is_new(&words) {
            (self.app.notice)(&words);
        }
    }
}
