//! Whether an account's provider is left alone for now because it failed again and again.

use crate::error::{Error, Result};
use crate::model::account::Account;
use crate::model::outbox::State;
use crate::ops::{App, throttle};

use super::DoctorReport;

/// Says it only where it is so.
pub fn check_circuit(app: &App, account: &Account, report: &mut DoctorReport) -> Result<()> {
    let Some(open) = throttle::open_circuit(app, account)? else {
        return Ok(());
    };
    let next = if open.next_at > app.clock.now() {
        format!("it is tried again at {}", open.next_at)
    } else {
        "it is tried again with the next item".to_owned()
    };
    let waiting = app.store.items_of(&account.name, &[State::Ready])?;
    let words = format!(
        "nothing leaves since {}, after {} faults in a row: {}; {next}, and {} waits for it",
        open.since,
        open.failures,
        open.why,
        match waiting.len() {
            1 => "1 item".to_owned(),
            n => format!("{n} items"),
        }
    );
    let hint = match waiting.first() {
        Some(id) => format!(
            "mend what the words tell, then run `comms outbox retry {id}`, which tries at once"
        ),
        None => "mend what the words tell; the next message tries it".to_owned(),
    };
    report.fault(
        format!("{}: circuit", account.name),
        &Error::unavailable(words).hint(hint),
    );
    Ok(())
}
