//! Raw RFC 5322 bytes to [`Parsed`], and the bytes of single parts. Never fails, never panics.

use crate::model::message::{Attachment, Parsed};

/// Reads a message; what is broken is named in `faults`, what can be read is there.
pub fn parse(_raw: &[u8]) -> Parsed {
    todo!()
}

/// The readable body for a person: text and, where the message has one, its HTML.
pub struct Body {
    /// Plain text as sent; `None` if the message has only HTML.
    pub text: Option<String>,
    /// Decoded HTML as sent.
    pub html: Option<String>,
}

/// The bodies of a message.
pub fn body(_raw: &[u8]) -> Body {
    todo!()
}

/// Decoded bytes of attachment `number` (from 1, as in [`Parsed::attachments`]).
pub fn attachment(_raw: &[u8], _number: usize) -> Option<(Attachment, Vec<u8>)> {
    todo!()
}

/// All header fields in order, decoded, for `inbox show --headers`.
pub fn headers(_raw: &[u8]) -> Vec<(String, String)> {
    todo!()
}
