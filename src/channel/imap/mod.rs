//! IMAP (RFC 3501, 9051) with SPECIAL-USE, UIDPLUS, MOVE, IDLE, CONDSTORE and QRESYNC (RFC 7162) where offered.

mod folders;
mod idle;
mod login;
mod messages;
pub mod names;
mod parse;
mod session;

pub use folders::{Folder, Standing};
pub use login::Credentials;
pub use messages::{Changes, Fetched, Fetching, FlagChange, Moved, Opened, Since};
pub use session::{Session, Stream, is_cut};

#[cfg(test)]
mod tests;
