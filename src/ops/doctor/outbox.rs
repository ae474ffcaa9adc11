//! What in the outbox waits for a person, or for a runner that nobody sees.

use crate::error::Result;
use crate::model::outbox::State;
use crate::ops::drain;
use crate::ops::{App, outbox};

use super::DoctorReport;

/// Says nothing where nothing was ever sent.
pub fn check_outbox(app: &App, report: &mut DoctorReport) -> Result<()> {
    if !app.store.has_outbox() {
        return Ok(());
    }
    let status = outbox::summary(app)?;
    if status.unconfirmed > 0 {
        let doubtful = app.store.outbox_items(&[State::Unconfirmed], NAMED)?;
        let ids: Vec<_> = doubtful.iter().map(|i| i.id.to_string()).collect();
        report.note(
            "outbox",
            format!(
                "{} may have been sent and are not repeated: {}",
                status.unconfirmed,
                ids.join(", ")
            ),
            format!("`comms outbox show {}` tells how to settle it", ids[0]),
        );
    } else {
        report.ok(
            "outbox",
            format!(
                "{} wait, {} held, {} failed, none in doubt",
                status.waiting, status.held, status.failed
            ),
        );
    }
    if drain::lacks_runner(app, status.waiting)? {
        report.note(
            "runner",
            "something waits in the outbox, and nothing was seen lately that sends it in its time",
            "`comms outbox run --print-timer` prints the lines to paste",
        );
    }
    Ok(())
}

/// Items named one by one.
const NAMED: usize = 10;
