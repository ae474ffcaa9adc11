//! What a message costs and how far each part of it got, as reports tell it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Result;
use crate::format::sms::{self, Encoding};
use crate::model::money::Money;
use crate::model::receive::Reported;
use crate::ops::deliver::room;
use crate::ops::{App, costs};
use crate::store::outbox::{Charge, NewItem, Report};

use super::ItemReport;

/// What a message costs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CostReport {
    /// By the prices known here; null is unknown.
    pub estimate: Option<Money>,
    /// What its provider billed for all parts; null as long as one of them has no price yet.
    pub billed: Option<Money>,
}

/// A part of a message: long texts go as several.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartReport {
    /// How its text travels, if it is an SMS.
    pub encoding: Option<Encoding>,
    /// The characters of an SMS that make it UCS-2, each once; empty for anything else.
    pub beyond_gsm7: Vec<char>,
    /// What is charged: segments of an SMS, 1 of anything else. As its provider counts, once it does.
    pub segments: u32,
    /// `sms`, `mms`; `service`, `utility`, `marketing`, `authentication`.
    pub kind: String,
    /// Where it goes (ISO 3166-1), if that can be told.
    pub country: Option<String>,
    /// By the prices known here; null is unknown.
    pub estimate: Option<Money>,
    pub billed: Option<Money>,
    /// The provider's own id of it.
    pub remote: Option<String>,
    /// How far it got, by its provider's word: `queued`, `sent`, `delivered`, `read` or `undelivered`.
    pub reported: Option<String>,
    pub delivered_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
    /// The provider's number or name for what went wrong, and its words.
    pub code: Option<String>,
    pub words: Option<String>,
}

/// Tells of an item what it costs; nothing where it is free.
pub fn tell(app: &App, item: &mut ItemReport) -> Result<()> {
    let (Some(id), true) = (item.id, costs::is_priced(&item.channel)) else {
        return Ok(());
    };
    let charges = app.store.charges(id)?;
    let parts = app.store.parts(id)?;
    let reports = app.store.reports(id)?;
    let told: Vec<(&Charge, Option<&Report>)> = charges
        .iter()
        .map(|charge| {
            let part = parts.iter().find(|p| p.begins == charge.part);
            let report = part.and_then(|p| reports.iter().find(|r| r.remote == p.remote));
            (charge, report)
        })
        .collect();
    item.cost = Some(CostReport {
        estimate: costs::sum(charges.iter().map(|c| c.estimate)),
        billed: costs::sum(told.iter().map(|(_, report)| report.and_then(|r| r.billed))),
    });
    item.parts = told
        .into_iter()
        .map(|(charge, report)| {
            let part = parts.iter().find(|p| p.begins == charge.part);
            let mut told = of_charge(charge);
            told.remote = part.map(|p| p.remote.clone());
            if let Some(report) = report {
                told.segments = report.segments.unwrap_or(told.segments);
                told.billed = report.billed;
                told.reported = Some(report.state.name().to_owned());
                told.delivered_at = report.delivered_at;
                told.read_at = report.read_at;
                let lost = report.state == Reported::Undelivered;
                told.code = report.code.clone().filter(|_| lost);
                told.words = report.words.clone().filter(|_| lost);
            }
            told
        })
        .collect();
    Ok(())
}

/// The same with the encoding of each part, for which its text is read.
pub fn tell_all(app: &App, item: &mut ItemReport) -> Result<()> {
    tell(app, item)?;
    if let (Some(id), false) = (item.id, item.parts.is_empty()) {
        let raw = app.store.outbox_bytes(id)?;
        let charges = app.store.charges(id)?;
        encode(&mut item.parts, &charges, (&item.channel, &raw));
    }
    Ok(())
}

/// What would be charged.
pub fn planned(item: &NewItem) -> (Option<CostReport>, Vec<PartReport>) {
    if !costs::is_priced(&item.channel) {
        return (None, Vec::new());
    }
    let cost = CostReport {
        estimate: costs::sum(item.charges.iter().map(|c| c.estimate)),
        billed: None,
    };
    let mut parts: Vec<PartReport> = item.charges.iter().map(of_charge).collect();
    encode(&mut parts, &item.charges, (&item.channel, &item.raw));
    (Some(cost), parts)
}

fn encode(parts: &mut [PartReport], charges: &[Charge], (channel, raw): (&str, &[u8])) {
    let texts = room::all_parts(channel, raw);
    for (part, charge) in parts.iter_mut().zip(charges) {
        let text = texts.iter().find(|(begins, _)| *begins == charge.part);
        if let Some((_, text)) = text.filter(|_| charge.kind == "sms") {
            let size = sms::size(text);
            part.encoding = Some(size.encoding);
            part.beyond_gsm7 = size.beyond_gsm7;
        }
    }
}

fn of_charge(charge: &Charge) -> PartReport {
    PartReport {
        encoding: None,
        beyond_gsm7: Vec::new(),
        segments: charge.units,
        kind: charge.kind.clone(),
        country: charge.country.clone(),
        estimate: charge.estimate,
        billed: None,
        remote: None,
        reported: None,
        delivered_at: None,
        read_at: None,
        code: None,
        words: None,
    }
}
