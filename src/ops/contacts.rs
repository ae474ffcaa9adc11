//! People: finding, keeping and syncing contacts.

pub mod add;
pub mod change;
pub mod dedupe;
pub mod edit;
pub mod export;
pub mod find;
pub mod group;
pub mod guard;
pub mod import;
pub mod input;
pub mod list;
pub mod remove;
pub mod show;
pub mod sync;
pub mod who;
