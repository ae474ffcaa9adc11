//! What the Graph API's WhatsApp answers: which operations comms uses, and what refusals mean.

mod codes;
mod fault;
pub mod operations;

pub use codes::{Class, Code, code};
pub use fault::read as reading;
