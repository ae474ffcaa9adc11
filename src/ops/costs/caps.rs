//! Caps on money: what an account and an origin may spend within a calendar month.

use std::collections::HashMap;

use crate::error::Result;
use crate::model::account::Account;
use crate::model::outbox::RecipientState;
use crate::model::policy::Rules;
use crate::ops::App;
use crate::rules::cost::{Excess, exceeds};
use crate::store::outbox::{Cap, Item, NewItem, Purse, Tariff};

use super::{is_priced, month_began, tariffs};

/// The caps that hold for what this origin sends through an account, each with the line of the config that says so.
pub fn caps<'a>(rules: &'a Rules, account: Option<&'a Account>) -> Vec<(Cap<'a>, String)> {
    let of_origin = rules.max_cost_per_month.map(|most| {
        let purse = Purse::Origin(rules.origin);
        let line = format!("policy.{}.max_cost_per_month = {most}", rules.origin);
        (Cap { purse, most }, line)
    });
    let of_account = account.and_then(|account| {
        let most = account.max_cost_per_month?;
        let purse = Purse::Account(&account.name);
        let line = format!("accounts.{}.max_cost_per_month = {most}", account.name);
        Some((Cap { purse, most }, line))
    });
    of_origin.into_iter().chain(of_account).collect()
}

/// The rule that holds a message, by the line of its cap and why it does not fit.
fn rule(line: &str, excess: Excess, tariffs: &[Tariff]) -> String {
    match excess {
        Excess::Over => line.to_owned(),
        Excess::Other(currency) => format!("{line} (the price is in {currency})"),
        Excess::Unknown => {
            let unpriced = tariffs.iter().find(|t| t.price.is_none());
            match unpriced {
                Some(t) => format!("{line} (the price is unknown: {})", what(t)),
                None => format!("{line} (the price is unknown)"),
            }
        }
    }
}

/// What there is no price for.
fn what(tariff: &Tariff) -> String {
    let country = match &tariff.country {
        Some(country) => format!(" to {country}"),
        None => String::new(),
    };
    match tariff.kind.as_str() {
        "" => format!("the category of the template is not known{country}"),
        kind => format!("{} {kind}{country}", tariff.provider),
    }
}

/// What several items of one send come to together, before any of them is written down.
#[derive(Default)]
pub struct Purses {
    /// Millionths in the currency of the cap, by its line in the config.
    staged: HashMap<String, i64>,
}

impl Purses {
    /// Notes with an item what it costs; the rule that holds it, if it does not fit under a cap.
    ///
    /// # Errors
    /// `config` if `prices.toml` can't be read.
    pub fn charge(
        &mut self,
        app: &App,
        rules: &Rules,
        item: &mut NewItem,
    ) -> Result<Option<String>> {
        if !is_priced(&item.channel) {
            return Ok(None);
        }
        let account = app.config.account(&item.account)?;
        let waiting = |r: &&crate::store::outbox::Recipient| r.state == RecipientState::Waiting;
        let to = item.recipients.iter().find(waiting);
        let to = to.map_or("", |r| r.email.as_str());
        let tariffs = tariffs(app, account, (&item.raw, to))?;
        let since = month_began(app);
        item.charges = app.store.estimate(&item.account, &tariffs, since)?;
        let mut over = None;
        for (cap, line) in caps(rules, Some(account)) {
            let staged = self.staged.entry(line.clone()).or_default();
            let spent = app.store.spent(cap, since)?.micros.saturating_add(*staged);
            let prices = || item.charges.iter().map(|c| c.estimate);
            if let Some(excess) = exceeds(cap.most, spent, prices()) {
                over = over.or_else(|| Some(rule(&line, excess, &tariffs)));
            }
            let like = |m: &crate::model::money::Money| m.currency() == cap.most.currency();
            for money in prices().flatten().filter(like) {
                *staged = staged.saturating_add(money.micros);
            }
        }
        Ok(over)
    }
}

/// Lets an item that is about to leave pass the caps, and counts it from now on; the rule that holds it, if one does.
/// Without rules it passes whatever it costs.
pub fn pass(app: &App, item: &Item, rules: Option<&Rules>) -> Result<Option<String>> {
    if !is_priced(&item.channel) {
        return Ok(None);
    }
    // Without its account it goes nowhere.
    let Ok(account) = app.config.account(&item.account) else {
        return Ok(None);
    };
    let caps = rules.map_or_else(Vec::new, |rules| caps(rules, Some(account)));
    let raw = app.store.outbox_bytes(item.id)?;
    let tariffs = match tariffs(app, account, (&raw, item.to())) {
        Ok(tariffs) => tariffs,
        // What nobody can price is not held where nobody asks for its price.
        Err(e) => {
            return Ok(caps
                .first()
                .map(|(_, line)| format!("{line} (the price is unknown: {})", e.message)));
        }
    };
    let (only, lines): (Vec<Cap<'_>>, Vec<String>) = caps.into_iter().unzip();
    let when = (month_began(app), app.clock.now());
    let excess = app.store.pass_caps(item.id, (&tariffs, &only), when)?;
    Ok(excess.map(|(n, excess)| rule(&lines[n], excess, &tariffs)))
}
