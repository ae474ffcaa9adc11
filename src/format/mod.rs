//! Codecs: bytes to values and back. Pure: no clock, no I/O.

pub mod autoconfig;
pub mod chat;
pub mod cjk;
pub mod clean;
pub mod compose;
pub mod document;
pub mod html;
pub mod markdown;
pub mod mbox;
pub mod mime;
pub mod utf7;
