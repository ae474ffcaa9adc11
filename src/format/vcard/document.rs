//! A vCard as its lines: what nobody changes is written as it was read, byte for byte.

use crate::format::mime::transfer::Transfer;

use super::Version;
use super::property::Property;

/// One property with the lines it stood in.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As read, with its line breaks; `None` once it was changed.
    raw: Option<Vec<u8>>,
    /// `None` for lines that are none: empty ones, nonsense.
    pub property: Option<Property>,
}

impl Entry {
    pub fn new(property: Property) -> Entry {
        Entry {
            raw: None,
            property: Some(property),
        }
    }

    pub fn is(&self, name: &str) -> bool {
        self.property.as_ref().is_some_and(|p| p.is(name))
    }

    /// Whether it belongs to this group.
    pub fn of(&self, group: &str) -> bool {
        let own = self.property.as_ref().and_then(|p| p.group.as_deref());
        own.is_some_and(|own| own.eq_ignore_ascii_case(group))
    }

    /// Changes the property.
    pub fn change(&mut self, work: impl FnOnce(&mut Property)) {
        if let Some(property) = &mut self.property {
            work(property);
            self.raw = None;
        }
    }
}

/// A vCard from BEGIN to END.
#[derive(Clone, Debug)]
pub struct Document {
    pub version: Version,
    pub entries: Vec<Entry>,
}

impl Document {
    /// An empty one.
    pub fn new(version: Version) -> Document {
        let lines = format!("BEGIN:VCARD\r\nVERSION:{}\r\nEND:VCARD\r\n", version.name());
        Document::parse(lines.as_bytes())
    }

    /// The lines of one card; everything is taken, nonsense too.
    pub fn parse(bytes: &[u8]) -> Document {
        let mut open: Option<Open> = None;
        let mut entries = Vec::new();
        // Cards within AGENT belong to it.
        let mut depth = 0usize;
        for line in physical(bytes) {
            let bare = trim_break(line);
            let (begins, ends) = (is_mark(bare, "BEGIN"), is_mark(bare, "END"));
            if let Some(open) = &mut open
                && (depth > 1 || open.goes_on(bare, begins || ends))
            {
                open.add(line, bare, depth > 1 || begins);
                depth += usize::from(begins);
                depth -= usize::from(ends && depth > 1);
                continue;
            }
            depth += usize::from(begins);
            if let Some(done) = open.replace(Open::new(line, bare)) {
                entries.push(done.entry());
            }
        }
        entries.extend(open.map(Open::entry));
        let version = entries
            .iter()
            .filter_map(|e| e.property.as_ref())
            .find(|p| p.is("VERSION"))
            .and_then(|p| Version::named(p.text().trim()));
        Document {
            version: version.unwrap_or(Version::V3),
            entries,
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.entries {
            match (&entry.raw, &entry.property) {
                (Some(raw), _) => {
                    out.extend_from_slice(raw);
                    if !raw.ends_with(b"\n") {
                        out.extend(b"\r\n");
                    }
                }
                (None, Some(property)) => out.extend(property.lines(self.version)),
                (None, None) => {}
            }
        }
        out
    }

    /// The properties of this name that say something.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Property> {
        let properties = self.entries.iter().filter_map(|e| e.property.as_ref());
        properties.filter(move |p| p.is(name) && !p.raw().trim_ascii().is_empty())
    }

    pub fn first(&self, name: &str) -> Option<&Property> {
        let place = *self.places(name).first()?;
        self.entries[place].property.as_ref()
    }

    /// Places of the properties of this name that say something.
    pub fn places(&self, name: &str) -> Vec<usize> {
        let says = |e: &Entry| {
            let property = e.property.as_ref();
            property.is_some_and(|p| p.is(name) && !p.raw().trim_ascii().is_empty())
        };
        (0..self.entries.len())
            .filter(|n| says(&self.entries[*n]))
            .collect()
    }

    /// Where a new property goes: before the end.
    pub fn end(&self) -> usize {
        let end = self.entries.iter().rposition(|e| e.is("END"));
        end.unwrap_or(self.entries.len())
    }

    pub fn add(&mut self, property: Property) {
        let end = self.end();
        self.entries.insert(end, Entry::new(property));
    }

    pub fn remove_all(&mut self, name: &str) {
        self.entries.retain(|e| !e.is(name));
    }

    /// What Apple's X-ABLabel calls the properties of a group.
    pub fn group_label(&self, group: &str) -> Option<&Property> {
        let mut own = self.entries.iter().filter(|e| e.of(group));
        own.find(|e| e.is("X-ABLABEL"))?.property.as_ref()
    }
}

/// A property whose next line may belong to it.
struct Open {
    raw: Vec<u8>,
    line: Vec<u8>,
    /// How its value is wrapped, as its first line says.
    transfer: Transfer,
    /// Its last line ends in a soft break of quoted-printable.
    soft: bool,
    is_agent: bool,
}

impl Open {
    fn new(line: &[u8], bare: &[u8]) -> Open {
        let head = Property::parse(bare);
        let transfer = head.as_ref().map_or(Transfer::Identity, Property::transfer);
        Open {
            raw: line.to_vec(),
            line: bare.to_vec(),
            soft: transfer == Transfer::QuotedPrintable && is_soft(bare),
            transfer,
            is_agent: head.is_some_and(|p| p.is("AGENT") && p.raw().trim_ascii().is_empty()),
        }
    }

    fn goes_on(&self, bare: &[u8], mark: bool) -> bool {
        if mark {
            return self.is_agent && is_mark(bare, "BEGIN");
        }
        if self.soft {
            return true;
        }
        match bare.first() {
            Some(b' ' | b'\t') => true,
            // Some phones fold pictures without the space.
            Some(_) if self.transfer == Transfer::Base64 => {
                let base64 = |b: &u8| b.is_ascii_alphanumeric() || b"+/= \t".contains(b);
                bare.iter().all(base64)
            }
            _ => false,
        }
    }

    fn add(&mut self, line: &[u8], bare: &[u8], nested: bool) {
        self.raw.extend_from_slice(line);
        if nested {
            // Once is enough: its lines are not folds.
            self.is_agent = false;
        } else if self.soft {
            self.soft = is_soft(bare);
            self.line.extend(b"\r\n");
            self.line.extend_from_slice(bare);
        } else {
            let fold = bare.strip_prefix(b" ").or_else(|| bare.strip_prefix(b"\t"));
            self.line.extend_from_slice(fold.unwrap_or(bare));
        }
    }

    fn entry(self) -> Entry {
        Entry {
            property: Property::parse(&self.line),
            raw: Some(self.raw),
        }
    }
}

fn is_soft(bare: &[u8]) -> bool {
    bare.trim_ascii_end().ends_with(b"=")
}

/// Lines with their breaks.
fn physical(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|b| *b == b'\n')
}

pub fn trim_break(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether the line is `BEGIN:VCARD` or `END:VCARD`.
pub fn is_mark(bare: &[u8], word: &str) -> bool {
    let bare = bare.trim_ascii_end();
    let Some(colon) = memchr::memchr(b':', &bare[..bare.len().min(20)]) else {
        return false;
    };
    bare[..colon]
        .trim_ascii_end()
        .eq_ignore_ascii_case(word.as_bytes())
        && bare[colon + 1..]
            .trim_ascii()
            .eq_ignore_ascii_case(b"VCARD")
}
