//! Clients of address books. They know no store and no secret store: credentials are handed to them.

pub mod carddav;
pub mod people;
