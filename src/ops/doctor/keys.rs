//! API keys and where `serve` listens: what opens more, or longer, than someone may remember.

use jiff::SignedDuration;

use crate::error::Result;
use crate::ops::{App, keys};

use super::DoctorReport;

/// Of a key that was never used for so long nobody may know any more.
const UNUSED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Who calls with a key should have another by then.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Says nothing where there are no keys.
pub fn check_keys(app: &App, report: &mut DoctorReport) -> Result<()> {
    let now = app.clock.now();
    let all = keys::list(app, false)?.keys;
    if all.is_empty() {
        return Ok(());
    }
    let before = report.checks.len();
    for key in &all {
        let name = &key.name;
        let revoke = format!("`comms auth key revoke {name}`");
        match key.expires_at.map(|end| end.duration_since(now)) {
            Some(left) if !left.is_positive() => {
                report.note("keys", format!("`{name}` has expired"), revoke);
                continue;
            }
            Some(left) if left < SOON => report.note(
                "keys",
                format!("`{name}` expires in {} h", left.as_hours()),
                format!("`comms auth key add {name}-2` makes another"),
            ),
            _ => {}
        }
        if key.used_at.is_none() && now.duration_since(key.created_at) > UNUSED {
            report.note("keys", format!("`{name}` was never used"), revoke);
        }
    }
    if report.checks.len() == before {
        let word = if all.len() == 1 { "key" } else { "keys" };
        report.ok("keys", format!("{} {word} for `comms serve`", all.len()));
    }
    let listen = app.config.serve.listen;
    if !listen.ip().is_loopback() {
        report.note(
            "serve",
            format!(
                "`comms serve` can be reached from other machines at {listen}, and keys go there without encryption"
            ),
            "let a proxy with a certificate stand before it, and set `listen = \"127.0.0.1:8787\"` under [serve]",
        );
    }
    Ok(())
}
