//! Whom a name means: pure, over people that somebody else looked up.
//!
//! [`words`](fold::words) says what a name is found by, [`keys`](keys::keys) and [`probes`](keys::probes) what an index
//! stores and asks, [`score`](score::score) how well one person fits, [`rank`](verdict::rank) who comes first and
//! whether that one is beyond doubt.

pub mod distance;
pub mod domains;
pub mod duplicates;
pub mod fold;
pub mod keys;
mod letters;
pub mod nicknames;
mod pair;
pub mod person;
pub mod score;
pub mod sound;
pub mod verdict;
mod why;

pub use keys::{Key, KeyKind, Probe, keys, probes};
pub use person::{Affinity, Known, Person, Typed};
pub use score::{Scored, score};
pub use verdict::{Ranked, Ranking, rank};
