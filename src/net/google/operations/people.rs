//! People API v1.

use crate::net::api::Operation;

/// All that Google's description has under this name and path.
pub const ALL: &[&Operation] = &[];
