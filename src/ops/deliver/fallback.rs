//! When another account takes over: what certainly was not sent, once, if its own account can't send.

use super::{Run, told};
use crate::error::{Kind, Result};
use crate::model::account::Account;
use crate::model::outbox::State;
use crate::ops::throttle;
use crate::store::outbox::Target;

impl Run<'_> {
    /// Whether it may go no more through its account, or found out that it still does not work: for nothing but faults
    /// that might have passed.
    pub(super) fn is_exhausted(&self) -> Result<bool> {
        let passing = matches!(&self.failed, Some((e, _)) if e.kind == Kind::Unavailable);
        let settled = self.unknown.is_some() || self.put_off.is_some() || self.refused_by_budget;
        if !passing || settled {
            return Ok(false);
        }
        let Ok(account) = self.app.config.account(&self.item.account) else {
            return Ok(false);
        };
        let tried = throttle::open_circuit(self.app, account)?.is_some();
        Ok(tried || self.next_try()?.is_none())
    }

    /// Settles an attempt that was the last one, and lets the fallback go on.
    pub(super) fn move_exhausted(&mut self) -> Result<()> {
        let (app, id, now) = (self.app, self.item.id, self.app.clock.now());
        let Some((e, _)) = &self.failed else {
            return Ok(());
        };
        let why = told(e);
        if self.fallback()?.is_some()
            && self.settle(Some(now))? == Some(State::Ready)
            && app.store.claim(id, self.delivery.owner, now)?
        {
            self.move_over(&why)?;
        }
        Ok(())
    }

    /// The account that may take over: of those that can be used, and not a second one.
    pub(super) fn fallback(&self) -> Result<Option<&Account>> {
        let config = &self.app.config;
        let name = config
            .account(&self.item.account)
            .ok()
            .and_then(|account| account.fallback.as_deref())
            .filter(|_| self.item.moved_from.is_none())
            .filter(|name| may_leave_by(self.item.limited_to.as_deref(), name));
        let Some(target) = name.and_then(|name| config.account(name).ok()) else {
            return Ok(None);
        };
        let open = throttle::open_circuit(self.app, target)?;
        let usable = open.is_none_or(|open| open.next_at <= self.app.clock.now());
        Ok(Some(target).filter(|_| usable))
    }

    /// Gives what certainly was not sent to the fallback. Bytes, Message-ID and approval stay.
    pub(super) fn move_over(&mut self, why: &str) -> Result<bool> {
        let Some(target) = self.fallback()? else {
            return Ok(false);
        };
        let to = Target {
            account: &target.name,
            channel: target.channel.name(),
            sender: target.address.as_deref().unwrap_or(&self.item.sender),
            why,
        };
        let by = (self.delivery.owner, self.app.clock.now());
        let done = self.app.store.move_item(self.item.id, to, by)?;
        if done {
            self.moved = Some(format!(
                "`{}` goes through account `{}` instead of `{}`: {why}",
                self.item.id, target.name, self.item.account
            ));
        }
        Ok(done)
    }
}

/// Whether who staged it was allowed this account: a key that lacks it does not write by it because another is down.
fn may_leave_by(limited_to: Option<&[String]>, account: &str) -> bool {
    limited_to.is_none_or(|all| all.iter().any(|one| one == account))
}
