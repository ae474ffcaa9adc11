//! The address by which someone is written to, and the accounts that can.

use crate::error::{Error, Result};
use crate::format::clean;
use crate::model::account::{Account, ChannelKind};
use crate::model::contact::{Candidate, Card, Contact, Via};
use crate::ops::App;
use crate::rules::contact::typed;
use crate::rules::harvest::form;
use crate::rules::reach::{Way, Wish, choose, ways};
use crate::rules::route::{self, Target};
use crate::rules::{address, phone};

use super::Chosen;

/// Where a contact is written to: by this channel, from this account, if they are given.
///
/// # Errors
/// `usage` if no address of theirs is one for that; `config` if one is, and no account writes there.
pub fn contact(
    app: &App,
    contact: &Contact,
    (via, from): (Option<Via>, Option<&str>),
) -> Result<Chosen> {
    let from = from
        .map(|from| route::account_named(&app.config.accounts, from))
        .transpose()?;
    let open = |way: Way<'_>| is_open(app, from, way);
    let ways: Vec<_> = ways(&contact.card, open).iter().map(Way::typed).collect();
    let talked = match ways.len() {
        0 | 1 => None,
        _ => {
            let ways: Vec<_> = ways.iter().map(String::as_str).collect();
            app.store.last_talked(&ways)?.map(|t| t.address)
        }
    };
    let phone = app.config.default_phone.as_deref();
    let phone = phone.and_then(|name| app.config.account(name).ok());
    let wish = Wish {
        asked: via,
        talked: talked.as_deref(),
        phone: phone.map(|account| match account.channel {
            ChannelKind::Whatsapp => Via::Whatsapp,
            _ => Via::Sms,
        }),
    };
    let way = choose(&contact.card, wish, open).ok_or_else(|| unreachable(contact, via, from))?;
    let by_id = matches!(way.via, Via::Slack | Via::Chat);
    Ok(Chosen {
        account: way.address.account.clone().filter(|_| by_id),
        name: called(&contact.card),
        contact: Some(contact.id),
        ..Chosen::at(way.typed(), way.via)
    })
}

/// The name that stands beside the address; an address alone is none.
fn called(card: &Card) -> Option<String> {
    let label = card.label();
    let is_name =
        card.addresses.iter().all(|a| a.value != label) && label != Card::default().label();
    Some(clean::line(label)).filter(|name| is_name && !name.is_empty())
}

/// Where someone is written to who is known from messages alone.
pub fn stranger(
    app: &App,
    candidate: &Candidate,
    wish: (Option<Via>, Option<&str>),
) -> Result<Chosen> {
    let own = candidate.address.as_deref().unwrap_or_default();
    let name = clean::line(&candidate.name);
    Ok(Chosen {
        name: Some(name).filter(|n| !n.is_empty() && n != own),
        ..bare(app, own, wish)?
    })
}

/// Where a bare address is written to.
///
/// # Errors
/// `usage` if it is not one recipient, or nothing writes there as asked.
pub fn bare(app: &App, address: &str, (via, from): (Option<Via>, Option<&str>)) -> Result<Chosen> {
    let target = route::read(address)?;
    let from = from
        .map(|from| route::account_named(&app.config.accounts, from))
        .transpose()?;
    let has = |via: Via| fitting(app, from, via).next().is_some();
    let numbers = match has(Via::Sms) {
        true => Via::Sms,
        false => Via::Whatsapp,
    };
    let at = match (&target, via) {
        (Target::Mail(people), None | Some(Via::Email)) => match people.as_slice() {
            [one] => Some((one.email.clone(), Via::Email)),
            _ => None,
        },
        (_, Some(asked)) => route::by(asked, &target).map(|typed| (typed, asked)),
        (Target::Channel(channel, _), None) if channel.is_empty() => {
            Some((address.to_owned(), numbers))
        }
        (Target::Channel(channel, _), None) => {
            Via::named(channel).map(|via| (address.to_owned(), via))
        }
        _ => None,
    };
    let (typed, via) = at
        .filter(|(typed, via)| has(*via) || is_local(typed))
        .ok_or_else(|| {
            let how = via.map_or(String::new(), |via| format!(" by {}", via.name()));
            let shown = clean::line(address);
            Error::usage(format!("`{shown}` can't be written to{how} from here"))
        })?;
    let name = match &target {
        Target::Mail(people) => people.first().and_then(|p| p.name.as_deref()),
        _ => None,
    };
    Ok(Chosen {
        name: name.map(clean::line),
        ..Chosen::at(typed, via)
    })
}

/// Whether anything was ever sent there, from here or by another program of the owner's.
pub fn was_written_to(app: &App, chosen: &Chosen) -> Result<bool> {
    if app.store.has_outbox() && app.store.was_sent_to(&form(&chosen.typed))? {
        return Ok(true);
    }
    let known = app.store.harvested(&chosen.typed)?;
    Ok(known.is_some_and(|h| h.sent > 0))
}

/// The accounts that write by a channel.
fn fitting<'a>(
    app: &'a App,
    from: Option<&'a Account>,
    via: Via,
) -> impl Iterator<Item = &'a Account> {
    let of = move |a: &&Account| match via {
        Via::Email => a.sends_mail(),
        Via::Sms => a.channel == ChannelKind::Twilio,
        Via::Whatsapp => a.channel == ChannelKind::Whatsapp,
        Via::Slack => a.channel == ChannelKind::Slack,
        Via::Chat => a.channel == ChannelKind::GoogleChat,
    };
    let asked = move |a: &&Account| from.is_none_or(|from| from.name == a.name);
    app.config.accounts.iter().filter(of).filter(asked)
}

/// Whether some account writes to this address by this channel.
fn is_open(app: &App, from: Option<&Account>, way: Way<'_>) -> bool {
    let value = way.address.value.trim();
    let fits = |account: &Account| match way.via {
        Via::Email => is_mail(value),
        Via::Whatsapp if phone::is_user_id(value) => true,
        Via::Sms | Via::Whatsapp => phone::parse(value, account.region()).is_ok(),
        Via::Slack | Via::Chat => {
            let own = way.address.account.as_deref();
            is_id(way.via, value) && own.is_none_or(|own| own == account.name)
        }
    };
    fitting(app, from, way.via).any(fits) || way.via == Via::Email && is_local(value)
}

/// One bare mailbox, and nothing that could be read as more.
fn is_mail(value: &str) -> bool {
    address::parse(value).is_ok_and(|a| a.name.is_none() && a.email == value)
        && matches!(route::read(value), Ok(Target::Mail(_)))
}

fn is_local(value: &str) -> bool {
    is_mail(value) && route::is_local(value)
}

fn is_id(via: Via, value: &str) -> bool {
    let sound = |id: &str| {
        !id.is_empty()
            && id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let id = match via {
        Via::Chat => value.strip_prefix("users/"),
        // A handle.
        _ => Some(value.strip_prefix('@').unwrap_or(value)),
    };
    id.is_some_and(sound) || is_mail(value)
}

/// Tells what someone has, and what is missing to write there.
fn unreachable(contact: &Contact, via: Option<Via>, from: Option<&Account>) -> Error {
    let who = format!("`{}` ({})", clean::line(contact.card.label()), contact.id);
    let has: Vec<_> = contact
        .card
        .addresses
        .iter()
        .map(|a| format!("`{}`", clean::line(&typed(a))))
        .collect();
    let how = match (via, from) {
        (Some(via), _) => format!(" by {}", via.name()),
        (None, Some(from)) => format!(" from account `{}`", from.name),
        (None, None) => String::new(),
    };
    if has.is_empty() {
        return Error::usage(format!("{who} has no address"))
            .hint("write the address in the place of the name");
    }
    let has = has.join(", ");
    let asked = |way: Way<'_>| via.is_none_or(|via| via == way.via);
    let lacks: Vec<_> = ways(&contact.card, asked)
        .into_iter()
        .map(|way| way.via)
        .collect();
    match (lacks.first(), from) {
        (Some(first), None) => {
            let channel = match first {
                Via::Email => "imap",
                Via::Sms => "twilio",
                Via::Whatsapp => "whatsapp",
                Via::Slack => "slack",
                Via::Chat => "google-chat",
            };
            Error::config(format!(
                "{who} can't be reached{how}: they have {has}, and no account writes there"
            ))
            .hint(format!("run `comms auth add --channel {channel}`"))
        }
        _ => Error::usage(format!("{who} can't be reached{how}: they have {has}"))
            .hint("write the address, or leave out --via and --from"),
    }
}
