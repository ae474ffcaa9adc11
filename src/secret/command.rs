//! `secret_command` and `passphrase_command`: a command of the user's that prints a secret.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use secrecy::SecretString;

use crate::error::{Error, Kind, Result};

/// A password manager may ask for a touch or a PIN in its own window.
const PATIENCE: Duration = Duration::from_secs(60);
/// For what a command has written when it ends; what it left running may hold its pipes for ever.
const SHORT: Duration = Duration::from_secs(2);
/// Bytes of a secret at most.
const LONGEST: u64 = 64 * 1024;

/// The first line the command prints. Run by the shell; stdin is empty, stderr is kept for the error. `what` names
/// the command in errors.
pub fn run(what: &str, command: &str) -> Result<SecretString> {
    let mut child = shell(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| failed(what, "could not be started").because(e))?;
    let stdout = child.stdout.take().expect("stdout is piped");
    let mut stderr = child.stderr.take().expect("stderr is piped");
    let (said, hears) = mpsc::channel();
    std::thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = Vec::new();
        let read = (&mut stdout).take(LONGEST).read_until(b'\n', &mut line);
        // The receiver is gone after a timeout.
        let _ = said.send(read.map(|_| line));
        // Not to be stopped by a pipe that nobody reads.
        let _ = std::io::copy(&mut stdout, &mut std::io::sink());
    });
    let (complains, complaints) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stderr.by_ref().take(4096).read_to_end(&mut bytes);
        let _ = complains.send(bytes);
        let _ = std::io::copy(&mut stderr, &mut std::io::sink());
    });
    let Some(status) = ends(&mut child) else {
        let _ = child.kill();
        let _ = child.wait();
        let waited = format!("gave no answer within {} s", PATIENCE.as_secs());
        return Err(failed(what, &waited));
    };
    let status = status.map_err(|e| failed(what, "can't be waited for").because(e))?;
    if !status.success() {
        let words = complaints.recv_timeout(SHORT).unwrap_or_default();
        let error = failed(what, &format!("ended with {status}"));
        return Err(match last_line(&words) {
            Some(line) => error.because(line),
            None => error,
        });
    }
    let printed = hears.recv_timeout(SHORT);
    let printed = printed.map_err(|_| failed(what, "printed no whole line"))?;
    let printed = printed.map_err(|e| failed(what, "can't be read").because(e))?;
    let text = String::from_utf8(printed).map_err(|_| failed(what, "printed no UTF-8 text"))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(SecretString::from(line)),
        _ => Err(failed(what, "printed nothing")),
    }
}

/// How a command ends; `None` if it does not within its time.
fn ends(child: &mut Child) -> Option<std::io::Result<ExitStatus>> {
    let by = Instant::now() + PATIENCE;
    loop {
        if let Some(ended) = child.try_wait().transpose() {
            return Some(ended);
        }
        if Instant::now() >= by {
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A command line for the user's shell.
#[cfg(unix)]
pub fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command);
    shell
}

/// A command line for the user's shell.
#[cfg(not(unix))]
pub fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").arg(command);
    shell
}

fn last_line(stderr: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(line.trim().chars().take(300).collect())
}

fn failed(what: &str, how: &str) -> Error {
    Error::new(Kind::Auth, format!("{what} {how}"))
        .hint("run the command by hand: it must print the secret as its first line")
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn the_first_line_is_the_secret() {
        let secret = run(
            "the `secret_command` of account `work`",
            "printf 'hunter2\\nuser: ada\\n'",
        )
        .unwrap();
        assert_eq!(secret.expose_secret(), "hunter2");
    }

    #[test]
    fn what_a_command_leaves_running_is_not_waited_for() {
        for line in [
            "echo hunter2; sleep 600 &",
            "echo hunter2; yes | head -n 100000",
        ] {
            let secret = run("the `secret_command` of account `work`", line).unwrap();
            assert_eq!(secret.expose_secret(), "hunter2");
        }
        let error = run("it", "echo no >&2; sleep 600 & exit 3").unwrap_err();
        assert!(error.message.contains("ended with"), "{}", error.message);
    }

    #[test]
    fn a_failing_command_is_told_with_its_own_words_and_without_what_it_printed() {
        let error = run(
            "the `secret_command` of account `work`",
            "echo hunter2; echo 'no such entry' >&2; exit 3",
        )
        .unwrap_err();
        assert_eq!(error.kind, Kind::Auth);
        assert_eq!(error.causes(), ["no such entry"]);
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn a_command_that_prints_nothing_gives_no_empty_password() {
        assert!(run("the `secret_command` of account `work`", "true").is_err());
    }

    #[test]
    fn a_command_that_reads_stdin_gets_nothing_instead_of_the_terminal() {
        assert!(
            run(
                "the `secret_command` of account `work`",
                "read line && echo got"
            )
            .is_err()
        );
    }
}
