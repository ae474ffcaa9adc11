//! What was typed and none of the recipients could make use of: refused, for who typed it counts on it.

use crate::error::{Error, Result};
use crate::ops::App;
use crate::rules::route;

use super::{SendRequest, rooms};

/// Refuses what only mail has, and an account that sends none of it, where it goes into rooms alone.
///
/// # Errors
/// `usage`, with the flag.
pub fn refuse(app: &App, typed: &SendRequest) -> Result<()> {
    let targets = route::targets(&typed.to)?;
    if !targets.people.is_empty() {
        return Ok(());
    }
    let places = rooms::places(app, typed, &targets.rooms)?;
    let accounts: Vec<&str> = places.iter().map(|p| p.account.as_str()).collect();
    in_rooms(app, typed, &accounts)
}

/// The same for a message into the rooms of these accounts.
pub fn in_rooms(app: &App, typed: &SendRequest, accounts: &[&str]) -> Result<()> {
    if accounts.is_empty() || !typed.cc.is_empty() || !typed.bcc.is_empty() {
        return Ok(());
    }
    let no_mail = |flag: &str| Error::usage(format!("{flag} is for mail, and none of this is"));
    if !typed.reply_to.is_empty() {
        return Err(no_mail("--reply-to")
            .hint("leave it out: answers come back to the account that it leaves by"));
    }
    if typed.html.is_some() && !typed.text.trim().is_empty() {
        return Err(no_mail("--html")
            .hint("leave it out, or leave the text out: then it is made from the HTML"));
    }
    let Some(asked) = &typed.from else {
        return Ok(());
    };
    let account = route::account_named(&app.config.accounts, asked)?;
    if accounts.contains(&account.name.as_str()) {
        return Ok(());
    }
    let by: Vec<_> = accounts.iter().map(|a| format!("`{a}`")).collect();
    Err(Error::usage(format!(
        "--from `{}` sends none of this: it leaves by {}",
        account.name,
        by.join(", ")
    ))
    .hint("leave it out"))
}
