//! `[retention]` of the config: how long text is kept on this machine.

use jiff::{Span, Timestamp, Zoned};

use super::file::{At, File, Source};
use crate::error::Result;
use crate::model::time;

/// How long text is kept; `None` is for ever.
#[derive(Clone, Debug, Default)]
pub struct Retention {
    /// Stored messages, by the time they were sent.
    pub messages: Option<Span>,
    /// Text and recipients of settled outbox items, by their last change.
    pub outbox: Option<Span>,
    /// What providers posted, by when it was worked on; 30 days unless something else is written.
    pub events: Option<Span>,
}

impl Retention {
    /// Messages sent before this are given up.
    pub fn messages_before(&self, now: Zoned) -> Option<Timestamp> {
        before(self.messages, &now)
    }

    /// Settled outbox items last touched before this are given up.
    pub fn outbox_before(&self, now: Zoned) -> Option<Timestamp> {
        before(self.outbox, &now)
    }

    /// What was posted and worked on before this is given up.
    pub fn events_before(&self, now: Zoned) -> Option<Timestamp> {
        before(self.events, &now)
    }
}

/// Providers post again for a week at most, and a person looks into what went wrong within a month.
const EVENTS_DAYS: i64 = 30;

fn before(span: Option<Span>, now: &Zoned) -> Option<Timestamp> {
    now.checked_sub(span?).ok().map(|at| at.timestamp())
}

pub fn resolve(file: &File, source: Option<&Source>) -> Result<Retention> {
    let read = |written: &Option<At<String>>| -> Result<Option<Span>> {
        let (Some(at), Some(source)) = (written, source) else {
            return Ok(None);
        };
        // A slip of the pen must not erase what came today.
        let span = time::span(&at.value).filter(|s| {
            s.get_years() + s.get_months() as i16 + s.get_weeks() as i16 > 0 || s.get_days() > 0
        });
        match span {
            Some(span) => Ok(Some(span)),
            None => Err(source
                .error(
                    &at.span,
                    format!("`{}` is not a time to keep messages", at.value),
                )
                .hint("write days, weeks, months or years, at least one day: `90d`, `6m`, `2y`")),
        }
    };
    Ok(Retention {
        messages: read(&file.keep_messages)?,
        outbox: read(&file.keep_outbox)?,
        events: read(&file.keep_events)?.or_else(|| Some(Span::new().days(EVENTS_DAYS))),
    })
}
