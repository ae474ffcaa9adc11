//! The signs of the dialect: which of them the sender wrote as text, and what stands in for those.

use super::Mentions;

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
pub fn write(line: &[(char, bool)], mentions: Mentions, text: &mut String) {
    let ticks = line.iter().filter(|(c, _)| *c == '`').count();
    let mut inside = [false; 3];
    let mut replaced = [0usize; 3];
    let last_close = Mark::ALL.map(|mark| {
        let mut places = (0..line.len()).rev();
        places
            .find(|n| line[*n].0 == mark.sign() && can_close(line, *n))
            .unwrap_or(0)
    });
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
            ('<', _, _) => {
                text.push(c);
                if is_token(&line[n + 1..], own, mentions) {
                    text.push(GAP);
                }
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
