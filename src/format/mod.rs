//! Codecs: bytes to values and back. Pure: no clock, no I/O.

pub mod autoconfig;
pub mod chat;
pub mod chunk;
pub mod cjk;
pub mod clean;
pub mod compose;
pub mod contacts_csv;
pub(crate) mod cut;
pub mod dialect;
pub mod document;
pub mod html;
pub mod json;
pub mod markdown;
pub mod mbox;
pub mod mention;
pub mod mime;
pub mod multistatus;
pub mod payload;
pub mod people;
pub mod slack;
pub mod sms;
pub mod twilio;
pub mod unicode;
pub mod utf7;
pub mod vcard;
pub mod whatsapp;
