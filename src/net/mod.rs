//! The network: HTTP, TLS for every protocol, OAuth. Async begins here.

pub mod autoconfig;
pub mod http;
pub mod oauth;
pub mod tls;
