//! One call of a provider: proven, kept, answered. The work comes after.

use std::sync::{Arc, PoisonError, RwLock};

use crate::error::Kind;
use crate::model::account::ChannelKind;
use crate::model::receive::{Call, Heard};
use crate::store::{Count, Posted};

use super::hooks::{Hook, Hooks};
use super::keep::Keeper;
use super::provider;

/// What a call is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub media_type: &'static str,
    pub body: Vec<u8>,
    /// Seconds.
    pub retry_after: Option<u64>,
}

impl Answer {
    /// Whether nothing was proven.
    pub fn is_refusal(&self) -> bool {
        self.status == REFUSED
    }

    /// Without words: what is refused is told nothing.
    pub fn empty(status: u16) -> Answer {
        Answer {
            status,
            media_type: "text/plain",
            body: Vec::new(),
            retry_after: None,
        }
    }
}

/// Name of the counters of calls; the label says what became of them.
pub const CALLS: &str = "webhook_calls";

/// Takes calls.
pub struct Receiver {
    pub keeper: Keeper,
    hooks: RwLock<Arc<Hooks>>,
}

impl Receiver {
    pub fn new(keeper: Keeper, hooks: Hooks) -> Receiver {
        Receiver {
            keeper,
            hooks: RwLock::new(Arc::new(hooks)),
        }
    }

    /// Other accounts or secrets from now on.
    pub fn renew(&self, hooks: Hooks) {
        *self.hooks.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(hooks);
    }

    /// How many bytes a call of this account may have; `None` if it can't be called.
    pub fn limit(&self, account: &str) -> Option<usize> {
        let hooks = self.hooks();
        let hook = hooks.get(account)?;
        let can_prove = hook.secret.is_some() || hook.verify_token.is_some();
        can_prove.then(|| provider::limit(hook.account.channel))
    }

    /// Counts a call that was refused; the reason is one of few words.
    pub fn refuse(&self, account: &str, reason: &'static str) {
        // Whoever calls may name anything: only names of ours become counters.
        let known = self.hooks().get(account).is_some();
        self.keeper
            .tally(vec![call(if known { account } else { "" }, reason)]);
    }

    /// Proves and keeps a call, then says what to answer.
    pub async fn take(&self, account: &str, request: Call<'_>) -> Answer {
        let hooks = self.hooks();
        let Some(hook) = hooks.get(account) else {
            self.refuse(account, "unknown_account");
            return Answer::empty(REFUSED);
        };
        let heard = match provider::hear(hook, &request) {
            Ok(heard) => heard,
            Err(_) => {
                self.refuse(account, provider::reason(hook, &request));
                return Answer::empty(REFUSED);
            }
        };
        match heard {
            Heard::Handshake(body) => {
                self.keeper.tally(vec![call(account, "handshake")]);
                Answer {
                    body,
                    ..Answer::empty(200)
                }
            }
            Heard::Events(events) => {
                let posted = events.into_iter().map(|event| Posted {
                    account: account.to_owned(),
                    event: event.id,
                    body: event.body,
                    received_at: request.at,
                });
                self.keep(hook, posted.collect()).await
            }
        }
    }

    async fn keep(&self, hook: &Hook, posted: Vec<Posted>) -> Answer {
        let name = &hook.account.name;
        match self.keeper.keep(posted, vec![call(name, "accepted")]).await {
            Ok(()) => accepted(hook.account.channel),
            Err(e) => {
                self.keeper.tally(vec![call(name, "not_kept")]);
                let wait = e.retry_after.map_or(30, |wait| wait.as_secs());
                Answer {
                    retry_after: Some(wait),
                    ..Answer::empty(if e.kind == Kind::Unavailable {
                        503
                    } else {
                        500
                    })
                }
            }
        }
    }

    /// The accounts and secrets of now.
    pub fn hooks(&self) -> Arc<Hooks> {
        Arc::clone(&self.hooks.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether an account exists, has a secret, or only the signature is wrong: all is answered alike.
const REFUSED: u16 = 403;

fn accepted(channel: ChannelKind) -> Answer {
    match channel {
        // Anything but TwiML would be an error to Twilio, and a text in it an answer by SMS.
        ChannelKind::Twilio => Answer {
            media_type: "text/xml",
            body: b"<Response/>".to_vec(),
            ..Answer::empty(200)
        },
        _ => Answer::empty(200),
    }
}

fn call(account: &str, label: &str) -> Count {
    Count {
        name: CALLS,
        account: account.to_owned(),
        label: label.to_owned(),
        by: 1,
    }
}
