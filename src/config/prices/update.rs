//! Writing prices that were fetched into `prices.toml`: what someone wrote by hand stays as it is, comments too.

use std::path::Path;

use jiff::civil::Date;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value, value};

use crate::disk;
use crate::error::{Context, Error, Kind, Result};
use crate::model::money::Money;
use crate::rules::cost::{Price, UPDATED};

use super::super::Config;
use super::super::file::Source;
use super::super::write::{behind_links, lock, make_folder, write_beside};
use super::{FILE, parse};

/// The price of one segment of SMS to a country, as Twilio told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub amount: Money,
}

/// What became of a fetched price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was none for this country from there.
    Added,
    /// It was another, which goes on standing there for the days before.
    Changed(Money),
    /// It was known already.
    Unchanged,
}

const HEAD: &str = "\
# What messages cost, per segment of SMS or message of anything else; see `comms man costs`.
# `comms costs update` adds rows with source = \"Twilio Pricing API\" and touches no others.
";

impl Config {
    /// Puts fetched prices into the file, one answer for each. It is replaced as a whole or not at all.
    ///
    /// # Errors
    /// `config` if the file as it is can't be read: then nothing is written.
    pub fn update_prices(&self, fetched: &[Fetched], today: Date) -> Result<Vec<Outcome>> {
        make_folder(&self.data_dir)?;
        let _lock = lock(&self.data_dir)?;
        let path = behind_links(&self.data_dir.join(FILE))?;
        let old = Source::read(&path)?;
        let text = old.as_ref().map_or(HEAD, |source| source.text.as_str());
        let (new, outcomes) = merge(text, &path, (fetched, today))?;
        if outcomes.iter().all(|o| *o == Outcome::Unchanged) {
            return Ok(outcomes);
        }
        let not_written = || format!("writing `{}`", path.display());
        let folder = path.parent().unwrap_or(Path::new("/"));
        let file = write_beside(&path, folder, &new).with_context(Kind::Internal, not_written)?;
        // An editor knows nothing of our lock.
        let now = Source::read(&path)?.map(|source| source.text);
        if now != old.map(|source| source.text) {
            return Err(Error::unavailable(format!(
                "`{}` was changed by someone else at the same time; nothing was written",
                path.display()
            ))
            .hint("repeat the command"));
        }
        file.persist(&path)
            .map_err(|e| e.error)
            .with_context(Kind::Internal, not_written)?;
        // Not every file system can; the file itself is on disk.
        let _ = disk::sync_folder(folder);
        Ok(outcomes)
    }
}

fn merge(
    text: &str,
    path: &Path,
    (fetched, today): (&[Fetched], Date),
) -> Result<(String, Vec<Outcome>)> {
    let source = |text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let known = parse(&source(text))?;
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| {
        Error::config(format!("`{}` is not valid TOML", path.display()))
            .because(e.message().to_owned())
    })?;
    // Of a file that holds only comments these come first.
    let comments = match document.as_table().is_empty() {
        true => std::mem::take(&mut document).to_string(),
        false => String::new(),
    };
    let rows = document
        .as_table_mut()
        .entry("price")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(rows) = rows.as_array_of_tables_mut() else {
        return Err(Error::config(format!(
            "`{}`: the prices stand in one list",
            path.display()
        ))
        .hint("write each as a section of its own: [[price]]"));
    };
    let mut outcomes = Vec::new();
    for new in fetched {
        let ours = |row: &&Price| {
            row.source == UPDATED
                && (row.provider.as_str(), row.kind.as_str()) == ("twilio", "sms")
                && row.country.as_deref() == Some(new.country.as_str())
        };
        let newest = known.rows.iter().enumerate();
        let newest = newest
            .filter(|(_, row)| ours(row))
            .max_by_key(|(n, row)| (row.valid_from, *n));
        outcomes.push(match newest {
            Some((_, row)) if row.amount == new.amount && row.valid_from <= today => {
                Outcome::Unchanged
            }
            Some((n, row)) if row.valid_from >= today => {
                if let Some(table) = rows.get_mut(n) {
                    table["amount"] = value(new.amount.number());
                    table["currency"] = value(new.amount.currency().to_string());
                    table["valid_from"] = Item::Value(day(today));
                }
                Outcome::Changed(row.amount)
            }
            older => {
                rows.push(table(new, today));
                older.map_or(Outcome::Added, |(_, row)| Outcome::Changed(row.amount))
            }
        });
    }
    let end = match comments.is_empty() || comments.ends_with('\n') {
        true => "",
        false => "\n",
    };
    let new = format!("{comments}{end}{document}");
    parse(&source(&new)).map_err(|e| {
        Error::internal("the changed prices would not load; nothing was written").because(e)
    })?;
    Ok((new, outcomes))
}

fn table(price: &Fetched, today: Date) -> Table {
    let mut table = Table::new();
    for (key, text) in [
        ("provider", "twilio"),
        ("country", &price.country),
        ("kind", "sms"),
        ("amount", &price.amount.number()),
        ("currency", price.amount.currency().code()),
    ] {
        table.insert(key, value(text));
    }
    table.insert("valid_from", Item::Value(day(today)));
    table.insert("source", value(UPDATED));
    table.decor_mut().set_prefix("\n");
    table
}

fn day(date: Date) -> Value {
    let text = date.to_string();
    text.parse().unwrap_or_else(|_| Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(text: &str, fetched: &[(&str, &str)], today: &str) -> (String, Vec<Outcome>) {
        let fetched: Vec<Fetched> = fetched
            .iter()
            .map(|(country, amount)| Fetched {
                country: (*country).to_owned(),
                amount: amount.parse().unwrap(),
            })
            .collect();
        let today = today.parse().unwrap();
        merge(text, Path::new("prices.toml"), (&fetched, today)).unwrap()
    }

    const MINE: &str = "# Mine: agreed with the provider.
[[price]]
provider = \"twilio\" # by contract
country = \"DE\"
kind = \"sms\"
amount = \"0.0700\"
currency = \"EUR\"
valid_from = 2026-01-01
source = \"contract 17\"

[[free]]
provider = \"whatsapp\"
kind = \"service\"
per_month = 1000
valid_from = 2026-10-01
# The end.
";

    #[test]
    fn what_was_written_by_hand_stays_to_the_letter() {
        let (text, outcomes) = merged(
            MINE,
            &[("DE", "0.081 USD"), ("US", "0.0083 USD")],
            "2026-11-21",
        );
        assert_eq!(outcomes, [Outcome::Added, Outcome::Added]);
        let mut rest = text.clone();
        for line in MINE.lines() {
            let at = rest
                .find(line)
                .unwrap_or_else(|| panic!("{line} in\n{text}"));
            rest.replace_range(at..at + line.len(), "");
        }
        let prices = parse(&Source {
            path: "prices.toml".into(),
            text: text.clone(),
        })
        .unwrap();
        assert_eq!(prices.rows.len(), 3, "{text}");
        assert_eq!(prices.free.len(), 1);
    }

    #[test]
    fn a_price_that_changed_keeps_the_old_one_for_the_days_before() {
        let (first, _) = merged(HEAD, &[("DE", "0.08 USD")], "2026-11-21");
        assert!(first.starts_with("# What messages cost"), "{first}");
        let (same, outcomes) = merged(&first, &[("DE", "0.08 USD")], "2026-12-24");
        assert_eq!((same, outcomes), (first.clone(), vec![Outcome::Unchanged]));
        let was = Outcome::Changed("0.08 USD".parse().unwrap());
        // The same day it is corrected, later it is a new row.
        let (today, outcomes) = merged(&first, &[("DE", "0.09 USD")], "2026-11-21");
        assert_eq!(outcomes, [was]);
        assert_eq!(today.matches("[[price]]").count(), 1, "{today}");
        let (later, outcomes) = merged(&first, &[("DE", "0.09 USD")], "2026-12-24");
        assert_eq!(outcomes, [was]);
        assert!(
            later.contains("\"0.08\"") && later.contains("\"0.09\""),
            "{later}"
        );
        assert!(later.contains("valid_from = 2026-12-24\n"), "{later}");
    }
}
