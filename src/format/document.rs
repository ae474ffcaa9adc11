//! A message as its channel gave it: a mail's bytes, or a provider's own document.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::compose::{Letter, compose};
use super::{chat, mime, slack, twilio, whatsapp};
use crate::model::account::ChannelKind;
use crate::model::address::Address;
use crate::model::message::Parsed;

/// The raw bytes of a message and what they are.
#[derive(Clone, Debug)]
pub struct Document {
    pub channel: ChannelKind,
    pub raw: Vec<u8>,
}

/// Reads a message of any channel; what is broken is named in `faults`, what can be read is there.
pub fn parse(channel: ChannelKind, raw: &[u8]) -> Parsed {
    match channel {
        // An address book has none.
        ChannelKind::Imap
        | ChannelKind::Smtp
        | ChannelKind::Maildir
        | ChannelKind::Gmail
        | ChannelKind::Carddav => mime::parse(raw),
        ChannelKind::GoogleChat | ChannelKind::GoogleChatWebhook => chat::parse(raw),
        ChannelKind::Whatsapp => whatsapp::parse(raw),
        ChannelKind::Slack | ChannelKind::SlackWebhook => slack::parse(raw),
        ChannelKind::Twilio => twilio::parse(raw),
    }
}

impl Document {
    pub fn parsed(&self) -> Parsed {
        parse(self.channel, &self.raw)
    }

    /// The readable body.
    pub fn body(&self) -> mime::Body {
        if self.channel.is_mail() {
            return mime::body(&self.raw);
        }
        mime::Body {
            text: Some(self.parsed().text),
            html: None,
        }
    }

    /// The header fields of a mail; other documents have none.
    pub fn headers(&self) -> Vec<(String, String)> {
        if self.channel.is_mail() {
            mime::headers(&self.raw)
        } else {
            Vec::new()
        }
    }

    /// The message as a mail: itself, or a letter that says what it says, without what only its provider has.
    pub fn as_mail(&self, received_at: Timestamp) -> Cow<'_, [u8]> {
        if self.channel.is_mail() {
            return Cow::Borrowed(&self.raw);
        }
        let parsed = self.parsed();
        let people = |people: &[Address]| -> Vec<Address> { people.iter().map(mailbox).collect() };
        let id = |id: &String| mail_id(id);
        let date = parsed
            .sent_at
            .unwrap_or(received_at)
            .to_zoned(TimeZone::UTC);
        let plain = |text: &str| {
            text.chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect::<String>()
        };
        let from = parsed.from.first().map(mailbox).unwrap_or_default();
        let letter = Letter {
            from: &from,
            reply_to: &[],
            to: &people(&parsed.to),
            cc: &people(&parsed.cc),
            subject: &plain(&parsed.subject),
            text: &parsed.text,
            html: None,
            files: &[],
            message_id: &parsed.message_id.as_ref().map(id).unwrap_or_default(),
            in_reply_to: &[],
            references: &parsed.references.iter().map(id).collect::<Vec<_>>(),
            own_id: parsed.comms_id.as_deref().unwrap_or_default(),
            date: &date,
        };
        Cow::Owned(compose(&letter).unwrap_or_default())
    }

    /// The usual end of a file name.
    pub fn extension(&self) -> &'static str {
        if self.channel.is_mail() {
            "eml"
        } else {
            "json"
        }
    }

    /// The media type of the raw bytes.
    pub fn media_type(&self) -> &'static str {
        if self.channel.is_mail() {
            "message/rfc822"
        } else {
            "application/json"
        }
    }
}

/// An address that can stand in a mail: providers' own names are no mailboxes (RFC 2606 §2 for the domain).
fn mailbox(address: &Address) -> Address {
    let sound = sound(&address.email);
    Address {
        name: address.name.as_ref().map(|n| {
            n.chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect()
        }),
        email: format!("{}@chat.invalid", sound.trim_matches(['.', '-'])),
    }
}

/// The characters that an address and a Message-ID may hold, a hyphen for each other.
fn sound(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    id.chars().map(|c| if plain(c) { c } else { '-' }).collect()
}

/// A provider's id as a Message-ID.
fn mail_id(id: &str) -> String {
    let sound = sound(id);
    format!("{sound}@chat.invalid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_message_becomes_a_mail_that_says_the_same() {
        let document = Document {
            channel: ChannelKind::GoogleChat,
            raw: br#"{"space":{"name":"spaces/AAA","displayName":"Team\r\nroom"},"message":{"name":"spaces/AAA/messages/B.B","sender":{"name":"users/1","displayName":"Ada <x>"},"createTime":"2026-11-21T12:00:00Z","text":"hello\nworld","thread":{"name":"spaces/AAA/threads/B"}}}"#.to_vec(),
        };
        let mail = document.as_mail(Timestamp::UNIX_EPOCH);
        let read = mime::parse(&mail);
        assert_eq!(read.text.trim().replace("\r\n", "\n"), "hello\nworld");
        assert_eq!(read.from[0].name.as_deref(), Some("Ada <x>"));
        assert_eq!(read.from[0].email, "users-1@chat.invalid");
        assert_eq!(read.references, ["spaces-AAA-threads-B@chat.invalid"]);
        assert!(read.faults.is_empty(), "{:?}", read.faults);
    }
}
