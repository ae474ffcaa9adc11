//! What the HTTP door has at hand.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::serve::AccessLog;
use crate::error::Result;
use crate::format::api_key;
use crate::model::receive::Call;
use crate::ops::App;
use crate::ops::calls::{Caller, Pool};
use crate::ops::feed::Waker;
use crate::ops::receive::hooks::Hooks;
use crate::ops::receive::{self, Answer, Keeper, Limits, Receiver};

use super::health::{self, HealthReport};
use super::keys::{Allowance, Keys};
use super::metrics::{self, Metric};
use super::names::{self, Page};
use super::{Beats, Part};

/// Shared by all connections.
pub struct Desk {
    pub listen: SocketAddr,
    pub(super) app: RwLock<Arc<App>>,
    /// How often the settings were renewed.
    renewals: AtomicU64,
    /// `None` where no webhooks are served.
    pub(super) receiver: Option<Receiver>,
    /// `None` where no programs are answered.
    pool: Option<Arc<Pool>>,
    pub(super) beats: Arc<Beats>,
    limits: Limits,
    keys: Keys,
    guesses: Limits,
    access_log: Option<AccessLog>,
    /// By route and status, since it began.
    calls: Mutex<BTreeMap<(String, u16), u64>>,
    began: Instant,
    listening: Box<dyn Fn(SocketAddr) + Send + Sync>,
}

impl Desk {
    /// Opens it; the thread, if there is one, ends some time after the desk is dropped.
    pub(super) async fn open(
        app: Arc<App>,
        (listen, beats, access_log): (SocketAddr, Arc<Beats>, Option<AccessLog>),
        listening: Box<dyn Fn(SocketAddr) + Send + Sync>,
    ) -> Result<(Desk, Option<JoinHandle<()>>)> {
        let (receiver, thread) = match beats.serves(Part::Webhooks) {
            true => {
                let hooks = Hooks::read(&app, None).await;
                tell(&app, &hooks);
                let (keeper, thread) = Keeper::start(Arc::clone(&app))?;
                (Some(Receiver::new(keeper, hooks)), Some(thread))
            }
            false => (None, None),
        };
        let pool = match beats.serves(Part::Api) || beats.serves(Part::Mcp) {
            true => Some(Arc::new(Pool::start(Arc::clone(&app))?)),
            false => None,
        };
        let began = Instant::now();
        let keys = Keys::new(&app);
        let desk = Desk {
            listen,
            app: RwLock::new(app),
            renewals: AtomicU64::new(0),
            receiver,
            pool,
            beats,
            limits: Limits::new(began),
            keys,
            guesses: Limits::new(began),
            access_log,
            calls: Mutex::default(),
            began,
            listening,
        };
        Ok((desk, thread))
    }

    /// Calls are answered from now on, at this address.
    pub fn listens(&self, at: SocketAddr) {
        (self.listening)(at);
    }

    /// Whether webhooks are served.
    pub fn hears(&self) -> bool {
        self.receiver.is_some()
    }

    /// Where calls of programs are worked on, if this part is served.
    pub fn pool(&self, part: Part) -> Option<Arc<Pool>> {
        self.pool.clone().filter(|_| self.beats.serves(part))
    }

    /// Programs that wait for what they sent are answered now, and no send begins any more.
    pub(super) fn hurry(&self) {
        if let Some(pool) = &self.pool {
            pool.refuse();
        }
    }

    /// Waits for the calls under way: what is being sent comes to its end, its caller gone or not.
    pub(super) fn end(&self) {
        if let Some(pool) = &self.pool {
            pool.end();
        }
    }

    /// Whose key this is, and what is left of its calls; `None` if it opens nothing. It counts as a call.
    pub async fn caller(&self, key: &str) -> Result<Option<(Caller, Allowance)>> {
        self.keys.enter(key).await
    }

    /// What a key that came in opens now; it counts as no call.
    pub async fn opens(&self, key: &str) -> Result<Option<Caller>> {
        self.keys.opens(key).await
    }

    /// Counts a key that opens nothing; how long its caller is to wait, if there were too many.
    ///
    /// A proxy on this machine counts as one caller: who has a good key goes on all the same.
    pub fn guessed(&self, peer: IpAddr) -> Option<Duration> {
        self.guesses.guessed(peer, Instant::now())
    }

    /// Whether a text has a key in it.
    pub fn holds_key(text: &str) -> bool {
        text.match_indices(api_key::PREFIX).any(|(at, _)| {
            let rest = &text[at..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            api_key::is_sound(&rest[..end.unwrap_or(rest.len())])
        })
    }

    /// Whether a `Host` names this server.
    pub fn is_named(&self, host: &str) -> bool {
        names::is_ours(host, self.listen, &self.app().config.serve)
    }

    /// Whose page an `Origin` is.
    pub fn page(&self, origin: &str, host: &str) -> Page {
        names::page(origin, host, &self.app().config.serve)
    }

    /// What the addresses of this server begin with, for who calls it by this name.
    pub fn base(&self, host: &str) -> String {
        match &self.app().config.serve.public_url {
            Some(url) => url.clone(),
            None => format!("http://{host}"),
        }
    }

    /// How calls of programs are logged.
    pub fn access_log(&self) -> AccessLog {
        self.access_log
            .unwrap_or(self.app().config.serve.access_log)
    }

    /// Counts a call of a program by its route and how it was answered.
    pub fn count_call(&self, route: &str, status: u16) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        match calls.get_mut(&(route.to_owned(), status)) {
            Some(count) => *count += 1,
            None => drop(calls.insert((route.to_owned(), status), 1)),
        }
    }

    pub(super) fn counted_calls(&self) -> Vec<((String, u16), u64)> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().map(|(of, n)| (of.clone(), *n)).collect()
    }

    /// Whose refusals a call of this peer counts among; `passed_on` if it says that it passes on what others asked.
    pub fn who(peer: IpAddr, passed_on: bool) -> Option<IpAddr> {
        receive::caller(peer, passed_on)
    }

    /// Whether a call may be looked at; else how long its caller is to wait.
    pub fn admit(&self, who: Option<IpAddr>) -> std::result::Result<(), Duration> {
        self.limits.admit(who, Instant::now())
    }

    /// How many bytes a call to this account may have; `None` if it can't be called.
    pub fn limit(&self, account: &str) -> Option<usize> {
        self.receiver.as_ref()?.limit(account)
    }

    /// Counts a call that was refused before it was looked at.
    pub fn refuse(&self, account: &str, (who, reason): (Option<IpAddr>, &'static str)) {
        self.limits.refused(who, Instant::now());
        if let Some(receiver) = &self.receiver {
            receiver.refuse(account, reason);
        }
    }

    /// Answers a call once what it brought is kept.
    pub async fn take(&self, account: &str, (who, call): (Option<IpAddr>, Call<'_>)) -> Answer {
        let Some(receiver) = &self.receiver else {
            return Answer::empty(404);
        };
        let answer = receiver.take(account, call).await;
        if answer.is_refusal() {
            self.limits.refused(who, Instant::now());
        }
        answer
    }

    /// The address that was called, as its provider knows it.
    pub fn address(&self, seen: (&str, &str), path_and_query: &str) -> String {
        let app = self.app();
        match &app.config.serve.public_url {
            Some(url) => format!("{url}{path_and_query}"),
            None => format!("{}://{}{path_and_query}", seen.0, seen.1),
        }
    }

    /// Wakes whoever follows the feed.
    pub fn waker(&self) -> Waker {
        Waker::new(&self.app())
    }

    /// How often the settings were renewed: what was answered by older ones may hold no more.
    pub fn renewals(&self) -> u64 {
        self.renewals.load(Ordering::Acquire)
    }

    /// The time, as everything here has it.
    pub fn now(&self) -> jiff::Timestamp {
        self.app().clock.now()
    }

    /// How it goes; reads the store.
    pub fn health(&self) -> HealthReport {
        health::health(self, self.began.elapsed())
    }

    /// All numbers there are; reads the store.
    pub fn metrics(&self) -> Result<Vec<Metric>> {
        metrics::read(self)
    }

    pub(super) fn app(&self) -> Arc<App> {
        Arc::clone(&self.app.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Other settings and secrets from now on.
    pub(super) async fn renew(&self, app: Arc<App>) {
        if let Some(receiver) = &self.receiver {
            let hooks = Hooks::read(&app, Some(&receiver.hooks())).await;
            tell(&app, &hooks);
            receiver.renew(hooks);
        }
        if let Some(pool) = &self.pool {
            pool.renew(Arc::clone(&app));
        }
        *self.app.write().unwrap_or_else(PoisonError::into_inner) = app;
        self.renewals.fetch_add(1, Ordering::Release);
    }
}

fn tell(app: &App, hooks: &Hooks) {
    for trouble in &hooks.troubles {
        (app.notice)(trouble);
    }
}
