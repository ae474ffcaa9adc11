//! People: finding, keeping and syncing contacts.

pub mod find;
pub mod group;
pub mod guard;
pub mod sync;
pub mod who;
