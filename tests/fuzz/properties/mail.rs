//! Mail as strangers send it: messages, mboxes, HTML.

use comms::format::mbox::{Reader, Writer, status_flags};
use comms::format::mime::{self, Passage};
use comms::format::{document, html as layout};
use comms::model::account::ChannelKind;
use comms::rules::reply;
use jiff::Timestamp;

use super::text_of;

/// Any bytes are a message: its attachments as listed, its texts bounded, an answer to it can be begun.
pub fn mime(raw: &[u8]) {
    let parsed = mime::parse(raw);
    assert!(parsed.text.len() <= 1_000_000);
    assert!(parsed.subject.len() <= 4_000 && !parsed.subject.contains('\n'));
    assert!(parsed.faults.len() <= 100, "{}", parsed.faults.len());
    for id in parsed.message_id.iter().chain(&parsed.references) {
        assert!(
            !id.is_empty() && id.len() <= 998 && !id.contains(['\r', '\n']),
            "{id:?}"
        );
    }
    for listed in parsed.attachments.iter().take(8) {
        let (found, bytes) =
            mime::attachment(raw, listed.number).expect("a listed attachment is there");
        assert_eq!(&found, listed);
        assert_eq!(bytes.len() as u64, listed.size_bytes);
        assert!(!listed.name.is_empty() && !listed.name.contains(['/', '\\', '\0']));
    }
    assert!(mime::attachment(raw, parsed.attachments.len() + 1).is_none());
    assert!(mime::attachment(raw, 0).is_none());
    let fields = mime::headers(raw);
    let size: usize = fields
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    assert!(size <= 4 * raw.len() + 1_000, "{size} of {}", raw.len());
    let body = mime::body(raw);
    let size = body.text.map_or(0, |t| t.len()) + body.html.map_or(0, |t| t.len());
    assert!(size <= 10 * raw.len() + 100_000, "{size} of {}", raw.len());
    for passage in mime::passages(raw) {
        if let Passage::Html(html) = passage {
            layout::wrapped(&html, 80);
        }
    }
    let own = ["ada@example.com".to_owned()];
    reply::recipients(&parsed, &own, true);
    reply::thread_of(&parsed);
    reply::quote(&parsed, "on Monday");
    reply::forwarded(&parsed, "on Monday");
    assert_eq!(document::parse(ChannelKind::Imap, raw), parsed);
}

/// Any bytes are an mbox; what is read and written again reads the same.
pub fn mbox(file: &[u8]) {
    let mut writer = Writer::new(Vec::new());
    let mut read = Vec::new();
    for entry in Reader::new(file) {
        let entry = entry.expect("small files are read to their end");
        status_flags(&entry.raw);
        entry.sender();
        // A Content-Length of the message would be tried again, and is left out.
        let lower = entry.raw.to_ascii_lowercase();
        let names = (0..lower.len()).filter_map(|at| lower[at..].strip_prefix(b"content-length"));
        if names
            .map(<[u8]>::trim_ascii_start)
            .any(|rest| rest.starts_with(b":"))
        {
            return;
        }
        writer
            .write("ada@example.com", Timestamp::UNIX_EPOCH, &entry.raw)
            .expect("writing to memory");
        read.push(entry.raw);
    }
    let again: Vec<_> = Reader::new(writer.into_inner().as_slice())
        .map(|entry| entry.expect("what was written is read").raw)
        .collect();
    assert_eq!(again.len(), read.len());
    for (again, read) in again.iter().zip(&read) {
        assert_eq!(again.trim_ascii_end(), read.trim_ascii_end());
    }
}

/// HTML becomes text that is no longer than it can be, at every width.
pub fn html(data: &[u8]) {
    let html = text_of(data);
    let (quick, has_link) = layout::quick(&html);
    // An entity of two bytes more than its letters: none grows by more than this.
    assert!(quick.len() <= 2 * html.len() + 16, "{}", quick.len());
    assert_eq!(layout::has_link(&html), has_link);
    layout::fetched(&html);
    for width in [20, 78] {
        let wrapped = layout::wrapped(&html, width);
        // Quotes and lists begin each line anew, so it is the lines that are bounded.
        assert!(
            wrapped.len() <= 200 * html.len() + 1_000,
            "{} of {}",
            wrapped.len(),
            html.len()
        );
    }
}
