//! Opening an address in the user's browser.

use std::process::{Command, Stdio};

use crate::config::flags::without_secrets;

/// Hands an address to the system; false if there is nothing that opens one. Does not wait for it.
pub fn open(url: &str) -> bool {
    let mut command = opener();
    without_secrets(&mut command)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    // So that no dead process is left; a browser in the foreground may run for hours.
    std::thread::spawn(move || {
        let _ = child.wait();
    });
    true
}

#[cfg(target_os = "macos")]
fn opener() -> Command {
    Command::new("open")
}

/// `start` would read `&` in the address as the end of its command.
#[cfg(target_os = "windows")]
fn opener() -> Command {
    let mut command = Command::new("rundll32");
    command.arg("url.dll,FileProtocolHandler");
    command
}

#[cfg(not(any(target_os = "macos", target_os = "windows")))]
fn opener() -> Command {
    Command::new("xdg-open")
}
