//! What every parser of strange bytes is held to, as plain functions: the fuzz targets call them with whatever
//! libFuzzer makes up, and the normal test suite with the seeds.

mod config;
mod doors;
mod hooks;
mod mail;
mod people;
mod providers;
mod servers;
mod swell;
mod text;
mod words;

/// A target: its name, which is also that of its folder of seeds, and what it runs.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("address", words::address),
    ("api", doors::api),
    ("batch", config::batch),
    ("clean", text::clean),
    ("config", config::config),
    ("contacts_csv", people::csv),
    ("html", mail::html),
    ("imap", servers::imap),
    ("lookup", people::lookup),
    ("markdown", text::markdown),
    ("mbox", mail::mbox),
    ("mime", mail::mime),
    ("pieces", text::pieces),
    ("provider", providers::provider),
    ("query", words::query),
    ("smtp", servers::smtp),
    ("swell", swell::swell),
    ("template", config::template),
    ("vcard", people::vcard),
    ("webhook", hooks::webhook),
    ("words", words::words),
    ("xml", people::xml),
];

/// Runs one target.
///
/// # Panics
/// If there is none of this name, or if a promise is broken: that is what it is for.
pub fn run(name: &str, data: &[u8]) {
    let (_, run) = TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a target of this name");
    run(data);
}

/// Bytes as a text: what is no UTF-8 is replaced, so that no input is lost.
fn text_of(data: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// The first byte, which chooses among variants, and the rest.
fn choice(data: &[u8]) -> (u8, &[u8]) {
    match data.split_first() {
        Some((first, rest)) => (*first, rest),
        None => (0, data),
    }
}

/// A moment that is always the same.
fn now() -> jiff::Zoned {
    "2026-11-21T12:00:00+01:00[Europe/Berlin]"
        .parse()
        .expect("a time")
}

/// Whether a terminal may be given this character.
fn is_clean(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Without white space: what must be left of a text however it is cut or wrapped.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
