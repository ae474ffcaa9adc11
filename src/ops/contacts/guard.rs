//! What only a person or a script of theirs may do to contacts.
//!
//! A name is how people say where a message goes. An agent may be talked into things by what it reads, so it may add
//! people nobody knows and note what is no address, but never change whom a name, a nickname or a group means: what a
//! person sends later would go elsewhere.

use crate::error::{Error, Result};
use crate::ops::Origin;

/// Refuses an agent; `doing` says what it may not, `command` what a person runs.
pub fn no_agent(origin: Origin, doing: &str, command: &str) -> Result<()> {
    match origin {
        Origin::Agent => Err(
            Error::refused(format!("an agent may not {doing}")).hint(format!(
                "ask the person who owns these contacts to run `{command}`"
            )),
        ),
        Origin::Person | Origin::Script => Ok(()),
    }
}
