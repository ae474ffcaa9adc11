//! The one clock. Tests fix it with `COMMS_NOW`; everything that needs the time asks here.

use jiff::{Timestamp, Zoned, tz::TimeZone};

#[derive(Clone, Debug)]
pub enum Clock {
    System {
        zone: TimeZone,
    },
    /// Always the same instant; for tests.
    Fixed {
        now: Timestamp,
        zone: TimeZone,
    },
}

impl Clock {
    pub fn system(zone: TimeZone) -> Self {
        Clock::System { zone }
    }

    pub fn fixed(now: Timestamp, zone: TimeZone) -> Self {
        Clock::Fixed { now, zone }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "the one place that reads the system clock"
            )]
            Clock::System { .. } => Timestamp::now(),
            Clock::Fixed { now, .. } => *now,
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
