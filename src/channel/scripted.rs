//! A server for tests that says what it is told to, one turn per request.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request.
#[derive(Clone, Copy, Debug)]
pub enum Turn {
    /// Status and body.
    Say(u16, &'static str),
    /// Takes the request and hangs up.
    Break,
}

/// The server; it ends with the test's runtime.
pub struct Scripted {
    pub base: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Answers with these turns, in order, and hangs up when there are no more.
    pub async fn start(turns: Vec<Turn>) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&seen);
        tokio::spawn(async move {
            let mut turns = turns.into_iter();
            loop {
                let Ok((mut stream, _)) = listener.accept().await else {
                    return;
                };
                let request = request(&mut stream).await;
                heard.lock().unwrap().push(request);
                if let Some(Turn::Say(status, body)) = turns.next() {
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                        body.len()
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            }
        });
        Scripted { base, seen }
    }

    /// The requests as they came: method, path, headers, body.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.parse::<usize>().ok()).flatten()
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return text,
            Ok(n) => bytes.extend_from_slice(&part[..n]),
        }
    }
}
