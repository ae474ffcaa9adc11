//! Listings of a provider that is broken, or means harm: they come page by page and have no end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::World;
use crate::support::loopback::wire::{Answer, Request};
use crate::support::loopback::{Reply, Server};

/// So many pages in a row may bring nothing, and some requests lie around them.
const ENOUGH: usize = 1_000 + 20;

/// A provider, an account there, and what asks it for a listing.
struct Case {
    lines: &'static str,
    command: [&'static str; 2],
    answer: fn(&Request, &str) -> Answer,
}

const CASES: [Case; 5] = [
    Case {
        lines: "channel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"URL\"\nquota = \"none\"\n",
        command: ["inbox", "sync"],
        answer: |request, next| match request.path.rsplit('/').next() {
            Some("profile") => {
                as_json(json!({"emailAddress": "ada@gmail.example", "historyId": "7"}))
            }
            Some("messages") => as_json(json!({"nextPageToken": next})),
            _ => as_json(json!({})),
        },
    },
    Case {
        lines: "channel = \"google-chat\"\naddress = \"ada@gmail.example\"\nbase_url = \"URL\"\nquota = \"none\"\n",
        command: ["inbox", "sync"],
        answer: |_, next| as_json(json!({"nextPageToken": next})),
    },
    Case {
        lines: "channel = \"twilio\"\naccount_sid = \"AC00000000000000000000000000000001\"\n\
                address = \"+14155550100\"\nbase_url = \"URL\"\n",
        command: ["inbox", "sync"],
        answer: |request, next| {
            let next = format!("{}?PageToken={next}", request.path);
            as_json(json!({"messages": [], "next_page_uri": next}))
        },
    },
    Case {
        lines: "channel = \"gmail\"\naddress = \"ada@gmail.example\"\nbase_url = \"URL\"\nquota = \"none\"\n\
                contacts = \"read\"\n",
        command: ["contacts", "sync"],
        answer: |_, next| as_json(json!({"nextPageToken": next})),
    },
    Case {
        lines: "channel = \"carddav\"\nurl = \"URL/book/\"\nusername = \"ada\"\n",
        command: ["contacts", "sync"],
        answer: |request, next| {
            let own = match request.method.as_str() {
                "PROPFIND" => {
                    "<d:propstat><d:status>HTTP/1.1 200 OK</d:status><d:prop>\
                     <d:resourcetype><d:collection/><c:addressbook/></d:resourcetype><d:supported-report-set>\
                     <d:supported-report><d:report><d:sync-collection/></d:report></d:supported-report>\
                     </d:supported-report-set></d:prop></d:propstat>"
                }
                // Only a part of it (RFC 6578 §3.6).
                _ => "<d:status>HTTP/1.1 507 Insufficient Storage</d:status>",
            };
            let body = format!(
                "<d:multistatus xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:carddav\"><d:response>\
                 <d:href>/book/</d:href>{own}</d:response><d:sync-token>urn:{next}</d:sync-token></d:multistatus>"
            );
            Answer {
                status: 207,
                ..Answer::bytes("application/xml", body.into_bytes())
            }
        },
    },
];

fn as_json(value: Value) -> Answer {
    Answer::json(&value)
}

/// What Slack says of a token.
fn signed_in() -> Answer {
    as_json(json!({
        "ok": true, "url": "https://t.slack.com/", "team": "t", "team_id": "T1", "user": "ada", "user_id": "U1",
    }))
}

/// Asks for the listing; `name` is what each page calls the next. How many requests came, and what was told.
fn ask(case: &Case, name: fn(usize) -> String) -> (usize, String) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let answer = case.answer;
    let server = Server::start(|_| {
        move |request: Request| match count.fetch_add(1, Ordering::SeqCst) {
            // So that the test has an end where the listing has none.
            n if n > 3 * ENOUGH => Reply::from(Answer::empty(404)),
            n => Reply::from(answer(&request, &name(n))),
        }
    });
    let lines = case.lines.replace("URL", &server.url);
    let world = World::new()
        .config(&format!("[accounts.work]\n{lines}"))
        .env("COMMS_SECRET_WORK", "hunter2");
    let run = world.run(case.command);
    // The built-in account has nothing to fail at.
    assert!([7, 9].contains(&run.code), "{}\n{run}", case.lines);
    (asked.load(Ordering::SeqCst), run.stderr + &run.stdout)
}

#[test]
fn a_listing_of_ever_new_pages_that_bring_nothing_is_left() {
    for case in &CASES {
        let (asked, told) = ask(case, |n| format!("page-{n}"));
        assert!(told.contains("has no end"), "{}\n{told}", case.lines);
        assert!((1_000..ENOUGH).contains(&asked), "{asked}: {}", case.lines);
    }
}

#[test]
fn a_listing_whose_pages_go_in_a_circle_is_left() {
    let slack = Case {
        lines: "channel = \"slack\"\nbase_url = \"URL\"\n",
        command: ["inbox", "sync"],
        answer: |request, next| match request.path.ends_with("auth.test") {
            true => signed_in(),
            false => as_json(json!({
                "ok": true, "channels": [], "members": [], "response_metadata": {"next_cursor": next},
            })),
        },
    };
    for case in CASES.iter().chain([&slack]) {
        let (asked, told) = ask(case, |n| format!("page-{}", n % 3));
        assert!(told.contains("leads back"), "{}\n{told}", case.lines);
        assert!(asked < 20, "{asked}: {}", case.lines);
    }
}

#[test]
fn an_answer_of_millions_of_values_is_left_before_they_are_held() {
    let values = Case {
        lines: "channel = \"slack\"\nbase_url = \"URL\"\n",
        command: ["inbox", "sync"],
        answer: |request, _| {
            if !request.path.ends_with("conversations.list") {
                return signed_in();
            }
            let body = [
                &b"{\"ok\":true,\"x\":["[..],
                &b"0,".repeat(15 << 20),
                b"0]}",
            ]
            .concat();
            Answer::bytes("application/json", body)
        },
    };
    let (_, told) = ask(&values, |n| n.to_string());
    assert!(told.contains("more values than can be held"), "{told}");
}
