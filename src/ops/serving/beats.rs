//! Signs of life of the loops, for `/healthz`.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::Part;

/// A loop that gave no sign for so long is taken for dead. A send may take ten minutes for its answer.
const SILENT: Duration = Duration::from_secs(15 * 60);

/// When each loop was last seen, and what went wrong then.
pub struct Beats(Mutex<Vec<Beat>>);

/// The state of one loop.
#[derive(Clone, Debug)]
pub struct Beat {
    pub part: Part,
    pub seen: Instant,
    pub error: Option<String>,
}

impl Beat {
    pub fn is_alive(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.seen) < SILENT
    }
}

impl Beats {
    pub fn new(parts: &[Part]) -> Beats {
        let now = Instant::now();
        let beat = |part: &Part| Beat {
            part: *part,
            seen: now,
            error: None,
        };
        Beats(Mutex::new(parts.iter().map(beat).collect()))
    }

    /// The loop is there; with what went wrong, if something did.
    pub fn beat(&self, part: Part, error: Option<String>) {
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(beat) = beats.iter_mut().find(|beat| beat.part == part) {
            beat.seen = Instant::now();
            beat.error = error;
        }
    }

    /// The loop is there, whatever it does.
    pub fn alive(&self, part: Part) {
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(beat) = beats.iter_mut().find(|beat| beat.part == part) {
            beat.seen = Instant::now();
        }
    }

    pub fn all(&self) -> Vec<Beat> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn serves(&self, part: Part) -> bool {
        self.all().iter().any(|beat| beat.part == part)
    }
}
