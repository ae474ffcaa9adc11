//! A session against scripted servers that misbehave. Time is tokio's paused clock: a minute costs nothing.

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

use super::session::Session;
use crate::error::{Error, Kind};
use crate::model::account::{Account, AuthMethod, ChannelKind, Endpoint, TlsMode};

/// What the server does after each command it reads.
enum Act {
    /// `{tag}` stands for the tag of the command.
    Say(&'static str),
    /// Keeps the connection and says nothing.
    Stall,
}

fn endpoint() -> Endpoint {
    Endpoint {
        host: "imap.example.com".into(),
        port: 993,
        tls: TlsMode::Tls,
    }
}

fn account(auth: AuthMethod) -> Account {
    Account {
        name: "work".into(),
        channel: ChannelKind::Imap,
        address: Some("ada@example.com".into()),
        display_name: None,
        aliases: Vec::new(),
        imap: Some(endpoint()),
        smtp: None,
        ca_file: None,
        auth,
        oauth: None,
        username: None,
        secret_env: Default::default(),
        secret_command: None,
        path: None,
        folders: None,
        file_sent: true,
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

/// A session whose server plays the script, one act per line it gets, then hangs up.
fn session(script: Vec<Act>) -> (Session, tokio::task::JoinHandle<Vec<String>>) {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let played = tokio::spawn(play(theirs, script));
    (Session::over(Box::new(ours), &endpoint(), false), played)
}

async fn play(mut stream: DuplexStream, script: Vec<Act>) -> Vec<String> {
    let mut heard = Vec::new();
    for act in script {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            match stream.read_u8().await {
                Ok(byte) => line.push(byte),
                Err(_) => return heard,
            }
        }
        let line = String::from_utf8(line).unwrap();
        let tag = line.split(' ').next().unwrap_or_default().trim().to_owned();
        heard.push(line.trim_end().to_owned());
        match act {
            Act::Say(text) => {
                let text = text.replace("{tag}", &tag);
                stream.write_all(text.as_bytes()).await.unwrap();
            }
            Act::Stall => std::future::pending().await,
        }
    }
    heard
}

/// What comes of fetching two messages when the server answers so.
async fn fetch(answer: Act) -> (Vec<Vec<u8>>, Option<Error>) {
    let (mut session, _server) = session(vec![answer]);
    let mut fetching = session.fetch("INBOX", &[1, 2], None);
    let mut messages = Vec::new();
    loop {
        match session.next_message(&mut fetching).await {
            Ok(Some(message)) => messages.push(message.raw),
            Ok(None) => return (messages, None),
            Err(e) => return (messages, Some(e)),
        }
    }
}

fn tells(error: &Error, words: &str) {
    assert_eq!(error.kind, Kind::Unavailable, "{error}");
    for part in [words, "imap.example.com:993", "INBOX"] {
        assert!(error.message.contains(part), "{part}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stalls_is_given_up_after_a_minute() {
    let began = Instant::now();
    let (messages, error) = fetch(Act::Stall).await;
    assert!(messages.is_empty());
    tells(&error.unwrap(), "stopped answering");
    assert!(began.elapsed().as_secs() <= 61);
}

#[tokio::test(start_paused = true)]
async fn a_stall_inside_a_literal_is_a_stall() {
    let (mut session, server) = session(vec![Act::Say("* 1 FETCH (UID 1 BODY[] {100}\r\nhalf")]);
    let mut fetching = session.fetch("INBOX", &[1], None);
    let error = session.next_message(&mut fetching).await.unwrap_err();
    drop(server);
    assert_eq!(error.kind, Kind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_connection_cut_in_mid_message_keeps_what_was_whole() {
    let answer = Act::Say(
        "* 1 FETCH (UID 1 FLAGS () BODY[] {5}\r\nwhole)\r\n* 2 FETCH (UID 2 BODY[] {500}\r\nhal",
    );
    let (messages, error) = fetch(answer).await;
    assert_eq!(messages, [b"whole".to_vec()]);
    let error = error.unwrap();
    tells(&error, "closed the connection");
    assert!(super::is_cut(&error));
}

#[tokio::test(start_paused = true)]
async fn a_literal_that_is_longer_than_announced_is_no_message() {
    let answer = Act::Say("* 1 FETCH (UID 1 BODY[] {5}\r\nwhole and more)\r\n{tag} OK done\r\n");
    let (messages, error) = fetch(answer).await;
    assert!(messages.is_empty());
    tells(&error.unwrap(), "not IMAP");
}

#[tokio::test(start_paused = true)]
async fn a_literal_that_is_shorter_than_announced_is_no_message() {
    let answer = Act::Say("* 1 FETCH (UID 1 BODY[] {500}\r\nshort)\r\n{tag} OK done\r\n");
    let (messages, error) = fetch(answer).await;
    assert!(messages.is_empty());
    tells(&error.unwrap(), "closed the connection");
}

#[tokio::test(start_paused = true)]
async fn an_absurd_literal_takes_no_memory() {
    let answer = Act::Say("* 1 FETCH (UID 1 BODY[] {99999999999999}\r\n");
    let (_, error) = fetch(answer).await;
    let error = error.unwrap();
    assert!(super::is_cut(&error));
    assert!(
        error
            .causes()
            .iter()
            .any(|c| c.contains("it has 95367431 MB"))
    );
}

#[tokio::test(start_paused = true)]
async fn garbage_is_told_as_such() {
    for garbage in [
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "* 1 FETCH (UID 1 BODY[] \"unended\r\n",
        "* 1 FETCH )(\r\n",
        "\0\0\0\r\n",
        "other OK done\r\n",
    ] {
        let (messages, error) = fetch(Act::Say(garbage)).await;
        assert!(messages.is_empty());
        tells(&error.unwrap(), "not IMAP");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_message_does_not_hide_the_others() {
    let (mut session, _server) = session(vec![Act::Say(
        "* 2 FETCH (BODY[] {3}\r\ntwo UID 2)\r\n* 7 EXISTS\r\n{tag} NO one could not be read\r\n",
    )]);
    let mut fetching = session.fetch("INBOX", &[1, 2], None);
    let message = session.next_message(&mut fetching).await.unwrap().unwrap();
    assert_eq!((message.uid, message.raw), (2, b"two".to_vec()));
    assert!(session.next_message(&mut fetching).await.unwrap().is_none());
    assert_eq!(fetching.refused.len(), 1);
}

async fn log_in(auth: AuthMethod, script: Vec<Act>) -> (Option<Error>, Vec<String>) {
    let (mut session, server) = session(script);
    let secret = SecretString::from("hunter2");
    let error = session.login(&account(auth), &secret).await.err();
    drop(session);
    (error, server.await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn no_password_goes_to_a_server_that_disabled_logins() {
    let capability = Act::Say("* CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS\r\n{tag} OK done\r\n");
    let (error, heard) = log_in(AuthMethod::Password, vec![capability]).await;
    let error = error.unwrap();
    assert_eq!(error.kind, Kind::Config);
    assert!(error.hint.unwrap().contains("starttls"));
    assert_eq!(heard, ["c1 CAPABILITY"]);
}

#[tokio::test(start_paused = true)]
async fn a_password_goes_by_the_best_way_the_server_takes() {
    let say = Act::Say;
    let ok = "{tag} OK [CAPABILITY IMAP4rev1] welcome\r\n";
    let plain = "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n{tag} OK done\r\n";
    let (error, heard) = log_in(AuthMethod::Password, vec![say(plain), say(ok)]).await;
    assert!(error.is_none());
    // base64 of NUL ada@example.com NUL hunter2
    assert_eq!(
        heard[1],
        "c2 AUTHENTICATE PLAIN AGFkYUBleGFtcGxlLmNvbQBodW50ZXIy"
    );

    let bare = "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n";
    let (error, heard) = log_in(AuthMethod::Password, vec![say(bare), say(ok)]).await;
    assert!(error.is_none());
    assert_eq!(heard[1], "c2 LOGIN \"ada@example.com\" \"hunter2\"");

    let login = "* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=LOGIN\r\n{tag} OK done\r\n";
    let script = vec![
        say(login),
        say("+ VXNlcm5hbWU6\r\n"),
        say("+ UGFzc3dvcmQ6\r\n"),
        say("c2 OK [CAPABILITY IMAP4rev1] welcome\r\n"),
    ];
    let (error, heard) = log_in(AuthMethod::Password, script).await;
    assert!(error.is_none());
    assert_eq!(heard[2..], ["YWRhQGV4YW1wbGUuY29t", "aHVudGVyMg=="]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_repeats_the_login_is_not_quoted() {
    let say = Act::Say;
    let bare = "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n";
    let plain = "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n{tag} OK done\r\n";
    let token = "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n{tag} OK done\r\n";
    for (auth, script) in [
        (
            AuthMethod::Password,
            vec![
                say(bare),
                say("{tag} BAD unknown: LOGIN \"ada\" \"hunter2\"\r\n"),
            ],
        ),
        (
            AuthMethod::Password,
            vec![
                say(plain),
                say("{tag} BAD PLAIN AGFkYUBleGFtcGxlLmNvbQBodW50ZXIy\r\n"),
            ],
        ),
        // Cut, as servers do with long lines.
        (
            AuthMethod::Password,
            vec![
                say(plain),
                say("{tag} BAD PLAIN AGFkYUBleGFtcGxlLmNvbQBodW5...\r\n"),
            ],
        ),
        (
            AuthMethod::Password,
            vec![say(plain), say("* BYE go away, hunter2\r\n")],
        ),
        // {"token":"hunter2"}
        (
            AuthMethod::Oauth,
            vec![
                say(token),
                say("+ eyJ0b2tlbiI6Imh1bnRlcjIifQ==\r\n"),
                say("c2 NO no\r\n"),
            ],
        ),
    ] {
        let (error, _) = log_in(auth, script).await;
        let error = error.unwrap();
        let told = format!("{error:?} {:?}", error.causes());
        for secret in ["hunter2", "AGFkYUBleGFt"] {
            assert!(!told.contains(secret), "{told}");
        }
        assert!(told.contains('…'), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_gets_an_empty_answer_and_an_auth_error() {
    let script = vec![
        Act::Say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n{tag} OK done\r\n"),
        Act::Say("+ eyJzdGF0dXMiOiI0MDAifQ==\r\n"),
        Act::Say("c2 NO [AUTHENTICATIONFAILED] no\r\n"),
    ];
    let (error, heard) = log_in(AuthMethod::Oauth, script).await;
    let error = error.unwrap();
    assert_eq!(error.kind, Kind::Auth);
    assert!(error.message.contains("{\"status\":\"400\"}"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
    assert_eq!(heard[2], "");
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_no_wrong_password() {
    let script = vec![
        Act::Say("* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"),
        Act::Say("{tag} NO [UNAVAILABLE] come back later\r\n"),
    ];
    let (error, _) = log_in(AuthMethod::Password, script).await;
    assert_eq!(error.unwrap().kind, Kind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn vanished_and_changed_messages_are_told_while_opening() {
    let (mut session, server) = session(vec![Act::Say(
        "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 120] ok\r\n* OK [HIGHESTMODSEQ 90] ok\r\n\
         * VANISHED (EARLIER) 41,43:116\r\n* 1 FETCH (UID 118 FLAGS (\\Seen) MODSEQ (88))\r\n\
         {tag} OK [READ-WRITE] done\r\n",
    )]);
    session.qresync = true;
    let since = super::Since {
        uid_validity: 7,
        modseq: 80,
    };
    let opened = session
        .open_folder("INBOX", "INBOX", Some(since))
        .await
        .unwrap();
    assert_eq!(opened.changes.vanished, [(41, 41), (43, 116)]);
    assert_eq!(opened.changes.flags[0].0, 118);
    assert_eq!((opened.uid_validity, opened.highest_modseq), (7, Some(90)));
    drop(session);
    assert_eq!(
        server.await.unwrap(),
        ["c1 SELECT \"INBOX\" (QRESYNC (7 80))"]
    );
}

#[tokio::test(start_paused = true)]
async fn idle_ends_with_the_turn_or_with_news() {
    let (mut session, _server) = session(vec![
        Act::Say("+ idling\r\n"),
        Act::Say("c1 OK done\r\n"),
        Act::Say("+ idling\r\n* 4 EXISTS\r\n"),
        Act::Say("c2 OK done\r\n"),
    ]);
    session.capabilities.insert("IDLE".into());
    let turn = std::time::Duration::from_secs(300);
    assert!(!session.wait_for_news("INBOX", turn).await.unwrap());
    assert!(session.wait_for_news("INBOX", turn).await.unwrap());
}

#[tokio::test]
async fn nothing_is_written_under_read_only() {
    let (ours, _theirs) = tokio::io::duplex(100);
    let mut session = Session::over(Box::new(ours), &endpoint(), true);
    let error = session.append("Sent", "Sent", &[], b"x").await.unwrap_err();
    assert_eq!(error.kind, Kind::Refused);
    assert!(session.create("New", Default::default()).await.is_err());
    assert!(session.move_messages("INBOX", &[1], "Sent").await.is_err());
}
