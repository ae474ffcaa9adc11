//! The customer-service window of a pair: shown, enforced before anything leaves, and kept by what comes in.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::channel::whatsapp::webhook::{self, WindowNews};
use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::ops::App;
use crate::rules::window::{Window, window};
use crate::store::Pair;

use super::templates;

/// Whether a customer may be written to freely.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WindowReport {
    pub open: bool,
    /// Until when it is open, or since when it is closed; null if they never wrote, as far as is known here.
    pub until: Option<Timestamp>,
    /// Until when nothing is paid, because an advertisement brought them.
    pub free_until: Option<Timestamp>,
}

/// The window of an account's number and a customer as it is now; `None` for other channels.
pub fn of(app: &App, account: &Account, customer: &str) -> Result<Option<WindowReport>> {
    let Some(found) = state(app, account, customer)? else {
        return Ok(None);
    };
    Ok(Some(match found {
        Window::Open { until, free_until } => WindowReport {
            open: true,
            until: Some(until),
            free_until,
        },
        Window::Closed(since) => WindowReport {
            open: false,
            until: Some(since),
            free_until: None,
        },
        Window::NeverOpened => WindowReport {
            open: false,
            until: None,
            free_until: None,
        },
    }))
}

fn state(app: &App, account: &Account, customer: &str) -> Result<Option<Window>> {
    let Some(settings) = &account.whatsapp else {
        return Ok(None);
    };
    let pair = Pair {
        sender: &settings.phone_number_id,
        customer,
    };
    let ledger = app.store.window_of(pair)?;
    Ok(Some(window(&ledger, app.clock.now())))
}

/// Refuses what only goes while the window is open: everything but a template.
pub fn check(
    app: &App,
    account: &Account,
    (customer, payload): (&str, Option<&Value>),
) -> Result<()> {
    if payload.is_some_and(is_template) {
        return Ok(());
    }
    match state(app, account, customer)? {
        None | Some(Window::Open { .. }) => Ok(()),
        Some(closed) => Err(refusal(app, account, (customer, closed))?),
    }
}

fn is_template(payload: &Value) -> bool {
    payload.get("type").is_some_and(|kind| kind == "template")
}

/// The provider says that a window is closed: noted, and told as our own refusal is.
pub fn closed_by_provider(app: &App, account: &Account, customer: &str) -> Result<Error> {
    let Some(settings) = &account.whatsapp else {
        return Err(Error::internal("only WhatsApp has windows"));
    };
    let now = app.clock.now();
    let pair = Pair {
        sender: &settings.phone_number_id,
        customer,
    };
    app.store.close_window(pair, now)?;
    refusal(app, account, (customer, Window::Closed(now)))
}

fn refusal(app: &App, account: &Account, (customer, closed): (&str, Window)) -> Result<Error> {
    let words = match closed {
        Window::Closed(since) => format!(
            "`{customer}` may be written to freely for 24 hours after they wrote, and that ended at {since}: only an approved template goes now"
        ),
        _ => format!(
            "`{customer}` has not written to account `{}`, as far as is known here: only an approved template goes until they do",
            account.name
        ),
    };
    let hint = match templates::fitting(app, account)? {
        Some(template) => format!("run `{}`", template.command(customer)),
        None => format!(
            "see which templates the account has: `comms auth templates {}`",
            account.name
        ),
    };
    Ok(Error::refused(words).hint(hint))
}

/// Learns from an event whether someone wrote, or whether their window is closed.
pub fn note(app: &App, account: &Account, event: &[u8]) -> Result<()> {
    let Some(settings) = &account.whatsapp else {
        return Ok(());
    };
    let sender = settings.phone_number_id.as_str();
    match webhook::window(event, sender) {
        None => Ok(()),
        Some(WindowNews::Opened {
            customers,
            at,
            entry,
        }) => {
            for customer in &customers {
                app.store
                    .open_window(Pair { sender, customer }, (at, entry))?;
            }
            Ok(())
        }
        Some(WindowNews::Closed { customer, at }) => {
            let customer = customer.as_str();
            app.store.close_window(Pair { sender, customer }, at)
        }
    }
}
