//! The tree of parts of a message (RFC 2046), found in one pass over the bytes, without recursion and without
//! copying. Boundaries count only as whole lines; what is not closed ends where its parent goes on.

use std::ops::Range;

use memchr::memmem;

use super::head::{self, Head};
use super::param::Value;
use super::transfer::Transfer;

/// Multiparts and messages within each other that are opened; what lies deeper stays whole.
pub const DEEPEST: usize = 64;
/// Parts that are listed; the rest of the message is left out.
pub const MOST_PARTS: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Leaf,
    Multipart,
    /// `message/rfc822` and what is like it, its message the only child if it could be opened.
    Message,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    None,
    Inline,
    Attachment,
}

/// One entity: its header, and its body as it stands in the raw bytes.
#[derive(Debug)]
pub struct Part<'a> {
    pub head: Head<'a>,
    pub kind: Kind,
    /// `text/plain` where nothing is said, `message/rfc822` in a digest.
    pub media: String,
    pub content_type: Value,
    pub disposition: Disposition,
    pub disposition_value: Value,
    pub transfer: Transfer,
    pub body: Range<usize>,
    pub children: Vec<usize>,
    pub parent: Option<usize>,
}

/// All parts in document order, the message itself first, and what is broken about their frame.
#[derive(Debug, Default)]
pub struct Tree<'a> {
    pub parts: Vec<Part<'a>>,
    pub faults: Vec<String>,
    /// Header fields of the message itself.
    pub fields: usize,
}

struct Frame {
    part: usize,
    /// Empty for messages, which end with what holds them.
    boundary: Vec<u8>,
    began: bool,
}

struct Delimiter {
    /// Index of the frame it belongs to.
    frame: usize,
    closes: bool,
    /// Where the content before it ends.
    content_end: usize,
    /// First byte of the line after it.
    next: usize,
}

/// Finds the parts of a message.
pub fn walk(raw: &[u8]) -> Tree<'_> {
    let mut tree = Tree::default();
    let mut frames: Vec<Frame> = Vec::new();
    let finder = memmem::Finder::new(b"\n--");
    let mut at = 0;
    loop {
        let parent = frames.last().map(|f| f.part);
        let index = tree.entity(raw, at, parent, &frames);
        let part = &mut tree.parts[index];
        let start = part.body.start;
        let opened = match part.kind {
            Kind::Leaf => false,
            Kind::Multipart => {
                let boundary = part.content_type.bytes("boundary").unwrap_or_default();
                let boundary = boundary.trim_ascii_end().to_vec();
                if boundary.is_empty() {
                    part.becomes_text();
                    tree.fault("multipart without a boundary");
                    false
                } else {
                    tree.open(&mut frames, index, boundary)
                }
            }
            Kind::Message => {
                if part.transfer == Transfer::Identity && tree.open(&mut frames, index, Vec::new())
                {
                    at = start;
                    continue;
                }
                false
            }
        };
        let mut leaf = (!opened).then_some(index);
        let mut from = start;
        // To the next place where a part begins.
        loop {
            let Some(found) = delimiter(raw, from, &frames, &finder) else {
                tree.end(leaf.take(), &mut frames, 0, raw.len());
                return tree;
            };
            tree.end(leaf.take(), &mut frames, found.frame + 1, found.content_end);
            from = found.next;
            if found.closes {
                if let Some(frame) = frames.pop() {
                    tree.close(&frame, found.content_end);
                }
                continue;
            }
            if let Some(frame) = frames.last_mut() {
                frame.began = true;
            }
            if tree.parts.len() >= MOST_PARTS {
                tree.fault(format!("more than {MOST_PARTS} parts"));
                tree.end(None, &mut frames, 0, raw.len());
                return tree;
            }
            at = found.next;
            break;
        }
    }
}

impl<'a> Tree<'a> {
    pub fn fault(&mut self, fault: impl Into<String>) {
        let fault = fault.into();
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Reads the header of an entity and files it.
    fn entity(
        &mut self,
        raw: &'a [u8],
        at: usize,
        parent: Option<usize>,
        frames: &[Frame],
    ) -> usize {
        let mut head = Head::default();
        let end = head::scan(
            raw,
            at,
            |line| belongs_to(line, frames).is_some(),
            |name, value| head.take(name, value),
        );
        if parent.is_none() {
            self.fields = end.fields;
        }
        if end.unseparated && end.fields > 0 {
            self.fault("no blank line after the header");
        }
        let content_type = Value::read(&head::unfold(head.content_type.unwrap_or_default()));
        let disposition_value = Value::read(&head::unfold(head.disposition.unwrap_or_default()));
        let in_digest = parent.is_some_and(|p| self.parts[p].media == "multipart/digest");
        let media = media_type(&content_type.main, in_digest);
        let transfer = Transfer::named(head.encoding.unwrap_or_default()).unwrap_or_else(|known| {
            let name = String::from_utf8_lossy(head.encoding.unwrap_or_default());
            self.fault(format!("unknown transfer encoding `{}`", short(&name)));
            known
        });
        let kind = match media.as_str() {
            m if m.starts_with("multipart/") => Kind::Multipart,
            "message/rfc822" | "message/global" | "message/news" => Kind::Message,
            // The header of a returned message, without its text (RFC 6522 §4, RFC 6533).
            "text/rfc822-headers" | "message/global-headers" => Kind::Message,
            _ => Kind::Leaf,
        };
        let disposition = match disposition_value.main.as_str() {
            "" => Disposition::None,
            "inline" => Disposition::Inline,
            // RFC 2183 §2.8: an unknown type is an attachment.
            _ => Disposition::Attachment,
        };
        let index = self.parts.len();
        self.parts.push(Part {
            head,
            kind,
            media,
            content_type,
            disposition,
            disposition_value,
            transfer,
            body: end.body..end.body,
            children: Vec::new(),
            parent,
        });
        if let Some(parent) = parent {
            self.parts[parent].children.push(index);
        }
        index
    }

    /// Opens a multipart or message; false where it is nested too deep and stays whole.
    fn open(&mut self, frames: &mut Vec<Frame>, part: usize, boundary: Vec<u8>) -> bool {
        if frames.len() >= DEEPEST {
            self.fault(format!("nesting cut at depth {DEEPEST}"));
            self.parts[part].kind = Kind::Leaf;
            return false;
        }
        frames.push(Frame {
            part,
            boundary,
            began: false,
        });
        true
    }

    /// Ends the leaf and all frames from `keep` on, which have not seen their own end.
    fn end(&mut self, leaf: Option<usize>, frames: &mut Vec<Frame>, keep: usize, at: usize) {
        if let Some(leaf) = leaf {
            let body = &mut self.parts[leaf].body;
            body.end = at.max(body.start);
        }
        while frames.len() > keep {
            if let Some(frame) = frames.pop() {
                if !frame.boundary.is_empty() && frame.began {
                    self.fault("unterminated multipart");
                }
                self.close(&frame, at);
            }
        }
    }

    fn close(&mut self, frame: &Frame, at: usize) {
        let part = &mut self.parts[frame.part];
        part.body.end = at.max(part.body.start);
        if !frame.boundary.is_empty() && !frame.began {
            part.becomes_text();
            self.fault("multipart without parts");
        }
    }
}

impl Part<'_> {
    /// A multipart that has no parts is read as what it looks like.
    fn becomes_text(&mut self) {
        self.kind = Kind::Leaf;
        self.media = "text/plain".to_owned();
    }
}

/// The next line from `from` (a line start) that is a delimiter of one of the frames.
fn delimiter(
    raw: &[u8],
    from: usize,
    frames: &[Frame],
    finder: &memmem::Finder<'_>,
) -> Option<Delimiter> {
    if frames.iter().all(|f| f.boundary.is_empty()) {
        return None;
    }
    let mut at = from;
    loop {
        // Where the line that begins with two dashes begins.
        let line_start = if at == from && raw[at..].starts_with(b"--") {
            at
        } else {
            let search = at.saturating_sub(usize::from(at == from));
            search + finder.find(&raw[search..])? + 1
        };
        let rest = &raw[line_start..];
        let length = memchr::memchr(b'\n', rest);
        let line = &rest[..length.unwrap_or(rest.len())];
        let next = line_start + length.map_or(rest.len(), |l| l + 1);
        if let Some((frame, closes)) = belongs_to(line, frames) {
            let before = &raw[..line_start];
            let before = before.strip_suffix(b"\n").unwrap_or(before);
            let before = before.strip_suffix(b"\r").unwrap_or(before);
            return Some(Delimiter {
                frame,
                closes,
                content_end: before.len(),
                next,
            });
        }
        at = line_start + line.len();
        if at >= raw.len() {
            return None;
        }
    }
}

/// The innermost frame whose delimiter this line is, and whether it closes it.
fn belongs_to(line: &[u8], frames: &[Frame]) -> Option<(usize, bool)> {
    let line = line.strip_prefix(b"--")?;
    frames.iter().enumerate().rev().find_map(|(index, frame)| {
        if frame.boundary.is_empty() {
            return None;
        }
        let rest = line.strip_prefix(frame.boundary.as_slice())?;
        if rest.trim_ascii().is_empty() {
            return Some((index, false));
        }
        let rest = rest.strip_prefix(b"--")?;
        rest.trim_ascii().is_empty().then_some((index, true))
    })
}

/// The media type, completed where it says too little.
fn media_type(main: &str, in_digest: bool) -> String {
    match main {
        "" if in_digest => "message/rfc822",
        "" | "text" | "plain" | "text/" => "text/plain",
        "html" => "text/html",
        // RFC 2045 §5.2: a type that is none is read as text.
        other if !other.contains('/') => "text/plain",
        other => other,
    }
    .to_owned()
}

/// A stranger's word, short enough for a fault.
pub fn short(text: &str) -> String {
    text.trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(40)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in one line: `multipart/mixed(text/plain"a" text/html"b")`.
    fn draw(raw: &str) -> (String, Vec<String>) {
        fn part(tree: &Tree<'_>, raw: &str, index: usize) -> String {
            let p = &tree.parts[index];
            let media = p
                .media
                .replace("text/plain", "plain")
                .replace("multipart/", "");
            if p.kind == Kind::Leaf {
                return format!("{media}{:?}", &raw[p.body.clone()]);
            }
            let inner: Vec<_> = p.children.iter().map(|c| part(tree, raw, *c)).collect();
            format!("{media}({})", inner.join(" "))
        }
        let tree = walk(raw.as_bytes());
        (part(&tree, raw, 0), tree.faults)
    }

    const MIXED: &str = "Content-Type: multipart/mixed; boundary=b\n\n";

    #[test]
    fn parts_are_found_in_sound_and_broken_frames() {
        for (raw, expected, fault) in [
            ("A: b\n\nhello\n".to_owned(), "plain\"hello\\n\"", ""),
            (
                format!("{MIXED}pre\n--b\n\none\n--b\n\ntwo\n--b--\npost\n"),
                "mixed(plain\"one\" plain\"two\")",
                "",
            ),
            (
                format!("{MIXED}--b\r\n\r\none\r\n\r\n--b--"),
                "mixed(plain\"one\\r\\n\")",
                "",
            ),
            (
                format!("{MIXED}--b \n\n--bb\n--b-x\n -- b\n--b--"),
                "mixed(plain\"--bb\\n--b-x\\n -- b\")",
                "",
            ),
            (
                format!("{MIXED}--b\n\none"),
                "mixed(plain\"one\")",
                "unterminated multipart",
            ),
            (
                format!("{MIXED}--b\n--b\nX: y\n--b\n\n--b--"),
                "mixed(plain\"\" plain\"\" plain\"\")",
                "",
            ),
            (
                format!("{MIXED}text only"),
                "plain\"text only\"",
                "multipart without parts",
            ),
            (
                "Content-Type: multipart/mixed\n\ntext".to_owned(),
                "plain\"text\"",
                "multipart without a boundary",
            ),
            (
                format!(
                    "{MIXED}--b\nContent-Type: multipart/alternative; boundary=bb\n\n--bb\n\nx\n--b\n\ny\n--b--"
                ),
                "mixed(alternative(plain\"x\") plain\"y\")",
                "unterminated multipart",
            ),
            (
                format!(
                    "{MIXED}--b\nContent-Type: message/rfc822\n\nSubject: in\n\nbody\n--b\n\ny\n--b--\n"
                ),
                "mixed(message/rfc822(plain\"body\") plain\"y\")",
                "",
            ),
            (
                "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: in\n\nbody\n--d--"
                    .to_owned(),
                "digest(message/rfc822(plain\"body\"))",
                "",
            ),
            (
                "Content-Type: text\nX: y\nbody\n".to_owned(),
                "plain\"body\\n\"",
                "no blank line after the header",
            ),
            (String::new(), "plain\"\"", ""),
        ] {
            let (tree, faults) = draw(&raw);
            assert_eq!(
                (tree.as_str(), faults.join("; ").as_str()),
                (expected, fault),
                "{raw:?}"
            );
        }
    }

    #[test]
    fn deep_nesting_is_cut_and_not_followed() {
        for piece in [
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
            "Content-Type: message/rfc822\n\n",
        ] {
            let raw = piece.repeat(10_000);
            let tree = walk(raw.as_bytes());
            assert!(tree.parts.len() <= MOST_PARTS, "{}", tree.parts.len());
            assert!(
                tree.faults.iter().any(|f| f.starts_with("nesting cut")),
                "{piece}"
            );
        }
        let boundaries: String = (0..10_000)
            .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"))
            .collect();
        assert!(walk(boundaries.as_bytes()).parts.len() <= DEEPEST + 2);
    }

    #[test]
    fn a_flood_of_parts_is_cut() {
        let raw = format!("{MIXED}{}", "--b\n\n".repeat(50_000));
        let tree = walk(raw.as_bytes());
        assert_eq!(tree.parts.len(), MOST_PARTS);
        assert!(tree.faults.iter().any(|f| f.starts_with("more than")));
    }
}
