//! Commands of the user's that are handed a document on stdin; nothing of it is ever part of the command or its
//! environment.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use crate::secret;

/// Why a command did not do what it was to do, as the end of a sentence about it.
pub type How = String;

/// Runs a command with one line on stdin; it has succeeded when it ends with 0 within its time. Whoever stops waiting ends
/// it, with all that it started.
pub async fn hand(
    command: &str,
    (line, patience): (&[u8], Duration),
    variable: Option<(&str, &str)>,
) -> Result<(), How> {
    let mut shell = Command::from(secret::shell(command));
    shell
        .stdin(Stdio::piped())
        .stdout(to_stderr())
        .kill_on_drop(true);
    if let Some((name, value)) = variable {
        shell.env(name, value);
    }
    #[cfg(unix)]
    shell.process_group(0);
    let child = shell
        .spawn()
        .map_err(|e| format!("could not be started: {e}"))?;
    let mut running = Running(child);
    let told = async {
        if let Some(mut stdin) = running.0.stdin.take() {
            // A command that does not read is free not to.
            let _ = stdin.write_all(line).await;
            let _ = stdin.write_all(b"\n").await;
        }
        running.0.wait().await
    };
    match tokio::time::timeout(patience, told).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("ended with {status}")),
        Ok(Err(e)) => Err(format!("can't be waited for: {e}")),
        Err(_) => {
            running.kill();
            let _ = running.0.wait().await;
            Err(format!("was ended after {} s", patience.as_secs()))
        }
    }
}

/// A command under way; dropped before its end, it ends with all that it started.
struct Running(Child);

impl Running {
    fn kill(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.id() {
            // The group was made for it and bears its number; the shell's own `kill` is everywhere.
            let mut shell = secret::shell(&format!("kill -s KILL -- -{group}"));
            let _ = shell.stderr(Stdio::null()).status();
        }
        let _ = self.0.start_kill();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended has no number any more.
        if self.0.id().is_some() {
            self.kill();
        }
    }
}

/// stdout is our data and nothing else: what a command prints goes to stderr.
#[cfg(unix)]
fn to_stderr() -> Stdio {
    use std::os::fd::AsFd;
    std::io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .map_or_else(|_| Stdio::null(), Stdio::from)
}

#[cfg(not(unix))]
fn to_stderr() -> Stdio {
    Stdio::null()
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Instant;

    use super::*;

    fn ends(pid: &std::path::Path) {
        let pid = std::fs::read_to_string(pid).expect("the shell wrote its number");
        let runs = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
            // Dead, or dead and not yet taken note of by the system's first process.
            stat.is_ok_and(|s| !s.contains(") Z "))
        };
        // A busy machine takes its time to end it.
        let end = Instant::now() + Duration::from_secs(10);
        while runs() {
            assert!(Instant::now() < end, "it still runs");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_command_that_hangs_is_ended_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let command = format!("sleep 600 & echo $! > '{}'; wait", pid.display());
        let began = Instant::now();
        let how = hand(&command, (b"{}", Duration::from_secs(1)), None).await;
        assert_eq!(how, Err("was ended after 1 s".to_owned()));
        assert!(began.elapsed() < Duration::from_secs(10));
        ends(&pid);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_command_nobody_waits_for_is_ended_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let command = format!("sleep 600 & echo $! > '{}'; wait", pid.display());
        let long = Duration::from_secs(600);
        tokio::select! {
            _ = hand(&command, (b"{}", long), None) => panic!("it sleeps"),
            () = async {
                while std::fs::read_to_string(&pid).unwrap_or_default().is_empty() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            } => {}
        }
        ends(&pid);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_command_need_not_read_what_it_is_told() {
        let long = "x".repeat(1 << 20);
        hand(
            "exec true",
            (long.as_bytes(), Duration::from_secs(30)),
            None,
        )
        .await
        .unwrap();
    }
}
