//! Which parts are read and which are attachments: the choice a mail program makes (RFC 8621 §4.1.4), with
//! plain text preferred over HTML unless it only points there.

use super::super::html;
use super::charset::{self, Fit};
use super::walk::{Disposition, Kind, Part, Tree};

/// Bytes of HTML or text of one part that are looked at; far beyond the cap on text.
const MOST_READ: usize = 8_000_000;

/// A part to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Plain(usize),
    Html(usize),
    /// A message within the message begins; its pieces follow.
    Message(usize),
}

/// The parts of a message by their use.
#[derive(Debug, Default)]
pub struct Selection {
    /// For reading and searching: plain text where there is a choice.
    pub text: Vec<Piece>,
    /// The same choice made for HTML.
    pub rich: Vec<Piece>,
    /// Attachments, in document order.
    pub attachments: Vec<usize>,
}

/// Chooses.
pub fn select(raw: &[u8], tree: &Tree<'_>) -> Selection {
    let mut selection = Selection::default();
    let view = pick(raw, tree, 0, true, &mut selection.attachments);
    selection.text = view.text;
    selection.rich = view.rich;
    selection.attachments.sort_unstable();
    selection
}

#[derive(Default)]
struct View {
    text: Vec<Piece>,
    rich: Vec<Piece>,
}

/// Walks down at most [`super::walk::DEEPEST`] levels. `leads`: the part is the first of its multipart, or alone.
fn pick(
    raw: &[u8],
    tree: &Tree<'_>,
    index: usize,
    leads: bool,
    attachments: &mut Vec<usize>,
) -> View {
    let part = &tree.parts[index];
    match part.kind {
        Kind::Leaf if is_body(tree, part, leads) => {
            let piece = if part.media == "text/html" {
                Piece::Html(index)
            } else {
                Piece::Plain(index)
            };
            View {
                text: vec![piece],
                rich: vec![piece],
            }
        }
        // What a mail server tells of a message is read, and kept as it came.
        Kind::Leaf if is_report(part) => {
            attachments.push(index);
            View {
                text: vec![Piece::Plain(index)],
                rich: Vec::new(),
            }
        }
        Kind::Leaf => {
            if !is_other_form(tree, part) {
                attachments.push(index);
            }
            View::default()
        }
        Kind::Message => {
            attachments.push(index);
            let mut view = View::default();
            // Its own attachments are inside of it.
            for child in &part.children {
                let inner = pick(raw, tree, *child, true, &mut Vec::new());
                view.text.push(Piece::Message(*child));
                view.text.extend(inner.text);
            }
            view
        }
        Kind::Multipart => {
            let views = part
                .children
                .iter()
                .enumerate()
                .map(|(n, child)| pick(raw, tree, *child, n == 0, attachments));
            if part.media == "multipart/alternative" {
                return alternative(raw, tree, views.collect());
            }
            let mut all = View::default();
            for view in views {
                all.text.extend(view.text);
                all.rich.extend(view.rich);
            }
            all
        }
    }
}

fn alternative(raw: &[u8], tree: &Tree<'_>, views: Vec<View>) -> View {
    let is_plain = |view: &&View| {
        !view.text.is_empty() && view.text.iter().all(|p| matches!(p, Piece::Plain(_)))
    };
    let is_rich = |view: &&View| view.rich.iter().any(|p| matches!(p, Piece::Html(_)));
    let plain = views.iter().find(is_plain);
    // The last form is the richest (RFC 2046 §5.1.4).
    let rich = views.iter().rfind(is_rich);
    let (text, rich) = match (plain, rich) {
        (Some(plain), Some(rich)) if is_stub(raw, tree, &plain.text) => (&rich.text, &rich.rich),
        (Some(plain), Some(rich)) => (&plain.text, &rich.rich),
        (Some(only), None) | (None, Some(only)) => (&only.text, &only.rich),
        (None, None) => match views.last() {
            Some(last) => (&last.text, &last.rich),
            None => return View::default(),
        },
    };
    View {
        text: text.clone(),
        rich: rich.clone(),
    }
}

/// Nothing, or a line that says the mail is to be read in HTML.
fn is_stub(raw: &[u8], tree: &Tree<'_>, plain: &[Piece]) -> bool {
    let size: usize = plain.iter().map(|p| tree.parts[p.index()].body.len()).sum();
    if size > 1_000 {
        return false;
    }
    let text: String = plain
        .iter()
        .map(|p| decode(raw, &tree.parts[p.index()], None).0)
        .collect();
    let text = text.trim();
    if text.is_empty() {
        return true;
    }
    let lower = text.to_lowercase();
    text.chars().count() < 300
        && ["html", "browser"].iter().any(|word| lower.contains(word))
        && [
            "view", "read", "support", "client", "display", "enable", "format",
        ]
        .iter()
        .any(|word| lower.contains(word))
}

impl Piece {
    pub fn index(self) -> usize {
        match self {
            Piece::Plain(n) | Piece::Html(n) | Piece::Message(n) => n,
        }
    }
}

/// Text that is read in place. A named text part is an attachment unless it comes first.
fn is_body(tree: &Tree<'_>, part: &Part<'_>, leads: bool) -> bool {
    if !matches!(part.media.as_str(), "text/plain" | "text/html")
        || part.disposition == Disposition::Attachment
    {
        return false;
    }
    let parent = part.parent.map(|p| tree.parts[p].media.as_str());
    match parent {
        Some("multipart/alternative") => true,
        _ if leads => true,
        Some("multipart/related") => false,
        _ => {
            part.disposition_value.bytes("filename").is_none()
                && part.content_type.bytes("name").is_none()
        }
    }
}

/// What became of a message, in words for programs that people can read: which recipient, why, says who (RFC 3464,
/// RFC 8098, RFC 5965, RFC 6533).
fn is_report(part: &Part<'_>) -> bool {
    matches!(
        part.media.as_str(),
        "message/delivery-status"
            | "message/global-delivery-status"
            | "message/disposition-notification"
            | "message/global-disposition-notification"
            | "message/feedback-report"
    )
}

/// A further form of the same text, for programs that know it: neither read nor an attachment.
fn is_other_form(tree: &Tree<'_>, part: &Part<'_>) -> bool {
    part.parent
        .is_some_and(|p| tree.parts[p].media == "multipart/alternative")
        && part.disposition != Disposition::Attachment
        && matches!(
            part.media.as_str(),
            "text/x-amp-html" | "text/watch-html" | "text/enriched" | "text/richtext" | "text/rtf"
        )
}

/// The text of a part and what was wrong with it.
pub fn decode<'a>(
    raw: &'a [u8],
    part: &Part<'_>,
    hint: Option<&str>,
) -> (std::borrow::Cow<'a, str>, Vec<String>) {
    let body = &raw[part.body.clone()];
    let body = &body[..body.len().min(MOST_READ)];
    let mut faults = Vec::new();
    let (bytes, sound) = part.transfer.decode(body);
    if !sound {
        faults.push(broken_transfer(part));
    }
    let label = label(part);
    let mut told = |fit: Fit| match (fit, label.as_deref()) {
        (Fit::Unknown, Some(label)) => {
            faults.push(format!("unknown charset `{}`", super::walk::short(label)))
        }
        (Fit::Lie, Some(label)) => faults.push(format!(
            "text is not `{}` as declared",
            super::walk::short(label)
        )),
        _ => {}
    };
    let text = match bytes {
        std::borrow::Cow::Borrowed(bytes) => {
            let (text, fit) = charset::decode(bytes, label.as_deref(), hint);
            told(fit);
            text
        }
        std::borrow::Cow::Owned(bytes) => {
            let (text, fit) = charset::decode(&bytes, label.as_deref(), hint);
            told(fit);
            text.into_owned().into()
        }
    };
    (text, faults)
}

/// The declared charset.
pub fn label(part: &Part<'_>) -> Option<String> {
    part.content_type
        .bytes("charset")
        .map(|c| String::from_utf8_lossy(c).into_owned())
}

pub fn broken_transfer(part: &Part<'_>) -> String {
    use super::transfer::Transfer;
    match part.transfer {
        Transfer::Base64 => "bad base64".to_owned(),
        Transfer::QuotedPrintable => "bad quoted-printable".to_owned(),
        Transfer::Uuencode | Transfer::Identity => "bad uuencode".to_owned(),
    }
}

/// Plain text of a piece, and whether it holds a link.
pub fn read(raw: &[u8], tree: &Tree<'_>, piece: Piece, faults: &mut Vec<String>) -> (String, bool) {
    let part = &tree.parts[piece.index()];
    let (text, found) = decode(raw, part, None);
    faults.extend(found);
    match piece {
        Piece::Html(_) => html::quick(&text),
        _ => {
            let has_link = has_link(&text);
            (text.into_owned(), has_link)
        }
    }
}

/// Whether a text names a web address.
pub fn has_link(text: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), b"://").any(|at| {
        let scheme = &text.as_bytes()[at.saturating_sub(5)..at];
        scheme.eq_ignore_ascii_case(b"https") || scheme.to_ascii_lowercase().ends_with(b"http")
    })
}
