//! Looking for a message of which it is not known whether it was sent: Twilio gives no key, so by whom, when and what.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::error::Result;
use crate::format::twilio;
use crate::net::pages::Trail;

use super::{Client, Window, text};

/// Clocks are compared, but seconds are all that dates have, and answers take their time.
const MARGIN: SignedDuration = SignedDuration::from_secs(30);

/// Pages of a thousand that are looked through at most.
const MOST_PAGES: usize = 20;

/// What was, perhaps, sent.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    pub to: &'a str,
    /// `None` where a messaging service chose it.
    pub from: Option<&'a str>,
    pub text: &'a str,
    pub media: usize,
    /// When the first attempt began, and what time it is, by our clock.
    pub began: Timestamp,
    pub now: Timestamp,
}

/// Whether a message was sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Find {
    /// The oldest one like it that is no other message of ours.
    Found {
        sid: String,
        message: Value,
    },
    /// The whole listing holds none like it.
    Absent {
        /// Something older than the first attempt is listed, too.
        shows_older: bool,
        /// The ids of those that were made since.
        since: Vec<String>,
    },
    CannotTell(String),
}

impl Client {
    /// Whether such a message is there; `is_other` says of an id that it is known as another message of ours.
    ///
    /// Each copy of the same text stands for one attempt: two attempts and one copy leave one of them absent.
    pub async fn find_sent(
        &self,
        sought: Sought<'_>,
        is_other: impl Fn(&str) -> Result<bool>,
    ) -> Result<Find> {
        // By the recipient alone: what waits in Twilio's queue has no `date_sent` to ask for, nor a sender where a
        // service chooses it.
        let window = Window {
            to: Some(sought.to),
            ..Window::default()
        };
        let mut page = match self.messages(window).await {
            Ok(page) => page,
            Err(e) => return Ok(Find::CannotTell(e.message)),
        };
        let skew = page.now.map_or(SignedDuration::ZERO, |theirs| {
            theirs.duration_since(sought.now)
        });
        let earliest = sought
            .began
            .saturating_add(skew)
            .map_or(sought.began, |at| at - MARGIN);
        let mut oldest: Option<(Timestamp, Value)> = None;
        let mut blank = false;
        let mut shows_older = false;
        let mut since = Vec::new();
        let mut trail = Trail::within(MOST_PAGES);
        loop {
            let brought = page.messages.len();
            for message in std::mem::take(&mut page.messages) {
                let Some(made) = twilio::time(&message, "date_created") else {
                    continue;
                };
                if made < earliest {
                    shows_older |= !twilio::is_inbound(&message);
                    continue;
                }
                let Some(sid) = text(&message, "sid") else {
                    continue;
                };
                since.push(sid.to_owned());
                if twilio::is_inbound(&message) || !fits(&message, &sought) || is_other(sid)? {
                    continue;
                }
                let body = message
                    .get("body")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                if body.is_empty() && !sought.text.is_empty() {
                    blank = true;
                } else if twilio::is_same(body, sought.text)
                    && oldest.as_ref().is_none_or(|(at, _)| made <= *at)
                {
                    oldest = Some((made, message));
                }
            }
            // To its end: among those of before may stand what waits to be sent.
            let Some(next) = page.next.take() else {
                break;
            };
            if let Err(e) = trail.step(&next, brought, "looking for the message") {
                return Ok(Find::CannotTell(e.message));
            }
            page = match self.more(&next).await {
                Ok(page) => page,
                Err(e) => return Ok(Find::CannotTell(e.message)),
            };
        }
        Ok(match oldest {
            Some((_, message)) => Find::Found {
                sid: text(&message, "sid").unwrap_or_default().to_owned(),
                message,
            },
            None if blank => Find::CannotTell(
                "Twilio has a message to this number without its text, and it may be this one"
                    .to_owned(),
            ),
            None => Find::Absent { shows_older, since },
        })
    }
}

/// Whether sender and media are those that are sought.
fn fits(message: &Value, sought: &Sought<'_>) -> bool {
    let from = text(message, "from").is_none_or(|from| sought.from.is_none_or(|own| own == from));
    let media = twilio::count(message, "num_media").unwrap_or(0);
    from && usize::try_from(media).is_ok_and(|media| media == sought.media)
}
