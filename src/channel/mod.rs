//! Clients of message providers. They know no store and no secret store: credentials are handed to them.

pub mod gmail;
pub mod google_chat;
pub mod google_chat_webhook;
pub mod imap;
pub mod maildir;
pub mod slack;
pub mod slack_webhook;
pub mod smtp;
pub mod twilio;
pub mod whatsapp;

#[cfg(test)]
mod scripted;
