//! `comms costs update`: what Twilio charges for SMS, into `prices.toml`.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::channel::twilio::Pricing;
use crate::config::prices::{FILE, Fetched, Outcome};
use crate::error::{Error, Result};
use crate::model::account::{Account, ChannelKind};
use crate::model::money::Money;
use crate::net::api::Scheme;
use crate::net::twilio;
use crate::ops::{App, Progress, access};
use crate::rules::phone;

/// What is to be asked.
#[derive(Clone, Debug, Default)]
pub struct UpdateRequest {
    /// The Twilio account whose prices they are.
    pub account: Option<String>,
    /// Codes of countries; none are those that were written to.
    pub countries: Vec<String>,
    /// All that Twilio has prices for.
    pub all: bool,
}

/// `comms.costs_update/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UpdateReport {
    pub account: String,
    /// The file they are in.
    pub file: String,
    /// From which day on they hold here.
    pub valid_from: String,
    pub prices: Vec<Updated>,
}

/// One country.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Updated {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// `sms`.
    pub kind: String,
    /// Of one segment at most, whatever the carrier; null where Twilio has no price.
    pub amount: Option<Money>,
    /// `added`, `changed`, `unchanged`, or `none` where Twilio has no price.
    pub change: String,
    /// What it was before.
    pub before: Option<Money>,
}

/// Asks Twilio and writes down what it says.
pub async fn update(app: &App, request: &UpdateRequest) -> Result<UpdateReport> {
    let account = account(app, request.account.as_deref())?;
    // A file that can't be read is no reason to ask anyone.
    app.config.prices()?;
    let pricing = pricing(app, account).await?;
    let countries = match request.all {
        true => pricing.countries().await?,
        false => countries(app, account, &request.countries)?,
    };
    let mut found = Vec::new();
    for (n, country) in countries.iter().enumerate() {
        (app.progress)(&Progress {
            stage: "asking for prices".to_owned(),
            done: n as u64 + 1,
            total: Some(countries.len() as u64),
        });
        found.push((country.clone(), pricing.sms_to(country).await?));
    }
    let fetched: Vec<Fetched> = found
        .iter()
        .filter_map(|(country, amount)| {
            Some(Fetched {
                country: country.clone(),
                amount: (*amount)?,
            })
        })
        .collect();
    let today = app.clock.now_local().date();
    let mut outcomes = app.config.update_prices(&fetched, today)?.into_iter();
    let told = found.into_iter().map(|(country, amount)| {
        let outcome = amount.and_then(|_| outcomes.next());
        Updated {
            country,
            kind: "sms".to_owned(),
            amount,
            change: name(outcome).to_owned(),
            before: match outcome {
                Some(Outcome::Changed(before)) => Some(before),
                _ => None,
            },
        }
    });
    Ok(UpdateReport {
        account: account.name.clone(),
        file: app.config.data_dir.join(FILE).display().to_string(),
        prices: told.collect(),
        valid_from: Date::to_string(&today),
    })
}

fn name(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Added) => "added",
        Some(Outcome::Changed(_)) => "changed",
        Some(Outcome::Unchanged) => "unchanged",
        None => "none",
    }
}

async fn pricing(app: &App, account: &Account) -> Result<Pricing> {
    let own = account.base_url.as_deref();
    let usual = own == ChannelKind::Twilio.base_url();
    let elsewhere = Account {
        base_url: match usual {
            true => Some(twilio::operations::PRICING.to_owned()),
            false => own.map(str::to_owned),
        },
        ..account.clone()
    };
    let settings = account
        .twilio
        .as_ref()
        .ok_or_else(|| Error::internal(format!("account `{}` is none of Twilio", account.name)))?;
    let user = settings.api_key.as_ref().unwrap_or(&settings.account_sid);
    let api = access::api(app, &elsewhere, twilio::reading).await?;
    Ok(Pricing::new(api.scheme(Scheme::Basic(user.clone()))))
}

/// The account that was named, or the only one of Twilio.
fn account<'a>(app: &'a App, asked: Option<&str>) -> Result<&'a Account> {
    if let Some(asked) = asked {
        let account = app.config.account(asked)?;
        return match account.channel {
            ChannelKind::Twilio => Ok(account),
            other => Err(Error::usage(format!(
                "account `{asked}` is of channel {}: only Twilio tells its prices",
                other.name()
            ))
            .hint("write other prices into prices.toml by hand; see `comms man costs`")),
        };
    }
    let accounts = app.config.accounts.iter();
    let all: Vec<&Account> = accounts
        .filter(|a| a.channel == ChannelKind::Twilio)
        .collect();
    match all.as_slice() {
        [one] => Ok(one),
        [] => Err(Error::config("there is no account of Twilio")
            .hint("run `comms auth add --channel twilio`, or write prices.toml by hand: `comms man costs`")),
        [first, ..] => {
            let names: Vec<_> = all.iter().map(|a| format!("`{}`", a.name)).collect();
            Err(Error::usage(format!(
                "several accounts could be asked: {}",
                names.join(", ")
            ))
            .hint(format!("pick one: --account {}", first.name)))
        }
    }
}

/// The countries that were asked for, else those that were written to and those the account is in.
fn countries(app: &App, account: &Account, asked: &[String]) -> Result<Vec<String>> {
    let mut found = BTreeSet::new();
    for code in asked {
        let code = code.trim();
        if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Err(Error::usage(format!("`{code}` is no country"))
                .hint("write two letters like `DE` (ISO 3166), several as `DE,US`"));
        }
        found.insert(code.to_ascii_uppercase());
    }
    if !found.is_empty() {
        return Ok(found.into_iter().collect());
    }
    let written_to = app.store.phone_numbers()?;
    let own = account.address.iter().cloned();
    found.extend(written_to.into_iter().chain(own).filter_map(|number| {
        let number = number.split_once(':').map_or(number.as_str(), |(_, n)| n);
        phone::country(number)
    }));
    found.extend(account.region().map(str::to_owned));
    if found.is_empty() {
        return Err(Error::usage("no number was written to yet")
            .hint("name the countries: comms costs update --country DE,US"));
    }
    Ok(found.into_iter().collect())
}
