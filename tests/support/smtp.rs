//! A small SMTP server in the test's own process; what it answers depends on the recipient's domain.
//!
//! `@bounce.example` is refused (550), `@slow.example` is put off (451), a message to `@silent.example` is
//! taken without an answer after its final dot, everyone else is accepted. No TLS, no login.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The server; it ends with the test's process.
pub struct Smtp {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

/// One message that came to its final dot.
#[derive(Clone, Debug)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// With CRLF, dots unstuffed, without the final dot.
    pub data: String,
}

impl Smtp {
    /// Starts on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let shelf = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shelf = Arc::clone(&shelf);
                // A client that goes away ends its session, not the server.
                std::thread::spawn(move || serve(stream, &shelf).ok());
            }
        });
        Smtp { port, received }
    }

    /// `[accounts.NAME]` that sends through this server.
    pub fn account(&self, name: &str) -> String {
        format!(
            "[accounts.{name}]\nchannel = \"smtp\"\naddress = \"ada@example.com\"\ndisplay_name = \"Ada Byron\"\n\
             smtp = \"127.0.0.1:{}\"\ntls = \"none\"\nauth = \"none\"\n",
            self.port
        )
    }

    /// What came so far.
    pub fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .expect("no panic while it was held")
            .clone()
    }
}

fn serve(stream: TcpStream, shelf: &Mutex<Vec<Received>>) -> std::io::Result<()> {
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
        let reply: &str = if command.starts_with("EHLO") {
            "250-test.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n"
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
            let data = read_data(&mut reader)?;
            let silent = to.iter().any(|r| r.ends_with("@silent.example"));
            let message = Received {
                from: from.clone(),
                to: std::mem::take(&mut to),
                data,
            };
            shelf
                .lock()
                .expect("no panic while it was held")
                .push(message);
            if silent {
                return Ok(());
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
