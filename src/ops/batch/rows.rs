//! The rows of a bulk send, rendered and judged one by one.

use std::collections::{BTreeMap, HashSet};

use crate::error::{Error, Kind, Result};
use crate::format::clean;
use crate::model::outbox::State;
use crate::ops::send::{SendRequest, alert, letter, rooms, template};
use crate::ops::{App, Origin, gate, recipients};
use crate::rules::address;
use crate::rules::route::{self, Target};
use crate::rules::template::Template;
use crate::store::outbox::NewSend;

use super::BatchRequest;
use super::table::{Row, Table};

/// What became of a row.
pub enum Outcome {
    Good(Box<NewSend>),
    /// An earlier row has the same recipient.
    Repeated,
    Broken(String),
}

/// Rows of the file, rendered and judged one by one.
pub struct Rows<'a> {
    app: &'a App,
    origin: Origin,
    request: &'a BatchRequest,
    /// What all rows share, with an address for each name.
    message: SendRequest,
    template: &'a Template,
    table: Table,
    /// Hashes of the mailboxes met so far.
    seen: HashSet<[u8; 16]>,
}

impl<'a> Rows<'a> {
    /// Opens the file.
    pub fn open(
        app: &'a App,
        origin: Origin,
        request: &'a BatchRequest,
        template: &'a Template,
    ) -> Result<Rows<'a>> {
        let table = Table::open(
            &request.csv,
            request.to_column.as_deref(),
            request.delimiter,
        )?;
        let vars = &request.template.vars;
        if let Some(name) = table.names().iter().find(|n| vars.contains_key(*n)) {
            return Err(Error::usage(format!("`{name}` is a column and a --var")));
        }
        template.refuse_unused(vars.keys())?;
        let mut message = recipients::settle(app, origin, &request.message)?.certain()?;
        message.addressing = request.message.addressing.clone();
        Ok(Rows {
            app,
            origin,
            request,
            message,
            template,
            table,
            seen: HashSet::new(),
        })
    }

    /// The next row with its line, rendered and judged.
    pub fn next(&mut self) -> Result<Option<(u64, Outcome)>> {
        if let Some(Row { line, cells }) = self.table.next_row()? {
            let (to, values) = match cells {
                Ok(cells) => cells,
                Err(why) => return Ok(Some((line, Outcome::Broken(why)))),
            };
            let message = match self.addressed(to) {
                Ok(message) => message,
                Err(e) if e.kind == Kind::Internal => return Err(e),
                Err(e) => return Ok(Some((line, Outcome::Broken(in_short(e))))),
            };
            let known_by = match self.known_by(&message) {
                Ok(known_by) => known_by,
                Err(e) if matches!(e.kind, Kind::Config | Kind::Internal) => return Err(e),
                Err(e) => return Ok(Some((line, Outcome::Broken(e.message)))),
            };
            let hash = blake3::hash(known_by.as_bytes());
            let mut short = [0; 16];
            short.copy_from_slice(&hash.as_bytes()[..16]);
            if self.seen.contains(&short) {
                return Ok(Some((line, Outcome::Repeated)));
            }
            return Ok(Some((
                line,
                match self.render(message, values) {
                    Ok(send) => {
                        self.seen.insert(short);
                        Outcome::Good(Box::new(send))
                    }
                    // What is wrong with all rows is no row's fault.
                    Err(e) if matches!(e.kind, Kind::Config | Kind::Internal) => return Err(e),
                    Err(e) => Outcome::Broken(e.message),
                },
            )));
        }
        Ok(None)
    }

    /// What a row is to send, with an address where a name stood.
    fn addressed(&self, to: String) -> Result<SendRequest> {
        if let Target::Group(name) = route::read(&to)? {
            return Err(Error::usage(format!(
                "`@{name}` is a group, and a row is for one"
            )));
        }
        let mut message = self.message.clone();
        message.to = vec![to];
        recipients::settle(self.app, self.origin, &message)?.certain()
    }

    /// What tells the recipient of a row from others: a mailbox, or where an account writes to.
    fn known_by(&self, message: &SendRequest) -> Result<String> {
        let Some(to) = message.to.first() else {
            return Err(Error::usage("everybody gets a copy of it already"));
        };
        let Target::Channel(..) = route::read(to)? else {
            return Ok(address::parse(to)?.email.to_lowercase());
        };
        let rooms = route::targets(&message.to)?.rooms;
        let places = rooms::places(self.app, message, &rooms)?;
        let places = places
            .iter()
            .map(|p| (p.account.as_str(), p.to.email.to_lowercase()));
        Ok(places
            .map(|(account, to)| format!("{account} {to}"))
            .collect())
    }

    fn render(
        &self,
        mut request: SendRequest,
        mut values: BTreeMap<String, String>,
    ) -> Result<NewSend> {
        let app = self.app;
        values.extend(self.request.template.vars.clone());
        let rendered = self.template.render(&values)?;
        template::put(self.template.style(), rendered, &mut request);
        if request.text.trim().is_empty() && !request.allow_empty && request.media_urls.is_empty() {
            return Err(Error::usage("the text is empty"));
        }
        let once = match alert::once(self.origin, &request)? {
            Some(once) => Some(alert::once_for(&once, &request)?),
            None => None,
        };
        if let Some(once) = &once
            && let Some(counted) = alert::with_count(app, &request, once)?
        {
            request = counted;
        }
        let thread = match &request.thread_key {
            Some(key) => Some((key.clone(), alert::people(&request)?)),
            None => None,
        };
        let outgoing = letter::read(app, &request, alert::thread(app, &request)?)?;
        let mut items = letter::render(app, &request, &outgoing)?;
        for item in items.iter_mut().filter(|i| i.state == State::Ready) {
            item.next_at = request.at;
        }
        gate::judge(app, self.origin, &mut items)?;
        Ok(NewSend {
            once,
            thread,
            key: None,
            at_once: false,
            origin: self.origin.name().to_owned(),
            asked_by: app.config.agent.clone(),
            content_hash: outgoing.content_hash(),
            meanings: None,
            items,
        })
    }
}

/// An error in one line: who may be meant by a name stands in it.
fn in_short(error: Error) -> String {
    let Some(candidates) = error.candidates else {
        return error.message;
    };
    let first = error.message.lines().next().unwrap_or_default();
    let all: Vec<_> = candidates
        .iter()
        .map(|c| format!("{} ({})", c.words, clean::line(&c.name)))
        .collect();
    format!("{first}: {}", all.join(", "))
}
