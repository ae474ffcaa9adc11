//! `contacts_find`, `contact_show`, `contact_add` and `contact_edit`, as programs ask for them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::model::contact::{Card, Via};
use crate::ops::App;
use crate::ops::contacts::add::{self, AddRequest};
use crate::ops::contacts::change::ChangeReport;
use crate::ops::contacts::edit::{self, Changes, Line, To};
use crate::ops::contacts::find::{self, FoundReport};
use crate::ops::contacts::show::{self, ContactReport};
use crate::ops::contacts::who;

use super::{Call, Caller, Done, Scope, within};

/// Tells who may be meant by a name, with what each is reached by: the likeliest first.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactsFindCall {
    /// A name as one remembers it, a part of it, an organisation or an address.
    pub query: String,
    /// At most so many people.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: u16,
    /// Of each row only these fields, like `name`; all if left out.
    #[serde(default)]
    pub fields: Vec<String>,
}

fn ten() -> u16 {
    10
}

impl Call for ContactsFindCall {
    const NAME: &'static str = "contacts_find";
    const SCHEMA: &'static str = "comms.contacts.found/1";
    const NEEDS: Scope = Scope::Read;
    type Report = FoundReport;
    const ROWS: Option<&'static str> = Some("candidates");

    fn fields(&self) -> &[String] {
        &self.fields
    }

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<FoundReport>> {
        let limit = within(self.limit, 100)?;
        Ok(find::report(app, &self.query, limit)?.into())
    }
}

/// Shows all that is known of a contact: addresses, groups, and the newest messages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactShowCall {
    /// An id (`c9`), a name or an address.
    pub contact: String,
}

impl Call for ContactShowCall {
    const NAME: &'static str = "contact_show";
    const SCHEMA: &'static str = "comms.contact/1";
    const NEEDS: Scope = Scope::Read;
    type Report = ContactReport;

    async fn run(self, app: &App, _caller: &Caller) -> Result<Done<ContactReport>> {
        let contact = who::contact(app, &self.contact)?;
        Ok(show::show(app, contact)?.into())
    }
}

/// Adds a contact. An agent may add someone whom no name means yet, and put nobody into a group.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContactAddCall {
    /// The name.
    pub name: String,
    /// Addresses: `ada@example.com`, `+14155550100`, `slack:@ada`; `(work)` behind one is its label.
    pub address: Vec<String>,
    /// The sender of this message, with what it tells of them: `m1423`.
    pub from: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// The organisation.
    pub org: Option<String>,
    /// The title or role.
    pub title: Option<String>,
    /// `1815-12-10`, or `--12-10` without the year.
    pub birthday: Option<String>,
    /// The time zone: `Europe/London`.
    pub zone: Option<String>,
    /// Pages of the person.
    pub url: Vec<String>,
    /// By what the person wants to be reached.
    pub via: Option<Via>,
    /// Nicknames.
    pub nickname: Vec<String>,
    /// Groups to put into.
    pub group: Vec<String>,
    /// Add even if someone has one of the addresses.
    pub force: bool,
}

impl Call for ContactAddCall {
    const NAME: &'static str = "contact_add";
    const SCHEMA: &'static str = "comms.contact_change/1";
    const NEEDS: Scope = Scope::Send;
    type Report = ChangeReport;

    async fn run(self, app: &App, caller: &Caller) -> Result<Done<ChangeReport>> {
        let mut card = Card {
            name: self.name.clone(),
            addresses: edit::addresses(app, &self.address)?,
            ..Card::default()
        };
        if let Some(id) = &self.from {
            let sender = add::sender(app, id.parse()?)?;
            if card.name.is_empty() {
                card.name = sender.name;
            }
            card.addresses.extend(sender.addresses);
        }
        if card.name.trim().is_empty() && card.addresses.is_empty() {
            return Err(Error::usage("who is to be added?")
                .hint("give `name` and `address`, or `from` with the id of a message"));
        }
        let request = AddRequest {
            cards: vec![self.changes().onto(app, &card)?],
            anyway: self.force,
        };
        let report = add::add(app, caller.origin, request)?;
        let outcome = report.outcome();
        Ok(Done::with(report, outcome))
    }
}

impl ContactAddCall {
    fn changes(&self) -> Changes {
        let lines = [
            (Line::Organization, &self.org),
            (Line::Title, &self.title),
            (Line::Notes, &self.note),
            (Line::Zone, &self.zone),
            (Line::Birthday, &self.birthday),
        ];
        Changes {
            lines: lines
                .into_iter()
                .filter_map(|(line, text)| Some((line, text.clone()?)))
                .collect(),
            via: self.via.map(Some),
            add_nicknames: self.nickname.clone(),
            add_groups: self.group.clone(),
            add_urls: self.url.clone(),
            ..Changes::default()
        }
    }
}

/// Changes what is known of a contact. An agent may change `note`, `title`, `birthday`, `url` and `zone`, and nothing
/// by which someone is found or reached.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["contact"]))]
pub struct ContactEditCall {
    /// An id (`c9`), a name or an address.
    pub contact: String,
    /// A note; empty takes it away, as with all texts here.
    pub note: Option<String>,
    /// The title or role.
    pub title: Option<String>,
    /// `1815-12-10`, or `--12-10` without the year.
    pub birthday: Option<String>,
    /// The time zone: `Europe/London`.
    pub zone: Option<String>,
    /// Pages to add.
    pub url: Vec<String>,
    /// Pages to take away.
    pub remove_url: Vec<String>,
    /// The new name.
    pub name: Option<String>,
    /// The organisation.
    pub org: Option<String>,
    /// By what the person wants to be reached.
    pub via: Option<Via>,
    /// Nicknames to add.
    pub nickname: Vec<String>,
    /// Nicknames to take away.
    pub remove_nickname: Vec<String>,
    /// Addresses to add; `(work)` behind one is its label.
    pub add_address: Vec<String>,
    /// Addresses to take away.
    pub remove_address: Vec<String>,
    /// Addresses to use first among those of their kind.
    pub prefer_address: Vec<String>,
    /// Groups to put into.
    pub group: Vec<String>,
    /// Groups to take out of.
    pub ungroup: Vec<String>,
    /// A JSON merge patch on the card, before the rest: null takes a field away.
    pub patch: Option<Map<String, Value>>,
    /// Let it have an address that someone else has.
    pub force: bool,
}

impl Call for ContactEditCall {
    const NAME: &'static str = "contact_edit";
    const SCHEMA: &'static str = "comms.contact_change/1";
    const NEEDS: Scope = Scope::Send;
    type Report = ChangeReport;

    async fn run(self, app: &App, caller: &Caller) -> Result<Done<ChangeReport>> {
        let contact = who::contact(app, &self.contact)?;
        let anyway = self.force;
        let changes = self.changes(app)?;
        if changes.is_empty() {
            return Err(Error::usage("nothing is to be changed").hint(
                "say what: `note`, `title`, `zone`, or `patch` with the fields of the card",
            ));
        }
        let to = To::Changes(Box::new(changes));
        let report = edit::edit(app, caller.origin, contact.id, (&to, anyway))?;
        let outcome = report.outcome();
        Ok(Done::with(report, outcome))
    }
}

impl ContactEditCall {
    fn changes(self, app: &App) -> Result<Changes> {
        let lines = [
            (Line::Name, self.name),
            (Line::Organization, self.org),
            (Line::Title, self.title),
            (Line::Notes, self.note),
            (Line::Zone, self.zone),
            (Line::Birthday, self.birthday),
        ];
        Ok(Changes {
            lines: lines
                .into_iter()
                .filter_map(|(line, text)| Some((line, text?)))
                .collect(),
            add_addresses: edit::addresses(app, &self.add_address)?,
            remove_addresses: self.remove_address,
            prefer: self.prefer_address,
            via: self.via.map(Some),
            add_nicknames: self.nickname,
            remove_nicknames: self.remove_nickname,
            add_groups: self.group,
            remove_groups: self.ungroup,
            add_urls: self.url,
            remove_urls: self.remove_url,
            patch: self.patch.map(Value::Object),
        })
    }
}
