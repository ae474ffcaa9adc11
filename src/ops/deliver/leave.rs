//! Whether an item may leave now: rules, circuits and budgets, and what becomes of one that may not.

use std::time::Duration;

use jiff::Timestamp;

use super::Run;
use crate::channel::smtp::BATCH;
use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::ops::App;
use crate::ops::gate::{self, Leave};
use crate::ops::throttle::{self, News, Permit};
use crate::store::Share;

/// Who would not wait for an account with too many others asks again after this.
const CROWDED: Duration = Duration::from_secs(60);

impl Run<'_> {
    /// Whether a rule or a budget keeps it from leaving now; it is written down with the item.
    pub(super) fn is_kept_back(&mut self) -> Result<bool> {
        let (app, id) = (self.app, self.item.id);
        let now = app.clock.now();
        match gate::may_leave(app, self.item)? {
            Leave::Now => {}
            Leave::Later(at, rule) => {
                app.store.put_off(id, (at, &rule), now)?;
                return Ok(true);
            }
            Leave::Held(rule) => {
                app.store.hold(id, (&rule, false), now)?;
                return Ok(true);
            }
            Leave::Refused(e) => {
                self.nothing_left(e)?;
                self.settle(None)?;
                return Ok(true);
            }
        }
        let Ok(account) = app.config.account(&self.item.account) else {
            return Ok(false);
        };
        if account.built_in || !account.can_send() {
            return Ok(false);
        }
        let user = throttle::User {
            owner: self.delivery.owner,
            insists: self.delivery.insists,
        };
        let wait = match throttle::circuit(app, account, user)? {
            Some((_, why)) if self.move_over(&why)? => return Ok(true),
            Some(wait) => wait,
            // What a request costs is known once it is made.
            None if account.base_url.is_some() => return Ok(false),
            None => match self.permit(account, self.waiting().len())? {
                Permit::Go(share) => {
                    self.share = Some(share);
                    return Ok(false);
                }
                Permit::Wait(at, why) => {
                    self.learn(account, News::Unasked)?;
                    (at, why)
                }
            },
        };
        self.wait(account, wait)?;
        Ok(true)
    }

    /// Lets it wait, and with it all that is due of its account, or fail if it is not to be kept.
    pub(super) fn wait(&mut self, account: &Account, (at, why): (Timestamp, String)) -> Result<()> {
        let (app, now) = (self.app, self.app.clock.now());
        if self.delivery.keep {
            app.store.put_off(self.item.id, (at, &why), now)?;
            return app.store.put_off_due(&account.name, (at, &why), now);
        }
        self.nothing_left(waits(app, at, &why))?;
        self.settle(None).map(drop)
    }

    /// Others of its account get no answer: it waits in the outbox, where it is next, or fails if it is not to be kept.
    pub(super) fn crowd_out(mut self) -> Result<()> {
        let (app, now) = (self.app, self.app.clock.now());
        let why = format!(
            "others of account {} that got no answer yet",
            self.item.account
        );
        if self.delivery.keep {
            return app.store.put_off(self.item.id, (now, &why), now);
        }
        let words = format!(
            "account `{}` got no answer for others that are on their way",
            self.item.account
        );
        self.nothing_left(Error::unavailable(words).retry_after(CROWDED))?;
        self.settle(None).map(drop)
    }

    pub(super) fn learn(&self, account: &Account, news: News<'_>) -> Result<()> {
        throttle::learn(self.app, account, (self.delivery.owner, news))
    }

    /// Asks for as much as one transaction may take.
    pub(super) fn permit(&self, account: &Account, recipients: usize) -> Result<Permit> {
        throttle::permit(
            self.app,
            account,
            self.delivery.owner,
            recipients.min(BATCH),
        )
    }

    /// The share for the next transaction; `None` if the rest has to wait.
    pub(super) fn next_share(&mut self, account: &Account, rest: usize) -> Result<Option<Share>> {
        if let Some(share) = self.share.take() {
            return Ok(Some(share));
        }
        match self.permit(account, rest)? {
            Permit::Go(share) => Ok(Some(share)),
            Permit::Wait(at, why) => {
                if self.delivery.keep {
                    self.put_off = Some((at, why));
                } else {
                    self.refused_by_budget = true;
                    self.nothing_left(waits(self.app, at, &why))?;
                }
                Ok(None)
            }
        }
    }

    pub(super) fn give_back(&mut self) -> Result<()> {
        match self.share.take() {
            Some(share) => throttle::unused(self.app, &share),
            None => Ok(()),
        }
    }
}

/// What keeps an item that nobody wants kept.
fn waits(app: &App, at: Timestamp, why: &str) -> Error {
    let left = at.duration_since(app.clock.now());
    Error::unavailable(format!("{why}: nothing more may leave before {at}"))
        .retry_after(left.try_into().unwrap_or_default())
}
