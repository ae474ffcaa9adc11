//! Whom a name means: folding, nicknames, distance, score, verdict, duplicates.

pub mod distance;
pub mod fold;
pub mod nicknames;
pub mod sound;
