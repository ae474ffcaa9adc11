//! Twilio's API: how it refuses, what its codes mean, and the operations that comms uses of it.

pub mod codes;
mod fault;
pub mod operations;

pub use fault::{is_ambiguous, read as reading};
