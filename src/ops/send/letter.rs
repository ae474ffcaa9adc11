//! From what was typed to rendered items: addresses, accounts, files, bodies, ids.

use crate::error::{Error, Result};
use crate::format::compose::{self, File, Letter, compose};
use crate::format::{html, markdown, payload};
use crate::model::account::{Account, ChannelKind};
use crate::model::address::Address;
use crate::model::message::Parsed;
use crate::model::outbox::{self, State};
use crate::ops::{App, whatsapp};
use crate::random;
use crate::rules::{address, route};
use crate::store::outbox::{NewItem, Recipient};

use super::files::{attached, read_files};
use super::rooms::{self, Place};
use super::{Mode, SendRequest, alert, all_local};

/// What an answer or a forward adds to what was typed.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    /// The rooms an answer goes into.
    pub places: Vec<Place>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: Option<String>,
    /// Text below what was typed.
    pub below: String,
    /// The same as HTML, where the original has some.
    pub html_below: Option<String>,
    /// The thread of its room.
    pub room_thread: Option<String>,
    /// The number it is to come from, where an account has several.
    pub room_from: Option<String>,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub files: Vec<File>,
}

/// Everything about a message but its ids and its accounts.
#[derive(Clone, Debug)]
pub struct Outgoing {
    to: Vec<Address>,
    /// Each of these gets a message of their own.
    apart: Vec<Address>,
    cc: Vec<Address>,
    bcc: Vec<Address>,
    /// The rooms it goes into, and how it looks there.
    rooms: Vec<(Place, rooms::Rendered)>,
    reply_to: Vec<Address>,
    subject: String,
    text: String,
    /// The thread in its room that it goes into.
    room_thread: Option<String>,
    /// The number it is to come from, where an account has several.
    room_from: Option<String>,
    html: Option<String>,
    files: Vec<File>,
    in_reply_to: Vec<String>,
    references: Vec<String>,
    pub warnings: Vec<String>,
}

/// Reads a request: every address, every file, every header-bound text is checked here.
pub fn read(app: &App, request: &SendRequest, thread: Thread) -> Result<Outgoing> {
    let mut to = thread.to;
    let mut cc = thread.cc;
    let targets = route::targets(&request.to)?;
    to.extend(named(request, targets.people));
    let mut places = thread.places;
    places.extend(rooms::places(app, request, &targets.rooms)?);
    cc.extend(named(request, lists(&request.cc)?));
    let bcc = named(request, lists(&request.bcc)?);
    let (to, cc, bcc) = without_repeats(to, cc, bcc);
    let (to, apart) = apart(request, to, &[&cc, &bcc])?;
    if to.is_empty() && cc.is_empty() && bcc.is_empty() && apart.is_empty() && places.is_empty() {
        return Err(
            Error::usage("there is nobody to send it to").hint("write an address: ada@example.com")
        );
    }
    let subject = request
        .subject
        .clone()
        .or(thread.subject)
        .unwrap_or_default();
    compose::refuse_controls("subject", &subject)?;
    if let Some(key) = &request.key {
        alert::check_key("key", key)?;
    }
    if request.markdown && request.html.is_some() {
        return Err(Error::usage(
            "--markdown makes the HTML itself: it can't go with --html",
        ));
    }
    let (text, html) = bodies(request, &thread.below, thread.html_below.as_deref());
    let mut files = thread.files;
    files.extend(read_files(app, &request.attachments)?);
    for place in &places {
        rooms::takes_files((place.channel, &place.account), files.len())?;
        if place.channel == ChannelKind::Whatsapp {
            whatsapp::compose::check_files(app.config.account(&place.account)?, &files)?;
        }
    }
    let elsewhere = places.iter().any(|p| p.channel != ChannelKind::Whatsapp);
    let all = [&to, &cc, &bcc, &apart];
    let mail = all.iter().any(|people| !people.is_empty());
    if let Some(flag) = request.whatsapp.flag().filter(|_| elsewhere || mail) {
        return Err(Error::usage(format!(
            "{flag} is for WhatsApp, and not all of the recipients are there"
        ))
        .hint("send to each channel by itself: whatsapp:+14155550100"));
    }
    let takes_media = |place: &Place| place.channel == ChannelKind::Twilio;
    let only_sms = !mail && places.iter().all(takes_media);
    if !request.media_urls.is_empty() && !only_sms {
        return Err(
            Error::usage("--media-url goes with text messages (MMS) only")
                .hint("attach the file with -a, or send to the phone number by itself"),
        );
    }
    let mut rooms = Vec::with_capacity(places.len());
    for place in places {
        let rendered = rooms::rendered(app, &place, request, (&subject, &text))?;
        rooms.push((place, rendered));
    }
    let room_thread = match &request.thread_key {
        Some(key) => Some(format!("threadKey/{}", rooms::thread_key(key))),
        None => thread.room_thread,
    };
    refuse_too_much(&files, apart.len())?;
    Ok(Outgoing {
        to,
        apart,
        cc,
        bcc,
        rooms,
        room_thread,
        room_from: thread.room_from,
        reply_to: lists(&request.reply_to)?,
        subject,
        text,
        html,
        files,
        in_reply_to: thread.in_reply_to,
        references: thread.references,
        warnings: left_out(request),
    })
}

/// Those who stand in one message, and those who get one of their own.
///
/// # Errors
/// `usage` where copies would go along with several messages.
fn apart(
    request: &SendRequest,
    to: Vec<Address>,
    copies: &[&Vec<Address>],
) -> Result<(Vec<Address>, Vec<Address>)> {
    let alone = |a: &Address| request.is_apart(&a.email);
    let (apart, to): (Vec<_>, Vec<_>) = to.into_iter().partition(alone);
    match (to.is_empty(), apart.len()) {
        (_, 0) => Ok((to, apart)),
        // One message as ever.
        (true, 1) => Ok((apart, to)),
        _ if copies.iter().all(|list| list.is_empty()) => Ok((to, apart)),
        _ => Err(
            Error::usage("copies go with one message, and these people get a message each")
                .hint("say --together to have all of them in one, or write the group as --bcc"),
        ),
    }
}

/// Bytes that files may take in messages of their own to many.
const MOST_COPIED: usize = 256 * 1024 * 1024;

fn refuse_too_much(files: &[File], messages: usize) -> Result<()> {
    let bytes: usize = files.iter().map(|f| f.bytes.len()).sum();
    if bytes.saturating_mul(messages) <= MOST_COPIED {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{bytes} bytes of files in {messages} messages of their own are too much"
    ))
    .hint("send a link, or one message to all with --together or the group as --bcc"))
}

/// Tells of those of a group who can't be reached.
fn left_out(request: &SendRequest) -> Vec<String> {
    let groups = request
        .meanings
        .iter()
        .filter(|m| !m.unreachable.is_empty());
    groups
        .map(|m| {
            format!(
                "left out of `{}`, for nothing reaches them: {}",
                m.word,
                m.unreachable.join(", ")
            )
        })
        .collect()
}

/// Mailboxes with the names of the people they were looked up for.
fn named(request: &SendRequest, mut people: Vec<Address>) -> Vec<Address> {
    for person in people.iter_mut().filter(|p| p.name.is_none()) {
        person.name = request.chosen(&person.email).and_then(|c| c.name.clone());
    }
    people
}

fn lists(texts: &[String]) -> Result<Vec<Address>> {
    let mut all = Vec::new();
    for text in texts {
        all.extend(address::parse_list(text)?);
    }
    Ok(all)
}

/// Each mailbox once, in the most visible place.
fn without_repeats(
    to: Vec<Address>,
    cc: Vec<Address>,
    bcc: Vec<Address>,
) -> (Vec<Address>, Vec<Address>, Vec<Address>) {
    let mut seen = std::collections::HashSet::new();
    let mut keep = |list: Vec<Address>| -> Vec<Address> {
        list.into_iter()
            .filter(|a| seen.insert(a.email.to_lowercase()))
            .collect()
    };
    let to = keep(to);
    let cc = keep(cc);
    let bcc = keep(bcc);
    (to, cc, bcc)
}

fn bodies(
    request: &SendRequest,
    below: &str,
    html_below: Option<&str>,
) -> (String, Option<String>) {
    let typed_html = match (&request.html, request.markdown) {
        (Some(html), _) => Some(html.clone()),
        (None, true) => Some(markdown::to_html(&request.text)),
        (None, false) => None,
    };
    let mut text = match (&request.html, request.text.trim().is_empty()) {
        (Some(typed), true) => html::to_text(typed),
        _ => request.text.clone(),
    };
    if !below.is_empty() {
        if !text.trim().is_empty() {
            text.truncate(text.trim_end().len());
            text.push_str("\n\n");
        } else {
            text.clear();
        }
        text.push_str(below);
    }
    let html = match (typed_html, html_below) {
        (None, None) => None,
        (Some(typed), None) if below.is_empty() => Some(typed),
        (Some(typed), None) => Some(append(&typed, &preformatted(below))),
        (None, Some(old)) => Some(format!("{}{old}", preformatted(&request.text))),
        (Some(typed), Some(old)) => Some(append(&typed, old)),
    };
    (text, html)
}

/// HTML put before the end of an HTML document.
fn append(document: &str, more: &str) -> String {
    // Byte offsets of the lower-cased copy hold only where its length is the same.
    let lower = document.to_ascii_lowercase();
    match lower.rfind("</body>") {
        Some(at) => format!("{}{more}{}", &document[..at], &document[at..]),
        None => format!("{document}{more}"),
    }
}

fn preformatted(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    format!(
        "<div style=\"white-space: pre-wrap\">{}</div>\n",
        escape(text)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The HTML of a message that is sent on, under its head.
pub fn forwarded_html(message: &Parsed, when: &str, html: &str) -> String {
    let mut head = message.clone();
    head.text.clear();
    let head = crate::rules::reply::forwarded(&head, when);
    format!("{}{html}", preformatted(head.trim_end()))
}

/// When the original was written, for the line above the quote.
pub fn when(app: &App, message: &Parsed) -> String {
    message.sent_at.map_or(String::new(), |at| {
        at.to_zoned(app.clock.zone().clone())
            .strftime("%a, %d %b %Y %H:%M %z")
            .to_string()
    })
}

impl Outgoing {
    /// What makes two sends the same for a key: recipients, subject, bodies, attachments.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let mut add = |part: &[u8]| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        for (place, list) in [
            ("to", &self.to),
            ("cc", &self.cc),
            ("bcc", &self.bcc),
            ("apart", &self.apart),
        ] {
            // A hash of earlier versions stays what it was.
            if place == "apart" && list.is_empty() {
                continue;
            }
            add(place.as_bytes());
            for a in list {
                add(a.email.as_bytes());
            }
        }
        for (place, rendered) in &self.rooms {
            add(b"room");
            add(place.account.as_bytes());
            add(place.to.email.as_bytes());
            if let Some(payload) = &rendered.payload {
                add(payload.to_string().as_bytes());
            }
        }
        add(self.subject.as_bytes());
        add(self.text.as_bytes());
        add(self.html.as_deref().unwrap_or_default().as_bytes());
        for file in &self.files {
            add(file.name.as_bytes());
            add(&file.bytes);
        }
        *hasher.finalize().as_bytes()
    }

    /// The same with a signature below (RFC 3676 §4.3).
    fn signed(&self, signature: &str) -> Outgoing {
        let mut signed = self.clone();
        let signature = signature.trim_end();
        let end = signed.text.trim_end().len();
        signed.text.truncate(end);
        signed.text.push_str(&format!("\n\n-- \n{signature}\n"));
        if let Some(html) = &mut signed.html {
            let below = format!("-- \n{signature}");
            *html = append(html, &preformatted(&below));
        }
        signed
    }

    fn people(&self) -> Vec<(outbox::Place, &Address)> {
        let of = |place, list: &'_ [Address]| -> Vec<(outbox::Place, usize)> {
            (0..list.len()).map(|n| (place, n)).collect()
        };
        let mut all = Vec::new();
        for (place, list) in [
            (outbox::Place::To, &self.to),
            (outbox::Place::Cc, &self.cc),
            (outbox::Place::Bcc, &self.bcc),
        ] {
            all.extend(of(place, list).into_iter().map(|(p, n)| (p, &list[n])));
        }
        all
    }
}

/// One item for each room, and for each account that has to carry mail: the outside, and this machine.
pub fn render(app: &App, request: &SendRequest, outgoing: &Outgoing) -> Result<Vec<NewItem>> {
    let mut items = in_rooms(app, request, outgoing)?;
    items.extend(mails(app, request, outgoing)?);
    for person in &outgoing.apart {
        let alone = Outgoing {
            to: vec![person.clone()],
            ..outgoing.clone()
        };
        items.extend(mails(app, request, &alone)?);
    }
    Ok(items)
}

fn mails(app: &App, request: &SendRequest, outgoing: &Outgoing) -> Result<Vec<NewItem>> {
    let people = outgoing.people();
    let addresses: Vec<&Address> = people.iter().map(|(_, a)| *a).collect();
    let accounts = &app.config.accounts;
    let local = accounts.iter().find(|a| a.built_in);
    let asked = request.from.as_deref();
    let mut items = Vec::new();
    if people.is_empty() {
        return Ok(items);
    }
    let outside = if all_local(&addresses) {
        None
    } else {
        Some(route::outside(
            accounts,
            asked,
            app.config.default_email.as_deref(),
        )?)
    };
    let identity = match (outside, asked) {
        (Some(account), _) => account,
        (None, Some(asked)) => route::account_named(accounts, asked)?,
        (None, None) => local.ok_or_else(no_local)?,
    };
    let from = sender(identity, asked)?;
    let signed = identity.signature.as_deref().map(|s| outgoing.signed(s));
    let outgoing = signed.as_ref().unwrap_or(outgoing);
    let domain = from.email.rsplit_once('@').map_or("localhost", |(_, d)| d);
    let message_id = new_message_id(app, domain)?;
    for (account, is_for_local) in [(outside, false), (local, true)] {
        let chosen: Vec<_> = people
            .iter()
            .filter(|(_, a)| route::is_local(&a.email) == is_for_local)
            .collect();
        if chosen.is_empty() {
            continue;
        }
        let account = account.ok_or_else(no_local)?;
        let recipients = chosen
            .into_iter()
            .map(|(place, a)| {
                let chosen = request.chosen(&a.email);
                Recipient {
                    place: *place,
                    name: a.name.clone(),
                    email: a.email.clone(),
                    contact: chosen.and_then(|c| c.contact),
                    resolved_from: chosen.map(|c| c.resolved_from.clone()),
                    ..Recipient::default()
                }
            })
            .collect();
        let mut item = item(app, outgoing, &from, &message_id)?;
        item.account = account.name.clone();
        item.channel = match account.channel {
            ChannelKind::Gmail => "gmail",
            _ if account.built_in => "maildir",
            _ => "smtp",
        }
        .to_owned();
        // One copy: where the message is from.
        item.file_copy = account.name == identity.name
            && account.file_sent
            && matches!(account.channel, ChannelKind::Imap | ChannelKind::Maildir);
        item.recipients = recipients;
        item.state = if request.mode == Mode::Draft {
            State::Draft
        } else {
            State::Ready
        };
        items.push(item);
    }
    Ok(items)
}

/// One item for each room.
fn in_rooms(app: &App, request: &SendRequest, outgoing: &Outgoing) -> Result<Vec<NewItem>> {
    let mut items = Vec::new();
    for (place, rendered) in &outgoing.rooms {
        let account = app.config.account(&place.account)?;
        let bound = outgoing.room_from.as_deref();
        let email = bound.unwrap_or_else(|| room_sender(account, request));
        let from = Address::new(account.display_name.as_deref(), email);
        let message_id = new_message_id(app, "chat.invalid")?;
        let mut letter = Outgoing {
            to: vec![place.to.clone()],
            apart: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            rooms: Vec::new(),
            reply_to: Vec::new(),
            text: rendered.text.clone(),
            html: None,
            references: room_references(outgoing, place),
            in_reply_to: Vec::new(),
            ..outgoing.clone()
        };
        letter
            .files
            .extend(rendered.payload.as_ref().map(payload::part));
        let mut item = item(app, &letter, &from, &message_id)?;
        item.account = place.account.clone();
        item.channel = place.channel.name().to_owned();
        item.recipients = vec![Recipient {
            place: outbox::Place::To,
            name: place.to.name.clone(),
            email: place.to.email.clone(),
            contact: place.contact,
            resolved_from: place.resolved_from.clone(),
            ..Recipient::default()
        }];
        item.state = match request.mode {
            Mode::Draft => State::Draft,
            _ => State::Ready,
        };
        items.push(item);
    }
    Ok(items)
}

/// What an account writes into rooms as: the one of its numbers that was asked for, its address, the service that chooses
/// one, or its name.
fn room_sender<'a>(account: &'a Account, request: &SendRequest) -> &'a str {
    let asked = request.from.as_deref();
    let alias = account.own_addresses().find(|own| Some(*own) == asked);
    let service = account
        .twilio
        .as_ref()
        .and_then(|t| t.messaging_service.as_deref());
    let own = alias.or(account.address.as_deref()).or(service);
    own.unwrap_or(&account.name)
}

/// The thread in this room; one that a key stands for is known at Slack by its first message.
fn room_references(outgoing: &Outgoing, place: &Place) -> Vec<String> {
    let root = outgoing.references.first();
    let in_slack = root.filter(|root| root.starts_with("slack:"));
    let thread = match place.channel {
        ChannelKind::Slack => in_slack.or(outgoing.room_thread.as_ref()),
        _ => outgoing.room_thread.as_ref(),
    };
    thread.into_iter().cloned().collect()
}

fn no_local() -> Error {
    Error::config(
        "there is no built-in account for …@localhost: the config gives its name `local` to another",
    )
}

/// Who it is from: the account's address, or the one of its aliases that was asked for.
fn sender(account: &Account, asked: Option<&str>) -> Result<Address> {
    let alias = account.aliases.iter().find(|alias| {
        let asked = asked.filter(|asked| *asked != account.name);
        asked.is_some_and(|asked| alias.eq_ignore_ascii_case(asked))
    });
    let own = alias.map(String::as_str).or(account.address.as_deref());
    let email = own.ok_or_else(|| {
        Error::config(format!(
            "account `{}` has no `address` to send from",
            account.name
        ))
    })?;
    let mut from = address::parse(email).map_err(|e| {
        Error::config(format!(
            "the `address` of account `{}` is not one",
            account.name
        ))
        .because(e.message)
    })?;
    if let Some(name) = &account.display_name {
        compose::refuse_controls("display name", name)?;
        from.name = Some(name.clone());
    }
    Ok(from)
}

/// The item with its bytes; who gets it is filled in by the caller.
fn item(app: &App, outgoing: &Outgoing, from: &Address, message_id: &str) -> Result<NewItem> {
    let own_id = format!("c{}", random::hex::<12>()?);
    let date = app.clock.now_local();
    let raw = compose(&Letter {
        from,
        reply_to: &outgoing.reply_to,
        to: &outgoing.to,
        cc: &outgoing.cc,
        subject: &outgoing.subject,
        text: &outgoing.text,
        html: outgoing.html.as_deref(),
        files: &outgoing.files,
        message_id,
        in_reply_to: &outgoing.in_reply_to,
        references: &outgoing.references,
        own_id: &own_id,
        date: &date,
    })?;
    Ok(NewItem {
        account: String::new(),
        channel: String::new(),
        sender: from.email.clone(),
        subject: outgoing.subject.clone(),
        message_id: message_id.to_owned(),
        own_id,
        attachments: attached(&outgoing.files),
        raw,
        state: State::Ready,
        held_by: None,
        next_at: None,
        file_copy: false,
        recipients: Vec::new(),
        charges: Vec::new(),
    })
}

/// An id nobody can guess; the time makes it unique even on a machine with poor randomness.
fn new_message_id(app: &App, domain: &str) -> Result<String> {
    let time = app.clock.now().as_millisecond();
    let domain: String = domain
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c))
        .collect();
    let domain = if domain.is_empty() {
        "localhost"
    } else {
        &domain
    };
    Ok(format!("{}.{time:x}@{domain}", random::hex::<12>()?))
}
