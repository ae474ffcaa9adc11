//! Markdown and plain text to the marks of rooms and messengers.
//!
//! They all mark `*bold*`, `_italic_`, `~strike~`, code, fences, `> quote` and `- item`, and know no escape for these.
//! What would be read as a mark without being one is replaced: `*`, `_`, `~` and the backtick by a character that
//! looks like it. They differ in links and mentions.

mod signs;
mod table;
mod writer;

use signs::Mark;
pub use signs::{GAP, escaped};
use writer::Writer;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, TextMergeStream};

/// Whose marks a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `<url|label>`, and `<users/1>` for a mention: behind the `<` of one that is none goes a zero-width space.
    GoogleChat(Mentions),
    /// `<url|label>`, `<@U1>` for a mention and `<!here>` for one of many; `&`, `<` and `>` are entities.
    Slack(Mentions),
    /// Neither named links nor mentions: where a link leads is written out.
    Whatsapp,
}

/// Whether a mention in a text reaches those it names: anyone in Google Chat, many at once in Slack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mentions {
    /// Shown, never sent as a mention.
    Shown,
    /// Sent as written.
    Sent,
}

/// Markdown in these marks.
pub fn from_markdown(markdown: &str, style: Style) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut writer = Writer::new(style);
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

/// A text that is no Markdown, shown as it is written; lines that begin with `- ` or `> ` stay.
pub fn from_plain(text: &str, style: Style) -> String {
    let mut writer = Writer::new(style);
    for line in text.split('\n') {
        writer.verbatim_line(line.strip_suffix('\r').unwrap_or(line));
    }
    writer.finish()
}

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
