//! Tests through the real binary, one file per capability.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test says why it skips, and is told by its environment which servers it needs"
)]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod addressing;
mod addressing_attacks;
mod addressing_groups;
mod addressing_terminal;
mod alert;
mod answering;
mod api;
mod api_attacks;
mod approval;
mod audit;
mod batch;
mod budget;
mod carddav;
mod channels;
mod circuit;
mod clock;
mod completion;
mod contact_files;
mod contacts;
mod contract;
mod costs;
mod cut_points;
mod doctor;
mod door_files;
mod doors;
mod doubts;
mod drain;
mod edit;
mod endless;
mod examples;
mod fallback;
mod feed;
mod floors;
mod full_disk;
mod fuzz_seeds;
mod generated;
mod gmail;
mod google_accounts;
mod google_chat;
mod google_chat_acts;

mod google_cuts;
mod google_interrupts;
mod google_kill;
mod google_loopback;
mod google_people;
mod google_quota;
mod google_sending;
mod google_spec;
mod hanging;
mod hints;
mod hook;
mod hostile;
mod imap;
mod import;
mod inbox;
mod keyring;
mod keys;
mod kill;
mod lists;
mod mailbox;
mod maildir;
mod mark;
mod mcp;
mod mcp_http;
mod mcp_long;
mod moves;
mod names;
mod oauth;
mod oauth_attacks;
mod oauth_faults;
mod oauth_login;
mod optout;
mod outbox;
mod people;
mod people_find;
mod policy;
mod power_loss;
mod purge;
mod query;
mod races;
mod reading;
mod reports;
mod routing;
mod schedule;
mod schema;
mod sending;
mod sending_terminal;
mod serve;
mod serve_kill;
mod serve_providers;
mod slack;
mod slack_cuts;
mod slack_serve;
mod slack_sync;
mod smtp;
mod store;
mod sync_faults;
mod template;
mod twilio;
mod twilio_cuts;
mod twilio_hooks;
mod vault;
mod waiting;
mod watch;
mod webhooks_out;
mod whatsapp;
mod whatsapp_windows;
