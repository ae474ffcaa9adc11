//! What to paste so that the outbox is drained without anyone: a systemd timer, a crontab line, a launchd agent.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Context, Kind, Result};

/// What starts programs by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scheduler {
    Systemd,
    Cron,
    Launchd,
}

/// `comms.outbox_timer/1`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TimerReport {
    pub scheduler: Scheduler,
    /// The whole text to paste, with comments that say where.
    pub text: String,
}

/// The lines for this very program.
pub fn timer(scheduler: Scheduler) -> Result<TimerReport> {
    let program = std::env::current_exe().context(Kind::Internal, "finding this program")?;
    let text = match scheduler {
        Scheduler::Systemd => systemd(&program),
        Scheduler::Cron => cron(&program),
        Scheduler::Launchd => launchd(&program),
    };
    Ok(TimerReport { scheduler, text })
}

/// A path as it stands between the double quotes of a unit.
pub fn unit_path(program: &Path) -> String {
    // In a unit `%` begins a specifier, `$` a variable, and double quotes hold spaces (systemd.service(5)).
    let path = program.display().to_string();
    path.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$")
}

fn systemd(program: &Path) -> String {
    let path = unit_path(program);
    format!(
        "# ~/.config/systemd/user/comms-outbox.service
[Unit]
Description=Send what waits in the outbox of comms

[Service]
Type=oneshot
ExecStart=\"{path}\" outbox run
# 8: something waits for its time; 9 and 10: comms itself tells what to look at
SuccessExitStatus=8 9 10

# ~/.config/systemd/user/comms-outbox.timer
[Unit]
Description=Send what waits in the outbox of comms, every minute

[Timer]
OnCalendar=minutely
Persistent=true

[Install]
WantedBy=timers.target

# then: systemctl --user daemon-reload && systemctl --user enable --now comms-outbox.timer
# to run while you are logged out, too: loginctl enable-linger
"
    )
}

fn cron(program: &Path) -> String {
    // A shell reads the line, after cron took `%` for a line's end (crontab(5)).
    let path = program.display().to_string().replace('\'', "'\\''");
    let path = path.replace('%', "\\%");
    format!("# crontab -e\n* * * * * '{path}' outbox run\n")
}

fn launchd(program: &Path) -> String {
    let path = program.display().to_string();
    let path = path
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!-- ~/Library/LaunchAgents/comms.outbox.plist; then: launchctl load ~/Library/LaunchAgents/comms.outbox.plist -->
<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">
<plist version=\"1.0\">
<dict>
  <key>Label</key><string>comms.outbox</string>
  <key>ProgramArguments</key>
  <array><string>{path}</string><string>outbox</string><string>run</string></array>
  <key>StartInterval</key><integer>60</integer>
</dict>
</plist>
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_as_each_reader_wants_it() {
        let path = Path::new("/opt/my tools/100%/it's$x/comms");
        assert!(
            systemd(path).contains("ExecStart=\"/opt/my tools/100%%/it's$$x/comms\" outbox run\n")
        );
        assert!(
            cron(path).ends_with("* * * * * '/opt/my tools/100\\%/it'\\''s$x/comms' outbox run\n")
        );
        assert!(launchd(Path::new("/a&b")).contains("<string>/a&amp;b</string>"));
    }
}
