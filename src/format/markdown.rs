//! Markdown as typed to HTML; raw HTML in it is shown, not obeyed.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};

/// An HTML document of this Markdown. Raw HTML is escaped and links lead only to http, https, mailto and tel.
pub fn to_html(markdown: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(markdown, options).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url: safe(dest_url),
            title,
            id,
        }),
        Event::Start(Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Image {
            link_type,
            dest_url: safe(dest_url),
            title,
            id,
        }),
        other => other,
    });
    let mut body = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut body, events);
    format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n{body}</body></html>\n"
    )
}

fn safe(url: CowStr<'_>) -> CowStr<'_> {
    let scheme = url
        .split_once(':')
        .map(|(scheme, _)| scheme.trim().to_ascii_lowercase());
    match scheme.as_deref() {
        None | Some("http" | "https" | "mailto" | "tel" | "cid") => url,
        Some(_) => CowStr::Borrowed("#"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html() {
        let html = to_html("# Hi\n\n*one* **two** [three](https://x.example)\n\n- a\n- b\n");
        for part in [
            "<h1>Hi</h1>",
            "<em>one</em>",
            "<strong>two</strong>",
            "<li>a</li>",
            "href=\"https://x.example\"",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn raw_html_and_scripts_are_shown_not_obeyed() {
        let html = to_html(
            "a <b onclick=x>b</b>\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) [y](JAVA\u{9}script:x)",
        );
        assert!(
            !html.contains("<script") && !html.contains("<b ") && !html.contains("javascript:"),
            "{html}"
        );
        assert!(html.contains("&lt;script&gt;"), "{html}");
    }
}
