//! What all of Google's APIs share: how they refuse, and the operations that comms uses of them.

mod fault;
pub mod operations;

pub use fault::read as reading;
pub use operations::OPERATIONS;
