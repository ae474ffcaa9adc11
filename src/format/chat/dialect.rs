//! Markdown and plain text to Chat's own dialect.
//!
//! Chat marks `*bold*`, `_italic_`, `~strike~`, code, fences, `> quote`, `- item` and `<url|label>`, and knows no
//! escape. What would be read as a mark without being one is replaced: `*`, `_`, `~` and the backtick by a character
//! that looks like it, and behind the `<` of a mention or a labelled link goes a zero-width space.

mod signs;
mod table;
mod writer;

use signs::Mark;
use writer::Writer;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, TextMergeStream};

/// Whether `<users/…>` in a text reaches the people it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mentions {
    /// Shown, never sent as a mention.
    Shown,
    /// Sent as written.
    Sent,
}

/// Markdown in Chat's dialect.
pub fn from_markdown(markdown: &str, mentions: Mentions) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut writer = Writer::new(mentions);
    let mut table = None;
    for event in TextMergeStream::new(Parser::new_ext(markdown, options)) {
        if let Event::Start(Tag::Table(_)) = event {
            table = Some(table::Table::default());
            continue;
        }
        let Some(open) = &mut table else {
            write(&mut writer, event);
            continue;
        };
        if let Event::End(TagEnd::Table) = event {
            writer.fence(&open.lines());
            table = None;
        } else {
            open.see(event);
        }
    }
    writer.finish()
}

/// A text that is no Markdown, shown in Chat as it is written; lines that begin with `- ` or `> ` stay.
pub fn from_plain(text: &str, mentions: Mentions) -> String {
    let mut writer = Writer::new(mentions);
    for line in text.split('\n') {
        writer.verbatim_line(line.strip_suffix('\r').unwrap_or(line));
    }
    writer.finish()
}

/// Whether a text in the dialect mentions anyone.
pub fn mentions(text: &str) -> bool {
    text.to_ascii_lowercase().contains(MENTION)
}

/// A text in the dialect with its mentions shown only.
pub fn without_mentions(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.to_ascii_lowercase().match_indices(MENTION) {
        shown.push_str(&text[done..=at]);
        shown.push(signs::GAP);
        done = at + 1;
    }
    shown.push_str(&text[done..]);
    shown
}

/// How a mention begins.
const MENTION: &str = "<users/";

fn write(to: &mut Writer, event: Event<'_>) {
    match event {
        Event::Start(tag) => start(to, tag),
        Event::End(tag) => end(to, tag),
        Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => to.text(&text),
        Event::Code(code) => to.code(&code),
        Event::SoftBreak => to.text(" "),
        Event::HardBreak => to.line_break(),
        Event::Rule => to.rule(),
        Event::TaskListMarker(done) => to.raw(if done { "☑ " } else { "☐ " }),
        Event::InlineMath(text) | Event::DisplayMath(text) => to.text(&text),
        Event::FootnoteReference(name) => to.text(&format!("[{name}]")),
    }
}

fn start(to: &mut Writer, tag: Tag<'_>) {
    match tag {
        Tag::Heading { .. } => to.open(Mark::Bold),
        Tag::Strong => to.open(Mark::Bold),
        Tag::Emphasis => to.open(Mark::Italic),
        Tag::Strikethrough => to.open(Mark::Strike),
        Tag::BlockQuote(_) => to.quote(),
        Tag::List(first) => to.list(first),
        Tag::Item => to.item(),
        Tag::CodeBlock(kind) => to.start_fence(match &kind {
            CodeBlockKind::Fenced(info) => info,
            CodeBlockKind::Indented => "",
        }),
        Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => to.start_link(&dest_url),
        _ => {}
    }
}

fn end(to: &mut Writer, tag: TagEnd) {
    match tag {
        TagEnd::Heading(_) => {
            to.close(Mark::Bold);
            to.end_block();
        }
        TagEnd::Strong => to.close(Mark::Bold),
        TagEnd::Emphasis => to.close(Mark::Italic),
        TagEnd::Strikethrough => to.close(Mark::Strike),
        TagEnd::Paragraph | TagEnd::HtmlBlock => to.end_block(),
        TagEnd::BlockQuote(_) => to.end_quote(),
        TagEnd::List(_) => to.end_list(),
        TagEnd::Item => to.end_item(),
        TagEnd::CodeBlock => to.end_fence(),
        TagEnd::Link | TagEnd::Image => to.end_link(),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
