//! What addresses of the web can't hold as it is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// All but the unreserved characters (RFC 3986 §2.3).
pub const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
