//! `mark`.
