//! Whether this machine's clock is right: tokens and certificates hold for a time only. Compared with the `Date`
//! of a server that hands out tokens, which is asked anyway.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::DATE;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::net::http::{Client, Redirects};
use crate::ops::App;

use super::network::token_servers;
use super::{DoctorReport, DoctorRequest};

const NOTE: SignedDuration = SignedDuration::from_mins(2);
/// Beyond it, providers refuse what a machine signed (Google, service accounts) and tokens die early.
const FAULT: SignedDuration = SignedDuration::from_mins(5);

/// Asks one server for its time; none if no account gets tokens.
pub async fn check_clock(app: &App, request: DoctorRequest, report: &mut DoctorReport) {
    let servers = token_servers(app);
    if servers.is_empty() {
        return;
    }
    if request.offline {
        return report.say("clock", "skipped", "--offline");
    }
    let mut trouble = "no server told the time".to_owned();
    for server in &servers {
        match ask(app, &server.address, server.ca_file).await {
            Ok(Some(off)) => return tell(app, (off, &server.host), report),
            Ok(None) => trouble = format!("`{}` does not tell the time", server.host),
            Err(e) => trouble = super::words(&e),
        }
    }
    report.say("clock", "skipped", trouble);
}

/// How far we are ahead; by the middle of asking and hearing.
async fn ask(
    app: &App,
    address: &str,
    ca_file: Option<&std::path::Path>,
) -> Result<Option<SignedDuration>> {
    let client = Client::new(ca_file, Redirects::Never)?;
    let before = app.clock.now();
    let answer = client.get(address).await?;
    let after = app.clock.now();
    let told = answer.headers.get(DATE).and_then(|date| {
        let date = jiff::fmt::rfc2822::parse(date.to_str().ok()?.trim()).ok()?;
        Some(date.timestamp())
    });
    Ok(told.map(|told| ahead(before, after, told)))
}

fn ahead(before: Timestamp, after: Timestamp, told: Timestamp) -> SignedDuration {
    before.duration_since(told) + after.duration_since(before) / 2
}

fn tell(app: &App, (off, host): (SignedDuration, &str), report: &mut DoctorReport) {
    let off = SignedDuration::from_secs(off.as_secs());
    if off.abs() < NOTE {
        return report.ok("clock", format!("right, as `{host}` tells the time"));
    }
    let way = if off.is_positive() {
        "ahead of"
    } else {
        "behind"
    };
    let message = format!(
        "this clock is {:#} {way} that of `{host}`: tokens and certificates seem to be of another time",
        off.abs()
    );
    let fix = match app.clock {
        Clock::Fixed { .. } => "`unset COMMS_NOW`, which holds the clock still",
        Clock::System { .. } => "`sudo timedatectl set-ntp true`, or set the clock by hand",
    };
    report.weigh(
        "clock",
        off.abs() > FAULT,
        &Error::config(message).hint(fix),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_asking_took_is_shared() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let off = ahead(
            at("2026-11-21T12:10:00Z"),
            at("2026-11-21T12:10:04Z"),
            at("2026-11-21T12:00:02Z"),
        );
        assert_eq!(off, SignedDuration::from_mins(10));
    }
}
