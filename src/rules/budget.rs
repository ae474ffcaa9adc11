//! How much of a provider's limits may go now, and else when.
//!
//! A log of what went, not a bucket: a bucket of N tokens that refills within W lets almost 2 N through in one W, and
//! one that never does wastes half of the limit. What is under way counts as if it went just now, until it is known
//! when it went: so the provider, who counts arrivals, never sees more than the limit in any window.

use std::time::Duration;

use crate::model::budget::Rate;

/// One limit of a provider, and what a send takes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Who shares it, by the provider's own measure: a login, a channel, a number, a pair.
    pub scope: String,
    pub cost: Cost,
    pub rate: Rate,
}

/// What a send takes of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// This much for each of its parts (recipients), which may go at different times.
    Each(u32),
    /// This much for the whole.
    Once(u32),
}

impl Cost {
    /// What this many parts take.
    pub fn of(self, parts: u32) -> i64 {
        match self {
            Cost::Each(cost) => i64::from(cost) * i64::from(parts),
            Cost::Once(cost) => i64::from(cost),
        }
    }
}

/// Something that went, or is about to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When it went, in milliseconds. What is under way counts as of now.
    pub at: i64,
    pub cost: u64,
}

/// What the limits of a send say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// So many parts may go now.
    Go(u32),
    /// None before this time (milliseconds), which is when the limit of this number allows it.
    Wait(i64, usize),
    /// The limit of this number is smaller than the smallest part.
    Never(usize),
}

/// How finely times are kept, so that a limit has few rows however large it is.
pub fn slot_ms(per: Duration) -> i64 {
    (window_ms(per) / 256).max(1)
}

/// Whether something that went at this time no longer counts.
pub fn is_over(at: i64, per: Duration, now: i64) -> bool {
    // Times are cut to milliseconds: one that looks just over may not be.
    at < now.saturating_sub(window_ms(per))
}

fn window_ms(per: Duration) -> i64 {
    i64::try_from(per.as_millis()).unwrap_or(i64::MAX)
}

/// How many of `want` parts may go now; each limit comes with what was taken of it.
///
/// A part of the parts goes if it is at least a quarter of the limit, so that a message to many neither waits until
/// everything is free, which may never be, nor leaves in crumbs.
pub fn judge(limits: &[(Limit, Vec<Taken>)], want: u32, now: i64) -> Verdict {
    let want = want.max(1);
    let (mut go, mut wait) = (want, None::<(i64, usize)>);
    for (n, (limit, taken)) in limits.iter().enumerate() {
        let most = u64::from(limit.rate.most);
        let (unit, need) = match limit.cost {
            Cost::Once(cost) => (u64::from(cost), u64::from(cost)),
            Cost::Each(cost) => {
                let unit = u64::from(cost.max(1));
                let quarter = (most / unit).div_ceil(4).max(1);
                (unit, unit * u64::from(want).min(quarter))
            }
        };
        if need > most {
            return Verdict::Never(n);
        }
        let free = free(taken, limit.rate, now);
        if free < need {
            let until = when(taken, limit.rate, (need, now));
            if wait.is_none_or(|(latest, _)| until > latest) {
                wait = Some((until, n));
            }
        } else if matches!(limit.cost, Cost::Each(_)) {
            go = go.min(u32::try_from(free / unit).unwrap_or(u32::MAX));
        }
    }
    match wait {
        Some((until, n)) => Verdict::Wait(until, n),
        None => Verdict::Go(go),
    }
}

/// What is left of a limit.
fn free(taken: &[Taken], rate: Rate, now: i64) -> u64 {
    let counts = taken.iter().filter(|t| !is_over(t.at, rate.per, now));
    let used = counts.fold(0u64, |sum, t| sum.saturating_add(t.cost));
    u64::from(rate.most).saturating_sub(used)
}

/// When `need` is free, if nothing is taken before.
fn when(taken: &[Taken], rate: Rate, (need, now): (u64, i64)) -> i64 {
    let mut counting: Vec<Taken> = taken
        .iter()
        .filter(|t| !is_over(t.at, rate.per, now))
        .copied()
        .collect();
    counting.sort_by_key(|t| t.at);
    let mut free = free(taken, rate, now);
    // A limit that was made smaller may be overdrawn.
    let used: u64 = counting.iter().map(|t| t.cost).sum();
    let mut debt = used.saturating_sub(u64::from(rate.most));
    for take in counting {
        let paid = take.cost.min(debt);
        debt -= paid;
        free += take.cost - paid;
        if free >= need {
            return take
                .at
                .saturating_add(window_ms(rate.per))
                .saturating_add(1);
        }
    }
    now.saturating_add(window_ms(rate.per)).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(rate: &str, cost: Cost) -> Limit {
        Limit {
            scope: "x".to_owned(),
            cost,
            rate: Rate::parse(rate).unwrap(),
        }
    }

    fn taken(of: &[(i64, u64)]) -> Vec<Taken> {
        of.iter().map(|&(at, cost)| Taken { at, cost }).collect()
    }

    #[test]
    fn limits_allow_what_is_left_of_them() {
        use Cost::{Each, Once};
        for (rate, cost, log, want, wanted) in [
            ("10/s", Each(1), &[][..], 3, Verdict::Go(3)),
            ("10/s", Each(1), &[(9_500, 9)][..], 1, Verdict::Go(1)),
            (
                "10/s",
                Each(1),
                &[(9_500, 10)][..],
                1,
                Verdict::Wait(10_501, 0),
            ),
            (
                "10/s",
                Each(1),
                &[(9_000, 10)][..],
                1,
                Verdict::Wait(10_001, 0),
            ),
            ("10/s", Each(1), &[(8_999, 10)][..], 1, Verdict::Go(1)),
            // More than all of it goes in parts, and not in crumbs.
            ("10/s", Each(1), &[][..], 25, Verdict::Go(10)),
            ("10/s", Each(1), &[(9_500, 7)][..], 25, Verdict::Go(3)),
            (
                "10/s",
                Each(1),
                &[(9_200, 1), (9_500, 7)][..],
                25,
                Verdict::Wait(10_201, 0),
            ),
            // What can't be parted waits for the whole, or for ever.
            (
                "10/s",
                Once(6),
                &[(9_200, 2), (9_500, 4)][..],
                1,
                Verdict::Wait(10_201, 0),
            ),
            ("10/s", Once(6), &[(9_200, 4)][..], 500, Verdict::Go(500)),
            ("10/s", Once(11), &[][..], 1, Verdict::Never(0)),
            // A limit that was made smaller is overdrawn.
            (
                "2/s",
                Each(1),
                &[(9_200, 5), (9_500, 3)][..],
                1,
                Verdict::Wait(10_501, 0),
            ),
        ] {
            let found = judge(&[(limit(rate, cost), taken(log))], want, 10_000);
            assert_eq!(found, wanted, "{rate} {cost:?} {log:?} {want}");
        }
    }

    #[test]
    fn the_tightest_of_several_limits_decides() {
        let second = (limit("10/s", Cost::Each(1)), taken(&[(9_500, 10)]));
        let hour = (limit("60/h", Cost::Each(1)), taken(&[(5_000, 59)]));
        assert_eq!(
            judge(&[second.clone(), hour.clone()], 3, 10_000),
            Verdict::Wait(3_605_001, 1)
        );
        assert_eq!(judge(&[hour], 1, 10_000), Verdict::Go(1));
        assert_eq!(judge(&[], 7, 10_000), Verdict::Go(7));
    }
}
