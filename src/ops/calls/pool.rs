//! The threads on which calls are worked on. Each has connections to the store of its own, so that no call waits for the
//! disk on a thread that serves sockets, and no quick one waits behind one that asks a network. A call that waits for what
//! it sent to be there is on none of them meanwhile: it comes back for a moment to look.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::{Error, Result};
use crate::ops::audit::auditor;
use crate::ops::drain;
use crate::ops::feed::Waker;
use crate::ops::send::{self, Next, Wait};
use crate::ops::{App, Origin, Progress};

use super::{Answer, Call, Caller, Scope, Waiting};

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
    /// `None` once it ends.
    lines: RwLock<Option<Lines>>,
    settings: Arc<Settings>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Whether nobody is to wait any more.
    hurries: watch::Sender<bool>,
    /// Those who wait send and ask one after the other: the threads are there for the others.
    turn: Semaphore,
}

struct Lines {
    quick: mpsc::Sender<Job>,
    waiting: mpsc::Sender<Job>,
}

#[derive(Clone, Copy)]
enum Lane {
    Quick,
    Waiting,
}

/// What a thread came to.
enum Worked<R> {
    Answered(Answer),
    /// With the answer as it would be now.
    Waits(Answer, R, Waiting<R>),
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
        let lines = Lines {
            quick: lane("calls", QUICK)?,
            waiting: lane("long-calls", WAITING)?,
        };
        Ok(Pool {
            lines: RwLock::new(Some(lines)),
            settings,
            threads: Mutex::new(threads),
            hurries: watch::Sender::new(false),
            turn: Semaphore::new(1),
        })
    }

    /// Whoever waits for what they sent is told now how far it is.
    pub fn hurry(&self) {
        self.hurries.send_replace(true);
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

    /// Waits for the threads to end; calls in line are done first, and none comes after them.
    pub fn end(&self) {
        let lines = self.lines.write();
        *lines.unwrap_or_else(PoisonError::into_inner) = None;
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            let _ = thread.join();
        }
    }

    /// Works on a call. Whoever stops waiting ends a call that only reads, and any wait; all else runs to its end.
    pub async fn call<C: Call>(
        &self,
        caller: Caller,
        call: C,
        telling: Option<Telling>,
    ) -> Result<Answer> {
        caller.need(C::NEEDS)?;
        let (fields, keeps) = (call.fields().to_vec(), call.keeps());
        let lane = match call.waits() {
            true => Lane::Waiting,
            false => Lane::Quick,
        };
        let who = caller.clone();
        let work = self.work(lane, &caller, move |app, runtime, given_up| {
            assert!(!app.config.is_to_panic(C::NAME), "asked to");
            if let Some(telling) = telling {
                app.progress = telling;
            }
            let run = call.run(app, &who);
            let done = runtime.block_on(async {
                match C::NEEDS {
                    Scope::Read => tokio::select! {
                        done = run => done,
                        () = given_up => Err(broken_off()),
                    },
                    _ => run.await,
                }
            });
            let mut done = done?;
            let wait = done.wait.take();
            let answer = Answer::of::<C>(&mut done, (&fields, keeps))?;
            Ok(match wait {
                Some(wait) => Worked::Waits(answer, done.report, wait),
                None => Worked::Answered(answer),
            })
        })?;
        let (now, report, Waiting { wait, then }) = match heard(work).await? {
            Worked::Answered(answer) => return Ok(answer),
            Worked::Waits(now, report, waiting) => (now, report, waiting),
        };
        let mut warnings = Vec::new();
        let waited = self.wait(&caller, (&wait, &mut warnings)).await;
        let end = || {
            self.work(Lane::Quick, &caller, move |app, _, _| {
                let done = then(report, (wait, warnings), app);
                Ok(done.and_then(|mut done| Answer::of::<C>(&mut done, (&[], false))))
            })
        };
        // It is in the outbox: no trouble of the wait may look as if it were not.
        let told = match waited.and_then(|()| end()) {
            Ok(end) => heard(end).await,
            Err(e) => Err(e),
        };
        told.unwrap_or(Ok(now))
    }

    /// Waits until it is over, its time is, or nobody is to wait any more.
    async fn wait(
        &self,
        caller: &Caller,
        (wait, warnings): (&Wait, &mut Vec<String>),
    ) -> Result<()> {
        let end = Instant::now() + wait.within;
        let mut hurries = self.hurries.subscribe();
        let mut asked: Option<Instant> = None;
        let reach = async {
            loop {
                let (of, left) = (wait.clone(), end.saturating_duration_since(Instant::now()));
                let next = self.work(Lane::Quick, caller, move |app, _, _| {
                    of.next_by_itself(app, left)
                });
                // Who finds a full line looks again later.
                let next = match next {
                    Ok(next) => heard(next).await?,
                    Err(_) => Next::Rest,
                };
                let asks = asked.is_none_or(|at| at.elapsed() >= send::ASKED);
                if next == Next::Over {
                    return Ok(());
                }
                if next == Next::Send || (next == Next::Ask && asks) {
                    if next == Next::Ask {
                        asked = Some(Instant::now());
                    }
                    let _turn = self.turn.acquire().await;
                    let of = wait.clone();
                    let work = self.work(Lane::Waiting, caller, move |app, runtime, _| {
                        runtime.block_on(async {
                            match next {
                                Next::Send => Ok(drain::drain(app).await),
                                _ => of.ask(app).await,
                            }
                        })
                    });
                    if let Ok(work) = work {
                        send::add(warnings, heard(work).await?);
                    }
                }
                sleep(send::PACE).await;
            }
        };
        tokio::select! {
            reached = timeout_at(end, reach) => reached.unwrap_or(Ok(())),
            _ = hurries.wait_for(|told| *told) => Ok(()),
        }
    }

    /// Puts work into line; it is done as this caller's. The third it is given comes to its end once nobody wants to know
    /// any more.
    fn work<T: Send + 'static>(
        &self,
        lane: Lane,
        caller: &Caller,
        work: impl FnOnce(&mut App, &Runtime, Pin<&mut dyn Future<Output = ()>>) -> Result<T>
        + Send
        + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (mut answer, answered) = oneshot::channel();
        let caller = caller.clone();
        let job: Job = Box::new(move |app, runtime| {
            act_as(app, &caller);
            let worked = work(app, runtime, pin!(answer.closed()));
            let _ = answer.send(worked);
        });
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        let line = match (lines.as_ref(), lane) {
            (Some(lines), Lane::Quick) => &lines.quick,
            (Some(lines), Lane::Waiting) => &lines.waiting,
            (None, _) => return Err(Error::unavailable("comms is about to end")),
        };
        line.try_send(job).map_err(|_| busy())?;
        Ok(answered)
    }
}

async fn heard<T>(answered: oneshot::Receiver<Result<T>>) -> Result<T> {
    answered.await.unwrap_or_else(|_| Err(broken_off()))
}

fn broken_off() -> Error {
    Error::internal("a call broke off")
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
