//! Clients of message providers. They know no store and no secret store: credentials are handed to them.

pub mod gmail;
pub mod imap;
pub mod maildir;
pub mod smtp;
