//! A renewal that was begun is not cut off by the end of the process: its answer may be the only refresh token.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Kind, Result};

struct Gate {
    /// Renewals between their request and the storing of its answer.
    under_way: usize,
    /// The process is about to end: none may begin.
    closed: bool,
}

static GATE: Mutex<Gate> = Mutex::new(Gate {
    under_way: 0,
    closed: false,
});
static ENDED: Condvar = Condvar::new();

/// A renewal that is under way until it is dropped.
pub struct Begun(());

/// Begins a renewal, unless the process is about to end.
pub fn begin() -> Result<Begun> {
    let mut gate = gate();
    if gate.closed {
        return Err(Error::new(Kind::Interrupted, "interrupted"));
    }
    gate.under_way += 1;
    Ok(Begun(()))
}

impl Drop for Begun {
    fn drop(&mut self) {
        gate().under_way -= 1;
        ENDED.notify_all();
    }
}

/// Lets renewals begin.
pub fn open() {
    gate().closed = false;
}

/// Lets none begin any more, and waits for those that did, up to a limit; whether all have ended.
pub fn close(limit: Duration) -> bool {
    let mut gate = gate();
    gate.closed = true;
    let waited = ENDED.wait_timeout_while(gate, limit, |gate| gate.under_way > 0);
    let (gate, _) = waited.unwrap_or_else(PoisonError::into_inner);
    gate.under_way == 0
}

fn gate() -> MutexGuard<'static, Gate> {
    GATE.lock().unwrap_or_else(PoisonError::into_inner)
}
