//! The outbox's nouns: states, what each recipient's server said, what an attempt came to, and the one state machine.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Where an outbox item is. The last three come from providers that report back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Kept, goes nowhere by itself.
    Draft,
    /// Waits for an approval.
    Held,
    /// Goes when its time has come.
    Ready,
    /// Its bytes are on their way; committed before the first of them.
    Sending,
    /// Accepted for at least one recipient, and none waits.
    Sent,
    /// Accepted for nobody, and nothing is tried again by itself.
    Failed,
    /// It may have been sent; never repeated by itself.
    Unconfirmed,
    Cancelled,
    Delivered,
    Read,
    Undelivered,
}

impl State {
    pub const ALL: [State; 11] = [
        State::Draft,
        State::Held,
        State::Ready,
        State::Sending,
        State::Sent,
        State::Failed,
        State::Unconfirmed,
        State::Cancelled,
        State::Delivered,
        State::Read,
        State::Undelivered,
    ];

    pub fn name(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Held => "held",
            State::Ready => "ready",
            State::Sending => "sending",
            State::Sent => "sent",
            State::Failed => "failed",
            State::Unconfirmed => "unconfirmed",
            State::Cancelled => "cancelled",
            State::Delivered => "delivered",
            State::Read => "read",
            State::Undelivered => "undelivered",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The state after an event; `None` if the event can't happen in this one.
    pub fn on(self, event: Event) -> Option<State> {
        use Event as E;
        use State as S;
        Some(match (self, event) {
            (S::Draft | S::Held, E::Release) => S::Ready,
            (S::Draft | S::Ready | S::Failed, E::Hold) => S::Held,
            (S::Draft | S::Held | S::Ready, E::Cancel) => S::Cancelled,
            // What failed or is in doubt can be put away as well: nothing of it goes by itself.
            (S::Failed, E::Cancel) => S::Cancelled,
            (S::Ready, E::Begin) => S::Sending,
            // A fault before the first byte: the item never was `sending`.
            (S::Ready | S::Sending, E::Settle(Verdict::Waiting)) => S::Ready,
            (S::Ready | S::Sending, E::Settle(Verdict::Failed)) => S::Failed,
            (S::Sending, E::Settle(Verdict::Sent)) => S::Sent,
            (S::Sending, E::Settle(Verdict::Unknown)) => S::Unconfirmed,
            // Some recipients went, the rest waited and then gave up: it was sent.
            (S::Ready, E::Settle(Verdict::Sent)) => S::Sent,
            // Some recipients are in doubt and the rest gave up before the first byte of their attempt.
            (S::Ready, E::Settle(Verdict::Unknown)) => S::Unconfirmed,
            (S::Sending, E::OwnerDied) => S::Unconfirmed,
            (S::Ready, E::OwnerDied) => S::Ready,
            (S::Failed, E::Revive) | (S::Ready, E::Revive) => S::Ready,
            // Recipients that certainly got nothing may be tried again; the others are left alone.
            (S::Sent, E::Revive) => S::Ready,
            (S::Unconfirmed, E::Resolve(verdict)) => match verdict {
                Verdict::Sent => S::Sent,
                Verdict::Failed => S::Failed,
                Verdict::Waiting => S::Ready,
                Verdict::Unknown => S::Unconfirmed,
            },
            // Reports come in any order: that it arrived outweighs that it would not.
            (S::Sent | S::Undelivered, E::Delivered) => S::Delivered,
            (S::Sent | S::Delivered | S::Undelivered, E::Read) => S::Read,
            (S::Sent, E::Undelivered) => S::Undelivered,
            _ => return None,
        })
    }

    /// Whether nothing more becomes of it by itself.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            State::Failed | State::Cancelled | State::Unconfirmed | State::Undelivered
        )
    }

    /// Whether comms will do something with it by itself.
    pub fn goes_by_itself(self) -> bool {
        matches!(self, State::Ready | State::Sending)
    }
}

/// What can happen to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A draft is to go, or a held item was approved.
    Release,
    /// A rule holds it.
    Hold,
    Cancel,
    /// The first byte is about to leave.
    Begin,
    /// An attempt ended and left the recipients like this.
    Settle(Verdict),
    /// The process that held it is gone.
    OwnerDied,
    /// Someone asks for another try.
    Revive,
    /// A person (or a read-back) says what became of it.
    Resolve(Verdict),
    Delivered,
    Read,
    Undelivered,
}

/// What the recipients of an item come to together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Sent,
    /// At least one is to be tried again.
    Waiting,
    Failed,
    Unknown,
}

impl Verdict {
    /// Any unknown → unknown; else any waiting → waiting; else any sent → sent; else failed.
    pub fn of(recipients: impl IntoIterator<Item = RecipientState>) -> Verdict {
        let (mut unknown, mut waiting, mut sent) = (false, false, false);
        for state in recipients {
            match state {
                RecipientState::Unconfirmed | RecipientState::Sending => unknown = true,
                RecipientState::Waiting => waiting = true,
                RecipientState::Sent => sent = true,
                RecipientState::Failed | RecipientState::Cancelled => {}
            }
        }
        match (unknown, waiting, sent) {
            (true, _, _) => Verdict::Unknown,
            (_, true, _) => Verdict::Waiting,
            (_, _, true) => Verdict::Sent,
            _ => Verdict::Failed,
        }
    }
}

/// How far one recipient is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecipientState {
    /// Certainly not sent yet.
    #[default]
    Waiting,
    /// In the transaction that is under way.
    Sending,
    Sent,
    Failed,
    /// It may have been sent.
    Unconfirmed,
    /// Certainly not sent, and never will be: the item was put away. Only told, never kept.
    Cancelled,
}

impl RecipientState {
    pub fn name(self) -> &'static str {
        match self {
            RecipientState::Waiting => "waiting",
            RecipientState::Sending => "sending",
            RecipientState::Sent => "sent",
            RecipientState::Failed => "failed",
            RecipientState::Unconfirmed => "unconfirmed",
            RecipientState::Cancelled => "cancelled",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<RecipientState> {
        [
            RecipientState::Waiting,
            RecipientState::Sending,
            RecipientState::Sent,
            RecipientState::Failed,
            RecipientState::Unconfirmed,
        ]
        .into_iter()
        .find(|s| s.name() == name)
    }
}

/// Which header names a recipient; Bcc is in none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    #[default]
    To,
    Cc,
    Bcc,
}

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Place::To => "to",
            Place::Cc => "cc",
            Place::Bcc => "bcc",
        }
    }

    /// The place of this name; To for anything unknown.
    pub fn named(name: &str) -> Place {
        match name {
            "cc" => Place::Cc,
            "bcc" => Place::Bcc,
            _ => Place::To,
        }
    }
}

/// What became of one recipient in one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub state: RecipientState,
    /// The provider's status code (SMTP reply).
    pub code: Option<u16>,
    /// The provider's words, cleaned; ours if it said nothing.
    pub words: String,
}

/// What one attempt came to, around its point of no return.
#[derive(Debug)]
pub enum Attempt {
    /// Taken by the provider for at least one recipient; its words or id.
    Accepted(String),
    /// Certainly nothing left. Only `unavailable` is tried again by itself.
    NotSent(Error, Option<Duration>),
    /// It may have been sent; why that can't be told.
    Unknown(String),
}

/// An attempt and the answer for each recipient, in the order they were given.
#[derive(Debug)]
pub struct Trial {
    pub attempt: Attempt,
    pub answers: Vec<Answer>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 16] = [
        Event::Release,
        Event::Hold,
        Event::Cancel,
        Event::Begin,
        Event::Settle(Verdict::Sent),
        Event::Settle(Verdict::Waiting),
        Event::Settle(Verdict::Failed),
        Event::Settle(Verdict::Unknown),
        Event::OwnerDied,
        Event::Revive,
        Event::Resolve(Verdict::Sent),
        Event::Resolve(Verdict::Waiting),
        Event::Resolve(Verdict::Failed),
        Event::Delivered,
        Event::Read,
        Event::Undelivered,
    ];

    /// One column per event above; `-` is refused.
    const TABLE: &str = "
        draft        ready held cancelled - - - - - - - - - - - - -
        held         ready - cancelled - - - - - - - - - - - - -
        ready        - held cancelled sending sent ready failed unconfirmed ready ready - - - - - -
        sending      - - - - sent ready failed unconfirmed unconfirmed - - - - - - -
        sent         - - - - - - - - - ready - - - delivered read undelivered
        failed       - held cancelled - - - - - - ready - - - - - -
        unconfirmed  - - - - - - - - - - sent ready failed - - -
        cancelled    - - - - - - - - - - - - - - - -
        delivered    - - - - - - - - - - - - - - read -
        read         - - - - - - - - - - - - - - - -
        undelivered  - - - - - - - - - - - - - delivered read -";

    #[test]
    fn every_state_answers_every_event_as_the_table_says() {
        let mut seen = 0;
        for line in TABLE.lines().filter(|l| !l.trim().is_empty()) {
            let mut words = line.split_whitespace();
            let state = State::named(words.next().unwrap()).unwrap();
            let wanted: Vec<_> = words.collect();
            assert_eq!(wanted.len(), EVENTS.len(), "{state:?}");
            for (event, wanted) in EVENTS.into_iter().zip(wanted) {
                let got = state.on(event).map_or("-", State::name);
                assert_eq!(got, wanted, "{state:?} on {event:?}");
                seen += 1;
            }
        }
        assert_eq!(seen, State::ALL.len() * EVENTS.len());
    }

    #[test]
    fn an_item_in_doubt_goes_nowhere_by_itself() {
        assert!(!State::Unconfirmed.goes_by_itself());
        assert_eq!(State::Unconfirmed.on(Event::Revive), None);
        assert_eq!(State::Unconfirmed.on(Event::Begin), None);
    }

    #[test]
    fn doubt_about_one_recipient_is_doubt_about_the_item() {
        use RecipientState::*;
        assert_eq!(Verdict::of([Sent, Waiting, Unconfirmed]), Verdict::Unknown);
        assert_eq!(Verdict::of([Sent, Waiting, Failed]), Verdict::Waiting);
        assert_eq!(Verdict::of([Sent, Failed]), Verdict::Sent);
        assert_eq!(Verdict::of([Failed, Failed]), Verdict::Failed);
    }
}
