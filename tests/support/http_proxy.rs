//! A wire between comms and a loopback HTTP server that breaks once, at the byte it is told to.
//!
//! It carries one request and its answer at a time, so that it always knows what the server has and what the client
//! was told. After its one cut it carries everything as it should.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Where it breaks. What lies before this point has arrived, nothing after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The connection of the first request, before anything is said.
    Accepted,
    /// Within the request line.
    Line,
    /// Within the headers of the request.
    Headers,
    /// Between headers and body.
    BeforeBody,
    /// In the middle of the request's body.
    Body,
    /// Before the last byte of the request.
    LastByte,
    /// After the last byte of the request; whether the server did its work is open.
    Sent,
    /// The work is done, nothing of the answer came.
    Done,
    /// Within the status line.
    Status,
    /// Within the headers of the answer.
    AnswerHeaders,
    /// In the middle of the answer's body.
    AnswerBody,
    /// Before the last byte of the answer.
    AnswerLastByte,
    /// After the whole answer.
    Answered,
}

/// How it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Both sides are hung up.
    Fin,
    /// The same, and the client's side is reset.
    Rst,
    /// Nothing more comes for as long as the client waits.
    Hang,
}

/// The one fault, in the nth request (from 1) whose first line contains this.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub of: &'static str,
    pub nth: usize,
    pub point: Point,
    pub how: How,
}

/// The wire; it ends with the test's process.
pub struct HttpProxy {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    port: u16,
    cut: Option<Cut>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    fired: bool,
    matched: usize,
    lines: Vec<String>,
}

/// One side of a connection.
type Side = BufReader<TcpStream>;
/// The connection is over.
type Over = std::io::Error;

fn over() -> Over {
    std::io::ErrorKind::ConnectionAborted.into()
}

impl HttpProxy {
    /// A wire to the server at this URL.
    pub fn start(server: &str, cut: impl Into<Option<Cut>>) -> HttpProxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let server = server.rsplit(':').next().and_then(|p| p.parse().ok());
        let shared = Arc::new(Shared {
            server: server.expect("a URL with a port"),
            port,
            cut: cut.into(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let of_threads = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&of_threads);
                // Whatever breaks one connection ends that one only.
                std::thread::spawn(move || shared.carry(client).ok());
            }
        });
        HttpProxy {
            url: format!("http://127.0.0.1:{port}"),
            shared,
        }
    }

    /// Waits until the cut happened.
    #[track_caller]
    pub fn wait_for_cut(&self) {
        let within = Duration::from_secs(30);
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.state(), within, |state| !state.fired)
            .expect("no panic while held");
        assert!(state.fired, "the cut never happened: {:?}", state.lines);
    }

    /// Whether the cut happened.
    pub fn has_fired(&self) -> bool {
        self.shared.state().fired
    }

    /// First lines of the requests so far.
    pub fn lines(&self) -> Vec<String> {
        self.shared.state().lines.clone()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while held")
    }

    fn carry(&self, client: TcpStream) -> Result<(), Over> {
        client.set_nodelay(true)?;
        let server = TcpStream::connect(("127.0.0.1", self.server))?;
        server.set_nodelay(true)?;
        let (mut client, mut server) = (BufReader::new(client), BufReader::new(server));
        if let Some(cut) = self.cut.filter(|cut| cut.point == Point::Accepted)
            && self.fire()
        {
            return end(cut.how, &mut client, &server);
        }
        loop {
            let head = read_head(&mut client)?;
            match self.due(&head) {
                None => {
                    server.get_mut().write_all(&head)?;
                    pass(&mut client, &mut server, length(&head))?;
                    let answer = self.answer(&mut server)?;
                    client.get_mut().write_all(&answer.0)?;
                    client.get_mut().write_all(&answer.1)?;
                }
                Some(cut) => {
                    self.until(cut.point, (&mut client, &mut server), &head)?;
                    self.fire();
                    return end(cut.how, &mut client, &server);
                }
            }
        }
    }

    /// Notes a request; the cut if it happens in this one.
    fn due(&self, head: &[u8]) -> Option<Cut> {
        let line = head.split(|b| *b == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).into_owned();
        let mut state = self.state();
        let fits = self.cut.filter(|cut| line.contains(cut.of));
        state.lines.push(line);
        let cut = fits.filter(|_| !state.fired)?;
        state.matched += 1;
        (state.matched == cut.nth).then_some(cut)
    }

    /// Whether it happens now; it happens once.
    fn fire(&self) -> bool {
        let mut state = self.state();
        self.changed.notify_all();
        !std::mem::replace(&mut state.fired, true)
    }

    /// Carries everything up to this point.
    fn until(
        &self,
        point: Point,
        (client, server): (&mut Side, &mut Side),
        head: &[u8],
    ) -> Result<(), Over> {
        let body = length(head);
        let line = head.iter().position(|b| *b == b'\r').unwrap_or(0);
        let (head_part, body_part) = match point {
            Point::Accepted | Point::Line => (line / 2, 0),
            Point::Headers => ((line + head.len()) / 2, 0),
            Point::BeforeBody => (head.len(), 0),
            Point::Body => (head.len(), body / 2),
            Point::LastByte if body == 0 => (head.len() - 1, 0),
            Point::LastByte => (head.len(), body - 1),
            _ => (head.len(), body),
        };
        server.get_mut().write_all(&head[..head_part])?;
        pass(client, server, body_part)?;
        if head_part < head.len() || body_part < body || point == Point::Sent {
            return Ok(());
        }
        let (head, body) = self.answer(server)?;
        let line = head.iter().position(|b| *b == b'\r').unwrap_or(0);
        let whole = [head.as_slice(), body.as_slice()].concat();
        let part = match point {
            Point::Done => 0,
            Point::Status => line / 2,
            Point::AnswerHeaders => (line + head.len()) / 2,
            Point::AnswerBody => head.len() + body.len() / 2,
            Point::AnswerLastByte => whole.len() - 1,
            _ => whole.len(),
        };
        client.get_mut().write_all(&whole[..part])
    }

    /// A whole answer, head and body; addresses in it lead here.
    fn answer(&self, server: &mut Side) -> Result<(Vec<u8>, Vec<u8>), Over> {
        let head = read_head(server)?;
        let mut body = vec![0; length(&head)];
        server.read_exact(&mut body)?;
        let (from, to) = (
            format!("127.0.0.1:{}", self.server),
            format!("127.0.0.1:{}", self.port),
        );
        let head = String::from_utf8_lossy(&head).replace(&from, &to);
        Ok((head.into_bytes(), body))
    }
}

fn end(how: How, client: &mut Side, server: &Side) -> Result<(), Over> {
    match how {
        How::Fin => {
            // What the client still says is heard, so that the system makes no reset of it.
            let _ = client.get_ref().shutdown(Shutdown::Write);
            let _ = server.get_ref().shutdown(Shutdown::Both);
            let patience = Some(Duration::from_secs(5));
            let _ = client.get_ref().set_read_timeout(patience);
            let _ = std::io::copy(client, &mut std::io::sink());
        }
        How::Rst => {
            // What was written reaches the client before the reset throws it away.
            std::thread::sleep(Duration::from_millis(15));
            let _ = socket2::SockRef::from(client.get_ref()).set_linger(Some(Duration::ZERO));
        }
        How::Hang => {
            let _ = client.fill_buf().map(<[u8]>::len);
            let _ = std::io::copy(client, &mut std::io::sink());
        }
    }
    Err(over())
}

/// Up to the empty line, which is part of it.
fn read_head(side: &mut Side) -> Result<Vec<u8>, Over> {
    let mut head = Vec::new();
    loop {
        let begin = head.len();
        if side.read_until(b'\n', &mut head)? == 0 {
            return Err(over());
        }
        if &head[begin..] == b"\r\n" {
            return Ok(head);
        }
    }
}

/// Of the body, in bytes.
fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_lowercase();
    assert!(
        !head.contains("\r\ntransfer-encoding:"),
        "only bodies of a known length are carried: {head}"
    );
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length:"));
    length.and_then(|l| l.trim().parse().ok()).unwrap_or(0)
}

fn pass(from: &mut Side, to: &mut Side, bytes: usize) -> Result<(), Over> {
    let mut part = from.take(u64::try_from(bytes).expect("a length"));
    let passed = std::io::copy(&mut part, to.get_mut())?;
    if passed < u64::try_from(bytes).expect("a length") {
        return Err(over());
    }
    Ok(())
}
