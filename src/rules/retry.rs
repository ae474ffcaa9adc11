//! When a send that certainly did not leave is tried again: doubling, spread by chance, not for ever.

use std::time::Duration;

/// Ceiling of the first wait; greylisting servers want a few minutes.
const FIRST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(2 * 3600);
/// A message that could not leave for so long is a dead letter (RFC 5321 §4.5.4.1 asks for 4-5 days).
const GIVE_UP: Duration = Duration::from_secs(5 * 24 * 3600);
/// And so is one that was tried so often, however short the waits its server asked for.
const MOST_TRIES: u32 = 100;

/// However the dice fall, a server that just said no is left alone for so long.
const SHORTEST: Duration = Duration::from_secs(5);

/// How long to wait before the next attempt; `None` to give up.
///
/// `tries` attempts were made over `age`; `chance` in 0..1 spreads the wait over all of its ceiling (full jitter), so
/// that many who failed together don't come back together. What the server asked for is honoured, as far as the whole
/// stays within the limit.
pub fn wait(tries: u32, age: Duration, asked: Option<Duration>, chance: f64) -> Option<Duration> {
    if age >= GIVE_UP || tries >= MOST_TRIES {
        return None;
    }
    let ceiling = FIRST
        .saturating_mul(2u32.saturating_pow(tries.saturating_sub(1).min(16)))
        .min(LONGEST);
    let spread = ceiling.mul_f64(chance.clamp(0.0, 1.0)).max(SHORTEST);
    let wait = asked.map_or(spread, |asked| asked.max(spread));
    (wait < GIVE_UP).then_some(wait)
}

/// A wait that a server asks for in its words: "greylisted for 300 seconds", "try again in 5 minutes".
///
/// Only a number with its unit right after `in`, `for`, `after` or `wait` counts; anything else is none.
pub fn asked_in(words: &str) -> Option<Duration> {
    let words: Vec<String> = words
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.windows(3).find_map(|three| {
        let [before, number, unit] = three else {
            return None;
        };
        if !["in", "for", "after", "wait"].contains(&before.as_str()) {
            return None;
        }
        let seconds = match unit.as_str() {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3600,
            _ => return None,
        };
        let wait = number.parse::<u64>().ok()?.checked_mul(seconds)?;
        (1..=24 * 3600)
            .contains(&wait)
            .then(|| Duration::from_secs(wait))
    })
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
        assert_eq!(wait(2, NEW, None, 0.5), Some(FIRST));
        assert_eq!(wait(9, NEW, None, 0.0), Some(SHORTEST));
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

    #[test]
    fn a_wait_is_read_from_the_words_only_where_it_is_plain() {
        for (words, seconds) in [
            ("450 4.2.0 <b@x>: greylisted for 300 seconds", Some(300)),
            (
                "451 4.7.1 Greylisting in action, please come back in 00:04:00",
                None,
            ),
            (
                "421 too many connections, try again in 5 minutes.",
                Some(300),
            ),
            ("452 4.5.3 retry after 2h", None),
            ("452 4.5.3 retry after 2 h", Some(7200)),
            ("450 mailbox busy since 10 minutes", None),
            ("450 in 99999999999999999999 seconds", None),
            ("450 wait 0 seconds", None),
            ("450 come back in 30 days or in 2 hours", Some(7200)),
            ("", None),
        ] {
            assert_eq!(asked_in(words), seconds.map(Duration::from_secs), "{words}");
        }
    }
}
