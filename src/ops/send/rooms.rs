//! Messages into rooms: which account and room is meant, and the letter in its provider's dialect.

use crate::error::{Error, Result};
use crate::format::{chat, clean, twilio};
use crate::model::account::{Account, ChannelKind};
use crate::model::address::Address;
use crate::model::id::{ContactId, MessageId};
use crate::model::message::Parsed;
use crate::ops::{App, Origin, sync, whatsapp};
use crate::rules::phone;
use crate::rules::route::{self, Room};
use serde_json::Value;

use super::letter::{self, Thread};
use super::{SendReport, SendRequest, slack, sms, template};

/// A room that is written into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub account: String,
    pub channel: ChannelKind,
    /// `chat:spaces/AAA`, `chat:users/ada@example.com`, `sms:+14155550100`, `whatsapp:US.abc`, `slack:C123` or
    /// `to:alerts`, and the name it is known by.
    pub to: Address,
    /// Whom a name or a group led to, and what was typed.
    pub contact: Option<ContactId>,
    pub resolved_from: Option<String>,
}

impl Place {
    pub fn new((account, channel): (&str, ChannelKind), to: Address) -> Place {
        Place {
            account: account.to_owned(),
            channel,
            to,
            contact: None,
            resolved_from: None,
        }
    }
}

/// A message as a room gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// In the dialect of its channel; what is shown, also where the payload says it otherwise.
    pub text: String,
    /// What the channel has beside text.
    pub payload: Option<Value>,
}

/// Refuses files that a room does not take: behind a webhook none, in Google Chat one per message.
pub fn takes_files((channel, account): (ChannelKind, &str), files: usize) -> Result<()> {
    match channel {
        ChannelKind::GoogleChatWebhook | ChannelKind::SlackWebhook if files > 0 => Err(
            Error::usage(format!("webhook `{account}` takes no attachments"))
                .hint("send a link, or write through an account of Google Chat or Slack"),
        ),
        ChannelKind::Twilio if files > 0 => Err(Error::usage(
            "a text message takes no files of this machine: Twilio fetches media from the web",
        )
        .hint("put the file where anyone can fetch it, and give its address with --media-url")),
        ChannelKind::GoogleChat if files > 1 => Err(Error::usage(
            "a message of Google Chat takes one attachment",
        )
        .hint("send each file with a message of its own, or pack them into one")),
        _ => Ok(()),
    }
}

/// The places that were meant.
pub fn places(app: &App, request: &SendRequest, rooms: &[Room]) -> Result<Vec<Place>> {
    let mut places: Vec<Place> = Vec::new();
    for room in rooms {
        let chosen = request.chosen(&room.typed());
        let own = chosen.and_then(|c| c.account.as_deref());
        let mut place = place(app, own.or(request.from.as_deref()), room)?;
        if let Some(chosen) = chosen {
            place.to.name = chosen.name.clone().or(place.to.name);
            place.contact = chosen.contact;
            place.resolved_from = Some(chosen.resolved_from.clone());
        }
        if !places
            .iter()
            .any(|p| p.account == place.account && p.to.email == place.to.email)
        {
            places.push(place);
        }
    }
    Ok(places)
}

fn place(app: &App, asked: Option<&str>, room: &Room) -> Result<Place> {
    if let Room::Webhook(name) = room {
        let account = app.config.account(name)?;
        if !account.channel.is_incoming_webhook() {
            return Err(Error::usage(format!(
                "`to:{name}` names a webhook, and account `{name}` is of channel {}",
                account.channel.name()
            ))
            .hint("write to its people or spaces instead, as in `ada@example.com` or `chat:\"Team room\"`"));
        }
        return Ok(Place::new(
            (&account.name, account.channel),
            Address::new(None, &format!("to:{name}")),
        ));
    }
    match room {
        Room::Phone(number) => {
            let account = number_account(app, asked)?;
            return numbered(account, number);
        }
        Room::Sms(number) => return numbered(account(app, asked, ChannelKind::Twilio)?, number),
        Room::Whatsapp(number) => {
            return numbered(account(app, asked, ChannelKind::Whatsapp)?, number);
        }
        Room::Slack(typed) => return slack::place(app, asked, typed),
        _ => {}
    }
    let account = account(app, asked, ChannelKind::GoogleChat)?;
    let (name, id) = match room {
        Room::Space(id) => (sync::space_name(app, account, id)?, id.clone()),
        Room::Person(who) => {
            let who = who.strip_prefix("users/").unwrap_or(who);
            (None, format!("users/{who}"))
        }
        Room::Named(name) => named(app, account, name)?,
        _ => return Err(Error::internal("a room of another channel")),
    };
    Ok(Place::new(
        (&account.name, account.channel),
        Address::new(name.as_deref(), &chat::space_address(&id)),
    ))
}

/// A phone number, or an id that stands for one, as an account writes to it.
fn numbered(account: &Account, typed: &str) -> Result<Place> {
    let typed = typed.trim();
    let number = || phone::parse(typed, account.region());
    let id = match account.channel {
        ChannelKind::Whatsapp if phone::is_user_id(typed) => format!("whatsapp:{typed}"),
        ChannelKind::Whatsapp => format!("whatsapp:{}", number()?),
        _ => format!("sms:{}", number()?),
    };
    Ok(Place::new(
        (&account.name, account.channel),
        Address::new(None, &id),
    ))
}

/// The account that takes a bare number: the one asked for, the default, or the only one.
fn number_account<'a>(app: &'a App, asked: Option<&str>) -> Result<&'a Account> {
    let default = app.config.default_phone.as_deref();
    choose(app, (asked, default), "for phone numbers", |a| {
        a.channel.is_phone()
    })
    .map_err(|e| match e.kind {
        crate::error::Kind::Config => e.hint("run `comms auth add --channel twilio`"),
        _ => e,
    })
}

/// The account of a channel that was asked for, or the only one.
pub(super) fn account<'a>(
    app: &'a App,
    asked: Option<&str>,
    channel: ChannelKind,
) -> Result<&'a Account> {
    let default = app.config.default_phone.as_deref();
    let what = format!("of channel {}", channel.name());
    choose(app, (asked, default), &what, |a| a.channel == channel).map_err(|e| match e.kind {
        crate::error::Kind::Config => {
            e.hint(format!("run `comms auth add --channel {}`", channel.name()))
        }
        _ => e,
    })
}

fn choose<'a>(
    app: &'a App,
    (asked, default): (Option<&str>, Option<&str>),
    what: &str,
    fits: impl Fn(&Account) -> bool,
) -> Result<&'a Account> {
    let accounts = app.config.accounts.iter();
    let fitting: Vec<&Account> = accounts.filter(|a| fits(a)).collect();
    if let Some(asked) = asked {
        let account = route::account_named(&app.config.accounts, asked)?;
        if fits(account) {
            return Ok(account);
        }
        // A sender of mail was named, for the mail that goes along.
        if fitting.len() != 1 {
            return Err(
                Error::usage(format!("account `{}` is none {what}", account.name))
                    .hint("send to each channel by itself"),
            );
        }
    }
    if let Some(account) = fitting.iter().find(|a| Some(a.name.as_str()) == default) {
        return Ok(account);
    }
    match fitting.as_slice() {
        [one] => Ok(one),
        [] => Err(Error::config(format!("there is no account {what}"))),
        several => {
            let names: Vec<_> = several.iter().map(|a| format!("`{}`", a.name)).collect();
            Err(Error::usage(format!(
                "several accounts could write there: {}",
                names.join(", ")
            ))
            .hint(format!("pick one with --from {}", several[0].name)))
        }
    }
}

/// The space with this name, as of the last sync.
fn named(app: &App, account: &Account, name: &str) -> Result<(Option<String>, String)> {
    let found = sync::spaces_named(app, account, name)?;
    let shown = clean::line(name);
    match found.as_slice() {
        [(id, display)] => Ok((Some(display.clone()), id.clone())),
        [] => Err(Error::not_found(format!(
            "account `{}` knows no space `{shown}`",
            account.name
        ))
        .hint(format!(
            "run `comms inbox sync --account {}` if it is new, or write its id, as in `chat:spaces/AAA`",
            account.name
        ))),
        several => {
            let ids: Vec<_> = several
                .iter()
                .map(|(id, _)| format!("`chat:{id}`"))
                .collect();
            Err(Error::usage(format!("several spaces are named `{shown}`"))
                .hint(format!("pick one: {}", ids.join(", "))))
        }
    }
}

/// A message as the room of this place gets it.
pub fn rendered(
    app: &App,
    place: &Place,
    request: &SendRequest,
    (subject, body): (&str, &str),
) -> Result<Rendered> {
    if place.channel == ChannelKind::Whatsapp {
        return whatsapp::compose::rendered(app, place, request, (subject, body));
    }
    let text = match place.channel {
        ChannelKind::GoogleChat | ChannelKind::GoogleChatWebhook => {
            with_mentions(app, place, &text(request, (subject, body)))?
        }
        ChannelKind::Slack | ChannelKind::SlackWebhook => {
            return slack::rendered(app, place, request, (subject, body));
        }
        ChannelKind::Twilio => {
            return sms::rendered(app, &place.account, request, (subject, body));
        }
        _ if subject.trim().is_empty() => body.to_owned(),
        _ => format!("{}\n\n{body}", subject.trim()),
    };
    Ok(Rendered {
        text,
        payload: None,
    })
}

/// The text in the dialect of Google Chat, below its subject if it has one.
fn text(request: &SendRequest, (subject, text): (&str, &str)) -> String {
    let mentions = if request.allow_mass_mention {
        chat::Mentions::Sent
    } else {
        chat::Mentions::Shown
    };
    let body = if request.markdown {
        chat::from_markdown(text, mentions)
    } else {
        chat::from_plain(text, mentions)
    };
    if subject.trim().is_empty() {
        return body;
    }
    let subject = chat::from_plain(subject.trim(), mentions);
    format!("*{subject}*\n\n{body}")
}

/// The same with mentions of those who wrote in the room, by their names.
fn with_mentions(app: &App, place: &Place, text: &str) -> Result<String> {
    if place.channel != ChannelKind::GoogleChat || !text.contains('@') {
        return Ok(text.to_owned());
    }
    let account = app.config.account(&place.account)?;
    let space = place.to.email.strip_prefix("chat:").unwrap_or_default();
    Ok(chat::name_people(
        text,
        &sync::people_in(app, account, space)?,
    ))
}

/// The key of a thread as the provider gets it: short and plain whatever was typed.
pub fn thread_key(key: &str) -> String {
    format!("comms-{}", &blake3::hash(key.as_bytes()).to_hex()[..32])
}

/// Whom an account talks to in a message that it got or sent.
fn other_party(account: &Account, (id, message): (MessageId, &Parsed)) -> Result<Place> {
    // What a number goes by that nobody wrote down.
    let nameless = account.whatsapp.as_ref();
    let nameless = nameless.map(|w| crate::format::whatsapp::address(&w.phone_number_id));
    let is_other = |a: &&Address| {
        if nameless.as_ref() == Some(&a.email) {
            return false;
        }
        let number = a.email.split_once(':').map_or(a.email.as_str(), |(_, n)| n);
        !account.own_addresses().any(|own| own == number)
    };
    let people = message.from.iter().chain(&message.to);
    let other = people
        .into_iter()
        .find(is_other)
        .ok_or_else(|| Error::not_found(format!("`{id}` names nobody who could be answered")))?;
    Ok(Place::new((&account.name, account.channel), other.clone()))
}

/// An answer by SMS: to the other of the two numbers, from the one that the message came to.
fn by_sms(account: &Account, (id, message): (MessageId, &Parsed)) -> Result<Thread> {
    let (own, other) = twilio::parties(message)
        .ok_or_else(|| Error::not_found(format!("`{id}` names nobody who could be answered")))?;
    Ok(Thread {
        places: vec![Place::new((&account.name, account.channel), other.clone())],
        room_thread: message.message_id.clone(),
        room_from: own.map(|own| twilio::number(&own.email).to_owned()),
        ..Thread::default()
    })
}

/// Answers a message in the thread it is in.
pub async fn answer(
    app: &App,
    origin: Origin,
    (id, message): (MessageId, &Parsed),
    request: &SendRequest,
) -> Result<SendReport> {
    let account = app.config.account(&app.store.location(id)?.account)?;
    let request = &*template::put_in(app, request, Some(account)).await?;
    if account.channel == ChannelKind::Twilio {
        let thread = by_sms(account, (id, message))?;
        let outgoing = letter::read(app, request, thread)?;
        return super::dispatch(app, origin, request, outgoing).await;
    }
    if account.channel.is_phone() {
        let thread = Thread {
            places: vec![other_party(account, (id, message))?],
            room_thread: message.message_id.clone(),
            ..Thread::default()
        };
        let outgoing = letter::read(app, request, thread)?;
        return super::dispatch(app, origin, request, outgoing).await;
    }
    if account.channel == ChannelKind::Slack {
        let thread = slack::thread(app, account, (id, message))?;
        let outgoing = letter::read(app, request, thread)?;
        return super::dispatch(app, origin, request, outgoing).await;
    }
    let space = message
        .message_id
        .as_deref()
        .and_then(chat::space_of)
        .ok_or_else(|| Error::internal(format!("the space of `{id}` is not known")))?;
    let name = sync::space_name(app, account, space)?;
    let thread = Thread {
        places: vec![Place::new(
            (&account.name, account.channel),
            Address::new(name.as_deref(), &chat::space_address(space)),
        )],
        room_thread: message.references.first().cloned(),
        ..Thread::default()
    };
    let outgoing = letter::read(app, request, thread)?;
    super::dispatch(app, origin, request, outgoing).await
}
