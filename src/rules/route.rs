//! What a TO means by its form, and which account takes it.

use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::model::address::Address;
use crate::model::contact::Via;

use super::address;

/// What someone typed as a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Mail(Vec<Address>),
    /// A channel that is named and what stands behind the colon.
    Channel(String, String),
    Group(String),
    /// A person's name, to be looked up.
    Person(String),
}

const CHANNELS: [&str; 5] = ["sms", "whatsapp", "slack", "chat", "to"];
/// A bare number: the config says by which channel.
const PHONE: &str = "";

/// Reads one TO by its form; it may be several addresses separated by commas.
pub fn read(text: &str) -> Result<Target> {
    let trimmed = text.trim();
    if let Some((written, rest)) = trimmed.split_once(':')
        && let Some(channel) = CHANNELS.iter().find(|c| written.eq_ignore_ascii_case(c))
    {
        return Ok(Target::Channel((*channel).to_owned(), rest.to_owned()));
    }
    if trimmed.starts_with('+')
        && trimmed[1..].starts_with(|c: char| c.is_ascii_digit())
        && !trimmed.contains('@')
    {
        return Ok(Target::Channel(PHONE.to_owned(), trimmed.to_owned()));
    }
    if let Some(group) = trimmed.strip_prefix('@')
        && !group.is_empty()
        && !group.contains(['@', '.', ' '])
        && !group.contains(char::is_control)
    {
        return Ok(Target::Group(group.to_owned()));
    }
    if trimmed.contains('@') || trimmed.contains('<') || trimmed.is_empty() {
        return address::parse_list(text).map(Target::Mail);
    }
    Ok(Target::Person(trimmed.to_owned()))
}

/// A room as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Room {
    /// Behind the webhook account of this name.
    Webhook(String),
    /// `spaces/AAA`.
    Space(String),
    /// The direct message with this person: `users/ID` or a mail address.
    Person(String),
    /// The space with this name.
    Named(String),
    /// A phone number, by the account that takes those.
    Phone(String),
    /// A phone number, by SMS.
    Sms(String),
    /// A phone number, or a business-scoped user id (`US.…`).
    Whatsapp(String),
    /// A channel or a person of Slack, as typed: `#ops`, `@ada`, `ada@example.com`, `C…`, `U…`.
    Slack(String),
}

impl Room {
    /// As one types it.
    pub fn typed(&self) -> String {
        match self {
            Room::Webhook(name) => format!("to:{name}"),
            Room::Space(rest) | Room::Person(rest) | Room::Named(rest) => format!("chat:{rest}"),
            Room::Phone(number) => number.clone(),
            Room::Sms(number) => format!("sms:{number}"),
            Room::Whatsapp(number) => format!("whatsapp:{number}"),
            Room::Slack(rest) => format!("slack:{rest}"),
        }
    }
}

/// Whom a message is for, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    pub people: Vec<Address>,
    pub rooms: Vec<Room>,
}

/// What stands behind `chat:`.
fn chat(rest: &str) -> Result<Room> {
    let rest = rest.trim();
    let bare = rest.strip_prefix('"').and_then(|r| r.strip_suffix('"'));
    let id = |kind: &str| {
        let id = rest.strip_prefix(kind)?;
        let sound = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (!id.is_empty() && id.chars().all(sound)).then(|| rest.to_owned())
    };
    if let Some(space) = id("spaces/") {
        return Ok(Room::Space(space));
    }
    if let Some(user) = id("users/") {
        return Ok(Room::Person(user));
    }
    let name = bare.unwrap_or(rest);
    if bare.is_none() && name.contains('@') && !name.contains(char::is_whitespace) {
        return Ok(Room::Person(address::parse(name)?.email));
    }
    if name.is_empty() || name.contains(char::is_control) {
        return Err(Error::usage("`chat:` needs a space")
            .hint("write `chat:spaces/AAA`, `chat:\"Team room\"` or `chat:ada@example.com`"));
    }
    Ok(Room::Named(name.to_owned()))
}

/// What stands behind `sms:`, `whatsapp:` or `slack:`.
fn named(channel: &str, rest: &str) -> Result<String> {
    let rest = rest.trim();
    if !rest.is_empty() && !rest.contains(char::is_control) {
        return Ok(rest.to_owned());
    }
    let example = match channel {
        "slack" => "slack:#ops",
        "whatsapp" => "whatsapp:+14155550100",
        _ => "sms:+14155550100",
    };
    Err(Error::usage(format!("`{channel}:` names nobody")).hint(format!("write it like {example}")))
}

/// Whom all of these name.
///
/// # Errors
/// `usage` for what is wrong by its form; names and groups are to be looked up before.
pub fn targets(texts: &[String]) -> Result<Targets> {
    let mut all = Targets::default();
    for text in texts {
        match read(text)? {
            Target::Mail(some) => all.people.extend(some),
            Target::Channel(channel, rest) => all.rooms.push(room(&channel, &rest)?),
            Target::Group(_) | Target::Person(_) => {
                return Err(Error::internal("a name was not looked up"));
            }
        }
    }
    Ok(all)
}

/// The room behind `channel:rest`.
fn room(channel: &str, rest: &str) -> Result<Room> {
    Ok(match channel {
        "chat" => return chat(rest),
        "to" => Room::Webhook(rest.trim().to_owned()),
        "sms" => Room::Sms(named(channel, rest)?),
        "whatsapp" => Room::Whatsapp(named(channel, rest)?),
        "slack" => Room::Slack(named(channel, rest)?),
        _ => Room::Phone(named(channel, rest)?),
    })
}

/// What was typed as an exact recipient, as it is written for this channel; `None` if that channel can't write there.
pub fn by(via: Via, typed: &Target) -> Option<String> {
    match (typed, via) {
        (Target::Channel(channel, rest), _) if channel == PHONE => match via {
            Via::Sms => Some(format!("sms:{rest}")),
            Via::Whatsapp => Some(format!("whatsapp:{rest}")),
            _ => None,
        },
        (Target::Channel(channel, rest), _) => {
            (channel == via.name()).then(|| format!("{channel}:{rest}"))
        }
        (Target::Mail(people), Via::Email) => {
            let all: Vec<_> = people.iter().map(ToString::to_string).collect();
            Some(all.join(", "))
        }
        // Slack and Chat know people by their mail addresses.
        (Target::Mail(people), Via::Slack | Via::Chat) => match people.as_slice() {
            [one] => Some(format!("{}:{}", via.name(), one.email)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether mail to this address stays on this machine.
pub fn is_local(email: &str) -> bool {
    email
        .rsplit_once('@')
        .is_some_and(|(_, domain)| domain.eq_ignore_ascii_case("localhost"))
}

/// The account that sends mail to the outside: the one asked for, the default, or the only one.
pub fn outside<'a>(
    accounts: &'a [Account],
    asked: Option<&str>,
    default: Option<&str>,
) -> Result<&'a Account> {
    let senders: Vec<&Account> = accounts.iter().filter(|a| a.sends_mail()).collect();
    if let Some(asked) = asked {
        let account = account_named(accounts, asked)?;
        return match account.sends_mail() {
            true => Ok(account),
            false if account.built_in => Err(Error::config(format!(
                "account `{}` delivers only to …@localhost",
                account.name
            ))
            .hint("run `comms auth add` to set up an account that sends")),
            false => Err(
                Error::config(format!("account `{}` can't send mail", account.name))
                    .hint("give it an `smtp` server in the config, or run `comms auth add` for another account"),
            ),
        };
    }
    if let Some(account) = default.and_then(|name| senders.iter().find(|a| a.name == name)) {
        return Ok(account);
    }
    match senders.as_slice() {
        [one] => Ok(one),
        [] => Err(
            Error::config("there is no account that sends mail to the outside")
                .hint("run `comms auth add` to set up an account; …@localhost works without"),
        ),
        several => {
            let names: Vec<_> = several.iter().map(|a| format!("`{}`", a.name)).collect();
            Err(
                Error::usage(format!("several accounts could send: {}", names.join(", "))).hint(
                    format!(
                        "pick one with --from {0}, or make it the usual one with `comms auth default {0}`",
                        several[0].name
                    ),
                ),
            )
        }
    }
}

/// The account of this name, or with this address.
pub fn account_named<'a>(accounts: &'a [Account], asked: &str) -> Result<&'a Account> {
    let by_name = accounts.iter().find(|a| a.name == asked);
    let by_address = || {
        let own = |a: &&Account| a.own_addresses().any(|own| own.eq_ignore_ascii_case(asked));
        accounts.iter().find(own)
    };
    by_name.or_else(by_address).ok_or_else(|| {
        let known: Vec<_> = accounts.iter().map(|a| format!("`{}`", a.name)).collect();
        let asked: String = asked.chars().filter(|c| !c.is_control()).take(80).collect();
        Error::config(format!("there is no account `{asked}`"))
            .hint(format!("accounts are {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn kind(texts: &[&str]) -> Kind {
        let texts: Vec<_> = texts.iter().map(|t| (*t).to_owned()).collect();
        targets(&texts).unwrap_err().kind
    }

    #[test]
    fn the_form_says_the_channel() {
        assert!(matches!(read("ada@example.com").unwrap(), Target::Mail(_)));
        assert!(matches!(
            read("Ada <ada@example.com>").unwrap(),
            Target::Mail(_)
        ));
        for written in ["sms:+1415", "SMS:+1415"] {
            assert_eq!(
                read(written).unwrap(),
                Target::Channel("sms".into(), "+1415".into())
            );
        }
        assert_eq!(
            read("+14155550100").unwrap(),
            Target::Channel(PHONE.into(), "+14155550100".into())
        );
        assert_eq!(read("@ops").unwrap(), Target::Group("ops".into()));
        assert_eq!(read("Ada").unwrap(), Target::Person("Ada".into()));
    }

    #[test]
    fn a_channel_that_names_nobody_says_so() {
        for to in ["sms:", "whatsapp: ", "slack:"] {
            assert_eq!(kind(&[to]), Kind::Usage, "{to}");
        }
    }

    #[test]
    fn a_channel_that_was_asked_for_takes_what_it_can_write_to() {
        for (typed, via, wanted) in [
            ("+14155550100", Via::Sms, Some("sms:+14155550100")),
            ("+14155550100", Via::Whatsapp, Some("whatsapp:+14155550100")),
            ("+14155550100", Via::Email, None),
            ("sms:+14155550100", Via::Sms, Some("sms:+14155550100")),
            ("sms:+14155550100", Via::Whatsapp, None),
            (
                "Ada <ada@example.com>",
                Via::Email,
                Some("Ada <ada@example.com>"),
            ),
            (
                "Ada <ada@example.com>",
                Via::Slack,
                Some("slack:ada@example.com"),
            ),
            ("ada@example.com", Via::Sms, None),
            ("to:alerts", Via::Chat, None),
        ] {
            let target = read(typed).unwrap();
            assert_eq!(by(via, &target).as_deref(), wanted, "{typed} {via:?}");
        }
    }

    #[test]
    fn a_room_is_an_id_a_person_or_a_name() {
        for (typed, room) in [
            ("chat:spaces/AAA-1", Room::Space("spaces/AAA-1".into())),
            ("chat:users/123", Room::Person("users/123".into())),
            (
                "chat:ada@example.com",
                Room::Person("ada@example.com".into()),
            ),
            ("chat:\"Team room\"", Room::Named("Team room".into())),
            ("chat:Team room", Room::Named("Team room".into())),
            ("chat:spaces/../x", Room::Named("spaces/../x".into())),
            ("chat:\"a@b\"", Room::Named("a@b".into())),
            ("to:alerts", Room::Webhook("alerts".into())),
        ] {
            let read = targets(&[typed.to_owned()]).unwrap();
            assert_eq!(read.rooms, [room], "{typed}");
        }
        assert_eq!(kind(&["chat:"]), Kind::Usage);
        assert_eq!(kind(&["chat:\"\""]), Kind::Usage);
    }

    #[test]
    fn localhost_stays_here() {
        assert!(is_local("you@LocalHost") && !is_local("you@localhost.example.com"));
    }
}
