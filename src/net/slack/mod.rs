//! Slack's Web API: the methods that comms uses, and what its refusals mean.

pub mod fault;
pub mod operations;

pub use fault::{reading, webhook};
