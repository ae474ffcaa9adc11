//! An IMAP server that does nothing but take logins, for tests of where secrets come from.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// Where it listens; it ends with the test.
pub struct LoginServer {
    pub port: u16,
}

impl LoginServer {
    /// Takes every login with one of these passwords.
    pub fn start(passwords: &'static [&'static str]) -> LoginServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                std::thread::spawn(move || talk(client, passwords));
            }
        });
        LoginServer { port }
    }

    /// The table of an account of this server.
    pub fn account(&self, name: &str) -> String {
        format!(
            "[accounts.{name}]\nchannel = \"imap\"\naddress = \"{name}@example.com\"\n\
             imap = \"127.0.0.1:{}\"\ntls = \"none\"\n",
            self.port
        )
    }
}

fn talk(mut client: TcpStream, passwords: &[&str]) {
    let Ok(lines) = client.try_clone().map(|read| BufReader::new(read).lines()) else {
        return;
    };
    if client
        .write_all(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
        .is_err()
    {
        return;
    }
    for line in lines.map_while(Result::ok) {
        let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match command.split(' ').collect::<Vec<_>>()[..] {
            ["LOGIN", _, password] if passwords.contains(&password.trim_matches('"')) => {
                format!("{tag} OK welcome\r\n")
            }
            ["LOGIN", ..] => format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n"),
            ["LOGOUT"] => format!("* BYE\r\n{tag} OK bye\r\n"),
            _ => format!("{tag} OK done\r\n"),
        };
        if client.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
