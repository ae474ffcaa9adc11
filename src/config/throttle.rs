//! What an account says about how much may leave, and what takes over when it can't.

use crate::error::Result;
use crate::model::account::{Account, ChannelKind, Endpoint};
use crate::model::budget::Rate;

use super::file::{RawAccount, Source, nearest};

/// The limits of an account in recipients: its own, else those known of its server, else none.
pub fn budget(
    raw: &RawAccount,
    source: &Source,
    (channel, smtp): (ChannelKind, Option<&Endpoint>),
) -> Result<Vec<Rate>> {
    let Some(written) = &raw.budget else {
        let login = raw.username.as_ref().or(raw.address.as_ref());
        let login = login.map_or("", |l| l.value.as_str());
        return Ok(match (channel, smtp) {
            (ChannelKind::Gmail, _) => known("smtp.gmail.com", login),
            // One message a second into a space, whoever writes it (Google Chat's page on limits).
            (ChannelKind::GoogleChat | ChannelKind::GoogleChatWebhook, _) => {
                Rate::parse("1/s").into_iter().collect()
            }
            // About one message a second into a channel (docs.slack.dev, rate limits).
            (ChannelKind::Slack | ChannelKind::SlackWebhook, _) => {
                Rate::parse("1/s").into_iter().collect()
            }
            // 80 messages a second for each number (Meta's page on throughput).
            (ChannelKind::Whatsapp, _) => Rate::parse("80/s").into_iter().collect(),
            // Twilio queues what comes too fast.
            (_, Some(smtp)) => known(&smtp.host, login),
            _ => Vec::new(),
        });
    };
    if matches!(written.value.as_slice(), [only] if only.trim() == "none") {
        return Ok(Vec::new());
    }
    let mut rates: Vec<Rate> = Vec::new();
    for text in &written.value {
        let rate = Rate::parse(text).ok_or_else(|| {
            source
                .error(&written.span, format!("`{text}` is not a budget"))
                .hint("write how many recipients in how long, like \"60/min\", \"20/2s\" or \"2000/day\"; [] for none")
        })?;
        if let Some(other) = rates.iter().find(|r| r.per == rate.per) {
            return Err(source
                .error(
                    &written.span,
                    format!("`{other}` and `{rate}` limit the same time"),
                )
                .hint("keep the smaller one"));
        }
        rates.push(rate);
    }
    Ok(rates)
}

/// How many units of its provider's quota an account may use, and whether they are counted as before May 2026.
///
/// Gmail: 6,000 a minute for each user, 15,000 for projects of before (Google's page on usage limits). Google Chat:
/// 3,000 reads a minute for the whole project, of which one user leaves others something.
pub fn quota(
    raw: &RawAccount,
    source: &Source,
    channel: ChannelKind,
) -> Result<(Option<Rate>, bool)> {
    let legacy = match &raw.quota_units {
        None => false,
        Some(at) => match at.value.as_str() {
            "current" => false,
            "legacy" => true,
            other => {
                return Err(source
                    .error(&at.span, format!("`{other}` is no way to count units"))
                    .hint("quota_units is \"current\", or \"legacy\" for a Cloud project that used Gmail before May 2026"));
            }
        },
    };
    let usual = match channel {
        ChannelKind::Gmail if legacy => "15000/min",
        ChannelKind::Gmail => "6000/min",
        ChannelKind::GoogleChat => "1000/min",
        _ => return Ok((None, false)),
    };
    let Some(at) = &raw.quota else {
        return Ok((Rate::parse(usual), legacy));
    };
    if at.value.trim() == "none" {
        return Ok((None, legacy));
    }
    match Rate::parse(&at.value) {
        Some(rate) => Ok((Some(rate), legacy)),
        None => Err(source
            .error(&at.span, format!("`{}` is not a quota", at.value))
            .hint(format!(
                "write how many units in how long, like \"{usual}\", or \"none\""
            ))),
    }
}

/// What providers publish (read in 2026): Gmail lets 500 recipients a day leave an account, Google Workspace 2,000, in
/// any 24 hours (support.google.com/mail/answer/22839, support.google.com/a/answer/166852).
fn known(host: &str, login: &str) -> Vec<Rate> {
    let host = host.to_ascii_lowercase();
    let rate = match host.trim_end_matches('.') {
        "smtp.gmail.com" | "smtp.googlemail.com" => {
            let domain = login.rsplit_once('@').map_or("", |(_, domain)| domain);
            let consumer = ["gmail.com", "googlemail.com"]
                .iter()
                .any(|d| domain.eq_ignore_ascii_case(d));
            Rate::parse(if consumer { "500/day" } else { "2000/day" })
        }
        _ => None,
    };
    rate.into_iter().collect()
}

/// For `config show`.
pub fn shown(rates: &[Rate]) -> String {
    if rates.is_empty() {
        return "none".to_owned();
    }
    let rates: Vec<_> = rates.iter().map(Rate::to_string).collect();
    rates.join(", ")
}

/// Refuses a fallback that is no account, can't send, or leads back to where it began.
pub fn check_fallbacks(raws: &[RawAccount], accounts: &[Account], source: &Source) -> Result<()> {
    let named = |name: &str| accounts.iter().find(|a| a.name == name);
    for raw in raws {
        let Some(written) = &raw.fallback else {
            continue;
        };
        let (name, to) = (&raw.name.value, &written.value);
        let refuse = |message: String| source.error(&written.span, message);
        if named(name).is_none_or(|account| !account.sends_mail()) {
            return Err(refuse(format!(
                "account `{name}` sends nothing that another could take"
            ))
            .hint("remove the line"));
        }
        let Some(target) = named(to) else {
            let known: Vec<_> = accounts.iter().map(|a| a.name.as_str()).collect();
            let error = refuse(format!("there is no account `{to}`"));
            return Err(match nearest(to, &known) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("accounts are {}", known.join(", "))),
            });
        };
        if !target.sends_mail() {
            return Err(refuse(format!("account `{to}` can't send to everyone"))
                .hint("name an account that sends mail"));
        }
        let mut seen = vec![name.as_str()];
        let mut next = Some(to.as_str());
        while let Some(at) = next {
            if seen.contains(&at) {
                seen.push(at);
                return Err(refuse(format!(
                    "the fallbacks go in a circle: {}",
                    seen.join(" → ")
                ))
                .hint("remove one of the lines"));
            }
            seen.push(at);
            next = named(at).and_then(|a| a.fallback.as_deref());
        }
    }
    Ok(())
}
