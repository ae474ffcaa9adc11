//! No text gets a control character, an escape or a bidi override through, and no name leaves its folder.
#![no_main]

use comms::format::{cjk, clean, html};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let is_clean = |c: char| !c.is_control() && !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    let cleaned = clean::text(text);
    assert!(cleaned.chars().all(|c| is_clean(c) || matches!(c, '\n' | '\t')));
    assert_eq!(clean::text(&cleaned), cleaned);
    assert!(clean::line(text).chars().all(is_clean));
    let name = clean::file_name(text);
    assert!(!name.is_empty() && name.len() <= 201 && !name.contains(['/', '\\']) && !name.starts_with(['.', '-']));
    assert!(name.chars().all(is_clean));
    let squeezed = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    assert_eq!(squeezed(&cjk::spread(text)), squeezed(text));
    html::quick(text);
});
