//! Where calls are worked on: on threads with connections to the store of their own, so that no call waits for the disk on
//! a thread that serves sockets, and no quick one waits behind one that asks a network. A call that waits for what it sent
//! to be there is on none of them meanwhile: it comes back for a moment to look.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use futures_util::future::LocalBoxFuture;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::{Error, Result};
use crate::ops::audit::auditor;
use crate::ops::feed::Waker;
use crate::ops::send::{self, Next, Wait};
use crate::ops::{App, Origin, Progress};

use super::threads::{self, Job, Line, Settings};
use super::{Answer, Call, Caller, Scope, Waiting};

/// Threads for calls that only read the store, and for those that may wait.
const QUICK: usize = 2;
const WAITING: usize = 4;
/// Calls that may stand in line, per lane.
const LINE: usize = 256;
/// Providers that are asked at once for those who wait: the threads are there for the others.
const ASKERS: usize = 2;

/// Told how far a long call is.
pub type Telling = Arc<dyn Fn(&Progress) + Send + Sync>;

/// Dropping it ends its threads once they have done what is in line.
pub struct Pool {
    /// `None` once it ends.
    lines: RwLock<Option<Lines>>,
    settings: Arc<Settings>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Whether nobody is to wait any more.
    hurries: watch::Sender<bool>,
    turn: Semaphore,
    /// Whether nothing that changes something is to begin any more.
    refuses: Arc<AtomicBool>,
    /// Ends the thread that sends what is due.
    sends: Mutex<watch::Sender<bool>>,
}

struct Lines {
    quick: mpsc::Sender<Job>,
    waiting: Arc<Line>,
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.waiting.end();
    }
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

impl Pool {
    /// Starts the threads; nothing is opened before the first call.
    pub fn start(app: Arc<App>) -> Result<Pool> {
        let settings = Arc::new(Settings::new(app));
        let (quick, jobs) = mpsc::channel(LINE);
        let (jobs, waiting) = (Arc::new(Mutex::new(jobs)), Arc::new(Line::new()));
        let (sends, stopped) = watch::channel(false);
        let pool = Pool {
            lines: RwLock::new(Some(Lines {
                quick,
                waiting: Arc::clone(&waiting),
            })),
            settings: Arc::clone(&settings),
            threads: Mutex::default(),
            hurries: watch::Sender::new(false),
            turn: Semaphore::new(ASKERS),
            refuses: Arc::default(),
            sends: Mutex::new(sends),
        };
        for _ in 0..QUICK {
            let (jobs, settings) = (Arc::clone(&jobs), Arc::clone(&settings));
            pool.spawn("calls", move || threads::one_by_one(&jobs, &settings))?;
        }
        for _ in 0..WAITING {
            let (jobs, settings) = (Arc::clone(&waiting), Arc::clone(&settings));
            pool.spawn("long-calls", move || {
                threads::side_by_side(&jobs, &settings)
            })?;
        }
        pool.send(stopped)?;
        Ok(pool)
    }

    /// Starts the thread that sends what is due.
    fn send(&self, stopped: watch::Receiver<bool>) -> Result<()> {
        let settings = Arc::clone(&self.settings);
        self.spawn("sends", move || threads::send(&settings, stopped))
    }

    fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = std::thread::Builder::new().name(name.to_owned());
        let thread = thread
            .spawn(work)
            .map_err(|e| Error::internal("starting a thread").because(e))?;
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }

    /// Whoever waits for what they sent is told now how far it is.
    pub fn hurry(&self) {
        self.hurries.send_replace(true);
    }

    /// The same, and what changes something is begun no more.
    pub fn refuse(&self) {
        self.refuses.store(true, Ordering::Relaxed);
        self.hurry();
    }

    /// Other settings and secrets for the calls that come from now on.
    pub fn renew(&self, app: Arc<App>) {
        self.settings.renew(app);
        // What is under way comes to its end with the old ones.
        let (sends, stopped) = watch::channel(false);
        let mut current = self.sends.lock().unwrap_or_else(PoisonError::into_inner);
        current.send_replace(true);
        *current = sends;
        drop(current);
        if let Err(e) = self.send(stopped) {
            (self.settings.app().notice)(&e.message);
        }
    }

    /// Wakes whoever follows the feed.
    pub fn waker(&self) -> Waker {
        Waker::new(&self.settings.app())
    }

    /// Waits for the threads to end; calls in line are done first, and none comes after them.
    pub fn end(&self) {
        let lines = self.lines.write();
        *lines.unwrap_or_else(PoisonError::into_inner) = None;
        let sends = self.sends.lock().unwrap_or_else(PoisonError::into_inner);
        sends.send_replace(true);
        drop(sends);
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
        let (who, refuses) = (caller.clone(), Arc::clone(&self.refuses));
        let work = self.work(lane, &caller, move |app, given_up| {
            Box::pin(async move {
                if C::NEEDS != Scope::Read && refuses.load(Ordering::Relaxed) {
                    return Err(about_to_end());
                }
                assert!(!app.config.is_to_panic(C::NAME), "asked to");
                if let Some(telling) = telling {
                    app.progress = telling;
                }
                let run = call.run(app, &who);
                let done = match C::NEEDS {
                    Scope::Read => tokio::select! {
                        done = run => done,
                        () = given_up => Err(broken_off()),
                    },
                    _ => run.await,
                };
                let mut done = done?;
                let wait = done.wait.take();
                let answer = Answer::of::<C>(&mut done, (&fields, keeps))?;
                Ok(match wait {
                    Some(wait) => Worked::Waits(answer, done.report, wait),
                    None => Worked::Answered(answer),
                })
            })
        })?;
        let (now, report, Waiting { wait, then }) = match heard(work).await? {
            Worked::Answered(answer) => return Ok(answer),
            Worked::Waits(now, report, waiting) => (now, report, waiting),
        };
        let mut warnings = Vec::new();
        let waited = self.wait(&caller, (&wait, &mut warnings)).await;
        let end = || {
            self.work(Lane::Quick, &caller, move |app, _| {
                let done = then(report, (wait, warnings), app);
                let answer = done.and_then(|mut done| Answer::of::<C>(&mut done, (&[], false)));
                Box::pin(async move { Ok(answer) })
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
                let next = self.work(Lane::Quick, caller, move |app, _| {
                    let next = of.next_by_itself(app, left);
                    Box::pin(async move { next })
                });
                // Who finds a full line looks again later.
                let next = match next {
                    Ok(next) => heard(next).await?,
                    Err(_) => Next::Rest,
                };
                let asks = asked.is_none_or(|at| at.elapsed() >= send::ASKED);
                match next {
                    Next::Over => return Ok(()),
                    Next::Send => self.settings.crowd.send(caller.accounts.clone()),
                    Next::Ask if asks => {
                        asked = Some(Instant::now());
                        let _turn = self.turn.acquire().await;
                        let of = wait.clone();
                        let work = self.work(Lane::Waiting, caller, move |app, _| {
                            Box::pin(async move { of.ask(app).await })
                        });
                        if let Ok(work) = work {
                            send::add(warnings, heard(work).await?);
                        }
                    }
                    Next::Ask | Next::Rest => {}
                }
                sleep(send::PACE).await;
            }
        };
        tokio::select! {
            reached = timeout_at(end, reach) => reached.unwrap_or(Ok(())),
            _ = hurries.wait_for(|told| *told) => Ok(()),
        }
    }

    /// Puts work into line; it is done as this caller's. The second it is given comes to its end once nobody wants to know
    /// any more.
    fn work<T: Send + 'static>(
        &self,
        lane: Lane,
        caller: &Caller,
        work: impl for<'a> FnOnce(&'a mut App, GivenUp<'a>) -> LocalBoxFuture<'a, Result<T>>
        + Send
        + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (mut answer, answered) = oneshot::channel();
        let caller = caller.clone();
        let job: Job = Box::new(move |app| {
            Box::pin(async move {
                act_as(app, &caller);
                let worked = work(app, pin!(answer.closed())).await;
                let _ = answer.send(worked);
            })
        });
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        let fits = match (lines.as_ref(), lane) {
            (Some(lines), Lane::Quick) => lines.quick.try_send(job).is_ok(),
            (Some(lines), Lane::Waiting) => lines.waiting.push(job, LINE),
            (None, _) => return Err(about_to_end()),
        };
        fits.then_some(answered).ok_or_else(busy)
    }
}

/// Comes to its end once nobody wants to know any more.
type GivenUp<'a> = Pin<&'a mut (dyn Future<Output = ()> + 'a)>;

async fn heard<T>(answered: oneshot::Receiver<Result<T>>) -> Result<T> {
    answered.await.unwrap_or_else(|_| Err(broken_off()))
}

fn broken_off() -> Error {
    Error::internal("a call broke off")
}

fn about_to_end() -> Error {
    Error::unavailable("comms is about to end")
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
