//! One attempt of one outbox item: out through its account, every answer written down, then the copy in Sent.

use std::time::Duration;

use crate::channel::maildir;
use crate::channel::smtp::{BATCH, Client, Credentials, Envelope};
use crate::error::{Context, Error, Kind, Result};
use crate::model::account::{Account, AuthMethod};
use crate::model::id::OutboxId;
use crate::model::message::{Flags, Role};
use crate::model::outbox::{Answer, Attempt, RecipientState, State};
use crate::net::tls;
use crate::rules::retry;
use crate::secret;
use crate::store::Owner;
use crate::store::outbox::{Ending, Item};

use super::{App, Progress, scan, sync};

/// What lies before the point of no return may take so long.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Under which terms an item is delivered.
pub struct Delivery<'a> {
    /// Holds the item's lease.
    pub owner: &'a Owner,
    pub timeout: Option<Duration>,
    /// Whether what certainly did not leave is kept for another try.
    pub keep: bool,
}

/// Makes one attempt of an item this owner claimed. Gives warnings; the outcome is in the store.
pub async fn deliver(app: &App, id: OutboxId, delivery: &Delivery<'_>) -> Result<Vec<String>> {
    let item = app.store.outbox_item(id)?;
    let mut run = Run {
        app,
        item: &item,
        delivery,
        accepted: None,
        failed: None,
        unknown: None,
    };
    let done = match app.config.account(&item.account) {
        Ok(account) if account.built_in => run.locally(account),
        Ok(account) => run.through_smtp(account).await,
        Err(e) => run.nothing_left(e),
    };
    done?;
    let state = run.settle()?;
    let mut warnings = Vec::new();
    if state == State::Sent && item.file_copy && item.filed_at.is_none() {
        warnings.extend(file(app, id).await);
    }
    Ok(warnings)
}

/// Files the copy of an accepted item; a warning if that did not work, which leaves it to the next run.
pub async fn file(app: &App, id: OutboxId) -> Option<String> {
    let filed = async {
        let item = app.store.outbox_item(id)?;
        let account = app.config.account(&item.account)?;
        let raw = app.store.outbox_bytes(id)?;
        sync::file_copy(app, account, Role::Sent, &raw).await?;
        app.store.mark_filed(id, app.clock.now())
    };
    match filed.await {
        Ok(()) => None,
        Err(e) => Some(format!(
            "`{id}` was sent, but its copy is not in Sent yet: {}",
            e.message
        )),
    }
}

struct Run<'a> {
    app: &'a App,
    item: &'a Item,
    delivery: &'a Delivery<'a>,
    accepted: Option<String>,
    failed: Option<(Error, Option<Duration>)>,
    unknown: Option<String>,
}

impl Run<'_> {
    /// Numbers of the recipients that certainly got nothing yet.
    fn waiting(&self) -> Vec<usize> {
        let recipients = self.item.recipients.iter().enumerate();
        recipients
            .filter(|(_, r)| r.state == RecipientState::Waiting)
            .map(|(n, _)| n)
            .collect()
    }

    /// Into the built-in Maildir; its rename is the point of no return.
    fn locally(&mut self, account: &Account) -> Result<()> {
        let waiting = self.waiting();
        let raw = self.app.store.outbox_bytes(self.item.id)?;
        if !self.begin(&waiting)? {
            return Ok(());
        }
        let root = account
            .path
            .clone()
            .unwrap_or_else(|| self.app.config.local_maildir());
        match maildir::deliver(&root, "INBOX", &raw, Flags::default()) {
            Ok(_) => {
                let words = "delivered to the local Maildir".to_owned();
                self.record(
                    &waiting,
                    vec![answer(RecipientState::Sent, &words); waiting.len()],
                )?;
                self.accepted = Some(words);
                // It is delivered; that it shows at once is a courtesy.
                let _ = scan::scan(self.app, account);
            }
            Err(e) => {
                self.record(
                    &waiting,
                    vec![answer(RecipientState::Failed, &told(&e)); waiting.len()],
                )?;
                self.failed = Some((e, None));
            }
        }
        Ok(())
    }

    async fn through_smtp(&mut self, account: &Account) -> Result<()> {
        let timeout = self.delivery.timeout.unwrap_or(TIMEOUT);
        let opened = async {
            let credentials = credentials(self.app, account).await?;
            Client::open(account, &credentials, timeout).await
        };
        let mut client = match opened.await {
            Ok(client) => client,
            Err(e) => return self.nothing_left(e),
        };
        let raw = self.app.store.outbox_bytes(self.item.id)?;
        let waiting = self.waiting();
        for (n, batch) in waiting.chunks(BATCH).enumerate() {
            (self.app.progress)(&Progress {
                stage: format!("sending {}", self.item.id),
                done: (n * BATCH) as u64,
                total: Some(waiting.len() as u64),
            });
            if !self.begin(batch)? {
                break;
            }
            client.renew();
            let emails: Vec<&str> = batch
                .iter()
                .map(|n| self.item.recipients[*n].email.as_str())
                .collect();
            let trial = client
                .send(&Envelope {
                    from: &self.item.sender,
                    recipients: &emails,
                    raw: &raw,
                })
                .await;
            self.record(batch, trial.answers)?;
            match trial.attempt {
                Attempt::Accepted(words) => self.accepted = Some(words),
                Attempt::NotSent(e, after) => {
                    // What may pass is worth more than what is final: it decides about another try.
                    if self
                        .failed
                        .as_ref()
                        .is_none_or(|(old, _)| old.kind != Kind::Unavailable)
                    {
                        self.failed = Some((e, after));
                    }
                }
                Attempt::Unknown(why) => self.unknown = Some(why),
            }
            if !client.is_usable() {
                break;
            }
        }
        client.quit().await;
        Ok(())
    }

    fn begin(&self, batch: &[usize]) -> Result<bool> {
        self.app
            .store
            .begin_sending(self.item.id, self.delivery.owner, batch)
    }

    fn record(&self, batch: &[usize], answers: Vec<Answer>) -> Result<()> {
        let answers: Vec<_> = batch.iter().copied().zip(answers).collect();
        self.app.store.record_answers(self.item.id, &answers)
    }

    /// A fault before anything left: all who wait share it.
    fn nothing_left(&mut self, e: Error) -> Result<()> {
        let state = if e.kind == Kind::Unavailable {
            RecipientState::Waiting
        } else {
            RecipientState::Failed
        };
        let waiting = self.waiting();
        self.record(&waiting, vec![answer(state, &told(&e)); waiting.len()])?;
        let after = e.retry_after;
        self.failed = Some((e, after));
        Ok(())
    }

    fn settle(&self) -> Result<State> {
        let app = self.app;
        let now = app.clock.now();
        let asked = self.failed.as_ref().and_then(|(_, after)| *after);
        let age = now
            .duration_since(self.item.created_at)
            .try_into()
            .unwrap_or_default();
        let wait =
            retry::wait(self.item.tries + 1, age, asked, chance()).filter(|_| self.delivery.keep);
        let mut ending = Ending {
            next_at: wait.and_then(|w| now.checked_add(w).ok()),
            ..Ending::default()
        };
        (ending.outcome, ending.words) = match (&self.unknown, &self.accepted, &self.failed) {
            (Some(why), _, _) => ("unknown".to_owned(), why.clone()),
            (None, Some(words), _) => ("accepted".to_owned(), words.clone()),
            (None, None, Some((e, _))) => ("not sent".to_owned(), told(e)),
            (None, None, None) => (
                "not sent".to_owned(),
                "another process took it over".to_owned(),
            ),
        };
        if let Some(why) = &self.unknown {
            ending.error_code = Some(Kind::Unconfirmed.code().to_owned());
            ending.error = Some(why.clone());
            ending.hint = Some(format!(
                "find out whether it arrived, then run `comms outbox resolve {0} --sent` or `comms outbox resolve {0} --not-sent`",
                self.item.id
            ));
        } else if let Some((e, _)) = &self.failed {
            ending.error_code = Some(e.kind.code().to_owned());
            ending.error = Some(told(e));
            ending.hint = e.hint.clone();
        }
        let lost = self.unknown.is_none() && self.accepted.is_none() && self.failed.is_none();
        if lost {
            return Ok(app.store.outbox_item(self.item.id)?.state);
        }
        app.store.settle(self.item.id, &ending, now)
    }
}

/// TLS and the secret of an account, as far as it needs them. Off the runtime's thread: a password manager may take its time.
pub async fn credentials(app: &App, account: &Account) -> Result<Credentials> {
    let read_only = app.config.read_only;
    let account = account.clone();
    let found = tokio::task::spawn_blocking(move || {
        let secret = match account.auth {
            AuthMethod::None => None,
            _ => Some(secret::find(&account)?.0),
        };
        Ok::<_, Error>(Credentials {
            tls: tls::client_config(account.ca_file.as_deref())?,
            secret,
            read_only,
        })
    });
    found
        .await
        .context(Kind::Internal, "asking for the secret")?
}

fn answer(state: RecipientState, words: &str) -> Answer {
    Answer {
        state,
        code: None,
        words: words.to_owned(),
    }
}

/// An error with its causes in one line.
fn told(e: &Error) -> String {
    let causes = e.causes();
    std::iter::once(e.message.clone())
        .chain(causes)
        .collect::<Vec<_>>()
        .join(": ")
}

/// A number in 0..1; its quality matters little.
fn chance() -> f64 {
    let mut bytes = [0u8; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
