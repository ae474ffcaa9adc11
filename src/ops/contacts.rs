//! People: finding, keeping and syncing contacts.

pub mod find;
