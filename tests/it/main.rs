//! Tests through the real binary, one file per capability.

#[path = "../support/mod.rs"]
mod support;

mod contract;
mod examples;
mod floors;
mod generated;
mod hints;
mod imap;
