//! Messages to Slack: the channel or person that is meant, the text in its dialect, the thread of an answer.

use serde_json::json;

use crate::error::{Error, Result};
use crate::format::dialect::{self, Mentions};
use crate::format::{mention, slack};
use crate::model::account::{Account, ChannelKind};
use crate::model::address::Address;
use crate::model::directory::EntryKind;
use crate::model::id::MessageId;
use crate::model::message::Parsed;
use crate::ops::{App, sync};
use crate::rules::directory::callable;
use crate::rules::route::{self, Room};

use super::SendRequest;
use super::letter::Thread;
use super::rooms::{self, Place, Rendered};

/// Learns whom names in Slack mean that are not known yet.
pub async fn look_up(app: &App, request: &SendRequest) -> Result<()> {
    for room in route::targets(&request.to)?.rooms {
        if let Room::Slack(typed) = &room {
            let own = request.chosen(&room.typed());
            let own = own.and_then(|c| c.account.as_deref());
            let asked = own.or(request.from.as_deref());
            let account = rooms::account(app, asked, ChannelKind::Slack)?;
            sync::slack::resolve(app, account, typed).await?;
        }
    }
    Ok(())
}

/// The channel or person that is meant, as far as is known here.
pub fn place(app: &App, asked: Option<&str>, typed: &str) -> Result<Place> {
    let account = rooms::account(app, asked, ChannelKind::Slack)?;
    let entry = sync::slack::known(app, account, typed)?;
    // The room with someone is opened when the message goes.
    let id = match (entry.kind, &entry.person) {
        (EntryKind::Bot, _) => {
            return Err(Error::refused(format!(
                "`{}` is a bot, which can't be written to",
                crate::format::clean::line(&entry.name)
            )));
        }
        _ => entry.id.as_str(),
    };
    Ok(at(account, id, Some(&entry.name)))
}

fn at(account: &Account, id: &str, name: Option<&str>) -> Place {
    Place::new(
        (&account.name, account.channel),
        Address::new(name, &slack::address(id)),
    )
}

/// The text in Slack's dialect, below its subject if it has one, with mentions of people by their names.
pub fn rendered(
    app: &App,
    place: &Place,
    request: &SendRequest,
    (subject, text): (&str, &str),
) -> Result<Rendered> {
    let mentions = match request.allow_mass_mention {
        true => Mentions::Sent,
        false => Mentions::Shown,
    };
    let body = match request.markdown {
        true => slack::from_markdown(text, mentions),
        false => slack::from_plain(text, mentions),
    };
    let mut text = match subject.trim() {
        "" => body,
        subject => format!("*{}*\n\n{body}", slack::from_plain(subject, mentions)),
    };
    if place.channel == ChannelKind::Slack && text.contains('@') {
        let mut names = callable(&app.store.directory(&place.account)?);
        for (name, _) in &mut names {
            *name = dialect::escaped(name);
        }
        text = mention::name_people(&text, &names);
    }
    let payload = request.broadcast.then(|| json!({ "broadcast": true }));
    Ok(Rendered {
        text,
        payload: payload.filter(|_| place.channel == ChannelKind::Slack),
    })
}

/// The thread of a message: its own, or the one it begins. Between two people answers stand below each other.
pub fn thread(app: &App, account: &Account, (id, message): (MessageId, &Parsed)) -> Result<Thread> {
    let own = message.message_id.as_deref().unwrap_or_default();
    let (channel, _) = slack::place_of(own)
        .ok_or_else(|| Error::internal(format!("the channel of `{id}` is not known")))?;
    let name = sync::slack::name(app, account, channel)?;
    let parent = message.in_reply_to.first().cloned();
    let direct = message
        .references
        .iter()
        .any(|r| slack::place_of(r).is_none());
    Ok(Thread {
        places: vec![at(account, channel, name.as_deref())],
        room_thread: match (parent, direct) {
            (Some(parent), _) => Some(parent),
            (None, true) => None,
            (None, false) => Some(own.to_owned()),
        },
        ..Thread::default()
    })
}
