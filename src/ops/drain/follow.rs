//! `outbox run --follow`: draining as a loop, until someone ends it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::error::{Error, Kind, Result};
use crate::model::id::OutboxId;
use crate::ops::deliver::{Crowd, Filing};
use crate::ops::send::ItemReport;
use crate::ops::stop::Stop;
use crate::ops::{App, Renewals, confirm, purge};

use super::{Pass, note_runner, tidy};

/// How often it looks for something due: one question to an index.
const PACE: Duration = Duration::from_secs(1);
/// After a fault of the store or the disk.
const REST: Duration = Duration::from_secs(30);
/// How often it says that it is there.
const SIGN: u32 = 60;

/// Sends what falls due, as it falls due, and tells of each item; ends with Ctrl-C or SIGTERM, after the item under way.
///
/// # Errors
/// `config` once a newer comms migrated the store.
pub async fn follow(app: &App, tell: impl FnMut(&ItemReport) -> Result<()>) -> Result<()> {
    let mut stop = Stop::by_signals()?;
    let tell = RefCell::new(tell);
    let begin = |app: Rc<App>, told| {
        let tell = &tell;
        async move { follow_until(&app, Stop::by_starter(told), |of| (tell.borrow_mut())(of)).await }
    };
    let mut renewals = Renewals::of(app);
    let (mut end, told) = watch::channel(false);
    // The last one, and those of former settings, which end after what they have under way.
    let mut rounds = FuturesUnordered::from_iter([begin(Rc::new(app.twin()), told)]);
    let mut outcome = Ok(());
    let mut ends = false;
    while !rounds.is_empty() {
        tokio::select! {
            biased;
            () = stop.asked(), if !ends => ends = true,
            Some(ended) = rounds.next() => {
                // By itself: something is amiss, or it was interrupted.
                ends |= ended.is_err() || rounds.is_empty();
                outcome = outcome.and(ended);
            }
            app = renewals.next(), if !ends => {
                let app = Rc::new(app);
                let (next, told) = watch::channel(false);
                rounds.push(begin(Rc::clone(&app), told));
                end.send_replace(true);
                end = next;
                app.tell_read_again();
            }
        }
        if ends {
            end.send_replace(true);
        }
    }
    outcome
}

/// The same until it is told to end.
pub async fn follow_until(
    app: &App,
    stop: Stop,
    tell: impl FnMut(&ItemReport) -> Result<()>,
) -> Result<()> {
    if app.config.read_only {
        return Err(Error::refused("nothing is sent while comms is read-only"));
    }
    let filing = Filing::default();
    Round::new(app, (&filing, None), tell).run(stop).await
}

/// Sends what is due for others, whenever they say that something may be; ends as a loop does.
pub async fn when_told(app: &App, crowd: &Crowd, stop: Stop) -> Result<()> {
    let filing = Filing::default();
    Round::new(app, (&filing, Some(crowd)), |_| Ok(()))
        .run(stop)
        .await
}

/// Until it is to look again.
async fn turn(at: Instant, told: Option<&Crowd>) {
    sleep_until(at).await;
    if let Some(told) = told {
        told.asked().await;
    }
}

/// What ends next of a pass, if there is one.
async fn next(pass: &mut Option<Pass<'_>>) -> Result<Option<OutboxId>> {
    match pass {
        Some(pass) => pass.next().await,
        None => std::future::pending().await,
    }
}

/// Looking again and again. What is under way outlives a round: nobody waits for the slowest.
struct Round<'a, T> {
    app: &'a App,
    filing: &'a Filing,
    tell: T,
    beats: u32,
    /// `None` while there is nothing to do.
    pass: Option<Pass<'a>>,
    /// Not before this it looks again.
    at: Instant,
    /// Who says when to look; `None` if the time does.
    told: Option<&'a Crowd>,
    /// A fault that ends it, after what is under way.
    outcome: Result<()>,
}

impl<'a, T: FnMut(&ItemReport) -> Result<()>> Round<'a, T> {
    fn new(app: &'a App, (filing, told): (&'a Filing, Option<&'a Crowd>), tell: T) -> Self {
        Round {
            app,
            filing,
            tell,
            beats: 0,
            pass: None,
            at: Instant::now(),
            told,
            outcome: Ok(()),
        }
    }

    async fn run(mut self, mut stop: Stop) -> Result<()> {
        loop {
            let ends = stop.was_asked() || self.outcome.is_err();
            match &self.pass {
                None if ends => return self.outcome,
                Some(pass) if ends => pass.stop(),
                _ => {}
            }
            tokio::select! {
                biased;
                () = stop.asked(), if !ends => {}
                () = turn(self.at, self.told), if !ends => self.begin(),
                ended = next(&mut self.pass) => self.take_in(ended).await,
            }
            if self.pass.as_ref().is_some_and(Pass::was_interrupted) {
                stop.now();
            }
        }
    }

    fn begin(&mut self) {
        self.at = Instant::now() + PACE;
        let begun = match self.told.map(Crowd::due) {
            Some(only) => self.look_within(only),
            None => self.look(),
        };
        self.beats = self.beats.wrapping_add(1);
        if let Err(e) = begun {
            self.rest(e);
        }
        self.notice();
    }

    /// Looks for items of these accounts alone, and of those that were asked for before and are not sent yet.
    fn look_within(&mut self, only: Option<Vec<String>>) -> Result<()> {
        let before = self.pass.as_ref().map(|pass| pass.only.clone());
        let only = match (only, before) {
            (None, _) | (_, Some(None)) => None,
            (only, None) => only,
            (Some(now), Some(Some(before))) => Some([now, before].concat()),
        };
        let app = self.app;
        let looked = app.store.within(only.as_deref(), || self.look());
        if let Some(pass) = &mut self.pass {
            pass.only = only;
        }
        looked
    }

    fn look(&mut self) -> Result<()> {
        let app = self.app;
        if !app.store.has_outbox() {
            return Ok(());
        }
        if self.told.is_none() && self.beats.is_multiple_of(SIGN) {
            note_runner(app)?;
            if let Some(words) = purge::retain(app) {
                (app.notice)(&words);
            }
        }
        for id in tidy(app)? {
            self.report(id)?;
        }
        // Who sends aside does no more than what a command does beside its own work.
        let (doubtful, files) = match self.told {
            Some(_) => (confirm::doubtful(app)?, false),
            None => (Vec::new(), self.has_copies()?),
        };
        let is_idle = self.pass.is_none() && doubtful.is_empty() && !files;
        if is_idle && !app.store.has_due(app.clock.now())? {
            return Ok(());
        }
        let pass = match &mut self.pass {
            Some(pass) => pass,
            none => none.insert(Pass::new(app, self.filing)?),
        };
        pass.renew();
        pass.ask(doubtful);
        match files {
            true => pass.file_rest(),
            false => Ok(()),
        }
    }

    fn has_copies(&self) -> Result<bool> {
        let (accounts, items) = self.filing.left_alone();
        let copies = self.app.store.unfiled(1, (&accounts, &items))?;
        Ok(!copies.is_empty())
    }

    async fn take_in(&mut self, ended: Result<Option<OutboxId>>) {
        let is_over = matches!(ended, Ok(None));
        let told = ended.and_then(|id| id.map_or(Ok(()), |id| self.report(id)));
        let trouble = self.pass.as_mut().and_then(Pass::trouble);
        for e in told.err().into_iter().chain(trouble) {
            self.rest(e);
        }
        self.notice();
        if let Some(pass) = self.pass.take_if(|_| is_over) {
            pass.end().await;
        }
    }

    fn report(&mut self, id: OutboxId) -> Result<()> {
        let item = ItemReport::from(self.app.store.outbox_item(id)?);
        // Nobody listens any more.
        if let Err(e) = (self.tell)(&item) {
            self.outcome = Err(e);
        }
        Ok(())
    }

    fn rest(&mut self, e: Error) {
        // A newer comms has the store: no rest mends that.
        if e.kind == Kind::Config {
            self.outcome = Err(e);
            return;
        }
        (self.app.notice)(&format!("the outbox rests for a while: {}", e.message));
        self.at = Instant::now() + REST;
        if let Some(pass) = &mut self.pass {
            pass.rest();
        }
    }

    fn notice(&mut self) {
        let warnings = self.pass.as_mut().map(Pass::warnings);
        for words in warnings.unwrap_or_default() {
            (self.app.notice)(&words);
        }
    }
}
