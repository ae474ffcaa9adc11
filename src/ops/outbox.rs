//! `outbox`.
