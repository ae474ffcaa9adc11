//! `/metrics`: what the store has counted, and how things stand.

use std::time::Instant;

use crate::error::Result;
use crate::ops::{receive, webhooks};
use crate::store::{ATTEMPTS, Counter, EVENTS};

use super::{Desk, sync};

/// One metric with all its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    pub name: &'static str,
    pub help: &'static str,
    pub kind: MetricKind,
    pub samples: Vec<Sample>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    Counter,
    Gauge,
}

impl MetricKind {
    pub fn name(self) -> &'static str {
        match self {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
        }
    }
}

/// One number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Names and values; a value may be anything.
    pub labels: Vec<(&'static str, String)>,
    pub value: u64,
}

/// Counters: their name in the store, the metric's name, what it is, and what its label says.
const COUNTERS: [(&str, &str, &str, &str); 5] = [
    (
        receive::CALLS,
        "comms_webhook_calls_total",
        "Calls of providers by what became of them; accepted ones are kept.",
        "result",
    ),
    (
        EVENTS,
        "comms_webhook_events_total",
        "Events that providers posted: new, or known already.",
        "state",
    ),
    (
        receive::MESSAGES,
        "comms_messages_received_total",
        "Messages that providers posted.",
        "",
    ),
    (
        ATTEMPTS,
        "comms_outbox_attempts_total",
        "What became of attempts to send, and what providers reported later.",
        "outcome",
    ),
    (
        sync::ERRORS,
        "comms_sync_errors_total",
        "Syncs of an account that failed, by the code of the error.",
        "code",
    ),
];

pub fn read(desk: &Desk) -> Result<Vec<Metric>> {
    let app = desk.app();
    let counted = app.store.counters()?;
    let mut metrics: Vec<_> = COUNTERS.iter().map(|of| counter(*of, &counted)).collect();
    metrics.push(hooks(&counted));
    let backlog = app.store.event_backlog()?;
    metrics.push(gauge(
        "comms_events_waiting",
        "Events that providers posted and nobody worked on yet.",
        vec![sample(Vec::new(), backlog.waiting)],
    ));
    metrics.push(gauge(
        "comms_events_failing",
        "Those of the waiting events that failed before.",
        vec![sample(Vec::new(), backlog.failing)],
    ));
    let states = match app.store.has_outbox() {
        true => app.store.outbox_counts()?,
        false => Vec::new(),
    };
    let states = states.into_iter();
    metrics.push(gauge(
        "comms_outbox_items",
        "Items of the outbox by their state.",
        states
            .map(|(state, n)| sample(vec![("state", state.name().to_owned())], n))
            .collect(),
    ));
    let calls = desk.counted_calls().into_iter();
    metrics.push(Metric {
        name: "comms_api_calls_total",
        help: "Calls of programs by route and by how they were answered, since this process began.",
        kind: MetricKind::Counter,
        samples: calls
            .map(|((route, status), n)| {
                let labels = vec![("route", route), ("status", status.to_string())];
                sample(labels, n)
            })
            .collect(),
    });
    let now = Instant::now();
    let beats = desk.beats.all();
    metrics.push(gauge(
        "comms_loop_up",
        "Whether a loop gave a sign of life lately.",
        beats
            .iter()
            .map(|beat| {
                let labels = vec![("loop", beat.part.name().to_owned())];
                sample(labels, u64::from(beat.is_alive(now)))
            })
            .collect(),
    ));
    metrics.push(gauge(
        "comms_build_info",
        "The version that runs.",
        vec![sample(
            vec![("version", env!("CARGO_PKG_VERSION").to_owned())],
            1,
        )],
    ));
    Ok(metrics)
}

fn counter(
    (stored, name, help, label): (&str, &'static str, &'static str, &'static str),
    counted: &[Counter],
) -> Metric {
    let samples = counted.iter().filter(|counter| counter.name == stored);
    Metric {
        name,
        help,
        kind: MetricKind::Counter,
        samples: samples
            .map(|counter| {
                let mut labels = vec![("account", counter.account.clone())];
                if !label.is_empty() {
                    labels.push((label, counter.label.clone()));
                }
                sample(labels, counter.value)
            })
            .collect(),
    }
}

/// Deliveries to hooks of the user's.
fn hooks(counted: &[Counter]) -> Metric {
    let samples = counted.iter().filter(|of| of.name == webhooks::DELIVERIES);
    Metric {
        name: "comms_hook_deliveries_total",
        help: "Attempts to deliver to a hook, by how they were answered; none where nobody answered.",
        kind: MetricKind::Counter,
        samples: samples
            .map(|of| {
                let labels = vec![("hook", of.account.clone()), ("status", of.label.clone())];
                sample(labels, of.value)
            })
            .collect(),
    }
}

fn gauge(name: &'static str, help: &'static str, samples: Vec<Sample>) -> Metric {
    Metric {
        name,
        help,
        kind: MetricKind::Gauge,
        samples,
    }
}

fn sample(labels: Vec<(&'static str, String)>, value: u64) -> Sample {
    Sample { labels, value }
}
