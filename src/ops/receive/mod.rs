//! What providers tell by calling us: kept before it is answered, worked on after, by whoever comes first.

mod apply;
mod call;
pub mod hooks;
mod keep;
mod limits;
mod provider;
mod work;

pub use apply::{believable, made};
pub use call::{Answer, CALLS, Receiver};
pub use keep::Keeper;
pub use limits::{Limits, caller};
pub use work::{MESSAGES, Worked, forget, process};
