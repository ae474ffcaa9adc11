//! The state that mail programs keep in headers of messages in an mbox.

use crate::model::message::Flags;

use super::super::mime;

/// Flags from Status, X-Status, X-Keywords, X-Mozilla-Status and X-Gmail-Labels; all false if there are none.
pub fn status_flags(raw: &[u8]) -> Flags {
    let mut flags = Flags::default();
    for (name, value) in mime::headers(raw) {
        match name.to_ascii_lowercase().as_str() {
            "status" => flags.seen |= value.contains('R'),
            "x-status" => {
                flags.answered |= value.contains('A');
                flags.starred |= value.contains('F');
                flags.draft |= value.contains('T');
                flags.trashed |= value.contains('D');
            }
            "x-keywords" => {
                flags.forwarded |= value
                    .split_whitespace()
                    .any(|k| k.eq_ignore_ascii_case("$forwarded"))
            }
            // nsMsgMessageFlags of Thunderbird
            "x-mozilla-status" => {
                let bits = u32::from_str_radix(value.trim(), 16).unwrap_or(0);
                flags.seen |= bits & 0x1 != 0;
                flags.answered |= bits & 0x2 != 0;
                flags.starred |= bits & 0x4 != 0;
                flags.trashed |= bits & 0x8 != 0;
                flags.forwarded |= bits & 0x1000 != 0;
            }
            // Google Takeout names only what is unread.
            "x-gmail-labels" => {
                let has = |label: &str| {
                    value
                        .split(',')
                        .any(|l| l.trim().eq_ignore_ascii_case(label))
                };
                flags.seen |= !has("Unread");
                flags.starred |= has("Starred");
                flags.draft |= has("Drafts") || has("Draft");
                flags.trashed |= has("Trash");
            }
            _ => {}
        }
    }
    flags
}
