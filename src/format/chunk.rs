//! Cuts a text in a dialect of marks into messages.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Limits below these leave no room for a fence with its first line.
const LEAST_CHARS: usize = 64;
const LEAST_BYTES: usize = 256;
/// Longest info string and longest indent of a line that counts as a fence.
const LONGEST_INFO: usize = 20;
const LONGEST_PREFIX: usize = 8;
const TICKS: &str = "```";
/// What Slack writes for `&`, `<` and `>`, without the first sign.
const ENTITIES: [&str; 3] = ["amp;", "lt;", "gt;"];

/// How good a place is to cut at; the later, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Grapheme,
    Word,
    Sentence,
    Line,
    Paragraph,
}

/// A block of code: its opening line, its code, its closing line.
#[derive(Clone, Debug)]
struct Fence {
    start: usize,
    code: Range<usize>,
    /// Behind the closing ticks.
    end: usize,
}

/// The text in pieces of at most `limit_chars` UTF-16 units and `limit_bytes` bytes, each with the offset in bytes
/// at which it begins.
///
/// A piece ends between paragraphs if it can, else between lines, sentences or words. A block of code that is cut
/// is closed and opened again with its own first line; a link, a mention, a code span and what a reader sees as
/// one character stay whole, unless they are longer than a piece. White space where it cuts is left out.
/// Limits below 64 units or 256 bytes count as these.
pub fn chunks(text: &str, limit_chars: usize, limit_bytes: usize) -> Vec<(usize, String)> {
    let cutter = Cutter {
        text,
        limit: Cost {
            chars: limit_chars.max(LEAST_CHARS),
            bytes: limit_bytes.max(LEAST_BYTES),
        },
        fences: fences(text),
        whole: whole(text),
    };
    let mut pieces = Vec::new();
    let mut at = cutter.skip_blank(0);
    while at < text.len() {
        let head = cutter.head(at);
        let end = cutter.cut(at, Cost::of(&head));
        let body = &text[at..end];
        let mut piece = head;
        let next = match cutter.inside(end) {
            Some(fence) => {
                piece.push_str(body);
                piece.push_str(&cutter.closing(fence));
                end + usize::from(text[end..].starts_with('\n'))
            }
            None => {
                piece.push_str(body.trim_end());
                cutter.skip_blank(end)
            }
        };
        // A tab at the end is no message.
        if !piece.trim().is_empty() {
            pieces.push((at, piece));
        }
        at = next;
    }
    pieces
}

/// What a text takes of a limit.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    chars: usize,
    bytes: usize,
}

impl Cost {
    fn of(text: &str) -> Cost {
        Cost {
            chars: text.chars().map(char::len_utf16).sum(),
            bytes: text.len(),
        }
    }

    fn and(self, other: Cost) -> Cost {
        Cost {
            chars: self.chars + other.chars,
            bytes: self.bytes + other.bytes,
        }
    }

    fn fits(self, limit: Cost) -> bool {
        self.chars <= limit.chars && self.bytes <= limit.bytes
    }

    fn is_half_of(self, limit: Cost) -> bool {
        self.chars * 2 >= limit.chars || self.bytes * 2 >= limit.bytes
    }
}

struct Cutter<'a> {
    text: &'a str,
    limit: Cost,
    fences: Vec<Fence>,
    /// Stretches that stay whole, in order.
    whole: Vec<Range<usize>>,
}

impl Cutter<'_> {
    /// Where the piece that begins at `at` behind `head` ends.
    fn cut(&self, at: usize, head: Cost) -> usize {
        let rest = self.text[at..].trim_end();
        // Three bytes are a unit at least: what is far too long is not counted for each piece.
        let most = self.limit.bytes.min(self.limit.chars.saturating_mul(3));
        if rest.len() <= most && head.and(Cost::of(rest)).fits(self.limit) {
            return self.text.len();
        }
        self.best(at, head, true)
            .or_else(|| self.best(at, head, false))
            .unwrap_or_else(|| self.within_a_grapheme(at, head))
    }

    fn best(&self, at: usize, head: Cost, keep_whole: bool) -> Option<usize> {
        let mut best: [Option<(usize, Cost)>; 5] = [None; 5];
        let mut cost = head;
        for (offset, grapheme) in self.text[at..].grapheme_indices(true) {
            cost = cost.and(Cost::of(grapheme));
            if !cost.fits(self.limit) {
                break;
            }
            let end = at + offset + grapheme.len();
            if self.splits_ticks(end) || (keep_whole && holds(&self.whole, end)) {
                continue;
            }
            let whole_cost = match self.inside(end) {
                Some(fence) => cost.and(Cost::of(&self.closing(fence))),
                None => cost,
            };
            if whole_cost.fits(self.limit) {
                best[self.place(end) as usize] = Some((end, cost));
            }
        }
        let words = &best[Place::Word as usize..];
        let late = words.iter().rev().flatten();
        let late = late
            .clone()
            .find(|(_, cost)| cost.is_half_of(self.limit))
            .or_else(|| late.max_by_key(|(end, _)| *end));
        late.or(best[Place::Grapheme as usize].as_ref())
            .map(|(end, _)| *end)
    }

    /// For characters with more marks on them than a piece holds.
    fn within_a_grapheme(&self, at: usize, head: Cost) -> usize {
        let mut cost = head;
        let mut last = None;
        for (offset, c) in self.text[at..].char_indices() {
            let end = at + offset + c.len_utf8();
            cost = cost.and(Cost {
                chars: c.len_utf16(),
                bytes: c.len_utf8(),
            });
            let closing = self.inside(end).map_or(0, |f| self.closing(f).len());
            let all = cost.and(Cost {
                chars: closing,
                bytes: closing,
            });
            if !all.fits(self.limit) {
                break;
            }
            if !self.splits_ticks(end) {
                last = Some(end);
            }
        }
        // One character always fits the least limit.
        last.unwrap_or_else(|| {
            let first = self.text[at..].chars().next().map_or(1, char::len_utf8);
            at + first
        })
    }

    fn place(&self, end: usize) -> Place {
        let after = &self.text[end..];
        if self.inside(end).is_some() {
            return match after.chars().next() {
                Some('\n') => Place::Line,
                Some(c) if c.is_whitespace() => Place::Word,
                _ => Place::Grapheme,
            };
        }
        let before = self.text[..end].chars().next_back();
        if before.is_none_or(char::is_whitespace) || !after.starts_with(char::is_whitespace) {
            return Place::Grapheme;
        }
        let blank = &after[..after.len() - after.trim_start().len()];
        let next = self.fence_from(end + blank.len());
        let borders = next.is_some_and(|f| f.start <= end + blank.len())
            || self.fence_from(end - 1).is_some_and(|f| f.end == end);
        match (blank.matches('\n').count(), before) {
            (0, Some('.' | '!' | '?' | '…' | '。' | '！' | '？')) => Place::Sentence,
            (0, _) => Place::Word,
            (1, _) if !borders => Place::Line,
            _ => Place::Paragraph,
        }
    }

    /// The first fence that ends behind `at`.
    fn fence_from(&self, at: usize) -> Option<&Fence> {
        let n = self.fences.partition_point(|f| f.end <= at);
        self.fences.get(n)
    }

    /// The fence whose code a cut at `at` would part; the end of the text parts nothing.
    fn inside(&self, at: usize) -> Option<&Fence> {
        let fence = self.fence_from(at)?;
        let parts = fence.code.start < at && at < fence.end.min(self.text.len());
        parts.then_some(fence)
    }

    /// Whether a cut would leave a fence without code, or half of its ticks.
    fn splits_ticks(&self, at: usize) -> bool {
        self.fence_from(at).is_some_and(|fence| {
            let code = fence.code.start + 1..fence.code.end.saturating_sub(1);
            fence.start < at && !code.contains(&at)
        })
    }

    /// The lines that open again the block of code that `at` lies in.
    fn head(&self, at: usize) -> String {
        let Some(fence) = self.inside(at) else {
            return String::new();
        };
        let line = &self.text[fence.start..fence.code.start];
        let line = line.trim_end_matches('\n');
        match self.text[..at].ends_with('\n') {
            true => format!("{line}\n"),
            false => format!("{line}\n{}", self.prefix(fence)),
        }
    }

    fn closing(&self, fence: &Fence) -> String {
        format!("\n{}{TICKS}", self.prefix(fence))
    }

    fn prefix(&self, fence: &Fence) -> &str {
        let line = &self.text[fence.start..fence.code.start];
        &line[..line.find(TICKS).unwrap_or(0)]
    }

    /// The next line that says something, or the next word of this line.
    fn skip_blank(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        let blank = &rest[..rest.len() - rest.trim_start().len()];
        match blank.rfind('\n') {
            // Its indent is part of the line.
            Some(end) if blank.len() < rest.len() => at + end + 1,
            None if at == 0 => 0,
            _ => at + blank.len(),
        }
    }
}

/// The blocks of code; one that is never closed reaches to the end.
fn fences(text: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((prefix, info)) = line.trim_end_matches('\n').split_once(TICKS) else {
            continue;
        };
        let bare = prefix.chars().all(|c| matches!(c, ' ' | '>'));
        match open {
            None if bare
                && prefix.len() <= LONGEST_PREFIX
                && info.chars().count() <= LONGEST_INFO
                && !info.contains('`')
                && line.ends_with('\n') =>
            {
                open = Some((start, at));
            }
            Some((first, code)) if bare && info.trim().is_empty() => {
                fences.push(Fence {
                    start: first,
                    code: code..start,
                    end: start + prefix.len() + TICKS.len(),
                });
                open = None;
            }
            _ => {}
        }
    }
    if let Some((start, code)) = open {
        fences.push(Fence {
            start,
            code: code..text.len() + 1,
            end: text.len() + 1,
        });
    }
    fences
}

/// Links, mentions and code spans: what stands between `<` and `>`, or between backticks, on one line; entities.
fn whole(text: &str) -> Vec<Range<usize>> {
    let mut whole = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(['<', '`', '&']) {
        let start = at + found;
        let rest = &text[start + 1..];
        let entity = ENTITIES.iter().find(|e| rest.starts_with(**e));
        if text.as_bytes()[start] == b'&' {
            at = start + 1 + entity.map_or(0, |e| e.len());
            if entity.is_some() {
                whole.push(start..at);
            }
            continue;
        }
        let (end, sign) = match text.as_bytes()[start] {
            b'<' => (rest.find(['>', '<', '\n']), '>'),
            _ => (rest.find(['`', '\n']), '`'),
        };
        at = start + 1;
        if let Some(end) = end.filter(|e| *e > 0 && rest[*e..].starts_with(sign)) {
            at = start + 2 + end;
            whole.push(start..at);
        }
    }
    whole
}

/// Whether a cut at `at` would part one of these.
fn holds(spans: &[Range<usize>], at: usize) -> bool {
    let n = spans.partition_point(|s| s.end <= at);
    spans.get(n).is_some_and(|s| s.start < at)
}

#[cfg(test)]
mod tests;
