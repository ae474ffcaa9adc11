//! OAuth 2.0: who gives tokens (`server`), asking for them (`ask`), a person's answer (`redirect`, `loopback`),
//! keeping them (`tokens`), and having a good one whenever one is needed (`access`).
//!
//! No error, log or `Debug` of this folder holds a code, a token or a secret.

mod access;
mod answer;
mod ask;
pub mod gate;
mod jwt;
mod loopback;
mod redirect;
mod server;
mod tokens;

pub use access::{
    Access, Place, access_token, client, hold, keep, login_command, read_tokens, renew,
};
pub use ask::{Ask, Client, DevicePrompt};
pub use jwt::ServiceAccount;
pub use loopback::{Arrival, Loopback};
pub use redirect::{Pending, Redirect};
pub use server::{Server, Wanted, knows_less, missing_scopes, scopes};
pub use tokens::Tokens;
