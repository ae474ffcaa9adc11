//! By what a message is charged: its parts, their kind and country, and the price that holds today.

use serde_json::Value;

use crate::error::Result;
use crate::format::{mime, payload, sms};
use crate::model::account::{Account, ChannelKind};
use crate::ops::App;
use crate::ops::deliver::room;
use crate::ops::whatsapp as whatsapp_rules;
use crate::rules::cost::{Prices, Want};
use crate::rules::phone;
use crate::store::outbox::Tariff;

/// Whether messages of this channel cost money.
pub fn is_priced(channel: &str) -> bool {
    ChannelKind::named(channel).is_some_and(ChannelKind::is_phone)
}

/// By what each part of a message is charged; nothing where it is free.
///
/// # Errors
/// `config` if `prices.toml` can't be read.
pub fn tariffs(app: &App, account: &Account, (raw, to): (&[u8], &str)) -> Result<Vec<Tariff>> {
    if !account.channel.is_phone() {
        return Ok(Vec::new());
    }
    let prices = app.config.prices()?;
    let found = match account.channel {
        ChannelKind::Whatsapp => whatsapp(app, account, (raw, to))?,
        _ => texts(account, (raw, to)),
    };
    let today = app.clock.now_local().date();
    Ok(found
        .into_iter()
        .map(|part| priced(part, &prices, today))
        .collect())
}

/// A part before it has a price.
struct Part {
    begins: usize,
    provider: &'static str,
    country: Option<String>,
    kind: String,
    units: u32,
}

fn priced(part: Part, prices: &Prices, today: jiff::civil::Date) -> Tariff {
    let want = Want {
        provider: part.provider,
        country: part.country.as_deref(),
        kind: &part.kind,
        on: today,
    };
    Tariff {
        part: part.begins,
        price: prices.find(want).map(|row| row.amount),
        allowance: prices.allowance((part.provider, &part.kind), today),
        provider: part.provider.to_owned(),
        country: part.country,
        kind: part.kind,
        units: part.units,
    }
}

/// SMS by segment, and one MMS for what carries files.
fn texts(account: &Account, (raw, to): (&[u8], &str)) -> Vec<Part> {
    let country = country(account, to);
    let smart = account.twilio.as_ref().is_some_and(|t| t.smart_encoding);
    let files = carries_files(raw);
    let parts = room::all_parts(account.channel.name(), raw);
    let part = |(n, (begins, text)): (usize, (usize, String))| {
        // Files go with the first part.
        let (kind, units) = match files && n == 0 {
            true => ("mms", 1),
            false if smart => ("sms", sms::size(&sms::smart(&text)).segments),
            false => ("sms", sms::size(&text).segments),
        };
        Part {
            begins,
            provider: "twilio",
            country: country.clone(),
            kind: kind.to_owned(),
            units,
        }
    };
    parts.into_iter().enumerate().map(part).collect()
}

/// Whether files go along, its own or such as the payload names.
fn carries_files(raw: &[u8]) -> bool {
    let own = mime::parse(raw);
    let named = payload::of(raw).is_some_and(|p| {
        let media = p.get("media").or_else(|| p.get("media_urls"));
        media
            .and_then(Value::as_array)
            .is_some_and(|all| !all.is_empty())
    });
    named || own.attachments.iter().any(|a| !payload::is_part(a))
}

/// One message each, by the category of the template; what is no template is of category `service`.
fn whatsapp(app: &App, account: &Account, (raw, to): (&[u8], &str)) -> Result<Vec<Part>> {
    let country = country(account, to);
    let payload = payload::of(raw);
    let template = payload.as_ref().and_then(|p| p.get("template"));
    let kind = match template {
        Some(template) => category(app, account, template)?,
        None => "service".to_owned(),
    };
    let parts = room::all_parts(account.channel.name(), raw);
    let part = |(begins, _)| Part {
        begins,
        provider: "whatsapp",
        country: country.clone(),
        kind: kind.clone(),
        units: 1,
    };
    Ok(parts.into_iter().map(part).collect())
}

/// Empty for one that is not known, which has no price: nobody guesses what Meta will take it for.
fn category(app: &App, account: &Account, template: &Value) -> Result<String> {
    let name = template.get("name").and_then(Value::as_str);
    let language = template.pointer("/language/code").and_then(Value::as_str);
    let (Some(name), Some(language)) = (name, language) else {
        return Ok(String::new());
    };
    let found = whatsapp_rules::category(app, account, (name, language))?;
    Ok(found.unwrap_or_default())
}

/// The country of a recipient: of its number, or as its business-scoped id begins.
fn country(account: &Account, to: &str) -> Option<String> {
    let who = to.split_once(':').map_or(to, |(_, who)| who);
    if who.starts_with('+') {
        return phone::country(who);
    }
    match who.split_once('.') {
        Some((country, _)) if country.len() == 2 => Some(country.to_ascii_uppercase()),
        // A short code is of where the account is.
        _ => account.region().map(str::to_owned),
    }
}
