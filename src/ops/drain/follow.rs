//! `outbox run --follow`: draining as a loop, until someone ends it.

use std::time::Duration;

use tokio::time::sleep;

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
    mut tell: impl FnMut(&ItemReport) -> Result<()>,
) -> Result<()> {
    if app.config.read_only {
        return Err(Error::refused("nothing is sent while comms is read-only"));
    }
    let mut beats = 0u32;
    let filing = Filing::default();
    loop {
        let rest = match round(app, (beats, &filing), (&mut stop, &mut tell)).await {
            Ok(()) => PACE,
            Err(Fault::Telling(e)) => return Err(e),
            // A newer comms has the store: no rest mends that.
            Err(Fault::Working(e)) if e.kind == Kind::Config => return Err(e),
            Err(Fault::Working(e)) => {
                (app.notice)(&format!("the outbox rests for a while: {}", e.message));
                REST
            }
        };
        beats = beats.wrapping_add(1);
        tokio::select! {
            biased;
            () = stop.asked() => return Ok(()),
            () = sleep(rest) => {}
        }
    }
}

enum Fault {
    Working(Error),
    /// Nobody listens any more.
    Telling(Error),
}

impl From<Error> for Fault {
    fn from(e: Error) -> Fault {
        Fault::Working(e)
    }
}

async fn round(
    app: &App,
    (beats, filing): (u32, &Filing),
    (stop, tell): (&mut Stop, &mut impl FnMut(&ItemReport) -> Result<()>),
) -> std::result::Result<(), Fault> {
    if !app.store.has_outbox() {
        return Ok(());
    }
    if beats.is_multiple_of(SIGN) {
        note_runner(app)?;
        if let Some(words) = purge::retain(app) {
            (app.notice)(&words);
        }
    }
    let mut report = |id: OutboxId| -> std::result::Result<(), Fault> {
        tell(&ItemReport::from(app.store.outbox_item(id)?)).map_err(Fault::Telling)
    };
    for id in tidy(app)? {
        report(id)?;
    }
    if app.store.has_due(app.clock.now())? {
        let mut pass = Pass::new(app, filing)?;
        while !stop.was_asked()
            && let Some(id) = pass.next(None).await?
        {
            report(id)?;
        }
        if pass.interrupted {
            stop.now();
        }
        for words in pass.end().await.1 {
            (app.notice)(&words);
        }
    }
    for id in app.store.unfiled(100)? {
        // What falls due goes first.
        if stop.was_asked() || app.store.has_due(app.clock.now())? {
            break;
        }
        if let Some(words) = filing.file(app, id).await {
            (app.notice)(&words);
            // One that refuses is not asked every second.
            if !beats.is_multiple_of(SIGN) {
                break;
            }
        }
    }
    Ok(())
}
