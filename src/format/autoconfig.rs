//! Server settings as mail providers publish them: the `clientConfig` XML of Thunderbird's autoconfiguration.
//!
//! The text comes from a stranger: no document type, no entities of its own, bounded depth and numbers, and only
//! host names and ports come out of it.

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::model::account::{Endpoint, TlsMode};

/// What a provider publishes for an address, in its order of preference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// The provider's own name for itself.
    pub provider: Option<String>,
    /// IMAP servers; other protocols are left out.
    pub imap: Vec<Server>,
    pub smtp: Vec<Server>,
}

/// One server and the logins it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub endpoint: Endpoint,
    /// The login name; `None` if it is the address.
    pub username: Option<String>,
    pub password: bool,
    pub oauth: bool,
}

/// The largest document that is read, in bytes.
pub const LARGEST: usize = 256 * 1024;
const DEEPEST: usize = 16;
const MOST_SERVERS: usize = 20;
const LONGEST_TEXT: usize = 300;

/// Reads a document for an address (`local@domain`); says in words what is wrong with it.
pub fn parse(bytes: &[u8], address: &str) -> Result<Published, String> {
    if bytes.len() > LARGEST {
        return Err(format!("it is larger than {} KiB", LARGEST / 1024));
    }
    let text = decode(bytes);
    let mut reader = Reader::from_str(&text);
    let mut walk = Walk {
        address,
        path: Vec::new(),
        text: String::new(),
        open: None,
        found: Published::default(),
    };
    loop {
        match reader.read_event().map_err(|e| format!("bad XML: {e}"))? {
            Event::Start(tag) => walk.start(&tag)?,
            Event::Empty(tag) => {
                walk.start(&tag)?;
                walk.end();
            }
            Event::End(_) => walk.end(),
            Event::Text(text) => walk.say(&text.into_inner())?,
            Event::CData(text) => walk.say(&text.into_inner())?,
            Event::GeneralRef(name) => {
                let number = name.resolve_char_ref().map_err(|e| e.to_string())?;
                let name = name.into_inner();
                match (number, quick_xml::escape::resolve_predefined_entity(&name)) {
                    (Some(c), _) => walk.say(c.encode_utf8(&mut [0; 4]))?,
                    (None, Some(text)) => walk.say(text)?,
                    (None, None) => return Err("it uses entities of its own".to_owned()),
                }
            }
            Event::DocType(_) => return Err("it has a document type of its own".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if walk.path.is_empty() => break,
            Event::Eof => return Err("it ends in the middle".to_owned()),
        }
    }
    if walk.found.imap.is_empty() && walk.found.smtp.is_empty() {
        return Err("it names no server that could be used".to_owned());
    }
    Ok(walk.found)
}

/// The text in the encoding that its mark or its declaration names, else UTF-8.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if encoding_rs::Encoding::for_bom(bytes).is_none() {
        let head = &bytes[..bytes.len().min(200)];
        let head = String::from_utf8_lossy(head);
        let declared = head
            .split_once("encoding=")
            .and_then(|(_, rest)| rest.get(1..)?.split(['"', '\'']).next())
            .and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()))
            // Text that shows its declaration in ASCII is not in the encoding it claims.
            .filter(|encoding| encoding.is_ascii_compatible());
        if let Some(encoding) = declared {
            return encoding.decode(bytes).0;
        }
    }
    encoding_rs::UTF_8.decode(bytes).0
}

struct Walk<'a> {
    address: &'a str,
    path: Vec<String>,
    /// Of the element that is open.
    text: String,
    open: Option<Open>,
    found: Published,
}

/// A server whose element is open.
#[derive(Default)]
struct Open {
    incoming: bool,
    kind: String,
    hostname: String,
    port: String,
    socket: String,
    username: String,
    logins: Vec<String>,
}

impl Walk<'_> {
    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let name = tag.local_name().as_ref().to_owned();
        if self.path.is_empty() && name != "clientConfig" {
            return Err(format!(
                "it is no clientConfig but `{}`",
                name.chars().take(40).collect::<String>()
            ));
        }
        if self.path.len() >= DEEPEST {
            return Err("it is nested too deep".to_owned());
        }
        let incoming = name == "incomingServer";
        if self.path.len() == 2
            && self.path[1] == "emailProvider"
            && (incoming || name == "outgoingServer")
        {
            let kind = tag.try_get_attribute("type").map_err(|e| e.to_string())?;
            let kind = kind
                .map(|kind| kind.normalized_value(XmlVersion::Implicit1_0))
                .transpose()
                .map_err(|e| e.to_string())?;
            self.open = Some(Open {
                incoming,
                kind: kind.unwrap_or_default().to_ascii_lowercase(),
                ..Open::default()
            });
        }
        self.path.push(name);
        self.text.clear();
        Ok(())
    }

    fn say(&mut self, text: &str) -> Result<(), String> {
        if self.text.len() + text.len() > LONGEST_TEXT {
            // Instructions for people are long; nothing of interest is.
            self.text.clear();
            if self.open.is_some() && self.path.len() > 3 {
                return Err("it holds a value without end".to_owned());
            }
            return Ok(());
        }
        self.text.push_str(text);
        Ok(())
    }

    fn end(&mut self) {
        let Some(name) = self.path.pop() else { return };
        let text = std::mem::take(&mut self.text).trim().to_owned();
        match (self.path.len(), self.open.as_mut()) {
            (3, Some(open)) => match name.as_str() {
                "hostname" => open.hostname = text,
                "port" => open.port = text,
                "socketType" => open.socket = text,
                "username" => open.username = text,
                "authentication" if open.logins.len() < MOST_SERVERS => open.logins.push(text),
                _ => {}
            },
            (2, Some(_)) => {
                if let Some(open) = self.open.take() {
                    self.close(&open);
                }
            }
            (2, None) if name == "displayName" && self.path[1] == "emailProvider" => {
                let name: String = text.chars().filter(|c| !c.is_control()).collect();
                self.found.provider = (!name.is_empty()).then_some(name);
            }
            _ => {}
        }
    }

    /// Takes a server that can be used.
    fn close(&mut self, open: &Open) {
        let servers = match (open.incoming, open.kind.as_str()) {
            (true, "imap") => &mut self.found.imap,
            (false, "smtp") => &mut self.found.smtp,
            _ => return,
        };
        if servers.len() < MOST_SERVERS
            && let Some(server) = server(open, self.address)
        {
            servers.push(server);
        }
    }
}

fn server(open: &Open, address: &str) -> Option<Server> {
    let host = filled(&open.hostname, address)?.to_ascii_lowercase();
    let sound = !host.is_empty()
        && host.len() <= 253
        && !host.starts_with(['.', '-'])
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let port = open.port.parse().ok().filter(|port: &u16| *port > 0);
    let tls = match open.socket.to_ascii_uppercase().as_str() {
        "SSL" | "TLS" => TlsMode::Tls,
        "STARTTLS" => TlsMode::Starttls,
        // Nobody's password goes over a network in the clear because a document says so.
        "PLAIN" if is_here(&host) => TlsMode::None,
        _ => return None,
    };
    let has = |names: &[&str]| {
        open.logins
            .iter()
            .any(|login| names.iter().any(|name| login.eq_ignore_ascii_case(name)))
    };
    let password = has(&["password-cleartext", "plain"]);
    let oauth = has(&["OAuth2"]);
    if !password && !oauth && !open.logins.is_empty() {
        return None;
    }
    let username = filled(&open.username, address)
        .filter(|name| !name.is_empty() && name != address && !name.chars().any(char::is_control));
    Some(Server {
        endpoint: Endpoint {
            host: sound.then_some(host)?,
            port: port?,
            tls,
        },
        username,
        password: password || open.logins.is_empty(),
        oauth,
    })
}

fn is_here(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1")
}

/// The text with the address in its gaps; `None` if it has a gap for something else.
fn filled(text: &str, address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    // In one pass: what is filled in is not filled again.
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        let (gap, after) = after.split_once('%')?;
        out.push_str(before);
        out.push_str(match gap {
            "EMAILADDRESS" => address,
            "EMAILLOCALPART" => local,
            "EMAILDOMAIN" => domain,
            _ => return None,
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &str = "ada@example.com";

    fn document(servers: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<clientConfig version=\"1.1\"><emailProvider id=\"example.com\">\
             <domain>example.com</domain><displayName>Example &amp; Sons</displayName>{servers}\
             </emailProvider></clientConfig>"
        )
    }

    fn incoming(kind: &str, host: &str, port: &str, socket: &str, more: &str) -> String {
        format!(
            "<incomingServer type=\"{kind}\"><hostname>{host}</hostname><port>{port}</port>\
             <socketType>{socket}</socketType>{more}</incomingServer>"
        )
    }

    fn read(servers: &str) -> Result<Published, String> {
        parse(document(servers).as_bytes(), ADA)
    }

    #[test]
    fn servers_come_in_their_order_with_their_logins() {
        let servers = [
            incoming("pop3", "pop.example.com", "995", "SSL", ""),
            incoming(
                "imap",
                "IMAP.example.com",
                "993",
                "SSL",
                "<username>%EMAILADDRESS%</username><authentication>OAuth2</authentication>\
                 <authentication>password-cleartext</authentication>",
            ),
            incoming(
                "imap",
                "imap.%EMAILDOMAIN%",
                "143",
                "STARTTLS",
                "<username>%EMAILLOCALPART%</username><authentication>plain</authentication>",
            ),
            "<outgoingServer type=\"smtp\"><hostname>smtp.example.com</hostname><port>465</port>\
             <socketType>SSL</socketType><username><![CDATA[x]]>&#121;</username></outgoingServer>"
                .to_owned(),
        ]
        .concat();
        let found = read(&servers).unwrap();
        assert_eq!(found.provider.as_deref(), Some("Example & Sons"));
        let told = |s: &Server| {
            let e = &s.endpoint;
            format!(
                "{}:{} {:?} {:?} {} {}",
                e.host, e.port, e.tls, s.username, s.password, s.oauth
            )
        };
        let imap: Vec<_> = found.imap.iter().map(told).collect();
        assert_eq!(
            imap,
            [
                "imap.example.com:993 Tls None true true",
                "imap.example.com:143 Starttls Some(\"ada\") true false"
            ]
        );
        let smtp: Vec<_> = found.smtp.iter().map(told).collect();
        assert_eq!(smtp, ["smtp.example.com:465 Tls Some(\"xy\") true false"]);
    }

    #[test]
    fn what_would_be_read_by_others_or_makes_no_sense_is_left_out() {
        for (host, port, socket, more) in [
            ("imap.example.com", "143", "plain", ""),
            ("imap.example.com", "143", "", ""),
            ("imap.example.com", "0", "SSL", ""),
            ("imap.example.com", "99999", "SSL", ""),
            ("", "993", "SSL", ""),
            ("-oProxy", "993", "SSL", ""),
            ("a b.example.com", "993", "SSL", ""),
            ("imap.%REALNAME%", "993", "SSL", ""),
            ("imap.%", "993", "SSL", ""),
            (
                "imap.example.com",
                "993",
                "SSL",
                "<authentication>NTLM</authentication>",
            ),
        ] {
            let server = incoming("imap", host, port, socket, more);
            assert_eq!(
                read(&server),
                Err("it names no server that could be used".to_owned()),
                "{server}"
            );
        }
        let here = incoming("imap", "localhost", "143", "plain", "");
        assert_eq!(read(&here).unwrap().imap[0].endpoint.tls, TlsMode::None);
    }

    #[test]
    fn a_hostile_document_is_refused() {
        let sound = incoming("imap", "imap.example.com", "993", "SSL", "");
        let lol = format!(
            "<!DOCTYPE c [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>{}",
            document(&sound)
        );
        let deep = format!(
            "{}{}",
            "<a>".repeat(100_000 / 8),
            "</a>".repeat(100_000 / 8)
        );
        let long = incoming("imap", &"a".repeat(100_000), "993", "SSL", "");
        for (text, words) in [
            (lol, "document type"),
            (document(&sound.replace("imap.ex", "&b;")), "entities"),
            (document(&deep), "deep"),
            (document(&long), "without end"),
            (
                "<html><body>404</body></html>".to_owned(),
                "no clientConfig",
            ),
            (
                document(&sound).replace("</clientConfig>", ""),
                "ends in the middle",
            ),
            (document("<a></b>"), "bad XML"),
            (String::new(), "no server"),
            (" ".repeat(LARGEST + 1), "larger"),
        ] {
            let error = parse(text.as_bytes(), ADA).unwrap_err();
            assert!(error.contains(words), "{error}, not {words}");
        }
        let many = read(&sound.repeat(500)).unwrap();
        assert_eq!(many.imap.len(), MOST_SERVERS);
    }

    #[test]
    fn the_encoding_is_the_one_that_it_has() {
        let text = document(&incoming("imap", "imap.example.com", "993", "SSL", ""));
        let name = |bytes: &[u8]| parse(bytes, ADA).unwrap().provider.unwrap();
        let latin = text
            .replace("version=\"1.0\"", "version=\"1.0\" encoding='ISO-8859-1'")
            .replace("Example", "Caf_");
        let latin: Vec<u8> = latin
            .bytes()
            .map(|b| if b == b'_' { 0xe9 } else { b })
            .collect();
        assert_eq!(name(&latin), "Café & Sons");
        let wide: Vec<u8> = "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(name(&wide), "Example & Sons");
        let lie = text.replace("version=\"1.0\"", "version=\"1.0\" encoding=\"UTF-16\"");
        assert_eq!(name(lie.as_bytes()), "Example & Sons");
    }
}
