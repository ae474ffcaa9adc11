//! Nouns: plain data with no behaviour beyond reading and writing themselves.

pub mod account;
pub mod address;
pub mod audit;
pub mod budget;
pub mod contact;
pub mod directory;
pub mod document;
pub mod event;
pub mod fields;
pub mod id;
pub mod message;
pub mod money;
pub mod outbox;
pub mod policy;
pub mod query;
pub mod receive;
pub mod secret;
pub mod time;
