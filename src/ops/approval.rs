//! Approving and rejecting what a rule holds: a person sees all of it, proves to be there, and it goes.

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::format::{html, mime, payload};
use crate::model::id::OutboxId;
use crate::model::outbox::State;
use crate::model::policy::Approval;
use crate::random;
use crate::rules::address::one_spelling;
use crate::store::outbox::Fingerprint;

use super::deliver;
use super::send::{ItemReport, SendReport, report_on};
use super::{App, Origin, drain, outbox};

/// A held item as a person has to see it before they approve it.
#[derive(Debug)]
pub struct Look {
    pub item: ItemReport,
    /// What the HTML says where that is not what the text says.
    pub html_says: Option<String>,
    /// What mail programs may fetch when they show the HTML, unasked, or that this can't be told.
    pub html_fetches: Vec<String>,
    /// What the message has beside its text, each with its place, where the text does not say it.
    pub beside: Vec<String>,
    /// For each recipient where it really goes, if its domain only looks like letters of ASCII, or may.
    pub looked_up: Vec<Option<String>>,
    id: OutboxId,
    seen: Fingerprint,
}

/// What the person has to give.
pub fn proof(app: &App) -> Approval {
    app.config.policy.approval
}

/// Gives all there is to see of a held item.
///
/// # Errors
/// `refused` unless a person asks; `usage` if it is not held.
pub fn look(app: &App, origin: Origin, id: OutboxId) -> Result<Look> {
    if origin != Origin::Person {
        return Err(Error::refused(format!(
            "only a person at a terminal approves: this is {}",
            match origin {
                Origin::Agent => "an agent",
                _ => "a script",
            }
        ))
        .hint(format!(
            "the person whose outbox this is runs `comms outbox approve {id}` at a terminal"
        ))
        .item(id));
    }
    // First the fingerprint: what changes while the rest is read no longer fits it.
    let seen = app.store.fingerprint(id)?;
    let item = outbox::show(app, id)?;
    if item.state != State::Held {
        return Err(
            Error::usage(format!("`{id}` is {}, not held", item.state.name()))
                .hint(match item.state {
                    State::Draft => format!("run `comms outbox retry {id}` to release it first"),
                    _ => format!("run `comms outbox show {id}`"),
                })
                .item(id),
        );
    }
    let raw = app.store.outbox_bytes(id)?;
    let body = mime::body(&raw);
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    let html_says = body.html.as_deref().map(html::to_text);
    let html_says =
        html_says.filter(|says| squeeze(says) != squeeze(body.text.as_deref().unwrap_or_default()));
    let text = item.rendered.as_ref().map(|r| r.text.as_str());
    let payload = payload::of(&raw);
    let looked_up = item.recipients.iter().map(|r| {
        let really = one_spelling(&r.email);
        (!r.email.is_ascii() && really != r.email.to_lowercase()).then_some(really)
    });
    Ok(Look {
        looked_up: looked_up.collect(),
        html_fetches: body.html.as_deref().map_or_else(Vec::new, |html| {
            let untold =
                || vec!["anything: it is too long, or nested too deep, to tell".to_owned()];
            html::fetched(html).unwrap_or_else(untold)
        }),
        beside: payload.map_or_else(Vec::new, |payload| {
            payload::beside(&payload, text.unwrap_or_default())
        }),
        html_says,
        item,
        id,
        seen,
    })
}

/// A code that nobody can know before it is shown.
pub fn code() -> Result<String> {
    let bytes = random::bytes::<CODE>()?;
    // 32 letters and digits, none like another: every byte gives each with the same chance.
    let signs = b"abcdefghijkmnpqrstuvwxyz23456789";
    Ok(bytes
        .iter()
        .map(|b| char::from(signs[usize::from(*b) % signs.len()]))
        .collect())
}

const CODE: usize = 5;

/// Whether there is a passphrase to ask for.
///
/// # Errors
/// `config` if there is no encrypted file.
pub fn has_passphrase(app: &App) -> Result<()> {
    match app.vault.file_entries()? {
        Some(_) => Ok(()),
        None => Err(no_file(app)),
    }
}

/// Why the passphrase proves less than it could.
pub fn weakness(app: &App) -> Option<&'static str> {
    let secrets = &app.config.secrets;
    if secrets.passphrase.is_some() {
        Some("COMMS_PASSPHRASE is set: every program of yours can read the passphrase there")
    } else if secrets.passphrase_command.is_some() {
        Some("`passphrase_command` is set: every program of yours can ask it for the passphrase")
    } else {
        None
    }
}

/// Checks that this passphrase, typed by a person, opens the encrypted secrets file.
pub fn check_passphrase(app: &App, typed: &SecretString) -> Result<()> {
    match app.vault.opens_with(typed)? {
        Some(true) => Ok(()),
        Some(false) => Err(Error::usage(
            "the passphrase is wrong: nothing was approved",
        )),
        None => Err(no_file(app)),
    }
}

fn no_file(app: &App) -> Error {
    Error::config(format!(
        "`approval = \"passphrase\"` needs the encrypted secrets file, and there is no `{}`",
        app.vault.file_path().display()
    ))
    .hint("make one with `comms auth move --all --to file`")
}

/// Releases what was seen and sends it, or lets it wait for its time.
pub async fn approve(app: &App, looks: &[Look]) -> Result<SendReport> {
    let now = app.clock.now();
    let mut approved = Vec::new();
    let mut warnings = Vec::new();
    for look in looks {
        match app.store.approve(look.id, &look.seen, now) {
            Ok(()) => approved.push(look.id),
            Err(e) if looks.len() > 1 => warnings.push(e.message),
            Err(e) => return Err(e),
        }
    }
    if approved.is_empty() {
        return Err(Error::usage(format!(
            "nothing was approved: {}",
            warnings.join("; ")
        )));
    }
    if app.config.read_only {
        warnings.push("approved, but nothing is sent while comms is read-only".to_owned());
        return report_on(app, &approved, warnings);
    }
    let owner = app.store.owner()?;
    let row = deliver::named(app, &approved, &owner, |item| {
        let due = item.next_at.is_none_or(|at| at <= now);
        // Another run may be quicker; it then sends it.
        Ok(due && app.store.claim(item.id, &owner, now)?)
    });
    warnings.extend(row.await?.warnings);
    report_on(app, &approved, warnings)
}

/// Puts a held item away for good, with a reason that whoever staged it can read.
pub fn reject(app: &App, origin: Origin, id: OutboxId, reason: Option<&str>) -> Result<ItemReport> {
    if origin == Origin::Agent {
        return Err(Error::refused("an agent may not reject what is held")
            .hint(format!(
                "to take back what an agent staged: comms outbox cancel {id}"
            ))
            .item(id));
    }
    drain::tidy(app)?;
    let words = match reason {
        Some(reason) => format!("rejected: {reason}"),
        None => "rejected".to_owned(),
    };
    app.store.reject(id, &words, app.clock.now())?;
    outbox::show(app, id)
}
