//! `progress`.
