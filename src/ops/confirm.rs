//! Items in doubt: asking the provider whether it has them, where it can tell for certain.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::channel::{gmail, google_chat, slack, twilio};
use crate::error::Result;
use crate::format::chat::client_id;
use crate::format::payload;
use crate::model::account::{Account, ChannelKind};
use crate::model::id::OutboxId;
use crate::model::message::Role;
use crate::model::outbox::State;
use crate::rules::absence::{Absence, Shown};
use crate::rules::folder::usual_name;
use crate::store::outbox::{Item, Part, UNSEEN};

use super::deliver::slack as to_slack;
use super::deliver::{Provider, chat, room, twilio as to_twilio};
use super::send::sms;
use super::{App, sync};

/// A request may still be on its way for so long after nobody waits for its answer.
const SETTLE: SignedDuration = SignedDuration::from_secs(150);
/// Of items in doubt looked at in one go.
const MOST: usize = 50;
/// Of the newest sent letters that are known here.
const KNOWN: usize = 500;
/// For all of one item's questions.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the provider says of an item.
enum Said {
    /// It has all of it; these words say where.
    Has(String),
    /// It certainly lacks some of it.
    Lacks(String),
    /// It can't be told yet.
    Nothing,
    /// It did not answer, or not this.
    NoWord,
}

/// What came of asking about one item.
#[derive(PartialEq, Eq)]
enum Came {
    Settled,
    /// It stays in doubt.
    Open,
    /// The provider gave no answer: the next item would get none either.
    Unheard,
}

/// Asks the providers of all items in doubt; gives those that were settled or may go again.
pub async fn look(app: &App) -> Result<Vec<OutboxId>> {
    match app.store.has_outbox() {
        true => ask_about(app, doubtful(app)?).await,
        false => Ok(Vec::new()),
    }
}

/// Items in doubt whose providers can be asked.
pub fn doubtful(app: &App) -> Result<Vec<Item>> {
    let mut items = app.store.outbox_items(&[State::Unconfirmed], MOST)?;
    items.retain(|item| account(app, item).is_some());
    Ok(items)
}

/// The same as [`look`] for these items.
pub async fn ask_about(app: &App, doubtful: Vec<Item>) -> Result<Vec<OutboxId>> {
    let mut settled = Vec::new();
    let mut providers = HashMap::new();
    let mut unheard: HashSet<String> = HashSet::new();
    for item in doubtful {
        let Some(account) = account(app, &item) else {
            continue;
        };
        if unheard.contains(&account.name) {
            continue;
        }
        match settle(app, (account, &item), &mut providers).await? {
            Came::Settled => settled.push(item.id),
            Came::Open => {}
            Came::Unheard => drop(unheard.insert(account.name.clone())),
        }
    }
    Ok(settled)
}

/// Asks the provider of one item; true if it was settled or may go again. What can't be asked stays in doubt.
pub async fn one(app: &App, item: &Item) -> Result<bool> {
    let Some(account) = account(app, item) else {
        return Ok(false);
    };
    let came = settle(app, (account, item), &mut HashMap::new()).await?;
    Ok(came == Came::Settled)
}

/// Clients of providers by account.
type Providers = HashMap<String, Provider>;

async fn settle(
    app: &App,
    (account, item): (&Account, &Item),
    providers: &mut Providers,
) -> Result<Came> {
    let tries = item.tries;
    let asked = tokio::time::timeout(PATIENCE, ask(app, (account, item), providers)).await;
    let now = app.clock.now();
    let settled = match asked {
        Ok(Ok(Said::Has(words))) => app
            .store
            .confirm_found(item.id, (&words, true), now)?
            .is_some(),
        Ok(Ok(Said::Lacks(words))) => app.store.confirm_absent(item.id, (tries, &words), now)?,
        Ok(Ok(Said::Nothing)) => false,
        Ok(Ok(Said::NoWord) | Err(_)) | Err(_) => return Ok(Came::Unheard),
    };
    Ok(if settled { Came::Settled } else { Came::Open })
}

/// The account of an item, if its provider can be asked about it.
fn account<'a>(app: &'a App, item: &Item) -> Option<&'a Account> {
    let account = app.config.account(&item.account).ok()?;
    let tells = matches!(
        account.channel,
        ChannelKind::Gmail
            | ChannelKind::GoogleChat
            | ChannelKind::Twilio
            | ChannelKind::Whatsapp
            | ChannelKind::Slack
    );
    tells.then_some(account)
}

async fn ask(
    app: &App,
    (account, item): (&Account, &Item),
    providers: &mut Providers,
) -> Result<Said> {
    if account.channel == ChannelKind::Whatsapp {
        // It tells by itself, and can't be asked.
        return Ok(match room::missing(app, item)?.is_empty() {
            true => Said::Has("its provider tells what became of it".to_owned()),
            false => Said::Nothing,
        });
    }
    if !providers.contains_key(&account.name) {
        let provider = Provider::of(app, account).await?;
        providers.insert(account.name.clone(), provider);
    }
    match providers.get(&account.name) {
        Some(Provider::Gmail(client)) => in_gmail(app, client, item).await,
        Some(Provider::Chat(client)) => in_chat(app, client, item).await,
        Some(Provider::Twilio(client)) => in_twilio((app, account), client, item).await,
        Some(Provider::Slack(client)) => in_slack(app, client, item).await,
        _ => Ok(Said::NoWord),
    }
}

/// The first part that is missing, by its text among what went to its recipient: parts go one after the other, so none
/// behind it was begun.
async fn in_twilio(
    (app, account): (&App, &Account),
    client: &twilio::Client,
    item: &Item,
) -> Result<Said> {
    let missing = room::missing(app, item)?;
    let Some(piece) = missing.first() else {
        return Ok(Said::Has("Twilio has all of it".to_owned()));
    };
    let raw = app.store.outbox_bytes(item.id)?;
    let media = match piece.number {
        1 => sms::media_of(payload::of(&raw).as_ref()).len(),
        _ => 0,
    };
    let tried = Tried::of(app, item)?;
    let now = app.clock.now();
    let sought = twilio::Sought {
        to: room::room_of(item),
        from: match to_twilio::sender(account, item) {
            twilio::Sender::Number(number) => Some(number),
            twilio::Sender::Service(_, number) => number,
        },
        text: &piece.text,
        media,
        began: tried.first,
        now,
    };
    let is_other = |sid: &str| Ok(app.store.item_of_part(&account.name, sid)?.is_some());
    Ok(match client.find_sent(sought, is_other).await? {
        twilio::Find::Found { sid, message } => {
            let part = Part {
                begins: piece.begins,
                remote: sid,
            };
            app.store.part_sent(item.id, &part)?;
            sync::twilio::keep(app, account, &message)?;
            match piece.last {
                true => Said::Has("found among what Twilio sent".to_owned()),
                false => Said::Lacks(
                    "Twilio has the part that was in doubt; the rest did not go yet".to_owned(),
                ),
            }
        }
        twilio::Find::Absent { shows_older, since } => {
            let mut newer = app.store.sent_after(item, Some(item.to()))?.is_empty();
            for sid in &since {
                let of = app.store.item_of_part(&account.name, sid)?;
                newer |= of.is_some_and(|other| other > item.id);
            }
            let shown = Shown {
                older: shows_older,
                newer,
            };
            let knows = || {
                let (account, to) = (&account.name, sought.to);
                app.store.knows_sent(account, to, tried.first)
            };
            let absence = Absence::of(shown, knows)?;
            let words = "it is not among what Twilio sent";
            lacks(app, item, (&tried, absence, words))?
        }
        twilio::Find::CannotTell(_) => Said::NoWord,
    })
}

/// Among the letters that were sent, by our own id: Gmail's listing by label is complete at once.
async fn in_gmail(app: &App, client: &gmail::Client, item: &Item) -> Result<Said> {
    let tried = Tried::of(app, item)?;
    Ok(match client.find_sent(&item.own_id, tried.first).await {
        gmail::Find::Found { id, message_id, .. } => {
            let part = Part {
                begins: 0,
                remote: id,
            };
            app.store.part_sent(item.id, &part)?;
            if let Some(message_id) = message_id {
                app.store.note_message_id(item.id, &message_id)?;
            }
            Said::Has("found among the sent mail of the account".to_owned())
        }
        gmail::Find::Absent {
            shows_older,
            own_ids,
        } => {
            let later = app.store.sent_after(item, None)?;
            let is_listed = |(_, own_id): &(_, String)| own_ids.contains(own_id);
            let shown = Shown {
                older: shows_older,
                newer: later.is_empty() || later.iter().any(is_listed),
            };
            let knows = || {
                let sent = usual_name(Role::Sent);
                let known = app.store.newest_in(&item.account, sent, KNOWN)?;
                Ok(known.iter().any(|letter| letter.received_at < tried.first))
            };
            let absence = Absence::of(shown, knows)?;
            let words = "it is not among the sent mail of the account";
            lacks(app, item, (&tried, absence, words))?
        }
        gmail::Find::CannotTell(_) => Said::NoWord,
    })
}

/// Each part by the id that was chosen for it. What is missing may go at once: the same id is never posted twice.
async fn in_chat(app: &App, client: &google_chat::Client, item: &Item) -> Result<Said> {
    let Some(space) = chat::space(client, item).await? else {
        return Ok(Said::Lacks("nobody wrote to them yet".to_owned()));
    };
    for piece in room::missing(app, item)? {
        let id = client_id(&item.own_id, piece.number);
        match client.find_sent(&space, &id).await {
            google_chat::Find::Found { name, .. } => {
                let part = Part {
                    begins: piece.begins,
                    remote: name,
                };
                app.store.part_sent(item.id, &part)?;
            }
            google_chat::Find::Absent => {
                return Ok(Said::Lacks("it is not in the space".to_owned()));
            }
            google_chat::Find::CannotTell(_) => return Ok(Said::NoWord),
        }
    }
    Ok(Said::Has("found in the space".to_owned()))
}

/// Each part by our own id in what was posted since the attempt, of which Slack lists everything.
async fn in_slack(app: &App, client: &slack::Client, item: &Item) -> Result<Said> {
    let tried = Tried::of(app, item)?;
    let doubtful = room::missing(app, item)?.first().map(|piece| piece.number);
    let looked = match to_slack::look(app, client, (item, tried.first)).await {
        Ok(looked) => looked,
        Err(_) => return Ok(Said::NoWord),
    };
    let missing = looked.missing;
    if missing.is_empty() {
        return Ok(Said::Has("found in the channel".to_owned()));
    }
    if missing.first().map(|piece| piece.number) != doubtful {
        let words = "the part that was in doubt is in the channel; the rest did not go yet";
        return Ok(Said::Lacks(words.to_owned()));
    }
    let words = "it is not in the channel";
    lacks(app, item, (&tried, looked.absence, words))
}

/// When an item was tried.
struct Tried {
    first: Timestamp,
    last: Timestamp,
    /// When its provider did not show it for the first time since, which proved nothing.
    unseen: Option<Timestamp>,
}

impl Tried {
    fn of(app: &App, item: &Item) -> Result<Tried> {
        let mut attempts = app.store.outbox_attempts(item.id)?;
        let tried = attempts.iter().rposition(|a| a.outcome != UNSEEN);
        let looks = attempts.split_off(tried.map_or(0, |last| last + 1));
        let last = attempts.last().map_or(item.created_at, |a| a.at);
        Ok(Tried {
            first: attempts
                .first()
                .map_or(item.created_at, |a| a.at.min(item.created_at)),
            last,
            unseen: looks.first().map(|look| look.at),
        })
    }
}

/// What follows from a listing that lacks an item.
fn lacks(app: &App, item: &Item, (tried, absence, words): (&Tried, Absence, &str)) -> Result<Said> {
    let now = app.clock.now();
    let settled = |since: Timestamp| now.duration_since(since) > SETTLE;
    if !settled(tried.last) {
        return Ok(Said::Nothing);
    }
    let proven = match (absence, tried.unseen) {
        (Absence::Witnessed, _) => true,
        (Absence::Contradicted, _) => false,
        (Absence::Bare, Some(before)) => settled(before),
        (Absence::Bare, None) => {
            let words = format!("{words}, nor is anything older: asked once more later");
            app.store.note_unseen(item.id, (item.tries, &words), now)?;
            false
        }
    };
    Ok(match proven {
        true => Said::Lacks(words.to_owned()),
        false => Said::Nothing,
    })
}
