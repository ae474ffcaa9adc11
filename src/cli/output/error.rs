//! How an error reads: lines for people, one JSON line for programs.

use crate::error::Error;
use crate::format::clean;
use crate::model::document::ErrorDocument;

/// What stderr gets for this error, with its last newline.
pub fn render(error: &Error, json: bool, color: bool) -> String {
    if json {
        let document = ErrorDocument::from(error);
        let line = serde_json::to_string(&document).expect("strings and numbers always serialise");
        return format!("{}\n", clean::json(&line));
    }
    let word = |word: &str, c: console::Color| {
        console::style(word)
            .fg(c)
            .bold()
            .force_styling(color)
            .to_string()
    };
    let mut out = format!(
        "{} {}\n",
        word("error:", console::Color::Red),
        lines(&error.message)
    );
    for cause in error.causes() {
        out.push_str(&format!("  because: {}\n", lines(&cause)));
    }
    if let Some(hint) = &error.hint {
        out.push_str(&format!(
            "{} {}\n",
            word("hint:", console::Color::Cyan),
            lines(hint)
        ));
    }
    out
}

/// Cleaned, with further lines indented.
fn lines(text: &str) -> String {
    clean::text(text).trim_end().replace('\n', "\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_what_why_and_what_next() {
        let error = Error::unavailable("`imap.example.com` does not answer")
            .because(std::io::Error::other("connection refused"))
            .hint("check the network, then repeat");
        assert_eq!(
            render(&error, false, false),
            "error: `imap.example.com` does not answer\n  because: connection refused\nhint: check the network, then repeat\n"
        );
    }

    #[test]
    fn a_cause_that_only_repeats_the_one_before_is_not_told() {
        let words = "attempt to write a readonly database";
        let code = std::io::Error::other(format!("Error code 8: {words}"));
        let error = Error::internal("the store can't be written")
            .because(Error::internal(words).because(code));
        assert_eq!(error.causes(), [words]);
    }

    #[test]
    fn a_program_reads_one_line() {
        let error = Error::usage("no")
            .retry_after(std::time::Duration::from_secs(3))
            .item("o17");
        let line = render(&error, true, true);
        assert_eq!(line.matches('\n').count(), 1);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["schema"], "comms.error/1");
        assert_eq!(value["error"]["code"], "usage");
        assert_eq!(value["error"]["retry_after_s"], 3);
        assert_eq!(value["error"]["item"], "o17");
    }
}
