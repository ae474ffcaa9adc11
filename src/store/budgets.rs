//! What went within each limit of a provider, shared by all processes.
//!
//! A take is under way until it is told when it went; a process that died on the way is taken to have gone just now.
//! None of this is synced by itself: the commit that lets the first byte leave follows, and syncs it too.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::clock::Clock;
use crate::error::Result;
use crate::rules::budget::{Limit, Taken, Verdict, judge, slot_ms};

use super::outbox::change;
use super::owner::{Owner, is_alive};
use super::{Store, fault};

const DOING: &str = "keeping the budgets";

/// A share of all limits of a send, taken before it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many parts may go.
    pub parts: u32,
    rows: Vec<i64>,
}

/// What came of asking for a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Granted(Share),
    /// Not before this, by the limit of this number.
    Later(Timestamp, usize),
    /// Never, by the limit of this number.
    Never(usize),
}

impl Share {
    /// Where nothing is limited.
    pub fn free(parts: u32) -> Share {
        Share {
            parts,
            rows: Vec::new(),
        }
    }
}

impl Store {
    /// Takes up to `want` parts from all of the limits together, or none.
    ///
    /// The clock is read once nobody else can write: a time from before the wait would look back on others' takes.
    pub fn take(
        &self,
        limits: &[Limit],
        want: u32,
        (owner, clock): (&Owner, &Clock),
    ) -> Result<Asked> {
        self.unsynced(|tx| {
            let now = clock.now().as_millisecond();
            let mut logs = Vec::new();
            for limit in limits {
                tidy(tx, limit, now, |name| is_alive(self.dir(), name))?;
                logs.push((limit.clone(), log(tx, limit, now)?));
            }
            let parts = match judge(&logs, want, now) {
                Verdict::Go(parts) => parts,
                Verdict::Wait(until, n) => return Ok(Asked::Later(time(until), n)),
                Verdict::Never(n) => return Ok(Asked::Never(n)),
            };
            let mut rows = Vec::new();
            let mut insert = tx.prepare_cached(
                "INSERT INTO budgets (scope, per, at, cost, owner) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for (n, limit) in limits.iter().enumerate() {
                let same =
                    |other: &Limit| other.scope == limit.scope && other.rate.per == limit.rate.per;
                if limits[..n].iter().any(same) {
                    continue;
                }
                insert.execute(params![
                    limit.scope,
                    per(limit),
                    now,
                    limit.cost.of(parts),
                    owner.name
                ])?;
                rows.push(tx.last_insert_rowid());
            }
            Ok(Asked::Granted(Share { parts, rows }))
        })
    }

    /// What was taken went, or may have: from now on it counts for one window.
    pub fn spend(&self, share: &Share, now: Timestamp) -> Result<()> {
        if share.rows.is_empty() {
            return Ok(());
        }
        let now = now.as_millisecond();
        self.unsynced(|tx| {
            for id in &share.rows {
                let row: Option<(String, i64)> = tx
                    .prepare_cached("SELECT scope, per FROM budgets WHERE id = ?1")?
                    .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                // Longer under way than a window, and taken for dead: it counted long enough.
                let Some((scope, per)) = row else { continue };
                let slot = slot_ms(std::time::Duration::from_millis(per.unsigned_abs()));
                // One row for all of a slot, with the time of the last of them.
                let merged = tx
                    .prepare_cached(
                        "UPDATE budgets SET at = max(at, ?4), cost = cost + (SELECT cost FROM budgets WHERE id = ?1)
                         WHERE id = (SELECT id FROM budgets WHERE scope = ?2 AND per = ?3 AND owner IS NULL
                                     AND at BETWEEN ?5 AND ?6 LIMIT 1)",
                    )?
                    .execute(params![id, scope, per, now, now - now.rem_euclid(slot), now])?;
                let sql = if merged == 1 {
                    "DELETE FROM budgets WHERE id = ?1 AND ?2 IS NOT NULL"
                } else {
                    "UPDATE budgets SET at = ?2, owner = NULL WHERE id = ?1"
                };
                tx.prepare_cached(sql)?.execute(params![id, now])?;
            }
            Ok(())
        })
    }

    /// What was taken certainly did not go.
    pub fn give_back(&self, share: &Share) -> Result<()> {
        if share.rows.is_empty() {
            return Ok(());
        }
        self.unsynced(|tx| {
            for id in &share.rows {
                tx.prepare_cached("DELETE FROM budgets WHERE id = ?1")?
                    .execute([id])?;
            }
            Ok(())
        })
    }

    /// A transaction that the next synced one makes last.
    fn unsynced<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        change(&mut *self.main()?, false, |tx| {
            work(tx).map_err(fault(DOING))
        })
    }
}

/// Settles what dead processes left, forgets what no longer counts, and lets nothing lie in the future: after a clock
/// went back it counts as of now, so nothing is won by it and nobody waits longer than one window.
fn tidy(
    tx: &Transaction<'_>,
    limit: &Limit,
    now: i64,
    is_alive: impl Fn(&str) -> bool,
) -> rusqlite::Result<()> {
    let key = (&limit.scope, per(limit), now);
    let owners: Vec<String> = tx
        .prepare_cached(
            "SELECT DISTINCT owner FROM budgets WHERE scope = ?1 AND per = ?2 AND owner IS NOT NULL",
        )?
        .query_map(params![limit.scope, per(limit)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for owner in owners.iter().filter(|name| !is_alive(name)) {
        tx.execute(
            "UPDATE budgets SET owner = NULL, at = ?3 WHERE scope = ?1 AND per = ?2 AND owner = ?4",
            params![limit.scope, per(limit), now, owner],
        )?;
    }
    tx.prepare_cached(
        "DELETE FROM budgets WHERE scope = ?1 AND per = ?2 AND owner IS NULL AND at < ?3 - ?2",
    )?
    .execute(key)?;
    tx.prepare_cached("UPDATE budgets SET at = ?3 WHERE scope = ?1 AND per = ?2 AND at > ?3")?
        .execute(key)?;
    Ok(())
}

fn log(tx: &Transaction<'_>, limit: &Limit, now: i64) -> rusqlite::Result<Vec<Taken>> {
    tx.prepare_cached(
        "SELECT CASE WHEN owner IS NULL THEN at ELSE ?3 END, cost FROM budgets WHERE scope = ?1 AND per = ?2",
    )?
    .query_map(params![limit.scope, per(limit), now], |row| {
        Ok(Taken {
            at: row.get(0)?,
            cost: row.get::<_, i64>(1)?.unsigned_abs(),
        })
    })?
    .collect()
}

fn per(limit: &Limit) -> i64 {
    i64::try_from(limit.rate.per.as_millis()).unwrap_or(i64::MAX)
}

fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::budget::Rate;
    use crate::rules::budget::Cost;
    use proptest::prelude::*;

    fn limits(rates: &[&str]) -> Vec<Limit> {
        let limit = |rate: &&str| Limit {
            scope: "smtp:here/ada".to_owned(),
            cost: Cost::Each(1),
            rate: Rate::parse(rate).unwrap(),
        };
        rates.iter().map(limit).collect()
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn clock(ms: i64) -> Clock {
        Clock::fixed(at(ms), jiff::tz::TimeZone::UTC)
    }

    fn granted(asked: Asked) -> Share {
        match asked {
            Asked::Granted(share) => share,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_limits_are_taken_together_or_none() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let owner = store.owner().unwrap();
        let limits = limits(&["10/s", "12/h"]);
        let first = granted(store.take(&limits, 10, (&owner, &clock(0))).unwrap());
        store.spend(&first, at(0)).unwrap();
        let second = granted(store.take(&limits, 2, (&owner, &clock(2_000))).unwrap());
        store.spend(&second, at(2_000)).unwrap();
        let asked = store.take(&limits, 1, (&owner, &clock(4_000))).unwrap();
        // Times of an hour's limit are kept to 14 s: the last of them counts.
        assert_eq!(asked, Asked::Later(at(3_602_001), 1));
        // The second was not charged for what the hour refused.
        let free = store
            .take(&limits[..1], 10, (&owner, &clock(4_000)))
            .unwrap();
        assert_eq!(granted(free).parts, 10);
    }

    #[test]
    fn what_is_under_way_counts_until_it_went_and_what_did_not_go_is_free() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let owner = store.owner().unwrap();
        let limits = limits(&["2/s"]);
        let share = granted(store.take(&limits, 2, (&owner, &clock(0))).unwrap());
        let asked = store.take(&limits, 1, (&owner, &clock(9_000))).unwrap();
        assert_eq!(asked, Asked::Later(at(10_001), 0));
        store.spend(&share, at(9_500)).unwrap();
        let asked = store.take(&limits, 1, (&owner, &clock(10_400))).unwrap();
        assert_eq!(asked, Asked::Later(at(10_501), 0));
        let share = granted(store.take(&limits, 2, (&owner, &clock(10_501))).unwrap());
        store.give_back(&share).unwrap();
        assert_eq!(
            granted(store.take(&limits, 2, (&owner, &clock(10_501))).unwrap()).parts,
            2
        );
    }

    #[test]
    fn what_a_dead_process_took_counts_from_when_it_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let limits = limits(&["2/s"]);
        let dead = store.owner().unwrap();
        granted(store.take(&limits, 2, (&dead, &clock(0))).unwrap());
        drop(dead);
        let owner = store.owner().unwrap();
        let asked = store.take(&limits, 1, (&owner, &clock(5_000))).unwrap();
        assert_eq!(asked, Asked::Later(at(6_001), 0));
        granted(store.take(&limits, 1, (&owner, &clock(6_001))).unwrap());
    }

    #[test]
    fn a_clock_that_goes_back_wins_nothing_and_makes_nobody_wait_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let owner = store.owner().unwrap();
        let limits = limits(&["5/min"]);
        let year = 365 * 86_400_000;
        let share = granted(store.take(&limits, 5, (&owner, &clock(year))).unwrap());
        store.spend(&share, at(year)).unwrap();
        let asked = store.take(&limits, 1, (&owner, &clock(0))).unwrap();
        assert_eq!(asked, Asked::Later(at(60_001), 0));
        granted(store.take(&limits, 5, (&owner, &clock(60_001))).unwrap());
    }

    #[test]
    fn who_waited_for_the_lock_counts_what_went_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let owner = store.owner().unwrap();
        let limits = limits(&["2/s"]);
        let clock = Clock::system(jiff::tz::TimeZone::UTC);
        let db = store.main().unwrap();
        db.execute_batch("BEGIN IMMEDIATE").unwrap();
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| {
                let other = Store::at(dir.path());
                other.take(&limits, 1, (&owner, &clock)).unwrap()
            });
            std::thread::sleep(std::time::Duration::from_millis(300));
            let went = clock.now().as_millisecond();
            db.execute(
                "INSERT INTO budgets (scope, per, at, cost) VALUES (?1, 1000, ?2, 2)",
                params![limits[0].scope, went],
            )
            .unwrap();
            db.execute_batch("COMMIT").unwrap();
            assert_eq!(asked.join().unwrap(), Asked::Later(time(went + 1_001), 0));
        });
    }

    #[test]
    fn a_large_limit_keeps_few_rows() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::at(dir.path());
        let owner = store.owner().unwrap();
        let limits = limits(&["100000/256s"]);
        for n in 0..2_000 {
            let share = granted(store.take(&limits, 1, (&owner, &clock(n * 100))).unwrap());
            store.spend(&share, at(n * 100 + 7)).unwrap();
        }
        let rows: i64 = store
            .main()
            .unwrap()
            .query_row("SELECT count(*) FROM budgets", [], |row| row.get(0))
            .unwrap();
        assert!(rows <= 260, "{rows}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// Each step: how long after the last one, how many parts are asked for, how long they are on their way.
        #[test]
        fn no_window_ever_sees_more_than_the_limit(
            most in 1u32..12,
            steps in prop::collection::vec((0i64..900, 1u32..15, 0i64..1_500), 1..60),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::at(dir.path());
            let owner = store.owner().unwrap();
            let limits = limits(&[&format!("{most}/s"), &format!("{}/3s", most * 2)]);
            let mut now = 0;
            let mut under_way: Vec<(i64, i64, Share)> = Vec::new();
            // When the provider sees each of them: any time between the take and its end.
            let mut seen: Vec<(i64, u32)> = Vec::new();
            for (pause, want, takes) in steps {
                now += pause;
                under_way.sort_by_key(|(end, ..)| *end);
                while under_way.first().is_some_and(|(end, ..)| *end <= now) {
                    let (end, _, share) = under_way.remove(0);
                    store.spend(&share, at(end)).unwrap();
                }
                match store.take(&limits, want, (&owner, &clock(now))).unwrap() {
                    Asked::Granted(share) => {
                        prop_assert!(share.parts >= 1 && share.parts <= want);
                        seen.push((now + takes * 2 / 3, share.parts));
                        under_way.push((now + takes, now, share));
                    }
                    Asked::Later(until, _) => prop_assert!(until > at(now) && until <= at(now + 3_001)),
                    Asked::Never(_) => prop_assert!(false),
                }
            }
            for (window, most) in [(1_000, most), (3_000, most * 2)] {
                for (from, _) in &seen {
                    let inside = seen.iter().filter(|(t, _)| (*from..=*from + window).contains(t));
                    let sum: u32 = inside.map(|(_, parts)| parts).sum();
                    prop_assert!(sum <= most, "{} in {} ms: {:?}", sum, window, seen);
                }
            }
        }
    }
}
