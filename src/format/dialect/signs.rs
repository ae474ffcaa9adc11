//! The signs of the dialect: which of them the sender wrote as text, and what stands in for those.

use super::{Mentions, Style};

/// A mark around text; marks of one kind do not nest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Bold,
    Italic,
    Strike,
}

impl Mark {
    pub const ALL: [Mark; 3] = [Mark::Bold, Mark::Italic, Mark::Strike];

    pub fn sign(self) -> char {
        match self {
            Mark::Bold => '*',
            Mark::Italic => '_',
            Mark::Strike => '~',
        }
    }
}

/// Looks like the sign and is none.
pub fn look_alike(sign: char) -> char {
    match sign {
        '*' => '\u{2217}',
        '_' => '\u{02CD}',
        '~' => '\u{223C}',
        '`' => '\u{02CB}',
        other => other,
    }
}

/// Takes up no room and parts what it stands between.
pub const GAP: char = '\u{200B}';

/// Writes a line with those of the sender's characters replaced that would be taken for marks.
pub fn write(line: &[(char, bool)], style: Style, text: &mut String) {
    let ticks = line.iter().filter(|(c, _)| *c == '`').count();
    let mut inside = [false; 3];
    let mut replaced = [0usize; 3];
    let last_close = Mark::ALL.map(|mark| {
        let mut places = (0..line.len()).rev();
        places
            .find(|n| line[*n].0 == mark.sign() && can_close(line, *n))
            .unwrap_or(0)
    });
    // Where the mention at hand ends.
    let mut whole = 0;
    for (n, (c, own)) in line.iter().copied().enumerate() {
        let mark = Mark::ALL.into_iter().find(|m| m.sign() == c);
        match (c, mark, own) {
            (_, Some(mark), false) => {
                inside[mark as usize] ^= true;
                text.push(c);
            }
            (_, Some(mark), true) => {
                let kind = mark as usize;
                let closes = can_close(line, n) && (inside[kind] || replaced[kind] > 0);
                let opens = can_open(line, n) && last_close[kind] > n;
                if closes {
                    replaced[kind] = replaced[kind].saturating_sub(1);
                } else if opens {
                    replaced[kind] += 1;
                }
                text.push(if closes || opens { look_alike(c) } else { c });
            }
            ('`', _, true) if ticks > 1 => text.push(look_alike(c)),
            ('<', _, _) if let Style::GoogleChat(mentions) = style => {
                text.push(c);
                if is_token(&line[n + 1..], own, mentions) {
                    text.push(GAP);
                }
            }
            ('<', _, true)
                if let Style::Slack(mentions) = style
                    && let Some(length) = mention(&line[n + 1..], mentions) =>
            {
                text.push(c);
                whole = n + length + 1;
            }
            ('>', _, true) if n == whole && n > 0 => text.push(c),
            ('&' | '<' | '>', _, true) if matches!(style, Style::Slack(_)) => {
                text.push_str(entity(c));
            }
            _ => text.push(c),
        }
    }
}

/// Whether a `<` begins a mention that is not to be sent, or a labelled link the sender wrote as text.
fn is_token(rest: &[(char, bool)], own: bool, mentions: Mentions) -> bool {
    let start: String = rest
        .iter()
        .take(6)
        .map(|(c, _)| c.to_ascii_lowercase())
        .collect();
    if start == "users/" {
        return mentions == Mentions::Shown;
    }
    let end = rest.iter().position(|(c, _)| matches!(c, '<' | '>'));
    let inner = end.filter(|e| rest[*e].0 == '>').map(|e| &rest[..e]);
    own && inner.is_some_and(|inner| inner.iter().any(|(c, _)| *c == '|'))
}

/// How many characters a mention in Slack has that these may send, behind its `<` and up to its `>`.
fn mention(rest: &[(char, bool)], mentions: Mentions) -> Option<usize> {
    let end = rest.iter().position(|(c, _)| matches!(c, '<' | '>'))?;
    let inner: String = rest[..end].iter().map(|(c, _)| *c).collect();
    let id = |id: &str, first: &[char]| {
        id.starts_with(first)
            && id.len() > 1
            && id
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    let one = match inner.split_at_checked(1) {
        Some(("@", user)) => id(user, &['U', 'W']),
        Some(("#", channel)) => id(channel, &['C']),
        _ => false,
    };
    let many = match inner.strip_prefix('!') {
        Some("here" | "channel" | "everyone") => true,
        Some(group) => group
            .strip_prefix("subteam^")
            .is_some_and(|g| id(g, &['S'])),
        None => false,
    };
    let closed = rest[end].0 == '>';
    (closed && (one || (many && mentions == Mentions::Sent))).then_some(end)
}

/// A text with the signs that Slack reads written as it wants them.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' => safe.push_str(entity(c)),
            c => safe.push(c),
        }
    }
    safe
}

fn entity(sign: char) -> &'static str {
    match sign {
        '&' => "&amp;",
        '<' => "&lt;",
        _ => "&gt;",
    }
}

/// Whether the sender's own words at the start of a line would make it an item or a quote.
pub fn looks_like_a_block(line: &[(char, bool)]) -> bool {
    let mut own = line.iter().skip_while(|(c, _)| *c == ' ');
    match own.next() {
        Some(('-' | '*', true)) => own.next().is_some_and(|(c, _)| *c == ' '),
        Some(('>', true)) => true,
        _ => false,
    }
}

/// A sign opens where a word begins.
fn can_open(line: &[(char, bool)], at: usize) -> bool {
    let before = at.checked_sub(1).map(|n| line[n].0);
    let after = line.get(at + 1).map(|(c, _)| *c);
    !before.is_some_and(char::is_alphanumeric) && after.is_some_and(|c| !c.is_whitespace())
}

/// A sign closes where a word ends.
fn can_close(line: &[(char, bool)], at: usize) -> bool {
    let before = at.checked_sub(1).map(|n| line[n].0);
    let after = line.get(at + 1).map(|(c, _)| *c);
    before.is_some_and(|c| !c.is_whitespace()) && !after.is_some_and(char::is_alphanumeric)
}
