//! Header blocks: splits them into fields and picks the ones that matter. Tolerates what real mail has:
//! LF or CRLF, a leading mbox line, junk between fields, no blank line before the body.

use memchr::memchr;

/// Field values as they stand, folded and encoded; the first occurrence of each, all of To, Cc and Bcc.
#[derive(Debug, Default)]
pub struct Head<'a> {
    pub from: Option<&'a [u8]>,
    pub sender: Option<&'a [u8]>,
    pub reply_to: Option<&'a [u8]>,
    pub to: Vec<&'a [u8]>,
    pub cc: Vec<&'a [u8]>,
    pub bcc: Vec<&'a [u8]>,
    pub subject: Option<&'a [u8]>,
    pub date: Option<&'a [u8]>,
    pub message_id: Option<&'a [u8]>,
    pub references: Option<&'a [u8]>,
    pub in_reply_to: Option<&'a [u8]>,
    pub list_id: Option<&'a [u8]>,
    pub comms_id: Option<&'a [u8]>,
    pub content_type: Option<&'a [u8]>,
    pub disposition: Option<&'a [u8]>,
    pub encoding: Option<&'a [u8]>,
    pub content_id: Option<&'a [u8]>,
}

impl<'a> Head<'a> {
    /// Files a field under its name; names that don't matter are dropped.
    pub fn take(&mut self, name: &[u8], value: &'a [u8]) {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let slot = match name.len() {
            2 if is("to") => return self.to.push(value),
            2 if is("cc") => return self.cc.push(value),
            3 if is("bcc") => return self.bcc.push(value),
            4 if is("from") => &mut self.from,
            4 if is("date") => &mut self.date,
            6 if is("sender") => &mut self.sender,
            7 if is("subject") => &mut self.subject,
            7 if is("list-id") => &mut self.list_id,
            8 if is("reply-to") => &mut self.reply_to,
            10 if is("message-id") => &mut self.message_id,
            10 if is("references") => &mut self.references,
            10 if is("content-id") => &mut self.content_id,
            10 if is("x-comms-id") => &mut self.comms_id,
            11 if is("in-reply-to") => &mut self.in_reply_to,
            12 if is("content-type") => &mut self.content_type,
            19 if is("content-disposition") => &mut self.disposition,
            25 if is("content-transfer-encoding") => &mut self.encoding,
            _ => return,
        };
        slot.get_or_insert(value);
    }
}

/// Where a header block ended and how.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    /// First byte of the body; a line start.
    pub body: usize,
    pub fields: usize,
    /// The body begins without a blank line before it.
    pub unseparated: bool,
}

/// Calls `field` with name and raw value of each field from `start` on; a line for which `stop` is true ends the
/// block as a blank line does, but belongs to what follows.
pub fn scan<'a>(
    raw: &'a [u8],
    start: usize,
    stop: impl Fn(&[u8]) -> bool,
    mut field: impl FnMut(&'a [u8], &'a [u8]),
) -> End {
    let mut at = start;
    let mut fields = 0;
    // Name, start and end of the value of the field being read.
    let mut open: Option<(&[u8], usize, usize)> = None;
    let (body, unseparated) = loop {
        if at >= raw.len() {
            break (raw.len(), false);
        }
        let (line, next) = line_at(raw, at);
        if line.is_empty() {
            break (next, false);
        }
        if line.starts_with(b"--") && stop(line) {
            break (at, false);
        }
        if matches!(line[0], b' ' | b'\t') && open.is_some() {
            if let Some((_, _, end)) = &mut open {
                *end = at + line.len();
            }
        } else if let Some((name, colon)) = field_name(line) {
            if let Some((name, from, to)) = open.take() {
                field(name, &raw[from..to]);
            }
            fields += 1;
            open = Some((name, at + colon + 1, at + line.len()));
        } else if at == start && (line.starts_with(b"From ") || line.starts_with(b">From ")) {
            // The separator of an mbox that came along.
        } else if next < raw.len() && field_name(line_at(raw, next).0).is_some() {
            // Junk between fields, mostly a fold that lost its indentation.
            if let Some((_, _, end)) = &mut open {
                *end = at + line.len();
            }
        } else {
            break (at, true);
        }
        at = next;
    };
    if let Some((name, from, to)) = open {
        field(name, &raw[from..to]);
    }
    End {
        body,
        fields,
        unseparated,
    }
}

/// The line at `at` without its line break, and where the next one begins.
fn line_at(raw: &[u8], at: usize) -> (&[u8], usize) {
    let rest = &raw[at..];
    let (line, next) = match memchr(b'\n', rest) {
        Some(end) => (&rest[..end], at + end + 1),
        None => (rest, raw.len()),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), next)
}

/// The field name at the start of a line, and where its colon is. White space before the colon is obsolete
/// syntax (RFC 5322 §4.5).
fn field_name(line: &[u8]) -> Option<(&[u8], usize)> {
    let colon = memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.len() <= 256 && name.iter().all(|b| (33..=126).contains(b)))
        .then_some((name, colon))
}

/// A value on one line: folds become single spaces, the ends are trimmed.
pub fn unfold(value: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let value = value.trim_ascii();
    if memchr(b'\n', value).is_none() {
        return value.into();
    }
    let mut line = Vec::with_capacity(value.len());
    let mut folded = false;
    for &b in value {
        match b {
            b'\n' | b'\r' => folded = true,
            b' ' | b'\t' if folded => {}
            b => {
                if std::mem::take(&mut folded) {
                    line.push(b' ');
                }
                line.push(b);
            }
        }
    }
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> (Vec<(String, String)>, &str, bool) {
        let mut fields = Vec::new();
        let end = scan(
            raw.as_bytes(),
            0,
            |line| line == b"--stop",
            |name, value| {
                fields.push((
                    String::from_utf8_lossy(name).into_owned(),
                    String::from_utf8_lossy(&unfold(value)).into_owned(),
                ))
            },
        );
        (fields, &raw[end.body..], end.unseparated)
    }

    #[test]
    fn fields_are_split_where_they_begin() {
        for (raw, names, body, unseparated) in [
            ("A: 1\r\nB: 2\r\n\r\nbody", "A=1 B=2", "body", false),
            (
                "A: 1\n  more\n\tyet\nB : 2\n\nbody",
                "A=1 more yet B=2",
                "body",
                false,
            ),
            ("From ada Mon Jan 1\nA: 1\n\nbody", "A=1", "body", false),
            (
                "A: 1\nlost fold\nB: 2\n\nbody",
                "A=1 lost fold B=2",
                "body",
                false,
            ),
            ("A: 1\nbody begins\nhere", "A=1", "body begins\nhere", true),
            ("no header\nat all", "", "no header\nat all", true),
            ("A: 1\n--stop\n", "A=1", "--stop\n", false),
            ("A: 1", "A=1", "", false),
            ("", "", "", false),
            ("\nbody", "", "body", false),
            ("A:\nB:\n\n", "A= B=", "", false),
        ] {
            let (fields, rest, lost) = read(raw);
            let list: Vec<_> = fields.iter().map(|(n, v)| format!("{n}={v}")).collect();
            assert_eq!(
                (list.join(" ").as_str(), rest, lost),
                (names, body, unseparated),
                "{raw:?}"
            );
        }
    }
}
