//! Fetching what is new, account by account: as soon as the server tells of it, or again and again.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::error::{Error, Kind, Result};
use crate::model::account::{Account, ChannelKind};
use crate::ops::stop::Stop;
use crate::ops::sync::{self, Writer, account};
use crate::ops::told::Told;
use crate::ops::{App, drain, hook};
use crate::store::Count;

use super::{Beats, Part};

/// Name of the counters of syncs that failed; the label is the code of the error.
pub const ERRORS: &str = "sync_errors";
/// Longer turns of IDLE get cut by routers.
const TURN: Duration = Duration::from_secs(300);
/// How often a Maildir is looked at.
const LOOK: Duration = Duration::from_secs(10);
const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(300);

/// Fetches for all accounts until it is told to end.
pub async fn follow(app: &App, beats: &Beats, stopped: watch::Receiver<bool>) -> Result<()> {
    let accounts: Vec<&Account> = app
        .config
        .accounts
        .iter()
        .filter(|account| account.channel.fetches() && !account.built_in)
        .collect();
    let writer = Writer::start(app.store.twin());
    let mut stop = Stop::by_starter(stopped.clone());
    let sources: Vec<_> = accounts
        .iter()
        .map(|account| Source {
            app,
            account,
            writer: &writer,
            beats,
        })
        .collect();
    let all = sources
        .iter()
        .map(|of| of.follow(Stop::by_starter(stopped.clone())));
    join_all(all).await;
    // Without accounts there is nothing to do.
    stop.asked().await;
    Ok(())
}

struct Source<'a> {
    app: &'a App,
    account: &'a Account,
    writer: &'a Writer,
    beats: &'a Beats,
}

/// When it is to end; how long it rests after a failure; what was told last.
type State<'s> = (&'s mut Stop, &'s mut Duration, &'s mut Told);

impl Source<'_> {
    /// Fetches until it is told to end; what fails is tried again ever more rarely.
    async fn follow(&self, mut stop: Stop) {
        let mut wait = SHORTEST;
        let mut told = Told::default();
        while !stop.was_asked() {
            let state = (&mut stop, &mut wait, &mut told);
            let ended = match self.account.channel {
                ChannelKind::Imap => self.imap(state).await,
                ChannelKind::Maildir => self.poll(LOOK, state).await,
                _ => self.poll(self.app.config.serve.poll, state).await,
            };
            let Err(error) = ended else { return };
            self.trouble(&error, &mut told).await;
            if error.kind != Kind::Unavailable {
                // Its owner has to do something about it.
                wait = LONGEST;
            }
            let _ = timeout(wait, stop.asked()).await;
            wait = (wait * 2).min(LONGEST);
        }
    }

    /// Waits for news beside the first look, so that nothing is missed in between.
    async fn imap(&self, (stop, wait, told): State<'_>) -> Result<()> {
        let mut credentials = account::credentials(self.app, self.account).await?;
        let mut session = account::open(self.app, self.account, &mut credentials).await?;
        session.open_folder("INBOX", "INBOX", None).await?;
        loop {
            self.fetch(told).await?;
            *wait = SHORTEST;
            tokio::select! {
                () = stop.asked() => return Ok(()),
                news = session.wait_for_news("INBOX", TURN) => drop(news?),
            }
        }
    }

    async fn poll(&self, every: Duration, (stop, wait, told): State<'_>) -> Result<()> {
        loop {
            self.fetch(told).await?;
            *wait = SHORTEST;
            tokio::select! {
                () = stop.asked() => return Ok(()),
                () = sleep(every) => {}
            }
        }
    }

    /// What fails for a part of the account (a folder that may not be opened) is told, and no reason to come back later.
    async fn fetch(&self, told: &mut Told) -> Result<()> {
        let trouble = sync::one(self.app, self.account, self.writer).await?;
        drain::reconcile(self.app)?;
        match trouble {
            Some(error) => self.trouble(&error, told).await,
            None => self.beats.beat(Part::Sync, None),
        }
        Ok(())
    }

    /// Counts a failure and tells of it once, until it is another.
    async fn trouble(&self, error: &Error, told: &mut Told) {
        let count = Count {
            name: ERRORS,
            account: self.account.name.clone(),
            label: error.kind.code().to_owned(),
            by: 1,
        };
        let _ = self.app.store.tally(&[count]);
        let words = format!("account `{}`: {}", self.account.name, error.message);
        self.beats.beat(Part::Sync, Some(words.clone()));
        if told.is_new(&words) {
            (self.app.notice)(&words);
        }
        for words in hook::fire(self.app).await {
            (self.app.notice)(&words);
        }
    }
}
