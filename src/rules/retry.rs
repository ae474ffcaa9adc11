//! When a send that certainly did not leave is tried again: doubling, spread by chance, not for ever.

use std::time::Duration;

/// Mean wait after the first attempt is half of it; greylisting servers want a few minutes.
const FIRST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(2 * 3600);
const SHORTEST: Duration = Duration::from_secs(30);
/// A message that could not leave for so long is a dead letter (RFC 5321 §4.5.4.1 asks for 4-5 days).
const GIVE_UP: Duration = Duration::from_secs(5 * 24 * 3600);

/// How long to wait before the next attempt; `None` to give up.
///
/// `tries` attempts were made over `age`; `chance` is in 0..1 (full jitter). What the server asked for is honoured,
/// as far as the whole stays within the limit.
pub fn wait(tries: u32, age: Duration, asked: Option<Duration>, chance: f64) -> Option<Duration> {
    if age >= GIVE_UP {
        return None;
    }
    let ceiling = FIRST
        .saturating_mul(2u32.saturating_pow(tries.saturating_sub(1).min(16)))
        .min(LONGEST);
    let spread = ceiling.mul_f64(chance.clamp(0.0, 1.0)).max(SHORTEST);
    let wait = asked.map_or(spread, |asked| asked.max(spread));
    (wait < GIVE_UP).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Duration = Duration::ZERO;

    #[test]
    fn waits_double_up_to_a_limit() {
        assert_eq!(wait(1, NEW, None, 1.0), Some(FIRST));
        assert_eq!(wait(2, NEW, None, 1.0), Some(FIRST * 2));
        assert_eq!(wait(60, NEW, None, 1.0), Some(LONGEST));
        assert_eq!(wait(3, NEW, None, 0.0), Some(SHORTEST));
    }

    #[test]
    fn what_the_server_asks_for_is_honoured_within_reason() {
        let hour = Duration::from_secs(3600);
        assert_eq!(wait(1, NEW, Some(hour), 0.5), Some(hour));
        assert_eq!(wait(1, NEW, Some(GIVE_UP), 0.5), None);
    }

    #[test]
    fn nothing_is_tried_for_ever() {
        assert_eq!(wait(9, GIVE_UP, None, 0.5), None);
    }
}
