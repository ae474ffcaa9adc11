//! `comms serve`: one process that hears what providers post, drains the outbox and fetches mail.
//!
//! Each loop has a thread and connections to the store of its own. A loop that fails goes on after a rest; only what
//! can't begin at all, as a port that is taken, ends the process.

mod beats;
mod desk;
mod health;
mod keys;
mod loops;
mod metrics;
mod names;
mod shelf;
mod sync;
mod unit;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::{mpsc, watch};

use crate::config::{LOOK, Stamp};
use crate::error::{Error, Kind, Result};
use crate::ops::App;
use crate::ops::receive::hooks;
use crate::ops::stop::{Ending, Signals};

pub use crate::config::serve::AccessLog;
pub use beats::Beats;
pub use desk::Desk;
pub use health::{EventHealth, HealthReport, LoopHealth};
pub use keys::{Allowance, request_id};
pub use metrics::{Metric, MetricKind, Sample};
pub use names::Page;
pub use shelf::{Asked, Shelf, Standing};
pub use unit::{UnitReport, unit};

use loops::Loops;

/// What `serve` can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Hears what providers post, and works on it.
    Webhooks,
    /// Sends what falls due.
    Outbox,
    /// Fetches what is new.
    Sync,
    /// Answers programs: the HTTP API.
    Api,
    /// Answers agents: MCP over HTTP.
    Mcp,
    /// Tells others of what happens: webhooks of the user's.
    Hooks,
}

impl Part {
    pub const ALL: [Part; 6] = [
        Part::Webhooks,
        Part::Outbox,
        Part::Sync,
        Part::Api,
        Part::Mcp,
        Part::Hooks,
    ];

    /// Whether a loop of its own works for it; the others only answer.
    pub fn has_loop(self) -> bool {
        !matches!(self, Part::Api | Part::Mcp)
    }

    /// Whether it can be served while nothing may be written at a provider.
    pub fn only_reads(self) -> bool {
        matches!(self, Part::Sync | Part::Api | Part::Mcp)
    }

    pub fn name(self) -> &'static str {
        match self {
            Part::Webhooks => "webhooks",
            Part::Outbox => "outbox",
            Part::Sync => "sync",
            Part::Api => "api",
            Part::Mcp => "mcp",
            Part::Hooks => "hooks",
        }
    }

    /// The part of this name.
    pub fn named(name: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// What to serve, and where.
#[derive(Clone, Debug, Default)]
pub struct ServeRequest {
    /// Instead of `[serve] listen`.
    pub listen: Option<SocketAddr>,
    /// Empty means all.
    pub only: Vec<Part>,
    /// Instead of `[serve] access_log`.
    pub access_log: Option<AccessLog>,
}

/// Told once everything runs. `comms.serve/1`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ServeReport {
    /// Where webhooks, `/healthz` and `/metrics` are answered.
    pub listen: String,
    pub parts: Vec<Part>,
    /// The addresses to give to the providers.
    pub webhooks: Vec<WebhookAddress>,
}

/// Where an account's provider is to call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WebhookAddress {
    pub account: String,
    pub url: String,
}

/// Connections at once, where there are files for them.
const CONNECTIONS: u64 = 1_024;
/// Files and sockets of everything else: the store, providers, commands.
const OTHER_FILES: u64 = 256;

/// How many connections there may be at once, so that callers leave the store and the loops their files.
pub fn most_connections() -> usize {
    let files = crate::disk::most_open(CONNECTIONS + OTHER_FILES);
    let left = files.map_or(CONNECTIONS, |files| {
        // A process that may open next to nothing serves a few all the same.
        files.saturating_sub(OTHER_FILES).max(files / 8)
    });
    usize::try_from(left.clamp(8, CONNECTIONS)).unwrap_or(8)
}

/// What answers calls until it is told to end.
pub type Door = fn(Arc<Desk>, watch::Receiver<bool>) -> Result<()>;

/// Told once it listens.
pub type Ready<'a> = dyn FnMut(&ServeReport) -> Result<()> + 'a;

/// Serves until Ctrl-C or SIGTERM; `ready` is told once it listens.
pub fn serve(
    app: &App,
    request: &ServeRequest,
    (door, ready): (Door, &mut Ready<'_>),
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::internal("starting the runtime").because(e))?;
    super::token::may_renew();
    let served = runtime.block_on(run(app, request, (door, ready)));
    runtime.shutdown_timeout(Duration::from_millis(100));
    served
}

/// What the parts tell the one that started them.
enum News {
    Listening(SocketAddr),
    Ended(Result<()>),
}

async fn run(
    app: &App,
    request: &ServeRequest,
    (door, ready): (Door, &mut Ready<'_>),
) -> Result<()> {
    let parts = parts_of(app, request)?;
    let listen = request.listen.unwrap_or(app.config.serve.listen);
    warn_of_the_world(app, listen);
    let mut signals = Signals::listen()?;
    let mut hangups = Hangups::listen()?;
    let (tell, mut news) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let mut current = app.twin();
    current.store.be_frugal();
    let mut current = Arc::new(current);
    let beats = Arc::new(Beats::new(&parts));
    let listening = tell.clone();
    let (desk, keeping) = Desk::open(
        Arc::clone(&current),
        (listen, Arc::clone(&beats), request.access_log),
        Box::new(move |at| drop(listening.send(News::Listening(at)))),
    )
    .await?;
    let desk = Arc::new(desk);
    let ended = tell.clone();
    let (at_door, told) = (Arc::clone(&desk), stopped.clone());
    let http = spawn("http", move || {
        let _ = ended.send(News::Ended(door(at_door, told)));
    })?;
    let mut loops: Option<Loops> = None;
    // Loops of former settings that end after what they have under way.
    let mut ending = Vec::new();
    let mut stamp = Stamp::of(&current.config);
    let outcome = loop {
        tokio::select! {
            biased;
            signal = signals.ending() => break match signal {
                Ending::Terminated => Ok(()),
                Ending::Interrupted => Err(Error::new(Kind::Interrupted, "interrupted")),
            },
            told = news.recv() => match told {
                Some(News::Listening(at)) => {
                    loops = Some(Loops::start(&current, &desk, &parts)?);
                    ready(&report(&current, &desk, (at, &parts)))?;
                }
                Some(News::Ended(ended)) => break ended,
                None => break Ok(()),
            },
            () = hangups.next() => {
                stamp = Stamp::of(&current.config);
                ending.extend(renew(&mut current, &desk, (&mut loops, &parts)).await?);
            }
            () = tokio::time::sleep(LOOK) => {
                if stamp.has_changed(&current.config) {
                    ending.extend(renew(&mut current, &desk, (&mut loops, &parts)).await?);
                }
            }
        }
    };
    let _ = stop.send(true);
    desk.hurry();
    let end = async {
        tokio::task::spawn_blocking(move || {
            let _ = http.join();
            ending.extend(loops.map(Loops::end).unwrap_or_default());
            desk.end();
            for thread in ending {
                let _ = thread.join();
            }
            // The last desk closes the way to the thread that keeps, which then writes what it has.
            drop(desk);
            let _ = keeping.map(JoinHandle::join);
        })
        .await
    };
    tokio::select! {
        _ = end => outcome,
        _ = signals.ending() => Err(Error::new(Kind::Interrupted, "interrupted before everything had ended")),
    }
}

/// The config or a secret may be another: loops begin anew with it, and those that end are given. What can't be read
/// changes nothing.
async fn renew(
    current: &mut Arc<App>,
    desk: &Arc<Desk>,
    (loops, parts): (&mut Option<Loops>, &[Part]),
) -> Result<Vec<JoinHandle<()>>> {
    let Some(app) = current.again() else {
        return Ok(Vec::new());
    };
    let app = Arc::new(app);
    desk.renew(Arc::clone(&app)).await;
    // What is under way comes to its end with the old settings; claims keep old and new apart.
    let ending = loops.take().map(Loops::end).unwrap_or_default();
    *loops = Some(Loops::start(&app, desk, parts)?);
    app.tell_read_again();
    *current = app;
    Ok(ending)
}

fn parts_of(app: &App, request: &ServeRequest) -> Result<Vec<Part>> {
    if !app.config.read_only {
        return Ok(match request.only.is_empty() {
            true => Part::ALL.into(),
            false => request.only.clone(),
        });
    }
    if request.only.is_empty() {
        let reading = Part::ALL.into_iter().filter(|part| part.only_reads());
        return Ok(reading.collect());
    }
    match request.only.iter().find(|part| !part.only_reads()) {
        Some(part) => Err(Error::refused(format!(
            "`{}` is not served while comms is read-only",
            part.name()
        ))
        .hint("`comms serve --only sync,api,mcp` only reads")),
        None => Ok(request.only.clone()),
    }
}

fn warn_of_the_world(app: &App, listen: SocketAddr) {
    if listen.ip().is_loopback() {
        return;
    }
    (app.notice)(&format!(
        "{listen} can be reached from other machines, and what is said there is not encrypted: let a proxy with a certificate stand before it (`comms man webhooks`)"
    ));
}

fn report(app: &App, desk: &Desk, (at, parts): (SocketAddr, &[Part])) -> ServeReport {
    let webhooks = hooks::called(app).map(|account| WebhookAddress {
        account: account.name.clone(),
        url: hooks::address(app, at, account),
    });
    ServeReport {
        listen: format!("http://{at}"),
        parts: parts.to_vec(),
        webhooks: webhooks.filter(|_| desk.hears()).collect(),
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|e| Error::internal("starting a thread").because(e))
}

/// SIGHUP: read the settings again.
#[cfg(unix)]
struct Hangups(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Hangups {
    fn listen() -> Result<Hangups> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangups = signal(SignalKind::hangup());
        hangups
            .map(Hangups)
            .map_err(|e| Error::internal("listening for signals").because(e))
    }

    async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
struct Hangups;

#[cfg(not(unix))]
impl Hangups {
    fn listen() -> Result<Hangups> {
        Ok(Hangups)
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}
