//! Erasing people for good: bytes are overwritten, and marks stay that keep a source from bringing them back.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use crate::error::Result;
use crate::model::contact::Card;
use crate::model::id::ContactId;
use crate::rules::contact::key_of;
use crate::store::outbox::change;
use crate::store::{Store, fault};

use super::{READING, card, resolve};

const DOING: &str = "erasing a contact";

impl Store {
    /// All cards that are or were of a contact and of those that were merged into it, the present one first. Empty for
    /// one that is not known.
    pub fn contact_cards(&self, id: ContactId) -> Result<Vec<Card>> {
        if !self.has_outbox() {
            return Ok(Vec::new());
        }
        change(&mut *self.main()?, false, |tx| {
            let read = || -> rusqlite::Result<Vec<Card>> {
                let mut cards = Vec::new();
                for id in all_of(tx, id)? {
                    let mut read = tx.prepare_cached(
                        "SELECT document FROM contacts WHERE id = ?1 AND document NOT NULL
                         UNION ALL SELECT after FROM contact_history WHERE contact = ?1 AND after NOT NULL
                         UNION ALL SELECT before FROM contact_history WHERE contact = ?1 AND before NOT NULL",
                    )?;
                    let found = read.query_map([id], |row| card(row, 0))?;
                    for card in found {
                        cards.extend(card?);
                    }
                }
                Ok(cards)
            };
            read().map_err(fault(READING))
        })
    }

    /// Erases a contact and those that were merged into it: cards, history, links, places in groups. Its ids stay taken,
    /// and what its sources have of it is not brought back.
    pub fn erase_contact(&self, id: ContactId, now: Timestamp) -> Result<()> {
        let mut main = self.main()?;
        main.execute_batch("PRAGMA secure_delete = ON;")
            .map_err(fault(DOING))?;
        change(&mut main, true, |tx| {
            erase(tx, id, now).map_err(fault(DOING))
        })?;
        main.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(fault(DOING))?;
        drop(main);
        // The words of names lie there, too.
        self.forget_people()
    }

    /// Whether a source's contact was erased here and is not to come back.
    pub fn is_contact_erased(&self, source: &str, remote: &str) -> Result<bool> {
        if !self.has_outbox() {
            return Ok(false);
        }
        self.main()?
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM contact_erased WHERE source = ?1 AND mark = ?2)",
            )
            .and_then(|mut found| found.query_row(params![source, mark(remote)], |row| row.get(0)))
            .map_err(fault(READING))
    }
}

fn erase(tx: &Transaction<'_>, id: ContactId, now: Timestamp) -> rusqlite::Result<()> {
    let ids = all_of(tx, id)?;
    for id in &ids {
        let links: Vec<(String, String)> = tx
            .prepare_cached(
                "SELECT source, remote FROM contact_links WHERE contact = ?1
                 UNION SELECT source, remote FROM contact_kept WHERE contact = ?1",
            )?
            .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (source, remote) in links {
            tx.execute(
                "INSERT OR IGNORE INTO contact_erased (source, mark) VALUES (?1, ?2)",
                params![source, mark(&remote)],
            )?;
        }
        if let Some(card) = tx
            .prepare_cached("SELECT document FROM contacts WHERE id = ?1")?
            .query_map([id], |row| card(row, 0))?
            .next()
            .transpose()?
            .flatten()
        {
            for address in &card.addresses {
                erase_members(tx, &key_of(address))?;
            }
        }
        for sql in [
            "DELETE FROM contact_links WHERE contact = ?1",
            "DELETE FROM contact_kept WHERE contact = ?1",
            "DELETE FROM contact_addresses WHERE contact = ?1",
            "DELETE FROM group_contacts WHERE contact = ?1",
            // What was joined and parted again lies in the history of the other, too.
            "DELETE FROM contact_history WHERE what IN ('merge', 'undo') AND change IN
               (SELECT change FROM contact_history WHERE contact = ?1)",
            "DELETE FROM contact_history WHERE contact = ?1",
        ] {
            tx.execute(sql, [id])?;
        }
        tx.execute(
            "UPDATE contacts SET document = NULL, merged = NULL, sorted = NULL, created_at = 0, changed_at = ?2,
               changed = (SELECT ifnull(max(changed), 0) + 1 FROM contacts) WHERE id = ?1",
            params![id, now.as_millisecond()],
        )?;
    }
    // A plan is made anew by the next sync; any of them may name whom it is about.
    tx.execute("DELETE FROM contact_plans", [])?;
    Ok(())
}

/// Takes an address out of all groups, however it is written there.
fn erase_members(tx: &Transaction<'_>, address: &str) -> rusqlite::Result<()> {
    let members: Vec<String> = tx
        .prepare_cached("SELECT DISTINCT member FROM group_members WHERE member NOT LIKE '@%'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for member in members
        .iter()
        .filter(|member| crate::rules::contact::key(member) == address)
    {
        tx.execute("DELETE FROM group_members WHERE member = ?1", [member])?;
    }
    Ok(())
}

/// A contact and those that were merged into it.
fn all_of(tx: &Transaction<'_>, id: ContactId) -> rusqlite::Result<Vec<i64>> {
    let id = resolve(tx, id.0)?;
    tx.prepare_cached(
        "WITH RECURSIVE taken (id) AS (
             SELECT ?1 UNION SELECT c.id FROM contacts c JOIN taken t ON c.merged = t.id)
         SELECT id FROM taken",
    )?
    .query_map([id], |row| row.get(0))?
    .collect()
}

/// What stays of the id that a source gave it: ids may hold names.
fn mark(remote: &str) -> Vec<u8> {
    blake3::hash(remote.as_bytes()).as_bytes()[..16].to_vec()
}
