//! A receiver of webhooks: keeps what is posted, and answers as it is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What was posted.
#[derive(Clone, Debug)]
pub struct Post {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Post {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether one of its signatures is made with this secret.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD
            .decode(secret.strip_prefix("whsec_").unwrap())
            .unwrap();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let signed = [format!("{id}.{at}.").as_bytes(), &self.body].concat();
        self.header("webhook-signature")
            .split(' ')
            .any(|signature| {
                let bytes = signature
                    .strip_prefix("v1,")
                    .and_then(|s| STANDARD.decode(s).ok());
                bytes.is_some_and(|bytes| ring::hmac::verify(&key, &signed, &bytes).is_ok())
            })
    }
}

/// How one post is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    Status(u16),
    /// 302 to this address.
    To(String),
    /// Nothing is said for ever.
    Hang,
}

pub struct Receiver {
    pub port: u16,
    posts: Arc<Mutex<Vec<Post>>>,
}

impl Receiver {
    /// Answers posts in this order, and all after them with 200.
    pub fn start(replies: &[Reply]) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let posts = Arc::new(Mutex::new(Vec::new()));
        let (kept, replies) = (Arc::clone(&posts), replies.to_vec());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, replies) = (Arc::clone(&kept), replies.clone());
                std::thread::spawn(move || serve(stream, &kept, &replies));
            }
        });
        Receiver { port, posts }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/in", self.port)
    }

    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }

    /// Waits until there are so many.
    #[track_caller]
    pub fn until(&self, count: usize) -> Vec<Post> {
        let end = Instant::now() + Duration::from_secs(40);
        loop {
            let posts = self.posts();
            if posts.len() >= count {
                return posts;
            }
            assert!(Instant::now() < end, "{count} of {posts:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Vec<Post>>, replies: &[Reply]) {
    while let Some(post) = read(&mut stream) {
        let number = {
            let mut kept = kept.lock().unwrap();
            kept.push(post);
            kept.len() - 1
        };
        let (status, more) = match replies.get(number) {
            None => (200, String::new()),
            Some(Reply::Status(status)) => (*status, String::new()),
            Some(Reply::To(url)) => (302, format!("location: {url}\r\n")),
            Some(Reply::Hang) => {
                std::thread::sleep(Duration::from_secs(120));
                return;
            }
        };
        let head = format!("HTTP/1.1 {status} X\r\n{more}content-length: 0\r\n\r\n");
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(stream: &mut TcpStream) -> Option<Post> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, n)| n.parse().unwrap())];
    stream.read_exact(&mut body).ok()?;
    Some(Post {
        path,
        headers,
        body,
    })
}
