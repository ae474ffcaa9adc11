//! The systemd unit that keeps `comms serve` running.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Kind, Result};
use crate::ops::drain;

use super::Part;

/// `comms.serve_unit/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnitReport {
    /// The whole text to paste, with comments that say where.
    pub text: String,
}

/// The unit for this very program; of all parts if none is named.
pub fn unit(only: &[Part]) -> Result<UnitReport> {
    let program = std::env::current_exe().context(Kind::Internal, "finding this program")?;
    let program = drain::unit_path(&program);
    let names: Vec<_> = only.iter().map(|part| part.name()).collect();
    let only = match names.is_empty() {
        true => String::new(),
        false => format!(" --only {}", names.join(",")),
    };
    let text = format!(
        "# ~/.config/systemd/user/comms-serve.service
[Unit]
Description=Hear what providers post, send what falls due, fetch what is new
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=\"{program}\" serve{only}
ExecReload=/bin/kill -HUP $MAINPID
# what is under way may finish; what was posted is on the disk before it is answered
TimeoutStopSec=90
Restart=on-failure
RestartSec=5

[Install]
WantedBy=default.target

# then: systemctl --user daemon-reload && systemctl --user enable --now comms-serve.service
# to run while you are logged out, too: loginctl enable-linger
"
    );
    Ok(UnitReport { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_serves_what_was_asked_for() {
        let text = unit(&[Part::Webhooks, Part::Outbox]).unwrap().text;
        assert!(text.contains("\" serve --only webhooks,outbox\n"), "{text}");
        assert!(unit(&[]).unwrap().text.contains("\" serve\n"));
    }
}
