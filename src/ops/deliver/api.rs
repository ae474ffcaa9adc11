//! One attempt through a provider's API. The point of no return is the first byte of the request that sends.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::channel::gmail::{self, Letter, Outcome};
use crate::channel::google_chat;
use crate::channel::google_chat_webhook::Webhook;
use crate::channel::slack;
use crate::channel::slack_webhook::Webhook as SlackWebhook;
use crate::channel::{twilio, whatsapp};
use crate::error::{Error, Kind, Result};
use crate::format::compose::readdressed;
use crate::format::mime;
use crate::model::account::{Account, ChannelKind};
use crate::model::address::Address;
use crate::model::outbox::{Place, RecipientState};
use crate::net::http;
use crate::ops::throttle::{self, News, Permit};
use crate::ops::{App, access, hook, sync, token};
use crate::rules::budget::Limit;
use crate::store::Share;
use crate::store::outbox::{Item, Part};

use super::room::{Ground, Handed, Handing};
use super::slack as to_slack;
use super::twilio as to_twilio;
use super::whatsapp as to_whatsapp;
use super::{Doubt, Run, answer, chat, told};

/// As long as HTTP is waited for past the point of no return.
pub(super) const ANSWER: Duration = Duration::from_secs(120);
/// A budget that is free again so soon is waited for.
pub(super) const SOON: Duration = Duration::from_secs(5);

/// The client of an account's provider.
pub enum Provider {
    Gmail(gmail::Client),
    Chat(google_chat::Client),
    Webhook(Webhook, http::Client),
    Whatsapp(whatsapp::Client),
    Twilio(twilio::Client),
    Slack(slack::Client),
    SlackWebhook(SlackWebhook, http::Client),
}

impl Provider {
    /// The client of this account; its login is asked for with the first request.
    pub async fn of(app: &App, account: &Account) -> Result<Provider> {
        Ok(match account.channel {
            ChannelKind::Gmail => Provider::Gmail(access::gmail(app, account).await?),
            ChannelKind::GoogleChat => Provider::Chat(access::google_chat(app, account).await?),
            ChannelKind::GoogleChatWebhook => {
                let (webhook, client) = access::webhook(app, account).await?;
                Provider::Webhook(webhook, client)
            }
            ChannelKind::Whatsapp => Provider::Whatsapp(access::whatsapp(app, account).await?),
            ChannelKind::Twilio => Provider::Twilio(access::twilio(app, account).await?),
            ChannelKind::Slack => Provider::Slack(access::slack(app, account).await?),
            ChannelKind::SlackWebhook => {
                let (webhook, client) = access::slack_webhook(app, account).await?;
                Provider::SlackWebhook(webhook, client)
            }
            ChannelKind::Imap | ChannelKind::Smtp | ChannelKind::Maildir | ChannelKind::Carddav => {
                return Err(Error::internal(format!(
                    "account `{}` has no API",
                    account.name
                )));
            }
        })
    }

    /// What has to be known before the first part of a message into a room goes.
    pub(super) async fn ground(
        &self,
        (app, account, item): (&App, &Account, &Item),
        raw: &[u8],
    ) -> Result<Ground> {
        match self {
            Provider::Chat(client) => chat::ground(client, (app, item), raw).await,
            Provider::Webhook(hook, _) => Ok(chat::ground_of_webhook(hook, raw)),
            Provider::Whatsapp(client) => {
                to_whatsapp::ground(client, (app, account, item), raw).await
            }
            Provider::Twilio(_) => Ok(to_twilio::ground(item, raw)),
            Provider::Slack(client) => to_slack::ground(client, (app, item), raw).await,
            Provider::SlackWebhook(..) => Ok(to_slack::ground_of_webhook(item, raw)),
            Provider::Gmail(_) => Err(Error::internal("mail is no room's")),
        }
    }

    /// One attempt for one part of a message into a room.
    pub(super) async fn hand(
        &self,
        (app, account, item): (&App, &Account, &Item),
        handing: Handing<'_>,
    ) -> Handed {
        match self {
            Provider::Chat(client) => chat::hand(client, item, handing).await,
            Provider::Webhook(hook, client) => chat::hand_to_webhook((hook, client), handing).await,
            Provider::Whatsapp(client) => {
                to_whatsapp::hand(client, (app, account, item), handing).await
            }
            Provider::Twilio(client) => {
                to_twilio::hand(client, (app, account, item), handing).await
            }
            Provider::Slack(client) => to_slack::hand(client, (app, item), handing).await,
            Provider::SlackWebhook(hook, client) => {
                to_slack::hand_to_webhook((hook, client), item, handing).await
            }
            Provider::Gmail(_) => Handed::NotSent(Error::internal("mail is no room's")),
        }
    }

    /// Shows here what was sent there.
    pub(super) fn keep(&self, app: &App, account: &Account, document: &Value) -> Result<()> {
        match self {
            Provider::Chat(_) => sync::keep_posted(app, account, document),
            Provider::Whatsapp(_) => to_whatsapp::keep(app, account, document),
            Provider::Twilio(_) => to_twilio::keep(app, account, document),
            Provider::Slack(_) => sync::slack::keep_posted(app, account, document),
            Provider::Webhook(..) | Provider::SlackWebhook(..) | Provider::Gmail(_) => Ok(()),
        }
    }
}

/// What one request came to, for one part of an item.
pub(super) enum Came {
    /// The provider has it, under this id.
    Sent(String),
    NotSent(Error),
    Unknown(String),
}

impl From<Outcome> for Came {
    fn from(outcome: Outcome) -> Came {
        match outcome {
            Outcome::Sent { id, .. } => Came::Sent(id),
            Outcome::NotSent(e) => Came::NotSent(e),
            Outcome::Unknown(why) => Came::Unknown(why),
        }
    }
}

impl Run<'_> {
    pub(super) async fn through_api(&mut self, account: &Account) -> Result<()> {
        let provider = match self.delivery.lines.provider(&account.name) {
            Some(provider) => provider,
            None => match Provider::of(self.app, account).await {
                Ok(provider) => self.delivery.lines.keep_provider(&account.name, provider),
                Err(e) => return self.not_even_begun(account, e),
            },
        };
        match &*provider {
            Provider::Gmail(client) => self.through_gmail(account, client).await,
            _ => self.through_room(account, Rc::clone(&provider)).await,
        }
    }

    async fn through_gmail(&mut self, account: &Account, client: &gmail::Client) -> Result<()> {
        let waiting = self.waiting();
        let raw = self.app.store.outbox_bytes(self.item.id)?;
        let raw = readdressed(&raw, &addressed(self.item, &waiting));
        let parsed = mime::parse(&raw);
        let prepared = async {
            self.check_sender(account, client).await?;
            sync::gmail::conversation((self.app, account), client, &parsed).await
        };
        let thread = match prepared.await {
            Ok(thread) => thread,
            Err(e) => return self.not_even_begun(account, e),
        };
        let scope = format!(
            "smtp:smtp.gmail.com/{}",
            account.login().unwrap_or_default()
        );
        let count = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        let share = match self.whole(account, ((&scope, count), &[]), SOON).await? {
            Ok(share) => share,
            Err(wait) => {
                self.learn(account, News::Unasked)?;
                return self.wait(account, wait);
            }
        };
        if !self.begin(&waiting)? {
            return throttle::unused(self.app, &share);
        }
        let left = Arc::clone(&self.left);
        let letter = Letter {
            raw: &raw,
            thread_id: thread.as_deref(),
            timeout: ANSWER,
            left: &left,
        };
        self.under_way = waiting.clone();
        let came = Came::from(client.send(letter).await);
        if let Came::Sent(id) = &came {
            self.part_sent(0, id)?;
        }
        self.take_in(account, (&waiting, came), &share)?;
        if let Some(id) = &self.accepted {
            self.keep_sent(account, client, id).await;
        }
        Ok(())
    }

    /// Gmail puts the account's own address in the place of one it does not know: better no letter than such a one.
    async fn check_sender(&self, account: &Account, client: &gmail::Client) -> Result<()> {
        let sender = self.item.sender.as_str();
        let own = account.address.as_deref().unwrap_or_default();
        if sender.eq_ignore_ascii_case(own) {
            return Ok(());
        }
        let known = client.send_as().await?;
        let fits = known.iter().any(|alias| {
            alias.send_as_email.eq_ignore_ascii_case(sender)
                && matches!(alias.verification_status.as_str(), "" | "accepted")
        });
        if fits {
            return Ok(());
        }
        Err(Error::refused(format!(
            "Gmail does not let `{own}` send as `{sender}`, and would put its own address there"
        ))
        .hint("allow it in Gmail: Settings > Accounts > Send mail as"))
    }

    /// Shows it at once among what was sent. Gmail gives a letter a Message-ID of its own: answers will name that one.
    async fn keep_sent(&self, account: &Account, client: &gmail::Client, id: &str) {
        let kept = async {
            let place = (self.app, account);
            let kept = sync::gmail::keep_sent(place, client, id).await?;
            sync::gmail::drop_draft(place, client, &self.item.message_id).await?;
            match kept {
                Some(message_id) => self.app.store.note_message_id(self.item.id, &message_id),
                None => Ok(()),
            }
        };
        if let Err(e) = kept.await {
            (self.app.notice)(&format!("`{}` was sent: {}", self.item.id, e.message));
        }
    }
}

impl Run<'_> {
    /// A fault before anything could leave.
    pub(super) fn not_even_begun(&mut self, account: &Account, e: Error) -> Result<()> {
        let e = token::explained(self.app, account, e);
        if !self.delivery.by_hand {
            hook::login(self.app, (account, "api"), Some(&e))?;
        }
        if e.kind != Kind::Unavailable || self.app.config.outbox.circuit_after == 0 {
            self.delivery.lines.note_down(&account.name);
        }
        self.learn(account, News::of_opening(&e))?;
        if matches!(e.kind, Kind::Auth | Kind::Config) && self.move_over(&told(&e))? {
            return Ok(());
        }
        self.nothing_left(e)
    }

    /// Takes the whole of what a request costs, once it is free within this time; else when it will be, and why not
    /// yet.
    pub(super) async fn whole(
        &self,
        account: &Account,
        cost: ((&str, u32), &[Limit]),
        patience: Duration,
    ) -> Result<Result<Share, (Timestamp, String)>> {
        let clock = &self.app.clock;
        let began = clock.now();
        loop {
            let permit = throttle::permit_whole(self.app, account, self.delivery.owner, cost)?;
            let (at, why) = match permit {
                Permit::Go(share) => return Ok(Ok(share)),
                Permit::Wait(at, why) => (at, why),
            };
            let late = at.duration_since(began);
            if Duration::try_from(late).unwrap_or_default() > patience {
                return Ok(Err((at, why)));
            }
            clock.sleep_until(at).await;
        }
    }

    pub(super) fn part_sent(&self, begins: usize, remote: &str) -> Result<()> {
        let remote = remote.to_owned();
        self.app
            .store
            .part_sent(self.item.id, &Part { begins, remote })
    }

    /// Writes down what a request came to for these recipients, and what is learned of the provider.
    pub(super) fn take_in(
        &mut self,
        account: &Account,
        (batch, came): (&[usize], Came),
        share: &Share,
    ) -> Result<()> {
        self.under_way.clear();
        self.left.store(false, Ordering::Relaxed);
        self.answered += batch.len();
        let said = match &came {
            Came::Sent(id) => answer(RecipientState::Sent, id),
            Came::NotSent(e) => {
                let state = match e.kind {
                    Kind::Unavailable => RecipientState::Waiting,
                    _ => RecipientState::Failed,
                };
                answer(state, &told(e))
            }
            Came::Unknown(why) => answer(RecipientState::Unconfirmed, why),
        };
        self.record(batch, &vec![said; batch.len()])?;
        let news = match &came {
            Came::Unknown(why) => News::Failed(why),
            // That too much was sent is an answer; it is waited for.
            Came::NotSent(e) if e.kind == Kind::Unavailable && e.retry_after.is_none() => {
                News::Failed(&e.message)
            }
            _ => News::Answered,
        };
        let learned = throttle::spent(self.app, share).and_then(|()| self.learn(account, news));
        if let Err(e) = learned {
            (self.app.notice)(&format!("account `{}`: {}", account.name, e.message));
        }
        match came {
            Came::Sent(id) => {
                self.accepted = Some(id);
                hook::login(self.app, (account, "api"), None)?;
            }
            Came::NotSent(e) => {
                let e = token::explained(self.app, account, e);
                let after = e.retry_after;
                self.failed = Some((e, after));
            }
            Came::Unknown(why) => {
                self.unknown = Some(Doubt {
                    why,
                    interrupted: false,
                });
            }
        }
        Ok(())
    }
}

/// Who gets it now, by header: those who were struck off, or got it already, are not named.
fn addressed(item: &Item, waiting: &[usize]) -> Vec<(&'static str, Vec<Address>)> {
    [("To", Place::To), ("Cc", Place::Cc), ("Bcc", Place::Bcc)]
        .into_iter()
        .map(|(name, place)| {
            let people = waiting.iter().map(|n| &item.recipients[*n]);
            let people = people.filter(|r| r.place == place);
            let people = people.map(|r| Address::new(r.name.as_deref(), &r.email));
            (name, people.collect())
        })
        .collect()
}
