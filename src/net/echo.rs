//! What a server was told in confidence, and says back: some repeat in an error what they did not understand.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

/// So many characters are enough to know a secret by: an echo may be cut.
const ENOUGH: usize = 12;

/// Where words begin to repeat a secret, whole or cut.
fn echo(words: &str, secret: &str) -> Option<usize> {
    let end = secret.char_indices().nth(ENOUGH);
    let start = end.map_or(secret, |(end, _)| &secret[..end]);
    words.find(start).filter(|_| !start.is_empty())
}

/// Words without the escapes of addresses and forms.
fn decoded(words: &str) -> Cow<'_, str> {
    percent_decode_str(words).decode_utf8_lossy()
}

/// Whether words repeat a secret, whole or cut, as it is or as addresses have it.
pub fn repeats(words: &str, secret: &str) -> bool {
    echo(words, secret).is_some() || echo(&decoded(words), secret).is_some()
}

/// What one server was told.
#[derive(Default)]
pub struct Confided(Vec<SecretString>);

impl Confided {
    pub fn add(&mut self, told: &str) {
        self.0.push(SecretString::from(told));
    }

    /// Its words as they may be shown and kept: up to where they repeat any of it, as it is or as addresses have it.
    pub fn shown(&self, mut words: String) -> String {
        // Where it stands encoded, it begins no earlier than it does decoded.
        let first = self
            .first(&words)
            .into_iter()
            .chain(self.first(&decoded(&words)));
        if let Some(at) = first.min() {
            words.truncate(words.floor_char_boundary(at));
            words.push('…');
        }
        words
    }

    fn first(&self, words: &str) -> Option<usize> {
        let echoes = self.0.iter();
        let found = echoes.filter_map(|told| echo(words, told.expose_secret()));
        found.min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_known_whole_or_cut_and_nothing_else_is_one() {
        let mut told = Confided::default();
        told.add("");
        told.add("pässword-that-is-long");
        told.add("short");
        for (words, shown) in [
            ("unknown: pässword-that-is-long, ha", "unknown: …"),
            ("unknown: pässword-tha", "unknown: …"),
            ("xshortx pässword-that", "x…"),
            ("no such user", "no such user"),
            ("at /p%C3%A4ssword%2Dthat%2Dis", "at /…"),
            ("100 % pässword-that", "100 % …"),
            ("p%C3%A4ssword%2Dthat and pässword-that", "…"),
            ("pässword-", "pässword-"),
            ("shor", "shor"),
            ("", ""),
        ] {
            assert_eq!(told.shown(words.to_owned()), shown);
        }
        let token = "1//0a-token-that-is-long";
        assert!(repeats(
            "https://example.com/?token=1%2F%2F0a-token-th",
            token
        ));
        assert!(!repeats("https://example.com/?token=…", token));
    }
}
