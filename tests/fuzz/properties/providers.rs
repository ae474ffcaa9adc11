//! Providers that answer whatever they like: our own clients of their APIs, against a server on loopback that says
//! the same to each request.

use std::future::Future;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use comms::channel::{gmail, google_chat, slack, twilio, whatsapp};
use comms::directory::{carddav, people};
use comms::error::Result;
use comms::format::whatsapp::template::Template;
use comms::model::account::Whatsapp;
use comms::net::api::{Access, Api, Pending, Reading, Units};
use comms::net::http::{Client as Http, Redirects};
use comms::net::oauth::{self, Server};
use comms::net::{dav, google, slack as slack_net, twilio as twilio_net, whatsapp as meta};
use jiff::Timestamp;
use secrecy::SecretString;

use super::choice;

/// What the server says: status, type and body.
static SAID: Mutex<(u16, &str, Vec<u8>)> = Mutex::new((200, "application/json", Vec::new()));
static ASKED: AtomicUsize = AtomicUsize::new(0);
/// Requests that one question may become, whatever the answers: a listing that has no end is left.
const MOST_REQUESTS: usize = 1_200;

/// The address of the server, which lives as long as the process.
fn server() -> &'static str {
    static BASE: OnceLock<String> = OnceLock::new();
    BASE.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("its address"));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let _ = serve(stream);
                });
            }
        });
        base
    })
}

fn serve(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut line = String::new();
        while !matches!(line.as_str(), "\r\n") {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        reader.by_ref().take(length).read_to_end(&mut Vec::new())?;
        ASKED.fetch_add(1, Ordering::Relaxed);
        let said = SAID.lock().expect("nobody panicked holding it").clone();
        let (status, media_type, body) = said;
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nLocation: {}\r\nRetry-After: 1\r\n\r\n",
            body.len(),
            server()
        );
        let mut answer = head.into_bytes();
        answer.extend_from_slice(&body);
        reader.get_mut().write_all(&answer)?;
    }
}

/// A login that never ends and a clock that never waits.
struct Lent;

impl Access for Lent {
    fn token(&self) -> Pending<'_, Result<SecretString>> {
        Box::pin(async { Ok(SecretString::from("token")) })
    }
    fn renew(&self, _: SecretString) -> Pending<'_, Result<Option<SecretString>>> {
        Box::pin(async { Ok(None) })
    }
    fn units(&self, _: u32) -> Pending<'_, Result<Units>> {
        Box::pin(async { Ok(Box::new(()) as Units) })
    }
    fn pause(&self, _: Duration) -> Pending<'_, ()> {
        Box::pin(async {})
    }
}

fn http() -> Http {
    static HTTP: OnceLock<Http> = OnceLock::new();
    HTTP.get_or_init(|| Http::new(None, Redirects::Never).expect("a client"))
        .clone()
}

fn api(reading: Reading) -> Api {
    Api::new(http(), server(), Arc::new(Lent), reading).expect("a sound address")
}

/// The first byte chooses what is asked, the second the status; the rest is the answer. An error is fine, a panic or
/// a question without end is not.
pub fn provider(data: &[u8]) {
    let (which, rest) = choice(data);
    let (status, body) = choice(rest);
    let status = match status % 16 {
        0 => 400,
        1 => 403,
        2 => 404,
        3 => 429,
        4 => 500,
        5 => 207,
        _ => 200,
    };
    let media_type = match body.first() {
        Some(b'<') => "application/xml",
        Some(b'-') => "multipart/mixed; boundary=b",
        _ => "application/json; charset=utf-8",
    };
    *SAID.lock().expect("nobody panicked holding it") = (status, media_type, body.to_vec());
    ASKED.store(0, Ordering::Relaxed);
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
    }
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let endless = async {
                while ASKED.load(Ordering::Relaxed) < MOST_REQUESTS {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            };
            tokio::select! {
                () = ask(which) => {}
                () = endless => panic!("it never stops asking"),
            }
        })
    });
}

type Asking = Pin<Box<dyn Future<Output = ()>>>;

/// One question to one provider.
fn ask(which: u8) -> Asking {
    match which % 8 {
        0 => Box::pin(of_gmail(which / 8)),
        1 => Box::pin(of_chat(which / 8)),
        2 => Box::pin(of_slack(which / 8)),
        3 => Box::pin(of_twilio(which / 8)),
        4 => Box::pin(of_whatsapp(which / 8)),
        5 => Box::pin(of_people(which / 8)),
        6 => Box::pin(of_carddav(which / 8)),
        _ => Box::pin(of_oauth(which / 8)),
    }
}

fn then() -> Timestamp {
    Timestamp::from_second(1_764_000_000).expect("a time")
}

async fn of_gmail(which: u8) {
    let client = gmail::Client::new(api(google::reading), gmail::Schedule::Current);
    match which % 10 {
        0 => drop(client.profile().await),
        1 => drop(client.send_as().await),
        2 => drop(client.list(gmail::Listing::default(), None).await),
        3 => drop(client.get("17c0").await),
        4 => {
            if let Ok(fetched) = client.get_many(&["17c0", "17c1"]).await {
                assert_eq!(fetched.len(), 2);
            }
        }
        5 => drop(client.history(7).await),
        6 => drop(client.drafts().await),
        7 => drop(client.labels().await),
        8 => drop(client.find_sent("o1", then()).await),
        _ => drop(client.thread_of("17c0").await),
    }
}

async fn of_chat(which: u8) {
    let client = google_chat::Client::new(api(google::reading));
    let space = "spaces/AAA";
    match which % 9 {
        0 => drop(
            client
                .messages(space, google_chat::Window::default(), None)
                .await,
        ),
        1 => drop(client.spaces().await),
        2 => drop(client.members(space).await),
        3 => drop(client.member(space, "ada@example.com").await),
        4 => drop(client.changes(space, then()).await),
        5 => drop(client.reactions("spaces/AAA/messages/B", None).await),
        6 => drop(client.search("x", 50).await),
        7 => drop(client.read_until(space).await),
        _ => drop(client.find_sent(space, "client-1").await),
    }
}

async fn of_slack(which: u8) {
    let client = slack::Client::new(api(slack_net::reading));
    match which % 10 {
        0 => drop(client.whoami().await),
        1 => drop(client.conversations().await),
        2 => drop(client.history("C1", slack::Window::default(), None).await),
        3 => drop(
            client
                .replies(("C1", "1.2"), slack::Window::default(), None)
                .await,
        ),
        4 => drop(client.users().await),
        5 => drop(client.user("U1").await),
        6 => drop(client.members("C1").await),
        7 => drop(client.search("x", 50).await),
        8 => drop(client.message("C1", "1.2").await),
        _ => drop(client.upload("a.txt", b"x").await),
    }
}

async fn of_twilio(which: u8) {
    let client = twilio::Client::new(
        api(twilio_net::reading),
        "AC00000000000000000000000000000000",
    );
    match which % 8 {
        0 => {
            let page = client.messages(twilio::Window::default()).await;
            if let Some(next) = page.ok().and_then(|page| page.next) {
                drop(client.more(&next).await);
            }
        }
        1 => drop(client.whoami().await),
        2 => drop(client.owns("+14155550100").await),
        3 => drop(client.balance().await),
        4 => drop(client.media("SM1").await),
        5 => drop(
            twilio::Pricing::new(api(twilio_net::reading))
                .countries()
                .await,
        ),
        6 => drop(
            twilio::Pricing::new(api(twilio_net::reading))
                .sms_to("US")
                .await,
        ),
        _ => {
            if let Ok(message) = client.message("SM1").await {
                twilio::status::news(&message);
            }
        }
    }
}

async fn of_whatsapp(which: u8) {
    let settings = Whatsapp {
        phone_number_id: "1".to_owned(),
        business_account_id: Some("2".to_owned()),
        graph_version: "v23.0".to_owned(),
        region: None,
    };
    let client = whatsapp::Client::new(api(meta::reading), settings);
    match which % 4 {
        0 => {
            let told = client.templates().await.unwrap_or_default();
            for template in told.iter().filter_map(Template::read) {
                template.wants();
                template.command("+14155550100");
            }
        }
        1 => drop(client.number().await),
        2 => drop(client.is_subscribed().await),
        _ => drop(client.mark_read("wamid.A", true).await),
    }
}

async fn of_people(which: u8) {
    let client = people::Client::new(api(google::reading));
    match which % 5 {
        0 => drop(client.sync(people::Book::Contacts, None).await),
        1 => drop(client.sync(people::Book::Contacts, Some("token")).await),
        2 => drop(client.get_many(&["people/1", "people/2"]).await),
        3 => drop(client.groups().await),
        _ => drop(client.get("people/1").await),
    }
}

async fn of_carddav(_: u8) {
    let client = carddav::Client::new(api(dav::reading));
    let Ok(book) = client.find().await else {
        return;
    };
    for since in [None, Some("http://x/1")] {
        let Ok(listing) = client.list(&book, since).await else {
            return;
        };
        let paths: Vec<String> = listing.there.into_iter().map(|one| one.path).collect();
        assert!(paths.iter().all(|path| path.starts_with('/')), "{paths:?}");
        drop(client.read(&book, &paths).await);
    }
}

async fn of_oauth(which: u8) {
    let client = oauth::Client {
        server: Server {
            token_url: Some(format!("{}/token", server())),
            device_url: Some(format!("{}/device", server())),
            revoke_url: Some(format!("{}/revoke", server())),
            ..Server::default()
        },
        client_id: "us".to_owned(),
        client_secret: None,
        http: http(),
        account: "work".to_owned(),
    };
    let secret = SecretString::from("secret");
    match which % 4 {
        0 => drop(client.refresh(&secret).await),
        1 => drop(client.client_credentials(&["mail".to_owned()]).await),
        2 => drop(client.assertion(&secret).await),
        _ => drop(client.revoke(&secret).await),
    }
}
