//! A small SMTP server in the test's own process; what it answers depends on the recipient's domain.
//!
//! `@bounce.example` is refused (550), `@slow.example` is put off (451), a message to `@silent.example` is
//! taken without an answer after its final dot, everyone else is accepted. No TLS, no login.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// The server; it ends with the test's process.
pub struct Smtp {
    pub port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    commands: Arc<Mutex<Vec<String>>>,
    gate: Arc<Gate>,
}

/// Whether held messages are answered.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

/// How it differs from a well-behaved server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Script {
    /// EHLO lines in place of the usual ones.
    pub offers: Option<&'static [&'static str]>,
    /// Answers to AUTH and to each line of its dialogue.
    pub auth: &'static [&'static str],
    pub data: Data,
}

/// What becomes of a message's content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Data {
    #[default]
    Accept,
    /// Reads nothing after its 354.
    StallBefore,
    /// Takes all of it and answers after this many milliseconds.
    Late(u64),
    /// Takes all of it and answers once [`Smtp::release`] was called.
    Held,
    /// Takes all of it and never answers.
    StallAfter,
    /// Takes all of it and hangs up.
    Close,
}

/// One message that came to its final dot.
#[derive(Clone, Debug)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// With CRLF, dots unstuffed, without the final dot.
    pub data: String,
    /// When its final dot came.
    pub at: std::time::Instant,
}

impl Smtp {
    /// Starts on a free port.
    pub fn start() -> Self {
        Smtp::scripted(Script::default())
    }

    /// Starts a server that does as it is told here.
    pub fn scripted(script: Script) -> Self {
        Smtp::on(0, script)
    }

    /// Starts one on this port, which nobody listens on.
    pub fn on(port: u16, script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let commands = Arc::new(Mutex::new(Vec::new()));
        let shelf = Arc::clone(&received);
        let log = Arc::clone(&commands);
        let gate = Arc::new(Gate::default());
        let held = Arc::clone(&gate);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shelf, log) = (Arc::clone(&shelf), Arc::clone(&log));
                let held = Arc::clone(&held);
                // A client that goes away ends its session, not the server.
                std::thread::spawn(move || serve(stream, (&shelf, &log, &held), script).ok());
            }
        });
        Smtp {
            port,
            received,
            commands,
            gate,
        }
    }

    /// `[accounts.NAME]` that sends through this server.
    pub fn account(&self, name: &str) -> String {
        format!(
            "[accounts.{name}]\nchannel = \"smtp\"\naddress = \"ada@example.com\"\ndisplay_name = \"Ada Byron\"\n\
             smtp = \"127.0.0.1:{}\"\ntls = \"none\"\nauth = \"none\"\n",
            self.port
        )
    }

    /// Every command so far, upper and lower case as sent.
    pub fn commands(&self) -> Vec<String> {
        self.commands
            .lock()
            .expect("no panic while it was held")
            .clone()
    }

    /// Waits until it was told a command that begins so.
    #[track_caller]
    pub fn wait_for(&self, command: &str) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while !self.commands().iter().any(|c| c.starts_with(command)) {
            assert!(std::time::Instant::now() < end, "no {command} came");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Answers all that is held, now and from now on.
    pub fn release(&self) {
        *self.gate.open.lock().expect("no panic while it was held") = true;
        self.gate.opened.notify_all();
    }

    /// Waits until so many messages came to their final dot.
    #[track_caller]
    pub fn wait_for_mail(&self, n: usize) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while self.received().len() < n {
            let came = self.received().len();
            assert!(std::time::Instant::now() < end, "{came} of {n} came");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// What came so far.
    pub fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .expect("no panic while it was held")
            .clone()
    }
}

fn serve(
    stream: TcpStream,
    (shelf, log, gate): (&Mutex<Vec<Received>>, &Mutex<Vec<String>>, &Gate),
    script: Script,
) -> std::io::Result<()> {
    let usual: &[&str] = &["PIPELINING", "8BITMIME", "SIZE 50000000"];
    let mut ehlo: String = script
        .offers
        .unwrap_or(usual)
        .iter()
        .map(|offer| format!("250-{offer}\r\n"))
        .collect();
    ehlo.insert_str(0, "250-test.example\r\n");
    ehlo.push_str("250 HELP\r\n");
    let stall = || loop {
        std::thread::sleep(std::time::Duration::from_secs(3600));
    };
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut out = stream;
    let mut from = String::new();
    let mut to: Vec<String> = Vec::new();
    out.write_all(b"220 test.example ESMTP\r\n")?;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_ascii_uppercase();
        log.lock()
            .expect("no panic while it was held")
            .push(line.trim_end().to_owned());
        let reply: &str = if command.starts_with("EHLO") {
            &ehlo
        } else if command.starts_with("AUTH ") {
            for (n, answer) in script.auth.iter().enumerate() {
                if n > 0 {
                    line.clear();
                    reader.read_line(&mut line)?;
                    log.lock()
                        .expect("no panic while it was held")
                        .push(line.trim_end().to_owned());
                }
                out.write_all(answer.as_bytes())?;
                out.write_all(b"\r\n")?;
            }
            continue;
        } else if command.starts_with("HELO") || command == "NOOP" {
            "250 OK\r\n"
        } else if command == "RSET" {
            to.clear();
            "250 OK\r\n"
        } else if command.starts_with("MAIL FROM:") {
            from = address(&line);
            to.clear();
            "250 2.1.0 OK\r\n"
        } else if command.starts_with("RCPT TO:") {
            let recipient = address(&line);
            if recipient.ends_with("@bounce.example") {
                "550 5.1.1 no such user here\r\n"
            } else if recipient.ends_with("@slow.example") {
                "451 4.3.0 try again later\r\n"
            } else {
                to.push(recipient);
                "250 2.1.5 OK\r\n"
            }
        } else if command == "DATA" && to.is_empty() {
            "554 5.5.1 no valid recipients\r\n"
        } else if command == "DATA" {
            out.write_all(b"354 go ahead\r\n")?;
            if script.data == Data::StallBefore {
                stall();
            }
            let data = read_data(&mut reader)?;
            let silent =
                script.data == Data::Close || to.iter().any(|r| r.ends_with("@silent.example"));
            let message = Received {
                from: from.clone(),
                to: std::mem::take(&mut to),
                data,
                at: std::time::Instant::now(),
            };
            shelf
                .lock()
                .expect("no panic while it was held")
                .push(message);
            match script.data {
                _ if silent => return Ok(()),
                Data::StallAfter => {
                    log.lock()
                        .expect("no panic while it was held")
                        .push(".".to_owned());
                    stall();
                }
                Data::Held => {
                    let open = gate.open.lock().expect("no panic while it was held");
                    let opened = gate.opened.wait_while(open, |open| !*open);
                    drop(opened.expect("no panic while it was held"));
                }
                Data::Late(ms) => std::thread::sleep(std::time::Duration::from_millis(ms)),
                _ => {}
            }
            "250 2.0.0 queued as TEST1\r\n"
        } else if command == "QUIT" {
            out.write_all(b"221 bye\r\n")?;
            return Ok(());
        } else {
            "500 5.5.2 what?\r\n"
        };
        out.write_all(reply.as_bytes())?;
    }
}

fn address(line: &str) -> String {
    let inside = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

fn read_data(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 || line == b".\r\n" {
            return Ok(String::from_utf8_lossy(&data).into_owned());
        }
        data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
