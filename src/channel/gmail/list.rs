//! Which messages there are, and their bytes: one, or many in batches.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Deserialize;

use crate::error::{Error, Kind, Result};
use crate::net::api::{Call, Fault, TOO_LARGE};
use crate::net::google::operations::gmail as op;
use crate::net::http::{Answer, Limits};

use super::Client;
use super::batch;
use super::message::{self, FIELDS, Fetched};

/// How many ids Gmail gives at once.
const PER_PAGE: &str = "500";

/// For one message: 35 MiB in base64, and then some.
const SINGLE: Limits = Limits {
    total: Duration::from_secs(300),
    largest: 100 << 20,
};

/// For many: what does not fit is asked for in smaller batches.
const BATCH: Limits = Limits {
    total: Duration::from_secs(300),
    largest: 32 << 20,
};

/// Which messages to list; the default is all but spam and trash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listing<'a> {
    /// Only what has all of these.
    pub labels: &'a [&'a str],
    /// In Gmail's own search language.
    pub q: Option<&'a str>,
    /// Spam and trash, too.
    pub everywhere: bool,
}

/// Ids, newest first.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Page {
    pub messages: Vec<Listed>,
    /// `None` on the last page.
    pub next_page_token: Option<String>,
    /// Of all pages together; Gmail's guess.
    pub result_size_estimate: u64,
}

/// A message in a list.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    pub id: String,
    #[serde(default)]
    pub thread_id: String,
}

impl Client {
    /// One page of ids, 500 at most.
    pub async fn list(&self, listing: Listing<'_>, page: Option<&str>) -> Result<Page> {
        let mut call = self
            .call(op::MESSAGES_LIST)
            .query("maxResults", PER_PAGE)
            .query(
                "fields",
                "messages(id,threadId),nextPageToken,resultSizeEstimate",
            )
            .maybe("q", listing.q)
            .maybe("pageToken", page);
        for label in listing.labels {
            call = call.query("labelIds", *label);
        }
        if listing.everywhere {
            call = call.query("includeSpamTrash", "true");
        }
        Ok(self.api.json(&call, "listing the messages").await?)
    }

    /// One message.
    pub async fn get(&self, id: &str) -> Fetched {
        match self.api.ask(&self.raw(id), GETTING).await {
            Ok(answer) => read(id, &answer.body),
            Err(fault) => failed(id, fault),
        }
    }

    /// Many messages in requests of [`batch::MOST`], an outcome for each in the order asked for.
    ///
    /// An error means that nothing was learnt: the login is refused, the network gone, the limit of the day reached.
    pub async fn get_many(&self, ids: &[&str]) -> Result<Vec<Fetched>> {
        let mut fetched = Vec::with_capacity(ids.len());
        let mut rest = ids;
        while !rest.is_empty() {
            let at_once = self.at_once.load(Ordering::Relaxed);
            let (share, later) = rest.split_at(at_once.min(rest.len()));
            fetched.extend(self.get_batch(share).await?);
            rest = later;
        }
        Ok(fetched)
    }

    /// Learns from an answer how many messages fit into one.
    fn learn(&self, count: usize, fitted: bool) {
        let at_once = match fitted {
            true => self.at_once.load(Ordering::Relaxed).max(count * 3 / 2),
            false => count / 2,
        };
        self.at_once
            .store(at_once.clamp(1, batch::MOST), Ordering::Relaxed);
    }

    /// Boxed because it halves what is too large and asks itself.
    fn get_batch<'a>(&'a self, ids: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Fetched>>> {
        Box::pin(async move {
            if let [id] = ids {
                return alone(self.get(id).await).map(|one| vec![one]);
            }
            let calls = ids.iter().map(|id| self.raw(id)).collect();
            let parts = match self.parts(calls, GETTING).await {
                Ok(parts) => parts,
                Err(fault) if fault.reason == TOO_LARGE => {
                    self.learn(ids.len(), false);
                    let (first, second) = ids.split_at(ids.len() / 2);
                    let mut fetched = self.get_batch(first).await?;
                    fetched.extend(self.get_batch(second).await?);
                    return Ok(fetched);
                }
                Err(fault) => return Err(fault.error),
            };
            self.learn(ids.len(), true);
            let mut fetched = Vec::with_capacity(ids.len());
            for (id, part) in ids.iter().zip(parts) {
                fetched.push(match part {
                    Ok(answer) => read(id, &answer.body),
                    Err(fault) => alone(failed(id, fault))?,
                });
            }
            Ok(fetched)
        })
    }

    /// Calls in one request, an answer for each. Only what failed and may go better is asked for again.
    pub(super) async fn parts(
        &self,
        calls: Vec<Call>,
        doing: &str,
    ) -> Result<Vec<Result<Answer, Fault>>, Fault> {
        let mut done: Vec<Option<Result<Answer, Fault>>> = calls.iter().map(|_| None).collect();
        let mut tries = 0;
        loop {
            let open: Vec<usize> = (0..calls.len())
                .filter(|i| !matches!(&done[*i], Some(Ok(_))))
                .filter(|i| !matches!(&done[*i], Some(Err(fault)) if !again(fault)))
                .collect();
            for (at, outcome) in open.iter().zip(self.round(&calls, &open, doing).await?) {
                done[*at] = Some(outcome);
            }
            let refused = open.iter().find(|i| status(&done[**i]) == 401);
            if let Some(at) = refused {
                // A call of its own renews the login.
                let answer = self.api.ask(&calls[*at], doing).await;
                if answer.as_ref().is_err_and(|fault| fault.status == 401) {
                    return answer.map(|_| Vec::new());
                }
                done[*at] = Some(answer);
            }
            tries += 1;
            let wait = open
                .iter()
                .filter_map(|i| done[*i].as_ref()?.as_ref().err())
                .filter(|fault| again(fault))
                .max_by_key(|fault| (fault.passes, fault.error.retry_after));
            match wait {
                Some(fault) if fault.status == 401 && tries < 3 => {}
                Some(fault) if self.api.patient(fault, tries).await => {}
                _ => break,
            }
        }
        Ok(done.into_iter().flatten().collect())
    }

    /// One request with those of the calls that are open.
    async fn round(
        &self,
        calls: &[Call],
        open: &[usize],
        doing: &str,
    ) -> Result<Vec<Result<Answer, Fault>>, Fault> {
        let mut requests = Vec::with_capacity(open.len());
        let mut units = 0;
        for at in open {
            let target = calls[*at].target().map_err(Fault::before)?;
            requests.push(("GET", target));
            units += calls[*at].cost();
        }
        let call = Call::new(op::BATCH)
            .units(units)
            .limits(BATCH)
            .bytes(batch::MEDIA_TYPE, batch::encode(&requests));
        let answer = self.api.ask(&call, doing).await?;
        let media_type = answer.headers.get("content-type");
        let media_type = media_type.and_then(|v| v.to_str().ok()).unwrap_or_default();
        let Some(parts) = batch::decode(media_type, &answer.body) else {
            let error = Error::unavailable(format!(
                "{doing}: Gmail answered a batch with something else"
            ))
            .hint("is a proxy or a login page of the network in between?");
            return Err(Fault::before(error));
        };
        let missing = || Fault {
            passes: true,
            may_have_left: true,
            ..Fault::before(Error::unavailable(format!("{doing}: no answer came")))
        };
        let mut outcomes = Vec::with_capacity(open.len());
        for _ in open {
            outcomes.push(Err(missing()));
        }
        for part in parts {
            let Some(outcome) = outcomes.get_mut(part.number) else {
                continue;
            };
            let part = answer.within(part.status, part.headers, part.body);
            *outcome = match self.api.read(&part, doing) {
                None => Ok(part),
                Some(fault) => Err(fault),
            };
        }
        Ok(outcomes)
    }

    fn raw(&self, id: &str) -> Call {
        self.call(op::MESSAGES_GET)
            .at("id", id)
            .query("format", "raw")
            .query("fields", FIELDS)
            .limits(SINGLE)
    }
}

const GETTING: &str = "fetching messages";

/// Whether asking again may help: for what passes by itself, or after the login is renewed.
fn again(fault: &Fault) -> bool {
    fault.passes || fault.status == 401
}

fn status(outcome: &Option<Result<Answer, Fault>>) -> u16 {
    match outcome {
        Some(Err(fault)) => fault.status,
        _ => 0,
    }
}

fn read(id: &str, json: &[u8]) -> Fetched {
    match message::read(json) {
        Ok(message) if message.id == id => Fetched::Message(message),
        Ok(_) => Fetched::Failed(
            id.to_owned(),
            Error::unavailable("Gmail answered with another message"),
        ),
        Err(e) => Fetched::Failed(id.to_owned(), e),
    }
}

fn failed(id: &str, fault: Fault) -> Fetched {
    match fault.status {
        404 | 410 => Fetched::Gone(id.to_owned()),
        _ => Fetched::Failed(id.to_owned(), fault.error),
    }
}

/// What is no fault of the one message is an error: the login, the network, a limit.
fn alone(fetched: Fetched) -> Result<Fetched> {
    match fetched {
        Fetched::Failed(_, e) if matches!(e.kind, Kind::Auth | Kind::Config) => Err(e),
        other => Ok(other),
    }
}
