//! Contacts here and in address books elsewhere, brought together.

mod carddav;
pub mod source;
