//! SMTP (RFC 5321): one attempt of one message, with an answer for every recipient.
//!
//! The point of no return is the write that carries the final dot. Before it any fault is "not sent"; after it only
//! a reply tells, and without one the outcome is unknown.

mod connect;
mod login;
mod reply;
mod transaction;

#[cfg(test)]
mod tests;

pub use connect::{Client, Credentials, probe, survey};
pub use reply::Reply;
pub use transaction::{Envelope, INTERRUPTED};

/// Recipients of one transaction; RFC 5321 §4.5.3.1.8 lets a server take no more.
pub const BATCH: usize = 100;
