//! `prompt`.
