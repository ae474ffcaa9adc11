//! The threads on which calls are worked on. Each has connections to the store of its own, so that no call waits for the
//! disk on a thread that serves sockets, and no quick one waits behind one that asks a network.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

use crate::error::{Error, Result};
use crate::ops::audit::auditor;
use crate::ops::feed::Waker;
use crate::ops::{App, Origin, Progress};

use super::{Answer, Call, Caller, Scope};

/// Threads for calls that only read the store, and for those that may wait.
const QUICK: usize = 2;
const WAITING: usize = 4;
/// Calls that may stand in line, per lane.
const LINE: usize = 256;

/// Told how far a long call is.
pub type Telling = Arc<dyn Fn(&Progress) + Send + Sync>;

type Job = Box<dyn FnOnce(&mut App, &Runtime) + Send>;

/// Dropping it ends its threads once they have done what is in line.
pub struct Pool {
    quick: mpsc::Sender<Job>,
    waiting: mpsc::Sender<Job>,
    settings: Arc<Settings>,
    threads: Vec<JoinHandle<()>>,
}

/// What the threads work with, until it is renewed.
struct Settings {
    app: RwLock<Arc<App>>,
    number: AtomicU64,
}

impl Pool {
    /// Starts the threads; nothing is opened before the first call.
    pub fn start(app: Arc<App>) -> Result<Pool> {
        let settings = Arc::new(Settings {
            app: RwLock::new(app),
            number: AtomicU64::new(0),
        });
        let mut threads = Vec::new();
        let mut lane = |name: &str, count: usize| -> Result<mpsc::Sender<Job>> {
            let (send, jobs) = mpsc::channel(LINE);
            let jobs = Arc::new(Mutex::new(jobs));
            for _ in 0..count {
                let (jobs, settings) = (Arc::clone(&jobs), Arc::clone(&settings));
                let thread = std::thread::Builder::new()
                    .name(name.to_owned())
                    .spawn(move || work(&jobs, &settings))
                    .map_err(|e| Error::internal("starting a thread").because(e))?;
                threads.push(thread);
            }
            Ok(send)
        };
        let (quick, waiting) = (lane("calls", QUICK)?, lane("long-calls", WAITING)?);
        Ok(Pool {
            quick,
            waiting,
            settings,
            threads,
        })
    }

    /// Other settings and secrets for the calls that come from now on.
    pub fn renew(&self, app: Arc<App>) {
        *self
            .settings
            .app
            .write()
            .unwrap_or_else(PoisonError::into_inner) = app;
        self.settings.number.fetch_add(1, Ordering::Release);
    }

    /// Wakes whoever follows the feed.
    pub fn waker(&self) -> Waker {
        let app = self.settings.app.read();
        Waker::new(&app.unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for the threads to end; calls in line are done first.
    pub fn end(self) {
        drop((self.quick, self.waiting));
        for thread in self.threads {
            let _ = thread.join();
        }
    }

    /// Works on a call. Whoever stops waiting ends a call that only reads; any other runs to its end.
    pub async fn call<C: Call>(
        &self,
        caller: Caller,
        call: C,
        telling: Option<Telling>,
    ) -> Result<Answer> {
        caller.need(C::NEEDS)?;
        let (waits, keeps) = (call.waits(), call.keeps());
        let (mut answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |app, runtime| {
            act_as(app, &caller);
            assert!(!app.config.is_to_panic(C::NAME), "asked to");
            if let Some(telling) = telling {
                app.progress = telling;
            }
            let fields = call.fields().to_vec();
            let worked = runtime.block_on(async {
                let run = call.run(app, &caller);
                match C::NEEDS {
                    Scope::Read => tokio::select! {
                        done = run => Some(done),
                        () = answer.closed() => None,
                    },
                    _ => Some(run.await),
                }
            });
            if let Some(done) = worked {
                let _ = answer.send(done.and_then(|done| Answer::of::<C>(done, (&fields, keeps))));
            }
        });
        let lane = match waits {
            true => &self.waiting,
            false => &self.quick,
        };
        lane.try_send(job).map_err(|_| busy())?;
        answered
            .await
            .unwrap_or_else(|_| Err(Error::internal("a call broke off")))
    }
}

fn busy() -> Error {
    Error::unavailable("too many calls are waiting").retry_after(std::time::Duration::from_secs(1))
}

/// What is staged, sent or refused in a call is told as its caller's.
fn act_as(app: &mut App, caller: &Caller) {
    app.config.agent = Some(caller.name.clone());
    let mut auditor = auditor(&app.config, caller.origin);
    if caller.origin != Origin::Agent {
        auditor.actor.api_key = Some(caller.name.clone());
    }
    app.store.act_as(auditor);
    // The one place where a key's accounts are enforced: to its call there are no others.
    app.store.limit_to(caller.accounts.clone());
    if let Some(accounts) = &caller.accounts {
        app.config.limit_to(accounts);
    }
}

thread_local! {
    static OUTLIVES: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread goes on after a panic, which is answered as a fault.
pub fn outlives_panics() -> bool {
    OUTLIVES.get()
}

fn work(jobs: &Mutex<mpsc::Receiver<Job>>, settings: &Settings) {
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
        return;
    };
    OUTLIVES.set(true);
    let mut mine: Option<(u64, App)> = None;
    loop {
        let job = {
            let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
            match jobs.blocking_recv() {
                Some(job) => job,
                None => return,
            }
        };
        let number = settings.number.load(Ordering::Acquire);
        if mine.as_ref().is_none_or(|(known, _)| *known != number) {
            let app = settings.app.read().unwrap_or_else(PoisonError::into_inner);
            mine = Some((number, app.twin()));
        }
        if let Some((_, app)) = &mut mine {
            let usual = Arc::clone(&app.progress);
            // A call that panics is answered as broken off; the thread goes on with a fresh app.
            let worked =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(app, &runtime)));
            app.progress = usual;
            if worked.is_err() {
                mine = None;
            } else if app.store.is_limited() {
                app.store.limit_to(None);
                let all = settings.app.read().unwrap_or_else(PoisonError::into_inner);
                app.config = all.config.clone();
            }
        }
    }
}
