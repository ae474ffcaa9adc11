//! Cuts a text that is too long for one message.

use unicode_segmentation::UnicodeSegmentation;

/// What Twilio takes as one body, in characters; counted in UTF-16 units, the strictest reading (error 21617).
pub const LONGEST: usize = 1600;

/// How good a place is to cut at; the later, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Grapheme,
    Word,
    Sentence,
    Line,
    Paragraph,
}

/// The text in pieces of at most `limit` UTF-16 units, each with the offset in bytes at which it begins.
///
/// A piece ends between paragraphs if it can, else between lines, sentences or words; what a reader sees as one
/// character is cut only if it is longer than a piece. White space where it cuts is left out. A limit below 2
/// counts as 2.
pub fn parts(text: &str, limit: usize) -> Vec<(usize, String)> {
    let limit = limit.max(2);
    let mut pieces = Vec::new();
    let mut at = blank(text);
    while at < text.len() {
        let rest = &text[at..];
        let end = cut(rest, limit);
        pieces.push((at, rest[..end].trim_end().to_owned()));
        at += end + blank(&rest[end..]);
    }
    pieces
}

fn blank(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Where the first piece ends.
fn cut(text: &str, limit: usize) -> usize {
    let said = text.trim_end();
    // Three bytes are a unit at least: what is far too long is not counted for each piece.
    if said.len() <= limit.saturating_mul(3) && units(said) <= limit {
        return text.len();
    }
    let mut best: [Option<(usize, usize)>; 5] = [None; 5];
    let mut used = 0;
    for (offset, grapheme) in text.grapheme_indices(true) {
        used += units(grapheme);
        if used > limit {
            break;
        }
        let end = offset + grapheme.len();
        best[place(text, end) as usize] = Some((end, used));
    }
    let words = best[Place::Word as usize..].iter().rev().flatten();
    // A better place is worth it while the piece stays at least half full.
    let late = words
        .clone()
        .find(|(_, used)| used * 2 >= limit)
        .or_else(|| words.max_by_key(|(end, _)| *end));
    late.or(best[Place::Grapheme as usize].as_ref())
        .map_or_else(|| within_a_grapheme(text, limit), |(end, _)| *end)
}

fn place(text: &str, end: usize) -> Place {
    let after = &text[end..];
    let before = text[..end].chars().next_back();
    if before.is_none_or(char::is_whitespace) || !after.starts_with(char::is_whitespace) {
        return Place::Grapheme;
    }
    let blank = &after[..blank(after)];
    match (blank.matches('\n').count(), before) {
        (0, Some('.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '۔')) => Place::Sentence,
        (0, _) => Place::Word,
        (1, _) => Place::Line,
        _ => Place::Paragraph,
    }
}

/// For characters with more marks on them than a piece holds. One character always fits.
fn within_a_grapheme(text: &str, limit: usize) -> usize {
    let mut used = 0;
    let mut end = 0;
    for c in text.chars() {
        used += c.len_utf16();
        if used > limit && end > 0 {
            break;
        }
        end += c.len_utf8();
    }
    end
}
