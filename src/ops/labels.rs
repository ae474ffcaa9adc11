//! `inbox labels`: which labels an account has at its provider; making, renaming and deleting them there.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::account::{Account, ChannelKind};

use super::App;
use super::sync::gmail;

pub use super::sync::gmail::Naming;

/// Whose labels, and what to do with one.
#[derive(Clone, Debug, Default)]
pub struct LabelsRequest {
    /// May be left out where only one account has labels.
    pub account: Option<String>,
    pub naming: Option<Naming>,
}

/// The labels as they are now. `comms.labels/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LabelsReport {
    pub labels: Vec<LabelRow>,
}

/// A label that messages can be given.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LabelRow {
    pub account: String,
    /// As `label:` finds it and `inbox mark --label` gives it.
    pub name: String,
    /// Made by the account's owner; the others are the provider's.
    pub own: bool,
}

/// Lists labels, after a change if one is asked for.
pub async fn labels(app: &App, request: &LabelsRequest) -> Result<LabelsReport> {
    let mut labels = Vec::new();
    for account in accounts(app, request)? {
        let names = gmail::label_names(app, account, request.naming.as_ref()).await?;
        labels.extend(names.into_iter().map(|(name, own)| LabelRow {
            account: account.name.clone(),
            name,
            own,
        }));
    }
    Ok(LabelsReport { labels })
}

fn accounts<'a>(app: &'a App, request: &LabelsRequest) -> Result<Vec<&'a Account>> {
    if let Some(name) = &request.account {
        let account = app.config.account(name)?;
        if account.channel != ChannelKind::Gmail {
            return Err(Error::usage(format!(
                "account `{name}` keeps no list of labels: a label is there as soon as a message has it"
            ))
            .hint("`comms inbox mark ID --label NAME` gives one"));
        }
        return Ok(vec![account]);
    }
    let all = app.config.accounts.iter();
    let all: Vec<&Account> = all.filter(|a| a.channel == ChannelKind::Gmail).collect();
    match all.len() {
        0 => Err(Error::config("no account keeps a list of labels")
            .hint("accounts of the channel gmail do: `comms auth add`")),
        2.. if request.naming.is_some() => {
            Err(Error::usage("several accounts have labels").hint("name one: --account NAME"))
        }
        _ => Ok(all),
    }
}
