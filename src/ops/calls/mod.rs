//! What programs ask for: the operations in one JSON form, the same for MCP and for HTTP.
//!
//! A [`Call`] is what stands in the body of a request or in the arguments of a tool; its answer is the document that the
//! command line prints for the same. A door says who calls ([`Caller`]) and hands the call to the [`Pool`], whose threads
//! alone open the store.

mod attachment;
mod caller;
mod complete;
mod contacts_list;
mod events;
mod inbox;
mod letter;
mod mark;
mod outbox;
mod people;
mod pool;
mod read;
mod search;
mod send;
mod session;
mod status;
mod threads;
mod whatsapp;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Context, Error, Kind, Result};
use crate::model::document::Document;
use crate::model::fields;

use super::App;
use super::send::{SendReport, Wait};

pub use attachment::{AttachedFile, AttachmentCall, Content, GivenFile};
pub use caller::{Caller, Scope};
pub use complete::{CompleteCall, OfferedWord, WordsReport};
pub use contacts_list::ContactsListCall;
pub use events::EventsCall;
pub use inbox::InboxCall;
pub use letter::Awaited;
pub use mark::{MarkCall, MoveTo};
pub use outbox::{
    OutboxCancelCall, OutboxListCall, OutboxRejectCall, OutboxRetryCall, OutboxShowCall,
};
pub use people::{ContactAddCall, ContactEditCall, ContactShowCall, ContactsFindCall};
pub use pool::{Pool, Telling};
pub use read::{ReadCall, ThreadCall};
pub use search::SearchCall;
pub use send::{ForwardCall, ReplyCall, SendCall};
pub use session::{SessionDoor, SessionRequest, caller as session_caller};
pub use status::{AccountsCall, CostsCall, StatusCall};
pub use threads::outlives_panics;
pub use whatsapp::WhatsappExtras;

/// Bytes of a call with all that is attached: 25 MiB of files as base64, and a text.
pub const LARGEST: usize = 36 << 20;

/// Reads a call.
///
/// # Errors
/// In words what is wrong, and the field it is wrong in: `attachments[0].content`.
pub fn read<'de, C, D>(from: D) -> std::result::Result<C, String>
where
    C: Deserialize<'de>,
    D: Deserializer<'de>,
{
    serde_path_to_error::deserialize(from).map_err(|e| {
        let (path, words) = (e.path().to_string(), e.inner().to_string());
        match path == "." || words.contains(&format!("`{path}`")) {
            true => words,
            false => format!("`{path}`: {words}"),
        }
    })
}

/// An operation that programs may ask for.
pub trait Call: DeserializeOwned + JsonSchema + Send + 'static {
    /// As MCP's tools and the log name it: `contacts_find`.
    const NAME: &'static str;
    /// The schema of what it answers: `comms.search/1`.
    const SCHEMA: &'static str;
    /// What the caller has to be allowed.
    const NEEDS: Scope;

    type Report: Serialize + JsonSchema + Send + 'static;

    /// Where its rows stand, if it answers a list of which fewer fields may be wanted.
    const ROWS: Option<&'static str> = None;

    /// The only fields of rows that are wanted; empty means all.
    fn fields(&self) -> &[String] {
        &[]
    }

    /// Whether it may wait for a network, or for someone.
    fn waits(&self) -> bool {
        false
    }

    /// Whether its answer hangs on nothing but messages, their state and the settings, and a little on the time: as long
    /// as none of these changed, it may be given again.
    fn keeps(&self) -> bool {
        false
    }

    /// Does it. A call that only reads may be dropped at any await; others run to their end.
    fn run(self, app: &App, caller: &Caller) -> impl Future<Output = Result<Done<Self::Report>>>;
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Done<R> {
    pub report: R,
    /// An outcome that is told by a report and is no error: pending, partial, unconfirmed, refused.
    pub outcome: Option<Kind>,
    /// What it is about, where that is no document: the content of a file.
    pub bytes: Option<Vec<u8>>,
    /// What is to be waited for before it is answered, on no thread.
    pub wait: Option<Waiting<R>>,
}

/// What is made of a report after its wait, with what there is to tell of that.
pub type Then<R> = fn(R, (Wait, Vec<String>), &App) -> Result<Done<R>>;

/// A wait, and what follows it.
#[derive(Clone, Debug)]
pub struct Waiting<R> {
    pub wait: Wait,
    pub then: Then<R>,
}

impl<R> Done<R> {
    /// A report that tells an outcome, too.
    fn with(report: R, outcome: Option<Kind>) -> Done<R> {
        Done {
            report,
            outcome,
            bytes: None,
            wait: None,
        }
    }
}

impl<R> From<R> for Done<R> {
    fn from(report: R) -> Self {
        Done::with(report, None)
    }
}

impl Done<SendReport> {
    /// What came of a send: what left nothing behind is an error, all else is told by the report.
    pub fn sent(mut report: SendReport) -> Result<Done<SendReport>> {
        let wait = report.wait.take().map(|wait| Waiting {
            wait,
            then: Done::waited,
        });
        match report.failure() {
            Some(error) => Err(error),
            None => {
                let outcome = report.outcome();
                let done = Done::with(report, outcome);
                Ok(Done { wait, ..done })
            }
        }
    }

    /// The same after its wait.
    fn waited(
        mut report: SendReport,
        (wait, warnings): (Wait, Vec<String>),
        app: &App,
    ) -> Result<Done<SendReport>> {
        report.warnings.extend(warnings);
        Done::sent(super::send::waited(app, wait, report)?)
    }
}

/// Rows of a page, of which a program may ask for so many at once.
const MOST_ROWS: u16 = 200;

fn rows(limit: u16) -> Result<usize> {
    within(limit, MOST_ROWS)
        .map_err(|e| e.hint("the rest comes page by page: give `next` back as `after`"))
}

/// The one bound of `limit`: at least 1, and what the schema says.
fn within(limit: u16, most: u16) -> Result<usize> {
    match (1..=most).contains(&limit) {
        true => Ok(usize::from(limit)),
        false => Err(Error::usage(format!(
            "`limit` is from 1 to {most}, not {limit}"
        ))),
    }
}

fn twenty() -> u16 {
    20
}

fn hundred() -> u16 {
    100
}

/// The document of a report, as bytes of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub json: Vec<u8>,
    pub outcome: Option<Kind>,
    pub bytes: Option<Vec<u8>>,
    /// Whether it may be given again: [`Call::keeps`].
    pub keeps: bool,
}

impl Answer {
    fn of<C: Call>(
        done: &mut Done<C::Report>,
        (fields, keeps): (&[String], bool),
    ) -> Result<Answer> {
        let document = Document {
            schema: C::SCHEMA,
            document: &done.report,
        };
        let writing = "writing JSON";
        let json = match C::ROWS.filter(|_| fields::names(fields).next().is_some()) {
            None => serde_json::to_vec(&document),
            Some(rows) => {
                let mut value = serde_json::to_value(&document).context(Kind::Internal, writing)?;
                let known = fields::keys_of_rows::<C::Report>(rows);
                fields::keep(&mut value, rows, (fields, &known))?;
                serde_json::to_vec(&value)
            }
        };
        Ok(Answer {
            json: json.context(Kind::Internal, writing)?,
            outcome: done.outcome,
            keeps: keeps && done.outcome.is_none(),
            bytes: done.bytes.take(),
        })
    }
}
