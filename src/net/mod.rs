//! The network: TLS for every protocol. Async begins here.

pub mod tls;
