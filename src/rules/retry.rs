//! When a send that certainly did not leave is tried again: doubling, spread by chance, not for ever.

use std::time::Duration;

/// Ceiling of the first wait; greylisting servers want a few minutes.
const FIRST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(2 * 3600);
/// A message that could not leave for so long is a dead letter (RFC 5321 §4.5.4.1 asks for 4-5 days).
const GIVE_UP: Duration = Duration::from_secs(5 * 24 * 3600);
/// And so is one that was tried so often, however short the waits its server asked for.
const MOST_TRIES: u32 = 100;

/// How long to wait before the next attempt; `None` to give up.
///
/// `tries` attempts were made over `age`; `chance` in 0..1 spreads the wait over the upper half of its ceiling. What
/// the server asked for is honoured, as far as the whole stays within the limit.
pub fn wait(tries: u32, age: Duration, asked: Option<Duration>, chance: f64) -> Option<Duration> {
    if age >= GIVE_UP || tries >= MOST_TRIES {
        return None;
    }
    let ceiling = FIRST
        .saturating_mul(2u32.saturating_pow(tries.saturating_sub(1).min(16)))
        .min(LONGEST);
    let spread = ceiling.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
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
        assert_eq!(wait(1, NEW, None, 0.0), Some(FIRST / 2));
        assert_eq!(wait(2, NEW, None, 0.0), Some(FIRST));
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
        assert_eq!(wait(MOST_TRIES, NEW, None, 0.5), None);
    }
}
