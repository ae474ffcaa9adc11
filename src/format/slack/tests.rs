use super::*;
use crate::format::dialect::Mentions;

fn plain(text: &str) -> String {
    from_plain(text, Mentions::Shown)
}

fn marked(markdown: &str) -> String {
    from_markdown(markdown, Mentions::Shown)
}

fn message(message: Value) -> Parsed {
    let names = BTreeMap::from([
        ("U1".to_owned(), "Ada Lovelace".to_owned()),
        ("U2".to_owned(), "Grace".to_owned()),
    ]);
    let context = Context {
        channel: "C1",
        title: "#ops",
        names: Some(&names),
        ..Context::default()
    };
    parse(document(&context, &message).to_string().as_bytes())
}

#[test]
fn markdown_becomes_mrkdwn() {
    assert_eq!(
        marked(
            "# Title\n\n**bold** *it* ~~gone~~ `a<b` [here & there](https://x.example/?a=1&b=2) <https://y.example>\n\n```\nif a < b && c {}\n```"
        ),
        "*Title*\n\n*bold* _it_ ~gone~ `a&lt;b` <https://x.example/?a=1&amp;b=2|here &amp; there> <https://y.example>\n\n```\nif a &lt; b &amp;&amp; c {}\n```"
    );
    assert_eq!(marked("> one\n\n- a\n- b"), "> one\n\n- a\n- b");
}

#[test]
fn signs_of_slacks_own_are_escaped_once() {
    assert_eq!(
        plain("a < b && c > d &amp; 5"),
        "a &lt; b &amp;&amp; c &gt; d &amp;amp; 5"
    );
    assert_eq!(
        plain("<https://evil.example|bank.example>"),
        "&lt;https://evil.example|bank.example&gt;"
    );
    assert_eq!(
        marked("[a|b>c](https://x.example/|y)"),
        "<https://x.example/%7Cy|a¦b&gt;c>"
    );
    assert_eq!(marked("[x](javascript:alert)"), "x (javascript:alert)");
}

#[test]
fn many_are_called_only_where_it_is_allowed() {
    for text in [
        "<!here>",
        "<!channel> x",
        "<!everyone>",
        "<!subteam^S0123|@ops>",
        "<!subteam^S0123>",
        "<!date^1^x|y>",
    ] {
        for shown in [plain(text), marked(text), marked(&format!("`{text}`"))] {
            assert!(
                !shown.contains("<!") && pinged(&shown).groups.is_empty(),
                "{shown}"
            );
        }
    }
    assert_eq!(plain("@here and @channel"), "@here and @channel");
    let sent = from_plain("@here: <!channel> and <!subteam^S0123>", Mentions::Sent);
    assert_eq!(sent, "<!here>: <!channel> and <!subteam^S0123>");
    assert_eq!(pinged(&sent).groups, ["here", "channel", "S0123"]);
    assert_eq!(
        without_mass_mentions(&sent),
        "&lt;!here&gt;: &lt;!channel&gt; and &lt;!subteam^S0123&gt;"
    );
    assert_eq!(
        from_markdown("`<!here>`", Mentions::Sent),
        "`&lt;!here&gt;`"
    );
}

#[test]
fn one_person_can_be_called_by_id() {
    let text = plain("hi <@U012ABC> in <#C012ABC>, not <@nobody> or <@U1|x");
    assert_eq!(
        text,
        "hi <@U012ABC> in <#C012ABC>, not &lt;@nobody&gt; or &lt;@U1|x"
    );
    assert_eq!(pinged(&text).people, ["U012ABC"]);
}

#[test]
fn a_long_text_is_cut_where_nothing_breaks() {
    let text = plain(&"a & b <c> ".repeat(900));
    let pieces = chunks(&text);
    assert!(pieces.len() > 2);
    for (_, piece) in &pieces {
        assert!(piece.chars().count() <= 4_000);
        let bare = piece
            .replace("&amp;", "")
            .replace("&lt;", "")
            .replace("&gt;", "");
        assert!(!bare.contains(['&', ';']), "an entity was cut");
    }
    let entities = plain(&"&".repeat(3_000));
    for (_, piece) in chunks(&entities) {
        assert!(piece.len() <= 4_000 && piece.replace("&amp;", "").is_empty());
    }
}

#[test]
fn a_message_is_read_with_names_links_and_entities() {
    let parsed = message(json!({
        "type": "message", "user": "U1", "ts": "1763726400.000100",
        "text": "<@U2> see <https://x.example/?a=1&amp;b=2|the page> &amp; <#C9|random>, <!here> <mailto:a@b.example|a@b.example> <!subteam^S1|@ops> 1 &lt; 2",
    }));
    assert_eq!(
        parsed.text,
        "@Grace see the page (https://x.example/?a=1&b=2) & #random, @here a@b.example @ops 1 < 2"
    );
    assert_eq!(
        parsed.from[0],
        Address::new(Some("Ada Lovelace"), "slack:U1")
    );
    assert_eq!(parsed.to[0], Address::new(Some("#ops"), "slack:C1"));
    assert_eq!(
        parsed.message_id.as_deref(),
        Some("slack:C1/1763726400.000100")
    );
    assert_eq!(
        parsed.sent_at.unwrap().as_microsecond(),
        1_763_726_400_000_100
    );
    assert_eq!(parsed.subject, "#ops");
    assert!(parsed.has_link && parsed.faults.is_empty() && !parsed.own);
}

#[test]
fn a_reply_knows_its_thread_and_a_direct_message_its_conversation() {
    let reply = json!({"user": "U1", "ts": "2.1", "thread_ts": "1.1", "text": "x"});
    assert_eq!(message(reply.clone()).references, ["slack:C1/1.1"]);
    assert!(
        message(json!({"user": "U1", "ts": "1.1", "thread_ts": "1.1", "text": "x"}))
            .references
            .is_empty()
    );
    let direct = Context::of_channel("D7");
    let parsed = parse(document(&direct, &reply).to_string().as_bytes());
    assert_eq!(parsed.references, ["slack:D7", "slack:D7/1.1"]);
}

#[test]
fn blocks_attachments_and_files_are_read() {
    let parsed = message(json!({
        "subtype": "bot_message", "bot_id": "B1", "username": "Alerts", "ts": "1.1", "text": "Deploy failed",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "Deploy failed"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "by <@U1>"}, "fields": [{"type": "mrkdwn", "text": "*env* prod"}]},
            {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "https://x.example"}]},
        ],
        "attachments": [{"title": "Log", "title_link": "https://l.example", "text": "line", "fields": [{"title": "a", "value": "b"}], "fallback": "no"}],
        "files": [
            {"id": "F1", "name": "../etc/pass", "mimetype": "text/plain", "size": 12, "url_private_download": "https://files.slack.com/f"},
            {"id": "F2", "mode": "tombstone"},
            {"id": "F3", "name": "x", "is_external": true, "url_private": "https://drive.example/x"},
        ],
    }));
    assert_eq!(
        parsed.text,
        "Deploy failed\nby @Ada Lovelace\n*env* prod\nOpen\nhttps://x.example\nLog (https://l.example)\nline\na: b"
    );
    assert_eq!(parsed.from[0], Address::new(Some("Alerts"), "slack:B1"));
    assert_eq!(parsed.attachments.len(), 3);
    assert!(!parsed.attachments[0].name.contains('/'));
    assert_eq!(parsed.attachments[0].size_bytes, 12);
}

#[test]
fn a_file_says_where_its_bytes_are() {
    let raw = document(
        &Context::of_channel("C1"),
        &json!({"ts": "1.1", "files": [
            {"id": "F1", "url_private_download": "https://files.slack.com/f"},
            {"id": "F2", "mode": "tombstone"},
            {"id": "F3", "is_external": true, "url_private": "https://drive.example/x"},
        ]}),
    )
    .to_string();
    let source = |n| attachment_source(raw.as_bytes(), n);
    assert_eq!(
        source(1),
        Some(Source::Slack("https://files.slack.com/f".into()))
    );
    assert_eq!(source(2), Some(Source::Gone));
    assert_eq!(
        source(3),
        Some(Source::Elsewhere("https://drive.example/x".into()))
    );
    assert_eq!(source(4), None);
}

#[test]
fn what_was_deleted_keeps_who_wrote_it_and_no_word() {
    let gone =
        deleted(&json!({"user": "U1", "ts": "1.1", "text": "secret", "files": [{"id": "F1"}]}));
    let parsed = message(gone);
    assert!(parsed.text.is_empty() && parsed.attachments.is_empty());
    assert_eq!(parsed.faults, ["deleted"]);
    assert_eq!(parsed.from[0].email, "slack:U1");
}

#[test]
fn who_came_and_left_is_a_notice() {
    assert!(is_notice(&json!({"subtype": "channel_join"})));
    for subtype in ["bot_message", "thread_broadcast", "me_message"] {
        assert!(!is_notice(&json!({"subtype": subtype})));
    }
    assert!(!is_notice(&json!({})));
}

#[test]
fn our_own_messages_are_known_by_their_metadata() {
    let parsed = message(
        json!({"user": "U1", "ts": "1.1", "text": "x", "metadata": {"event_type": "comms_send", "event_payload": {"id": "abc", "part": 2}}}),
    );
    assert_eq!(parsed.comms_id.as_deref(), Some("abc"));
    let other = message(
        json!({"user": "U1", "ts": "1.1", "text": "x", "metadata": {"event_type": "theirs", "event_payload": {"id": "abc"}}}),
    );
    assert_eq!(other.comms_id, None);
}

#[test]
fn places_are_told_from_nonsense() {
    assert_eq!(place_of("slack:C1/1.2"), Some(("C1", "1.2")));
    assert_eq!(place_of("C1/1.2"), Some(("C1", "1.2")));
    for wrong in ["slack:C1", "C1/", "/1", "C1/1/2", "C1/../x y"] {
        assert_eq!(place_of(wrong), None, "{wrong}");
    }
    assert_eq!(
        time_of("1763726400.5").unwrap().as_microsecond(),
        1_763_726_400_500_000
    );
    assert_eq!(time_of("soon"), None);
}

proptest::proptest! {
    #[test]
    fn anything_is_read_without_a_panic(text in "\\PC{0,80}") {
        let _ = parse(text.as_bytes());
        let _ = message(json!({"ts": "1.1", "user": "U1", "text": text}));
    }

    #[test]
    fn no_text_ever_calls_many(text in "([<>/|!`*_~a-z \n-]|<!here>|<!channel|\\PC){0,60}") {
        for out in [plain(&text), marked(&text)] {
            proptest::prop_assert!(!out.contains("<!"), "{}", out);
            proptest::prop_assert!(pinged(&out).groups.is_empty(), "{}", out);
        }
    }

    #[test]
    fn what_is_written_plain_is_read_as_it_was(text in "[a-z<>&;| .!@#]{0,60}") {
        let out = plain(&text);
        let back = text::readable(&out, &Value::Null).replace('\u{200B}', "");
        proptest::prop_assume!(!text.contains("<@") && !text.contains("<#"));
        proptest::prop_assert_eq!(back, text.trim_end());
    }
}
