//! Which provider is heard how: the one place that knows them all.

use crate::channel::{twilio, whatsapp};
use crate::error::{Error, Kind, Result};
use crate::model::account::{Account, ChannelKind};
use crate::model::receive::{Call, Event, Heard, News};

use super::hooks::Hook;

/// How many bytes a call may have.
pub fn limit(channel: ChannelKind) -> usize {
    match channel {
        ChannelKind::Whatsapp => whatsapp::webhook::LARGEST,
        ChannelKind::Twilio => twilio::webhook::LARGEST,
        ChannelKind::Slack => 1 << 20,
        _ => 256 << 10,
    }
}

/// Proves a call and says what is to become of it. What is not proven is refused, with the kind `auth`.
pub fn hear(hook: &Hook, call: &Call<'_>) -> Result<Heard> {
    match hook.account.channel {
        ChannelKind::Whatsapp => {
            let secrets = whatsapp::webhook::Secrets {
                app_secret: hook.secret.as_ref(),
                verify_token: hook.verify_token.as_ref(),
            };
            whatsapp::webhook::hear(call, secrets)
        }
        ChannelKind::Twilio => twilio::webhook::hear(call, hook.secret.as_ref()),
        _ => Err(Error::new(Kind::Auth, "its provider calls nobody")),
    }
}

/// Why a call was refused, in a word for its counter; found out after it was, so that nobody waits less for it.
pub fn reason(hook: &Hook, call: &Call<'_>) -> &'static str {
    let signature = match hook.account.channel {
        ChannelKind::Twilio => "x-twilio-signature",
        ChannelKind::Slack => "x-slack-signature",
        _ => "x-hub-signature-256",
    };
    let signed_at = call.header("x-slack-request-timestamp");
    let signed_at = signed_at.and_then(|at| at.parse::<i64>().ok());
    let old = |at: i64| at.abs_diff(call.at.as_second()) > REPLAY_S;
    match call.method {
        "GET" if hook.account.channel == ChannelKind::Whatsapp => "token",
        _ if call.header(signature).is_none() => "unsigned",
        _ if hook.account.channel == ChannelKind::Slack && signed_at.is_none_or(old) => "old",
        _ => "signature",
    }
}

/// Seconds for which a signature of Slack's holds (docs.slack.dev, verifying requests).
const REPLAY_S: u64 = 300;

/// What an event says; an error is worth another try, by a newer version at least.
pub fn read(account: &Account, event: &Event) -> Result<Vec<News>> {
    match account.channel {
        ChannelKind::Whatsapp => {
            let settings = account.whatsapp.as_ref();
            let number = settings.map_or("", |settings| settings.phone_number_id.as_str());
            Ok(whatsapp::webhook::read(&event.body, number))
        }
        ChannelKind::Twilio => {
            let settings = account.twilio.as_ref();
            let sid = settings.map_or("", |settings| settings.account_sid.as_str());
            Ok(twilio::webhook::read(&event.body, sid))
        }
        channel => Err(Error::internal(format!(
            "an event of account `{}` can't be read: {} posts none",
            account.name,
            channel.name()
        ))),
    }
}

/// The document of a message that its writer deleted; `None` if nothing is to change.
pub fn deleted(_channel: ChannelKind, _before: &[u8]) -> Option<Vec<u8>> {
    None
}
