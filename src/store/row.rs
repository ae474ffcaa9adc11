//! How a message lies in a row of `index.db`: bits, fact numbers, lists of addresses, times.

use jiff::Timestamp;
use rusqlite::Row;

use crate::model::account::ChannelKind;
use crate::model::address::Address;
use crate::model::id::{MessageId, ThreadId};
use crate::model::message::{Envelope, Flags, Ident, Role};

use super::folders::{Folder, Folders};

// Facts below 100 are fixed; then folders, then labels.
/// True of every message: the spine of scans.
pub const EVERY: i64 = 0;
pub const UNREAD: i64 = 1;
pub const STARRED: i64 = 2;
pub const SENT: i64 = 3;
pub const ATTACHMENT: i64 = 4;
pub const LINK: i64 = 5;
/// In a folder that the inbox lists.
pub const INBOX: i64 = 6;
/// Not sent yet, and not received either.
pub const DRAFT: i64 = 7;

/// The fact "lies in this folder".
pub fn folder_fact(folder: i64) -> i64 {
    100 + folder
}

/// The fact "carries this label".
pub fn label_fact(label: i64) -> i64 {
    (1 << 32) + label
}

const SEEN_BIT: i64 = 1;
const STARRED_BIT: i64 = 2;
const ANSWERED_BIT: i64 = 4;
const FORWARDED_BIT: i64 = 8;
const DRAFT_BIT: i64 = 16;
const TRASHED_BIT: i64 = 32;
/// Bits of `messages.flags` that are not [`Flags`].
pub const SENT_BIT: i64 = 64;
pub const LINK_BIT: i64 = 128;
const FLAG_BITS: i64 = 63;

/// Flags as bits.
pub fn bits(flags: Flags) -> i64 {
    [
        (flags.seen, SEEN_BIT),
        (flags.starred, STARRED_BIT),
        (flags.answered, ANSWERED_BIT),
        (flags.forwarded, FORWARDED_BIT),
        (flags.draft, DRAFT_BIT),
        (flags.trashed, TRASHED_BIT),
    ]
    .into_iter()
    .filter_map(|(set, bit)| set.then_some(bit))
    .sum()
}

/// Bits as flags.
pub fn flags(bits: i64) -> Flags {
    Flags {
        seen: bits & SEEN_BIT != 0,
        starred: bits & STARRED_BIT != 0,
        answered: bits & ANSWERED_BIT != 0,
        forwarded: bits & FORWARDED_BIT != 0,
        draft: bits & DRAFT_BIT != 0,
        trashed: bits & TRASHED_BIT != 0,
    }
}

/// The bits of [`Flags`] replaced, the others kept.
pub fn with_flags(old: i64, flags: Flags) -> i64 {
    (old & !FLAG_BITS) | bits(flags)
}

/// What holds of a message with these bits in this folder, labels apart.
pub fn facts(bits: i64, attachments: i64, folder: &Folder) -> Vec<i64> {
    let mut facts = vec![EVERY, folder_fact(folder.id)];
    for (holds, fact) in [
        (bits & SEEN_BIT == 0, UNREAD),
        (bits & STARRED_BIT != 0, STARRED),
        (is_sent(bits, folder), SENT),
        (is_draft(bits, folder), DRAFT),
        (attachments > 0, ATTACHMENT),
        (bits & LINK_BIT != 0, LINK),
        (folder.in_inbox(), INBOX),
    ] {
        if holds {
            facts.push(fact);
        }
    }
    facts
}

/// Whether a message with these bits in this folder is the owner's and went out, and whether it is a draft.
pub fn went_out(bits: i64, folder: &Folder) -> (bool, bool) {
    (is_sent(bits, folder), is_draft(bits, folder))
}

/// By the owner, and gone out.
fn is_sent(bits: i64, folder: &Folder) -> bool {
    bits & SENT_BIT != 0 && !is_draft(bits, folder)
}

/// Clients forget the flag on the copy they file among what was sent.
fn is_draft(bits: i64, folder: &Folder) -> bool {
    folder.role == Role::Drafts || (bits & DRAFT_BIT != 0 && folder.role != Role::Sent)
}

/// Columns of `messages m` that [`envelope`] reads, in its order.
pub const ENVELOPE: &str = "m.key, m.thread, m.id, m.folder, m.flags, m.sent_at, m.received_at, \
     m.size, m.attachments, m.sender, m.subject, m.recipients, m.copies, m.preview, m.labels, \
     m.message_id";

/// Reads one row of the columns [`ENVELOPE`].
pub fn envelope(row: &Row<'_>, folders: &Folders) -> rusqlite::Result<Envelope> {
    let folder_id: i64 = row.get(3)?;
    let bits: i64 = row.get(4)?;
    let folder = folders.by_id(folder_id);
    let text = |column: usize| -> rusqlite::Result<&str> { Ok(row.get_ref(column)?.as_str()?) };
    Ok(Envelope {
        id: MessageId(row.get(2)?),
        thread: ThreadId(row.get(1)?),
        account: folder.map(|f| f.account.clone()).unwrap_or_default(),
        channel: folder.map_or(ChannelKind::Maildir, |f| f.channel),
        folder: folder.map(|f| f.path.clone()).unwrap_or_default(),
        from: people(text(9)?),
        to: people(text(11)?),
        cc: people(text(12)?),
        subject: text(10)?.to_owned(),
        untrusted: true,
        sent_at: row.get::<_, Option<i64>>(5)?.and_then(seconds),
        received_at: millis(row.get(6)?),
        preview: text(13)?.to_owned(),
        snippet: None,
        unread: bits & SEEN_BIT == 0,
        starred: bits & STARRED_BIT != 0,
        sent: folder.is_some_and(|f| is_sent(bits, f)),
        draft: folder.is_some_and(|f| is_draft(bits, f)),
        labels: split_labels(text(14)?),
        attachments: row.get::<_, i64>(8)?.try_into().unwrap_or(0),
        size_bytes: row.get::<_, i64>(7)?.try_into().unwrap_or(0),
        message_id: row.get(15)?,
    })
}

/// The same, of a message in one of these folders.
pub fn envelope_in(row: &Row<'_>, folders: &Folders) -> rusqlite::Result<Option<Envelope>> {
    match folders.by_id(row.get(3)?) {
        Some(_) => envelope(row, folders).map(Some),
        None => Ok(None),
    }
}

const UNIT: char = '\u{1f}';
const RECORD: char = '\u{1e}';

/// How many addresses of a header a row keeps; the text index has them all.
const MOST_PEOPLE: usize = 100;

/// Addresses as one text.
pub fn join_people(people: &[Address]) -> String {
    let mut text = String::new();
    let clean = |text: &mut String, part: &str| {
        if part.contains([UNIT, RECORD]) {
            text.push_str(&part.replace([UNIT, RECORD], " "));
        } else {
            text.push_str(part);
        }
    };
    for (n, person) in people.iter().take(MOST_PEOPLE).enumerate() {
        if n > 0 {
            text.push(RECORD);
        }
        if let Some(name) = &person.name {
            clean(&mut text, name);
            text.push(UNIT);
        }
        clean(&mut text, &person.email);
    }
    text
}

/// Addresses from the text of [`join_people`].
pub fn people(text: &str) -> Vec<Address> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(RECORD)
        .map(|person| match person.split_once(UNIT) {
            Some((name, email)) => Address {
                name: Some(name.to_owned()),
                email: email.to_owned(),
            },
            None => Address {
                name: None,
                email: person.to_owned(),
            },
        })
        .collect()
}

/// Labels as one text: without blanks and repeats (whatever their case), in the order given.
pub fn join_labels(labels: &[String]) -> String {
    let mut kept: Vec<String> = Vec::new();
    for label in labels {
        let label = label.replace(UNIT, " ");
        let label = label.trim();
        if !label.is_empty() && !kept.iter().any(|k| fold(k) == fold(label)) {
            kept.push(label.to_owned());
        }
    }
    kept.join("\u{1f}")
}

/// Labels from the text of [`join_labels`].
pub fn split_labels(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(UNIT).map(str::to_owned).collect()
}

/// A name for comparing without case.
pub fn fold(name: &str) -> String {
    name.to_lowercase()
}

pub fn millis(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub fn seconds(s: i64) -> Option<Timestamp> {
    Timestamp::from_second(s).ok()
}

/// An ident as bytes; UIDs sort by number under their validity.
pub fn ident_bytes(ident: &Ident) -> Vec<u8> {
    match ident {
        Ident::Content(hash) => [&[0][..], hash].concat(),
        Ident::Uid { validity, uid } => {
            [&[1][..], &validity.to_be_bytes(), &uid.to_be_bytes()].concat()
        }
        Ident::Maildir(name) => [&[2][..], name.as_bytes()].concat(),
        Ident::Remote(id) => [&[3][..], id.as_bytes()].concat(),
    }
}

/// The ident of a message whose content another one in its folder has, too: no two rows there are the same.
pub fn ident_of_copy(ident: &Ident, id: i64) -> Vec<u8> {
    [&ident_bytes(ident)[..], &id.to_be_bytes()].concat()
}

/// The ident of [`ident_bytes`] or [`ident_of_copy`]; `None` if the row is damaged.
pub fn ident(bytes: &[u8]) -> Option<Ident> {
    let (kind, rest) = bytes.split_first()?;
    match kind {
        0 => Some(Ident::Content(*rest.first_chunk()?)),
        1 => {
            let (validity, uid) = rest.split_at_checked(4)?;
            Some(Ident::Uid {
                validity: u32::from_be_bytes(validity.try_into().ok()?),
                uid: u32::from_be_bytes(uid.try_into().ok()?),
            })
        }
        2 => Some(Ident::Maildir(String::from_utf8(rest.to_vec()).ok()?)),
        3 => Some(Ident::Remote(String::from_utf8(rest.to_vec()).ok()?)),
        _ => None,
    }
}

const ROLES: [Role; 8] = [
    Role::Other,
    Role::Inbox,
    Role::Sent,
    Role::Drafts,
    Role::Trash,
    Role::Junk,
    Role::Archive,
    Role::All,
];

pub fn role_number(role: Role) -> i64 {
    match role {
        Role::Other => 0,
        Role::Inbox => 1,
        Role::Sent => 2,
        Role::Drafts => 3,
        Role::Trash => 4,
        Role::Junk => 5,
        Role::Archive => 6,
        Role::All => 7,
    }
}

pub fn role(number: i64) -> Role {
    usize::try_from(number)
        .ok()
        .and_then(|n| ROLES.get(n).copied())
        .unwrap_or_default()
}

pub fn channel(name: &str) -> ChannelKind {
    ChannelKind::named(name).unwrap_or(ChannelKind::Maildir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_unpacks_the_same() {
        let people_in = vec![
            Address::new(Some("Ada, L."), "ada@example.com"),
            Address::new(None, "bob@example.com"),
            Address::new(None, ""),
        ];
        assert_eq!(people(&join_people(&people_in)), people_in);
        assert_eq!(people(""), Vec::new());
        for ident_in in [
            Ident::Content([7; 16]),
            Ident::Uid {
                validity: 9,
                uid: u32::MAX,
            },
            Ident::Maildir("170.x:host".into()),
        ] {
            assert_eq!(ident(&ident_bytes(&ident_in)), Some(ident_in));
        }
        let content = Ident::Content([7; 16]);
        assert_eq!(ident(&ident_of_copy(&content, 9)), Some(content));
        for role_in in ROLES {
            assert_eq!(role(role_number(role_in)), role_in);
        }
        for bits_in in 0..64 {
            assert_eq!(bits(flags(bits_in)), bits_in);
        }
    }

    #[test]
    fn separators_in_a_name_cant_forge_a_second_address() {
        let forged = vec![Address::new(Some("x\u{1e}evil\u{1f}e@evil"), "a\u{1e}b@c")];
        assert_eq!(people(&join_people(&forged)).len(), 1);
    }

    #[test]
    fn labels_lose_blanks_and_repeats() {
        let labels = ["Work", " ", "work", "Big one"].map(str::to_owned);
        assert_eq!(split_labels(&join_labels(&labels)), ["Work", "Big one"]);
    }
}
