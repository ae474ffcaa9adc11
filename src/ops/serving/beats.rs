//! Signs of life of the loops, for `/healthz`.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::Part;

/// A loop that gave no sign for so long is taken for dead. A send may take ten minutes for its answer.
const SILENT: Duration = Duration::from_secs(15 * 60);

/// When each loop was last seen, and what went wrong then.
pub struct Beats {
    loops: Mutex<Vec<Beat>>,
    parts: Vec<Part>,
}

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
        let loops = parts.iter().filter(|part| part.has_loop());
        Beats {
            loops: Mutex::new(loops.map(beat).collect()),
            parts: parts.to_vec(),
        }
    }

    /// The loop is there; with what went wrong, if something did.
    pub fn beat(&self, part: Part, error: Option<String>) {
        let mut beats = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(beat) = beats.iter_mut().find(|beat| beat.part == part) {
            beat.seen = Instant::now();
            beat.error = error;
        }
    }

    /// The loop is there, whatever it does.
    pub fn alive(&self, part: Part) {
        let mut beats = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(beat) = beats.iter_mut().find(|beat| beat.part == part) {
            beat.seen = Instant::now();
        }
    }

    pub fn all(&self) -> Vec<Beat> {
        self.loops
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn serves(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}
