//! `search --remote`: the query goes to the provider as it is, and what it finds comes into the store.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use crate::error::{Error, Result};
use crate::model::account::{Account, ChannelKind};
use crate::ops::App;
use crate::ops::sync;

use super::{Mode, SearchReport, SearchRequest};

/// Where counting means fetching, it ends here.
const MOST_COUNTED: usize = 1000;

/// Finds messages where they are, each provider within this time; an error only if no account could be asked.
pub async fn remote(app: &App, request: &SearchRequest, time: Duration) -> Result<SearchReport> {
    let (accounts, q) = accounts(app, &request.query)?;
    let most = request.limit.unwrap_or(usize::MAX);
    let asked = accounts.iter().map(|account| {
        let most = match (request.mode, account.channel) {
            // Gmail tells how many there are.
            (Mode::Count, ChannelKind::Gmail) => 1,
            (Mode::Count, _) => MOST_COUNTED,
            _ => most,
        };
        in_time(time, sync::find(app, account, (&q, most)))
    });
    let mut report = SearchReport {
        query: request.query.clone(),
        explained: None,
        messages: Vec::new(),
        next: None,
        total: None,
        warnings: Vec::new(),
    };
    let mut errors: Vec<Error> = Vec::new();
    let mut total = 0;
    for (account, found) in accounts.iter().zip(join_all(asked).await) {
        match found {
            Ok(found) => {
                total += found.estimate;
                if found.in_new_rooms > 0 && request.mode != Mode::Count {
                    report.warnings.push(format!(
                        "{} more were found where account `{}` was never synced: run `comms inbox sync` first",
                        found.in_new_rooms, account.name
                    ));
                }
                report.messages.extend(app.store.envelopes(&found.ids)?);
            }
            Err(e) => {
                let words = format!("account `{}` was not searched: {}", account.name, e.message);
                report.warnings.push(words);
                errors.push(e);
            }
        }
    }
    if errors.len() == accounts.len() {
        let first = errors.into_iter().next();
        return Err(first.unwrap_or_else(|| Error::config("there is no account to search")));
    }
    if request.mode == Mode::Count {
        report.messages.clear();
        report.total = Some(total);
        return Ok(report);
    }
    if accounts.len() > 1 {
        let newest = |m: &crate::model::message::Envelope| std::cmp::Reverse(m.received_at);
        report.messages.sort_by_key(newest);
    }
    report.messages.truncate(most);
    Ok(report)
}

async fn in_time<T>(time: Duration, asked: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(time, asked).await.unwrap_or_else(|_| {
        let words = format!(
            "its provider was not through within {} s",
            time.as_secs_f32()
        );
        Err(Error::unavailable(words).hint("give it more time with --timeout"))
    })
}

/// The accounts that can be searched where they are, or those that `account:` names; the query without these words.
fn accounts<'a>(app: &'a App, query: &str) -> Result<(Vec<&'a Account>, String)> {
    let mut named = Vec::new();
    let mut words = Vec::new();
    for word in query.split(' ') {
        match word.strip_prefix("account:") {
            Some(name) if !name.is_empty() => named.push(name.to_owned()),
            _ => words.push(word),
        }
    }
    let q = words.join(" ").trim().to_owned();
    let searches = |account: &&Account| {
        matches!(
            account.channel,
            ChannelKind::Gmail | ChannelKind::GoogleChat | ChannelKind::Slack
        )
    };
    if named.is_empty() {
        let all: Vec<&Account> = app.config.accounts.iter().filter(searches).collect();
        if all.is_empty() {
            return Err(Error::config("no account can be searched at its provider")
                .hint("leave out --remote: the store is searched"));
        }
        return Ok((all, q));
    }
    let mut accounts = Vec::new();
    for name in named {
        let account = app.config.account(&name)?;
        if !searches(&account) {
            return Err(Error::usage(format!(
                "account `{name}` can't be searched at its provider"
            ))
            .hint("leave out --remote: the store is searched"));
        }
        accounts.push(account);
    }
    Ok((accounts, q))
}
