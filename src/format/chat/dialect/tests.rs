use super::*;

fn chat(markdown: &str) -> String {
    from_markdown(markdown, Mentions::Shown)
}

#[test]
fn marks_are_chats_own() {
    let text = chat(
        "# Title\n\n**bold** *it* ~~gone~~ `code` [here](https://x.example/a) <https://y.example>\n",
    );
    assert_eq!(
        text,
        "*Title*\n\n*bold* _it_ ~gone~ `code` <https://x.example/a|here> https://y.example"
    );
}

#[test]
fn bold_in_a_heading_is_not_marked_twice() {
    assert_eq!(chat("## All **bold** here"), "*All bold here*");
    assert_eq!(chat("**a *b* c**"), "*a _b_ c*");
}

#[test]
fn lists_quotes_and_rules_keep_their_shape() {
    assert_eq!(
        chat("- a\n- b\n  - c\n\n1. x\n2. y"),
        "- a\n- b\n  - c\n\n1. x\n2. y"
    );
    assert_eq!(chat("> one\n> two\n>\n> three"), "> one two\n>\n> three");
    assert_eq!(chat("- [x] done\n- [ ] open"), "- ☑ done\n- ☐ open");
    assert_eq!(chat("a\n\n---\n\nb"), "a\n\n———\n\nb");
    assert_eq!(chat("- a\n\n  second\n- b"), "- a\n\n  second\n- b");
}

#[test]
fn code_blocks_keep_every_character_but_their_own_end() {
    assert_eq!(
        chat("```rust\nlet *a = <users/1>;\n\nx\n```\n\nend").replace('\u{200B}', ""),
        "```\nlet *a = <users/1>;\n\nx\n```\n\nend"
    );
    let text = chat("````\n```\ninner\n```\n````");
    assert_eq!(text.matches("```").count(), 2, "{text}");
}

#[test]
fn tables_become_monospaced_lines() {
    assert_eq!(
        chat("| Name | N |\n|---|---|\n| **Ada** | 1 |\n| 日本 | 22 |"),
        "```\nName  N\n----  --\nAda   1\n日本  22\n```"
    );
}

#[test]
fn a_long_cell_or_deep_quotes_do_not_blow_up_a_text() {
    let table = format!(
        "|{}|b|\n|-|-|\n{}",
        "a".repeat(100_000),
        "|c|d|\n".repeat(10_000)
    );
    let quotes = format!("{}a{}", "> ".repeat(10_000), "\\\nb".repeat(10_000));
    let items = format!("{}a{}", "- ".repeat(1_000), "\\\nb".repeat(10_000));
    for markdown in [table, quotes, items] {
        let shown = chat(&markdown);
        assert!(
            shown.len() < 40 * markdown.len(),
            "{} of {}",
            shown.len(),
            markdown.len()
        );
    }
    assert!(chat("> > > deep").starts_with("> > > deep"));
}

#[test]
fn a_mention_is_sent_only_where_it_is_allowed() {
    for text in [
        "<users/all>",
        "hi <users/123>!",
        "`<users/all>`",
        "<USERS/all>",
    ] {
        for shown in [chat(text), from_plain(text, Mentions::Shown)] {
            assert!(!shown.to_lowercase().contains("<users/"), "{shown}");
        }
        let sent = from_markdown(text, Mentions::Sent);
        assert!(sent.to_lowercase().contains("<users/"), "{sent}");
    }
    let table = chat("| <users/all> |\n|---|\n| x |");
    assert!(!table.contains("<users/"), "{table}");
    let label = chat("[<users/all>](https://x.example)");
    assert!(!label.contains("<users/"), "{label}");
}

#[test]
fn mentions_can_be_taken_out_of_a_text_in_the_dialect() {
    let text = "*all*: <users/all> and <Users/1>";
    assert!(mentions(text));
    let shown = without_mentions(text);
    assert!(!mentions(&shown));
    assert_eq!(shown.replace('\u{200B}', ""), text);
}

#[test]
fn signs_that_are_no_marks_stay_and_those_that_would_be_are_replaced() {
    for same in [
        "5 * 3 * 2",
        "a*b*c",
        "snake_case_name",
        "~ 5",
        "* alone",
        "it's `",
        "2 < 3 | 4 > 1",
    ] {
        assert_eq!(
            from_plain(same, Mentions::Shown).replace('\u{200B}', ""),
            same
        );
    }
    for marked in ["*bold*", "_it_", "~no~", "`code`", "(*x*)", "```\nx\n```"] {
        let plain = from_plain(marked, Mentions::Shown);
        assert!(!plain.contains(['*', '_', '~']), "{plain}");
        assert_ne!(plain, marked);
    }
    assert!(!chat(r"\*not bold\*").contains('*'));
    assert!(
        !chat(r"**bold \* still**")
            .trim_matches('*')
            .contains("* s*")
    );
    assert!(!chat(r"\- no item").starts_with("- "));
    assert!(!chat(r"\> no quote").starts_with('>'));
    assert!(!chat(r"\`\`\`").contains("```"));
}

#[test]
fn a_link_leads_only_where_links_lead_and_can_not_lie_in_text() {
    assert_eq!(chat("[x](javascript:alert)"), "x (javascript:alert)");
    let lie = from_plain("<https://evil.example|bank.example>", Mentions::Shown);
    assert!(lie.starts_with("<\u{200B}"), "{lie}");
    let label = chat(r"[a|b\>c](https://x.example/|y)");
    assert_eq!(label, "<https://x.example/%7Cy|a¦b›c>");
    assert_eq!(
        chat("![logo](https://x.example/l.png)"),
        "<https://x.example/l.png|logo>"
    );
    assert_eq!(chat("<ada@example.com>"), "ada@example.com");
}

#[test]
fn a_mark_over_two_lines_is_closed_and_opened_again() {
    assert_eq!(chat("**one\\\ntwo**"), "*one*\n*two*");
}

#[test]
fn raw_html_is_shown_not_obeyed() {
    assert_eq!(chat("a <b>c</b>"), "a <b>c</b>");
}

proptest::proptest! {
    #[test]
    fn no_text_ever_mentions_anyone(text in "([<>/|`*_~a-z \n-]|users/|<users/all>|\\PC){0,60}") {
        for out in [from_markdown(&text, Mentions::Shown), from_plain(&text, Mentions::Shown)] {
            proptest::prop_assert!(!out.to_lowercase().contains("<users/"), "{}", out);
        }
    }
}

#[test]
fn blocks_of_all_kinds_stand_apart_and_code_is_never_indented() {
    let markdown = "1. first\n   ```sh\n   ls\n   ```\n2. second\n\n> quote\n>\n> ```\n> code\n> ```\n\n<div>\nx\n</div>\n\nend";
    assert_eq!(
        chat(markdown),
        "1. first\n\n```\nls\n```\n2. second\n\n> quote\n>\n> ```\n> code\n> ```\n\n<div>\nx\n</div>\n\nend"
    );
    assert_eq!(
        chat("a\n> b\n\nc\n- d\n\n  > e"),
        "a\n\n> b\n\nc\n\n- d\n\n  > e"
    );
    assert_eq!(chat("- ```\n  x\n  ```"), "-\n```\nx\n```");
}
