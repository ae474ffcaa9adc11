//! Contacts here and in address books elsewhere, brought together.

pub mod source;
