//! `prices.toml` in the data folder: what messages cost. Nothing is built in; what is not written there is unknown.

mod update;

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};
use crate::model::money::{Currency, Money};
use crate::rules::cost::{Allowance, Price, Prices};

use super::Config;
use super::file::{Key, Source, Value, in_order, nearest};
pub use update::{Fetched, Outcome};

/// The file's name.
pub const FILE: &str = "prices.toml";

const TOP_KEYS: &[&str] = &["price", "free"];
const PRICE_KEYS: &[&str] = &[
    "provider",
    "country",
    "kind",
    "amount",
    "currency",
    "valid_from",
    "source",
];
const FREE_KEYS: &[&str] = &["provider", "kind", "per_month", "valid_from", "source"];
/// Who charges for what.
const KINDS: &[(&str, &[&str])] = &[
    ("twilio", &["sms", "mms"]),
    (
        "whatsapp",
        &["service", "utility", "marketing", "authentication"],
    ),
];

impl Config {
    /// The prices that are known; none without the file.
    ///
    /// # Errors
    /// `config` with file, line and column for anything it does not understand.
    pub fn prices(&self) -> Result<Prices> {
        match Source::read(&self.data_dir.join(FILE))? {
            Some(source) => parse(&source),
            None => Ok(Prices::default()),
        }
    }
}

/// Reads the shape; the first fault in the order of the file is the error.
pub fn parse(source: &Source) -> Result<Prices> {
    let table = DeTable::parse(&source.text).map_err(|e| {
        let span = e.span().unwrap_or(0..0);
        source
            .error(&span, format!("not valid TOML: {}", e.message().trim()))
            .hint("text goes in double quotes; see `comms man costs` for an example")
    })?;
    let mut prices = Prices::default();
    for (key, value) in in_order(table.get_ref()) {
        let name = key.get_ref().as_ref();
        match name {
            "price" | "free" => {
                for entry in entries(source, key, value)? {
                    match name {
                        "price" => prices.rows.push(price(source, entry)?),
                        _ => prices.free.push(allowance(source, entry)?),
                    }
                }
            }
            _ => return Err(source.unknown(key, TOP_KEYS, FILE)),
        }
    }
    Ok(prices)
}

/// One `[[…]]` and where it begins.
struct Entry<'t, 'i> {
    name: &'t str,
    table: &'t DeTable<'i>,
    span: std::ops::Range<usize>,
}

fn entries<'t, 'i>(
    source: &Source,
    key: &'t Key<'i>,
    value: &'t Value<'i>,
) -> Result<Vec<Entry<'t, 'i>>> {
    let wrong = |span| {
        source
            .error(&span, format!("`{}` is a list of tables", key.get_ref()))
            .hint(format!("write each as a section: [[{}]]", key.get_ref()))
    };
    let DeValue::Array(list) = value.get_ref() else {
        return Err(wrong(value.span()));
    };
    let entry = |value: &'t Value<'i>| match value.get_ref() {
        DeValue::Table(table) => Ok(Entry {
            name: key.get_ref().as_ref(),
            table,
            span: value.span(),
        }),
        _ => Err(wrong(value.span())),
    };
    list.iter().map(entry).collect()
}

fn price(source: &Source, entry: Entry<'_, '_>) -> Result<Price> {
    check_keys(source, &entry, PRICE_KEYS)?;
    let (provider, kind) = who_and_what(source, &entry)?;
    let country = match entry.text(source, "country")? {
        None => None,
        Some((text, _)) if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) => {
            Some(text)
        }
        Some((text, span)) => {
            return Err(source
                .error(&span, format!("`country`: `{text}` is no country"))
                .hint("write two capital letters like `DE` (ISO 3166), or leave it out for everywhere"));
        }
    };
    let (currency, span) = entry.needed(source, "currency")?;
    let currency: Currency = currency
        .parse()
        .map_err(|e: Error| placed(source, &span, ("currency", e)))?;
    let (amount, span) = entry.needed(source, "amount")?;
    let amount =
        Money::decimal(&amount, currency).map_err(|e| placed(source, &span, ("amount", e)))?;
    if amount.micros < 0 {
        return Err(source
            .error(
                &span,
                format!("`amount`: {} is below zero", amount.number()),
            )
            .hint("write what a message costs, without a sign"));
    }
    Ok(Price {
        provider,
        country,
        kind,
        amount,
        valid_from: entry.date(source)?,
        source: entry
            .text(source, "source")?
            .map_or_else(String::new, |t| t.0),
        line: line(source, entry.span.start),
    })
}

fn allowance(source: &Source, entry: Entry<'_, '_>) -> Result<Allowance> {
    check_keys(source, &entry, FREE_KEYS)?;
    let (provider, kind) = who_and_what(source, &entry)?;
    let Some((key, value)) = entry.find("per_month") else {
        return Err(entry.lacks(source, "per_month"));
    };
    let written = source.number(key, value)?;
    let per_month = u32::try_from(written.value).map_err(|_| {
        source
            .error(
                &written.span,
                format!("`per_month` is {}, not a number of messages", written.value),
            )
            .hint("write 0 or more")
    })?;
    entry.text(source, "source")?;
    Ok(Allowance {
        provider,
        kind,
        per_month,
        valid_from: entry.date(source)?,
        line: line(source, entry.span.start),
    })
}

fn check_keys(source: &Source, entry: &Entry<'_, '_>, known: &[&str]) -> Result<()> {
    let odd = in_order(entry.table)
        .into_iter()
        .find(|(key, _)| !known.contains(&key.get_ref().as_ref()));
    match odd {
        Some((key, _)) => Err(source.unknown(key, known, &format!("[[{}]]", entry.name))),
        None => Ok(()),
    }
}

/// Provider and kind, which have to fit together.
fn who_and_what(source: &Source, entry: &Entry<'_, '_>) -> Result<(String, String)> {
    let (provider, at) = entry.needed(source, "provider")?;
    let providers: Vec<&str> = KINDS.iter().map(|k| k.0).collect();
    let Some((_, kinds)) = KINDS.iter().find(|k| k.0 == provider) else {
        let error = source.error(&at, format!("`provider` can't be `{provider}`"));
        return Err(error.hint(guess(&provider, &providers)));
    };
    let (kind, at) = entry.needed(source, "kind")?;
    if !kinds.contains(&kind.as_str()) {
        let error = source.error(&at, format!("`kind` of {provider} can't be `{kind}`"));
        return Err(error.hint(guess(&kind, kinds)));
    }
    Ok((provider, kind))
}

fn guess(written: &str, known: &[&str]) -> String {
    match nearest(written, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it is one of {}", known.join(", ")),
    }
}

fn placed(source: &Source, span: &std::ops::Range<usize>, (key, e): (&str, Error)) -> Error {
    let error = source.error(span, format!("`{key}`: {}", e.message));
    match e.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn line(source: &Source, offset: usize) -> usize {
    let before = source.text.get(..offset).unwrap_or(&source.text);
    before.bytes().filter(|b| *b == b'\n').count() + 1
}

impl<'t, 'i> Entry<'t, 'i> {
    fn find(&self, name: &str) -> Option<(&'t Key<'i>, &'t Value<'i>)> {
        let mut all = self.table.iter();
        all.find(|(key, _)| key.get_ref().as_ref() == name)
    }

    fn lacks(&self, source: &Source, name: &str) -> Error {
        source
            .error(&self.span, format!("this [[{}]] lacks `{name}`", self.name))
            .hint("see `comms man costs` for an example")
    }

    fn text(
        &self,
        source: &Source,
        name: &str,
    ) -> Result<Option<(String, std::ops::Range<usize>)>> {
        let Some((key, value)) = self.find(name) else {
            return Ok(None);
        };
        let written = source.string(key, value)?;
        Ok(Some((written.value, written.span)))
    }

    fn needed(&self, source: &Source, name: &str) -> Result<(String, std::ops::Range<usize>)> {
        self.text(source, name)?
            .ok_or_else(|| self.lacks(source, name))
    }

    /// The day a price begins to hold: a date of TOML, or the same as text.
    fn date(&self, source: &Source) -> Result<Date> {
        let Some((key, value)) = self.find("valid_from") else {
            return Err(self.lacks(source, "valid_from"));
        };
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            _ => source.string(key, value)?.value,
        };
        text.parse().map_err(|_| {
            source
                .error(&value.span(), format!("`valid_from`: `{text}` is no day"))
                .hint("write it like 2026-10-01")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Prices> {
        parse(&Source {
            path: "prices.toml".into(),
            text: text.to_owned(),
        })
    }

    const GOOD: &str = "# Mine.
[[price]]
provider = \"twilio\"
country = \"DE\"
kind = \"sms\"
amount = \"0.0750\"
currency = \"EUR\"
valid_from = 2026-01-01
source = \"contract\"

[[price]]
provider = \"whatsapp\"
kind = \"utility\"
amount = \"0\"
currency = \"USD\"
valid_from = \"2026-10-01\"

[[free]]
provider = \"whatsapp\"
kind = \"service\"
per_month = 1000
valid_from = 2026-10-01
";

    #[test]
    fn prices_are_read_with_the_line_they_stand_on() {
        let prices = read(GOOD).unwrap();
        let [sms, utility] = prices.rows.as_slice() else {
            panic!("{prices:?}")
        };
        assert_eq!(sms.amount.to_string(), "0.075 EUR");
        assert_eq!((sms.country.as_deref(), sms.line), (Some("DE"), 2));
        assert_eq!((&utility.country, utility.line), (&None, 11));
        assert_eq!(prices.free[0].per_month, 1_000);
        assert_eq!(read("").unwrap(), Prices::default());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_a_way_out() {
        for (from, to, wanted) in [
            (
                "\"0.0750\"",
                "\"-0.0750\"",
                "prices.toml:6:10: `amount`: -0.075 is below zero",
            ),
            (
                "\"0.0750\"",
                "0.0750",
                "prices.toml:6:10: `amount` wants text in quotes, not a number",
            ),
            (
                "\"0.0750\"",
                "\"0.0000001\"",
                "prices.toml:6:10: `amount`: `0.0000001` is not an amount of money",
            ),
            (
                "\"0.0750\"",
                "\"99999999999999\"",
                "prices.toml:6:10: `amount`: `99999999999999` is not an amount of money",
            ),
            (
                "\"0.0750\"",
                "\"1e3\"",
                "prices.toml:6:10: `amount`: `1e3` is not an amount of money",
            ),
            (
                "\"EUR\"",
                "\"EURO\"",
                "prices.toml:7:12: `currency`: there is no currency `EURO`",
            ),
            (
                "\"DE\"",
                "\"Germany\"",
                "prices.toml:4:11: `country`: `Germany` is no country",
            ),
            (
                "\"sms\"",
                "\"smss\"",
                "prices.toml:5:8: `kind` of twilio can't be `smss`",
            ),
            (
                "\"twilio\"",
                "\"twillio\"",
                "prices.toml:3:12: `provider` can't be `twillio`",
            ),
            ("2026-01-01", "2026-13-01", "prices.toml:8:"),
            (
                "\"2026-10-01\"",
                "\"October\"",
                "prices.toml:16:14: `valid_from`: `October` is no day",
            ),
            (
                "country = \"DE\"",
                "contry = \"DE\"",
                "prices.toml:4:1: `contry` is not a key of [[price]]",
            ),
            (
                "amount = \"0.0750\"\n",
                "",
                "prices.toml:2:1: this [[price]] lacks `amount`",
            ),
            (
                "= 1000",
                "= -1",
                "prices.toml:21:13: `per_month` is -1, not a number of messages",
            ),
            ("[[free]]", "[free]", "prices.toml:18:"),
            (
                "[[free]]",
                "[[fre]]",
                "prices.toml:18:3: `fre` is not a key of prices.toml",
            ),
            ("# Mine.", "price = 3 = 4", "prices.toml:1:"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let e = read(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(e.message.starts_with(wanted), "{to}: {}", e.message);
            assert!(e.hint.is_some() || to == "0.0750", "{}", e.message);
        }
    }
}
