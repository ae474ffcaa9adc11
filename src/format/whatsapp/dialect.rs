//! Markdown and plain text in WhatsApp's dialect, and texts cut into messages.
//!
//! It marks like Chat does (`*bold*`, `_italic_`, `~strike~`, code, fences, quotes, items), and has neither named
//! links nor mentions: where a link leads is written out.

use crate::format::chunk;
use crate::format::dialect::{self, Style};

/// Characters of one text message (Cloud API reference, Text messages).
const MOST_CHARS: usize = 4_096;

/// Markdown in WhatsApp's dialect.
pub fn from_markdown(markdown: &str) -> String {
    dialect::from_markdown(markdown, Style::Whatsapp)
}

/// A text that is no Markdown, shown as it is written.
pub fn from_plain(text: &str) -> String {
    dialect::from_plain(text, Style::Whatsapp)
}

/// The texts that a longer one is sent as, each with the byte at which it begins.
pub fn chunks(text: &str) -> Vec<(usize, String)> {
    chunk::chunks(text.trim_end(), MOST_CHARS, usize::MAX / 4)
}
