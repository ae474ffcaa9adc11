//! When a loop is to end: Ctrl-C and SIGTERM, or whoever started it says so. Looked at between two pieces of work.

use futures_util::FutureExt;
use tokio::sync::watch;

use crate::error::Result;

/// Told once, it stays told.
pub struct Stop {
    asked: bool,
    by: By,
}

enum By {
    Signals(Signals),
    Starter(watch::Receiver<bool>),
}

impl Stop {
    /// Listens for Ctrl-C and SIGTERM from now on.
    pub fn by_signals() -> Result<Stop> {
        Ok(Stop {
            asked: false,
            by: By::Signals(Signals::listen()?),
        })
    }

    /// Ends when this becomes true, or whoever would say so is gone.
    pub fn by_starter(told: watch::Receiver<bool>) -> Stop {
        Stop {
            asked: false,
            by: By::Starter(told),
        }
    }

    /// Waits until it is told.
    pub async fn asked(&mut self) {
        if !self.asked {
            match &mut self.by {
                By::Signals(signals) => drop(signals.ending().await),
                By::Starter(told) => drop(told.wait_for(|told| *told).await),
            }
            self.asked = true;
        }
    }

    /// Whether it was told.
    pub fn was_asked(&mut self) -> bool {
        self.asked = self.asked || self.asked().now_or_never().is_some();
        self.asked
    }

    /// It is told by who asks.
    pub fn now(&mut self) {
        self.asked = true;
    }
}

/// A signal that ends a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Interrupted,
    Terminated,
}

/// What the system tells a process that runs on and on.
#[cfg(unix)]
pub struct Signals {
    term: tokio::signal::unix::Signal,
    int: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on; needs a runtime.
    pub fn listen() -> Result<Signals> {
        use crate::error::{Context, Kind};
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context(Kind::Internal, "listening for signals");
        Ok(Signals {
            term: listen(SignalKind::terminate())?,
            int: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for the signal that ends it.
    pub async fn ending(&mut self) -> Ending {
        tokio::select! {
            _ = self.term.recv() => Ending::Terminated,
            _ = self.int.recv() => Ending::Interrupted,
        }
    }
}

#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn listen() -> Result<Signals> {
        Ok(Signals)
    }

    pub async fn ending(&mut self) -> Ending {
        // Without a handler there is nothing to wait for.
        let _ = tokio::signal::ctrl_c().await;
        Ending::Interrupted
    }
}
