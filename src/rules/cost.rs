//! What a message costs, by a table of prices: which row holds for which country, kind and day.
//!
//! A price is per unit: a segment of SMS, a message of anything else. Of the rows that fit, the one that names the
//! country beats the one for everywhere, then the newest that already holds, then the one written by hand.

use jiff::civil::Date;

use crate::model::money::{Currency, Money};

/// One price, as `prices.toml` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// `twilio` or `whatsapp`.
    pub provider: String,
    /// ISO 3166-1 alpha-2; `None` is everywhere.
    pub country: Option<String>,
    /// `sms`, `mms`; `service`, `utility`, `marketing`, `authentication`.
    pub kind: String,
    pub amount: Money,
    pub valid_from: Date,
    pub source: String,
    /// Where it stands in the file, from 1.
    pub line: usize,
}

/// So many units of a month cost nothing, counted per account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub provider: String,
    pub kind: String,
    pub per_month: u32,
    pub valid_from: Date,
    pub line: usize,
}

/// `prices.toml`, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    pub rows: Vec<Price>,
    pub free: Vec<Allowance>,
}

/// What is to be priced.
#[derive(Clone, Copy, Debug)]
pub struct Want<'a> {
    pub provider: &'a str,
    /// `None` where it can't be told.
    pub country: Option<&'a str>,
    pub kind: &'a str,
    pub on: Date,
}

/// Rows whose source is this were written by `comms costs update`.
pub const UPDATED: &str = "Twilio Pricing API";

impl Prices {
    /// The price of one unit; `None` if nobody wrote one down.
    pub fn find(&self, want: Want<'_>) -> Option<&Price> {
        let fits = |row: &&Price| {
            row.provider == want.provider
                && row.kind == want.kind
                && row.valid_from <= want.on
                && (row.country.is_none() || row.country.as_deref() == want.country)
        };
        self.rows.iter().filter(fits).max_by_key(|row| {
            let by_hand = row.source != UPDATED;
            (row.country.is_some(), row.valid_from, by_hand, row.line)
        })
    }

    /// How many units a month are free by then.
    pub fn allowance(&self, (provider, kind): (&str, &str), on: Date) -> u32 {
        let fits = |a: &&Allowance| a.provider == provider && a.kind == kind && a.valid_from <= on;
        let newest = self.free.iter().filter(fits);
        newest
            .max_by_key(|a| (a.valid_from, a.line))
            .map_or(0, |a| a.per_month)
    }

    /// What so many units cost, of which the first `free` cost nothing; `None` if the price is not known or the sum
    /// too large to count.
    pub fn cost(&self, want: Want<'_>, (units, free): (u32, u32)) -> Option<Money> {
        let price = self.find(want)?;
        price.amount.times(units.saturating_sub(free))
    }
}

/// Why a message does not fit under a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// With it more would be spent.
    Over,
    /// Nobody knows what it costs.
    Unknown,
    /// It costs another currency, which can't be compared.
    Other(Currency),
}

/// Why parts that cost so much would not fit under a cap of which so many millionths are spent; `None` if they do.
pub fn exceeds(
    most: Money,
    spent: i64,
    parts: impl IntoIterator<Item = Option<Money>>,
) -> Option<Excess> {
    let mut sum = spent;
    for part in parts {
        let Some(part) = part else {
            return Some(Excess::Unknown);
        };
        if part.currency() != most.currency() && part.micros != 0 {
            return Some(Excess::Other(part.currency()));
        }
        let Some(more) = sum.checked_add(part.micros) else {
            return Some(Excess::Over);
        };
        // What costs nothing fits, whatever was spent.
        if part.micros > 0 && more > most.micros {
            return Some(Excess::Over);
        }
        sum = more;
    }
    None
}

/// The highest of the prices in which a provider charges one message: nobody knows by which carrier it goes. An
/// estimate that is too high holds a message that could have gone; one that is too low breaks a cap.
pub fn highest(prices: impl IntoIterator<Item = Money>) -> Option<Money> {
    prices.into_iter().max_by_key(|money| money.micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, line: usize) -> Price {
        let words: Vec<&str> = text.split_whitespace().collect();
        Price {
            provider: words[0].to_owned(),
            country: (words[1] != "*").then(|| words[1].to_owned()),
            kind: words[2].to_owned(),
            amount: format!("{} USD", words[3]).parse().unwrap(),
            valid_from: words[4].parse().unwrap(),
            source: words[5].replace('_', " "),
            line,
        }
    }

    fn prices(text: &str) -> Prices {
        let lines = text.lines().filter(|l| !l.trim().is_empty());
        Prices {
            rows: lines.enumerate().map(|(n, l)| row(l, n + 1)).collect(),
            free: Vec::new(),
        }
    }

    fn want<'a>(text: &'a str) -> Want<'a> {
        let words: Vec<&str> = text.split_whitespace().collect();
        Want {
            provider: words[0],
            country: (words[1] != "?").then_some(words[1]),
            kind: words[2],
            on: words[3].parse().unwrap(),
        }
    }

    #[test]
    fn the_country_beats_everywhere_and_then_the_newest_that_already_holds() {
        let prices = prices(
            "
            twilio DE sms 0.07 2026-01-01 hand
            twilio DE sms 0.08 2026-06-01 hand
            twilio DE sms 0.09 2027-01-01 hand
            twilio *  sms 0.20 2026-12-01 hand
            twilio DE mms 0.30 2026-01-01 hand
            twilio FR sms 0.06 2026-06-01 Twilio_Pricing_API
            twilio FR sms 0.05 2026-06-01 contract
            whatsapp DE service 0.01 2026-01-01 hand",
        );
        for (asked, wanted) in [
            ("twilio DE sms 2026-01-01", Some("0.07 USD")),
            ("twilio DE sms 2026-05-31", Some("0.07 USD")),
            ("twilio DE sms 2026-06-01", Some("0.08 USD")),
            ("twilio DE sms 2026-12-31", Some("0.08 USD")),
            ("twilio DE sms 2027-01-01", Some("0.09 USD")),
            // Before any of them there is no price.
            ("twilio DE sms 2025-12-31", None),
            ("twilio DE mms 2026-12-01", Some("0.3 USD")),
            // Everywhere is for whom nothing nearer is written, and for whose country is not known.
            ("twilio AT sms 2026-12-01", Some("0.2 USD")),
            ("twilio ? sms 2026-12-01", Some("0.2 USD")),
            ("twilio ? sms 2026-11-30", None),
            ("twilio AT mms 2026-12-01", None),
            // What someone wrote by hand beats what was fetched for the same day.
            ("twilio FR sms 2026-07-01", Some("0.05 USD")),
            ("whatsapp DE service 2026-07-01", Some("0.01 USD")),
            ("whatsapp DE marketing 2026-07-01", None),
            ("slack DE sms 2026-07-01", None),
        ] {
            let found = prices.find(want(asked)).map(|row| row.amount.to_string());
            assert_eq!(found.as_deref(), wanted, "{asked}");
        }
    }

    #[test]
    fn units_that_are_free_cost_nothing_and_unknown_is_not_free() {
        let mut prices = prices("whatsapp DE service 0.01 2026-01-01 hand");
        for (from, per_month, line) in [("2026-10-01", 1_000, 9), ("2027-01-01", 500, 10)] {
            prices.free.push(Allowance {
                provider: "whatsapp".to_owned(),
                kind: "service".to_owned(),
                per_month,
                valid_from: from.parse().unwrap(),
                line,
            });
        }
        let free = |on: &str| prices.allowance(("whatsapp", "service"), on.parse().unwrap());
        assert_eq!(free("2026-09-30"), 0);
        assert_eq!(free("2026-10-01"), 1_000);
        assert_eq!(free("2027-03-01"), 500);
        let service = want("whatsapp DE service 2026-11-01");
        let cost = |units| prices.cost(service, units).unwrap().to_string();
        assert_eq!(cost((3, 0)), "0.03 USD");
        assert_eq!(cost((3, 2)), "0.01 USD");
        assert_eq!(cost((3, 9)), "0 USD");
        assert_eq!(
            prices.cost(want("whatsapp FR service 2026-11-01"), (1, 1)),
            None
        );
        prices.rows[0].amount = "9000000000000 USD".parse().unwrap();
        assert_eq!(prices.cost(service, (2, 0)), None);
    }

    #[test]
    fn a_cap_holds_what_would_exceed_it_and_what_nobody_can_compare() {
        let most: Money = "1 USD".parse().unwrap();
        let usd = |micros| Some(most.like(micros));
        let eur = |text: &str| Some(text.parse::<Money>().unwrap());
        for (spent, parts, wanted) in [
            (0, vec![usd(1_000_000)], None),
            (0, vec![usd(1_000_001)], Some(Excess::Over)),
            (900_000, vec![usd(50_000), usd(50_000)], None),
            (900_000, vec![usd(50_000), usd(50_001)], Some(Excess::Over)),
            (0, vec![usd(1), None], Some(Excess::Unknown)),
            (
                0,
                vec![eur("0.01 EUR")],
                Some(Excess::Other("EUR".parse().unwrap())),
            ),
            // Nothing is nothing in any currency, also where the cap is used up.
            (5_000_000, vec![eur("0 EUR"), usd(0)], None),
            (0, vec![], None),
            (1, vec![usd(i64::MAX)], Some(Excess::Over)),
            (i64::MAX, vec![usd(1)], Some(Excess::Over)),
        ] {
            assert_eq!(
                exceeds(most, spent, parts.clone()),
                wanted,
                "{spent} {parts:?}"
            );
        }
    }

    #[test]
    fn the_highest_of_all_carriers_is_the_bound() {
        let money = |text: &str| text.parse().unwrap();
        let all = ["0.0075 USD", "0.0083 USD", "0.0079 USD"].map(money);
        assert_eq!(highest(all), Some(money("0.0083 USD")));
        assert_eq!(highest([]), None);
    }
}
