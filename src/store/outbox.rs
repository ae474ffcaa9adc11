//! The outbox in `comms.db`.
