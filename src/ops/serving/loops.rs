//! The loops beside the door: each on a thread, with connections to the store of its own.

use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::error::Result;
use crate::ops::receive::{self, Worked};
use crate::ops::stop::Stop;
use crate::ops::{App, drain, webhooks};
use crate::store::Store;

use super::{Beats, Desk, Part, spawn, sync};

/// How often a loop shows that it is there.
const SIGN: Duration = Duration::from_secs(10);
/// How often the worker looks for events that another process kept, or that failed before.
const LOOK: Duration = Duration::from_secs(1);
/// Between two checkpoints.
const PACE: Duration = Duration::from_millis(500);
/// How often it looks whether something is to be forgotten.
const TIDY: Duration = Duration::from_secs(600);
/// After a fault of the store or the disk.
const REST: Duration = Duration::from_secs(10);

/// Loops that run until they are told to end.
pub struct Loops {
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Loops {
    pub fn start(app: &Arc<App>, desk: &Arc<Desk>, parts: &[Part]) -> Result<Loops> {
        let (stop, stopped) = watch::channel(false);
        let mut threads = Vec::new();
        if parts.contains(&Part::Hooks) {
            // What happens as soon as it is said to be ready is told; a fault is met, and told, by the loop.
            let _ = webhooks::begin(app);
        }
        for part in parts.iter().filter(|part| part.has_loop()) {
            let of = Loop {
                part: *part,
                app: Arc::clone(app),
                beats: Arc::clone(&desk.beats),
                stopped: stopped.clone(),
            };
            let desk = Arc::clone(desk);
            threads.push(spawn(part.name(), move || match of.part {
                Part::Webhooks => of.run(|app, stop| work(app, of.part, (&desk, stop))),
                Part::Outbox => of.run(|app, stop| async {
                    drain::follow_until(app, Stop::by_starter(stop), |_| Ok(())).await
                }),
                Part::Sync => of.run(|app, stop| sync::follow(app, &of.beats, stop)),
                Part::Hooks => of.run(|app, stop| {
                    let sign = || of.beats.beat(Part::Hooks, None);
                    async move { webhooks::follow(app, stop, &sign).await }
                }),
                Part::Api | Part::Mcp => {}
            })?);
        }
        Ok(Loops { stop, threads })
    }

    /// Tells them all to end, after what is under way; gives what to wait for.
    pub fn end(self) -> Vec<JoinHandle<()>> {
        let _ = self.stop.send(true);
        self.threads
    }
}

struct Loop {
    part: Part,
    app: Arc<App>,
    beats: Arc<Beats>,
    stopped: watch::Receiver<bool>,
}

impl Loop {
    /// Runs a loop on a runtime of this thread; begins it anew if it fails.
    fn run<'a, F: Future<Output = Result<()>>>(
        &'a self,
        work: impl Fn(&'a App, watch::Receiver<bool>) -> F,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let Ok(runtime) = runtime else {
            self.beats
                .beat(self.part, Some("no runtime could be started".to_owned()));
            return;
        };
        runtime.block_on(async {
            let mut stop = Stop::by_starter(self.stopped.clone());
            while !stop.was_asked() {
                if let Err(e) = self.watched(work(&self.app, self.stopped.clone())).await {
                    (self.app.notice)(&format!(
                        "{} rests for a while: {}",
                        self.part.name(),
                        e.message
                    ));
                    self.beats.beat(self.part, Some(e.message));
                    let _ = timeout(REST, stop.asked()).await;
                }
            }
        });
        runtime.shutdown_timeout(Duration::from_millis(100));
    }

    /// Shows signs of life as long as the loop lets its thread go on.
    async fn watched(&self, work: impl Future<Output = Result<()>>) -> Result<()> {
        let signs = async {
            loop {
                self.beats.alive(self.part);
                sleep(SIGN).await;
            }
        };
        tokio::select! {
            biased;
            ended = work => ended,
            () = signs => Ok(()),
        }
    }
}

/// Carries the log over on a thread of its own: a commit that waits for it makes all calls in it wait.
struct Checkpoints(SyncSender<()>);

impl Checkpoints {
    fn start(store: Store) -> Checkpoints {
        let (ask, asked) = sync_channel::<()>(1);
        tokio::task::spawn_blocking(move || {
            while asked.recv().is_ok() {
                // What could not be carried over is the next one's.
                let _ = store.checkpoint();
                std::thread::sleep(PACE);
            }
        });
        Checkpoints(ask)
    }

    /// Some time soon; one that is asked for already is enough.
    fn ask(&self) {
        let _ = self.0.try_send(());
    }
}

/// Works on what was posted, at once.
async fn work(app: &App, part: Part, (desk, stop): (&Desk, watch::Receiver<bool>)) -> Result<()> {
    let mut stop = Stop::by_starter(stop);
    let mut tidied: Option<Instant> = None;
    // What was written before it began may still be in the log.
    let mut begun = false;
    let checkpoints = Checkpoints::start(app.store.twin());
    while !stop.was_asked() {
        if tidied.is_none_or(|at| at.elapsed() >= TIDY) {
            tidied = Some(Instant::now());
            if let Some(words) = receive::forget(app) {
                (app.notice)(&words);
            }
        }
        let worked = receive::process(app).await?;
        desk.beats.beat(part, None);
        let idle = worked == Worked::default();
        if !idle || !std::mem::replace(&mut begun, true) {
            checkpoints.ask();
        }
        if !idle && worked.failed == 0 {
            continue;
        }
        let news = async {
            match &desk.receiver {
                Some(receiver) => receiver.keeper.news.notified().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.asked() => {}
            () = news => {}
            () = sleep(LOOK) => {}
        }
    }
    Ok(())
}
