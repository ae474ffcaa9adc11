//! `[serve]` of the config: where `comms serve` listens, and how the world reaches it.

use std::net::SocketAddr;
use std::time::Duration;

use super::file::{File, Source};
use crate::error::Result;
use crate::model::time;

/// What holds for `comms serve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeSettings {
    pub listen: SocketAddr,
    /// The address that providers call, without a slash at the end; what they sign begins with it.
    pub public_url: Option<String>,
    /// Sites whose pages may call, like `https://desk.example.com`.
    pub origins: Vec<String>,
    pub access_log: AccessLog,
    /// How often providers are asked for news that tell of none by themselves.
    pub poll: Duration,
}

/// How calls of programs are told on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessLog {
    Off,
    #[default]
    Plain,
    Json,
}

impl AccessLog {
    pub fn name(self) -> &'static str {
        match self {
            AccessLog::Off => "off",
            AccessLog::Plain => "plain",
            AccessLog::Json => "json",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<AccessLog> {
        let all = [AccessLog::Off, AccessLog::Plain, AccessLog::Json];
        all.into_iter().find(|log| log.name() == name)
    }
}

impl Default for ServeSettings {
    fn default() -> Self {
        ServeSettings {
            listen: LISTEN,
            public_url: None,
            origins: Vec::new(),
            access_log: AccessLog::default(),
            poll: POLL,
        }
    }
}

/// This machine only: what stands before it has the certificate.
const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8787);

const POLL: Duration = Duration::from_secs(60);
/// Providers count what they are asked.
const SHORTEST: Duration = Duration::from_secs(5);

/// Checks what is written and fills in the rest.
pub fn resolve(file: &File, source: Option<&Source>) -> Result<ServeSettings> {
    let mut settings = ServeSettings::default();
    let Some(source) = source else {
        return Ok(settings);
    };
    if let Some(at) = &file.listen {
        settings.listen = at.value.parse().map_err(|_| {
            source
                .error(
                    &at.span,
                    format!("`{}` is not an address to listen on", at.value),
                )
                .hint("write an IP address and a port, like \"127.0.0.1:8787\"")
        })?;
    }
    if let Some(at) = &file.public_url {
        let url = at.value.trim_end_matches('/');
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let sound = rest.is_some_and(|rest| {
            !rest.is_empty()
                && !rest.starts_with('/')
                && !rest.contains(['?', '#', '@'])
                && !rest.contains(char::is_whitespace)
        });
        if !sound {
            return Err(source
                .error(&at.span, format!("`{}` is not a web address", at.value))
                .hint("write what providers are to call, like \"https://hooks.example.com\""));
        }
        settings.public_url = Some(url.to_owned());
    }
    if let Some(at) = &file.origins {
        for origin in &at.value {
            let (_, host) = origin.split_once("://").unwrap_or_default();
            let sound = (origin.starts_with("https://") || origin.starts_with("http://"))
                && !host.is_empty()
                && host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
            if !sound {
                return Err(source
                    .error(&at.span, format!("`{origin}` is not the origin of a site"))
                    .hint("write scheme and host alone, like \"https://desk.example.com\""));
            }
        }
        settings.origins = at.value.clone();
    }
    if let Some(at) = &file.access_log {
        settings.access_log = AccessLog::named(&at.value).ok_or_else(|| {
            source
                .error(&at.span, format!("`{}` is no way to log calls", at.value))
                .hint("write \"plain\", \"json\" or \"off\"")
        })?;
    }
    if let Some(at) = &file.poll {
        settings.poll = time::duration(&at.value)
            .ok()
            .filter(|poll| *poll >= SHORTEST)
            .ok_or_else(|| {
                source
                    .error(
                        &at.span,
                        format!("`{}` is not a time between two looks", at.value),
                    )
                    .hint("write it like \"30s\" or \"5min\", at least five seconds")
            })?;
    }
    Ok(settings)
}

/// Tells `config show` each value and where it came from.
pub fn note(
    settings: &ServeSettings,
    file: &File,
    line: &dyn Fn(usize) -> String,
    note: &mut dyn FnMut(&str, String, String),
) {
    let from = file.listen.as_ref();
    let from = from.map_or_else(|| "default".to_owned(), |at| line(at.line));
    note("serve.listen", settings.listen.to_string(), from);
    let from = file.poll.as_ref();
    let from = from.map_or_else(|| "default".to_owned(), |at| line(at.line));
    note("serve.poll", super::shown(settings.poll), from);
    let from = file.access_log.as_ref();
    let from = from.map_or_else(|| "default".to_owned(), |at| line(at.line));
    note(
        "serve.access_log",
        settings.access_log.name().to_owned(),
        from,
    );
    if let Some(at) = &file.origins {
        note("serve.origins", settings.origins.join(", "), line(at.line));
    }
    if let (Some(url), Some(at)) = (&settings.public_url, &file.public_url) {
        note("serve.public_url", url.clone(), line(at.line));
    }
}
