//! The OAuth keys of an account: whose tokens, which addresses, how they are asked for.

use std::ops::Range;

use crate::error::Result;
use crate::model::account::{AuthMethod, ChannelKind, Grant, OAuth, Provider};

use super::accounts::is_loopback;
use super::file::{At, RawAccount, Source, line_of, nearest};

/// Takes a key, its value if it has one, and the line it stands on.
pub type Say<'s> = dyn FnMut(&str, Option<String>, Option<usize>) + 's;

/// Every directory of Microsoft, and personal accounts.
const COMMON: &str = "common";

/// How the account gets its tokens; `None` if no key says so, and they come from outside.
pub fn resolve(
    raw: &RawAccount,
    source: &Source,
    (channel, auth): (ChannelKind, AuthMethod),
) -> Result<Option<OAuth>> {
    let googles = matches!(channel, ChannelKind::Gmail | ChannelKind::GoogleChat);
    let Some((key, span)) = given(raw).into_iter().next() else {
        let own = googles && raw.secret_command.is_none();
        return Ok(own.then(|| OAuth {
            provider: Provider::Google,
            authorize_url: None,
            token_url: None,
            device_url: None,
            revoke_url: None,
            client_id: None,
            scopes: None,
            tenant: COMMON.to_owned(),
            grant: Grant::Code,
        }));
    };
    let name = &raw.name.value;
    if auth != AuthMethod::Oauth {
        return Err(source
            .error(
                span,
                format!("`{key}` means nothing without `auth = \"oauth\"`"),
            )
            .hint(format!(
                "add auth = \"oauth\" to [accounts.{name}], or remove the line"
            )));
    }
    if let Some(command) = &raw.secret_command {
        return Err(source
            .error(
                &command.span,
                format!("`secret_command` and `{key}` both say where the access token comes from"),
            )
            .hint("remove one of them"));
    }
    for (_, at) in addresses(raw) {
        checked(source, at)?;
    }
    let provider = match &raw.oauth {
        None if googles => Provider::Google,
        _ => provider(raw, source, span)?,
    };
    let grant = grant(raw, source)?;
    if let Some(tenant) = &raw.tenant {
        tenant_fits(source, tenant, &provider)?;
    }
    let tenant = raw.tenant.as_ref().map_or(COMMON, |t| &t.value).to_owned();
    let fault = match (&provider, grant) {
        (Provider::Microsoft, Grant::ClientCredentials) if tenant == COMMON => {
            Some("the tenant that the application belongs to: tenant = \"example.com\"")
        }
        (Provider::Google, Grant::ClientCredentials) => {
            Some("grant = \"service-account\": Google gives a client no mailbox")
        }
        (Provider::Custom, Grant::Code)
            if raw.authorize_url.is_none() && raw.device_url.is_none() =>
        {
            Some("authorize_url or device_url")
        }
        (_, Grant::ServiceAccount) if raw.address.is_none() => {
            Some("address: for whom the service account acts")
        }
        _ => None,
    };
    if let Some(fault) = fault {
        let message = format!("account `{name}` can't get a token this way");
        return Err(source
            .error(span, message)
            .hint(format!("it needs {fault}")));
    }
    let text = |at: &Option<At<String>>| at.as_ref().map(|a| a.value.clone());
    Ok(Some(OAuth {
        provider,
        authorize_url: text(&raw.authorize_url),
        token_url: text(&raw.token_url),
        device_url: text(&raw.device_url),
        revoke_url: text(&raw.revoke_url),
        client_id: text(&raw.client_id),
        scopes: raw.scopes.as_ref().map(|s| s.value.clone()),
        tenant,
        grant,
    }))
}

/// Tells `config show` where each value came from.
pub fn note(oauth: &OAuth, raw: Option<&RawAccount>, say: &mut Say<'_>) {
    let provider = match oauth.provider {
        Provider::Custom => None,
        ref named => Some(named.name().to_owned()),
    };
    say("oauth", provider, line_of(raw, |r| &r.oauth));
    say(
        "authorize_url",
        oauth.authorize_url.clone(),
        line_of(raw, |r| &r.authorize_url),
    );
    say(
        "token_url",
        oauth.token_url.clone(),
        line_of(raw, |r| &r.token_url),
    );
    say(
        "device_url",
        oauth.device_url.clone(),
        line_of(raw, |r| &r.device_url),
    );
    say(
        "revoke_url",
        oauth.revoke_url.clone(),
        line_of(raw, |r| &r.revoke_url),
    );
    say(
        "client_id",
        oauth.client_id.clone(),
        line_of(raw, |r| &r.client_id),
    );
    let scopes = oauth.scopes.as_ref().map(|s| s.join(", "));
    say("scopes", scopes, line_of(raw, |r| &r.scopes));
    if oauth.provider == Provider::Microsoft {
        say(
            "tenant",
            Some(oauth.tenant.clone()),
            line_of(raw, |r| &r.tenant),
        );
    }
    say(
        "grant",
        Some(oauth.grant.name().to_owned()),
        line_of(raw, |r| &r.grant),
    );
}

/// The OAuth keys that are set, with their places.
fn given(raw: &RawAccount) -> Vec<(&'static str, &Range<usize>)> {
    let texts = [
        ("oauth", &raw.oauth),
        ("authorize_url", &raw.authorize_url),
        ("token_url", &raw.token_url),
        ("device_url", &raw.device_url),
        ("revoke_url", &raw.revoke_url),
        ("client_id", &raw.client_id),
        ("tenant", &raw.tenant),
        ("grant", &raw.grant),
    ];
    let texts = texts
        .into_iter()
        .filter_map(|(key, at)| Some((key, &at.as_ref()?.span)));
    texts
        .chain(raw.scopes.iter().map(|at| ("scopes", &at.span)))
        .collect()
}

fn addresses(raw: &RawAccount) -> impl Iterator<Item = (&'static str, &At<String>)> {
    [
        ("authorize_url", &raw.authorize_url),
        ("token_url", &raw.token_url),
        ("device_url", &raw.device_url),
        ("revoke_url", &raw.revoke_url),
    ]
    .into_iter()
    .filter_map(|(key, at)| Some((key, at.as_ref()?)))
}

fn provider(raw: &RawAccount, source: &Source, span: &Range<usize>) -> Result<Provider> {
    let Some(at) = &raw.oauth else {
        if raw.token_url.is_some() {
            return Ok(Provider::Custom);
        }
        let name = &raw.name.value;
        return Err(source
            .error(
                span,
                format!("account `{name}` does not say whose tokens it takes"),
            )
            .hint("add oauth = \"google\", \"microsoft\" or \"https://issuer\", or a token_url"));
    };
    match at.value.as_str() {
        "google" => Ok(Provider::Google),
        "microsoft" => Ok(Provider::Microsoft),
        issuer if issuer.contains("://") => {
            checked(source, at)?;
            Ok(Provider::Issuer(issuer.to_owned()))
        }
        other => {
            let error = source.error(&at.span, format!("`{other}` is no provider comms knows"));
            Err(match nearest(other, &["google", "microsoft"]) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("oauth is \"google\", \"microsoft\" or \"https://issuer\""),
            })
        }
    }
}

fn grant(raw: &RawAccount, source: &Source) -> Result<Grant> {
    let Some(at) = &raw.grant else {
        return Ok(Grant::Code);
    };
    let names = Grant::ALL.map(Grant::name);
    Grant::ALL
        .into_iter()
        .find(|grant| grant.name() == at.value)
        .ok_or_else(|| {
            let message = format!("`{}` is not a way to get a token", at.value);
            let error = source.error(&at.span, message);
            match nearest(&at.value, &names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("grant is one of {}", names.join(", "))),
            }
        })
}

fn tenant_fits(source: &Source, tenant: &At<String>, provider: &Provider) -> Result<()> {
    if *provider != Provider::Microsoft {
        return Err(source
            .error(&tenant.span, "`tenant` means something to Microsoft only")
            .hint("remove the line, or set oauth = \"microsoft\""));
    }
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if tenant.value.is_empty() || !tenant.value.chars().all(sound) {
        return Err(source
            .error(&tenant.span, format!("`{}` is not a tenant", tenant.value))
            .hint("tenant is a domain, an id, organizations, consumers or common"));
    }
    Ok(())
}

/// https, or http on this machine.
fn checked(source: &Source, at: &At<String>) -> Result<()> {
    let host = |rest: &str| {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let host = &rest[..end];
        let host = match host.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or(""),
            None => host.split(':').next().unwrap_or(""),
        };
        host.to_owned()
    };
    let clean = !at
        .value
        .chars()
        .any(|c| c.is_whitespace() || c.is_control())
        && !at.value.contains('@');
    let sound = clean
        && match at.value.split_once("://") {
            Some(("https", rest)) => !host(rest).is_empty(),
            Some(("http", rest)) => is_loopback(&host(rest)),
            _ => false,
        };
    if sound {
        return Ok(());
    }
    Err(source
        .error(&at.span, format!("`{}` is not an https address", at.value))
        .hint("write it like \"https://login.example.com\"; http is for this machine only"))
}
