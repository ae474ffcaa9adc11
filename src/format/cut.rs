//! Texts that are too long, cut between characters.

/// The last character boundary at or before `at`.
pub fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// At most so many bytes of a text.
pub fn kept(mut text: String, most: usize) -> String {
    text.truncate(floor(&text, most));
    text
}
