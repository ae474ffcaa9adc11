//! An address book server that no one here wrote (Radicale), one for all tests, and a wire before it that can fail.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::skip;

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static USERS: AtomicUsize = AtomicUsize::new(1);
/// Users from here on can only read.
const READERS: usize = 90;

/// It ends with the process, which holds its stdin.
struct Server {
    dir: PathBuf,
    port: u16,
    _child: Child,
}

/// A user with one address book.
pub struct Book {
    pub port: u16,
    user: usize,
    dir: PathBuf,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Book {
    /// A fresh book; `None`, with the reason printed, where the server is not installed.
    pub fn new() -> Option<Book> {
        let book = Book::of(USERS.fetch_add(1, Ordering::Relaxed))?;
        let body = "<?xml version=\"1.0\"?><mkcol xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><set><prop>\
            <resourcetype><collection/><C:addressbook/></resourcetype><displayname>People</displayname>\
            </prop></set></mkcol>";
        let made = book.ask("MKCOL", "", &[], body);
        assert_eq!(made.status, 201, "{made:?}");
        Some(book)
    }

    /// A book that can't be written, with this card in it.
    pub fn read_only(name: &str, card: &str) -> Option<Book> {
        static READ: AtomicUsize = AtomicUsize::new(READERS);
        let book = Book::of(READ.fetch_add(1, Ordering::Relaxed))?;
        let folder = book.folder();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            folder.join(".Radicale.props"),
            "{\"tag\": \"VADDRESSBOOK\"}",
        )
        .unwrap();
        std::fs::write(folder.join(name), card).unwrap();
        Some(book)
    }

    fn of(user: usize) -> Option<Book> {
        let Some(server) = SERVER.get_or_init(start) else {
            return skip("Radicale is not installed");
        };
        Some(Book {
            port: server.port,
            user,
            dir: server.dir.clone(),
        })
    }

    /// The table of an account that has this book, through this port.
    pub fn account(&self, name: &str, port: u16) -> String {
        format!(
            "[accounts.{name}]\nchannel = \"carddav\"\nurl = \"http://127.0.0.1:{port}\"\nusername = \"u{0}\"\n\
             secret_command = \"printf pw{0}\"\n",
            self.user
        )
    }

    pub fn username(&self) -> String {
        format!("u{}", self.user)
    }

    pub fn password(&self) -> String {
        format!("pw{}", self.user)
    }

    /// Another client of the same book.
    pub fn ask(&self, method: &str, name: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        use base64::Engine as _;
        let login = base64::engine::general_purpose::STANDARD
            .encode(format!("u{}:pw{}", self.user, self.user));
        let mut head = format!(
            "{method} /u{}/people/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {login}\r\n\
             Connection: close\r\nContent-Length: {}\r\n",
            self.user,
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let answer = exchange(self.port, format!("{head}\r\n{body}").as_bytes());
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Answer {
            status: head
                .split(' ')
                .nth(1)
                .and_then(|s| s.parse().ok())
                .unwrap_or(0),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Writes a card as another client.
    pub fn put(&self, name: &str, card: &str) {
        let answer = self.ask("PUT", name, &[("Content-Type", "text/vcard")], card);
        assert!(matches!(answer.status, 201 | 204), "{answer:?}");
    }

    pub fn delete(&self, name: &str) {
        let answer = self.ask("DELETE", name, &[], "");
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// All cards, by name of the file.
    pub fn cards(&self) -> Vec<(String, String)> {
        let mut cards: Vec<_> = std::fs::read_dir(self.folder())
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.'))
            .map(|name| {
                let text = std::fs::read_to_string(self.folder().join(&name)).unwrap();
                (name, text)
            })
            .collect();
        cards.sort();
        cards
    }

    /// The one card that has this in it.
    pub fn card(&self, what: &str) -> String {
        let cards = self.cards();
        let mut found = cards.iter().filter(|(_, text)| text.contains(what));
        let card = found
            .next()
            .unwrap_or_else(|| panic!("no {what} in {cards:?}"));
        assert!(found.next().is_none(), "{what} twice in {cards:?}");
        card.1.clone()
    }

    /// How many requests changed the book so far, by the server's own log.
    pub fn changes(&self) -> usize {
        let log = std::fs::read_to_string(self.dir.join("log")).unwrap();
        let own = format!("/u{}/people/", self.user);
        log.lines()
            .filter(|line| line.contains(&own))
            .filter(|line| line.contains("PUT request") || line.contains("DELETE request"))
            .count()
    }

    /// How many requests there were so far, by the server's own log.
    pub fn requests(&self) -> usize {
        let log = std::fs::read_to_string(self.dir.join("log")).unwrap();
        let own = format!("/u{}/", self.user);
        log.lines()
            .filter(|line| line.contains(" request for ") && line.contains(&own))
            .count()
    }

    /// Puts these cards in place of all that is there.
    pub fn replace(&self, cards: &str) {
        let folder = self.folder();
        for (n, card) in cards.split_inclusive("END:VCARD\r\n").enumerate() {
            std::fs::write(folder.join(format!("n{n}.vcf")), card).unwrap();
        }
    }

    fn folder(&self) -> PathBuf {
        let root = self.dir.join("collections/collection-root");
        root.join(format!("u{}/people", self.user))
    }
}

fn start() -> Option<Server> {
    let parts = std::env::var_os("COMMS_TEST_RADICALE").map_or_else(
        || {
            let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let home = std::env::var_os("HOME").map(PathBuf::from);
            let cache = cache.or_else(|| Some(home?.join(".cache")))?;
            Some(cache.join("comms-tests/radicale"))
        },
        |folder| Some(PathBuf::from(folder)),
    )?;
    if !parts.join("radicale").is_dir() {
        return None;
    }
    let dir = tempfile::tempdir().expect("a temporary folder").keep();
    let mut child = Command::new("python3")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/support/radicale.py"
        ))
        .arg(parts)
        .arg(&dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut line = String::new();
    let stdout = child.stdout.take()?;
    let _ = BufReader::new(stdout).read_line(&mut line);
    let port = line.trim().parse().ok()?;
    Some(Server {
        dir,
        port,
        _child: child,
    })
}

fn exchange(port: u16, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// What the wire does with a request.
#[derive(Clone, Debug)]
pub enum Act {
    Pass,
    /// The server hears it, the client hears nothing.
    Cut,
    /// The server does not hear it.
    Drop,
    /// This is the answer, with nothing asked.
    Say(String),
    /// The answer lacks its ETag.
    NoEtag,
    /// The server keeps it under this path instead, and says so or not.
    Under(String, bool),
}

/// A wire between comms and the server; it ends with the test's process.
pub struct Wire {
    pub port: u16,
}

impl Wire {
    /// `decide` is asked before each request, with method, path and body.
    pub fn start(
        server: u16,
        decide: impl Fn(&str, &str, &str) -> Act + Send + Sync + 'static,
    ) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let decide = Arc::new(decide);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let decide = decide.clone();
                std::thread::spawn(move || carry(client, server, &*decide));
            }
        });
        Wire { port }
    }
}

/// Carries one request; the connection is closed with its answer.
fn carry(mut client: TcpStream, server: u16, decide: &dyn Fn(&str, &str, &str) -> Act) {
    let Ok(read) = client.try_clone() else { return };
    let mut lines = BufReader::new(read);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        match lines.read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if lower.starts_with("connection:") || lower.starts_with("accept-encoding:") {
            continue;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    if lines.read_exact(&mut body).is_err() {
        return;
    }
    let first = head.lines().next().unwrap_or_default().to_owned();
    let mut words = first.split(' ');
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let act = decide(method, path, &String::from_utf8_lossy(&body));
    let mut request = format!("{head}Connection: close\r\n\r\n").into_bytes();
    request.extend_from_slice(&body);
    match act {
        Act::Drop => {}
        Act::Say(answer) => drop(client.write_all(answer.as_bytes())),
        Act::Cut => drop(exchange(server, &request)),
        Act::Pass => drop(client.write_all(&closing(exchange(server, &request), false))),
        Act::NoEtag => drop(client.write_all(&closing(exchange(server, &request), true))),
        Act::Under(other, tells) => {
            let request = String::from_utf8_lossy(&request).replacen(path, &other, 1);
            let mut answer = closing(exchange(server, request.as_bytes()), false);
            if tells {
                let at = answer.windows(2).position(|b| b == b"\r\n").unwrap_or(0) + 2;
                let line = format!("Location: {other}\r\n").into_bytes();
                answer.splice(at..at, line);
            }
            drop(client.write_all(&answer));
        }
    }
}

/// The answer, which says that the connection ends with it.
fn closing(answer: Vec<u8>, no_etag: bool) -> Vec<u8> {
    let end = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut out: String = head
        .split("\r\n")
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .filter(|line| !(no_etag && line.to_ascii_lowercase().starts_with("etag:")))
        .map(|line| format!("{line}\r\n"))
        .collect();
    out.push_str("Connection: close\r\n");
    let mut bytes = out.into_bytes();
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(answer.get(end + 4..).unwrap_or_default());
    bytes
}
