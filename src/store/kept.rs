//! What the index knew of messages whose bytes are missing: a rebuild has nothing else of them.

use rusqlite::{Connection, OptionalExtension};

use crate::model::message::{Attachment, Parsed};

use super::folders::Folders;
use super::row::{ENVELOPE, LINK_BIT, SENT_BIT, envelope};

/// Puts by what is known of these messages, before the index is cleared.
pub fn keep(index: &Connection, ids: &[i64]) -> rusqlite::Result<()> {
    // Of the References no more than who else is in the thread; what founded one that was merged later founds it again.
    index
        .execute(
            "INSERT OR IGNORE INTO kept
             SELECT m.*, (SELECT json_group_array(message_id) FROM (
                            SELECT o.message_id FROM messages o
                            WHERE o.thread = m.thread AND o.id <> m.id AND o.message_id IS NOT NULL
                              AND NOT EXISTS (SELECT 1 FROM aliases WHERE old = m.id)
                            ORDER BY o.key LIMIT 20))
             FROM messages m WHERE m.id IN (SELECT value FROM json_each(?1))",
            [format!("{ids:?}")],
        )
        .map(drop)
}

/// What is known of a message without its bytes; nothing if that was never more.
pub fn known(index: &Connection, folders: &Folders, id: i64) -> rusqlite::Result<Parsed> {
    let sql = format!("SELECT {ENVELOPE}, m.relatives FROM kept m WHERE m.id = ?1");
    let found = index.prepare_cached(&sql)?.query_row([id], |row| {
        let bits: i64 = row.get(4)?;
        let relatives: String = row.get(16)?;
        Ok((envelope(row, folders)?, bits, relatives))
    });
    let Some((of, bits, relatives)) = found.optional()? else {
        return Ok(Parsed::default());
    };
    let nameless = |n| Attachment {
        number: n,
        name: String::new(),
        media_type: String::new(),
        size_bytes: 0,
        inline: false,
        content_id: None,
    };
    Ok(Parsed {
        message_id: of.message_id,
        references: serde_json::from_str(&relatives).unwrap_or_default(),
        sent_at: of.sent_at,
        from: of.from,
        to: of.to,
        cc: of.cc,
        subject: of.subject,
        text: of.preview,
        attachments: (1..=of.attachments).map(nameless).collect(),
        has_link: bits & LINK_BIT != 0,
        own: bits & SENT_BIT != 0,
        ..Parsed::default()
    })
}

/// The index is whole again.
pub fn forget(index: &Connection) -> rusqlite::Result<()> {
    let any: bool = index
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM kept)")?
        .query_row([], |row| row.get(0))?;
    match any {
        true => index.execute_batch("PRAGMA secure_delete = ON; DELETE FROM kept"),
        false => Ok(()),
    }
}
