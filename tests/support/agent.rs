//! A client of `comms mcp`: JSON lines over its stdin and stdout, as right or wrong as wanted.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::World;

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A session with `comms mcp`; killed with it.
pub struct Agent {
    pub child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    count: u64,
    /// What came without being asked for; what no request's id was on, as the answer to a line that is no JSON.
    pub notified: Vec<Value>,
    /// What the user says when asked.
    pub says: Option<Value>,
}

impl Agent {
    /// Starts it; nothing is said yet.
    pub fn silent(world: &World, args: &[&str]) -> Agent {
        let mut child = world.spawn(["mcp"].iter().chain(args));
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Agent {
            stdin: child.stdin.take(),
            child,
            lines,
            count: 0,
            notified: Vec::new(),
            says: None,
        }
    }

    /// Starts it and says hello.
    pub fn start(world: &World, args: &[&str]) -> Agent {
        Agent::able(world, args, json!({}))
    }

    /// The same, as a client that can do this.
    pub fn able(world: &World, args: &[&str], capabilities: Value) -> Agent {
        let mut agent = Agent::silent(world, args);
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": capabilities,
            "clientInfo": {"name": "test-agent", "version": "1"},
        });
        let answer = agent.ask("initialize", hello);
        assert_eq!(
            answer["result"]["protocolVersion"], "2025-11-25",
            "{answer}"
        );
        agent.write(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        agent
    }

    /// Writes a line as it is.
    pub fn write(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("not closed");
        stdin.write_all(line.as_bytes()).expect("it reads");
        stdin.write_all(b"\n").expect("it reads");
        stdin.flush().expect("it reads");
    }

    /// The next message, whatever it is; every line must be one.
    #[track_caller]
    pub fn next(&mut self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("a message came");
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("not JSON: {e}: {line}"))
    }

    /// Asks and waits for the answer; questions to the user are answered on the way.
    #[track_caller]
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.count += 1;
        let id = self.count;
        self.write(
            &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string(),
        );
        loop {
            let message = self.next();
            match (message.get("method"), message.get("id")) {
                (Some(_), Some(question)) => {
                    let said = self.says.clone().expect("nobody was to be asked");
                    let answer = json!({"jsonrpc": "2.0", "id": question, "result": said});
                    self.notified.push(message);
                    self.write(&answer.to_string());
                }
                (Some(_), None) | (None, None) => self.notified.push(message),
                _ => {
                    assert_eq!(message["id"], id, "{message}");
                    return message;
                }
            }
        }
    }

    /// Calls a tool and gives its result.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        assert!(answer["error"].is_null(), "{answer}");
        answer["result"].clone()
    }

    /// Closes its stdin; what it still has to say can be read.
    pub fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Closes its stdin; gives its exit code and what it said on stderr.
    pub fn end(mut self) -> (Option<i32>, String) {
        drop(self.stdin.take());
        let code = self.child.wait().expect("it ends").code();
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut said);
        }
        (code, said)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        crate::support::end(&mut self.child);
    }
}
