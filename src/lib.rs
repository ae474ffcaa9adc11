//! `comms` sends, reads and searches messages on every channel.
//!
//! Data flows one way: door → operation → (store | channel) → report → door. A file imports its own room
//! and lower floors only (`tests/it/floors.rs` checks it):
//!
//! ```text
//! 6  main.rs            resolves config, opens the app, ends the process
//! 5  cli mcp serve      doors: words in, words out; strangers to each other
//! 4  ops                operations: Request -> Result<Report>
//! 3  channel directory  clients of message providers, and of address books; no store, no secret store
//! 2c net                HTTP, TLS, OAuth: everything async below the channels
//! 2b config secret store    files and environment | keyring | SQLite
//! 2a rules format       pure: decisions | codecs
//! 1  model              nouns
//! 0  error clock disk lock random
//! ```
//!
//! *Adding a command:* Request, Report and function in `ops` → a test → `cli/<noun>.rs` → regenerate man pages
//! and completions (`COMMS_BLESS=1 cargo test --test it generated`). *Adding a channel:* a variant of `ChannelKind` → follow the compiler →
//! one file in `channel` → a section in its man page.

pub mod channel;
pub mod cli;
pub mod clock;
pub mod config;
pub mod directory;
pub mod disk;
pub mod error;
pub mod format;
pub mod lock;
pub mod mcp;
pub mod model;
pub mod net;
pub mod ops;
pub mod random;
pub mod rules;
pub mod secret;
pub mod serve;
pub mod store;
