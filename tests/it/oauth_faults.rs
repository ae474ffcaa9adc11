//! Token endpoints that fail, lie or are slow, played by a server that follows a script; and logins without a person.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::oauth::{SCRIPTS, serve};
use crate::support::desktop::Desktop;
use crate::support::{Run, World};

/// What never may be seen in any output.
const SECRETS: [&str; 4] = ["r3fresh", "n3w-r3fresh", "cl13nt-s3cret", "tok3n"];

/// A token endpoint that gives these answers one after another, the last one for ever; keeps what it was sent.
fn endpoint(answers: Vec<(&'static str, &'static str)>) -> (u16, Arc<Mutex<Vec<String>>>) {
    slow_endpoint(answers, Duration::ZERO)
}

/// The same, but every answer comes only after a while.
fn slow_endpoint(
    answers: Vec<(&'static str, &'static str)>,
    after: Duration,
) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keep = heard.clone();
    std::thread::spawn(move || {
        for (n, client) in listener.incoming().enumerate() {
            let mut client = BufReader::new(client.unwrap());
            let mut length = 0;
            let mut head = String::new();
            loop {
                let mut line = String::new();
                if client.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
                    break;
                }
                if let Some((name, value)) = line.split_once(": ")
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            client.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            keep.lock().unwrap().push(format!("{head}\n{body}"));
            std::thread::sleep(after);
            let (status, body) = answers[n.min(answers.len() - 1)];
            let kind = if body.starts_with('<') {
                "text/html"
            } else {
                "application/json"
            };
            let _ = write!(
                client.get_mut(),
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    (port, heard)
}

const GOOD: (&str, &str) = (
    "200 OK",
    "{\"access_token\":\"tok3n\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"n3w-r3fresh\"}",
);

/// The same with another token to renew by.
const ROTATED: (&str, &str) = (
    "200 OK",
    "{\"access_token\":\"tok3n\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"r0tated\"}",
);

/// Secrets in the encrypted file, as where there is no desktop.
const FILE: &str = "[secrets]\nstore = \"file\"\n";

/// Tokens as comms keeps them, an hour too old.
fn spent(refresh_token: &str, port: u16) -> String {
    let tokens = serde_json::json!({
        "access_token": "old", "refresh_token": refresh_token, "token_type": "bearer",
        "expires_at": "2026-11-21T11:00:00Z", "obtained_at": "2026-11-21T10:00:00Z",
        "logged_in_at": "2026-11-21T10:00:00Z", "scopes": ["mail"], "issuer": null,
        "token_url": format!("http://127.0.0.1:{port}/token"), "client_id": "comms",
    });
    tokens.to_string()
}

/// An account at a scripted IMAP server whose login has expired and stands in the environment.
fn expired(token_port: u16) -> World {
    let (imap, _) = serve(SCRIPTS[0]);
    World::new()
        .config(&format!(
            "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nimap = \"127.0.0.1:{imap}\"\n\
             tls = \"none\"\nauth = \"oauth\"\nclient_id = \"comms\"\nauthorize_url = \"http://127.0.0.1:{token_port}/auth\"\n\
             token_url = \"http://127.0.0.1:{token_port}/token\"\n"
        ))
        .env("COMMS_SECRET_WORK_TOKENS", &spent("r3fresh", token_port))
        .env("COMMS_SECRET_WORK_CLIENT_SECRET", "cl13nt-s3cret")
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "1")
}

fn sync(world: &World) -> Run {
    let run = world.run(["inbox", "sync", "--account", "work", "--json"]);
    for secret in SECRETS {
        assert!(
            !run.stdout.contains(secret) && !run.stderr.contains(secret),
            "{run}"
        );
    }
    run
}

#[test]
fn what_may_pass_is_tried_again() {
    let busy = (
        "503 Service Unavailable",
        "{\"error\":\"temporarily_unavailable\"}",
    );
    let (port, heard) = endpoint(vec![busy, busy, GOOD]);
    sync(&expired(port)).ok();
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 3);
    let last = heard.last().unwrap();
    assert!(last.contains("grant_type=refresh_token"), "{last}");
    assert!(last.contains("refresh_token=r3fresh"), "{last}");
    // By default a client's secret goes into a header, so that no log of forms has it.
    assert!(
        last.to_lowercase().contains("authorization: basic"),
        "{last}"
    );
    assert!(last.contains("user-agent: comms/"), "{last}");
}

#[test]
fn a_provider_that_stays_away_is_unavailable() {
    let (port, heard) = endpoint(vec![("500 Oops", "<html>r3fresh</html>")]);
    sync(&expired(port)).fails(7);
    assert_eq!(heard.lock().unwrap().len(), 3);
    let (port, _) = endpoint(vec![("429 Too Many Requests", "{}")]);
    sync(&expired(port)).fails(7);
    // Nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let run = sync(&expired(port)).fails(7);
    assert!(run.stderr.contains("can't be reached"), "{run}");
}

#[test]
fn a_login_that_ended_is_told_with_the_command_that_mends_it() {
    for (answer, words) in [
        (
            "{\"error\":\"invalid_grant\",\"error_description\":\"Token has been expired or revoked.\"}",
            "no longer takes the refresh token",
        ),
        (
            "{\"error\":\"invalid_grant\",\"error_description\":\"reauth related error (invalid_rapt)\"}",
            "from time to time",
        ),
        (
            "{\"error\":\"invalid_client\"}",
            "does not take its OAuth client",
        ),
        (
            "{\"error\":\"something_new\",\"error_description\":\"r3fresh-r3fresh-r3fresh-r3fresh-r3fresh-r3fresh\"}",
            "something_new",
        ),
    ] {
        let (port, heard) = endpoint(vec![("400 Bad Request", answer)]);
        let run = sync(&expired(port)).fails(4);
        let error = run.json_error();
        assert!(
            error["error"]["message"].as_str().unwrap().contains(words),
            "{run}"
        );
        assert!(
            error["error"]["hint"]
                .as_str()
                .unwrap()
                .contains("comms auth login work"),
            "{run}"
        );
        assert_eq!(heard.lock().unwrap().len(), 1, "a refusal is final");
    }
}

#[test]
fn an_answer_that_is_no_token_is_not_taken_for_one() {
    for answer in [
        "<html>please log in to this wifi: tok3n</html>",
        "{\"access_token\":17}",
        "{\"access_token\":\"\",\"token_type\":\"bearer\"}",
        "{\"hello\":\"tok3n\"}",
        "[",
    ] {
        let (port, heard) = endpoint(vec![("200 OK", answer)]);
        let run = sync(&expired(port)).fails(7);
        assert!(run.stderr.contains("no token"), "{run}");
        // What it renewed may be used up, and who shows that again loses the login (RFC 9700 section 4.14.2).
        assert_eq!(heard.lock().unwrap().len(), 1, "{run}");
    }
}

#[test]
fn a_token_is_taken_as_providers_write_it() {
    for answer in [
        r#"{"access_token":"tok3n","token_type":"Bearer","expires_in":"3600","refresh_token":"n3w-r3fresh"}"#,
        r#"{"access_token":"tok3n","token_type":"Bearer","expires_in":3600.0}"#,
        r#"{"access_token":"tok3n","token_type":"Bearer","expires_in":-1,"scope":["mail"]}"#,
        r#"{"access_token":"tok3n","token_type":"Bearer","expires_in":null,"scope":null}"#,
        r#"{"access_token":"tok3n"}"#,
    ] {
        let (port, heard) = endpoint(vec![("200 OK", answer)]);
        sync(&expired(port)).ok();
        assert_eq!(heard.lock().unwrap().len(), 1);
    }
    // Some tell what is wrong with the status of success.
    let (port, _) = endpoint(vec![("200 OK", r#"{"error":"invalid_grant"}"#)]);
    sync(&expired(port)).fails(4);
}

#[test]
fn a_damaged_login_is_told_as_such() {
    let world = expired(1).env("COMMS_SECRET_WORK_TOKENS", "{\"access_token\":\"tok3n\"");
    let run = sync(&world).fails(4);
    assert!(
        run.stderr.contains("damaged") && run.stderr.contains("comms auth login work"),
        "{run}"
    );
}

#[test]
fn a_service_account_signs_who_it_acts_for() {
    let Some(desktop) = Desktop::start() else {
        return;
    };
    let (port, heard) = endpoint(vec![GOOD]);
    let (imap, said) = serve(SCRIPTS[0]);
    let world = World::new()
        .config(&format!(
            "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nimap = \"127.0.0.1:{imap}\"\n\
             tls = \"none\"\nauth = \"oauth\"\noauth = \"google\"\ngrant = \"service-account\"\n\
             token_url = \"http://127.0.0.1:{port}/token\"\n"
        ))
        .env("DBUS_SESSION_BUS_ADDRESS", &desktop.bus);
    let openssl = |args: &[&str]| {
        let output = Command::new("openssl").args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let pem = openssl(&[
        "genpkey",
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
    ]);
    let key = world.file("key.pem", &pem);
    let file = serde_json::json!({
        "type": "service_account", "client_email": "robot@example.iam", "private_key": pem, "private_key_id": "k1",
    });
    let file = world.file("robot.json", file.to_string());
    let run = world.run(["auth", "login", "work", "--json"]).fails(4);
    assert!(run.stderr.contains("--service-account"), "{run}");
    let run = world
        .run([
            "auth",
            "login",
            "work",
            "--service-account",
            &file,
            "--json",
        ])
        .ok();
    assert_eq!(run.json()["changed"], true, "{run}");
    assert!(
        !run.stdout.contains("tok3n") && !run.stderr.contains("tok3n"),
        "{run}"
    );
    assert!(
        said.lock().unwrap()[0].contains("user=ada@example.com"),
        "the token was used"
    );

    let heard = heard.lock().unwrap();
    let form = heard[0].split("\n\n").last().unwrap();
    assert!(
        form.contains("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"),
        "{form}"
    );
    let signed = form
        .split("assertion=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let (body, signature) = signed.rsplit_once('.').unwrap();
    let (header, claims) = body.split_once('.').unwrap();
    let read = |part: &str| -> serde_json::Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(
        read(header),
        serde_json::json!({"alg": "RS256", "typ": "JWT", "kid": "k1"})
    );
    let now = "2026-11-21T12:00:00Z"
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_second();
    assert_eq!(
        read(claims),
        serde_json::json!({
            "iss": "robot@example.iam", "sub": "ada@example.com", "scope": "https://mail.google.com/",
            "aud": format!("http://127.0.0.1:{port}/token"), "iat": now, "exp": now + 3600,
        })
    );
    let public = world.file("public.pem", openssl(&["pkey", "-in", &key, "-pubout"]));
    let signature = world.file("signature", URL_SAFE_NO_PAD.decode(signature).unwrap());
    let body = world.file("body", body);
    openssl(&[
        "dgst",
        "-sha256",
        "-verify",
        &public,
        "-signature",
        &signature,
        &body,
    ]);
}

/// The config of an account that an OAuth client logs in to by itself; it ends with these lines.
fn by_itself((port, imap): (u16, u16), more: &str) -> String {
    format!(
        "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nimap = \"127.0.0.1:{imap}\"\n\
         tls = \"none\"\nauth = \"oauth\"\noauth = \"microsoft\"\ntenant = \"example.com\"\n\
         grant = \"client-credentials\"\nclient_id = \"robot\"\ntoken_url = \"http://127.0.0.1:{port}/token\"\n{more}"
    )
}

#[test]
fn a_client_logs_in_with_its_own_secret() {
    let Some(desktop) = Desktop::start() else {
        return;
    };
    let (port, heard) = endpoint(vec![GOOD]);
    let (imap, _) = serve(SCRIPTS[0]);
    let world = World::new()
        .config(&by_itself((port, imap), ""))
        .env("DBUS_SESSION_BUS_ADDRESS", &desktop.bus);
    let args = ["auth", "login", "work", "--client-secret-stdin", "--json"];
    let run = world.run_with("cl13nt-s3cret\n", args).ok();
    assert!(
        !run.stdout.contains("s3cret") && !run.stderr.contains("s3cret"),
        "{run}"
    );
    let heard = heard.lock().unwrap();
    for part in [
        "grant_type=client_credentials",
        "client_id=robot",
        "client_secret=cl13nt-s3cret",
        "scope=https%3A%2F%2Foutlook.office365.com%2F.default",
    ] {
        assert!(heard[0].contains(part), "{}", heard[0]);
    }
}

#[test]
fn a_secret_that_the_provider_refuses_does_not_replace_the_good_one() {
    let refused = ("401 Unauthorized", r#"{"error":"invalid_client"}"#);
    let (port, heard) = endpoint(vec![GOOD, refused, GOOD]);
    let (imap, _) = serve(SCRIPTS[0]);
    let world = World::new()
        .config(&by_itself((port, imap), FILE))
        .env("COMMS_PASSPHRASE", "pw");
    let args = ["auth", "login", "work", "--client-secret-stdin"];
    world.run_with("cl13nt-s3cret\n", args).ok();
    world.run_with("wr0ng\n", args).fails(4);
    let later = world.env("COMMS_NOW", "2026-11-21T15:00:00Z");
    later.run(["auth", "login", "work"]).ok();
    let heard = heard.lock().unwrap();
    assert!(heard[1].contains("client_secret=wr0ng"), "{}", heard[1]);
    assert!(
        heard[2].contains("client_secret=cl13nt-s3cret"),
        "{}",
        heard[2]
    );
}

#[test]
fn an_interrupted_renewal_does_not_lose_the_rotated_token() {
    let (port, heard) = slow_endpoint(vec![GOOD], Duration::from_secs(2));
    let (imap, _) = serve(SCRIPTS[0]);
    let world = World::new()
        .config(&by_browser((port, imap), FILE))
        .env("COMMS_PASSPHRASE", "pw");
    log_in(&world);
    assert_eq!(heard.lock().unwrap().len(), 1);
    let later = |now: &str| {
        let mut command = world.command();
        command.env("COMMS_NOW", now);
        command
    };
    let mut child = later("2026-11-21T15:00:00Z")
        .args(["inbox", "sync", "--account", "work"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&heard, 2);
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // What the provider answered meanwhile was kept: nothing has to be asked for.
    let output = later("2026-11-21T15:01:00Z")
        .args(["auth", "status", "work"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(heard.lock().unwrap().len(), 2);
}

/// The config of an account that logs in by a browser; it ends with these lines.
fn by_browser((port, imap): (u16, u16), more: &str) -> String {
    format!(
        "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nimap = \"127.0.0.1:{imap}\"\n\
         tls = \"none\"\nauth = \"oauth\"\nclient_id = \"comms\"\n\
         authorize_url = \"http://127.0.0.1:{port}/auth\"\ntoken_url = \"http://127.0.0.1:{port}/token\"\n{more}"
    )
}

fn begin_login(world: &World) -> String {
    let begun = world
        .run(["auth", "login", "work", "--paste", "--json"])
        .ok();
    let url = begun.json()["authorize_url"].as_str().unwrap().to_owned();
    let state = url.split("&state=").nth(1).unwrap();
    state.split('&').next().unwrap().to_owned()
}

fn log_in(world: &World) {
    end_login(world, &begin_login(world));
}

fn end_login(world: &World, state: &str) {
    let args = ["auth", "login", "work", "--paste-url", "-"];
    world.run_with(format!("code=x&state={state}"), args).ok();
}

fn wait_for(heard: &Mutex<Vec<String>>, n: usize) {
    let end = Instant::now() + Duration::from_secs(20);
    while heard.lock().unwrap().len() < n {
        assert!(Instant::now() < end, "nothing was asked for");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_login_beside_a_renewal_keeps_the_token_that_renews() {
    let bare = (
        "200 OK",
        r#"{"access_token":"tok3n","token_type":"Bearer","expires_in":3600}"#,
    );
    let (port, heard) = endpoint(vec![GOOD, ROTATED, bare, GOOD]);
    let (imap, _) = serve(SCRIPTS[0]);
    let world = World::new()
        .config(&by_browser((port, imap), FILE))
        .env("COMMS_PASSPHRASE", "pw");
    log_in(&world);
    let began = begin_login(&world);
    // Someone is long about it; meanwhile another process renews the login that is there.
    let world = world.env("COMMS_NOW", "2026-11-21T15:00:00Z");
    sync(&world).ok();
    end_login(&world, &began);
    let world = world.env("COMMS_NOW", "2026-11-21T19:00:00Z");
    sync(&world).ok();
    let heard = heard.lock().unwrap();
    assert!(heard[3].contains("refresh_token=r0tated"), "{}", heard[3]);
}

#[test]
fn what_came_after_the_tokens_in_a_variable_is_kept_and_used() {
    let (port, heard) = endpoint(vec![ROTATED, GOOD, GOOD]);
    let world = expired(port).env("COMMS_PASSPHRASE", "pw");
    sync(&world).ok();
    let world = world.env("COMMS_NOW", "2026-11-21T15:00:00Z");
    sync(&world).ok();
    {
        let heard = heard.lock().unwrap();
        assert!(heard[0].contains("refresh_token=r3fresh"), "{}", heard[0]);
        assert!(heard[1].contains("refresh_token=r0tated"), "{}", heard[1]);
    }
    // Where nothing can be kept, it is said.
    let (port, _) = endpoint(vec![ROTATED]);
    let run = sync(&expired(port)).ok();
    assert!(run.stderr.contains("is over with this process"), "{run}");
    // Another variable is another login.
    let (port, heard) = endpoint(vec![GOOD]);
    let (imap, _) = serve(SCRIPTS[0]);
    let world = world
        .config(&by_browser((port, imap), ""))
        .env("COMMS_SECRET_WORK_TOKENS", &spent("an0ther", port));
    sync(&world).ok();
    let heard = heard.lock().unwrap();
    assert!(heard[0].contains("refresh_token=an0ther"), "{}", heard[0]);
}

#[test]
fn a_keyring_that_is_away_for_a_moment_costs_no_login() {
    let Some(desktop) = Desktop::start() else {
        return;
    };
    let (port, heard) = slow_endpoint(vec![GOOD], Duration::from_secs(2));
    let (imap, _) = serve(SCRIPTS[0]);
    let world = World::new()
        .config(&by_browser((port, imap), ""))
        .env("DBUS_SESSION_BUS_ADDRESS", &desktop.bus);
    log_in(&world);
    let world = world.env("COMMS_NOW", "2026-11-21T15:00:00Z");
    let child = world.spawn(["inbox", "sync", "--account", "work"]);
    wait_for(&heard, 2);
    desktop.freeze();
    // Longer than a keyring is waited for.
    std::thread::sleep(Duration::from_secs(6));
    desktop.thaw();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    world.run(["auth", "status", "work"]).ok();
    assert_eq!(heard.lock().unwrap().len(), 2, "what was answered is kept");
}

#[test]
fn a_provider_that_says_nothing_keeps_no_list_back_and_ends_with_ctrl_c() {
    let (port, _) = endpoint(vec![GOOD]);
    let (imap, _) = serve(SCRIPTS[0]);
    let file = format!("{FILE}[inbox]\ndeadline = \"1s\"\n");
    let world = World::new()
        .config(&by_browser((port, imap), &file))
        .env("COMMS_PASSPHRASE", "pw");
    log_in(&world);
    // From now on it accepts and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let world = world.config(&by_browser((port, imap), &file));
    let world = world.env("COMMS_NOW", "2026-11-21T15:00:00Z");
    let mut child = world.spawn(["inbox", "--json"]);
    let mut first = [0];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "the login is not lost");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    assert!(child.wait().unwrap().success(), "the list was told whole");
}

#[test]
fn a_client_with_a_secret_needs_no_keyring() {
    let (port, _) = endpoint(vec![GOOD]);
    let (imap, _) = serve(SCRIPTS[0]);
    let config = by_itself((port, imap), "");
    // Into the encrypted file, as there is no keyring.
    let world = World::new().config(&config).env("COMMS_PASSPHRASE", "pw");
    let args = ["auth", "login", "work", "--client-secret-stdin"];
    world.run_with("cl13nt-s3cret\n", args).ok();
    // Nor a place to keep tokens in, where the secret comes from elsewhere.
    let world = World::new().config(&config);
    let world = world.env("COMMS_SECRET_WORK_CLIENT_SECRET", "cl13nt-s3cret");
    sync(&world).ok();
}

/// The parameters of the address that a login of this account begins with; nobody is asked for it.
fn address_of(lines: &str, flags: &[&str]) -> (String, Vec<(String, String)>, Run) {
    let world = World::new()
        .config(&format!(
            "[secrets]\nstore = \"file\"\n[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\n\
             imap = \"imap.example.com\"\nsmtp = \"smtp.example.com\"\nauth = \"oauth\"\n{lines}"
        ))
        .env("COMMS_PASSPHRASE", "pw");
    let client = serde_json::json!({"installed": {"client_id": "from-file", "client_secret": "cl13nt-s3cret"}});
    let client = world.file("client_secret.json", client.to_string());
    let mut args = vec!["auth", "login", "work", "--paste", "--json"];
    args.extend(flags);
    args.iter_mut()
        .filter(|arg| **arg == "CLIENT")
        .for_each(|arg| *arg = &client);
    let run = world.run(args).ok();
    for secret in SECRETS {
        assert!(
            !run.stdout.contains(secret) && !run.stderr.contains(secret),
            "{run}"
        );
    }
    let url = run.json()["authorize_url"].as_str().unwrap().to_owned();
    let (base, query) = url.split_once('?').unwrap();
    let pairs = query.split('&').map(|pair| {
        let (key, value) = pair.split_once('=').unwrap();
        let value = value
            .replace("%3A", ":")
            .replace("%2F", "/")
            .replace('+', " ");
        (key.to_owned(), value)
    });
    (base.to_owned(), pairs.collect(), run)
}

#[test]
fn google_is_asked_for_mail_and_a_refresh_token_with_the_client_of_its_file() {
    let (base, pairs, _) = address_of("oauth = \"google\"\n", &["--client-file", "CLIENT"]);
    assert_eq!(base, "https://accounts.google.com/o/oauth2/v2/auth");
    let get = |key: &str| {
        pairs
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, v)| v.as_str())
    };
    assert_eq!(get("client_id"), Some("from-file"));
    assert_eq!(get("scope"), Some("https://mail.google.com/"));
    assert_eq!(get("access_type"), Some("offline"));
    assert_eq!(get("code_challenge_method"), Some("S256"));
    assert_eq!(get("code_challenge").map(str::len), Some(43));
    let redirect = get("redirect_uri").unwrap();
    assert!(redirect.starts_with("http://127.0.0.1:") && redirect.ends_with("/callback"));
}

#[test]
fn microsoft_is_asked_for_what_the_account_needs_or_only_for_reading() {
    let lines = "oauth = \"microsoft\"\nclient_id = \"id\"\ntenant = \"example.com\"\n";
    for (flags, scopes) in [
        (
            &[][..],
            "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
        ),
        (
            &["--scopes", "read"],
            "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
        ),
        (&["--scopes", "a,b"], "a b"),
    ] {
        let (base, pairs, _) = address_of(lines, flags);
        assert_eq!(
            base,
            "https://login.microsoftonline.com/example.com/oauth2/v2.0/authorize"
        );
        let get = |key: &str| {
            pairs
                .iter()
                .find(|(k, _)| k == key)
                .map(|(_, v)| v.as_str())
        };
        assert_eq!(get("scope"), Some(scopes));
        assert!(
            get("redirect_uri")
                .unwrap()
                .starts_with("http://localhost:")
        );
        // Where only an administrator may consent, asking for it is an error.
        assert_eq!(get("prompt"), None);
        assert_eq!(get("login_hint"), Some("ada%40example.com"));
    }
}

#[test]
fn google_wants_the_secret_of_its_client_before_anyone_logs_in() {
    let world = World::new()
        .config(
            "[secrets]\nstore = \"file\"\n[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\n\
             imap = \"imap.example.com\"\nauth = \"oauth\"\noauth = \"google\"\nclient_id = \"id\"\n",
        )
        .env("COMMS_PASSPHRASE", "pw");
    let run = world.run(["auth", "login", "work", "--paste"]).fails(2);
    assert!(run.stderr.contains("--client-file"), "{run}");
    let file = world.file("wrong.json", "cl13nt-s3cret");
    let run = world
        .run(["auth", "login", "work", "--client-file", &file])
        .fails(2);
    assert!(
        run.stderr.contains("not the file of an OAuth client"),
        "{run}"
    );
    assert!(!run.stderr.contains("cl13nt-s3cret"), "{run}");
    let run = world
        .env("COMMS_SECRET_WORK_CLIENT_SECRET", "cl13nt-s3cret")
        .run(["auth", "login", "work", "--device"])
        .fails(2);
    assert!(run.stderr.contains("--paste"), "{run}");
}
