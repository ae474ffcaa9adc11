//! How much strangers may ask of us: so many refusals each, and so many calls in all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::rules::public::is_public;

/// Calls in all that may come at once, and each second after that.
const ALL: Rate = Rate {
    burst: 20_000.0,
    per_second: 10_000.0,
};
/// Refused calls of one address.
const REFUSED: Rate = Rate {
    burst: 60.0,
    per_second: 1.0,
};
/// How many addresses are remembered; the ones that were quiet longest go first.
const MOST: usize = 4_096;

#[derive(Clone, Copy)]
struct Rate {
    burst: f64,
    per_second: f64,
}

/// Fills with time, empties with use.
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn full(rate: Rate, now: Instant) -> Bucket {
        Bucket {
            left: rate.burst,
            at: now,
        }
    }

    fn fill(&mut self, rate: Rate, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * rate.per_second).min(rate.burst);
        self.at = now;
    }
}

/// What was asked lately.
pub struct Limits(Mutex<Inner>);

struct Inner {
    all: Bucket,
    refused: HashMap<IpAddr, Bucket>,
}

impl Limits {
    pub fn new(now: Instant) -> Limits {
        Limits(Mutex::new(Inner {
            all: Bucket::full(ALL, now),
            refused: HashMap::new(),
        }))
    }

    /// Whether a call may be looked at; else how long its caller is to wait.
    pub fn admit(&self, who: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = who.and_then(|who| inner.refused.get_mut(&owner(who)));
        if let Some(bucket) = known {
            bucket.fill(REFUSED, now);
            if bucket.left < 1.0 {
                return Err(Duration::from_secs(60));
            }
        }
        inner.all.fill(ALL, now);
        if inner.all.left < 1.0 {
            return Err(Duration::from_secs(1));
        }
        inner.all.left -= 1.0;
        Ok(())
    }

    /// This address was refused once more.
    pub fn refused(&self, who: Option<IpAddr>, now: Instant) {
        if let Some(who) = who {
            let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            inner.take(owner(who), now);
        }
    }
}

impl Limits {
    /// One more guess of this address, this machine's too; how long it is to wait, if there were too many.
    pub fn guessed(&self, peer: IpAddr, now: Instant) -> Option<Duration> {
        let peer = owner(peer);
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.take(peer, now)
    }
}

/// The address that tells who called; `None` where it is a proxy's, which stands for everyone: one on this machine, or
/// one on a private network that says it passes on what others asked. Whoever comes from the internet can't say so.
pub fn caller(peer: IpAddr, passed_on: bool) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    let proxy = peer.is_loopback() || (passed_on && !is_public(peer));
    (!proxy).then_some(peer)
}

/// Whoever has one address of IPv6 has a whole network of them (RFC 6177).
fn owner(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(peer) if !peer.is_loopback() => {
            Ipv6Addr::from(u128::from(peer) & (u128::MAX << 64)).into()
        }
        peer => peer,
    }
}

impl Inner {
    /// Takes one refusal out of what an address has; how long until there is another, if there is none.
    fn take(&mut self, peer: IpAddr, now: Instant) -> Option<Duration> {
        if self.refused.len() >= MOST && !self.refused.contains_key(&peer) {
            self.forget_quiet(now);
        }
        let bucket = self
            .refused
            .entry(peer)
            .or_insert_with(|| Bucket::full(REFUSED, now));
        bucket.fill(REFUSED, now);
        if bucket.left < 1.0 {
            let missing = 1.0 - bucket.left;
            bucket.left = 0.0;
            return Some(Duration::from_secs_f64(missing / REFUSED.per_second));
        }
        bucket.left -= 1.0;
        None
    }

    /// Forgets who has a full bucket by now; if all are busy, half of them.
    fn forget_quiet(&mut self, now: Instant) {
        self.refused.retain(|_, bucket| {
            bucket.fill(REFUSED, now);
            bucket.left < REFUSED.burst
        });
        if self.refused.len() >= MOST {
            let mut odd = false;
            self.refused.retain(|_, _| {
                odd = !odd;
                odd
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn who_is_refused_often_waits_and_others_do_not() {
        let now = Instant::now();
        let limits = Limits::new(now);
        let (bad, good) = (
            Ipv4Addr::new(203, 0, 113, 7).into(),
            Ipv4Addr::new(203, 0, 113, 8).into(),
        );
        for _ in 0..60 {
            assert!(limits.admit(Some(bad), now).is_ok());
            limits.refused(Some(bad), now);
        }
        assert!(limits.admit(Some(bad), now).is_err());
        assert!(limits.admit(Some(good), now).is_ok());
        let later = now + Duration::from_secs(2);
        assert!(limits.admit(Some(bad), later).is_ok());
    }

    #[test]
    fn a_proxy_is_nobody_and_a_stranger_can_not_pass_for_one() {
        for (peer, passed_on, is_someone) in [
            ("127.0.0.1", false, false),
            ("::1", false, false),
            ("::ffff:127.0.0.1", false, false),
            ("172.17.0.1", true, false),
            ("fd00::7", true, false),
            ("172.17.0.1", false, true),
            ("8.8.8.8", true, true),
            ("2606:4700::1111", true, true),
            ("::ffff:8.8.8.8", true, true),
        ] {
            let peer: IpAddr = peer.parse().unwrap();
            let who = caller(peer, passed_on);
            assert_eq!(who.is_some(), is_someone, "{peer} {passed_on}");
        }
        let now = Instant::now();
        let limits = Limits::new(now);
        for _ in 0..1_000 {
            limits.refused(None, now);
        }
        assert!(limits.admit(None, now).is_ok());
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_memory() {
        let now = Instant::now();
        let limits = Limits::new(now);
        for n in 0..20_000u32 {
            limits.refused(Some(Ipv4Addr::from(0x0a00_0000 + n).into()), now);
        }
        assert!(limits.0.lock().unwrap().refused.len() <= MOST);
    }

    #[test]
    fn more_than_the_machine_can_do_is_told_to_wait() {
        let now = Instant::now();
        let limits = Limits::new(now);
        let peer = Ipv4Addr::new(203, 0, 113, 7).into();
        let let_in = (0..30_000)
            .filter(|_| limits.admit(Some(peer), now).is_ok())
            .count();
        assert_eq!(let_in, 20_000);
    }
}
