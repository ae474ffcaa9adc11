//! One condition, one thread, and no more than one message in a while: `--thread-key` and `--once-per`.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{SendReport, SendRequest, letter};
use crate::error::{Error, Result};
use crate::format::compose;
use crate::ops::{App, Origin};
use crate::rules::route;
use crate::store::{Once, Repeats};

/// A send that was counted instead, for it repeats another.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Suppressed {
    pub key: String,
    /// When the one was staged that it repeats.
    pub since: Timestamp,
    /// Repeats so far, this one among them; the next message tells of them.
    pub count: u64,
    /// From when on the next one goes.
    pub until: Timestamp,
}

/// The key whose repeats are counted, and for how long; checks what was asked for.
pub fn once(origin: Origin, request: &SendRequest) -> Result<Option<Once>> {
    if let Some(key) = &request.thread_key {
        check_key("thread key", key)?;
    }
    let Some(per) = request.once_per else {
        return Ok(None);
    };
    if per.is_zero() {
        return Err(Error::usage("--once-per 0 suppresses nothing").hint("leave it out"));
    }
    let key = request.thread_key.as_ref().or(request.key.as_ref());
    let key = key.ok_or_else(|| {
        Error::usage("--once-per needs to know what repeats what")
            .hint("name the condition: --thread-key disk-full")
    })?;
    Ok(Some(Once {
        key: key.clone(),
        per,
        of_agent: origin == Origin::Agent,
    }))
}

/// An empty key is most often a variable of a script that was not set: all its messages would be one.
pub fn check_key(what: &str, key: &str) -> Result<()> {
    compose::refuse_controls(what, key)?;
    match key.trim().is_empty() {
        true => Err(Error::usage(format!("the {what} is empty"))
            .hint("leave it out, or say what tells this message from others")),
        false => Ok(()),
    }
}

/// The same for a row of a file: each recipient has messages and repeats of their own.
pub fn once_for(once: &Once, request: &SendRequest) -> Result<Once> {
    // A typed key holds no control characters.
    Ok(Once {
        key: format!("row\u{1f}{}\u{1f}{}", once.key, people(request)?),
        ..once.clone()
    })
}

/// Who a thread is with: another circle is another thread.
pub fn people(request: &SendRequest) -> Result<String> {
    let targets = route::targets(&request.to)?;
    let people = targets.people.iter().map(|a| a.email.to_lowercase());
    let rooms = targets.rooms.iter().map(|room| format!("{room:?}"));
    let mut all: Vec<String> = people.chain(rooms).collect();
    all.sort();
    all.dedup();
    Ok(all.join(","))
}

/// The thread that the key stands for, as far as it has begun.
pub fn thread(app: &App, request: &SendRequest) -> Result<letter::Thread> {
    let Some(key) = &request.thread_key else {
        return Ok(letter::Thread::default());
    };
    let root = app.store.thread_root(key, &people(request)?)?;
    Ok(letter::Thread {
        in_reply_to: root.iter().cloned().collect(),
        references: root.into_iter().collect(),
        ..letter::Thread::default()
    })
}

/// The request with a line about the repeats that were counted since the last message, if this one is to go.
pub fn with_count(app: &App, request: &SendRequest, once: &Once) -> Result<Option<SendRequest>> {
    let Some(repeats) = app.store.repeats(once)?.filter(|r| r.count > 0) else {
        return Ok(None);
    };
    if until(&repeats, once.per) > app.clock.now() {
        return Ok(None);
    }
    let since = repeats.since.to_zoned(app.clock.zone().clone());
    let line = format!(
        "({} more of this since {} {} not sent)",
        repeats.count,
        since.strftime("%Y-%m-%d %H:%M %Z"),
        if repeats.count == 1 { "was" } else { "were" }
    );
    let mut request = request.clone();
    let text = request.text.trim_end().len();
    request.text.truncate(text);
    if !request.text.is_empty() {
        request.text.push_str("\n\n");
    }
    request.text.push_str(&line);
    request.text.push('\n');
    if let Some(html) = &mut request.html {
        html.push_str(&format!("<p>{line}</p>\n"));
    }
    Ok(Some(request))
}

/// What is told of a send that was counted.
pub fn report(once: &Once, repeats: &Repeats, warnings: Vec<String>) -> SendReport {
    SendReport {
        suppressed: Some(Suppressed {
            key: once.key.clone(),
            since: repeats.since,
            count: repeats.count,
            until: until(repeats, once.per),
        }),
        warnings,
        ..SendReport::default()
    }
}

fn until(repeats: &Repeats, per: Duration) -> Timestamp {
    repeats.since.checked_add(per).unwrap_or(Timestamp::MAX)
}
