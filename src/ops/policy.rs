//! What this process may do: who it is taken for and why, what becomes of what it sends, and from where.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Result;
use crate::model::account::{Account, ChannelKind};
use crate::model::policy::{Act, Approval, Rules};

use super::{App, Origin, gate};

/// What holds for this process now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PolicyReport {
    /// Who it is taken for.
    pub origin: Origin,
    /// Why: the variable, or the terminals.
    pub because: String,
    /// What becomes of a message to someone of whom no rule speaks.
    pub send: Becomes,
    /// The rule that decides it; null where nothing stands in the way.
    pub rule: Option<String>,
    /// What that means for who sends, in a sentence.
    pub means: String,
    /// When the quiet time ends.
    pub until: Option<Timestamp>,
    /// Recipients left of `max_per_hour`; null without a cap.
    pub left_this_hour: Option<u32>,
    /// Whether it may let go what is held; only a person at a terminal may.
    pub may_approve: bool,
    /// What a person has to give to approve.
    pub approval: Approval,
    /// Nothing is changed at a provider.
    pub read_only: bool,
    pub accounts: Vec<AccountPolicy>,
    /// All rules for this origin.
    pub rules: Rules,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Becomes {
    Sent,
    /// It waits until a person approves it.
    Held,
    /// It waits for the end of the quiet hours.
    Later,
    Refused,
}

impl Becomes {
    pub fn name(self) -> &'static str {
        match self {
            Becomes::Sent => "sent",
            Becomes::Held => "held",
            Becomes::Later => "later",
            Becomes::Refused => "refused",
        }
    }
}

/// An account, as one that something could be sent from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AccountPolicy {
    pub name: String,
    pub channel: ChannelKind,
    pub sends: bool,
    /// It sends when several could.
    pub default: bool,
}

/// Tells what holds for who asks.
pub fn policy(app: &App, origin: Origin) -> Result<PolicyReport> {
    let config = &app.config;
    let rules = gate::rules_of(app, origin.name());
    let left = match rules.max_per_hour {
        Some(most) => Some(most.saturating_sub(gate::last_hour(app, rules)?)),
        None => None,
    };
    let quiet = gate::quiet(app, rules, app.clock.now());
    let (send, rule) = match (rules.default, &quiet, left) {
        _ if config.read_only => (Becomes::Refused, Some(source(app, "read_only"))),
        (Act::Refuse, ..) => (Becomes::Refused, Some(default_rule(rules))),
        (Act::Hold, ..) => (Becomes::Held, Some(default_rule(rules))),
        (Act::Allow, _, Some(0)) => {
            let rule = format!("policy.{}.max_per_hour", rules.origin);
            (Becomes::Held, Some(rule))
        }
        (Act::Allow, Some((_, rule)), _) => (Becomes::Later, Some(rule.clone())),
        (Act::Allow, None, _) => (Becomes::Sent, None),
    };
    Ok(PolicyReport {
        origin,
        because: because(app, origin),
        send,
        rule,
        means: means(send, config.read_only).to_owned(),
        until: quiet.filter(|_| send == Becomes::Later).map(|(end, _)| end),
        left_this_hour: left,
        may_approve: origin == Origin::Person,
        approval: config.policy.approval,
        read_only: config.read_only,
        accounts: config.accounts.iter().map(|a| account(app, a)).collect(),
        rules: rules.clone(),
    })
}

fn default_rule(rules: &Rules) -> String {
    format!("policy.{}.default = {}", rules.origin, rules.default.name())
}

fn means(send: Becomes, read_only: bool) -> &'static str {
    match send {
        Becomes::Sent => "what is sent leaves at once",
        Becomes::Held => {
            "what is sent waits in the outbox until a person approves it (exit 8): don't repeat it"
        }
        Becomes::Later => {
            "what is sent waits in the outbox for the end of the quiet hours (exit 8): don't repeat it"
        }
        Becomes::Refused if read_only => "nothing leaves (exit 6); `--draft` keeps it for later",
        Becomes::Refused => "nothing is sent (exit 6): ask the person whose accounts these are",
    }
}

fn because(app: &App, origin: Origin) -> String {
    match (&app.config.agent, origin) {
        (Some(variable), _) => format!("environment {variable}"),
        (None, Origin::Person) => "stdin and stderr are terminals".to_owned(),
        (None, _) if app.config.scripted => "environment COMMS_ORIGIN".to_owned(),
        (None, _) => "stdin or stderr is no terminal".to_owned(),
    }
}

/// Where a setting comes from.
fn source(app: &App, key: &str) -> String {
    let setting = app.config.sources.iter().find(|s| s.key == key);
    setting.map_or_else(|| key.to_owned(), |s| s.source.clone())
}

fn account(app: &App, account: &Account) -> AccountPolicy {
    let defaults = [&app.config.default_email, &app.config.default_phone];
    AccountPolicy {
        name: account.name.clone(),
        channel: account.channel,
        sends: account.can_send(),
        default: defaults.contains(&&Some(account.name.clone())),
    }
}
