//! The loopback Google itself: what tests stand on must stand.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::google::{Fault, Google, TOKEN, gmail::from_base64url};

const LETTER: &str = "From: Bob <bob@example.com>\r\nTo: ada@gmail.example\r\nSubject: Report\r\n\
    Message-ID: <one@example.com>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nThe quick brown fox\r\n";

/// A plain client: method, path below the mailbox or from the root, body.
async fn ask(google: &Google, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let path = match path.strip_prefix('/') {
        Some(_) => path.to_owned(),
        None => format!("/gmail/v1/users/me/{path}"),
    };
    let mut request = client()
        .request(method.parse().unwrap(), format!("{}{path}", google.url))
        .bearer_auth(TOKEN);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.bytes().await.expect("a body");
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn client() -> reqwest::Client {
    let tls = comms::net::tls::client_config(None).unwrap();
    reqwest::Client::builder()
        .use_preconfigured_tls((*tls).clone())
        .no_proxy()
        .no_gzip()
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_delivered_letter_is_listed_read_and_found() {
    let google = Google::start();
    let id = google.gmail().deliver(LETTER);
    let (_, listed) = ask(&google, "GET", "messages?labelIds=INBOX", None).await;
    assert_eq!(listed["messages"][0]["id"], *id);
    let (_, raw) = ask(&google, "GET", &format!("messages/{id}?format=raw"), None).await;
    let text = raw["raw"].as_str().unwrap();
    assert!(!text.contains('='));
    assert_eq!(from_base64url(text).unwrap(), LETTER.as_bytes());
    for (q, found) in [
        ("rfc822msgid:one@example.com", true),
        ("quick -slow from:bob", true),
        ("\"brown fox\" is:unread", true),
        ("from:(eve OR bob)", true),
        ("{from:eve subject:report}", true),
        ("subject:(-report)", false),
        ("before:2026/11/21", false),
        ("after:2026/11/20 in:inbox", true),
    ] {
        let mut url = reqwest::Url::parse("http://x/gmail/v1/users/me/messages").unwrap();
        url.query_pairs_mut().append_pair("q", q);
        let path = format!("{}?{}", url.path(), url.query().unwrap());
        let (_, answer) = ask(&google, "GET", &path, None).await;
        assert_eq!(answer["messages"].is_array(), found, "{q}");
    }
}

#[tokio::test]
async fn pages_join_into_the_whole_list_and_tokens_belong_to_their_question() {
    let google = Google::start();
    for n in 0..7 {
        google
            .gmail()
            .deliver(LETTER.replace("one@", &format!("n{n}@")));
    }
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let (_, page) = ask(
            &google,
            "GET",
            &format!("messages?maxResults=3{token}"),
            None,
        )
        .await;
        seen.extend(
            page["messages"]
                .as_array()
                .unwrap()
                .iter()
                .map(|m| m["id"].clone()),
        );
        let Some(next) = page["nextPageToken"].as_str() else {
            break;
        };
        let (status, _) = ask(
            &google,
            "GET",
            &format!("messages?q=fox&pageToken={next}"),
            None,
        )
        .await;
        assert_eq!(status, 400);
        token = format!("&pageToken={next}");
    }
    seen.dedup();
    assert_eq!(seen.len(), 7);
}

#[tokio::test]
async fn history_tells_every_kind_of_change_until_it_expires() {
    let google = Google::start();
    let start = google.gmail().history_id();
    let id = google.gmail().deliver(LETTER);
    google.gmail().label(&id, &["STARRED"], &["UNREAD"]);
    google.gmail().delete(&id);
    let path = format!("history?startHistoryId={start}");
    let (_, all) = ask(&google, "GET", &path, None).await;
    let kinds: Vec<_> = all["history"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|r| r.as_object().unwrap().keys().cloned())
        .collect();
    for kind in [
        "messagesAdded",
        "labelsAdded",
        "labelsRemoved",
        "messagesDeleted",
    ] {
        assert!(kinds.iter().any(|k| k == kind), "{kind}");
    }
    let (_, some) = ask(
        &google,
        "GET",
        &format!("{path}&historyTypes=messageAdded&historyTypes=messageDeleted"),
        None,
    )
    .await;
    assert_eq!(some["history"].as_array().unwrap().len(), 2);
    google.gmail().expire_history();
    let (status, gone) = ask(&google, "GET", &path, None).await;
    assert_eq!(
        (status, gone["error"]["errors"][0]["reason"].as_str()),
        (404, Some("notFound"))
    );
}

#[tokio::test]
async fn a_sent_letter_gets_googles_name_and_answers_join_the_conversation() {
    let google = Google::start();
    let first = google.gmail().deliver(LETTER);
    let thread = google.gmail().mail(&first).unwrap().thread;
    let reply = "From: eve@example.com\r\nTo: bob@example.com\r\nSubject: Re: Report\r\nMessage-ID: <mine@x>\r\n\
        In-Reply-To: <one@example.com>\r\nX-Comms-Id: abc\r\n\r\nok\r\n";
    let raw = crate::support::google::gmail::base64url(reply.as_bytes());
    let (status, sent) = ask(
        &google,
        "POST",
        "messages/send",
        Some(json!({"raw": raw, "threadId": thread})),
    )
    .await;
    assert_eq!(
        (status, sent["threadId"].as_str()),
        (200, Some(thread.as_str()))
    );
    let stored = google.gmail().mail(sent["id"].as_str().unwrap()).unwrap();
    let text = String::from_utf8(stored.raw).unwrap();
    assert!(
        text.contains("@mail.gmail.com>") && !text.contains("mine@x"),
        "{text}"
    );
    assert!(
        text.contains("From: ada@gmail.example") && text.contains("X-Comms-Id: abc"),
        "{text}"
    );
    let path = format!(
        "messages/{}?format=metadata&metadataHeaders=x-comms-id",
        stored.id
    );
    let (_, read) = ask(&google, "GET", &path, None).await;
    assert_eq!(
        read["payload"]["headers"],
        json!([{"name": "X-Comms-Id", "value": "abc"}])
    );
    let (status, refused) = ask(
        &google,
        "POST",
        "messages/send",
        Some(json!({"raw": "U3ViamVjdDogeA0KDQp4"})),
    )
    .await;
    assert_eq!(
        (status, refused["error"]["message"].as_str()),
        (400, Some("Recipient address required"))
    );
}

#[tokio::test]
async fn labels_and_drafts_live_as_they_do_at_google() {
    let google = Google::start();
    let (_, label) = ask(
        &google,
        "POST",
        "labels",
        Some(json!({"name": "Work/Later"})),
    )
    .await;
    let (status, _) = ask(
        &google,
        "POST",
        "labels",
        Some(json!({"name": "work/later"})),
    )
    .await;
    assert_eq!(status, 409);
    let id = google.gmail().deliver(LETTER);
    let body = json!({"addLabelIds": [label["id"]], "removeLabelIds": ["UNREAD"]});
    let (_, changed) = ask(
        &google,
        "POST",
        &format!("messages/{id}/modify"),
        Some(body),
    )
    .await;
    assert_eq!(changed["labelIds"], json!(["INBOX", label["id"]]));
    let (status, _) = ask(
        &google,
        "POST",
        &format!("messages/{id}/modify"),
        Some(json!({"addLabelIds": ["SENT"]})),
    )
    .await;
    assert_eq!(status, 400);
    let raw = crate::support::google::gmail::base64url(LETTER.as_bytes());
    let (_, draft) = ask(
        &google,
        "POST",
        "drafts",
        Some(json!({"message": {"raw": raw}})),
    )
    .await;
    let path = format!("drafts/{}", draft["id"].as_str().unwrap());
    let (_, updated) = ask(
        &google,
        "PUT",
        &path,
        Some(json!({"message": {"raw": raw}})),
    )
    .await;
    assert_eq!(updated["id"], draft["id"]);
    assert_ne!(updated["message"]["id"], draft["message"]["id"]);
    let (_, sent) = ask(
        &google,
        "POST",
        "drafts/send",
        Some(json!({"id": draft["id"]})),
    )
    .await;
    assert_eq!(sent["labelIds"], json!(["INBOX", "SENT", "UNREAD"]));
    assert!(google.gmail().drafts().is_empty());
}

#[tokio::test]
async fn a_batch_answers_each_part_by_itself_in_another_order() {
    let google = Google::start();
    let id = google.gmail().deliver(LETTER);
    google.fault("gmail.users.messages.get", 2, Fault::RateLimited403);
    let mut body = String::new();
    for (n, id) in [id.as_str(), &id, "19aaffffffffffff"].iter().enumerate() {
        body += &format!(
            "--b\r\nContent-Type: application/http\r\nContent-ID: <p{n}>\r\n\r\n\
             GET /gmail/v1/users/me/messages/{id}?format=minimal HTTP/1.1\r\n\r\n\r\n"
        );
    }
    body += "--b--\r\n";
    let answer = client()
        .post(format!("{}/batch/gmail/v1", google.url))
        .bearer_auth(TOKEN)
        .header("content-type", "multipart/mixed; boundary=b")
        .body(body)
        .send()
        .await
        .unwrap();
    let text = answer.text().await.unwrap();
    let order: Vec<_> = text.matches("<response-p").collect();
    assert_eq!(order.len(), 3, "{text}");
    assert!(
        text.find("response-p2") < text.find("response-p0"),
        "{text}"
    );
    for status in ["200 OK", "403 Forbidden", "404 Not Found"] {
        assert!(text.contains(status), "{text}");
    }
    assert_eq!(google.count("gmail.users.messages.get"), 3);
    assert_eq!(google.count("batch"), 1);
}

#[tokio::test]
async fn a_resumable_upload_survives_a_lost_piece() {
    let google = Google::start();
    let letter = format!("{}{}", LETTER, "x".repeat(600 * 1024));
    let begun = client()
        .post(format!(
            "{}/resumable/upload/gmail/v1/users/me/messages/send?uploadType=resumable",
            google.url
        ))
        .bearer_auth(TOKEN)
        .header("x-upload-content-type", "message/rfc822")
        .header("x-upload-content-length", letter.len())
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    let session = begun.headers()["location"].to_str().unwrap().to_owned();
    let put = async |range: String, body: Vec<u8>| {
        client()
            .put(&session)
            .header("content-range", range)
            .body(body)
            .send()
            .await
    };
    let total = letter.len();
    google.fault("upload.chunk", 1, Fault::LoseChunkAfter(300 * 1024));
    let lost = put(
        format!("bytes 0-{}/{total}", total - 1),
        letter.clone().into_bytes(),
    )
    .await;
    assert!(lost.is_err());
    let asked = put(format!("bytes */{total}"), Vec::new()).await.unwrap();
    assert_eq!(
        (
            asked.status().as_u16(),
            asked.headers()["range"].to_str().unwrap()
        ),
        (308, "bytes=0-262143")
    );
    let rest = letter.as_bytes()[262_144..].to_vec();
    let done = put(format!("bytes 262144-{}/{total}", total - 1), rest)
        .await
        .unwrap();
    assert_eq!(done.status().as_u16(), 200);
    assert_eq!(google.gmail().sent()[0].submitted, letter.as_bytes());
}

#[tokio::test]
async fn faults_happen_when_planned_and_no_other_time() {
    let google = Google::start();
    let url = format!("{}/gmail/v1/users/me/profile", google.url);
    let get = async || client().get(&url).bearer_auth(TOKEN).send().await;
    google.fault(
        "gmail.users.getProfile",
        2,
        Fault::TooMany429("2026-11-21T12:00:05Z".into()),
    );
    assert_eq!(get().await.unwrap().status().as_u16(), 200);
    let slow = get().await.unwrap();
    assert_eq!(slow.status().as_u16(), 429);
    assert!(
        slow.text()
            .await
            .unwrap()
            .contains("Retry after 2026-11-21T12:00:05Z")
    );
    google.fault("*", 1, Fault::CutBeforeAnswer);
    assert!(get().await.is_err());
    google.fault("*", 1, Fault::CutAfter(5));
    assert!(get().await.unwrap().bytes().await.is_err());
    google.fault("*", 1, Fault::Hang);
    assert!(
        tokio::time::timeout(Duration::from_millis(200), get())
            .await
            .is_err()
    );
    google.expire_tokens();
    let refused = get().await.unwrap();
    assert_eq!(refused.status().as_u16(), 401);
    assert!(refused.text().await.unwrap().contains("authError"));
}

#[tokio::test]
async fn a_budget_refuses_what_is_beyond_it() {
    let google = Google::start();
    google.budget(10, Duration::from_millis(300));
    for _ in 0..2 {
        assert_eq!(ask(&google, "GET", "messages", None).await.0, 200);
    }
    let (status, refused) = ask(&google, "GET", "messages", None).await;
    assert_eq!(
        (status, refused["error"]["errors"][0]["reason"].as_str()),
        (403, Some("rateLimitExceeded"))
    );
    assert_eq!(google.overruns(), 1);
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(ask(&google, "GET", "messages", None).await.0, 200);
}

#[tokio::test]
async fn answers_are_compressed_only_for_those_who_say_so_twice() {
    let google = Google::start();
    for (agent, zipped) in [("comms", false), ("comms (gzip)", true)] {
        let answer = client()
            .get(format!("{}/gmail/v1/users/me/labels", google.url))
            .bearer_auth(TOKEN)
            .header("user-agent", agent)
            .header("accept-encoding", "gzip")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers().contains_key("content-encoding"), zipped);
    }
}

#[tokio::test]
async fn a_chat_message_is_made_once_answered_edited_and_withdrawn() {
    let google = Google::start();
    let space = google.chat().space("AAA", "Team");
    let path = format!("/v1/{space}/messages?requestId=r1&messageId=client-one");
    let (_, first) = ask(&google, "POST", &path, Some(json!({"text": "hello"}))).await;
    let (_, again) = ask(&google, "POST", &path, Some(json!({"text": "hello"}))).await;
    assert_eq!(first["name"], again["name"]);
    assert_eq!(google.chat().messages(&space).len(), 1);
    let path = format!("/v1/{space}/messages?messageId=client-one");
    assert_eq!(
        ask(&google, "POST", &path, Some(json!({"text": "hello"})))
            .await
            .0,
        409
    );
    let (_, read) = ask(
        &google,
        "GET",
        &format!("/v1/{space}/messages/client-one"),
        None,
    )
    .await;
    assert_eq!(read["name"], first["name"]);
    let path = format!("/v1/{space}/messages?messageReplyOption=REPLY_MESSAGE_OR_FAIL");
    let answer = json!({"text": "yes", "thread": {"name": first["thread"]["name"]}});
    let (_, reply) = ask(&google, "POST", &path, Some(answer)).await;
    assert_eq!(
        (&reply["thread"], &reply["threadReply"]),
        (&first["thread"], &json!(true))
    );
    let lost = json!({"text": "yes", "thread": {"name": format!("{space}/threads/none")}});
    assert_eq!(ask(&google, "POST", &path, Some(lost)).await.0, 404);
    let name = format!("/v1/{}", first["name"].as_str().unwrap());
    let (_, edited) = ask(
        &google,
        "PATCH",
        &format!("{name}?updateMask=text"),
        Some(json!({"text": "hi"})),
    )
    .await;
    assert_eq!(edited["text"], "hi");
    assert_eq!(ask(&google, "DELETE", &name, None).await.0, 400);
    assert_eq!(
        ask(&google, "DELETE", &format!("{name}?force=true"), None)
            .await
            .0,
        200
    );
    let events = "start_time=\"2026-11-21T00:00:00Z\" AND (event_types:\"google.workspace.chat.message.v1.updated\" \
        OR event_types:\"google.workspace.chat.message.v1.deleted\")";
    let (_, told) = ask(
        &google,
        "GET",
        &with_query(&format!("/v1/{space}/spaceEvents"), &[("filter", events)]),
        None,
    )
    .await;
    assert_eq!(told["spaceEvents"].as_array().unwrap().len(), 2);
    google.chat().app(false);
    let (status, refused) = ask(
        &google,
        "POST",
        &format!("/v1/{space}/messages"),
        Some(json!({"text": "x"})),
    )
    .await;
    assert_eq!(status, 404);
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .contains("app not found")
    );
}

fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let url = reqwest::Url::parse_with_params(&format!("http://x{path}"), pairs).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap())
}

#[tokio::test]
async fn chat_lists_by_time_and_thread_in_pages() {
    let google = Google::start();
    let space = google.chat().dm("BBB", "users/7", "Bob", "bob@example.com");
    assert_eq!(ask(&google, "GET", "/v1/spaces", None).await.1, json!({}));
    let first = google.chat().post(&space, "users/7", "one");
    let message = google.chat().message(&first).unwrap();
    let thread = message["thread"]["name"].as_str().unwrap();
    google.chat().reply(thread, "users/7", "two");
    google.chat().post(&space, "users/7", "three");
    let after = format!(
        "create_time > \"{}\"",
        message["createTime"].as_str().unwrap()
    );
    for (filter, order, texts) in [
        (after.clone(), "ASC", vec!["two", "three"]),
        (after, "create_time desc", vec!["three", "two"]),
        (format!("thread.name = {thread}"), "ASC", vec!["one", "two"]),
    ] {
        let path = with_query(
            &format!("/v1/{space}/messages"),
            &[("filter", &filter), ("orderBy", order)],
        );
        let (_, page) = ask(&google, "GET", &path, None).await;
        let found: Vec<_> = page["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["text"].as_str().unwrap())
            .collect();
        assert_eq!(found, texts, "{filter} {order}");
    }
    let (_, page) = ask(
        &google,
        "GET",
        &format!("/v1/{space}/messages?pageSize=2"),
        None,
    )
    .await;
    let token = page["nextPageToken"].as_str().unwrap();
    let (_, rest) = ask(
        &google,
        "GET",
        &format!("/v1/{space}/messages?pageSize=2&pageToken={token}"),
        None,
    )
    .await;
    assert_eq!(rest["messages"][0]["text"], "three");
    let path = "/v1/spaces:findDirectMessage?name=users/bob@example.com";
    assert_eq!(ask(&google, "GET", path, None).await.1["name"], *space);
    let (_, members) = ask(&google, "GET", &format!("/v1/{space}/members"), None).await;
    assert_eq!(
        members["memberships"][1]["member"]["email"],
        "bob@example.com"
    );
    let body = json!({"filter": "two space.space_type = \"DIRECT_MESSAGE\""});
    let (_, found) = ask(&google, "POST", "/v1/spaces/-/messages:search", Some(body)).await;
    assert_eq!(found["results"][0]["message"]["text"], "two");
    let path = format!("/v1/{first}/reactions");
    let thumb = json!({"emoji": {"unicode": "👍"}});
    assert_eq!(
        ask(&google, "POST", &path, Some(thumb.clone())).await.0,
        200
    );
    assert_eq!(ask(&google, "POST", &path, Some(thumb)).await.0, 409);
    assert_eq!(
        google.chat().message(&first).unwrap()["emojiReactionSummaries"][0]["reactionCount"],
        1
    );
}

#[tokio::test]
async fn an_attachment_goes_up_and_comes_down_and_a_webhook_needs_its_secrets() {
    let google = Google::start();
    let space = google.chat().space("CCC", "Team");
    let body = "--b\r\nContent-Type: application/json\r\n\r\n{\"filename\": \"a.txt\"}\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nbytes\r\n--b--";
    let up = client()
        .post(format!(
            "{}/upload/v1/{space}/attachments:upload?uploadType=multipart",
            google.url
        ))
        .bearer_auth(TOKEN)
        .header("content-type", "multipart/related; boundary=b")
        .body(body)
        .send()
        .await
        .unwrap();
    let up: Value = serde_json::from_slice(&up.bytes().await.unwrap()).unwrap();
    let (_, sent) = ask(
        &google,
        "POST",
        &format!("/v1/{space}/messages"),
        Some(json!({"text": "", "attachment": [up]})),
    )
    .await;
    let resource = sent["attachment"][0]["attachmentDataRef"]["resourceName"]
        .as_str()
        .unwrap();
    assert_eq!(sent["attachment"][0]["contentName"], "a.txt");
    let down = client()
        .get(format!("{}/v1/media/{resource}?alt=media", google.url))
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(down.bytes().await.unwrap(), "bytes");
    let hook = google.chat().webhook(&space, "k", "t");
    for (url, status) in [
        (hook.clone(), 200),
        (hook.replace("token=t", "token=u"), 400),
    ] {
        let answer = client()
            .post(url)
            .json(&json!({"text": "ding"}))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), status);
    }
    assert_eq!(
        google.chat().messages(&space).last().unwrap()["sender"]["type"],
        "BOT"
    );
}

#[tokio::test]
async fn a_token_does_what_its_scopes_allow() {
    let google = Google::start();
    let scope = "https://www.googleapis.com/auth/gmail.metadata";
    let Some(()) = google.allow_for("headers", &[scope]) else {
        return;
    };
    let id = google.gmail().deliver(LETTER);
    for (path, status) in [
        ("profile".to_owned(), 200),
        (format!("messages/{id}?format=metadata"), 200),
        (format!("messages/{id}?format=raw"), 403),
        ("messages?q=fox".to_owned(), 403),
        ("settings/sendAs".to_owned(), 403),
    ] {
        let url = format!("{}/gmail/v1/users/me/{path}", google.url);
        let answer = client()
            .get(url)
            .bearer_auth("headers")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }
}
