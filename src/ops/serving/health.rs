//! `/healthz`: whether everything that should run does.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::Desk;

/// `comms.health/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HealthReport {
    /// Always `comms.health/1`.
    pub schema: &'static str,
    /// `ok` or `failing`.
    pub status: &'static str,
    pub version: &'static str,
    pub up_s: u64,
    pub loops: Vec<LoopHealth>,
    /// What providers posted and nobody worked on yet.
    pub events: EventHealth,
}

/// One loop.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LoopHealth {
    pub name: &'static str,
    pub alive: bool,
    /// When it last gave a sign.
    pub seen_s_ago: u64,
    /// What went wrong last; null once it went well again.
    pub error: Option<String>,
}

/// What waits.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct EventHealth {
    pub waiting: u64,
    pub failing: u64,
    pub oldest_at: Option<Timestamp>,
    /// Whether what is posted can be written down.
    pub kept: bool,
}

pub fn health(desk: &Desk, up: Duration) -> HealthReport {
    let now = Instant::now();
    let beats = desk.beats.all();
    let loops: Vec<_> = beats
        .into_iter()
        .map(|beat| LoopHealth {
            name: beat.part.name(),
            alive: beat.is_alive(now),
            seen_s_ago: now.saturating_duration_since(beat.seen).as_secs(),
            error: beat.error,
        })
        .collect();
    let backlog = desk.app().store.event_backlog();
    let keeper = desk.receiver.as_ref().map(|receiver| &receiver.keeper);
    let kept = backlog.is_ok() && !keeper.is_some_and(|k| k.failing.load(Ordering::Relaxed));
    let backlog = backlog.unwrap_or_default();
    let well = kept && loops.iter().all(|of| of.alive);
    HealthReport {
        schema: "comms.health/1",
        status: if well { "ok" } else { "failing" },
        version: env!("CARGO_PKG_VERSION"),
        up_s: up.as_secs(),
        loops,
        events: EventHealth {
            waiting: backlog.waiting,
            failing: backlog.failing,
            oldest_at: backlog.oldest,
            kept,
        },
    }
}
