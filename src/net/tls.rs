//! The one TLS configuration: ring, the operating system's roots, an account's own CA. Built when first needed.

use std::path::Path;
use std::sync::Arc;

use crate::error::Result;

/// A client configuration that verifies; `ca_file` (PEM) adds roots.
pub fn client_config(_ca_file: Option<&Path>) -> Result<Arc<rustls::ClientConfig>> {
    todo!()
}
