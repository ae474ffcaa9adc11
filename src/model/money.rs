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
    currency: Currency,
}

/// A code of ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

const UNIT: i64 = 1_000_000;
const DIGITS: usize = 6;

impl Money {
    /// So many millionths of the currency of another amount.
    pub fn like(self, micros: i64) -> Money {
        Money { micros, ..self }
    }

    /// So many millionths of a currency.
    pub fn of(micros: i64, currency: Currency) -> Money {
        Money { micros, currency }
    }

    /// Reads a decimal number as providers write it: with a sign, with as many zeros as they like, and no exponent.
    ///
    /// # Errors
    /// `usage` if it is no number, finer than a millionth, or too large to count.
    pub fn decimal(number: &str, currency: Currency) -> Result<Money> {
        let number = number.trim();
        let micros = micros(number).ok_or_else(|| {
            Error::usage(format!("`{number}` is not an amount of money"))
                .hint("write a number like `20` or `0.0075`, with at most six decimals")
        })?;
        Ok(Money { micros, currency })
    }

    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// So many times this; `None` if it is too large to count.
    pub fn times(self, count: u32) -> Option<Money> {
        let micros = self.micros.checked_mul(i64::from(count))?;
        Some(self.like(micros))
    }

    /// The difference; `None` for two currencies, or if it is too large to count.
    pub fn minus(self, other: Money) -> Option<Money> {
        let micros = other.micros.checked_neg()?;
        self.plus(other.like(micros))
    }

    /// The number alone, without its currency.
    pub fn number(&self) -> String {
        let sign = if self.micros < 0 { "-" } else { "" };
        let (whole, part) = (
            self.micros.unsigned_abs() / UNIT.unsigned_abs(),
            self.micros.unsigned_abs() % UNIT.unsigned_abs(),
        );
        let part = format!("{part:0DIGITS$}");
        match part.trim_end_matches('0') {
            "" => format!("{sign}{whole}"),
            part => format!("{sign}{whole}.{part}"),
        }
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
        let currency: Currency = currency.trim().parse()?;
        let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let micros = micros(number).filter(|_| plain).ok_or_else(wrong)?;
        Ok(Money { micros, currency })
    }
}

/// Millionths of a decimal number.
fn micros(number: &str) -> Option<i64> {
    let (sign, number) = match number.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return None;
    }
    let part = part.trim_end_matches('0');
    if part.len() > DIGITS {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<DIGITS$}").parse().ok()?;
    whole
        .checked_mul(UNIT)?
        .checked_add(part)?
        .checked_mul(sign)
}

impl Currency {
    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Currency {
    type Err = Error;

    /// Reads a code in capital letters.
    fn from_str(text: &str) -> Result<Currency> {
        let known = text.len() == 3 && CODES.split_ascii_whitespace().any(|code| code == text);
        let code = text.as_bytes().try_into().ok().filter(|_| known);
        code.map(Currency).ok_or_else(|| {
            Error::usage(format!("there is no currency `{text}`"))
                .hint("write its code of ISO 4217 in capital letters, like `USD` or `EUR`")
        })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An ISO 4217 code, as `USD`."
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.currency)
    }
}

/// The currencies in use (ISO 4217, list one), without metals and test codes.
const CODES: &str = "\
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL
MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON
RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

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
            "20 XYZ",
            "+1 USD",
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

    #[test]
    fn a_number_of_a_provider_is_read_to_the_last_millionth_or_refused() {
        let usd: Currency = "USD".parse().unwrap();
        for (text, micros) in [
            ("-0.00750", -7_500),
            ("-0.0075000000", -7_500),
            ("0.05", 50_000),
            ("+1", 1_000_000),
            ("-0", 0),
            (" 12.5 ", 12_500_000),
            ("9223372036854.775807", i64::MAX),
        ] {
            assert_eq!(Money::decimal(text, usd).unwrap().micros, micros, "{text}");
        }
        for text in [
            "",
            "-",
            ".5",
            "1.",
            "1e-3",
            "0,05",
            "0.0000001",
            "--1",
            "NaN",
            "9223372036854.775808",
            "99999999999999999999",
            "1.2.3",
        ] {
            assert!(Money::decimal(text, usd).is_err(), "{text}");
        }
    }

    #[test]
    fn counting_never_wraps_around() {
        let most = Money::of(i64::MAX, "USD".parse().unwrap());
        assert_eq!(most.plus(most.like(1)), None);
        assert_eq!(most.times(2), None);
        assert_eq!(most.like(i64::MIN).minus(most), None);
        assert_eq!(most.minus(most.like(1)).unwrap().micros, i64::MAX - 1);
        assert_eq!(most.like(7_500).times(3).unwrap().number(), "0.0225");
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_counted_reads_back_as_it_was(micros in proptest::prelude::any::<i64>()) {
            let money = Money::of(micros, "EUR".parse().unwrap());
            let again = Money::decimal(&money.number(), money.currency());
            if micros != i64::MIN {
                proptest::prop_assert_eq!(again.unwrap(), money);
            }
        }

        #[test]
        fn sums_are_exact_whatever_way_the_numbers_are_written(
            parts in proptest::collection::vec((0i64..100_000_000, 0usize..4), 1..200)
        ) {
            let eur: Currency = "EUR".parse().unwrap();
            let mut sum = Money::of(0, eur);
            for (micros, zeros) in &parts {
                let mut text = Money::of(-micros, eur).number();
                if text.contains('.') {
                    text.push_str(&"0".repeat(*zeros));
                }
                sum = sum.minus(Money::decimal(&text, eur).unwrap()).unwrap();
            }
            proptest::prop_assert_eq!(sum.micros, parts.iter().map(|p| p.0).sum::<i64>());
        }
    }
}
