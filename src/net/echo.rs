//! What a server was told in confidence, and says back: some repeat in an error what they did not understand.

use secrecy::{ExposeSecret, SecretString};

/// So many characters are enough to know a secret by: an echo may be cut.
const ENOUGH: usize = 12;

/// Whether words repeat a secret, or its beginning.
pub fn repeats(words: &str, secret: &str) -> bool {
    let end = secret.char_indices().nth(ENOUGH);
    let start = end.map_or(secret, |(end, _)| &secret[..end]);
    !start.is_empty() && words.contains(start)
}

/// What one server was told.
#[derive(Default)]
pub struct Confided(Vec<SecretString>);

impl Confided {
    pub fn add(&mut self, told: &str) {
        self.0.push(SecretString::from(told));
    }

    /// Its words as they may be shown and kept.
    pub fn shown(&self, words: String) -> String {
        let echo = |told: &SecretString| repeats(&words, told.expose_secret());
        match self.0.iter().any(echo) {
            true => "(it repeats the login, which is not shown)".to_owned(),
            false => words,
        }
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
        for words in [
            "unknown: pässword-that-is-long",
            "unknown: pässword-tha",
            "xshortx",
        ] {
            assert!(told.shown(words.to_owned()).starts_with('('), "{words}");
        }
        for words in ["", "no such user", "pässword-", "shor"] {
            assert_eq!(told.shown(words.to_owned()), words);
        }
    }
}
