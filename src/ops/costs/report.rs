//! `comms costs`: what was spent, by whatever it is asked, and what is left of each cap.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan, Zoned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::money::{Currency, Money};
use crate::model::time::{self, Direction};
use crate::ops::App;
use crate::store::outbox::{Cap, Spending};

use super::caps::caps;
use super::month_began;

/// By what sums are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    #[default]
    Account,
    Channel,
    Month,
    Contact,
    Batch,
}

impl By {
    pub const ALL: [By; 5] = [By::Account, By::Channel, By::Month, By::Contact, By::Batch];

    pub fn name(self) -> &'static str {
        match self {
            By::Account => "account",
            By::Channel => "channel",
            By::Month => "month",
            By::Contact => "contact",
            By::Batch => "batch",
        }
    }
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct CostsRequest {
    pub by: By,
    /// Since the month began; by month, since twelve months began.
    pub since: Option<String>,
    /// Before now.
    pub until: Option<String>,
}

/// `comms.costs/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CostsReport {
    pub by: By,
    pub since: Timestamp,
    pub until: Timestamp,
    /// What costs most first, months in their order; one row for each currency.
    pub rows: Vec<CostsRow>,
    /// The same over all rows, for each currency.
    pub totals: Vec<CostsRow>,
    /// What is left of each cap this month.
    pub caps: Vec<CapReport>,
}

/// A sum in one currency. Currencies are never added together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CostsRow {
    /// The account, channel, month (`2026-11`), contact or batch; empty for what has none.
    pub key: String,
    /// Null for what has no known price.
    pub currency: Option<Currency>,
    /// What was billed, and where that is not known yet, what was estimated.
    pub spent: Option<Money>,
    /// By the prices known here.
    pub estimated: Option<Money>,
    pub billed: Option<Money>,
    pub messages: u64,
    /// Segments of SMS, and one for each message of anything else.
    pub segments: u64,
    /// Parts of messages without a bill yet.
    pub unbilled: u64,
    /// Parts of messages whose price nobody knows.
    pub unknown: u64,
    /// Of all that was spent in this currency, in hundredths.
    pub percent: Option<u8>,
}

/// A cap on money and how much of it is used up.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CapReport {
    /// The line of the config that says so.
    pub rule: String,
    pub most: Money,
    pub spent: Money,
    /// Below zero if more was approved, or billed than was estimated.
    pub left: Money,
    /// Parts that count nothing here, for their price is not known or is in another currency.
    pub beyond: u64,
}

/// Sums up what was spent.
pub fn costs(app: &App, request: &CostsRequest) -> Result<CostsReport> {
    // A price list that can't be read would be told as prices that nobody knows.
    app.config.prices()?;
    let (since, until) = period(app, request)?;
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    let mut totals: BTreeMap<Key, Sum> = BTreeMap::new();
    app.store.spendings((since, until), &mut |spending| {
        let key = key(app, request.by, &spending);
        let currency = spending.billed.or(spending.estimate).map(|m| m.currency());
        let add = |sums: &mut BTreeMap<Key, Sum>, key: String| {
            sums.entry((key, currency)).or_default().add(&spending);
        };
        add(&mut sums, key);
        add(&mut totals, String::new());
    })?;
    let of = |currency: Option<Currency>| totals.get(&(String::new(), currency)).map(|s| s.spent);
    let mut rows: Vec<CostsRow> = Vec::new();
    for ((key, currency), sum) in &sums {
        rows.push(sum.row((key, *currency), of(*currency))?);
    }
    if request.by != By::Month {
        rows.sort_by_key(|row| std::cmp::Reverse(row.spent.map(|m| m.micros)));
    }
    let told = totals
        .iter()
        .map(|((key, currency), sum)| sum.row((key, *currency), None))
        .collect::<Result<_>>()?;
    Ok(CostsReport {
        by: request.by,
        since,
        until,
        rows,
        totals: told,
        caps: cap_reports(app)?,
    })
}

/// How much of each cap is used up this month.
pub fn cap_reports(app: &App) -> Result<Vec<CapReport>> {
    let policy = &app.config.policy;
    let origins = [&policy.person, &policy.script, &policy.agent];
    // Those of an origin are about all accounts together.
    let origins = origins.iter().filter(|_| !app.store.is_limited());
    let mut all: Vec<(Cap<'_>, String)> = origins.flat_map(|r| caps(r, None)).collect();
    let nobody = crate::model::policy::Rules::of("", crate::model::policy::Act::Allow);
    for account in &app.config.accounts {
        all.extend(caps(&nobody, Some(account)));
    }
    let since = month_began(app);
    all.into_iter()
        .map(|(cap, rule)| {
            let spent = app.store.spent(cap, since)?;
            let money = cap.most.like(spent.micros);
            Ok(CapReport {
                rule,
                most: cap.most,
                spent: money,
                left: cap.most.minus(money).unwrap_or(cap.most.like(i64::MIN)),
                beyond: spent.beyond,
            })
        })
        .collect()
}

type Key = (String, Option<Currency>);

/// Sums in millionths. What is too large to count is told as such, never wrapped around.
#[derive(Default)]
struct Sum {
    spent: Option<i64>,
    estimated: Option<i64>,
    billed: Option<i64>,
    items: BTreeSet<i64>,
    foreign: u64,
    segments: u64,
    unbilled: u64,
    unknown: u64,
    overflow: bool,
}

impl Sum {
    fn add(&mut self, spending: &Spending) {
        let known = spending.billed.or(spending.estimate);
        let same = |m: &Money| known.is_some_and(|k| k.currency() == m.currency());
        let estimate = spending.estimate.filter(same);
        for (sum, part) in [
            (&mut self.spent, known),
            (&mut self.estimated, estimate),
            (&mut self.billed, spending.billed),
        ] {
            let Some(part) = part else { continue };
            match sum.unwrap_or(0).checked_add(part.micros) {
                Some(more) => *sum = Some(more),
                None => self.overflow = true,
            }
        }
        match spending.item {
            Some(item) => drop(self.items.insert(item.0)),
            None => self.foreign += 1,
        }
        self.segments += u64::from(spending.units);
        self.unbilled += u64::from(spending.billed.is_none());
        self.unknown += u64::from(known.is_none());
    }

    fn row(
        &self,
        (key, currency): (&str, Option<Currency>),
        all: Option<Option<i64>>,
    ) -> Result<CostsRow> {
        if self.overflow {
            return Err(Error::internal("the sum is too large to count")
                .hint("ask for less: --since, --until"));
        }
        let money = |micros: Option<i64>| Some(Money::of(micros?, currency?));
        let percent = |all: i64| {
            let part = i128::from(self.spent?) * 100 / i128::from(all);
            u8::try_from(part).ok()
        };
        Ok(CostsRow {
            key: key.to_owned(),
            currency,
            spent: money(self.spent),
            estimated: money(self.estimated),
            billed: money(self.billed),
            messages: self.items.len() as u64 + self.foreign,
            segments: self.segments,
            unbilled: self.unbilled,
            unknown: self.unknown,
            percent: all.flatten().filter(|all| *all > 0).and_then(percent),
        })
    }
}

fn key(app: &App, by: By, spending: &Spending) -> String {
    let none = String::new;
    match by {
        By::Account => spending.account.clone(),
        By::Channel => spending.channel.clone().unwrap_or_else(|| {
            let account = app.config.account(&spending.account);
            account.map_or_else(|_| none(), |a| a.channel.name().to_owned())
        }),
        By::Month => {
            let at = spending.at.to_zoned(app.clock.zone().clone());
            at.strftime("%Y-%m").to_string()
        }
        By::Contact => spending.contact.clone().unwrap_or_else(none),
        By::Batch => spending.batch.clone().unwrap_or_else(none),
    }
}

fn period(app: &App, request: &CostsRequest) -> Result<(Timestamp, Timestamp)> {
    let now = app.clock.now_local();
    let read = |text: &String| time::parse(text, &now, Direction::Past).map(|z| z.timestamp());
    let since = match (&request.since, request.by) {
        (Some(text), _) => read(text)?,
        (None, By::Month) => year_began(&now).unwrap_or(month_began(app)),
        (None, _) => month_began(app),
    };
    let until = match &request.until {
        Some(text) => read(text)?,
        // What is written down now counts too.
        None => now
            .timestamp()
            .checked_add(1.second())
            .unwrap_or(Timestamp::MAX),
    };
    if since >= until {
        return Err(
            Error::usage("--since is not before --until").hint("swap them, or leave one out")
        );
    }
    Ok((since, until))
}

/// When the month of eleven months ago began.
fn year_began(now: &Zoned) -> Option<Timestamp> {
    let first = now.date().first_of_month().checked_sub(11.months()).ok()?;
    Some(first.to_zoned(now.time_zone().clone()).ok()?.timestamp())
}
