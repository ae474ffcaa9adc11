//! The one clock. Tests fix it with `COMMS_NOW`; everything that needs the time asks here.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// How long a fixed clock lets others go on before it moves.
const BLINK: Duration = Duration::from_millis(20);

#[derive(Clone, Debug)]
pub enum Clock {
    System {
        zone: TimeZone,
    },
    /// Stands still but for those who wait on it, who move it at once; for tests. All its clones are one clock.
    Fixed {
        /// Microseconds since 1970.
        now: Arc<AtomicI64>,
        zone: TimeZone,
    },
}

impl Clock {
    pub fn system(zone: TimeZone) -> Self {
        Clock::System { zone }
    }

    pub fn fixed(now: Timestamp, zone: TimeZone) -> Self {
        Clock::Fixed {
            now: Arc::new(AtomicI64::new(now.as_microsecond())),
            zone,
        }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place that reads the system clock"
            )]
            Clock::System { .. } => Timestamp::now(),
            Clock::Fixed { now, .. } => {
                Timestamp::from_microsecond(now.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Waits; a fixed clock goes on by that much instead, after a blink in which what is under way can end.
    pub async fn sleep(&self, wait: Duration) {
        match self {
            Clock::System { .. } => tokio::time::sleep(wait).await,
            Clock::Fixed { now, .. } => {
                let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX / 4);
                let until = now.load(Ordering::SeqCst).saturating_add(micros);
                tokio::time::sleep(wait.min(BLINK)).await;
                now.fetch_max(until, Ordering::SeqCst);
            }
        }
    }

    /// The present instant in the user's zone.
    pub fn now_local(&self) -> Zoned {
        self.now().to_zoned(self.zone().clone())
    }

    /// The user's zone.
    pub fn zone(&self) -> &TimeZone {
        match self {
            Clock::System { zone } | Clock::Fixed { zone, .. } => zone,
        }
    }
}
