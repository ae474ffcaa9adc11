//! What only accounts of Twilio and WhatsApp say: ids at their provider, and how numbers and texts are taken.

use crate::error::Result;
use crate::model::account::{Account, ChannelKind, LongText, Twilio, Whatsapp};

use super::file::{At, RawAccount, Source, line_of};
use super::oauth::Say;

/// The Graph version that the client was proven against.
const GRAPH_VERSION: &str = "v23.0";

/// The settings of a Twilio account; `None` for other channels.
pub fn twilio(raw: &RawAccount, source: &Source, channel: ChannelKind) -> Result<Option<Twilio>> {
    if channel != ChannelKind::Twilio {
        return Ok(None);
    }
    let sid = raw.account_sid.as_ref().ok_or_else(|| {
        missing(raw, source, "account_sid")
            .hint("add account_sid = \"AC…\", as the Console shows it")
    })?;
    checked_sid(sid, source, "AC")?;
    for (at, prefix) in [(&raw.api_key, "SK"), (&raw.messaging_service, "MG")] {
        if let Some(at) = at {
            checked_sid(at, source, prefix)?;
        }
    }
    if raw.messaging_service.is_none() && raw.address.is_none() {
        return Err(missing(raw, source, "address")
            .hint("add address = \"+14155550100\", or messaging_service = \"MG…\""));
    }
    let long_text = match raw.long_text.as_ref().map(|at| (at.value.as_str(), at)) {
        None | Some(("parts", _)) => LongText::Parts,
        Some(("refuse", _)) => LongText::Refuse,
        Some((other, at)) => {
            return Err(source
                .error(&at.span, format!("`{other}` is no way to take a long text"))
                .hint("long_text is \"parts\" (several messages) or \"refuse\""));
        }
    };
    Ok(Some(Twilio {
        account_sid: sid.value.clone(),
        api_key: raw.api_key.as_ref().map(|at| at.value.clone()),
        messaging_service: raw.messaging_service.as_ref().map(|at| at.value.clone()),
        region: region(raw, source)?,
        smart_encoding: raw.smart_encoding.as_ref().is_some_and(|at| at.value),
        long_text,
    }))
}

/// The settings of a WhatsApp account; `None` for other channels.
pub fn whatsapp(
    raw: &RawAccount,
    source: &Source,
    channel: ChannelKind,
) -> Result<Option<Whatsapp>> {
    if channel != ChannelKind::Whatsapp {
        return Ok(None);
    }
    let number = raw.phone_number_id.as_ref().ok_or_else(|| {
        missing(raw, source, "phone_number_id").hint(
            "add phone_number_id = \"…\", the id (not the number) that WhatsApp > API Setup shows",
        )
    })?;
    for at in [Some(number), raw.business_account_id.as_ref()]
        .into_iter()
        .flatten()
    {
        if at.value.is_empty() || !at.value.bytes().all(|b| b.is_ascii_digit()) {
            return Err(source
                .error(&at.span, format!("`{}` is not an id of Meta's", at.value))
                .hint("ids are digits only, as WhatsApp > API Setup shows them"));
        }
    }
    let version = raw.graph_version.as_ref();
    if let Some(at) = version {
        let sound = at.value.strip_prefix('v').and_then(|v| v.split_once('.'));
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !sound.is_some_and(|(major, minor)| digits(major) && digits(minor)) {
            return Err(source
                .error(
                    &at.span,
                    format!("`{}` is not a version of the Graph API", at.value),
                )
                .hint(format!("write it like graph_version = \"{GRAPH_VERSION}\"")));
        }
    }
    Ok(Some(Whatsapp {
        phone_number_id: number.value.clone(),
        business_account_id: raw.business_account_id.as_ref().map(|at| at.value.clone()),
        graph_version: version
            .map_or(GRAPH_VERSION, |at| at.value.as_str())
            .to_owned(),
        region: region(raw, source)?,
    }))
}

/// Refuses what no account of this channel can send from.
pub fn check_sender(raw: &RawAccount, source: &Source, channel: ChannelKind) -> Result<()> {
    let one = raw.address.iter().map(|a| (&a.value, &a.span));
    let more = raw
        .aliases
        .iter()
        .flat_map(|a| a.value.iter().map(|v| (v, &a.span)));
    for (sender, span) in one.chain(more) {
        let digits = sender.strip_prefix('+').unwrap_or(sender);
        let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let plus = sender.starts_with('+');
        let full = number && plus && (7..=15).contains(&digits.len());
        // Short codes, and names of up to eleven signs (Twilio's alphanumeric sender ids).
        let short = number && !plus && (3..=8).contains(&digits.len());
        let plain = |c: char| c.is_ascii_alphanumeric() || " +-_&".contains(c);
        let name = !number && !sender.is_empty() && sender.len() <= 11 && sender.chars().all(plain);
        let sound = full || (channel == ChannelKind::Twilio && (short || name));
        if !sound {
            return Err(source
                .error(span, format!("`{sender}` is not a number to send from"))
                .hint("write it with its country, without spaces, like \"+14155550100\""));
        }
    }
    Ok(())
}

fn region(raw: &RawAccount, source: &Source) -> Result<Option<String>> {
    let Some(at) = &raw.region else {
        return Ok(None);
    };
    if at.value.len() != 2 || !at.value.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Err(source
            .error(&at.span, format!("`{}` is not a region", at.value))
            .hint("write the two letters of its country, like region = \"DE\""));
    }
    Ok(Some(at.value.to_ascii_uppercase()))
}

fn checked_sid(at: &At<String>, source: &Source, prefix: &str) -> Result<()> {
    let rest = at.value.strip_prefix(prefix).unwrap_or_default();
    if rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(source
        .error(&at.span, format!("`{}` is not an id of Twilio's", at.value))
        .hint(format!(
            "it is `{prefix}` and 32 hexadecimal digits, as the Console shows it"
        )))
}

fn missing(raw: &RawAccount, source: &Source, key: &str) -> crate::error::Error {
    source.error(
        &raw.name.span,
        format!("account `{}` has no `{key}`", raw.name.value),
    )
}

/// Tells `config show` each of these settings.
pub fn note(account: &Account, raw: Option<&RawAccount>, say: &mut Say<'_>) {
    if let Some(twilio) = &account.twilio {
        let sid = Some(twilio.account_sid.clone());
        say("account_sid", sid, line_of(raw, |r| &r.account_sid));
        say(
            "api_key",
            twilio.api_key.clone(),
            line_of(raw, |r| &r.api_key),
        );
        let service = twilio.messaging_service.clone();
        say(
            "messaging_service",
            service,
            line_of(raw, |r| &r.messaging_service),
        );
        let long_text = match twilio.long_text {
            LongText::Parts => "parts",
            LongText::Refuse => "refuse",
        };
        say(
            "long_text",
            Some(long_text.to_owned()),
            line_of(raw, |r| &r.long_text),
        );
        let smart = Some(twilio.smart_encoding.to_string());
        say("smart_encoding", smart, line_of(raw, |r| &r.smart_encoding));
    }
    if let Some(whatsapp) = &account.whatsapp {
        let id = Some(whatsapp.phone_number_id.clone());
        say("phone_number_id", id, line_of(raw, |r| &r.phone_number_id));
        let business = whatsapp.business_account_id.clone();
        say(
            "business_account_id",
            business,
            line_of(raw, |r| &r.business_account_id),
        );
        let version = Some(whatsapp.graph_version.clone());
        say("graph_version", version, line_of(raw, |r| &r.graph_version));
    }
    say(
        "region",
        account.region().map(str::to_owned),
        line_of(raw, |r| &r.region),
    );
}
