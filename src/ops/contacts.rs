//! People: finding, keeping and syncing contacts.

pub mod find;
pub mod group;
pub mod guard;
pub mod who;
pub mod sync;
