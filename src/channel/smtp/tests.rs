use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::*;
use crate::error::Kind;
use crate::model::account::{Account, AuthMethod, ChannelKind, Endpoint, TlsMode};
use crate::model::outbox::{Attempt, RecipientState, Trial};

fn account(port: u16) -> Account {
    Account {
        name: "work".to_owned(),
        channel: ChannelKind::Smtp,
        address: Some("ada@example.com".to_owned()),
        display_name: None,
        aliases: Vec::new(),
        imap: None,
        smtp: Some(Endpoint {
            host: "127.0.0.1".to_owned(),
            port,
            tls: TlsMode::None,
        }),
        ca_file: None,
        auth: AuthMethod::None,
        oauth: None,
        username: None,
        secret_env: Default::default(),
        secret_command: None,
        path: None,
        folders: None,
        file_sent: false,
        base_url: None,
        quota: None,
        twilio: None,
        whatsapp: None,
        legacy_units: false,
        contacts: None,
        books: Vec::new(),
        signature: None,
        budget: Vec::new(),
        max_cost_per_month: None,
        fallback: None,
        built_in: false,
    }
}

/// A server that plays one connection and gives back everything it was told.
fn server(
    play: impl FnOnce(&mut BufReader<TcpStream>) + Send + 'static,
) -> (u16, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        play(&mut BufReader::new(stream));
    });
    (port, thread)
}

fn say(peer: &mut BufReader<TcpStream>, line: &str) {
    let _ = peer.get_mut().write_all(format!("{line}\r\n").as_bytes());
}

fn hear(peer: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    let _ = peer.read_line(&mut line);
    line.trim_end().to_owned()
}

/// Greeting and EHLO with these offers.
fn greet(peer: &mut BufReader<TcpStream>, offers: &[&str]) {
    say(peer, "220 test");
    assert!(hear(peer).starts_with("EHLO "));
    for offer in offers {
        say(peer, &format!("250-{offer}"));
    }
    say(peer, "250 HELP");
}

fn until_dot(peer: &mut BufReader<TcpStream>) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let line = hear(peer);
        if line == "." {
            return lines;
        }
        lines.push(line);
    }
}

fn send(port: u16, recipients: &[&str], raw: &[u8]) -> Trial {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let credentials = Credentials {
            tls: crate::net::tls::client_config(None).unwrap(),
            secret: None,
            read_only: false,
        };
        let mut client =
            match Client::open(&account(port), &credentials, Duration::from_millis(700)).await {
                Ok(client) => client,
                Err(e) => {
                    return Trial {
                        attempt: Attempt::NotSent(e, None),
                        answers: Vec::new(),
                    };
                }
            };
        let trial = client
            .send(&Envelope {
                from: "ada@example.com",
                recipients,
                raw,
                slow: &|| (),
                left: &std::sync::atomic::AtomicBool::new(false),
            })
            .await;
        client.quit().await;
        trial
    })
}

fn kind(trial: &Trial) -> Option<Kind> {
    match &trial.attempt {
        Attempt::NotSent(e, _) => Some(e.kind),
        _ => None,
    }
}

#[test]
fn three_recipients_get_three_answers_and_dots_arrive() {
    let (port, thread) = server(|peer| {
        greet(peer, &["x", "PIPELINING", "SIZE 1000"]);
        assert_eq!(hear(peer), "MAIL FROM:<ada@example.com> SIZE=9");
        for reply in ["250 ok", "250 ok", "550-5.1.1 no such", "451 4.7.1 later"] {
            if reply.starts_with("550") {
                say(peer, reply);
                say(peer, "550 5.1.1 user");
            } else {
                say(peer, reply);
            }
        }
        for _ in 0..3 {
            assert!(hear(peer).starts_with("RCPT TO:"));
        }
        assert_eq!(hear(peer), "DATA");
        say(peer, "354 go");
        assert_eq!(until_dot(peer), ["..a", "b", "..."]);
        say(peer, "250 2.0.0 queued as 17");
    });
    let trial = send(
        port,
        &["bob@x.example", "no@x.example", "slow@x.example"],
        b".a\r\nb\r\n..",
    );
    assert!(
        matches!(&trial.attempt, Attempt::Accepted(words) if words == "250 2.0.0 queued as 17")
    );
    let states: Vec<_> = trial.answers.iter().map(|a| a.state).collect();
    assert_eq!(
        states,
        [
            RecipientState::Sent,
            RecipientState::Failed,
            RecipientState::Waiting
        ]
    );
    assert_eq!(trial.answers[1].words, "550 5.1.1 no such user");
    thread.join().unwrap();
}

#[test]
fn a_server_that_hangs_up_after_the_final_dot_leaves_the_outcome_unknown() {
    for garbage in [None, Some("what?"), Some("250-never ends")] {
        let (port, _thread) = server(move |peer| {
            greet(peer, &[]);
            for reply in ["250 ok", "250 ok", "354 go"] {
                hear(peer);
                say(peer, reply);
            }
            until_dot(peer);
            if let Some(garbage) = garbage {
                say(peer, garbage);
            }
        });
        let trial = send(port, &["bob@x.example"], b"x\r\n");
        assert!(matches!(trial.attempt, Attempt::Unknown(_)), "{trial:?}");
        assert_eq!(trial.answers[0].state, RecipientState::Unconfirmed);
    }
}

#[test]
fn before_the_final_dot_every_fault_is_not_sent() {
    for script in [
        &["250 ok"][..],
        &["250 ok", "250 ok"],
        &["250 ok", "250 ok", "354 go"],
    ] {
        let (port, _thread) = server(move |peer| {
            greet(peer, &[]);
            for reply in script {
                hear(peer);
                say(peer, reply);
            }
        });
        // Large enough not to fit the socket's buffers.
        let trial = send(port, &["bob@x.example"], &b"x\r\n".repeat(4_000_000));
        assert_eq!(
            kind(&trial),
            Some(Kind::Unavailable),
            "{script:?} {trial:?}"
        );
        assert_eq!(trial.answers[0].state, RecipientState::Waiting);
    }
}

#[test]
fn a_stall_or_garbage_before_the_message_is_unavailable() {
    let (port, _thread) = server(|peer| {
        let _ = peer.read(&mut [0; 10]);
    });
    assert_eq!(
        kind(&send(port, &["b@x.example"], b"x\r\n")),
        Some(Kind::Unavailable)
    );
    let (port, _thread) = server(|peer| say(peer, "HTTP/1.1 400 Bad Request"));
    assert_eq!(
        kind(&send(port, &["b@x.example"], b"x\r\n")),
        Some(Kind::Unavailable)
    );
    let (port, _thread) = server(|peer| say(peer, "554 5.7.1 go away"));
    assert_eq!(
        kind(&send(port, &["b@x.example"], b"x\r\n")),
        Some(Kind::Refused)
    );
    let (port, _thread) = server(|peer| say(peer, "421 4.3.2 closing"));
    assert_eq!(
        kind(&send(port, &["b@x.example"], b"x\r\n")),
        Some(Kind::Unavailable)
    );
}

#[test]
fn every_reply_to_the_final_dot_is_an_answer() {
    for (reply, wanted) in [
        ("452 4.2.2 full", Kind::Unavailable),
        ("554 5.6.0 spam", Kind::Refused),
        ("421 bye", Kind::Unavailable),
    ] {
        let (port, _thread) = server(move |peer| {
            greet(peer, &[]);
            for reply in ["250 ok", "250 ok", "354 go"] {
                hear(peer);
                say(peer, reply);
            }
            until_dot(peer);
            say(peer, reply);
        });
        assert_eq!(
            kind(&send(port, &["b@x.example"], b"x\r\n")),
            Some(wanted),
            "{reply}"
        );
    }
}

#[test]
fn a_message_beyond_the_servers_size_does_not_leave() {
    let (port, _thread) = server(|peer| greet(peer, &["x", "SIZE 5"]));
    assert_eq!(
        kind(&send(port, &["b@x.example"], b"123456\r\n")),
        Some(Kind::Refused)
    );
}

#[test]
fn an_address_never_becomes_a_command() {
    let (port, _thread) = server(|peer| greet(peer, &[]));
    let trial = send(port, &["b@x.example>\r\nRCPT TO:<eve@x.example"], b"x\r\n");
    assert_eq!(kind(&trial), Some(Kind::Refused));
}
