//! Writes down what providers post: many calls share one commit, and none is answered before its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use crate::error::{Context, Error, Kind, Result};
use crate::ops::App;
use crate::store::{Count, Posted};

/// How long the first call of a commit waits for company.
const GATHER: Duration = Duration::from_millis(3);
/// How many calls share a commit at most.
const MOST: usize = 256;
/// How many calls may wait; who comes then is told to come again.
const QUEUE: usize = 2_048;
/// How long counts may wait for a commit.
const TALLY: Duration = Duration::from_secs(1);

/// The thread that writes, and the way to it.
pub struct Keeper {
    queue: SyncSender<Job>,
    /// Told after each commit that brought something to work on.
    pub news: Arc<Notify>,
    /// Whether the last commit failed.
    pub failing: Arc<AtomicBool>,
}

struct Job {
    posted: Vec<Posted>,
    counts: Vec<Count>,
    /// Nobody waits for mere counts.
    done: Option<oneshot::Sender<Result<()>>>,
}

impl Keeper {
    /// Starts the thread; it ends, with everything written, once the keeper is dropped.
    pub fn start(app: Arc<App>) -> Result<(Keeper, JoinHandle<()>)> {
        app.store.put_off_checkpoints()?;
        let (queue, jobs) = sync_channel(QUEUE);
        let keeper = Keeper {
            queue,
            news: Arc::default(),
            failing: Arc::default(),
        };
        let writer = Writer {
            app,
            jobs,
            news: Arc::clone(&keeper.news),
            failing: Arc::clone(&keeper.failing),
            open: Vec::new(),
            counts: Vec::new(),
        };
        let thread = std::thread::Builder::new()
            .name("keep".to_owned())
            .spawn(move || writer.run())
            .context(Kind::Internal, "starting a thread")?;
        Ok((keeper, thread))
    }

    /// Returns once this is on the disk.
    pub async fn keep(&self, posted: Vec<Posted>, counts: Vec<Count>) -> Result<()> {
        let (done, answer) = oneshot::channel();
        let job = Job {
            posted,
            counts,
            done: Some(done),
        };
        self.queue.try_send(job).map_err(|e| match e {
            TrySendError::Full(_) => {
                Error::unavailable("too much is posted at once").retry_after(Duration::from_secs(1))
            }
            TrySendError::Disconnected(_) => gone(),
        })?;
        answer.await.map_err(|_| gone())?
    }

    /// Adds to counters, some time soon; under load it may not.
    pub fn tally(&self, counts: Vec<Count>) {
        let job = Job {
            posted: Vec::new(),
            counts,
            done: None,
        };
        let _ = self.queue.try_send(job);
    }
}

fn gone() -> Error {
    Error::internal("the thread that keeps what is posted broke down")
}

struct Writer {
    app: Arc<App>,
    jobs: Receiver<Job>,
    news: Arc<Notify>,
    failing: Arc<AtomicBool>,
    /// Calls that wait for the commit.
    open: Vec<Job>,
    /// Counts for which nobody waits.
    counts: Vec<Count>,
}

impl Writer {
    fn run(mut self) {
        let mut tallied = Instant::now();
        loop {
            match self.jobs.recv_timeout(TALLY) {
                Ok(job) => {
                    self.take(job);
                    if !self.open.is_empty() {
                        self.gather();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.commit();
                    return;
                }
            }
            let late = !self.counts.is_empty() && tallied.elapsed() >= TALLY;
            if !self.open.is_empty() || late {
                self.commit();
                tallied = Instant::now();
            }
        }
    }

    fn take(&mut self, job: Job) {
        match job.done {
            Some(_) => self.open.push(job),
            None => self.counts.extend(job.counts),
        }
    }

    fn gather(&mut self) {
        let end = Instant::now() + GATHER;
        while self.open.len() < MOST {
            let left = end.saturating_duration_since(Instant::now());
            match self.jobs.recv_timeout(left) {
                Ok(job) => self.take(job),
                Err(_) => return,
            }
        }
    }

    fn commit(&mut self) {
        let mut counts = std::mem::take(&mut self.counts);
        for job in &mut self.open {
            counts.append(&mut job.counts);
        }
        let posted: Vec<&Posted> = self.open.iter().flat_map(|job| &job.posted).collect();
        let any = !posted.is_empty();
        if !any && counts.is_empty() {
            return self.answer(&Ok(()));
        }
        let kept = self.app.store.keep_events(&posted, &counts).map(drop);
        self.failing.store(kept.is_err(), Ordering::Relaxed);
        if let Err(e) = &kept {
            (self.app.notice)(&format!("what is posted can't be kept: {}", e.message));
        }
        self.answer(&kept);
        if any && kept.is_ok() {
            self.news.notify_one();
        }
    }

    fn answer(&mut self, kept: &Result<()>) {
        for job in self.open.drain(..) {
            let answer = match kept {
                Ok(()) => Ok(()),
                Err(e) => Err(Error::new(e.kind, e.message.clone())),
            };
            if let Some(done) = job.done {
                // Who hung up will post it again, and it is known then.
                let _ = done.send(answer);
            }
        }
    }
}
