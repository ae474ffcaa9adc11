//! When a listing that lacks a message proves that it was never sent.
//!
//! A provider's answer may be wrong in silence: for a moment empty, or cut short, with success. Taken at its word, what
//! was sent goes out again. So absence needs a witness: the listing has to show something that stands behind the gap,
//! older than the first attempt. Where it shows nothing older although something older is known here, or none of what
//! was surely sent after it, it proves nothing. Where nothing older is known either (the first message ever into an empty room), it has to say so twice, some
//! time apart. What can't be told stays in doubt, for a person.

use crate::error::Result;

/// What a listing without the message proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It shows what is older: the message is not there.
    Witnessed,
    /// It shows nothing older, and nothing is known: believed when it says so again later.
    Bare,
    /// It lacks what is known to be there: it proves nothing.
    Contradicted,
}

/// What a listing shows beside the gap.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Something older than the first attempt.
    pub older: bool,
    /// Some of what was surely sent after it, where anything was: else it is of a time before.
    pub newer: bool,
}

impl Absence {
    /// Of a listing that shows this; `knows_older` says whether something older is known.
    pub fn of(shown: Shown, knows_older: impl FnOnce() -> Result<bool>) -> Result<Absence> {
        Ok(match shown {
            Shown { newer: false, .. } => Absence::Contradicted,
            Shown { older: true, .. } => Absence::Witnessed,
            Shown { older: false, .. } if knows_older()? => Absence::Contradicted,
            Shown { older: false, .. } => Absence::Bare,
        })
    }
}
