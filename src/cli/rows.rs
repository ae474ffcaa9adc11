//! Columns of lists of messages.

use crate::format::clean;
use crate::model::message::Envelope;

use super::output::{Cell, Column, Format, Output, Style};

/// Columns for these messages; the snippet when it was asked for.
pub fn message_columns(
    messages: &[Envelope],
    snippets: bool,
    out: &Output,
) -> Vec<Column<Envelope>> {
    let mut columns = vec![
        Column {
            field: "id",
            title: "id",
            cell: |m: &Envelope, _| Cell::id(m.id),
            plain: |m| m.id.to_string(),
        },
        Column {
            field: "when",
            title: "when",
            cell: |m, out| Cell::new(out.when(m.sent_at.unwrap_or(m.received_at)), Style::Dim),
            plain: |m| m.sent_at.unwrap_or(m.received_at).to_string(),
        },
        Column {
            field: "from",
            title: "from",
            cell: |m, _| Cell::new(sender(m), weight(m)),
            plain: |m| people(&m.from),
        },
        Column {
            field: "subject",
            title: "subject",
            cell: |m, _| Cell::new(subject(m), weight(m)),
            plain: |m| m.subject.clone(),
        },
    ];
    if tells_account(messages.iter().map(|m| m.account.as_str()), out) {
        columns.insert(
            2,
            Column {
                field: "account",
                title: "account",
                cell: |m, _| Cell::plain(clean::line(&m.account)),
                plain: |m| m.account.clone(),
            },
        );
    }
    if snippets {
        columns.push(Column {
            field: "snippet",
            title: "text",
            cell: |m, _| {
                Cell::plain(near_hit(&clean::line(
                    m.snippet.as_deref().unwrap_or_default(),
                )))
            },
            plain: |m| m.snippet.clone().unwrap_or_default(),
        });
    }
    columns
}

/// Whether rows of these accounts tell their account: a table only if they differ, everything else always, so
/// that what a script reads doesn't depend on what is found.
pub fn tells_account<'a>(mut accounts: impl Iterator<Item = &'a str>, out: &Output) -> bool {
    let first = accounts.next();
    out.format != Format::Table
        || out.fields.is_some()
        || accounts.any(|account| Some(account) != first)
}

/// Characters before the hit that a narrow column has room for.
const LEAD: usize = 10;

/// The snippet from shortly before its hit on: the end of a cell may be cut off, the hit must not be.
fn near_hit(snippet: &str) -> String {
    let Some(hit) = snippet.find("**") else {
        return snippet.to_owned();
    };
    let lead = &snippet[..hit];
    let Some((earliest, _)) = lead.char_indices().rev().nth(LEAD - 1) else {
        return snippet.to_owned();
    };
    let start = lead[earliest..]
        .find(char::is_whitespace)
        .map_or(hit, |gap| earliest + gap + 1);
    if start == 0 {
        return snippet.to_owned();
    }
    format!("…{}", snippet[start..].trim_start())
}

/// Who wrote it, as short as a list needs it.
pub fn sender(message: &Envelope) -> String {
    let from = message.from.first().map(|from| clean::line(from.label()));
    from.filter(|name| !name.is_empty())
        .unwrap_or_else(|| "(unknown)".to_owned())
}

/// All of them, in full.
pub fn people(people: &[crate::model::address::Address]) -> String {
    people
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The subject with marks: `*` starred, `(unread)` is said by the weight and the mark `•`, `[2]` attachments.
pub fn subject(message: &Envelope) -> String {
    let mut text = String::new();
    if message.unread {
        text.push_str("• ");
    }
    if message.starred {
        text.push_str("* ");
    }
    let subject = clean::line(&message.subject);
    // What has none, as most of what is said in rooms, is known by its first words.
    let words = clean::line(&message.preview);
    text.push_str(match (subject.is_empty(), words.trim().is_empty()) {
        (false, _) => &subject,
        (true, false) => words.trim(),
        (true, true) => "(no subject)",
    });
    match message.attachments {
        0 => {}
        1 => text.push_str(" [1 file]"),
        n => text.push_str(&format!(" [{n} files]")),
    }
    text
}

pub fn weight(message: &Envelope) -> Style {
    if message.unread {
        Style::Strong
    } else {
        Style::Normal
    }
}

#[cfg(test)]
mod tests {
    use super::near_hit;

    #[test]
    fn a_cell_begins_near_the_hit() {
        for (snippet, expected) in [
            ("", ""),
            (
                "no hit at all in this long text",
                "no hit at all in this long text",
            ),
            ("**hit** first", "**hit** first"),
            ("the one **hit** here", "the one **hit** here"),
            (
                "a long way to go to a **hit** there",
                "…go to a **hit** there",
            ),
            ("私は東京に住むので明日も**東京**都", "…**東京**都"),
            ("unbreakable-thing **hit**", "…**hit**"),
        ] {
            assert_eq!(near_hit(snippet), expected);
        }
    }
}
