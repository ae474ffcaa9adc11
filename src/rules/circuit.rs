//! When a provider that fails again and again is left alone, and when it is tried again.
//!
//! Closed: it works. Open: nothing goes before a time. Half-open: that time has come, and exactly one process tries.

/// How long it is left alone after it opened, in milliseconds; doubles with every try that fails.
const FIRST: i64 = 60_000;
const LONGEST: i64 = 30 * 60_000;
/// A try that says nothing for so long no longer keeps others from trying.
const PROBE: i64 = 2 * 60_000;

/// How a provider did lately. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circuit {
    /// Faults since it last answered.
    pub failures: u32,
    /// Since when it is open; `None` while it is closed.
    pub opened: Option<i64>,
    /// Tries that failed since it opened.
    pub probes: u32,
    /// When it is tried next.
    pub until: i64,
    /// The last fault.
    pub why: String,
    /// Who tries it now, and until when that keeps others away.
    pub prober: Option<(String, i64)>,
}

/// Who wants to use a provider.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    pub name: &'a str,
    /// Someone asked for it by name: the time to leave it alone does not count.
    pub insists: bool,
}

/// What an open or closed circuit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    Go,
    /// Go, and tell how it went: everyone waits for it.
    Try,
    /// Not before this.
    Wait(i64),
}

/// What a fault did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Counted,
    /// It opened just now.
    Opened,
}

impl Circuit {
    /// Whether it may be used now; a caller who may try becomes the one who tries.
    pub fn ask(&mut self, caller: Caller<'_>, now: i64, is_alive: impl Fn(&str) -> bool) -> Say {
        if self.opened.is_none() {
            return Say::Go;
        }
        if let Some((name, until)) = &self.prober
            && name != caller.name
            && (now..=now + PROBE).contains(until)
            && is_alive(name)
        {
            return Say::Wait(*until);
        }
        // A time further off than any wait was set by a clock that went back since.
        let waits = self.until > now && self.until <= now + 2 * LONGEST;
        if waits && !caller.insists {
            return Say::Wait(self.until);
        }
        self.prober = Some((caller.name.to_owned(), now + PROBE));
        Say::Try
    }

    /// It failed. `after` faults in a row open it (0: never); `chance` in 0..1 spreads the waits by a quarter.
    pub fn fail(&mut self, name: &str, why: &str, (now, after, chance): (i64, u32, f64)) -> Change {
        self.failures = self.failures.saturating_add(1);
        self.why = why.to_owned();
        let probed = self.prober.as_ref().is_some_and(|(p, _)| p == name);
        match self.opened {
            // Others were on their way when it opened: they are no news.
            Some(_) if !probed => Change::Counted,
            Some(_) => {
                self.probes = self.probes.saturating_add(1);
                self.prober = None;
                self.until = now + self.wait(chance);
                Change::Counted
            }
            None if after > 0 && self.failures >= after => {
                self.opened = Some(now);
                self.probes = 0;
                self.until = now + self.wait(chance);
                Change::Opened
            }
            None => Change::Counted,
        }
    }

    /// It was not tried after all.
    pub fn leave(&mut self, name: &str) {
        self.prober.take_if(|(prober, _)| prober == name);
    }

    fn wait(&self, chance: f64) -> i64 {
        let base = FIRST.saturating_mul(1 << self.probes.min(10)).min(LONGEST);
        // Whole milliseconds of at most half an hour.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "small"
        )]
        let spread = (base as f64 * chance.clamp(0.0, 1.0) / 4.0) as i64;
        base + spread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn open() -> Circuit {
        let mut circuit = Circuit::default();
        for n in 1..=5 {
            let change = circuit.fail("a", "refused", (NOW, 5, 0.0));
            assert_eq!(change == Change::Opened, n == 5);
        }
        circuit
    }

    fn ask(circuit: &mut Circuit, name: &str, now: i64) -> Say {
        let caller = Caller {
            name,
            insists: false,
        };
        circuit.ask(caller, now, |name| name != "dead")
    }

    #[test]
    fn it_opens_after_faults_in_a_row_and_waits_longer_each_time() {
        let mut circuit = Circuit::default();
        assert_eq!(ask(&mut circuit, "a", NOW), Say::Go);
        circuit = open();
        let mut now = NOW;
        for minutes in [1, 2, 4, 8, 16, 30, 30] {
            let next = now + minutes * 60_000;
            assert_eq!(ask(&mut circuit, "a", next - 1), Say::Wait(next));
            assert_eq!(ask(&mut circuit, "a", next), Say::Try);
            now = next;
            assert_eq!(circuit.fail("a", "refused", (now, 5, 0.0)), Change::Counted);
        }
        assert_eq!(circuit.opened, Some(NOW));
        assert_eq!(
            Circuit::default().fail("a", "", (NOW, 0, 0.0)),
            Change::Counted
        );
    }

    #[test]
    fn waits_are_spread() {
        let mut circuit = Circuit::default();
        circuit.fail("a", "refused", (NOW, 1, 1.0));
        assert_eq!(circuit.until, NOW + 75_000);
    }

    #[test]
    fn exactly_one_tries_and_a_dead_or_silent_one_blocks_nobody() {
        let mut circuit = open();
        let due = NOW + 60_000;
        assert_eq!(ask(&mut circuit, "dead", due), Say::Try);
        assert_eq!(ask(&mut circuit, "b", due), Say::Try);
        assert_eq!(ask(&mut circuit, "c", due + 1), Say::Wait(due + PROBE));
        assert_eq!(ask(&mut circuit, "b", due + 2), Say::Try);
        assert_eq!(ask(&mut circuit, "c", due + 3 + PROBE), Say::Try);
    }

    #[test]
    fn what_was_on_its_way_when_it_opened_changes_nothing() {
        let mut circuit = open();
        circuit.fail("z", "refused", (NOW + 10, 5, 0.0));
        assert_eq!((circuit.until, circuit.probes), (NOW + 60_000, 0));
        assert_eq!(ask(&mut circuit, "a", NOW + 60_000), Say::Try);
        circuit.fail("z", "refused", (NOW + 60_001, 5, 0.0));
        assert_eq!(
            ask(&mut circuit, "b", NOW + 60_002),
            Say::Wait(NOW + 60_000 + PROBE)
        );
    }

    #[test]
    fn who_insists_tries_at_once_unless_another_does() {
        let mut circuit = open();
        let insists = |name| Caller {
            name,
            insists: true,
        };
        assert_eq!(circuit.ask(insists("a"), NOW + 1, |_| true), Say::Try);
        assert_eq!(
            circuit.ask(insists("b"), NOW + 2, |_| true),
            Say::Wait(NOW + 1 + PROBE)
        );
        circuit.leave("a");
        assert_eq!(circuit.ask(insists("b"), NOW + 2, |_| true), Say::Try);
    }

    #[test]
    fn a_clock_that_went_back_keeps_nobody_waiting() {
        let mut circuit = open();
        assert_eq!(ask(&mut circuit, "a", NOW - 86_400_000), Say::Try);
    }
}
