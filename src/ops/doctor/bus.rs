//! The session bus of D-Bus, over which the keyring of a Linux desktop is asked. Cron, units and `env -i` lack its
//! address; the client then tries the usual place, `/run/user/UID/bus`.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::ops::App;

use super::DoctorReport;
use super::caller::Process;
use super::secrets::Secrets;

/// Tells whether the bus can be reached, and what to set where it can't.
pub fn check_bus(app: &App, process: &Process, secrets: &Secrets, report: &mut DoctorReport) {
    // Elsewhere the keyring is no service of a bus.
    let Some(uid) = process
        .uid
        .filter(|_| cfg!(all(unix, not(target_os = "macos"))))
    else {
        return;
    };
    let caller = &app.config.caller;
    let usual = PathBuf::from(format!("/run/user/{uid}/bus"));
    let (address, from) = match (&caller.bus, &caller.runtime_dir) {
        (Some(address), _) => (address.clone(), "DBUS_SESSION_BUS_ADDRESS"),
        (None, Some(dir)) => (unix(&dir.join("bus")), "XDG_RUNTIME_DIR"),
        (None, None) => (unix(&usual), "neither of its variables is set"),
    };
    let trouble = match reach(&address) {
        Ok(words) => return report.ok("session bus", format!("{words} at `{address}` ({from})")),
        Err(words) => words,
    };
    let unset = match (&caller.bus, &caller.runtime_dir) {
        (None, None) => "DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR are not set, and ",
        (None, Some(_)) => "DBUS_SESSION_BUS_ADDRESS is not set, and ",
        _ => "",
    };
    let detail = format!("{unset}`{address}` {trouble}: no keyring can be asked");
    if !secrets.need_keyring() {
        return report.say(
            "session bus",
            "skipped",
            format!("{detail}; no account needs one"),
        );
    }
    let error = Error::auth(detail);
    let fix = match reach(&unix(&usual)) {
        Ok(_) => process.set(app, "DBUS_SESSION_BUS_ADDRESS", &unix(&usual)),
        Err(_) => format!(
            "nobody's desktop session runs here; {}",
            secrets.way_without_keyring()
        ),
    };
    report.fault("session bus", &error.hint(fix));
}

fn unix(path: &Path) -> String {
    format!("unix:path={}", path.display())
}

/// Whether someone listens; of several addresses one is enough (D-Bus Specification, Server Addresses).
fn reach(address: &str) -> Result<&'static str, String> {
    let mut trouble = "is no address".to_owned();
    for one in address.split(';').filter(|one| !one.is_empty()) {
        let path = one
            .strip_prefix("unix:")
            .and_then(|keys| keys.split(',').find_map(|key| key.strip_prefix("path=")));
        match path {
            None => return Ok("not looked at"),
            Some(path) => match connect(Path::new(path)) {
                Ok(()) => return Ok("answers"),
                Err(words) => trouble = words,
            },
        }
    }
    Err(trouble)
}

#[cfg(unix)]
fn connect(path: &Path) -> Result<(), String> {
    use std::io::ErrorKind;
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Ok(()),
        Err(e) => Err(match e.kind() {
            ErrorKind::NotFound => "is not there".to_owned(),
            ErrorKind::PermissionDenied => "belongs to another user".to_owned(),
            ErrorKind::ConnectionRefused => "is left over: nobody listens".to_owned(),
            _ => format!("can't be reached ({e})"),
        }),
    }
}

#[cfg(not(unix))]
fn connect(_: &Path) -> Result<(), String> {
    Err("can't be reached".to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_socket_left_behind_is_told_from_one_that_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bus");
        assert_eq!(reach(&unix(&path)).unwrap_err(), "is not there");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert_eq!(reach(&format!("{},guid=00", unix(&path))), Ok("answers"));
        assert_eq!(
            reach(&format!("unix:path=/nowhere;{}", unix(&path))),
            Ok("answers")
        );
        drop(listener);
        assert!(reach(&unix(&path)).unwrap_err().contains("left over"));
        assert!(reach("").is_err());
    }
}
