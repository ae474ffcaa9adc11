//! Contacts here and in address books elsewhere, brought together.

mod carddav;
mod google;
pub mod source;
