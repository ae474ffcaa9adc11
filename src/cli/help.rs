//! The one screen of `comms --help`: commands by what they are for. A test keeps it complete.

/// Template of the top level; clap fills in the options.
pub const TEMPLATE: &str = "\
{about}

{usage-heading} {usage}

Send:
  send         Send a message
  reply        Answer a message
  forward      Send a message on to someone else
  react        React to a chat message with an emoji
  edit         Change the text of a chat message of yours
  unsend       Delete a chat message of yours for everyone
  outbox       Show and settle what was or will be sent
  contacts     Keep, find and sync contacts
  costs        Show what was spent, and what is left of each cap

Read:
  inbox        List, read, mark and fetch messages
  search       Search all messages
  import       Bring mail in from Maildir, mbox and .eml files
  export       Write messages out to mbox, Maildir or JSONL
  purge        Erase messages from this machine

Set up:
  auth         Log in to accounts
  serve        Hear what providers post, send what falls due and fetch mail, in one process
  mcp          Answer an agent over stdin and stdout, by the Model Context Protocol
  doctor       Find what is wrong and how to mend it
  config       Show and check the configuration
  schema       Print JSON Schemas, exit codes, commands and what you may do
  completions  Print the completion script of a shell
  man          Print or write man pages

{options}{after-help}";

pub const AFTER: &str = "\
Exit codes: 0 done, 2 wrong request, 3 config, 4 login, 5 not found, 6 refused, 7 unavailable,
            8 waits in the outbox (don't repeat), 9 partly done, 10 unconfirmed (don't repeat)
`comms` alone shows where things stand; guides: comms man mail|contacts|query|outbox|costs|bulk|
    agents|http|mcp|operations|passwords|google|microsoft|webhooks|hooks|slack|twilio|whatsapp";
