//! When to read the config again.

use std::time::{Duration, SystemTime};

use super::Config;

/// How often whoever runs on and on looks whether its config is another: one `stat`.
pub const LOOK: Duration = Duration::from_secs(2);

/// What its file is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(Option<(SystemTime, u64)>);

impl Stamp {
    pub fn of(config: &Config) -> Stamp {
        let found = config.config_file.metadata().ok();
        Stamp(found.and_then(|found| Some((found.modified().ok()?, found.len()))))
    }

    /// Whether the file is another than when this was asked last.
    pub fn has_changed(&mut self, config: &Config) -> bool {
        let now = Stamp::of(config);
        now != std::mem::replace(self, now)
    }
}
