//! `outbox run --follow`: draining as a loop, until someone ends it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::error::{Error, Kind, Result};
use crate::model::id::OutboxId;
use crate::ops::deliver::Filing;
use crate::ops::send::ItemReport;
use crate::ops::stop::Stop;
use crate::ops::{App, purge};

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
    follow_until(app, Stop::by_signals()?, tell).await
}

/// The same until it is told to end.
pub async fn follow_until(
    app: &App,
    mut stop: Stop,
    tell: impl FnMut(&ItemReport) -> Result<()>,
) -> Result<()> {
    if app.config.read_only {
        return Err(Error::refused("nothing is sent while comms is read-only"));
    }
    let filing = Filing::default();
    let mut round = Round {
        app,
        filing: &filing,
        tell,
        beats: 0,
        pass: None,
        at: Instant::now(),
        outcome: Ok(()),
    };
    loop {
        let ends = stop.was_asked() || round.outcome.is_err();
        match &round.pass {
            None if ends => return round.outcome,
            Some(pass) if ends => pass.stop(),
            _ => {}
        }
        tokio::select! {
            biased;
            () = stop.asked(), if !ends => {}
            () = sleep_until(round.at), if !ends => round.begin(),
            ended = next(&mut round.pass) => round.take_in(ended).await,
        }
        if round.pass.as_ref().is_some_and(Pass::was_interrupted) {
            stop.now();
        }
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
    /// When it looks again.
    at: Instant,
    /// A fault that ends it, after what is under way.
    outcome: Result<()>,
}

impl<T: FnMut(&ItemReport) -> Result<()>> Round<'_, T> {
    fn begin(&mut self) {
        self.at = Instant::now() + PACE;
        let begun = self.look();
        self.beats = self.beats.wrapping_add(1);
        if let Err(e) = begun {
            self.rest(e);
        }
        self.notice();
    }

    fn look(&mut self) -> Result<()> {
        let app = self.app;
        if !app.store.has_outbox() {
            return Ok(());
        }
        if self.beats.is_multiple_of(SIGN) {
            note_runner(app)?;
            if let Some(words) = purge::retain(app) {
                (app.notice)(&words);
            }
        }
        for id in tidy(app)? {
            self.report(id)?;
        }
        let (accounts, items) = self.filing.left_alone();
        if self.pass.is_none()
            && !app.store.has_due(app.clock.now())?
            && app.store.unfiled(1, (&accounts, &items))?.is_empty()
        {
            return Ok(());
        }
        let pass = match &mut self.pass {
            Some(pass) => pass,
            none => none.insert(Pass::new(app, self.filing)?),
        };
        pass.renew();
        pass.file_rest()
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
