//! What a message costs and how far it got, in lines for a person.

use crate::format::clean;
use crate::model::money::Money;
use crate::ops::send::ItemReport;
use crate::ops::send::cost::PartReport;

use super::super::output::Output;

/// Adds the lines of an item that costs something.
pub fn text(text: &mut String, item: &ItemReport, out: &Output) {
    if let (Some(at), None) = (item.delivered_at, item.read_at) {
        text.push_str(&format!("  delivered   {}\n", out.when(at)));
    }
    if let Some(at) = item.read_at {
        text.push_str(&format!("  read        {}\n", out.when(at)));
    }
    let Some(cost) = &item.cost else { return };
    for part in &item.parts {
        text.push_str(&format!(
            "  {:11} {}\n",
            clean::line(&part.kind),
            line(part)
        ));
    }
    let several = item.parts.len() > 1;
    match (cost.billed, cost.estimate) {
        (Some(billed), _) => text.push_str(&format!("  cost        {billed}\n")),
        (None, Some(estimate)) if several => {
            text.push_str(&format!("  cost        about {estimate} in all\n"));
        }
        _ => {}
    }
}

fn line(part: &PartReport) -> String {
    let mut words = Vec::new();
    if let Some(encoding) = part.encoding {
        words.push(encoding.as_str().to_owned());
        words.push(match part.segments {
            1 => "1 segment".to_owned(),
            n => format!("{n} segments"),
        });
        if !part.beyond_gsm7.is_empty() {
            words.push(format!("because of {}", signs(&part.beyond_gsm7)));
        }
    }
    words.extend(
        part.country
            .as_ref()
            .map(|c| format!("to {}", clean::line(c))),
    );
    words.push(price(part.billed, part.estimate));
    if let Some(reported) = &part.reported {
        words.push(reported.clone());
    }
    let why = [&part.words, &part.code];
    words.extend(why.into_iter().flatten().map(|w| clean::line(w)));
    words.join(", ")
}

/// Some characters, as many as a person reads; those that are not seen by their numbers.
fn signs(all: &[char]) -> String {
    const MOST: usize = 8;
    let shown = all.iter().take(MOST).map(|c| {
        match c.is_alphanumeric() || clean::line(&c.to_string()).trim() == c.to_string() {
            true => c.to_string(),
            false => format!("U+{:04X}", u32::from(*c)),
        }
    });
    let mut shown: Vec<String> = shown.collect();
    if all.len() > MOST {
        shown.push("…".to_owned());
    }
    shown.join(" ")
}

/// An amount, or that nobody knows it.
fn price(billed: Option<Money>, estimate: Option<Money>) -> String {
    match (billed, estimate) {
        (Some(billed), _) => format!("billed {billed}"),
        (None, Some(estimate)) => format!("about {estimate}"),
        (None, None) => "price unknown".to_owned(),
    }
}
