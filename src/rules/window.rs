//! WhatsApp's customer-service window: how long after someone wrote they may be written to freely.
//!
//! Source: Cloud API, "Sending messages: customer service windows" and "Free entry point conversations", of 2026-08.

use std::time::Duration;

use jiff::Timestamp;

/// After each message of theirs.
pub const WINDOW: Duration = Duration::from_secs(24 * 3600);
/// After the first of theirs that came by an advertisement or a page's button, once it is answered within [`WINDOW`].
/// Only what is paid differs in it: free-form messages keep to [`WINDOW`].
pub const FREE_ENTRY: Duration = Duration::from_secs(72 * 3600);

/// What is known of a pair of sender and customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// When they wrote last.
    pub last_inbound: Option<Timestamp>,
    /// When they came by an advertisement last, and when that was answered first.
    pub entry: Option<(Timestamp, Option<Timestamp>)>,
    /// When the provider said that it is closed (131047).
    pub closed_at: Option<Timestamp>,
}

/// Whether they may be written to freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Until then; and nothing is paid until `free_until`, if that is known.
    Open {
        until: Timestamp,
        free_until: Option<Timestamp>,
    },
    /// Since then.
    Closed(Timestamp),
    /// They never wrote, as far as is known here.
    NeverOpened,
}

impl Window {
    pub fn is_open(self) -> bool {
        matches!(self, Window::Open { .. })
    }
}

/// The window of a pair as it is at `now`.
pub fn window(ledger: &Ledger, now: Timestamp) -> Window {
    let Some(last) = ledger.last_inbound else {
        return match ledger.closed_at {
            Some(at) => Window::Closed(at),
            None => Window::NeverOpened,
        };
    };
    let until = after(last, WINDOW);
    // The provider's word stands until they write again: clocks differ, and it counts by its own.
    if let Some(at) = ledger.closed_at.filter(|at| *at >= last) {
        return Window::Closed(at.min(until));
    }
    if now >= until {
        return Window::Closed(until);
    }
    let free = ledger.entry.and_then(|(entered, answered)| {
        let answered = answered.filter(|at| *at < after(entered, WINDOW))?;
        Some(after(answered, FREE_ENTRY)).filter(|until| *until > now)
    });
    Window::Open {
        until,
        free_until: free,
    }
}

fn after(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_795_262_400 + hours * 3600).unwrap()
    }

    fn wrote(hours: i64) -> Ledger {
        Ledger {
            last_inbound: Some(at(hours)),
            ..Ledger::default()
        }
    }

    #[test]
    fn it_is_open_for_a_day_after_they_wrote() {
        assert_eq!(window(&Ledger::default(), at(0)), Window::NeverOpened);
        let open = Window::Open {
            until: at(24),
            free_until: None,
        };
        assert_eq!(window(&wrote(0), at(0)), open);
        assert_eq!(window(&wrote(0), at(23)), open);
        assert_eq!(window(&wrote(0), at(24)), Window::Closed(at(24)));
        assert!(window(&wrote(20), at(43)).is_open());
    }

    #[test]
    fn the_provider_may_close_it_and_the_next_message_opens_it() {
        let mut ledger = wrote(0);
        ledger.closed_at = Some(at(5));
        assert_eq!(window(&ledger, at(6)), Window::Closed(at(5)));
        ledger.last_inbound = Some(at(7));
        assert!(window(&ledger, at(8)).is_open());
        let unknown = Ledger {
            closed_at: Some(at(1)),
            ..Ledger::default()
        };
        assert_eq!(window(&unknown, at(2)), Window::Closed(at(1)));
    }

    #[test]
    fn an_advertisement_that_was_answered_in_time_is_free_for_three_days() {
        let mut ledger = wrote(30);
        ledger.entry = Some((at(0), Some(at(1))));
        let free = |w| match w {
            Window::Open { free_until, .. } => free_until,
            _ => None,
        };
        assert_eq!(free(window(&ledger, at(31))), Some(at(73)));
        ledger.entry = Some((at(0), Some(at(25))));
        assert_eq!(free(window(&ledger, at(31))), None);
        ledger.entry = Some((at(0), None));
        assert_eq!(free(window(&ledger, at(31))), None);
    }
}
