//! `inbox`.
