//! The threads of the pool: some do one quick call after the other, some have several at once that wait for a network, and
//! one sends what is due.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use futures_util::StreamExt;
use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::stream::FuturesUnordered;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, mpsc, watch};

use crate::ops::deliver::Crowd;
use crate::ops::stop::Stop;
use crate::ops::{App, drain};

/// Work on an app of its own.
pub type Job = Box<dyn for<'a> FnOnce(&'a mut App) -> LocalBoxFuture<'a, ()> + Send>;

/// Calls that a thread has at once where they wait for a network.
const SIDE_BY_SIDE: usize = 8;
/// Apps, with their connections to the store, that such a thread keeps for calls to come.
const SPARE: usize = 2;

/// What the threads work with, until it is renewed.
pub struct Settings {
    app: RwLock<Arc<App>>,
    number: AtomicU64,
    pub crowd: Arc<Crowd>,
}

impl Settings {
    pub fn new(app: Arc<App>) -> Settings {
        Settings {
            app: RwLock::new(app),
            number: AtomicU64::new(0),
            crowd: Arc::default(),
        }
    }

    pub fn app(&self) -> Arc<App> {
        let app = self.app.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&app)
    }

    pub fn renew(&self, app: Arc<App>) {
        *self.app.write().unwrap_or_else(PoisonError::into_inner) = app;
        self.number.fetch_add(1, Ordering::Release);
    }

    /// One for a call, and of which settings it is.
    fn twin(&self) -> (u64, App) {
        let number = self.number.load(Ordering::Acquire);
        let mut twin = self.app().twin();
        twin.crowd = Some(Arc::clone(&self.crowd));
        (number, twin)
    }
}

/// Jobs in line for threads that each take several.
pub struct Line {
    /// And whether there may come more.
    jobs: Mutex<(VecDeque<Job>, bool)>,
    news: Notify,
}

impl Line {
    pub fn new() -> Line {
        Line {
            jobs: Mutex::new((VecDeque::new(), true)),
            news: Notify::new(),
        }
    }

    /// Puts a job into line; whether there was room.
    pub fn push(&self, job: Job, most: usize) -> bool {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = jobs.1 && jobs.0.len() < most;
        if fits {
            jobs.0.push_back(job);
        }
        drop(jobs);
        // All are told: one that is busy must not keep it from one that is not.
        self.news.notify_waiters();
        fits
    }

    /// None comes after those that are in line.
    pub fn end(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).1 = false;
        self.news.notify_waiters();
    }

    /// The next one; `None` if there come no more.
    async fn next(&self) -> Option<Job> {
        loop {
            let mut news = pin!(self.news.notified());
            news.as_mut().enable();
            {
                let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
                let job = jobs.0.pop_front();
                if job.is_some() || !jobs.1 {
                    return job;
                }
            }
            news.await;
        }
    }
}

thread_local! {
    static OUTLIVES: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread goes on after a panic, which is answered as a fault.
pub fn outlives_panics() -> bool {
    OUTLIVES.get()
}

fn runtime() -> Option<Runtime> {
    let runtime = Builder::new_current_thread().enable_all().build().ok();
    OUTLIVES.set(runtime.is_some());
    runtime
}

/// Does one job after the other.
pub fn one_by_one(jobs: &Mutex<mpsc::Receiver<Job>>, settings: &Settings) {
    let Some(runtime) = runtime() else { return };
    let mut mine: Option<(u64, App)> = None;
    loop {
        let job = {
            let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
            match jobs.blocking_recv() {
                Some(job) => job,
                None => return,
            }
        };
        mine = runtime.block_on(done(job, mine.take(), settings));
    }
}

/// Does several jobs at once: one that waits keeps no other waiting.
pub fn side_by_side(jobs: &Line, settings: &Settings) {
    let Some(runtime) = runtime() else { return };
    let mut spare: Vec<(u64, App)> = Vec::new();
    runtime.block_on(async {
        let mut under_way = FuturesUnordered::new();
        let mut is_open = true;
        while is_open || !under_way.is_empty() {
            let has_room = under_way.len() < SIDE_BY_SIDE;
            tokio::select! {
                biased;
                Some(mine) = under_way.next() => {
                    spare.extend(mine);
                    spare.truncate(SPARE);
                }
                job = jobs.next(), if is_open && has_room => match job {
                    Some(job) => under_way.push(done(job, spare.pop(), settings)),
                    None => is_open = false,
                }
            }
        }
    });
}

/// Does a job with this app, or a fresh one where the settings are others by now; gives it back as it was.
async fn done(job: Job, mine: Option<(u64, App)>, settings: &Settings) -> Option<(u64, App)> {
    let number = settings.number.load(Ordering::Acquire);
    let mine = mine.filter(|(known, _)| *known == number);
    let (number, mut app) = mine.unwrap_or_else(|| settings.twin());
    let usual = Arc::clone(&app.progress);
    // A call that panics is answered as broken off; the thread goes on with a fresh app.
    let work = AssertUnwindSafe(async { job(&mut app).await });
    if work.catch_unwind().await.is_err() {
        return None;
    }
    app.progress = usual;
    if app.store.is_limited() {
        app.store.limit_to(None);
        app.config = settings.app().config.clone();
    }
    Some((number, app))
}

/// Sends what is due whenever someone says so, with the settings as they are now, until `stop` says so.
pub fn send(settings: &Settings, stop: watch::Receiver<bool>) {
    let Some(runtime) = runtime() else { return };
    loop {
        let (_, app) = settings.twin();
        let work = runtime.block_on(
            AssertUnwindSafe(drain::when_told(
                &app,
                &settings.crowd,
                Stop::by_starter(stop.clone()),
            ))
            .catch_unwind(),
        );
        match work {
            Ok(Err(e)) => (app.notice)(&format!("nothing more is sent aside: {}", e.message)),
            Ok(Ok(())) => {}
            // What was under way is in doubt; the next is another's.
            Err(_) => continue,
        }
        return;
    }
}
