//! Which provider is heard how: the one place that knows them all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use secrecy::ExposeSecret;
use serde_json::Value;

use crate::channel::{slack, twilio, whatsapp};
use crate::error::{Error, Result};
use crate::format;
use crate::model::account::{Account, ChannelKind};
use crate::model::receive::{Call, Event, Heard, News};

use crate::ops::sync::slack::Workspace;
use crate::ops::{App, sync, whatsapp as windows};

use super::hooks::{self, Hook};

/// How many bytes a call may have.
pub fn limit(channel: ChannelKind) -> usize {
    match channel {
        ChannelKind::Whatsapp => whatsapp::webhook::LARGEST,
        ChannelKind::Twilio => twilio::webhook::LARGEST,
        _ => 1 << 20,
    }
}

/// Proves a call and says what is to become of it. What is not proven is refused, with the kind `auth`.
pub fn hear(hook: &Hook, call: &Call<'_>) -> Result<Heard> {
    match hook.account.channel {
        ChannelKind::Whatsapp => {
            let secrets = whatsapp::webhook::Secrets {
                app_secret: hook.secret.as_ref(),
                verify_token: hook.verify_token.as_ref(),
            };
            whatsapp::webhook::hear(call, secrets)
        }
        ChannelKind::Twilio => twilio::webhook::hear(call, hook.secret.as_ref()),
        ChannelKind::Slack => {
            let secret = hook.secret.as_ref();
            let secret = secret.ok_or_else(|| Error::auth("there is no signing secret"))?;
            slack::webhook::verify(secret.expose_secret(), call)?;
            Ok(slack::webhook::hear(call))
        }
        _ => Err(Error::auth("its provider calls nobody")),
    }
}

/// Why a call was refused, in a word for its counter; found out after it was, so that nobody waits less for it.
pub fn reason(hook: &Hook, call: &Call<'_>) -> &'static str {
    let signature = match hook.account.channel {
        ChannelKind::Twilio => "x-twilio-signature",
        ChannelKind::Slack => "x-slack-signature",
        _ => "x-hub-signature-256",
    };
    let signed_at = call.header("x-slack-request-timestamp");
    let signed_at = signed_at.and_then(|at| at.parse::<i64>().ok());
    let old = |at: i64| at.abs_diff(call.at.as_second()) > REPLAY_S;
    match call.method {
        "GET" if hook.account.channel == ChannelKind::Whatsapp => "token",
        _ if call.header(signature).is_none() => "unsigned",
        _ if hook.account.channel == ChannelKind::Slack && signed_at.is_none_or(old) => "old",
        _ => "signature",
    }
}

/// Seconds for which a signature of Slack's holds (docs.slack.dev, verifying requests).
const REPLAY_S: u64 = 300;

/// What an event says; an error is worth another try, by a newer version at least.
pub fn read(account: &Account, event: &Event) -> Result<Vec<News>> {
    match account.channel {
        ChannelKind::Twilio => {
            let settings = account.twilio.as_ref();
            let sid = settings.map_or("", |settings| settings.account_sid.as_str());
            Ok(twilio::webhook::read(&event.body, sid))
        }
        ChannelKind::Slack => Ok(slack::webhook::read(&event.body)),
        ChannelKind::Whatsapp => {
            let settings = account.whatsapp.as_ref();
            let number = settings.map_or("", |settings| settings.phone_number_id.as_str());
            Ok(whatsapp::webhook::read(&event.body, number))
        }
        channel => Err(Error::internal(format!(
            "an event of account `{}` can't be read: {} posts none",
            account.name,
            channel.name()
        ))),
    }
}

/// Learns what has to be known of an account before an event of it is read.
pub async fn prepare(app: &App, account: &Account) -> Result<()> {
    match account.channel {
        ChannelKind::Slack => sync::slack::learn_owner(app, account).await,
        _ => Ok(()),
    }
}

/// What is known of the accounts that events are of, read once for those that are worked on together.
pub struct Known<'a> {
    app: &'a App,
    /// By account.
    workspaces: HashMap<&'a str, Workspace>,
    /// The accounts of the same app, by account.
    siblings: HashMap<&'a str, Vec<&'a Account>>,
}

impl<'a> Known<'a> {
    pub fn of(app: &'a App) -> Known<'a> {
        Known {
            app,
            workspaces: HashMap::new(),
            siblings: HashMap::new(),
        }
    }

    /// Whose an event is that was posted to this account: its own, or of another that the same app is in; `None` if it is
    /// of nobody here. Where an event itself says for whom it is, [`read`] finds no news in another's.
    pub async fn account_of(
        &mut self,
        account: &'a Account,
        event: &[u8],
    ) -> Result<Option<&'a Account>> {
        if account.channel != ChannelKind::Slack || self.workspace(account)?.is_of(event) {
            return Ok(Some(account));
        }
        if !self.siblings.contains_key(account.name.as_str()) {
            let found = hooks::siblings(self.app, account).await?;
            self.siblings.insert(&account.name, found);
        }
        for other in self.siblings[account.name.as_str()].clone() {
            if !self.workspaces.contains_key(other.name.as_str()) {
                sync::slack::learn_owner(self.app, other).await?;
            }
            if self.workspace(other)?.is_of(event) {
                return Ok(Some(other));
            }
        }
        if !sync::slack::ask_again(self.app, account).await? {
            return Ok(None);
        }
        self.workspaces.remove(account.name.as_str());
        Ok(self.workspace(account)?.is_of(event).then_some(account))
    }

    /// News with what their provider does not say in them, and is known here.
    pub fn placed(&mut self, account: &'a Account, news: News) -> Result<News> {
        if account.channel != ChannelKind::Slack {
            return Ok(news);
        }
        let app = self.app;
        let workspace = self.workspace(account)?;
        Ok(match news {
            News::Message(told) => News::Message(workspace.placed(app, account, told)?),
            News::Edited(told) => News::Edited(workspace.placed(app, account, told)?),
            other => other,
        })
    }

    fn workspace(&mut self, account: &'a Account) -> Result<&Workspace> {
        Ok(match self.workspaces.entry(&account.name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Workspace::load(self.app, account)?),
        })
    }
}

/// What an event says beside its news, noted before them; it may be noted again.
pub fn note(app: &App, account: &Account, event: &Event) -> Result<()> {
    match account.channel {
        ChannelKind::Whatsapp => windows::note(app, account, &event.body),
        _ => Ok(()),
    }
}

/// The document of a message that its writer changed: what it was and what was told of the change, put together.
pub fn edited(channel: ChannelKind, before: &[u8], told: &Value) -> Vec<u8> {
    let made = match channel {
        ChannelKind::Whatsapp => format::whatsapp::edited(before, told),
        ChannelKind::Slack => format::slack::outdated(before, told).map(<[u8]>::to_vec),
        _ => None,
    };
    made.unwrap_or_else(|| told.to_string().into_bytes())
}

/// The document of a message that its writer deleted; `None` if nothing is to change.
pub fn deleted(channel: ChannelKind, before: &[u8]) -> Option<Vec<u8>> {
    match channel {
        ChannelKind::Slack => {
            let message = format::slack::message_of(before);
            let after = format::slack::rewritten(before, &format::slack::deleted(&message));
            Some(after.to_string().into_bytes())
        }
        ChannelKind::Whatsapp => format::whatsapp::deleted(before),
        _ => None,
    }
}
