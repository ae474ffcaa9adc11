//! A wire between comms and a real mail server that breaks at the step of SMTP it is told to.
//!
//! It carries one command and its reply at a time, so that it always knows what the server has and what the client
//! was told. After its one fault it carries everything as it should. Beyond STARTTLS it counts TLS records.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// What is being said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Greeting,
    Hello,
    StartTls,
    Login,
    Mail,
    /// The nth recipient of a transaction, from 1.
    Rcpt(usize),
    Data,
    /// After some lines of the content.
    Body,
    /// The final dot.
    Dot,
    Reset,
    Quit,
    /// The nth TLS record of the client after STARTTLS, from 1.
    Record(usize),
}

/// When, around a step, it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The client said it, the server does not hear it.
    Unsent,
    /// The server heard and answered it, the client does not hear the answer.
    Unanswered,
    /// The client heard half of the answer.
    Half,
    /// The client heard the whole answer.
    Answered,
}

/// What happens then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Both sides are hung up.
    Fin,
    /// The same, and the client's side is reset.
    Rst,
    /// Nothing more comes until [`Proxy::release`]; then it goes on as if nothing had been.
    Hang,
    /// It goes on after this long.
    Wait(Duration),
    /// This is said in place of the answer.
    Say(&'static str),
    /// The answer comes byte by byte.
    Drip,
}

/// One fault, in the nth transaction that goes through the proxy (from 1; what comes before the first belongs to it).
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub step: Step,
    pub moment: Moment,
    pub act: Act,
    pub transaction: usize,
}

impl Fault {
    /// A fault in the first transaction.
    pub fn new(step: Step, moment: Moment, act: Act) -> Fault {
        Fault {
            step,
            moment,
            act,
            transaction: 1,
        }
    }

    /// The same in another transaction.
    pub fn in_transaction(self, transaction: usize) -> Fault {
        Fault {
            transaction,
            ..self
        }
    }
}

/// The wire; it ends with the test's process.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    pipelining: bool,
    fault: Option<Fault>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    fired: bool,
    released: bool,
    connections: usize,
    transactions: usize,
    commands: Vec<String>,
}

impl Proxy {
    /// A wire to this port that breaks like this.
    pub fn start(server: u16, fault: impl Into<Option<Fault>>) -> Proxy {
        Proxy::start_as(server, fault.into(), false)
    }

    /// The same; it claims that the server takes commands in groups (RFC 2920).
    pub fn pipelining(server: u16, fault: impl Into<Option<Fault>>) -> Proxy {
        Proxy::start_as(server, fault.into(), true)
    }

    fn start_as(server: u16, fault: Option<Fault>, pipelining: bool) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let shared = Arc::new(Shared {
            server,
            pipelining,
            fault,
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
        Proxy { port, shared }
    }

    /// Waits until the fault happened.
    #[track_caller]
    pub fn wait_for_fault(&self) {
        let state = self.shared.state.lock().expect("no panic while held");
        let within = Duration::from_secs(30);
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, within, |state| !state.fired)
            .expect("no panic while held");
        assert!(
            state.fired,
            "the fault never happened: {:?}",
            state.commands
        );
    }

    /// Lets what hangs go on.
    pub fn release(&self) {
        self.shared
            .state
            .lock()
            .expect("no panic while held")
            .released = true;
        self.shared.changed.notify_all();
    }

    /// Whether the fault happened.
    pub fn has_fired(&self) -> bool {
        self.shared.state.lock().expect("no panic while held").fired
    }

    /// Connections so far.
    pub fn connections(&self) -> usize {
        self.shared
            .state
            .lock()
            .expect("no panic while held")
            .connections
    }

    /// What clients said so far; content of messages is told as `(content)`, secrets as TLS is.
    pub fn commands(&self) -> Vec<String> {
        let state = self.shared.state.lock().expect("no panic while held");
        state.commands.clone()
    }
}

/// How a step ended for the connection.
enum Next {
    GoOn,
    /// The client was told this in place of the server's answer.
    Told(Vec<u8>),
}

type Ended = std::io::Error;

/// The connection is over.
fn over() -> Ended {
    std::io::ErrorKind::ConnectionAborted.into()
}

struct Wire {
    client: BufReader<TcpStream>,
    server: BufReader<TcpStream>,
}

impl Shared {
    fn carry(&self, client: TcpStream) -> Result<(), Ended> {
        client.set_nodelay(true)?;
        let server = TcpStream::connect(("127.0.0.1", self.server))?;
        server.set_nodelay(true)?;
        self.state.lock().expect("no panic while held").connections += 1;
        let mut wire = Wire {
            client: BufReader::new(client),
            server: BufReader::new(server),
        };
        self.exchange(&mut wire, Step::Greeting, None)?;
        let mut recipient = 0;
        loop {
            let mut line = Vec::new();
            if wire.client.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let said = String::from_utf8_lossy(&line).trim_end().to_owned();
            let verb = said.split([' ', ':']).next().unwrap_or_default();
            let step = match verb.to_ascii_uppercase().as_str() {
                "EHLO" | "HELO" => Step::Hello,
                "STARTTLS" => Step::StartTls,
                "MAIL" => {
                    self.state.lock().expect("no panic while held").transactions += 1;
                    recipient = 0;
                    Step::Mail
                }
                "RCPT" => {
                    recipient += 1;
                    Step::Rcpt(recipient)
                }
                "DATA" => Step::Data,
                "RSET" => Step::Reset,
                "QUIT" => Step::Quit,
                // AUTH, and the lines of its dialogue.
                _ => Step::Login,
            };
            self.note(said);
            let reply = self.exchange(&mut wire, step, Some(&line))?;
            if step == Step::Data && reply.starts_with(b"354") {
                self.content(&mut wire)?;
            }
            if step == Step::StartTls && reply.starts_with(b"220") {
                return self.tunnel(wire);
            }
            if step == Step::Quit {
                return Ok(());
            }
        }
    }

    fn note(&self, said: String) {
        self.state
            .lock()
            .expect("no panic while held")
            .commands
            .push(said);
    }

    /// A command and its reply; what the client was told.
    fn exchange(&self, wire: &mut Wire, step: Step, line: Option<&[u8]>) -> Result<Vec<u8>, Ended> {
        if let Next::Told(reply) = self.meet(wire, step, Moment::Unsent)? {
            return Ok(reply);
        }
        if let Some(line) = line {
            wire.server.get_mut().write_all(line)?;
        }
        let mut reply = read_reply(&mut wire.server)?;
        if step == Step::Hello && self.pipelining && reply.starts_with(b"250") {
            let end = reply.iter().position(|b| *b == b'\n').map_or(0, |n| n + 1);
            reply[3] = b'-';
            reply.splice(end..end, *b"250-PIPELINING\r\n");
        }
        self.answer(wire, step, reply)
    }

    /// Carries a reply to the client.
    fn answer(&self, wire: &mut Wire, step: Step, reply: Vec<u8>) -> Result<Vec<u8>, Ended> {
        if let Next::Told(instead) = self.meet(wire, step, Moment::Unanswered)? {
            return Ok(instead);
        }
        let (first, second) = reply.split_at(reply.len() / 2);
        let drips = self.fault.is_some_and(|f| f.act == Act::Drip);
        if drips && self.fires(step, Moment::Half) {
            for byte in &reply {
                wire.client.get_mut().write_all(&[*byte])?;
                std::thread::sleep(Duration::from_millis(2));
            }
        } else {
            wire.client.get_mut().write_all(first)?;
            self.meet(wire, step, Moment::Half)?;
            wire.client.get_mut().write_all(second)?;
        }
        self.meet(wire, step, Moment::Answered)?;
        Ok(reply)
    }

    /// The content of a message, its final dot and the answer to it.
    fn content(&self, wire: &mut Wire) -> Result<(), Ended> {
        for n in 0.. {
            let mut line = Vec::new();
            if wire.client.read_until(b'\n', &mut line)? == 0 {
                return Err(over());
            }
            if line == b".\r\n" {
                break;
            }
            if n == 5 {
                self.meet(wire, Step::Body, Moment::Unsent)?;
            }
            wire.server.get_mut().write_all(&line)?;
        }
        self.note("(content)".to_owned());
        self.exchange(wire, Step::Dot, Some(b".\r\n")).map(drop)
    }

    /// Whether the fault happens here; it happens once.
    fn fires(&self, step: Step, moment: Moment) -> bool {
        let Some(fault) = self.fault else {
            return false;
        };
        let mut state = self.state.lock().expect("no panic while held");
        let here = fault.step == step
            && fault.moment == moment
            && fault.transaction == state.transactions.max(1)
            && !state.fired;
        if here {
            state.fired = true;
            self.changed.notify_all();
        }
        here
    }

    /// Lets the fault happen if its time has come.
    fn meet(&self, wire: &mut Wire, step: Step, moment: Moment) -> Result<Next, Ended> {
        if !self.fires(step, moment) {
            return Ok(Next::GoOn);
        }
        match self.fault.map(|fault| fault.act) {
            Some(Act::Fin) => {
                // What the client still says is heard, so that the system makes no reset of it.
                let _ = wire.client.get_ref().shutdown(Shutdown::Write);
                let _ = wire.server.get_ref().shutdown(Shutdown::Both);
                let _ = wire
                    .client
                    .get_ref()
                    .set_read_timeout(Some(Duration::from_secs(5)));
                let _ = std::io::copy(&mut wire.client, &mut std::io::sink());
                Err(over())
            }
            Some(Act::Rst) => {
                let _ =
                    socket2::SockRef::from(wire.client.get_ref()).set_linger(Some(Duration::ZERO));
                Err(over())
            }
            Some(Act::Hang) => {
                let state = self.state.lock().expect("no panic while held");
                let waited = self.changed.wait_while(state, |state| !state.released);
                drop(waited.expect("no panic while held"));
                Ok(Next::GoOn)
            }
            Some(Act::Wait(time)) => {
                std::thread::sleep(time);
                Ok(Next::GoOn)
            }
            Some(Act::Say(words)) => {
                wire.client.get_mut().write_all(words.as_bytes())?;
                Ok(Next::Told(words.as_bytes().to_vec()))
            }
            Some(Act::Drip) | None => Ok(Next::GoOn),
        }
    }

    /// TLS: the client's records are counted, the server's just carried.
    fn tunnel(&self, mut wire: Wire) -> Result<(), Ended> {
        let (mut from, mut to) = (
            wire.server.get_ref().try_clone()?,
            wire.client.get_ref().try_clone()?,
        );
        let held = Arc::new(Mutex::new(false));
        let holds = Arc::clone(&held);
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = from.read(&mut chunk) {
                if *holds.lock().expect("no panic while held")
                    || to.write_all(&chunk[..read]).is_err()
                {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
        for n in 1.. {
            let mut record = vec![0; 5];
            wire.client.read_exact(&mut record)?;
            let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
            record.resize(5 + length, 0);
            wire.client.read_exact(&mut record[5..])?;
            self.meet(&mut wire, Step::Record(n), Moment::Unsent)?;
            let unanswered = self.fires(Step::Record(n), Moment::Unanswered);
            if unanswered {
                *held.lock().expect("no panic while held") = true;
            }
            wire.server.get_mut().write_all(&record)?;
            if unanswered {
                // Long enough for the server to do what it was asked.
                std::thread::sleep(Duration::from_millis(300));
                let _ = wire.client.get_ref().shutdown(Shutdown::Both);
                return Err(over());
            }
        }
        Ok(())
    }
}

/// A whole reply, all its lines.
fn read_reply(server: &mut BufReader<TcpStream>) -> Result<Vec<u8>, Ended> {
    let mut reply = Vec::new();
    loop {
        let begin = reply.len();
        if server.read_until(b'\n', &mut reply)? == 0 {
            return Err(over());
        }
        if reply.get(begin + 3) != Some(&b'-') {
            return Ok(reply);
        }
    }
}
