//! Message templates: header lines, a blank line, a text with `{{ names }}`. Values are data, never template code.
//!
//! A missing name is an error, whatever the template does with it except `default` and `is defined`.

mod bounds;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Arc, Mutex};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Object, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, escape_formatter};

use crate::error::{Error, Result};

/// What a template may do before it is stopped: steps of one rendering.
const FUEL: u64 = 1_000_000;
/// Bytes of a text or a header once it is filled in.
const LARGEST: usize = 16 << 20;

/// How the text of a template is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Markdown,
    Html,
}

impl Style {
    /// By the end of the file's name.
    pub fn of(name: &str) -> Style {
        let end = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
        match end.as_deref() {
            Some("md" | "markdown") => Style::Markdown,
            Some("html" | "htm") => Style::Html,
            _ => Style::Plain,
        }
    }
}

/// Header lines a template may begin with.
const HEADERS: [&str; 4] = ["Subject", "Cc", "Bcc", "Reply-To"];

/// A template that was read and checked.
pub struct Template {
    /// As shown in errors.
    name: String,
    style: Style,
    environment: Environment<'static>,
    headers: Vec<Header>,
    /// Line of the file the text begins on.
    body_line: usize,
    names: BTreeSet<String>,
}

struct Header {
    name: &'static str,
    line: usize,
}

/// A rendered template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    pub subject: Option<String>,
    pub cc: Option<String>,
    pub bcc: Option<String>,
    pub reply_to: Option<String>,
    pub body: String,
    /// The same with Markdown in values escaped; for the HTML of a Markdown template.
    pub escaped: Option<String>,
}

const BODY: &str = "body";
const ESCAPED: &str = "escaped";

impl Template {
    /// Reads a template; `name` is for errors and tells the style.
    ///
    /// # Errors
    /// `usage` with file and line for what is no template.
    pub fn read(name: &str, source: &str) -> Result<Template> {
        let style = Style::of(name);
        let (head, body, body_line) = split(source);
        let mut template = Template {
            name: name.to_owned(),
            style,
            environment: environment(style),
            headers: Vec::new(),
            body_line,
            names: BTreeSet::new(),
        };
        for (line, header, value) in head {
            if template.headers.iter().any(|h| h.name == header) {
                return Err(template.at(line, &format!("`{header}` stands there twice")));
            }
            template.add(header, value, line)?;
            template.headers.push(Header { name: header, line });
        }
        template.add(BODY, body, body_line)?;
        if style == Style::Markdown {
            template.add(ESCAPED, body, body_line)?;
        }
        Ok(template)
    }

    pub fn style(&self) -> Style {
        self.style
    }

    /// The names the template speaks of.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Refuses values nothing asks for.
    ///
    /// # Errors
    /// `usage` that names the first one, with the name that may be meant.
    pub fn refuse_unused<'a>(&self, given: impl IntoIterator<Item = &'a String>) -> Result<()> {
        let given: Vec<_> = given.into_iter().collect();
        let Some(unused) = given.iter().find(|g| !self.names.contains(g.as_str())) else {
            return Ok(());
        };
        let free = self.names.iter().filter(|n| !given.contains(n));
        let error = Error::usage(format!("`{}` has no `{unused}`", self.name));
        let known: Vec<_> = self.names.iter().map(|n| format!("`{n}`")).collect();
        Err(match near(unused, free.map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => error.hint("it has no variables at all"),
            None => error.hint(format!("its variables are {}", known.join(", "))),
        })
    }

    /// Fills in the values.
    ///
    /// # Errors
    /// `usage` with file and line; a missing value is named.
    pub fn render(&self, values: &BTreeMap<String, String>) -> Result<Rendered> {
        let mut rendered = Rendered::default();
        for header in &self.headers {
            let text = self.part(header.name, header.line, values)?;
            if text.chars().any(char::is_control) {
                let what = format!(
                    "`{}` would have a line break or a control character",
                    header.name
                );
                return Err(self
                    .at(header.line, &what)
                    .hint("a header is one line: look at the values"));
            }
            let text = Some(text);
            match header.name {
                "Subject" => rendered.subject = text,
                "Cc" => rendered.cc = text,
                "Bcc" => rendered.bcc = text,
                _ => rendered.reply_to = text,
            }
        }
        rendered.body = self.part(BODY, self.body_line, values)?;
        if self.style == Style::Markdown {
            rendered.escaped = Some(self.part(ESCAPED, self.body_line, values)?);
        }
        Ok(rendered)
    }

    fn add(&mut self, part: &'static str, source: &str, line: usize) -> Result<()> {
        if let Err((at, what)) = bounds::check(source) {
            let line = line + source[..at].matches('\n').count();
            return Err(self.at(line, &what));
        }
        let added = self.environment.add_template_owned(part, source.to_owned());
        added.map_err(|e| self.fault(&e, line))?;
        let template = self.environment.get_template(part);
        let template = template.map_err(|e| self.fault(&e, line))?;
        let names = template.undeclared_variables(false);
        let globals: BTreeSet<String> = self
            .environment
            .globals()
            .map(|(n, _)| n.to_owned())
            .collect();
        self.names
            .extend(names.into_iter().filter(|n| !globals.contains(n)));
        Ok(())
    }

    fn part(&self, part: &str, line: usize, values: &BTreeMap<String, String>) -> Result<String> {
        let template = self.environment.get_template(part);
        let template = template.map_err(|e| self.fault(&e, line))?;
        let lookup = Arc::new(Lookup {
            values: values.clone(),
            missing: Mutex::default(),
        });
        let mut text = Bounded::default();
        let context = Value::from_dyn_object(lookup.clone());
        let rendered = template.render_captured_to(context, &mut text).map(drop);
        rendered.map_err(|e| {
            let missing = lookup.missing.lock().ok().and_then(|mut m| m.take());
            let at = line + e.line().unwrap_or(1) - 1;
            match (e.kind(), missing) {
                (ErrorKind::UndefinedError, Some(missing)) => {
                    let error = self.at(at, &format!("there is no value for `{missing}`"));
                    match near(&missing, values.keys().map(String::as_str)) {
                        Some(near) => error.hint(format!("did you mean `{near}`?")),
                        None => error,
                    }
                }
                (ErrorKind::OutOfFuel, _) => {
                    self.at(at, "the template goes on and on: it was stopped")
                }
                (ErrorKind::WriteFailure, _) => {
                    self.at(at, &format!("it is filled in to more than {LARGEST} bytes"))
                }
                _ => self.fault(&e, line),
            }
        })?;
        Ok(text.text())
    }

    fn at(&self, line: usize, what: &str) -> Error {
        Error::usage(format!("{}:{line}: {what}", self.name))
    }

    fn fault(&self, e: &minijinja::Error, first: usize) -> Error {
        let line = first + e.line().unwrap_or(1) - 1;
        match e.detail() {
            Some(detail) => self.at(line, &format!("{} ({detail})", e.kind())),
            None => self.at(line, &e.kind().to_string()),
        }
    }
}

/// What a template writes, up to a bound.
#[derive(Default)]
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        io::Write::write_all(self, text.as_bytes()).map_err(|_| fmt::Error)
    }
}

impl Bounded {
    /// All that is written is text.
    fn text(self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// The values, and the last name that was asked for in vain.
#[derive(Debug)]
struct Lookup {
    values: BTreeMap<String, String>,
    missing: Mutex<Option<String>>,
}

impl Object for Lookup {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let found = self.values.get(key);
        if found.is_none()
            && let Ok(mut missing) = self.missing.lock()
        {
            *missing = Some(key.to_owned());
        }
        found.map(|v| Value::from(v.as_str()))
    }
}

fn environment(style: Style) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    // What loops could make ever longer texts with.
    environment.remove_global("namespace");
    // A tag on a line of its own leaves no empty line.
    let mut syntax = SyntaxConfig::builder();
    syntax
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true);
    environment.set_syntax(syntax.build().unwrap_or_default());
    // It would print every value there is.
    environment.remove_global("debug");
    environment.set_auto_escape_callback(move |part| match part {
        BODY if style == Style::Html => AutoEscape::Html,
        ESCAPED => AutoEscape::Custom("markdown".into()),
        _ => AutoEscape::None,
    });
    bounds::bound(&mut environment);
    environment.set_formatter(|out, state, value| {
        let mut text = Bounded::default();
        if value.as_str().is_none_or(|text| text.len() > LARGEST) {
            bounds::check_list(value)?;
            // The text of a list may be far longer than the list.
            write!(text, "{value}")?;
        }
        if !matches!(state.auto_escape(), AutoEscape::Custom(_)) {
            return escape_formatter(out, state, value);
        }
        if value.is_undefined() {
            return Err(minijinja::Error::from(ErrorKind::UndefinedError));
        }
        let text = match value.as_str() {
            Some(text) => text.to_owned(),
            None => text.text(),
        };
        let text = if value.is_safe() {
            text
        } else {
            escape_markdown(&text)
        };
        out.write_str(&text).map_err(minijinja::Error::from)
    });
    environment
}

/// Puts a backslash before what Markdown would read as more than itself.
fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_[]<>#|~&!".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

type Head<'a> = Vec<(usize, &'static str, &'a str)>;

/// Header lines with their line numbers, the text, and the line it begins on.
///
/// Lines are headers only if all of them up to the first blank line are ones we know.
fn split(source: &str) -> (Head<'_>, &str, usize) {
    let source = source.strip_prefix('\u{FEFF}').unwrap_or(source);
    let mut head = Vec::new();
    let mut at = 0;
    for (n, line) in source.split_inclusive('\n').enumerate() {
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        if line.trim().is_empty() && !head.is_empty() {
            return (head, &source[at..], n + 2);
        }
        let header = line.split_once(':').and_then(|(name, value)| {
            let known = HEADERS
                .into_iter()
                .find(|h| h.eq_ignore_ascii_case(name.trim_end()))?;
            Some((n + 1, known, value.trim()))
        });
        match header {
            Some(header) => head.push(header),
            None => return (Vec::new(), source, 1),
        }
    }
    (head, "", source.lines().count() + 1)
}

/// The name that was probably meant.
pub fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|k| (strsim::damerau_levenshtein(k, name), k))
        .filter(|(distance, k)| *distance <= k.len().max(name.len()).div_ceil(3))
        .min()
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    fn render(name: &str, source: &str, pairs: &[(&str, &str)]) -> Result<Rendered> {
        Template::read(name, source)?.render(&values(pairs))
    }

    #[test]
    fn a_tag_that_goes_on_and_on_is_refused() {
        for tag in [
            format!("{{{{ a{} }}}}", ".b".repeat(100_000)),
            format!("{{{{ {{'}}}}': {{}}}}{} }}}}", ".b".repeat(100_000)),
            format!("{{% if a{} %}}{{% endif %}}", "|lower".repeat(100_000)),
        ] {
            let error = Template::read("a.txt", &format!("Hello\n\n{{{{ a }}}}\n{tag}"));
            let error = error.err().unwrap();
            assert_eq!(error.message, "a.txt:4: a tag of more than 1000 bytes");
        }
        let long = format!("{{# {} #}}{{{{ a ~ '}}}}' }}}}", "x".repeat(9_000))
            + &format!("{{% if a == '{}' %}}{{% endif %}}", "y".repeat(9_000));
        let r = render(
            "a.txt",
            &format!("{long} {}", "text }} ".repeat(2_000)),
            &[("a", "A")],
        );
        assert!(r.unwrap().body.starts_with("A}} text }}"));
        assert!(
            render(
                "a.txt",
                &format!("{{{{ a{} }}}}", ".b".repeat(490)),
                &[("a", "A")]
            )
            .is_err()
        );
    }

    #[test]
    fn headers_and_text_are_filled_in() {
        let r = render(
            "a.txt",
            "Subject: Hi {{ name }}\nCc: {{cc}}\n\nDear {{ name }},\n{% if x is defined %}\nno\n{% endif %}\nbye\n",
            &[("name", "Ada <&>"), ("cc", "b@x.example")],
        )
        .unwrap();
        assert_eq!(r.subject.as_deref(), Some("Hi Ada <&>"));
        assert_eq!(r.cc.as_deref(), Some("b@x.example"));
        assert_eq!(r.body, "Dear Ada <&>,\nbye\n");
        assert_eq!(r.escaped, None);
    }

    #[test]
    fn a_text_that_only_looks_like_headers_is_text() {
        let r = render("a", "Note: hello\n\nyou\n", &[]).unwrap();
        assert_eq!(r.body, "Note: hello\n\nyou\n");
        let r = render("a", "Subject: x\nhello\n", &[]).unwrap();
        assert_eq!(r.subject, None);
    }

    #[test]
    fn a_missing_value_is_named_with_file_and_line() {
        let e = render(
            "a.txt",
            "Subject: x\n\nDear\n{{ nmae }}\n",
            &[("name", "Ada")],
        )
        .unwrap_err();
        assert_eq!(e.message, "a.txt:4: there is no value for `nmae`");
        assert_eq!(e.hint.as_deref(), Some("did you mean `name`?"));
        let e = render("a.txt", "Subject: {{ s }}\n\n", &[]).unwrap_err();
        assert_eq!(e.message, "a.txt:1: there is no value for `s`");
        let e = render("a.txt", "{% if gone %}x{% endif %}", &[]).unwrap_err();
        assert_eq!(e.message, "a.txt:1: there is no value for `gone`");
        assert_eq!(
            render("a.txt", "{{ x|default('y') }}", &[]).unwrap().body,
            "y"
        );
    }

    #[test]
    fn values_are_data() {
        let all = [("v", "{{ 1 + 1 }} <b> *x* [a](b)")];
        assert_eq!(render("a.txt", "{{ v }}", &all).unwrap().body, all[0].1);
        let html = render("a.html", "<p>{{ v }}</p>", &all).unwrap().body;
        assert_eq!(html, "<p>{{ 1 + 1 }} &lt;b&gt; *x* [a](b)</p>");
        let r = render("a.md", "*{{ v }}*", &all).unwrap();
        assert_eq!(r.body, format!("*{}*", all[0].1));
        assert_eq!(
            r.escaped.as_deref(),
            Some(r"*{{ 1 + 1 }} \<b\> \*x\* \[a\](b)*")
        );
        let e = render(
            "a.txt",
            "Subject: {{ v }}\n\nx",
            &[("v", "a\r\nBcc: eve@x.example")],
        )
        .unwrap_err();
        assert!(
            e.message
                .starts_with("a.txt:1: `Subject` would have a line break"),
            "{}",
            e.message
        );
    }

    #[test]
    fn a_value_nobody_asks_for_is_refused() {
        let t = Template::read("a.txt", "{{ name }} {{ range(3) }}").unwrap();
        let e = t
            .refuse_unused(values(&[("nmae", "x")]).keys())
            .unwrap_err();
        assert_eq!(e.message, "`a.txt` has no `nmae`");
        assert_eq!(e.hint.as_deref(), Some("did you mean `name`?"));
        t.refuse_unused(values(&[("name", "x")]).keys()).unwrap();
    }

    #[test]
    fn a_template_reads_no_files_and_ends() {
        for source in [
            "{% include '/etc/passwd' %}",
            "{% for x in range(9999) %}{% for y in range(9999) %}a{% endfor %}{% endfor %}",
            "{{ oops",
            "{{ 'x' * 99999999 }}",
            "{% for x in range(9999) %}{{ 'x' * 9999999 }}{% endfor %}",
            "{% set all = namespace(a='x') %}",
            "{{ 'x\\n' * 1000 | indent(99999999) }}",
            "{{ 'x'|indent(width=999999999) }}",
            "{{ ('x' * 100000)|replace('x', 'y' * 100000) }}",
            "{{ range(99999)|join('y' * 100000) }}",
            "{{ range(99999)|join(d='y' * 100000) }}",
            "{{ '%999999999d'|format(1) }}",
            "{{ [1]|batch(999999999, 'x') }}",
            "{{ [1]|slice(999999999) }}",
        ] {
            let e = render("a.txt", source, &[]).unwrap_err();
            assert!(e.message.starts_with("a.txt:1: "), "{}", e.message);
        }
        let deep = format!("{}{{{{ a }}}}", "{% set a = [a] %}".repeat(900));
        for (list, words) in [
            (
                "{{ ['xxxxxxxx' * 100000] * 999 }}",
                "more than 16777216 bytes",
            ),
            ("{{ ['x'] * 99999999 }}", "too long"),
            ("{{ [['x'] * 9999] * 9999 }}", "too long"),
            (&deep, "too long"),
            (&deep.repeat(2), "a name"),
        ] {
            for name in ["a.txt", "a.md", "a.html"] {
                let e = render(name, list, &[("a", "x")]).unwrap_err();
                assert!(e.message.contains(words), "{e:?}");
            }
        }
    }

    #[test]
    fn a_template_that_doubles_what_it_has_is_refused() {
        let doubling = |set: &str| format!("Hello\n\n{{% set a = x %}}{}", set.repeat(40));
        for source in [
            doubling("{% set a = a ~ a %}"),
            doubling("{%- set a = [a, a]|join -%}"),
            doubling("{% with b = a + a %}{% set a = b %}{% endwith %}"),
            doubling("{% set b, a = a ~ a, b %}"),
            doubling("{% for b in [a ~ a] %}{% set a = b %}"),
            doubling("{% set a = a * 99 %}"),
            "{% set a %}{{ x }}{% endset %}{{ a }}".to_owned(),
            "{% macro a(x, n) %}{{ a(x ~ x, n - 1) }}{% endmacro %}{{ a(x, 40) }}".to_owned(),
            "{% for y in [x] recursive %}{{ loop([y ~ y]) }}{% endfor %}".to_owned(),
        ] {
            let e = render("a.txt", &source, &[("x", "x")]).unwrap_err();
            let known = ["once more", "is not among", "without `=`", "`recursive`"];
            assert!(
                known.iter().any(|k| e.message.contains(k)),
                "{e:?} {source}"
            );
        }
        let e = Template::read("a.txt", &doubling("{% set a = a ~ a %}"));
        assert_eq!(
            e.err().unwrap().message,
            "a.txt:3: values are put together from one another once more than a hundred times"
        );
        let plain = "{% set full = first ~ ' ' ~ last %}{% set line = 'Dear ' ~ full ~ ',' %}{{ line }}{% raw %}{% macro %}{% endraw %}\
            {% for word in full|split(' ') if word != 'x' %} {{ loop.index }}{{ word|replace('A', 'a')|indent(2) }}{% else %}none{% endfor %}\
            {% with n = count|int * 2 %} {{ n }} {{ [1, 2]|join(sep) }}{% endwith %}";
        let all = [
            ("first", "Ada"),
            ("last", "Lovelace"),
            ("count", "3"),
            ("sep", "-"),
        ];
        assert_eq!(
            render("a.txt", plain, &all).unwrap().body,
            "Dear Ada Lovelace,{% macro %} 1ada 2Lovelace 6 1-2"
        );
    }
}
