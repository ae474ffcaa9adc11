//! Money: an amount in millionths of a unit and its currency. Currencies are never added together.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// `20 USD`; shown and written as a decimal number and an ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// Millionths of the currency's unit.
    pub micros: i64,
    /// Three capital letters.
    currency: [u8; 3],
}

const UNIT: i64 = 1_000_000;
const DIGITS: usize = 6;

impl Money {
    /// So many millionths of the currency of another amount.
    pub fn like(self, micros: i64) -> Money {
        Money { micros, ..self }
    }

    /// The ISO 4217 code.
    pub fn currency(&self) -> &str {
        std::str::from_utf8(&self.currency).unwrap_or_default()
    }

    /// The sum; `None` for two currencies, or if it is too large to count.
    pub fn plus(self, other: Money) -> Option<Money> {
        if self.currency != other.currency {
            return None;
        }
        let micros = self.micros.checked_add(other.micros)?;
        Some(self.like(micros))
    }

    /// Whether it is more than another amount; `None` for two currencies.
    pub fn exceeds(self, other: Money) -> Option<bool> {
        (self.currency == other.currency).then_some(self.micros > other.micros)
    }
}

impl FromStr for Money {
    type Err = Error;

    /// Reads `20 USD`, `0.0075 EUR`; up to six decimals, no sign.
    fn from_str(text: &str) -> Result<Money> {
        let wrong = || {
            Error::usage(format!("`{text}` is not an amount of money"))
                .hint("write a number and a currency like `20 USD` or `0.50 EUR`")
        };
        let (number, currency) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let letters = currency.trim().as_bytes();
        let currency: [u8; 3] = letters.try_into().map_err(|_| wrong())?;
        if !currency.iter().all(u8::is_ascii_uppercase) {
            return Err(wrong());
        }
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > DIGITS {
            return Err(wrong());
        }
        let whole: i64 = whole.parse().map_err(|_| wrong())?;
        let part: i64 = format!("{part:0<DIGITS$}").parse().map_err(|_| wrong())?;
        let micros = whole.checked_mul(UNIT).and_then(|w| w.checked_add(part));
        Ok(Money {
            micros: micros.ok_or_else(wrong)?,
            currency,
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.micros < 0 { "-" } else { "" };
        let (whole, part) = (
            self.micros.unsigned_abs() / UNIT.unsigned_abs(),
            self.micros.unsigned_abs() % UNIT.unsigned_abs(),
        );
        let part = format!("{part:0DIGITS$}");
        let part = part.trim_end_matches('0');
        match part {
            "" => write!(f, "{sign}{whole} {}", self.currency()),
            part => write!(f, "{sign}{whole}.{part} {}", self.currency()),
        }
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A decimal number and an ISO 4217 code, as `20 USD`."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_as_it_is_shown() {
        for (text, micros) in [
            ("20 USD", 20_000_000),
            ("0 EUR", 0),
            ("0.0075 USD", 7_500),
            ("1.000001 CHF", 1_000_001),
        ] {
            let money: Money = text.parse().unwrap();
            assert_eq!(money.micros, micros, "{text}");
            assert_eq!(money.to_string(), text);
        }
        assert_eq!("2.50 USD".parse::<Money>().unwrap().to_string(), "2.5 USD");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "20",
            "USD",
            "20 usd",
            "20 DOLLAR",
            "-1 USD",
            "1.0000001 USD",
            "1. USD",
            "1e3 USD",
            "9999999999999999 USD",
            "",
        ] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }

    #[test]
    fn two_currencies_are_never_added_nor_compared() {
        let (usd, eur): (Money, Money) = ("20 USD".parse().unwrap(), "5 EUR".parse().unwrap());
        assert_eq!(usd.plus(eur), None);
        assert_eq!(usd.exceeds(eur), None);
        assert_eq!(usd.plus(usd).unwrap().to_string(), "40 USD");
        assert_eq!(usd.like(1).exceeds(usd), Some(false));
    }
}
