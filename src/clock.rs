//! The one clock. Tests fix it with `COMMS_NOW`; everything that needs the time asks here.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// How long a fixed clock lets others go on before it moves, at most.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
pub enum Clock {
    System {
        zone: TimeZone,
    },
    /// Stands still but for those who wait on it, who move it at once; for tests. All its clones are one clock.
    Fixed {
        /// Microseconds since 1970.
        now: Arc<AtomicI64>,
        /// Who is under way: the clock does not move meanwhile.
        under_way: Arc<AtomicUsize>,
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
            under_way: Arc::default(),
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

    /// Waits; a fixed clock goes on by that much instead, once nothing is under way.
    pub async fn sleep(&self, wait: Duration) {
        match self {
            Clock::System { .. } => tokio::time::sleep(wait).await,
            Clock::Fixed { now, under_way, .. } => {
                let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX / 4);
                let until = now.load(Ordering::SeqCst).saturating_add(micros);
                let blink = Duration::from_millis(1);
                for _ in 0..PATIENCE.as_millis() {
                    tokio::time::sleep(blink).await;
                    if under_way.load(Ordering::SeqCst) == 0 {
                        break;
                    }
                }
                now.fetch_max(until, Ordering::SeqCst);
            }
        }
    }

    /// Waits until then, a moment at least.
    pub async fn sleep_until(&self, at: Timestamp) {
        let wait = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
        self.sleep(wait.max(Duration::from_millis(1))).await;
    }

    /// Keeps a fixed clock from moving until it is dropped: what happens meanwhile takes no time.
    pub fn under_way(&self) -> UnderWay {
        match self {
            Clock::System { .. } => UnderWay(None),
            Clock::Fixed { under_way, .. } => {
                under_way.fetch_add(1, Ordering::SeqCst);
                UnderWay(Some(Arc::clone(under_way)))
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

/// Something that a fixed clock waits for.
pub struct UnderWay(Option<Arc<AtomicUsize>>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.fetch_sub(1, Ordering::SeqCst);
        }
    }
}
