//! What `send`, `reply` and `forward` have in common, as programs give it.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::model::contact::Via;
use crate::model::outbox::State;
use crate::model::time;
use crate::ops::App;
use crate::ops::recipients::{Addressing, Copies};
use crate::ops::send::{Mode, SendRequest, TemplateUse};

use super::attachment::GivenFile;
use super::whatsapp::WhatsappExtras;

/// What a call may take at most, whatever its `timeout` says: connections don't last much longer.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// A state to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Awaited {
    Sent,
    Delivered,
    Read,
}

/// Makes a call of its own fields and those of a letter. They stand beside each other, not in a struct within it: what
/// is wrong in one is told with its place, and what is attached is not copied on the way.
macro_rules! letter_call {
    ($(#[$about:meta])* $name:ident { $($(#[$own:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$own])* pub $field: $kind,)*
            /// The text.
            #[serde(default)]
            pub text: String,
            /// The subject; mail only.
            #[serde(default)]
            pub subject: Option<String>,
            /// The text is Markdown.
            #[serde(default)]
            pub markdown: bool,
            /// HTML to send beside the text, or instead of it; mail only.
            #[serde(default)]
            pub html: Option<String>,
            /// Files to send along: their bytes, never a path.
            #[serde(default)]
            pub attachments: Vec<$crate::ops::calls::GivenFile>,
            /// Instead of a text a template: its name in the folder `templates`, or one of the WhatsApp account.
            #[serde(default)]
            pub template: Option<String>,
            /// The values for the template, by name.
            #[serde(default)]
            pub vars: std::collections::BTreeMap<String, String>,
            /// Which of a WhatsApp template's languages: `en_US`.
            #[serde(default)]
            pub language: Option<String>,
            /// What a message of WhatsApp may have beside text and files.
            #[serde(default)]
            pub whatsapp: Option<$crate::ops::calls::WhatsappExtras>,
            /// Who gets a visible copy.
            #[serde(default)]
            pub cc: Vec<String>,
            /// Who gets a copy nobody else sees.
            #[serde(default)]
            pub bcc: Vec<String>,
            /// Where answers are to go.
            #[serde(default)]
            pub reply_to: Vec<String>,
            /// The account it leaves from, by name or address; the default one if left out.
            #[serde(default)]
            pub from: Option<String>,
            /// Write to people by this channel, whatever they prefer.
            #[serde(default)]
            pub via: Option<$crate::model::contact::Via>,
            /// Which of the candidates is meant where a name was in doubt; counts from 1.
            #[serde(default)]
            #[schemars(range(min = 1))]
            pub pick: Option<usize>,
            /// Web addresses of pictures that the provider fetches; MMS only.
            #[serde(default)]
            pub media_url: Vec<String>,
            /// Makes it happen once, however often it is asked for: a key is one message for ever.
            #[serde(default)]
            pub key: Option<String>,
            /// Keep it as a draft.
            #[serde(default)]
            pub draft: bool,
            /// Only put it into the outbox.
            #[serde(default)]
            pub queue: bool,
            /// If it can't leave now it failed, instead of waiting for another try.
            #[serde(default)]
            pub no_queue: bool,
            /// When it leaves: `tomorrow 9am`, `2026-12-01 09:00`, `in 2h`.
            #[serde(default)]
            pub at: Option<String>,
            /// Answer once it came to this state, or `timeout` is over.
            #[serde(default)]
            pub wait: Option<$crate::ops::calls::Awaited>,
            /// How long the server may take before the message is handed over, or how long to wait: `30s`, `5min` at
            /// most.
            #[serde(default)]
            pub timeout: Option<String>,
            /// Tell what would leave and what policy says; write and send nothing.
            #[serde(default)]
            pub dry_run: bool,
            /// An empty text is meant.
            #[serde(default)]
            pub allow_empty: bool,
            /// Let `@here`, `@channel` and the like in the text reach everyone.
            #[serde(default)]
            pub allow_mass_mention: bool,
            /// Give everybody a mail of their own.
            #[serde(default)]
            pub separately: bool,
            /// Put everybody of a group into one mail.
            #[serde(default)]
            pub together: bool,
            /// Leave out those of a group whom nothing reaches.
            #[serde(default)]
            pub skip_unreachable: bool,
            /// So many people are meant, where a group leads to many.
            #[serde(default)]
            pub yes: bool,
        }

        impl $name {
            /// Takes what all letters have.
            fn letter(&mut self) -> $crate::ops::calls::letter::Letter {
                use std::mem::take;
                $crate::ops::calls::letter::Letter {
                    text: take(&mut self.text),
                    subject: self.subject.take(),
                    markdown: self.markdown,
                    html: self.html.take(),
                    attachments: take(&mut self.attachments),
                    template: self.template.take(),
                    vars: take(&mut self.vars),
                    language: self.language.take(),
                    whatsapp: self.whatsapp.take(),
                    cc: take(&mut self.cc),
                    bcc: take(&mut self.bcc),
                    reply_to: take(&mut self.reply_to),
                    from: self.from.take(),
                    via: self.via,
                    pick: self.pick,
                    media_url: take(&mut self.media_url),
                    key: self.key.take(),
                    draft: self.draft,
                    queue: self.queue,
                    no_queue: self.no_queue,
                    at: self.at.take(),
                    wait: self.wait,
                    timeout: self.timeout.take(),
                    dry_run: self.dry_run,
                    allow_empty: self.allow_empty,
                    allow_mass_mention: self.allow_mass_mention,
                    separately: self.separately,
                    together: self.together,
                    skip_unreachable: self.skip_unreachable,
                    yes: self.yes,
                }
            }
        }
    };
}
pub(super) use letter_call;

/// What all letters have; each field is described where calls are made of it.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    pub text: String,
    pub subject: Option<String>,
    pub markdown: bool,
    pub html: Option<String>,
    pub attachments: Vec<GivenFile>,
    pub template: Option<String>,
    pub vars: BTreeMap<String, String>,
    pub language: Option<String>,
    pub whatsapp: Option<WhatsappExtras>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub reply_to: Vec<String>,
    pub from: Option<String>,
    pub via: Option<Via>,
    pub pick: Option<usize>,
    pub media_url: Vec<String>,
    pub key: Option<String>,
    pub draft: bool,
    pub queue: bool,
    pub no_queue: bool,
    pub at: Option<String>,
    pub wait: Option<Awaited>,
    pub timeout: Option<String>,
    pub dry_run: bool,
    pub allow_empty: bool,
    pub allow_mass_mention: bool,
    pub separately: bool,
    pub together: bool,
    pub skip_unreachable: bool,
    pub yes: bool,
}

impl Letter {
    /// As the operations take it, and what its sender should know.
    pub fn request(self, app: &App, to: Vec<String>) -> Result<(SendRequest, Vec<String>)> {
        let mode = match (self.draft, self.queue, self.no_queue) {
            (false, false, false) => Mode::Send,
            (true, false, false) => Mode::Draft,
            (false, true, false) => Mode::Queue,
            (false, false, true) => Mode::NoQueue,
            _ => return Err(both("draft", "queue` and `no_queue")),
        };
        let copies = match (self.separately, self.together) {
            (false, false) => Copies::Usual,
            (true, false) => Copies::Apart,
            (false, true) => Copies::Together,
            (true, true) => return Err(both("separately", "together")),
        };
        if self.markdown && self.html.is_some() {
            return Err(both("markdown", "html"));
        }
        if self.at.is_some() && mode != Mode::Send {
            return Err(both("at", "draft`, `queue` and `no_queue"));
        }
        if self.wait.is_some() && mode == Mode::Draft {
            return Err(both("wait", "draft"));
        }
        if let Some(other) = self.beside_template() {
            return Err(both("template", other));
        }
        if self.template.is_none() && !(self.vars.is_empty() && self.language.is_none()) {
            return Err(Error::usage("`vars` and `language` go with a `template`"));
        }
        let timeout = self.timeout.as_deref();
        let timeout = timeout.map(|text| time::patience(text, "send anything"));
        let timeout = timeout.transpose()?;
        let schedule = self
            .at
            .as_deref()
            .map(|at| time::schedule(at, &app.clock.now_local()))
            .transpose()?;
        let attachments = self.attachments.into_iter().map(GivenFile::attach);
        let whatsapp = self.whatsapp.map(WhatsappExtras::extras);
        let request = SendRequest {
            to,
            cc: self.cc,
            bcc: self.bcc,
            reply_to: self.reply_to,
            from: self.from,
            addressing: Addressing {
                via: self.via,
                pick: self.pick,
                skip_unreachable: self.skip_unreachable,
                yes: self.yes,
                ..Addressing::default()
            },
            copies,
            subject: self.subject,
            text: self.text,
            allow_empty: self.allow_empty,
            html: self.html,
            attachments: attachments.collect::<Result<_>>()?,
            template: self.template.map(|file| TemplateUse {
                file,
                vars: self.vars,
                language: self.language,
                by_name: true,
            }),
            whatsapp: whatsapp.transpose()?.unwrap_or_default(),
            markdown: self.markdown,
            allow_mass_mention: self.allow_mass_mention,
            media_urls: self.media_url,
            key: self.key,
            mode,
            at: schedule.as_ref().map(|s| s.at),
            wait_for: self.wait.map(|state| match state {
                Awaited::Sent => State::Sent,
                Awaited::Delivered => State::Delivered,
                Awaited::Read => State::Read,
            }),
            waits_apart: true,
            timeout: timeout.map(|timeout| timeout.min(LONGEST)),
            dry_run: self.dry_run,
            ..SendRequest::default()
        };
        let mut warnings: Vec<String> = schedule.and_then(|s| s.warning).into_iter().collect();
        if timeout.is_some_and(|timeout| timeout > LONGEST) {
            let minutes = LONGEST.as_secs() / 60;
            warnings.push(format!(
                "`timeout` is {minutes} minutes here: no call may take longer"
            ));
        }
        Ok((request, warnings))
    }

    /// What says what a template says, too.
    fn beside_template(&self) -> Option<&'static str> {
        self.template.as_ref()?;
        let given = [
            (!self.text.is_empty(), "text"),
            (self.html.is_some(), "html"),
            (self.markdown, "markdown"),
        ];
        given
            .iter()
            .find(|(given, _)| *given)
            .map(|(_, name)| *name)
    }

    /// Refuses a letter that says nothing.
    pub fn needs_text(&self) -> Result<()> {
        let whole = self.allow_empty
            || self.html.is_some()
            || self.template.is_some()
            || !self.media_url.is_empty()
            || !self.attachments.is_empty()
            || self.whatsapp.as_ref().is_some_and(WhatsappExtras::is_whole);
        if whole || !self.text.trim().is_empty() {
            return Ok(());
        }
        Err(Error::usage("the text is empty")
            .hint("write `text`, or set `allow_empty` if that is what you want"))
    }
}

fn both(one: &str, others: &str) -> Error {
    Error::usage(format!("`{one}` does not go together with `{others}`"))
}
