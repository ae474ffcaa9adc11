//! Under which names `serve` may be called, and by whose pages.
//!
//! A page whose name was made to lead to this machine calls with that name (DNS rebinding); a page of another site says
//! so in `Origin`. Neither is answered.

use std::net::{IpAddr, SocketAddr};

use crate::config::serve::ServeSettings;

/// Whether `Host` names this server: this machine, the address it listens at, or `public_url`.
pub fn is_ours(host: &str, listen: SocketAddr, settings: &ServeSettings) -> bool {
    let Some(name) = name_of(host) else {
        return false;
    };
    if let Ok(ip) = name.parse::<IpAddr>() {
        // Nobody else's name leads here by being an address.
        return ip.is_loopback() || ip == listen.ip() || listen.ip().is_unspecified();
    }
    let public = settings.public_url.as_deref().and_then(authority);
    name.eq_ignore_ascii_case("localhost")
        || public
            .and_then(name_of)
            .is_some_and(|public| public.eq_ignore_ascii_case(name))
}

/// Where a page is from that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// From here.
    Ours,
    /// From a site that `[serve] origins` names.
    Listed,
    Strange,
}

/// Whose page an `Origin` is (RFC 6454), called under this `Host`.
pub fn page(origin: &str, host: &str, settings: &ServeSettings) -> Page {
    let same = |other: &str| {
        let other = other.trim_end_matches('/');
        origin.eq_ignore_ascii_case(other)
    };
    let here = authority(origin).is_some_and(|from| from.eq_ignore_ascii_case(host));
    let public = settings.public_url.as_deref().and_then(origin_of);
    if here || public.is_some_and(same) {
        return Page::Ours;
    }
    match settings.origins.iter().any(|listed| same(listed)) {
        true => Page::Listed,
        false => Page::Strange,
    }
}

/// Scheme and authority of a URL.
pub fn origin_of(url: &str) -> Option<&str> {
    let from = url.find("://")? + 3;
    let end = url[from..].find('/').map_or(url.len(), |at| from + at);
    Some(&url[..end])
}

fn authority(url: &str) -> Option<&str> {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))?;
    rest.split('/').next().filter(|rest| !rest.is_empty())
}

/// The host without its port and brackets; `None` for what is none.
fn name_of(host: &str) -> Option<&str> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    let sound = !name.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && port.len() <= 5;
    sound.then(|| name.strip_suffix('.').unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ServeSettings {
        ServeSettings {
            public_url: Some("https://hooks.example.com/comms".to_owned()),
            origins: vec!["https://desk.example.com".to_owned()],
            ..ServeSettings::default()
        }
    }

    #[test]
    fn only_this_machine_and_its_public_name_are_ours() {
        let here = "127.0.0.1:8787".parse().unwrap();
        for host in [
            "localhost",
            "LOCALHOST:8787",
            "127.0.0.1:8787",
            "127.9.9.9",
            "[::1]:8787",
            "hooks.example.com",
            "Hooks.Example.com.:443",
        ] {
            assert!(is_ours(host, here, &settings()), "{host}");
        }
        for host in [
            "",
            ":8787",
            "evil.example",
            "localhost.evil.example",
            "192.0.2.7",
            "[::1",
            "localhost:80:80",
            "localhost@evil",
            "hooks.example.com.evil.example",
            "localhost:999999",
            "127.0.0.1.evil.example",
            "2130706433",
            "0x7f.1",
        ] {
            assert!(!is_ours(host, here, &settings()), "{host}");
        }
        let everywhere = "0.0.0.0:8787".parse().unwrap();
        assert!(is_ours("192.0.2.7:8787", everywhere, &settings()));
        assert!(!is_ours("evil.example", everywhere, &settings()));
    }

    #[test]
    fn a_strange_page_is_strange_whatever_it_looks_like() {
        let of = |origin| page(origin, "localhost:8787", &settings());
        assert_eq!(of("http://localhost:8787"), Page::Ours);
        assert_eq!(of("https://hooks.example.com"), Page::Ours);
        assert_eq!(of("https://desk.example.com"), Page::Listed);
        for origin in [
            "null",
            "",
            "http://localhost:3000",
            "http://localhost",
            "https://evil.example",
            "http://desk.example.com",
            "https://desk.example.com.evil.example",
            "https://desk.example.com:8443",
            "file://",
            "localhost:8787",
            "ftp://localhost:8787",
        ] {
            assert_eq!(of(origin), Page::Strange, "{origin}");
        }
    }
}
