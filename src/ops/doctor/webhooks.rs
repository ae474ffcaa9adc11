//! What providers post: whether it can be proven, and whether it is worked on.

use jiff::SignedDuration;

use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::model::secret::Part;
use crate::net::off_thread;
use crate::ops::receive::hooks;
use crate::ops::{App, webhooks};

use super::DoctorReport;

/// Whoever serves works on an event at once.
const LATE: SignedDuration = SignedDuration::from_mins(1);

/// Says nothing where nobody calls.
pub async fn check_webhook(app: &App, account: &Account, report: &mut DoctorReport) {
    if !account.channel.calls_back() {
        return;
    }
    let name = format!("{}: webhook", account.name);
    let part = hooks::signing_part(account);
    let source = off_thread(&app.vault, account, move |vault, account| {
        vault.source(account, part)
    });
    let flag = match part {
        Part::WebhookSecret => " --part webhook-secret",
        _ => "",
    };
    match source.await {
        Ok(Some(source)) => report.ok(
            name,
            format!(
                "calls to {} are proven by the secret from {source}",
                hooks::address(app, app.config.serve.listen, account)
            ),
        ),
        Ok(None) => report.note(
            name,
            hooks::lacks(account),
            format!("`comms auth login {}{flag}` stores it", account.name),
        ),
        Err(e) => report.fault(name, &e),
    }
}

/// How the hooks of the config do.
pub async fn check_hooks(app: &App, report: &mut DoctorReport) -> Result<()> {
    for hook in webhooks::list(app).await?.hooks {
        let name = format!("hook {}", hook.name);
        let error = hook.error.unwrap_or_default();
        match hook.state {
            "disabled" => report.fault(
                name,
                &Error::refused(format!("it is told nothing more: {error}")).hint(format!(
                    "`comms auth hook enable {}` takes it up again",
                    hook.name
                )),
            ),
            "failing" => report.note(
                name,
                format!("it takes nothing: {error}"),
                format!("`comms auth hook show {}` lists the deliveries", hook.name),
            ),
            "no secret" => report.fault(
                name,
                &Error::auth("it has no secret, so nothing is delivered")
                    .hint(format!("`comms auth hook add {}` makes one", hook.name)),
            ),
            _ => report.ok(
                name,
                format!(
                    "{} waiting, {} delivered lately",
                    hook.waiting, hook.delivered
                ),
            ),
        }
    }
    Ok(())
}

/// Says nothing where nothing waits.
pub fn check_events(app: &App, report: &mut DoctorReport) -> Result<()> {
    let backlog = app.store.event_backlog()?;
    let now = app.clock.now();
    if let Some((account, why)) = &backlog.error {
        let words = format!(
            "{} that providers posted can't be worked on, and {} kept; the last is of account `{account}`: {why}",
            events(backlog.failing),
            if backlog.failing == 1 { "is" } else { "are" },
        );
        let error = Error::internal(words);
        report.fault(
            "events",
            &error.hint(
                "run `comms inbox sync` to try again; a newer comms may read what this one can't",
            ),
        );
    } else if backlog
        .oldest
        .is_some_and(|at| now.duration_since(at) > LATE)
    {
        report.note(
            "events",
            format!(
                "{} that providers posted wait for their work",
                events(backlog.waiting)
            ),
            "`comms inbox sync` does it once, `comms serve` all the time",
        );
    }
    Ok(())
}

fn events(n: u64) -> String {
    match n {
        1 => "1 event".to_owned(),
        n => format!("{n} events"),
    }
}
