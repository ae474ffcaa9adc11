//! `comms serve` as a child, and providers that call it: signed requests over plain sockets, as slow or large as wanted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use ring::hmac;

use super::World;

/// The account `wa` of WhatsApp, with the secrets that calls are signed with here.
pub const WHATSAPP: &str = "
[accounts.wa]
channel = \"whatsapp\"
address = \"+15550001111\"
phone_number_id = \"123\"
";
pub const APP_SECRET: &str = "test_app_secret";
pub const VERIFY_TOKEN: &str = "my-verify-token";

/// A world in which `serve` hears WhatsApp.
pub fn world() -> World {
    World::new()
        .config(WHATSAPP)
        .env("COMMS_SECRET_WA_WEBHOOK_SECRET", APP_SECRET)
        .env("COMMS_SECRET_WA_VERIFY_TOKEN", VERIFY_TOKEN)
}

/// A running `comms serve`; killed with it.
pub struct Serving {
    pub child: Child,
    pub at: SocketAddr,
}

impl Serving {
    /// One that only hears webhooks.
    pub fn start(world: &World) -> Serving {
        Serving::with(world, &["--only", "webhooks"])
    }

    /// Starts it and waits until it listens.
    pub fn with(world: &World, args: &[&str]) -> Serving {
        Serving::on(world, IpAddr::V4(Ipv4Addr::LOCALHOST), args)
    }

    /// The same at another address of this machine.
    pub fn on(world: &World, ip: IpAddr, args: &[&str]) -> Serving {
        let listen = SocketAddr::new(ip, 0).to_string();
        let all = ["serve", "--listen", &listen];
        Serving::of(world.spawn(all.iter().chain(args)))
    }

    /// One that was started already; waits until it listens.
    pub fn of(mut child: Child) -> Serving {
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let at = stdout
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listen\thttp://")?.parse().ok());
        let Some(at) = at else {
            let ended = child.wait_with_output().expect("it ends");
            panic!("{}", String::from_utf8_lossy(&ended.stderr));
        };
        Serving { child, at }
    }

    /// Sends it a signal (`-TERM`) and gives its exit code.
    pub fn end(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        Command::new("kill")
            .args([signal, &pid])
            .status()
            .expect("kill runs");
        self.child.wait().expect("it ends").code()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_as(path, "host: localhost")
    }

    /// The same with other lines in its head.
    pub fn get_as(&self, path: &str, lines: &str) -> Answer {
        self.ask(
            &format!("GET {path} HTTP/1.1\r\n{lines}\r\nconnection: close\r\n\r\n"),
            b"",
        )
    }

    /// Posts as WhatsApp does, signed.
    pub fn whatsapp(&self, body: &str) -> Answer {
        self.post(
            "/webhooks/wa",
            &[("x-hub-signature-256", &signature(body))],
            body.as_bytes(),
        )
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.post_as(path, &all, body)
    }

    /// The same with these headers alone.
    pub fn post_as(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        if !headers.iter().any(|(name, _)| *name == "host") {
            head.push_str("host: localhost\r\n");
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.ask(&head, body)
    }

    /// Any method, with these lines in its head.
    pub fn request(&self, method: &str, (path, lines): (&str, &str), body: &[u8]) -> Answer {
        let length = body.len();
        self.ask(
            &format!(
                "{method} {path} HTTP/1.1\r\n{lines}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
            ),
            body,
        )
    }

    /// Any request of a program, with its key.
    pub fn call(&self, request: (&str, &str), headers: &[(&str, &str)], body: &str) -> Answer {
        let (method, path) = request;
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        if !body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.ask(&head, body.as_bytes())
    }

    fn ask(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(body);
        Answer::read(&mut stream)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.at).expect("it listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a timeout");
        stream
    }

    /// The value of a metric by its line up to the value, waiting a little for counts on their way.
    pub fn counted(&self, line: &str, value: u64) {
        let end = Instant::now() + Duration::from_secs(10);
        let wanted = format!("{line} {value}");
        loop {
            let page = self.get("/metrics").body;
            if page.lines().any(|line| line == wanted) {
                return;
            }
            assert!(Instant::now() < end, "no `{wanted}` in\n{page}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        crate::support::end(&mut self.child);
    }
}

/// What was answered; all empty if the connection was cut instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Without the date.
    pub head: Vec<String>,
    pub body: String,
}

impl Answer {
    /// A field of the head.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self
            .head
            .iter()
            .find_map(|line| line.split_once(':').filter(|(n, _)| *n == name));
        line.map(|(_, value)| value.trim())
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e} in {self:?}"))
    }

    pub fn read(stream: &mut TcpStream) -> Answer {
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let all = String::from_utf8_lossy(&all).into_owned();
        let Some((head, body)) = all.split_once("\r\n\r\n") else {
            return Answer::default();
        };
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok());
        Answer {
            status: status.unwrap_or_default(),
            head: lines
                .filter(|line| !line.starts_with("date:"))
                .map(str::to_owned)
                .collect(),
            body: body.to_owned(),
        }
    }
}

/// Meta's signature of a body.
pub fn signature(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256={hex}")
}

/// A text from a customer, as WhatsApp posts it.
pub fn text(id: &str, text: &str) -> String {
    serde_json::json!({"object": "whatsapp_business_account", "entry": [{"id": "w", "changes": [{
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": "123"},
            "contacts": [{"profile": {"name": "Ada"}, "wa_id": "14155550100"}],
            "messages": [{"from": "14155550100", "id": id, "timestamp": "1795262400",
                          "type": "text", "text": {"body": text}}],
        },
    }]}]})
    .to_string()
}
