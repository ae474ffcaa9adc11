//! Any bytes are a message: parsed without a panic, its attachments as listed, its HTML laid out.
#![no_main]

use comms::format::mime::{self, Passage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let parsed = mime::parse(raw);
    assert!(parsed.text.len() <= 1_000_000);
    for listed in &parsed.attachments {
        let (found, bytes) = mime::attachment(raw, listed.number).expect("a listed attachment is there");
        assert_eq!(&found, listed);
        assert_eq!(bytes.len() as u64, listed.size_bytes);
        assert!(!listed.name.is_empty() && !listed.name.contains(['/', '\\', '\0']));
    }
    assert!(mime::attachment(raw, parsed.attachments.len() + 1).is_none());
    mime::headers(raw);
    mime::body(raw);
    for passage in mime::passages(raw) {
        if let Passage::Html(html) = passage {
            comms::format::html::wrapped(&html, 80);
        }
    }
});
