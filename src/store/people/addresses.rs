//! What was gathered of addresses: how often and when someone was written to and heard from.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::Result;
use crate::rules::harvest::form;
use crate::store::row::seconds;
use crate::store::{Store, fault};

use super::READING;

/// An address that messages name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Harvested {
    /// In its normal form, with its channel.
    pub form: String,
    /// As one types it to write there.
    pub typed: String,
    /// Empty if no message gave one.
    pub name: String,
    /// Messages from it.
    pub received: i64,
    /// Messages the owner wrote to it.
    pub sent: i64,
    /// Messages of others to it.
    pub mentioned: i64,
    /// Of the newest message from or to it.
    pub last_at: Option<Timestamp>,
    pub last_sent_at: Option<Timestamp>,
    /// Nobody reads what is written there.
    pub automated: bool,
}

/// The address with the newest message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talked {
    /// The address as it was asked for.
    pub address: String,
    pub at: Timestamp,
}

const COLUMNS: &str =
    "address, typed, name, received, sent, mentioned, last_at, last_sent_at, automated";

impl Harvested {
    /// The name, else the address.
    pub fn label(&self) -> String {
        match self.name.is_empty() {
            true => self.typed.clone(),
            false => self.name.clone(),
        }
    }
}

// What is gathered of an address is that of all accounts together: whoever may not know of all is told nothing of it.
impl Store {
    /// What is gathered of the addresses of each of these people, as one types them; those of a number by each of its
    /// channels.
    pub fn harvested_at(&self, people: &[Vec<String>]) -> Result<Vec<Vec<Harvested>>> {
        if self.is_limited() {
            return Ok(vec![Vec::new(); people.len()]);
        }
        self.with_people(|db| {
            let mut read = || -> rusqlite::Result<Vec<Vec<Harvested>>> {
                // One look at the file for all of them.
                let tx = db.transaction()?;
                people
                    .iter()
                    .map(|addresses| all_at(&tx, addresses))
                    .collect()
            };
            read().map_err(fault(READING))
        })
    }

    /// What messages tell of an address as one types it, in any of its spellings.
    pub fn harvested(&self, address: &str) -> Result<Option<Harvested>> {
        if self.is_limited() {
            return Ok(None);
        }
        let form = form(address);
        self.on_people(|db| of_form(db, &form))
    }

    /// Which of these addresses, as one types them, has the newest message from or to it; `None` if none has any.
    pub fn last_talked(&self, addresses: &[&str]) -> Result<Option<Talked>> {
        if self.is_limited() {
            return Ok(None);
        }
        self.on_people(|db| {
            let mut newest: Option<Talked> = None;
            for address in addresses {
                let at = of_form(db, &form(address))?.and_then(|known| known.last_at);
                if let Some(at) = at.filter(|at| newest.as_ref().is_none_or(|n| n.at < *at)) {
                    newest = Some(Talked {
                        address: (*address).to_owned(),
                        at,
                    });
                }
            }
            Ok(newest)
        })
    }
}

fn all_at(db: &Connection, addresses: &[String]) -> rusqlite::Result<Vec<Harvested>> {
    let mut all = Vec::new();
    for address in addresses {
        let form = form(address);
        let other = match form.split_once(':') {
            Some(("sms", number)) => Some(format!("whatsapp:{number}")),
            Some(("whatsapp", number)) => Some(format!("sms:{number}")),
            _ => None,
        };
        for form in std::iter::once(form).chain(other) {
            all.extend(of_form(db, &form)?);
        }
    }
    Ok(all)
}

pub(super) fn of_form(db: &Connection, form: &str) -> rusqlite::Result<Option<Harvested>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM addresses WHERE address = ?1"
    ))?
    .query_row([form], harvested)
    .optional()
}

pub(super) fn of_row(db: &Connection, row: i64) -> rusqlite::Result<Option<Harvested>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM addresses WHERE id = ?1"))?
        .query_row([row], harvested)
        .optional()
}

fn harvested(row: &Row<'_>) -> rusqlite::Result<Harvested> {
    let time = |column| -> rusqlite::Result<Option<Timestamp>> {
        let at: i64 = row.get(column)?;
        Ok((at != 0).then(|| seconds(at)).flatten())
    };
    Ok(Harvested {
        form: row.get(0)?,
        typed: row.get(1)?,
        name: row.get(2)?,
        received: row.get(3)?,
        sent: row.get(4)?,
        mentioned: row.get(5)?,
        last_at: time(6)?,
        last_sent_at: time(7)?,
        automated: row.get(8)?,
    })
}
