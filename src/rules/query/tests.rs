//! What each query means, and what each mistake is told.

use jiff::Zoned;
use proptest::prelude::*;

use super::*;

fn now() -> Zoned {
    "2026-11-21T13:00:00+01:00[Europe/Berlin]".parse().unwrap()
}

/// The explanation on one line.
fn brief(explained: &Explained) -> String {
    let parts: Vec<_> = explained.parts.iter().map(brief).collect();
    match parts.is_empty() {
        true => explained.reads.clone(),
        false => format!("{}({})", explained.reads, parts.join("; ")),
    }
}

fn read(text: &str) -> String {
    match parse(text, &now()) {
        Ok(query) => brief(&explain(&query, now().time_zone()))
            .replace("any part has the word ", "")
            .replace("any part has the phrase ", "phrase ")
            .replace("any part has a word that begins with ", "prefix "),
        Err(e) => e.message,
    }
}

#[test]
fn a_query_is_read_as_written() {
    let mut wrong = Vec::new();
    for (text, expected) in [
        ("report", "`report`"),
        ("  report  ", "`report`"),
        ("*", "every message"),
        ("a b", "all of(`a`; `b`)"),
        ("a AND b", "all of(`a`; `b`)"),
        ("a OR b", "any of(`a`; `b`)"),
        ("a b OR c", "any of(all of(`a`; `b`); `c`)"),
        ("a (b OR c)", "all of(`a`; any of(`b`; `c`))"),
        ("(a b) c", "all of(`a`; `b`; `c`)"),
        ("a or b", "all of(`a`; `or`; `b`)"),
        ("-a", "not(`a`)"),
        ("a -b", "all of(`a`; not(`b`))"),
        ("a NOT b", "all of(`a`; not(`b`))"),
        ("a AND NOT b", "all of(`a`; not(`b`))"),
        ("NOT NOT a", "`a`"),
        ("-(a OR b)", "not(any of(`a`; `b`))"),
        ("-\"a b\"", "not(phrase `a b`)"),
        ("well-known", "`well-known`"),
        ("\"year end\"", "phrase `year end`"),
        ("\"say \\\"hi\\\"\"", "phrase `say \"hi\"`"),
        ("\"OR\"", "phrase `OR`"),
        ("\"foo:bar\"", "phrase `foo:bar`"),
        ("rep*", "prefix `rep`"),
        ("re*", "prefix `re`"),
        ("東京", "`東京`"),
        ("résumé", "`résumé`"),
        ("http://example.com/a?b=c", "`http://example.com/a?b=c`"),
        ("12:30", "`12:30`"),
        ("std::string", "`std::string`"),
        ("fe80::1", "`fe80::1`"),
        ("ada@example.com", "`ada@example.com`"),
        ("C++", "`C++`"),
        ("from:ada", "the sender has the word `ada`"),
        ("FROM:ada", "the sender has the word `ada`"),
        (
            "from:\"Ada Lovelace\"",
            "the sender has the phrase `Ada Lovelace`",
        ),
        ("from:ad*", "the sender has a word that begins with `ad`"),
        ("-from:ada", "not(the sender has the word `ada`)"),
        (
            "from:(ada OR bob)",
            "any of(the sender has the word `ada`; the sender has the word `bob`)",
        ),
        (
            "from:(ada -bob)",
            "all of(the sender has the word `ada`; not(the sender has the word `bob`))",
        ),
        (
            "-from:(ada OR bob)",
            "not(any of(the sender has the word `ada`; the sender has the word `bob`))",
        ),
        (
            "from:ada@x.org to:bob",
            "all of(the sender has the word `ada@x.org`; a recipient has the word `bob`)",
        ),
        ("cc:eve", "the Cc has the word `eve`"),
        (
            "subject:\"year end\"",
            "the subject has the phrase `year end`",
        ),
        (
            "subject:re:invoice",
            "the subject has the word `re:invoice`",
        ),
        (
            "filename:invoice.pdf",
            "an attachment's name has the word `invoice.pdf`",
        ),
        ("channel:mail", "the channel is mail"),
        ("channel:IMAP", "the channel is imap"),
        ("channel:sms", "the channel is sms"),
        ("channel:chat", "the channel is chat"),
        ("account:work", "the account is work"),
        ("in:inbox", "it lies in inbox"),
        ("in:\"My Folder/Sub\"", "it lies in My Folder/Sub"),
        (
            "in:(inbox OR sent)",
            "any of(it lies in inbox; it lies in sent)",
        ),
        ("label:urgent", "it has the label urgent"),
        ("thread:t88", "it belongs to thread t88"),
        ("has:attachment", "it has an attachment"),
        ("has:link", "it has a link"),
        ("is:unread", "it is unread"),
        ("is:read", "not(it is unread)"),
        ("-is:read", "it is unread"),
        ("is:starred", "it is starred"),
        ("is:sent", "you sent it"),
        ("is:received", "you received it"),
        (
            "after:2026-01-01",
            "the date is 2026-01-01T00:00:00+01:00 or later",
        ),
        (
            "before:2026-01-01",
            "the date is before 2026-01-01T00:00:00+01:00",
        ),
        ("after:2d", "the date is 2026-11-19T13:00:00+01:00 or later"),
        (
            "after:yesterday",
            "the date is 2026-11-20T00:00:00+01:00 or later",
        ),
        (
            "before:\"2026-07-01 09:00\"",
            "the date is before 2026-07-01T09:00:00+02:00",
        ),
        (
            "after:2026-01-01T00:00:00Z",
            "the date is 2026-01-01T01:00:00+01:00 or later",
        ),
        (
            "on:2026-03-29",
            "all of(the date is 2026-03-29T00:00:00+01:00 or later; the date is before 2026-03-30T00:00:00+02:00)",
        ),
        (
            "-on:today",
            "not(all of(the date is 2026-11-21T00:00:00+01:00 or later; the date is before 2026-11-22T00:00:00+01:00))",
        ),
        (
            "older_than:1m",
            "the date is before 2026-10-21T13:00:00+02:00",
        ),
        (
            "older-than:1y",
            "the date is before 2025-11-21T13:00:00+01:00",
        ),
        (
            "newer_than:30min",
            "the date is 2026-11-21T12:30:00+01:00 or later",
        ),
        (
            "newer_than:2h",
            "the date is 2026-11-21T11:00:00+01:00 or later",
        ),
        (
            "newer_than:3w",
            "the date is 2026-10-31T13:00:00+01:00 or later",
        ),
        ("larger:10M", "it has more than 10485760 bytes"),
        ("larger:1.5MB", "it has more than 1572864 bytes"),
        ("smaller:200k", "it has fewer than 204800 bytes"),
        ("smaller:4096", "it has fewer than 4096 bytes"),
        ("a OR b OR c", "any of(`a`; `b`; `c`)"),
        ("a b OR c d", "any of(all of(`a`; `b`); all of(`c`; `d`))"),
        ("-(a b)", "not(all of(`a`; `b`))"),
        ("((a))", "`a`"),
        ("a(b)c", "all of(`a`; `b`; `c`)"),
        (
            "-from:(ada bob)",
            "not(all of(the sender has the word `ada`; the sender has the word `bob`))",
        ),
        ("-label:urgent", "not(it has the label urgent)"),
        (
            "-has:link is:unread",
            "all of(not(it has a link); it is unread)",
        ),
        (
            "to:(\"Ada L\" OR bo*)",
            "any of(a recipient has the phrase `Ada L`; a recipient has a word that begins with `bo`)",
        ),
        (
            "label:(a b)",
            "all of(it has the label a; it has the label b)",
        ),
        (
            "is:(unread OR starred)",
            "any of(it is unread; it is starred)",
        ),
        (
            "has:(attachment link)",
            "all of(it has an attachment; it has a link)",
        ),
        ("Is:UNREAD", "it is unread"),
        (
            "newer_than:1h30min",
            "the date is 2026-11-21T11:30:00+01:00 or later",
        ),
        (
            "before:today",
            "the date is before 2026-11-21T00:00:00+01:00",
        ),
        (
            "on:\"last friday\"",
            "all of(the date is 2026-11-20T00:00:00+01:00 or later; the date is before 2026-11-21T00:00:00+01:00)",
        ),
        ("larger:1G", "it has more than 1073741824 bytes"),
        ("東京*", "prefix `東京`"),
        ("\"東京 都\" -大阪", "all of(phrase `東京 都`; not(`大阪`))"),
        ("don't", "`don't`"),
        ("O'Brien OR naïve", "any of(`O'Brien`; `naïve`)"),
    ] {
        let found = read(text);
        if found != expected {
            wrong.push(format!("{text}\n  is read {found}\n  and not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_mistake_is_told_and_pointed_at() {
    for (text, message, place) in [
        ("foo:bar", "there is no operator `foo:`", "foo:"),
        ("a form:ada", "did you mean `from:`?", "form:"),
        ("subjet:x", "did you mean `subject:`?", "subjet:"),
        ("from:", "needs a value", "from:"),
        ("from: ada", "needs a value", "from:"),
        ("from:-ada", "stands before the operator", "from:-ada"),
        ("from:(to:bob)", "can't stand inside `from:( )`", "to:"),
        ("from:()", "nothing between these parentheses", "()"),
        ("()", "nothing between these parentheses", "()"),
        ("(a", "never closed", "("),
        ("a)", "nothing open", ")"),
        ("\"a b", "never closed", "\""),
        ("\"\"", "no letter or digit", "\"\""),
        ("a OR", "needs something to look for after it", "OR"),
        ("OR a", "needs something to look for before it", "OR"),
        ("a AND OR b", "needs something to look for after it", "OR"),
        ("NOT", "needs something to look for after it", "NOT"),
        ("a - b", "no letter or digit", "-"),
        ("a --b", "is no part of a query", "--b"),
        ("x*", "two letters or more", "x*"),
        ("ada@e*", "two letters or more", "ada@e*"),
        ("r*t", "only at the end", "r*t"),
        ("🎉", "no letter or digit", "🎉"),
        ("has:atachment", "did you mean `attachment`?", "atachment"),
        ("is:important", "has no value `important`", "important"),
        ("channel:fax", "no channel `fax`", "fax"),
        ("thread:88", "not the id of a thread", "88"),
        ("after:soon", "`soon` is not a time", "soon"),
        ("after:2026-13-01", "is not a time", "2026-13-01"),
        ("after:(2d 3d)", "takes one value", "after:("),
        (
            "older_than:2026-01-01",
            "not a length of time",
            "2026-01-01",
        ),
        ("larger:big", "is not a size", "big"),
        ("larger:-1", "is not a size", "-1"),
        ("larger:99999999999999G", "is not a size", "99999999999999G"),
        ("label:*", "is no value of `label:`", "*"),
        ("東京 foo:x", "there is no operator `foo:`", "foo:"),
    ] {
        let error = parse(text, &now()).expect_err(text);
        assert_eq!(error.kind, crate::error::Kind::Usage);
        assert!(error.message.contains(message), "{text}: {}", error.message);
        let lines: Vec<_> = error.message.lines().collect();
        let [.., shown, carets] = lines.as_slice() else {
            panic!("{text}: nothing is pointed at")
        };
        let column = |prefix: &str| unicode_width::UnicodeWidthStr::width(prefix);
        let at = shown
            .find(place)
            .unwrap_or_else(|| panic!("{text}: {shown}"));
        let at = match at == shown.rfind(place).unwrap() {
            true => column(&shown[..at]),
            // Told apart by the carets themselves.
            false => carets.find('^').unwrap(),
        };
        assert_eq!(carets.find('^'), Some(at), "{text}\n{}", error.message);
        assert_eq!(
            carets.trim().len(),
            column(place),
            "{text}\n{}",
            error.message
        );
    }
}

#[test]
fn an_unknown_operator_lists_the_known_and_the_way_out() {
    let hint = parse("Re:", &now()).unwrap_err().hint.unwrap();
    assert!(
        hint.contains("older_than:") && hint.contains("`\"Re:\"`"),
        "{hint}"
    );
}

#[test]
fn accounts_and_folders_must_exist_when_they_are_known() {
    let known = Known {
        accounts: Some(vec!["work".to_owned()]),
        folders: Some(vec!["INBOX".to_owned(), "Lists/Rust".to_owned()]),
    };
    let read = |text| parse_for(text, &now(), &known);
    for text in [
        "account:WORK",
        "in:inbox",
        "in:trash",
        "in:lists/rust",
        "in:rust",
        "-in:Rust/",
    ] {
        assert!(read(text).is_ok(), "{text}");
    }
    let error = read("account:wrok").unwrap_err();
    assert!(error.message.contains("did you mean `work`?"), "{error}");
    for (text, near) in [
        ("in:lists/rsut", "Lists/Rust"),
        ("in:rsut", "rust"),
        ("in:trahs", "trash"),
    ] {
        let error = read(text).unwrap_err();
        assert!(
            error.message.contains(&format!("did you mean `{near}`?")),
            "{error}"
        );
        assert!(error.hint.unwrap().contains("`Lists/Rust`"));
    }
}

#[test]
fn hostile_queries_are_refused_in_good_time() {
    for text in [
        "(".repeat(100_000),
        "(".repeat(900),
        "-".repeat(30_000),
        "NOT ".repeat(900),
        "a ".repeat(10_000),
        "a:".repeat(10_000),
        "x".repeat(30_000) + ":y",
        "\"".repeat(999),
        "from:(".repeat(200),
        "\u{202E}foo:bar\u{0}\u{1B}[2J x:y".to_owned(),
    ] {
        let error = parse(&text, &now()).unwrap_err();
        assert!(error.message.len() < 2_000, "{}", error.message.len());
        assert!(!error.message.contains(['\u{1B}', '\u{202E}', '\0']));
    }
    assert!(parse("", &now()).is_err() && parse(" \t ", &now()).is_err());
    let deep = format!("{}a{}", "-(".repeat(50), ")".repeat(50));
    assert_eq!(read(&deep), "`a`");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        let _ = parse(&text, &now());
    }

    #[test]
    fn pieces_of_the_language_in_any_order_are_read_alike_twice(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "a", "OR", "AND", "NOT", "-", "(", ")", "\"", "\"b c\"", "from:", "from:(", "on:today", "after:2d", "*",
                "ab*", "larger:1k", "é", "東", " ", "x:y", "is:read", "\\", "label:z",
            ]),
            0..12,
        ),
        spaced in any::<bool>(),
    ) {
        let text = parts.join(if spaced { " " } else { "" });
        let once = parse(&text, &now());
        let twice = parse(&text, &now());
        match (once, twice) {
            (Ok(a), Ok(b)) => prop_assert_eq!(explain(&a, now().time_zone()), explain(&b, now().time_zone())),
            (Err(a), Err(b)) => prop_assert_eq!(a.message, b.message),
            _ => prop_assert!(false, "read differently: {}", text),
        }
    }
}
