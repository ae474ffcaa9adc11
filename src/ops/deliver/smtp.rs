//! One attempt through SMTP: a connection kept or opened, a transaction for each share of the recipients.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Doubt, Run, TIMEOUT, told};
use crate::channel::smtp::{BATCH, Client, Credentials, Envelope, INTERRUPTED};
use crate::error::{Kind, Result};
use crate::model::account::{Account, AuthMethod};
use crate::model::outbox::{Attempt, Trial};
use crate::net::tls;
use crate::ops::hook;
use crate::ops::throttle::{self, News};
use crate::ops::{App, Progress, token};

impl Run<'_> {
    /// A connection that is logged in; `None` if there is none to be had, which is written down.
    async fn connect(&mut self, account: &Account) -> Result<Option<Client>> {
        let timeout = self.delivery.timeout.unwrap_or(TIMEOUT);
        let began = Instant::now();
        let opened = async {
            let mut credentials = credentials(self.app, account).await?;
            open(self.app, account, &mut credentials, timeout).await
        };
        let e = match opened.await {
            Ok(client) => {
                hook::login(self.app, (account, "smtp"), None)?;
                return Ok(Some(client));
            }
            Err(e) => e,
        };
        if !self.delivery.by_hand {
            hook::login(self.app, (account, "smtp"), Some(&e))?;
        }
        // A circuit counts what may pass; a login that is refused again and again gets an account locked.
        if e.kind != Kind::Unavailable || self.app.config.outbox.circuit_after == 0 {
            self.delivery.lines.note_down(&account.name);
        }
        self.learn(account, self.fair(News::of_opening(&e), began))?;
        if matches!(e.kind, Kind::Auth | Kind::Config) && self.move_over(&told(&e))? {
            return Ok(None);
        }
        self.nothing_left(e)?;
        Ok(None)
    }

    /// Tells how far it is, where it takes more than one transaction.
    fn show(&self, rest: usize, all: usize) {
        if all > BATCH {
            (self.app.progress)(&Progress {
                stage: format!("sending {}", self.item.id),
                done: (all - rest) as u64,
                total: Some(all as u64),
            });
        }
    }

    pub(super) async fn through_smtp(&mut self, account: &Account) -> Result<()> {
        let kept = self.delivery.lines.take(&account.name);
        let mut was_kept = kept.is_some();
        let client = match kept {
            Some(client) => Some(client),
            None => self.connect(account).await?,
        };
        let Some(mut client) = client else {
            return Ok(());
        };
        let raw = self.app.store.outbox_bytes(self.item.id)?;
        let waiting = self.waiting();
        let mut rest = waiting.as_slice();
        while !rest.is_empty() {
            self.show(rest.len(), waiting.len());
            let Some(share) = self.next_share(account, rest.len())? else {
                break;
            };
            let (batch, later) = rest.split_at(rest.len().min(share.parts as usize));
            rest = later;
            if !self.begin(batch)? {
                throttle::unused(self.app, &share)?;
                break;
            }
            client.renew();
            let began = Instant::now();
            self.under_way = batch.to_vec();
            let peer = account.smtp.as_ref().map_or("", |e| e.host.as_str());
            let slow = || {
                (self.app.notice)(&format!(
                    "`{}` has all of `{}`; waiting for it to say that it took it (up to 10 minutes)",
                    peer, self.item.id
                ))
            };
            let emails: Vec<&str> = batch
                .iter()
                .map(|n| self.item.recipients[*n].email.as_str())
                .collect();
            let left = Arc::clone(&self.left);
            let envelope = Envelope {
                from: &self.item.sender,
                recipients: &emails,
                raw: &raw,
                slow: &slow,
                left: &left,
            };
            let mut trial = client.send(&envelope).await;
            let answered = left.load(Ordering::Relaxed);
            if std::mem::take(&mut was_kept) && !answered && is_stale(&client, &trial) {
                // The server had hung up since the last item, or takes no more on one connection.
                match self.connect(account).await? {
                    Some(fresh) => client = fresh,
                    None => return throttle::unused(self.app, &share),
                }
                trial = client.send(&envelope).await;
            }
            self.under_way.clear();
            self.left.store(false, Ordering::Relaxed);
            let interrupted =
                matches!(&trial.attempt, Attempt::Unknown(why) if why.contains(INTERRUPTED));
            let news = match &trial.attempt {
                _ if interrupted => News::Unasked,
                Attempt::NotSent(..) => self.fair(News::of_trial(&trial), began),
                _ => News::of_trial(&trial),
            };
            self.record(batch, &trial.answers)?;
            self.answered += batch.len();
            // The answers are written down; what else is learned of it must not stand in their way.
            let learned =
                throttle::spent(self.app, &share).and_then(|()| self.learn(account, news));
            if let Err(e) = learned {
                (self.app.notice)(&format!("account `{}`: {}", account.name, e.message));
            }
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
                Attempt::Unknown(why) => {
                    self.unknown = Some(Doubt { why, interrupted });
                }
            }
            if !client.is_usable() {
                break;
            }
        }
        self.show(0, waiting.len());
        if client.is_usable() {
            self.delivery.lines.keep(&account.name, client);
        }
        Ok(())
    }

    /// That a provider did not answer within a time shorter than usual is no news of it.
    fn fair<'n>(&self, news: News<'n>, began: Instant) -> News<'n> {
        let hurried = |t: Duration| t < TIMEOUT && began.elapsed() >= t;
        match news {
            News::Failed(_) if self.delivery.timeout.is_some_and(hurried) => News::Unasked,
            other => other,
        }
    }
}

/// Whether a connection was no longer good for a message, of which certainly nothing arrived.
fn is_stale(client: &Client, trial: &Trial) -> bool {
    let passes = matches!(&trial.attempt, Attempt::NotSent(e, _) if e.kind == Kind::Unavailable);
    passes && !client.is_usable()
}

/// TLS and the secret of an account, as far as it needs them.
pub async fn credentials(app: &App, account: &Account) -> Result<Credentials> {
    let tls = tls::of_account(account).await?;
    let secret = match account.auth {
        AuthMethod::None => None,
        _ => Some(token::secret(app, account).await?.secret),
    };
    Ok(Credentials {
        tls,
        secret,
        read_only: app.config.read_only,
    })
}

/// Connects and logs in; a token that is refused although it looked good is renewed once.
async fn open(
    app: &App,
    account: &Account,
    credentials: &mut Credentials,
    timeout: Duration,
) -> Result<Client> {
    let refused = match Client::open(account, credentials, timeout).await {
        Err(e) if e.kind == Kind::Auth => e,
        other => return other,
    };
    let Some(secret) = &credentials.secret else {
        return Err(refused);
    };
    match token::renewed(app, account, secret).await? {
        Some(secret) => {
            credentials.secret = Some(secret);
            let opened = Client::open(account, credentials, timeout).await;
            opened.map_err(|e| token::explained(app, account, e))
        }
        None => Err(refused),
    }
}
