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

/// A message in which each quoted text is short: the first letters of one that is longer than a line, and how long it is.
pub fn quoting(message: &str) -> String {
    const LONGEST: usize = 200;
    const KEPT: usize = 60;
    let parts = message.split('`').map(|part| match part.len() > LONGEST {
        true => format!("{}… ({} bytes)", &part[..floor(part, KEPT)], part.len()),
        false => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_quote_is_cut_and_the_rest_of_the_message_stays() {
        let long = "é".repeat(3_000);
        assert_eq!(
            quoting(&format!("a:1:1: `{long}` is not a key of [x]")),
            format!(
                "a:1:1: `{}… (6000 bytes)` is not a key of [x]",
                "é".repeat(30)
            )
        );
        assert_eq!(quoting("`a` is not `b`"), "`a` is not `b`");
    }
}
