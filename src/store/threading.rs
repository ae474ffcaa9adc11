//! Which thread a message belongs to: by the Message-IDs it names, else by subject and people.
//!
//! A thread has the number of the message that founded it. Messages are placed in the order of their
//! ids, so a rebuilt index has the same threads.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::address::Address;
use crate::model::message::Parsed;

use super::row::people;

/// How many referenced ids count, from the end: more is a broken or hostile header.
const MOST_REFERENCES: usize = 100;
/// How far apart a reply and its first message may lie when only the subject joins them.
const SUBJECT_SPAN: i64 = 60 * 86_400;
/// How many messages of the same subject are looked at.
const SUBJECT_CANDIDATES: i64 = 20;

/// A Message-ID as 64 bits.
pub fn hash(message_id: &str) -> i64 {
    hash_bytes(message_id.trim().as_bytes())
}

/// An own id (`X-Comms-Id`) as 64 bits, beside those of Message-IDs.
pub fn own_hash(own_id: &str) -> i64 {
    hash_bytes(format!("x-comms-id\0{own_id}").as_bytes())
}

/// Account and bare subject as 64 bits; `None` if the subject says nothing.
pub fn subject_hash(account: &str, subject: &str) -> Option<i64> {
    let (bare, _) = bare_subject(subject);
    (!bare.is_empty()).then(|| hash_bytes(format!("{account}\0{bare}").as_bytes()))
}

fn hash_bytes(bytes: &[u8]) -> i64 {
    let digest = blake3::hash(bytes);
    i64::from_le_bytes(
        digest.as_bytes()[..8]
            .try_into()
            .expect("a digest has 32 bytes"),
    )
}

/// What [`place`] needs to know of a message beside what was parsed.
pub struct Placing<'a> {
    pub id: i64,
    pub account: &'a str,
    /// Seconds.
    pub at: i64,
    pub parsed: &'a Parsed,
}

/// Finds or founds the thread of a message, merging threads it connects; remembers the ids it names.
pub fn place(index: &Connection, message: &Placing<'_>) -> rusqlite::Result<i64> {
    let ids = named_ids(message.parsed);
    let mut threads = BTreeSet::new();
    let mut unknown = Vec::new();
    for id in &ids {
        match thread_of(index, *id)? {
            Some(thread) => drop(threads.insert(thread)),
            None => unknown.push(*id),
        }
    }
    if threads.is_empty() {
        threads.extend(by_subject(index, message)?);
    }
    let mut threads = threads.into_iter();
    let thread = match threads.next() {
        Some(thread) => thread,
        None => {
            revive(index, message.id)?;
            message.id
        }
    };
    for loser in threads {
        merge(index, loser, thread)?;
    }
    for id in unknown {
        index
            .prepare_cached("INSERT OR REPLACE INTO thread_ids (hash, thread) VALUES (?1, ?2)")?
            .execute([id, thread])?;
    }
    Ok(thread)
}

/// The number a thread has now, following merges.
pub fn resolve(index: &Connection, thread: i64) -> rusqlite::Result<i64> {
    let mut thread = thread;
    while let Some(next) = index
        .prepare_cached("SELECT thread FROM aliases WHERE old = ?1")?
        .query_row([thread], |row| row.get(0))
        .optional()?
    {
        thread = next;
    }
    Ok(thread)
}

/// A thread gets the number of one that was merged into another: the number means no other thread any more.
fn revive(index: &Connection, thread: i64) -> rusqlite::Result<()> {
    let now = resolve(index, thread)?;
    if now == thread {
        return Ok(());
    }
    for sql in [
        "UPDATE thread_ids SET thread = ?2 WHERE thread = ?1",
        "UPDATE aliases SET thread = ?2 WHERE thread = ?1",
    ] {
        index.prepare_cached(sql)?.execute([thread, now])?;
    }
    index
        .prepare_cached("DELETE FROM aliases WHERE old = ?1")?
        .execute([thread])
        .map(drop)
}

fn named_ids(parsed: &Parsed) -> BTreeSet<i64> {
    let references = &parsed.references[parsed.references.len().saturating_sub(MOST_REFERENCES)..];
    let parents = &parsed.in_reply_to[..parsed.in_reply_to.len().min(MOST_REFERENCES)];
    parsed
        .message_id
        .iter()
        .chain(references)
        .chain(parents)
        .filter(|id| !id.trim().is_empty())
        .map(|id| hash(id))
        .collect()
}

fn thread_of(index: &Connection, hash: i64) -> rusqlite::Result<Option<i64>> {
    let found = index
        .prepare_cached("SELECT thread FROM thread_ids WHERE hash = ?1")?
        .query_row([hash], |row| row.get(0))
        .optional()?;
    found.map(|thread| resolve(index, thread)).transpose()
}

pub(super) fn merge(index: &Connection, loser: i64, winner: i64) -> rusqlite::Result<()> {
    index
        .prepare_cached("UPDATE messages SET thread = ?2 WHERE thread = ?1")?
        .execute([loser, winner])?;
    index
        .prepare_cached(
            "INSERT INTO threads (id, count, unread)
             SELECT ?2, count, unread FROM threads WHERE id = ?1
             ON CONFLICT (id) DO UPDATE
             SET count = count + excluded.count, unread = unread + excluded.unread",
        )?
        .execute([loser, winner])?;
    index
        .prepare_cached("DELETE FROM threads WHERE id = ?1")?
        .execute([loser])?;
    index
        .prepare_cached("INSERT OR REPLACE INTO aliases (old, thread) VALUES (?1, ?2)")?
        .execute([loser, winner])?;
    Ok(())
}

/// The thread a reply without any reference answers: same account and bare subject, near in time, and
/// somebody in common.
fn by_subject(index: &Connection, message: &Placing<'_>) -> rusqlite::Result<Option<i64>> {
    let parsed = message.parsed;
    if !parsed.references.is_empty() || !parsed.in_reply_to.is_empty() {
        return Ok(None);
    }
    let (_, is_reply) = bare_subject(&parsed.subject);
    let Some(hash) = subject_hash(message.account, &parsed.subject).filter(|_| is_reply) else {
        return Ok(None);
    };
    let ours: Vec<String> = mailboxes(parsed.from.iter().chain(&parsed.to).chain(&parsed.cc));
    let (first, last) = ((message.at - SUBJECT_SPAN) << 6, (message.at + 86_400) << 6);
    let mut select = index.prepare_cached(
        "SELECT m.thread, m.sender, m.recipients, m.copies
         FROM subjects s CROSS JOIN messages m ON m.key = s.key
         WHERE s.hash = ?1 AND s.key BETWEEN ?2 AND ?3 ORDER BY s.key DESC LIMIT ?4",
    )?;
    let mut rows = select.query(params![hash, first, last, SUBJECT_CANDIDATES])?;
    while let Some(row) = rows.next()? {
        for column in 1..4 {
            let theirs = people(row.get_ref(column)?.as_str()?);
            if mailboxes(theirs.iter()).iter().any(|m| ours.contains(m)) {
                return Ok(Some(row.get(0)?));
            }
        }
    }
    Ok(None)
}

fn mailboxes<'a>(people: impl Iterator<Item = &'a Address>) -> Vec<String> {
    people
        .map(|person| person.email.to_lowercase())
        .filter(|email| !email.is_empty())
        .collect()
}

/// "Re" in the languages people answer in.
const REPLY: [&str; 14] = [
    "re", "aw", "sv", "antw", "antwort", "vs", "ref", "res", "odp", "ynt", "ha", "回复", "答复",
    "rif",
];

/// The subject without reply marks, folded, and whether it had any.
fn bare_subject(subject: &str) -> (String, bool) {
    let mut rest = subject.trim();
    let mut is_reply = false;
    while let Some((mark, after)) = rest.split_once([':', '：']) {
        let mark = mark.trim().to_lowercase();
        // "Re[2]" and "Re (2)" count too.
        let mark = mark
            .trim_end_matches(|c: char| c.is_ascii_digit() || "[]()^* ".contains(c))
            .to_owned();
        if !REPLY.contains(&mark.as_str()) {
            break;
        }
        is_reply = true;
        rest = after.trim_start();
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    (words.join(" ").to_lowercase(), is_reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_marks_of_many_mailers_are_taken_off() {
        for (subject, bare, is_reply) in [
            ("Budget", "budget", false),
            ("Re: Budget", "budget", true),
            ("RE[2]: AW:  Budget  2026", "budget 2026", true),
            ("Note: Budget", "note: budget", false),
            ("回复：Budget", "budget", true),
            ("Re:", "", true),
            ("", "", false),
        ] {
            assert_eq!(
                bare_subject(subject),
                (bare.to_owned(), is_reply),
                "{subject}"
            );
        }
        assert_eq!(subject_hash("a", "Re: "), None);
        assert_eq!(subject_hash("a", "Re: x"), subject_hash("a", "X"));
        assert_ne!(subject_hash("a", "x"), subject_hash("b", "x"));
    }
}
