//! Makes a stranger's text safe for a terminal: control characters, escape sequences, bidi overrides
//! and invisible formatting go; `\n` and `\t` stay in texts and become spaces in single lines.

/// One line: for table cells, `plain` values, log lines, error messages.
pub fn line(_text: &str) -> String {
    todo!()
}

/// A text of several lines: for message bodies on a terminal.
pub fn text(_text: &str) -> String {
    todo!()
}

/// A file name that is safe to create in a folder: no separators, no leading dot or dash, no control
/// characters, no reserved device names, at most 200 bytes with its extension kept.
pub fn file_name(_name: &str) -> String {
    todo!()
}
