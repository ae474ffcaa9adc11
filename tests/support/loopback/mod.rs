//! What all loopback providers share: HTTP, and requests and answers as values.

pub mod server;
pub mod wire;

pub use server::{Delivery, Reply, Server};
