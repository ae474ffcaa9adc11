//! A private Dovecot and an SMTP sink behind it, for tests: own folder, own CA, free ports, own processes.
//!
//! Users `ann@example.com` (`annpw`) and `bob@example.com` (`bobpw`). The servers run as `nobody` when the tests
//! are root, else as the user who tests. Each test that asks gets servers of its own, stopped with the value.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::support::stop;

/// How long a server may take to end.
const PATIENCE: Duration = Duration::from_secs(3);

pub const ANN: &str = "ann@example.com";
pub const BOB: &str = "bob@example.com";

/// Running mail servers.
pub struct Mail {
    dir: tempfile::TempDir,
    children: Vec<Child>,
    dovecot: Option<Dovecot>,
    /// IMAP, plain at first: STARTTLS, no login before it.
    pub imap: u16,
    /// IMAP in TLS.
    pub imaps: u16,
    /// Submission with STARTTLS.
    pub submission: u16,
    /// Submission in TLS.
    pub submissions: u16,
    pub lmtp: u16,
    /// SMTP without login: `@bounce.example` is 550, `@slow.example` 451, the rest goes to the mailboxes.
    pub sink: u16,
}

struct Dovecot {
    child: Child,
}

/// Settings that make Dovecot another kind of server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kind {
    /// `imap_capability`: what it claims to offer; `None` for all it has.
    pub capability: Option<&'static str>,
    /// `.` instead of `/` between folder levels.
    pub dots: bool,
    /// Takes access tokens, too, and asks the OAuth server on this port about them.
    pub tokens: Option<Tokens>,
}

/// How a server takes access tokens.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// The OAuth server.
    pub port: u16,
    /// `xoauth2`, `oauthbearer` or both.
    pub mechanisms: &'static str,
}

impl Mail {
    /// Starts the servers; `None`, with the reason printed, where they are not installed.
    pub fn start() -> Option<Mail> {
        Mail::start_as(Kind::default())
    }

    /// Starts servers of this kind.
    pub fn start_as(kind: Kind) -> Option<Mail> {
        if let Some(reason) = missing() {
            assert!(
                std::env::var_os("COMMS_TEST_REQUIRE_SERVERS")
                    .is_none_or(|v| v.is_empty() || v == "0"),
                "the mail servers are required, but {reason}"
            );
            println!("skipped: {reason} (see tests/run)");
            return None;
        }
        // A port that was free a moment ago may be taken: try again elsewhere.
        for _ in 0..3 {
            if let Some(mail) = Mail::try_start(kind) {
                return Some(mail);
            }
        }
        panic!("the mail servers did not start")
    }

    fn try_start(kind: Kind) -> Option<Mail> {
        let dir = tempfile::Builder::new()
            .prefix("comms-mail-")
            .tempdir()
            .expect("a temporary folder");
        let [imap, imaps, submission, submissions, lmtp, sink] = free_ports();
        let mut mail = Mail {
            dir,
            children: Vec::new(),
            dovecot: None,
            imap,
            imaps,
            submission,
            submissions,
            lmtp,
            sink,
        };
        mail.write_config(kind);
        let mut sink = Command::new("/usr/bin/python3")
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/support/sink.py"
            ))
            .args([mail.sink.to_string(), mail.lmtp.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 starts");
        let mut ready = String::new();
        let stdout = sink.stdout.take().expect("stdout is piped");
        mail.children.push(sink);
        let _ = BufReader::new(stdout).read_line(&mut ready);
        if ready.trim() != "ready" {
            return None;
        }
        mail.start_dovecot();
        let up = [mail.imaps, mail.lmtp, mail.submission].map(wait_for_port);
        if up != [true; 3] {
            eprintln!("{}", mail.log());
            return None;
        }
        Some(mail)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The certificate of the servers' authority, for `ca_file`.
    pub fn ca(&self) -> String {
        self.path("tls/ca.pem").display().to_string()
    }

    /// What Dovecot logged, for a failing test.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("dovecot.log")).unwrap_or_default()
    }

    /// What the client of the nth session that logged out said after its login, in bytes.
    pub fn bytes_of_session(&self, nth: usize) -> u64 {
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            let log = self.log();
            let mut sessions = log.lines().filter_map(|line| {
                let (_, rest) = line.split_once("Logged out in=")?;
                rest.split(' ').next()?.parse().ok()
            });
            if let Some(bytes) = sessions.nth(nth - 1) {
                return bytes;
            }
            assert!(Instant::now() < end, "that session has not ended: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// An `[accounts.NAME]` table for ann over TLS, sending through submission.
    pub fn account(&self, name: &str) -> String {
        format!(
            "[accounts.{name}]\nchannel = \"imap\"\naddress = \"{ANN}\"\nimap = \"localhost:{}\"\nsmtp = \"localhost:{}\"\n\
             tls = \"tls\"\nca_file = \"{}\"\nsecret_command = \"echo annpw\"\n",
            self.imaps,
            self.submissions,
            self.ca()
        )
    }

    /// The same for bob.
    pub fn bob_account(&self, name: &str) -> String {
        self.account(name)
            .replace(ANN, BOB)
            .replace("annpw", "bobpw")
    }

    /// Delivers raw bytes to a user's inbox, as another server would.
    pub fn deliver(&self, to: &str, raw: impl AsRef<[u8]>) {
        let mut lmtp = Lines::connect(self.lmtp);
        lmtp.expect("220");
        for command in ["LHLO test", "MAIL FROM:<sender@elsewhere.example>"] {
            lmtp.say(command);
            lmtp.expect("250");
        }
        lmtp.say(&format!("RCPT TO:<{to}>"));
        lmtp.expect("250");
        lmtp.say("DATA");
        lmtp.expect("354");
        for line in raw.as_ref().split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                lmtp.raw(b".");
            }
            lmtp.raw(line);
        }
        lmtp.raw(b"\r\n.\r\n");
        lmtp.expect("250");
        lmtp.say("QUIT");
    }

    /// Delivers a small message.
    pub fn deliver_text(&self, to: &str, subject: &str, body: &str) {
        let id = subject.replace(' ', ".");
        self.deliver(
            to,
            format!(
                "From: Ada <ada@elsewhere.example>\r\nTo: {to}\r\nSubject: {subject}\r\n\
                 Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{id}@elsewhere.example>\r\n\r\n{body}\r\n"
            ),
        );
    }

    /// Another IMAP client, logged in as this user.
    pub fn client(&self, user: &str) -> Client {
        Client::login(self, user)
    }

    /// The Maildir of a user (owned by the servers' user).
    pub fn maildir(&self, user: &str) -> PathBuf {
        let name = user.split('@').next().unwrap_or(user);
        self.path("home").join(name).join("Maildir")
    }

    /// Stops Dovecot, as if the network went away.
    pub fn stop_dovecot(&mut self) {
        if let Some(mut dovecot) = self.dovecot.take() {
            stop(&mut dovecot.child, PATIENCE);
        }
    }

    /// Starts Dovecot again on the same ports.
    pub fn start_dovecot(&mut self) {
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
            command.arg(dovecot_binary().expect("checked before"));
            command
        } else {
            Command::new(dovecot_binary().expect("checked before"))
        };
        let child = command
            .arg("-F")
            .arg("-c")
            .arg(self.path("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("dovecot starts");
        self.dovecot = Some(Dovecot { child });
        wait_for_port(self.imaps);
    }

    fn write_config(&self, kind: Kind) {
        for folder in ["run", "state", "home", "tls"] {
            std::fs::create_dir(self.path(folder)).expect("folder made");
        }
        make_certificates(&self.path("tls"));
        let (user, group, uid, gid) = server_user();
        let root = self.dir.path().display();
        let mut users = String::new();
        for name in ["ann", "bob"] {
            let _ = writeln!(
                users,
                "{name}@example.com:{{PLAIN}}{name}pw:{uid}:{gid}::{root}/home/{name}::"
            );
        }
        std::fs::write(self.path("users"), users).expect("file written");
        let separator = if kind.dots { "." } else { "/" };
        let capability = kind
            .capability
            .map(|words| format!("imap_capability = {words}\n"))
            .unwrap_or_default();
        let (mechanisms, by_token) = match kind.tokens {
            None => ("", String::new()),
            Some(tokens) => {
                let ask = format!(
                    "introspection_mode = post\n\
                     introspection_url = http://dovecot:dovecot-secret@127.0.0.1:{}/token/introspection\n\
                     active_attribute = active\nactive_value = true\nusername_attribute = sub\ntimeout_msecs = 4000\n",
                    tokens.port
                );
                std::fs::write(self.path("oauth2.conf"), ask).expect("file written");
                let passdb = format!(
                    "passdb {{\n  driver = oauth2\n  mechanisms = {}\n  args = {root}/oauth2.conf\n}}\n",
                    tokens.mechanisms
                );
                (tokens.mechanisms, passdb)
            }
        };
        let Mail {
            imap,
            imaps,
            submission,
            submissions,
            lmtp,
            sink,
            ..
        } = self;
        let config = format!(
            "base_dir = {root}/run
state_dir = {root}/state
instance_name = commstest{imap}
log_path = {root}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
listen = 127.0.0.1, 127.0.0.2
login_trusted_networks =
protocols = imap lmtp submission
hostname = localhost
mail_location = maildir:~/Maildir
first_valid_uid = 1
ssl = required
ssl_cert = <{root}/tls/server.pem
ssl_key = <{root}/tls/server.key
disable_plaintext_auth = yes
auth_mechanisms = plain login {mechanisms}
auth_username_format = %Lu
auth_failure_delay = 0
mail_max_userip_connections = 100
{capability}{by_token}passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {root}/users
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {submission}
  }}
  inet_listener submissions {{
    port = {submissions}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service stats {{
  chroot =
}}
submission_relay_host = 127.0.0.1
submission_relay_port = {sink}
submission_relay_trusted = yes
lda_mailbox_autocreate = yes
"
        );
        std::fs::write(self.path("dovecot.conf"), config).expect("file written");
        if is_root() {
            let owner = format!("{user}:{group}");
            let status = Command::new("chown")
                .args(["-R", &owner])
                .arg(self.dir.path())
                .status();
            assert!(status.expect("chown runs").success());
        }
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        self.stop_dovecot();
        for mut child in self.children.drain(..) {
            stop(&mut child, PATIENCE);
        }
    }
}

/// Why the servers can't run here.
fn missing() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&'static str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let runs = |program: &str, args: &[&str]| {
            Command::new(program)
                .args(args)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        if dovecot_binary().is_none() {
            return Some("dovecot is not installed");
        }
        for part in ["imap", "lmtp", "submission-login"] {
            if !Path::new("/usr/lib/dovecot").join(part).exists()
                && !Path::new("/usr/libexec/dovecot").join(part).exists()
            {
                return Some("dovecot lacks its imap, lmtp or submission part");
            }
        }
        if !runs("/usr/bin/python3", &["-c", "import aiosmtpd"]) {
            return Some("python3-aiosmtpd is not installed");
        }
        if !runs("openssl", &["version"]) {
            return Some("openssl is not installed");
        }
        if is_root() && !runs("setpriv", &["--version"]) {
            return Some("setpriv is not installed");
        }
        None
    })
}

fn dovecot_binary() -> Option<&'static str> {
    ["/usr/sbin/dovecot", "/usr/local/sbin/dovecot"]
        .into_iter()
        .find(|path| Path::new(path).exists())
}

fn ask(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    String::from_utf8_lossy(&output.expect("it runs").stdout)
        .trim()
        .to_owned()
}

fn is_root() -> bool {
    static ROOT: OnceLock<bool> = OnceLock::new();
    *ROOT.get_or_init(|| ask("id", &["-u"]) == "0")
}

/// Name, group, uid and gid the servers run under.
fn server_user() -> (String, String, String, String) {
    let name = if is_root() {
        "nobody".to_owned()
    } else {
        ask("id", &["-un"])
    };
    (
        name.clone(),
        ask("id", &["-gn", &name]),
        ask("id", &["-u", &name]),
        ask("id", &["-g", &name]),
    )
}

fn free_ports<const N: usize>() -> [u16; N] {
    // All are held until all are known, so that no two are the same.
    let held = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    held.map(|listener| listener.local_addr().expect("it is bound").port())
}

fn wait_for_port(port: u16) -> bool {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// An authority and a certificate for `localhost`, made once for all tests of this process.
fn make_certificates(into: &Path) {
    static MADE: OnceLock<Vec<(&'static str, Vec<u8>)>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| dir.path().join(name).display().to_string();
        let openssl = |args: &[&str]| {
            let output = Command::new("openssl").args(args).output();
            let output = output.expect("openssl runs");
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{words}");
        };
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let mut ca = vec!["req", "-x509", "-days", "30", "-subj", "/CN=comms test authority"];
        let (ca_key, ca_pem) = (at("ca.key"), at("ca.pem"));
        ca.extend(key);
        ca.extend(["-keyout", &ca_key, "-out", &ca_pem]);
        ca.extend(["-addext", "basicConstraints=critical,CA:TRUE"]);
        ca.extend(["-addext", "keyUsage=critical,keyCertSign,cRLSign"]);
        openssl(&ca);
        let (own_key, request, own_pem) = (at("server.key"), at("server.csr"), at("server.pem"));
        let mut ask = vec!["req", "-subj", "/CN=localhost", "-keyout", &own_key, "-out", &request];
        ask.extend(key);
        openssl(&ask);
        let extensions = at("server.ext");
        std::fs::write(
            &extensions,
            "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n",
        )
        .expect("file written");
        openssl(&[
            "x509", "-req", "-days", "30", "-in", &request, "-CA", &ca_pem, "-CAkey", &ca_key,
            "-CAcreateserial", "-extfile", &extensions, "-out", &own_pem,
        ]);
        ["ca.pem", "server.pem", "server.key"]
            .map(|name| (name, std::fs::read(dir.path().join(name)).expect("it was made")))
            .into()
    });
    for (name, bytes) in made {
        std::fs::write(into.join(name), bytes).expect("file written");
    }
}

/// A line protocol over plain TCP.
struct Lines {
    stream: BufReader<TcpStream>,
}

impl Lines {
    fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        Lines {
            stream: BufReader::new(stream),
        }
    }
    fn raw(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).expect("written");
    }
    fn say(&mut self, line: &str) {
        self.raw(format!("{line}\r\n").as_bytes());
    }
    /// The last line of a reply, which must begin with this code.
    #[track_caller]
    fn expect(&mut self, code: &str) {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).expect("a reply");
            assert!(line.starts_with(code), "{line}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return;
            }
        }
    }
}

/// An IMAP client that shares no code with comms: openssl for the TLS, lines for the rest.
pub struct Client {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    tag: u32,
}

impl Client {
    fn login(mail: &Mail, user: &str) -> Client {
        let mut child = Command::new("openssl")
            .args(["s_client", "-quiet", "-verify_return_error", "-CAfile"])
            .arg(mail.ca())
            .args(["-connect", &format!("localhost:{}", mail.imaps)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl starts");
        let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut client = Client {
            child,
            output,
            tag: 0,
        };
        let name = user.split('@').next().unwrap_or(user);
        assert!(client.line().starts_with("* OK"));
        client.run(&format!("LOGIN {user} {name}pw"));
        client
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.output
            .read_until(b'\n', &mut line)
            .expect("the server answers");
        String::from_utf8_lossy(&line).into_owned()
    }

    /// Runs a command that must succeed; gives everything the server said.
    #[track_caller]
    pub fn run(&mut self, command: &str) -> String {
        self.tag += 1;
        let tag = format!("t{} ", self.tag);
        self.write(format!("{tag}{command}\r\n").as_bytes());
        self.read_to(&tag)
    }

    fn write(&mut self, bytes: &[u8]) {
        let stdin = self.child.stdin.as_mut().expect("stdin is piped");
        stdin.write_all(bytes).expect("written");
        stdin.flush().expect("written");
    }

    #[track_caller]
    fn read_to(&mut self, tag: &str) -> String {
        let mut said = String::new();
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "the server hung up: {said}");
            let last = line.starts_with(tag);
            said.push_str(&line);
            if last {
                assert!(line[tag.len()..].starts_with("OK"), "{said}");
                return said;
            }
        }
    }

    /// Puts a message into a folder.
    #[track_caller]
    pub fn append(&mut self, folder: &str, flags: &str, raw: impl AsRef<[u8]>) {
        let raw = raw.as_ref();
        self.tag += 1;
        let tag = format!("t{} ", self.tag);
        self.write(format!("{tag}APPEND \"{folder}\" ({flags}) {{{}}}\r\n", raw.len()).as_bytes());
        assert!(self.line().starts_with('+'));
        self.write(raw);
        self.write(b"\r\n");
        self.read_to(&tag);
    }

    /// The whole message with this UID in the selected folder, byte by byte.
    #[track_caller]
    pub fn fetch(&mut self, uid: u32) -> Vec<u8> {
        self.tag += 1;
        let tag = format!("t{} ", self.tag);
        self.write(format!("{tag}UID FETCH {uid} (BODY.PEEK[])\r\n").as_bytes());
        let line = self.line();
        let size: usize = line
            .trim_end()
            .rsplit_once('{')
            .and_then(|(_, size)| size.strip_suffix('}')?.parse().ok())
            .unwrap_or_else(|| panic!("no literal: {line}"));
        let mut raw = vec![0; size];
        self.output.read_exact(&mut raw).expect("the literal");
        self.read_to(&tag);
        raw
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
