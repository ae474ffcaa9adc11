//! Decisions: pure functions, no clock, no I/O.

pub mod absence;
pub mod address;
pub mod budget;
pub mod circuit;
pub mod contact;
pub mod contact_merge;
pub mod cost;
pub mod directory;
pub mod folder;
pub mod harvest;
pub mod maildir;
pub mod optout;
pub mod people;
pub mod phone;
pub mod policy;
pub mod public;
pub mod query;
pub mod reach;
pub mod reply;
pub mod retry;
pub mod route;
pub mod template;
pub mod window;
