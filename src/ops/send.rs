//! `send`, `reply` and `forward`: what someone wants sent becomes items in the outbox, then leaves.
//!
//! Written down and synced to disk first; what happens on the way is `ops::deliver`.

pub(super) mod alert;
pub mod cost;
mod doubts;
pub(super) mod files;
pub(super) mod letter;
mod patience;
mod report;
pub mod rooms;
mod slack;
pub mod sms;
pub(super) mod template;
mod unused;

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;

use crate::error::{Error, Kind, Result};
use crate::format::whatsapp::template::Filled;
use crate::model::account::ChannelKind;
use crate::model::id::{MessageId, OutboxId};
use crate::model::message::{Change, Role};
use crate::model::outbox::{Event, State};
use crate::rules::{reply, route};
use crate::store::outbox::{Item, Keyed, Known, NewItem, NewSend};

use super::deliver::{self, Delivery, Filing, Lines};
use super::gate::{self, Leave};
use super::recipients::{self, Addressing, Chosen, Copies, Meaning};
use super::whatsapp::compose::Extras;
use super::{App, Origin, drain, hook, scan, sync};
use letter::Outgoing;

pub use files::Attach;
pub use template::TemplateUse;

pub use alert::Suppressed;
pub use doubts::{Forgotten, doubts};
pub use patience::{ASKED, Next, PACE, Wait, add};
pub use report::{
    AttachmentReport, AttemptReport, GroupReport, ItemReport, RecipientReport, Rendered, Retry,
    SendReport,
};

/// What is to be sent. Addresses and files are as typed.
#[derive(Clone, Debug, Default)]
pub struct SendRequest {
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub reply_to: Vec<String>,
    /// How names among the recipients are to be read.
    pub addressing: Addressing,
    /// What names among the recipients stood for; made by `recipients::settle`.
    pub meanings: Vec<Meaning>,
    pub copies: Copies,
    /// An account's name or address.
    pub from: Option<String>,
    pub subject: Option<String>,
    pub text: String,
    /// Makes subject, text and headers; on WhatsApp a template of the account's.
    pub template: Option<TemplateUse>,
    /// A template of WhatsApp's with its values in it.
    pub filled: Option<Filled>,
    /// What a message of WhatsApp has beside text.
    pub whatsapp: Extras,
    /// An empty text is meant.
    pub allow_empty: bool,
    pub html: Option<String>,
    /// The text is Markdown: HTML is made from it.
    pub markdown: bool,
    /// `<users/all>`, `@here` and the like in the text reach whom they name.
    pub allow_mass_mention: bool,
    /// An answer is shown in its channel too (Slack).
    pub broadcast: bool,
    pub attachments: Vec<Attach>,
    /// Web addresses of media that the provider fetches.
    pub media_urls: Vec<String>,
    /// Makes the send happen once, however often it is asked for.
    pub key: Option<String>,
    pub mode: Mode,
    /// The condition it is about: all messages of one key are one thread.
    pub thread_key: Option<String>,
    /// Repeats of its thread key (or else of its key) within this time are counted, not sent.
    pub once_per: Option<Duration>,
    /// Not before this.
    pub at: Option<Timestamp>,
    /// How long it can be taken back before it leaves.
    pub undo_window: Option<Duration>,
    /// Come back when it is there: sent, delivered or read.
    pub wait_for: Option<State>,
    /// Whoever asks waits by themselves: [`SendReport::wait`], [`waited`].
    pub waits_apart: bool,
    /// Bounds what lies before the point of no return, or the wait for a state; `None` is 30 s.
    pub timeout: Option<Duration>,
    /// Tell what would leave; write nothing, send nothing.
    pub dry_run: bool,
}

impl SendRequest {
    /// Whether someone who was not typed gets a message of their own, so that nobody else is seen in it.
    fn is_apart(&self, email: &str) -> bool {
        match self.copies {
            Copies::Together => false,
            Copies::Apart => true,
            Copies::Usual => {
                let mut groups = self
                    .meanings
                    .iter()
                    .filter(|m| m.is_group() && m.place == recipients::Place::To);
                groups.any(|m| m.chosen.iter().any(|c| c.typed == email))
            }
        }
    }

    /// Whom a name led to that this address is for.
    pub(super) fn chosen(&self, typed: &str) -> Option<&Chosen> {
        let mut all = self.meanings.iter().flat_map(|m| &m.chosen);
        all.find(|c| c.typed == typed)
    }
}

/// What becomes of an item now, and after a failure that may pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Send; keep it for a retry if it can't leave now.
    #[default]
    Send,
    /// Send; if it can't leave now it failed.
    NoQueue,
    /// Only put it into the outbox.
    Queue,
    /// Keep it as a draft.
    Draft,
}

/// Sends a new message.
pub async fn send(app: &App, origin: Origin, request: &SendRequest) -> Result<SendReport> {
    let typed = &recipients::settle(app, origin, request)?.certain()?;
    let request = &*in_time(typed, template::put_in(app, typed, None)).await?;
    let once = alert::once(origin, request)?;
    let counted = match &once {
        Some(once) => alert::with_count(app, request, once)?,
        None => None,
    };
    let request = counted.as_ref().unwrap_or(request);
    in_time(request, slack::look_up(app, request)).await?;
    unused::refuse(app, typed)?;
    let outgoing = letter::read(app, request, alert::thread(app, request)?)?;
    dispatch(app, origin, request, outgoing).await
}

/// What a provider is asked before anything is kept has the time of a delivery's beginning.
async fn in_time<T>(request: &SendRequest, asked: impl Future<Output = Result<T>>) -> Result<T> {
    let time = request.timeout.unwrap_or(deliver::TIMEOUT);
    timeout(time, asked).await.unwrap_or_else(|_| {
        let words = format!(
            "the provider did not tell within {} s what is needed to send",
            time.as_secs_f32()
        );
        Err(Error::unavailable(words).hint(
            "nothing was kept: give it more time with --timeout, or run `comms inbox sync` once, which learns all names",
        ))
    })
}

/// Answers a message; `all` adds its other recipients.
pub async fn answer(
    app: &App,
    origin: Origin,
    (id, all): (MessageId, bool),
    request: &SendRequest,
) -> Result<SendReport> {
    let request = &recipients::settle(app, origin, request)?.certain()?;
    let document = app.store.document(id)?;
    let message = document.parsed();
    if document.channel.is_chat() {
        unused::in_rooms(app, request, &[&app.store.location(id)?.account])?;
        return rooms::answer(app, origin, (id, &message), request).await;
    }
    let request = &*template::put_in(app, request, None).await?;
    let request = &choose_sender(app, id, &message, request)?;
    let own: Vec<String> = own_addresses(app);
    let people = reply::recipients(&message, &own, all);
    let (in_reply_to, references) = reply::thread_of(&message);
    let when = letter::when(app, &message);
    let thread = letter::Thread {
        to: people.to,
        cc: people.cc,
        subject: Some(reply::answer_subject(&message.subject)),
        below: reply::quote(&message, &when),
        in_reply_to,
        references,
        ..letter::Thread::default()
    };
    let outgoing = letter::read(app, request, thread)?;
    let mut report = dispatch(app, origin, request, outgoing).await?;
    let change = Change {
        answered: Some(true),
        ..Change::default()
    };
    mark(app, id, &change, &mut report);
    Ok(report)
}

/// Sends a message on, with all it holds.
pub async fn forward(
    app: &App,
    origin: Origin,
    id: MessageId,
    request: &SendRequest,
) -> Result<SendReport> {
    let request = &recipients::settle(app, origin, request)?.certain()?;
    unused::refuse(app, request)?;
    let document = app.store.document(id)?;
    let message = document.parsed();
    let request = &*template::put_in(app, request, None).await?;
    let request = &choose_sender(app, id, &message, request)?;
    let when = letter::when(app, &message);
    let body = document.body();
    let thread = letter::Thread {
        subject: Some(reply::forward_subject(&message.subject)),
        below: reply::forwarded(&message, &when),
        html_below: body
            .html
            .map(|html| letter::forwarded_html(&message, &when, &html)),
        references: reply::thread_of(&message).1,
        files: match document.channel.is_mail() {
            true => files::sent_on(&document.raw, &message),
            false => Vec::new(),
        },
        ..letter::Thread::default()
    };
    let outgoing = letter::read(app, request, thread)?;
    let mut report = dispatch(app, origin, request, outgoing).await?;
    let change = Change {
        forwarded: Some(true),
        ..Change::default()
    };
    mark(app, id, &change, &mut report);
    Ok(report)
}

fn own_addresses(app: &App) -> Vec<String> {
    let accounts = app.config.accounts.iter();
    accounts
        .flat_map(|a| a.own_addresses().map(str::to_owned))
        .collect()
}

/// An answer comes from the account the message came to, unless said otherwise.
fn choose_sender(
    app: &App,
    id: MessageId,
    message: &crate::model::message::Parsed,
    request: &SendRequest,
) -> Result<SendRequest> {
    let mut request = request.clone();
    if request.from.is_none() {
        let account = app.store.location(id)?.account;
        let senders = || app.config.accounts.iter().filter(|a| a.sends_mail());
        let received = message.to.iter().chain(&message.cc).chain(&message.from);
        let people: Vec<_> = received.collect();
        let named = || {
            senders().find(|a| {
                a.own_addresses()
                    .any(|own| people.iter().any(|p| p.same_mailbox(own)))
            })
        };
        request.from = senders()
            .find(|a| a.name == account)
            .or_else(named)
            .map(|a| a.name.clone());
    }
    Ok(request)
}

/// Writes it down, then lets it leave.
async fn dispatch(
    app: &App,
    origin: Origin,
    request: &SendRequest,
    outgoing: Outgoing,
) -> Result<SendReport> {
    let mut staged = letter::render(app, request, &outgoing)?;
    for item in staged.iter_mut().filter(|i| i.state == State::Ready) {
        item.next_at = request.at;
    }
    // A key whose repeats are counted stands for many messages.
    let key = request
        .key
        .clone()
        .filter(|_| request.once_per.is_none() || request.thread_key.is_some());
    // What was staged under this key was judged then; it is only told again.
    let is_known = match &key {
        Some(key) if app.store.has_outbox() && !request.dry_run => app.store.keyed(key)?.is_some(),
        _ => false,
    };
    if !is_known && let Err(e) = gate::judge(app, origin, &mut staged) {
        if e.kind == Kind::Refused && !request.dry_run {
            app.store
                .audit_refused(&staged, &e.message, app.clock.now())?;
        }
        return Err(e);
    }
    if request.wait_for.is_some_and(|s| s != State::Sent) {
        refuse_endless_wait(app, &staged)?;
    }
    if request.dry_run {
        let mut report = report::dry_run(staged, outgoing.warnings);
        report.groups = report::groups(request);
        report::tell_windows(app, &mut report.items)?;
        return Ok(report);
    }
    let leaves = matches!(request.mode, Mode::Send | Mode::NoQueue);
    if app.config.read_only && leaves {
        return Err(Error::refused("nothing is sent while comms is read-only")
            .hint("keep it for later with --draft or --queue"));
    }
    let once = alert::once(origin, request)?;
    let owner = app.store.owner()?;
    let window = request.undo_window.filter(|_| leaves);
    if let Some(window) = window {
        let free = app.clock.now().checked_add(window).ok();
        for item in staged.iter_mut().filter(|i| i.state == State::Ready) {
            item.next_at = item.next_at.max(free);
        }
    }
    let leaves = leaves && request.at.is_none();
    let next_at = staged.first().and_then(|i| i.next_at);
    let new = NewSend {
        at_once: leaves && window.is_none() && staged.iter().all(|i| i.held_by.is_none()),
        key,
        thread: match &request.thread_key {
            Some(key) => Some((key.clone(), alert::people(request)?)),
            None => None,
        },
        once: once.clone(),
        origin: origin.name().to_owned(),
        asked_by: app.config.agent.clone(),
        content_hash: outgoing.content_hash(),
        meanings: meanings(request)?,
        items: staged,
    };
    let hash = new.content_hash;
    let mut warnings = outgoing.warnings;
    let claim = leaves.then_some(&owner);
    let mut staged = app.store.stage(new, app.clock.now(), claim)?;
    if let Err(Known::Keyed(_)) = &staged {
        // What a process that died was sending is in doubt, and told so.
        drain::tidy(app)?;
    }
    if let (Err(Known::Keyed(known)), Some(key)) = (&staged, &request.key)
        && known.content_hash == hash
        && may_repeat(app, (origin, request.mode), known)?
    {
        let claim = (claim, app.clock.now());
        staged = app
            .store
            .stage_again(key, (once.as_ref(), next_at), claim)?;
    }
    let ids = match staged {
        Ok(ids) => ids,
        Err(Known::Repeats(repeats)) => {
            return Ok(match &once {
                Some(once) => alert::report(once, &repeats, warnings),
                None => report::of(app, &[], warnings)?,
            });
        }
        Err(Known::Keyed(known)) if known.content_hash == hash => {
            return Ok(SendReport {
                replayed: true,
                groups: report::groups(request),
                ..report::of(app, &known.items, warnings)?
            });
        }
        Err(Known::Keyed(known)) => {
            let key = request.key.as_deref().unwrap_or_default();
            let error = Error::usage(format!("key `{key}` was used for another message"))
                .hint("use a new key for a new message");
            return Err(match known.items.first() {
                Some(id) => error.item(id),
                None => error,
            });
        }
    };
    match request.mode {
        Mode::Queue => {}
        Mode::Draft => keep_draft(app, &ids, &mut warnings).await,
        Mode::Send | Mode::NoQueue if leaves => {
            if let Some(window) = window {
                patience::undo(app, &ids, window).await?;
            }
            let lines = Lines::default();
            let filing = Filing::default();
            let delivery = Delivery {
                owner: &owner,
                lines: &lines,
                filing: &filing,
                timeout: request.timeout,
                keep: request.mode == Mode::Send,
                by_hand: true,
                insists: false,
            };
            let may_go = |item: &Item| {
                let waits = item.held_by.is_some() && item.next_at.is_some();
                item.state == State::Ready && !waits
            };
            let row = deliver::all(app, &ids, &delivery, |item| Ok(may_go(item))).await?;
            warnings.extend(row.warnings);
            for id in row.left {
                if may_go(&app.store.outbox_item(id)?) {
                    app.store
                        .outbox_event(id, Event::Cancel, None, app.clock.now())?;
                }
            }
            lines.close().await;
            if !row.interrupted {
                warnings.extend(drain::drain(app).await);
                warnings.extend(hook::fire(app).await);
            }
        }
        Mode::Send | Mode::NoQueue => {}
    }
    drop(owner);
    let wait = request.wait_for.map(|wanted| Wait {
        items: ids.clone(),
        wanted,
        within: request.timeout.unwrap_or(WAIT),
        marks: None,
    });
    if let Some(wait) = wait.as_ref().filter(|_| !request.waits_apart) {
        warnings.extend(patience::reach(app, wait).await?);
    }
    let mut report = report::of(app, &ids, warnings)?;
    report.groups = report::groups(request);
    report.waited_for = request.wait_for;
    report.retry = report.retry();
    report.wait = wait.filter(|_| request.waits_apart);
    Ok(report)
}

/// Whether who asks under a key may let what it stands for go again, should that have failed.
fn may_repeat(app: &App, (origin, mode): (Origin, Mode), known: &Keyed) -> Result<bool> {
    for id in &known.items {
        let item = app.store.outbox_item(*id)?;
        let is_own = item.origin == origin.name();
        // One's own is judged again before its first byte.
        let may = mode != Mode::Draft
            && gate::may_handle(origin, &item, "repeat").is_ok()
            && (is_own
                || matches!(
                    gate::may_ask(app, origin, &item)?,
                    Leave::Now | Leave::Later(..)
                ));
        if !may {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The report of a send once it was waited for.
pub fn waited(app: &App, wait: Wait, mut report: SendReport) -> Result<SendReport> {
    report.items = report::of(app, &wait.items, Vec::new())?.items;
    if let Some((id, change)) = &wait.marks {
        mark(app, *id, change, &mut report);
    }
    report.retry = report.retry();
    Ok(report)
}

/// What names among the recipients stood for, as the store keeps it.
fn meanings(request: &SendRequest) -> Result<Option<String>> {
    if request.meanings.is_empty() {
        return Ok(None);
    }
    let json = serde_json::to_string(&request.meanings);
    json.map(Some)
        .map_err(|e| Error::internal("keeping what names stood for").because(e))
}

/// How long a state is waited for if nobody says.
const WAIT: Duration = Duration::from_secs(30);

/// Mail tells no more than that a server took it: a wait for more would never end.
fn refuse_endless_wait(app: &App, items: &[NewItem]) -> Result<()> {
    let silent = |name: &str| {
        let account = app.config.account(name);
        account.is_ok_and(|a| !a.channel.is_phone())
    };
    match items.iter().find(|i| silent(&i.account)) {
        Some(item) => Err(Error::usage(format!(
            "account `{}` never tells more than `sent`",
            item.account
        ))
        .hint("wait for that: --wait sent")),
        None => Ok(()),
    }
}

/// A copy for other programs, where the account has drafts.
async fn keep_draft(app: &App, ids: &[OutboxId], warnings: &mut Vec<String>) {
    for id in ids {
        let copy = async {
            let item = app.store.outbox_item(*id)?;
            let account = app.config.account(&item.account)?;
            let raw = app.store.outbox_bytes(*id)?;
            sync::file_copy(app, account, Role::Drafts, &raw).await
        };
        if let Err(e) = copy.await {
            warnings.push(format!(
                "the draft is in the outbox, but not in the account's drafts: {}",
                e.message
            ));
        }
    }
}

/// Notes at the original that it was answered or sent on, now or once it left; the send stands without it.
fn mark(app: &App, id: MessageId, change: &Change, report: &mut SendReport) {
    let left = report.items.iter().any(|i| i.state == State::Sent);
    if report.dry_run || !left {
        if let Some(wait) = &mut report.wait {
            wait.marks = Some((id, change.clone()));
        }
        return;
    }
    let done = app.store.location(id).and_then(|location| {
        if location.channel == ChannelKind::Maildir {
            scan::apply(app, &location, change)?;
        } else {
            app.store.queue_change(id, change)?;
        }
        app.store.change(&[id], change)
    });
    if let Err(e) = done {
        report
            .warnings
            .push(format!("`{id}` was not marked as answered: {}", e.message));
    }
}

pub(super) use report::{rendered, tell_windows};

/// Reports on items that would be staged.
pub(super) fn report_dry_run(items: Vec<crate::store::outbox::NewItem>) -> SendReport {
    report::dry_run(items, Vec::new())
}

/// Reports on items of the outbox as `send` does.
pub(super) fn report_on(app: &App, ids: &[OutboxId], warnings: Vec<String>) -> Result<SendReport> {
    report::of(app, ids, warnings)
}

/// Whether mail to all of these stays on this machine.
fn all_local(people: &[&crate::model::address::Address]) -> bool {
    people.iter().all(|a| route::is_local(&a.email))
}
