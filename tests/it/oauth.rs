//! Logins with an access token, against an IMAP server that follows a script.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Run, World};

/// What the server is.
#[derive(Clone, Copy)]
pub struct Script {
    /// XOAUTH2 or OAUTHBEARER.
    mechanism: &'static str,
    /// Takes the first answer with the command (SASL-IR).
    at_once: bool,
    /// The token it takes.
    token: &'static str,
}

/// Starts the server; it keeps what it hears after AUTHENTICATE.
pub fn serve(script: Script) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keep = heard.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            talk(client.unwrap(), script, &keep);
        }
    });
    (port, heard)
}

fn talk(mut client: TcpStream, script: Script, heard: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
    let mut next = move || lines.next().and_then(Result::ok);
    let say = |client: &mut TcpStream, text: &str| {
        let _ = client.write_all(format!("{text}\r\n").as_bytes());
    };
    let initial = if script.at_once { " SASL-IR" } else { "" };
    let offer = format!("CAPABILITY IMAP4rev1 AUTH={}{initial}", script.mechanism);
    say(&mut client, &format!("* OK [{offer}] hello"));
    while let Some(line) = next() {
        let (tag, command) = line.split_once(' ').unwrap();
        let answer = match command.split(' ').collect::<Vec<_>>()[..] {
            ["AUTHENTICATE", mechanism, ref rest @ ..] => {
                assert_eq!(mechanism, script.mechanism);
                let first = match rest {
                    [first] => {
                        assert!(script.at_once);
                        (*first).to_owned()
                    }
                    _ => {
                        say(&mut client, "+ ");
                        next().unwrap()
                    }
                };
                let plain = String::from_utf8(STANDARD.decode(&first).unwrap()).unwrap();
                let taken = plain.contains(&format!("auth=Bearer {}\x01", script.token));
                heard.lock().unwrap().push(plain);
                if taken {
                    format!("{tag} OK [CAPABILITY IMAP4rev1] welcome")
                } else {
                    let report = STANDARD.encode("{\"status\":\"invalid_token\"}");
                    say(&mut client, &format!("+ {report}"));
                    let dummy = next().unwrap();
                    heard.lock().unwrap().push(dummy);
                    format!("{tag} NO [AUTHENTICATIONFAILED] no")
                }
            }
            ["LIST", ..] => {
                let all = "* LIST (\\All) \"/\" \"[Gmail]/All Mail\"";
                format!("* LIST () \"/\" INBOX\r\n{all}\r\n{tag} OK done")
            }
            ["STATUS", ..] => {
                format!("* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7)\r\n{tag} OK done")
            }
            ["SELECT", ..] => {
                format!("* 1 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n{tag} OK done")
            }
            ["UID", "SEARCH", ..] => format!("* SEARCH 1\r\n{tag} OK done"),
            ["UID", "FETCH", ..] => {
                let raw = "Subject: by token\r\n\r\nbody\r\n";
                let size = raw.len();
                format!("* 1 FETCH (UID 1 FLAGS () BODY[] {{{size}}}\r\n{raw})\r\n{tag} OK done")
            }
            _ => format!("{tag} OK done"),
        };
        say(&mut client, &answer);
    }
}

fn config(port: u16, more: &str) -> World {
    World::new().config(&format!(
        "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nusername = \"a,b=c@example.com\"\n\
         imap = \"127.0.0.1:{port}\"\ntls = \"none\"\nauth = \"oauth\"\n{more}"
    ))
}

fn sync(world: &World) -> Run {
    world.run(["inbox", "sync", "--account", "work", "--json"])
}

pub const SCRIPTS: [Script; 4] = [
    script("XOAUTH2", true),
    script("XOAUTH2", false),
    script("OAUTHBEARER", true),
    script("OAUTHBEARER", false),
];

const fn script(mechanism: &'static str, at_once: bool) -> Script {
    Script {
        mechanism,
        at_once,
        token: "tok3n",
    }
}

#[test]
fn a_token_from_the_environment_or_a_command_logs_in() {
    for script in SCRIPTS {
        let (port, heard) = serve(script);
        for world in [
            config(port, "").env("COMMS_SECRET_WORK", "tok3n"),
            config(port, "secret_command = \"echo tok3n\"\n"),
            // The environment wins.
            config(port, "secret_command = \"echo old\"\n").env("COMMS_SECRET_WORK", "tok3n"),
        ] {
            let run = sync(&world).ok();
            assert_eq!(run.json()["accounts"][0]["added"], 1, "{run}");
            let said = std::mem::take(&mut *heard.lock().unwrap());
            let expected = match script.mechanism {
                "XOAUTH2" => "user=a,b=c@example.com\x01auth=Bearer tok3n\x01\x01",
                _ => "n,a=a=2Cb=3Dc@example.com,\x01auth=Bearer tok3n\x01\x01",
            };
            assert_eq!(said, [expected]);
        }
    }
}

#[test]
fn a_folder_that_shows_everything_again_is_left_out_and_said_so() {
    let (port, _) = serve(SCRIPTS[0]);
    let secret = "secret_command = \"echo tok3n\"\n";
    let world = config(port, secret);
    let row = sync(&world).ok().json()["accounts"][0].clone();
    assert_eq!(row["folders"], 1, "{row}");
    let note = row["notes"][0].as_str().unwrap();
    assert!(
        note.contains("`[Gmail]/All Mail`") && note.contains("[accounts.work]"),
        "{row}"
    );
    let checks = world.run(["doctor", "--json"]).ok().json();
    let checks = checks["checks"].as_array().unwrap();
    let views = checks
        .iter()
        .find(|check| check["name"] == "work: views")
        .unwrap();
    assert_eq!(
        (&views["state"], views["detail"].as_str()),
        (&"note".into(), Some(note))
    );
    // Named, it is nobody's surprise.
    let world = config(port, &format!("{secret}folders = [\"INBOX\"]\n"));
    let row = sync(&world).ok().json()["accounts"][0].clone();
    assert_eq!(row["notes"].as_array().unwrap().len(), 0, "{row}");
}

#[test]
fn a_token_that_is_refused_is_an_auth_error_and_its_report_is_answered() {
    for script in SCRIPTS {
        let (port, heard) = serve(script);
        for world in [
            config(port, "").env("COMMS_SECRET_WORK", "st4le"),
            config(port, "secret_command = \"echo st4le\"\n"),
        ] {
            let run = sync(&world).fails(4);
            let error = run.json_error();
            assert_eq!(error["error"]["code"], "auth", "{run}");
            let message = error["error"]["message"].as_str().unwrap();
            assert!(message.contains("invalid_token"), "{run}");
            let hint = error["error"]["hint"].as_str().unwrap();
            assert!(hint.contains("token"), "{run}");
            assert!(!run.stderr.contains("st4le"), "{run}");
            let said = std::mem::take(&mut *heard.lock().unwrap());
            let dummy = match script.mechanism {
                "XOAUTH2" => "",
                _ => "AQ==",
            };
            assert_eq!(said[1..], [dummy], "{}", script.mechanism);
            let status = world.run(["auth", "status", "work", "--json"]).fails(4);
            assert_eq!(status.json()["accounts"][0]["state"], "failed", "{status}");
            heard.lock().unwrap().clear();
        }
    }
}
