//! Channels and people of the workspace by name: kept here, listed anew by a sync and when a name is not known.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use crate::channel::slack::{Client, Conversation, User};
use crate::error::{Error, Kind, Result};
use crate::format::{clean, slack};
use crate::model::account::Account;
use crate::model::directory::{Entry, EntryKind};
use crate::ops::{App, access, token};
use crate::rules::directory::{self, Wanted};

use super::stamp::Stamp;

/// People are listed anew after this.
const PEOPLE_AGE: SignedDuration = SignedDuration::from_hours(6);
/// Candidates that are named.
const MOST_NAMED: usize = 10;

/// Who or what someone typed behind `slack:`. What is not known yet is asked for, once.
pub async fn resolve(app: &App, account: &Account, typed: &str) -> Result<Entry> {
    let wanted = directory::read(typed);
    if let Some(entry) = listed(app, account, &wanted)? {
        return Ok(entry);
    }
    let client = access::slack(app, account).await?;
    let asked = ask(app, account, (&client, &wanted)).await;
    asked.map_err(|e| token::explained(app, account, e))?;
    known(app, account, typed)
}

/// Who or what someone typed behind `slack:`, as far as it is known here.
pub fn known(app: &App, account: &Account, typed: &str) -> Result<Entry> {
    let wanted = directory::read(typed);
    listed(app, account, &wanted)?.ok_or_else(|| nobody(account, typed, &wanted))
}

/// What the directory says; an error where it says several, or that it is closed.
fn listed(app: &App, account: &Account, wanted: &Wanted) -> Result<Option<Entry>> {
    let entries = app.store.directory(&account.name)?;
    let found = directory::find(&entries, wanted);
    match found.as_slice() {
        [] => Ok(None),
        [one] if one.gone => Err(closed(one)),
        [one] => Ok(Some((*one).clone())),
        several => {
            let named = several.iter().take(MOST_NAMED).map(|e| {
                let about = match (e.kind.is_someone(), e.handle.as_str()) {
                    (true, handle) if !handle.is_empty() => format!("@{handle}"),
                    _ => e.name.clone(),
                };
                format!("`slack:{}` ({})", e.id, clean::line(&about))
            });
            let named: Vec<String> = named.collect();
            Err(
                Error::usage(format!("{} have this name in Slack", several.len()))
                    .hint(format!("pick one: {}", named.join(", "))),
            )
        }
    }
}

fn closed(entry: &Entry) -> Error {
    let name = clean::line(&entry.name);
    if entry.kind.is_someone() {
        return Error::refused(format!("`{name}` left the workspace"));
    }
    Error::refused(format!("channel `{name}` is archived"))
        .hint("pick another, or have it unarchived in Slack")
}

fn nobody(account: &Account, typed: &str, wanted: &Wanted) -> Error {
    let shown = clean::line(typed);
    let error = Error::not_found(format!(
        "account `{}` sees no `{shown}` in Slack",
        account.name
    ));
    match wanted {
        Wanted::Channel(_) | Wanted::Any(_) => error.hint(
            "a private channel is seen by its members only: invite the app there, or write its id, as in `slack:C012ABC`",
        ),
        Wanted::Email(_) => {
            error.hint("addresses are seen only with scope `users:read.email`; write `slack:@` and the name")
        }
        _ => error.hint("write the name as Slack shows it, as in `slack:@ada`, or the id, as in `slack:U012ABC`"),
    }
}

/// Asks for the least that may tell.
async fn ask(app: &App, account: &Account, (client, wanted): (&Client, &Wanted)) -> Result<()> {
    let one = match wanted {
        Wanted::Email(email) => client.user_by_email(email).await?.map(of_user),
        Wanted::Id(id) if id.starts_with(['U', 'W']) => client.user(id).await?.map(of_user),
        Wanted::Id(id) => match client.conversation(id).await {
            Ok(found) => Some(of_channel(&found, &BTreeMap::new())),
            Err(e) if e.kind == Kind::NotFound => None,
            Err(e) => return Err(e),
        },
        _ => {
            let listed = client.conversations().await?.conversations;
            refresh(app, account, (client, &listed, true)).await?;
            return Ok(());
        }
    };
    match one.filter(|entry| !entry.id.is_empty()) {
        // Found by this address, whatever it may show of it.
        Some(mut entry) => {
            if let Wanted::Email(email) = wanted {
                entry.email.get_or_insert_with(|| email.clone());
            }
            app.store.keep_entry(&account.name, &entry)
        }
        None => Ok(()),
    }
}

/// Keeps these channels, and the people, listed anew if that is due. Gives why people can't be listed.
pub async fn refresh(
    app: &App,
    account: &Account,
    (client, channels, due): (&Client, &[Conversation], bool),
) -> Result<Option<String>> {
    let before = app.store.directory(&account.name)?;
    let mut stamp_at = Stamp::load(app, account)?.people_at;
    let now = app.clock.now();
    let due = due || stamp_at.is_none_or(|at| now.duration_since(at) > PEOPLE_AGE);
    let mut why = None;
    let known = || -> Vec<Entry> {
        let people = before.iter().filter(|e| e.kind.is_someone());
        people.cloned().collect()
    };
    let people = match due {
        false => known(),
        true => match client.users().await {
            Ok(users) => {
                stamp_at = Some(now);
                users.into_iter().map(of_user).collect()
            }
            // The login may do without: what is known stays.
            Err(e) if matches!(e.kind, Kind::Auth | Kind::Refused) => {
                why = Some(e.message);
                known()
            }
            Err(e) => return Err(e),
        },
    };
    let names = names_of(&people);
    let mut entries: Vec<Entry> = channels.iter().map(|c| of_channel(c, &names)).collect();
    entries.extend(people);
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    entries.dedup_by(|a, b| a.id == b.id);
    if entries != before {
        app.store.keep_directory(&account.name, &entries)?;
    }
    let mut stamp = Stamp::load(app, account)?;
    if stamp.people_at != stamp_at {
        stamp.people_at = stamp_at;
        stamp.save(app, account)?;
    }
    Ok(why)
}

/// The names of those whom a message names by id only.
pub fn names_in(app: &App, account: &Account, message: &Value) -> Result<BTreeMap<String, String>> {
    let ids = slack::people_of(message);
    let entries = app
        .store
        .entries(&account.name, ids.iter().map(String::as_str))?;
    Ok(names_of(&entries))
}

/// Names of people by id.
pub fn names_of(entries: &[Entry]) -> BTreeMap<String, String> {
    let people = entries.iter().filter(|e| e.kind.is_someone());
    people.map(|e| (e.id.clone(), e.name.clone())).collect()
}

fn of_user(user: User) -> Entry {
    Entry {
        name: user.label().to_owned(),
        kind: match user.bot {
            true => EntryKind::Bot,
            false => EntryKind::Person,
        },
        id: user.id,
        handle: user.handle,
        email: user.email,
        person: None,
        gone: user.deleted,
    }
}

fn of_channel(channel: &Conversation, names: &BTreeMap<String, String>) -> Entry {
    Entry {
        id: channel.id.clone(),
        kind: match (channel.is_im, channel.is_mpim) {
            (true, _) => EntryKind::Direct,
            (_, true) => EntryKind::Group,
            _ => EntryKind::Channel,
        },
        name: title_of(channel, names),
        handle: String::new(),
        email: None,
        person: (!channel.user.is_empty()).then(|| channel.user.clone()),
        gone: channel.is_archived,
    }
}

/// What a channel is called: `#ops`, or those who are in it.
pub fn title_of(channel: &Conversation, names: &BTreeMap<String, String>) -> String {
    if channel.is_im {
        let name = names.get(&channel.user).map(|n| tidy(n));
        let name = name.filter(|n| !n.is_empty());
        return name.unwrap_or_else(|| format!("direct message {}", channel.user));
    }
    if channel.is_mpim {
        // `mpdm-ada--grace--alan-1`
        let inner = channel.name.strip_prefix("mpdm-").unwrap_or(&channel.name);
        let inner = inner.rsplit_once('-').map_or(inner, |(inner, _)| inner);
        let people: Vec<&str> = inner.split("--").filter(|p| !p.is_empty()).collect();
        return tidy(&people.join(", "));
    }
    match tidy(&channel.name) {
        name if name.is_empty() => format!("channel {}", channel.id),
        name => format!("#{name}"),
    }
}

/// A name as a folder takes it: one line, no levels.
fn tidy(name: &str) -> String {
    let name = clean::line(name).replace('/', "\u{2215}");
    name.trim().chars().take(100).collect()
}
