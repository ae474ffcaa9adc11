//! The outbox's nouns: states, outcomes of an attempt, and the one state machine.
