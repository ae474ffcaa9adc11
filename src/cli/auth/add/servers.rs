//! The servers of a new account: from flags, found, or asked for.

use crate::cli::output::Output;
use crate::cli::{prompt, wait};
use crate::error::{Error, Result};
use crate::model::account::{ChannelKind, Endpoint, TlsMode};
use crate::ops::App;
use crate::ops::accounts::{self, Discovery, NewAccount, Server};

use super::{AddArgs, Protection};

/// The servers: from flags, found, or asked for.
pub fn servers(
    args: &AddArgs,
    channel: ChannelKind,
    new: &mut NewAccount,
    (app, out): (&App, &mut Output),
) -> Result<()> {
    let wants_imap = channel == ChannelKind::Imap;
    let lacks = |new: &NewAccount| new.smtp.is_none() || (wants_imap && new.imap.is_none());
    let named = args.imap.is_some() || args.smtp.is_some();
    if !named {
        let address = new.address.clone().unwrap_or_default();
        if !args.no_discovery {
            tell(app, out, "looking for the servers of this address …");
        }
        let found = wait(accounts::discover(app, &address, !args.no_discovery))?;
        for fault in &found.faults {
            out.warn(fault);
        }
        if agreed(&found, wants_imap, out)? {
            take(&found, wants_imap, new);
            if let Some(advice) = &found.advice {
                out.hint(advice);
            }
        }
    }
    if lacks(new) && prompt::can_ask(out) && !named {
        if wants_imap {
            new.imap = Some(asked(out, "IMAP server (host or host:port):", "--imap")?);
        }
        new.smtp = Some(asked(out, "SMTP server (host or host:port):", "--smtp")?);
        if args.tls.is_none() {
            let kinds = [
                "tls: from the first byte (ports 993, 465)".to_owned(),
                "starttls: after a plain greeting (ports 143, 587)".to_owned(),
            ];
            let chosen = prompt::select(out, "How are they protected?", &kinds, "--tls")?;
            let tls = ["tls", "starttls"][chosen].to_owned();
            new.imap_tls = wants_imap.then(|| tls.clone());
            new.smtp_tls = Some(tls);
        }
    }
    let missing = match channel {
        ChannelKind::Imap if new.imap.is_none() => Some("--imap"),
        ChannelKind::Smtp if new.smtp.is_none() => Some("--smtp"),
        _ => None,
    };
    if let Some(flag) = missing {
        return Err(Error::usage(format!(
            "the servers of `{}` are not known",
            new.address.as_deref().unwrap_or_default()
        ))
        .hint(format!("name them with {flag} HOST:PORT")));
    }
    // What a flag says about protection wins over what was found, and that over what the port says.
    let plain_port = |server: &Option<String>, port| {
        let at_port = server.as_ref().is_some_and(|s| s.ends_with(port));
        at_port.then_some(Protection::Starttls)
    };
    let usual = [plain_port(&new.imap, ":143"), plain_port(&new.smtp, ":587")];
    for (own, usual, field, there) in [
        (
            args.imap_tls,
            usual[0],
            &mut new.imap_tls,
            new.imap.is_some(),
        ),
        (
            args.smtp_tls,
            usual[1],
            &mut new.smtp_tls,
            new.smtp.is_some(),
        ),
    ] {
        let usual = usual.filter(|_| field.is_none());
        if let Some(tls) = own.or(args.tls).or(usual).filter(|_| there) {
            *field = Some(written(tls.mode()).to_owned());
        }
    }
    Ok(())
}

/// Whether what was found is to be used; without a terminal it is.
fn agreed(found: &Discovery, wants_imap: bool, out: &Output) -> Result<bool> {
    let enough = match wants_imap {
        true => found.imap.is_some(),
        false => found.smtp.is_some(),
    };
    let Some(by) = found.by.as_ref().filter(|_| enough) else {
        return Ok(false);
    };
    if !prompt::can_ask(out) {
        return Ok(true);
    }
    let imap = found.imap.as_ref().filter(|_| wants_imap);
    let told: Vec<_> = [("IMAP", imap), ("SMTP", found.smtp.as_ref())]
        .into_iter()
        .filter_map(|(what, server)| Some(format!("{what} {}", shown(&server?.endpoint))))
        .collect();
    let items = [
        format!("use {} (from {by})", told.join(", ")),
        "type other servers".to_owned(),
    ];
    let chosen = prompt::select(
        out,
        "These servers were found.",
        &items,
        "--imap and --smtp",
    )?;
    Ok(chosen == 0)
}

fn take(found: &Discovery, wants_imap: bool, new: &mut NewAccount) {
    let place = |server: &Server| format!("{}:{}", server.endpoint.host, server.endpoint.port);
    let tls = |server: &Server| Some(written(server.endpoint.tls).to_owned());
    let imap = found.imap.as_ref().filter(|_| wants_imap);
    if let Some(imap) = imap {
        new.imap = Some(place(imap));
        new.imap_tls = tls(imap);
    }
    if let Some(smtp) = &found.smtp {
        new.smtp = Some(place(smtp));
        new.smtp_tls = tls(smtp);
    }
    if new.oauth.is_none() {
        new.oauth.clone_from(&found.oauth);
    }
    if new.username.is_none() {
        new.username = imap
            .or(found.smtp.as_ref())
            .and_then(|server| server.username.clone());
    }
}

/// Tells a person what is waited for.
pub fn tell(app: &App, out: &Output, words: &str) {
    if prompt::can_ask(out) {
        (app.notice)(words);
    }
}

fn asked(out: &Output, question: &str, flag: &str) -> Result<String> {
    prompt::input(out, question, flag).map(|text| text.trim().to_owned())
}

fn written(tls: TlsMode) -> &'static str {
    match tls {
        TlsMode::Tls => "tls",
        TlsMode::Starttls => "starttls",
        TlsMode::None => "none",
    }
}

fn shown(endpoint: &Endpoint) -> String {
    format!(
        "{}:{} ({})",
        endpoint.host,
        endpoint.port,
        written(endpoint.tls)
    )
}
