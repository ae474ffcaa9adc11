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
    /// How often providers are asked for news that tell of none by themselves.
    pub poll: Duration,
}

/// This machine only: what stands before it has the certificate.
const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8787);

const POLL: Duration = Duration::from_secs(60);
/// Providers count what they are asked.
const SHORTEST: Duration = Duration::from_secs(5);

/// Checks what is written and fills in the rest.
pub fn resolve(file: &File, source: Option<&Source>) -> Result<ServeSettings> {
    let mut settings = ServeSettings {
        listen: LISTEN,
        public_url: None,
        poll: POLL,
    };
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
    note("serve.poll", format!("{} s", settings.poll.as_secs()), from);
    if let (Some(url), Some(at)) = (&settings.public_url, &file.public_url) {
        note("serve.public_url", url.clone(), line(at.line));
    }
}
