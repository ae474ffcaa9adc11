//! Who runs this process, whose home it has, and which folders follow from that.

use std::path::{Path, PathBuf};

use crate::disk::{self, owner};
use crate::error::Error;
use crate::ops::{App, Origin};

use super::{DoctorReport, DoctorRequest};

/// This process as the system sees it.
#[derive(Debug, Default)]
pub struct Process {
    /// The user it runs as; `None` where there are no such numbers.
    pub uid: Option<u32>,
    /// What the user database says of that user.
    pub login: Option<Login>,
    /// Names of the processes above it, the nearest first.
    ancestors: Vec<String>,
    starter: Starter,
}

/// A line of the user database.
#[derive(Debug, PartialEq, Eq)]
pub struct Login {
    pub name: String,
    pub home: PathBuf,
}

/// What started it, as far as it changes where a variable is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Starter {
    Cron,
    Unit,
    #[default]
    Shell,
}

impl Process {
    /// Looks at `/proc` and the user database.
    pub fn here() -> Process {
        let ancestors = ancestors();
        let uid = disk::own_uid();
        let is_cron = |name: &String| {
            matches!(
                name.as_str(),
                "cron" | "crond" | "anacron" | "fcron" | "CRON"
            )
        };
        Process {
            uid,
            login: uid.and_then(|uid| login_of(&uid.to_string())),
            starter: match ancestors.iter().any(is_cron) {
                true => Starter::Cron,
                false => Starter::Shell,
            },
            ancestors,
        }
    }

    /// How this caller sets a variable: the exact line, and where it goes.
    pub fn set(&self, app: &App, variable: &str, value: &str) -> String {
        match self.starter(app) {
            Starter::Cron => format!("put `{variable}={value}` above the line in the crontab"),
            Starter::Unit => {
                format!("put `Environment=\"{variable}={value}\"` under [Service] of the unit")
            }
            Starter::Shell => format!(
                "`export {variable}='{value}'`; in a crontab a line `{variable}={value}`, in a unit \
                 `Environment=\"{variable}={value}\"`"
            ),
        }
    }

    fn starter(&self, app: &App) -> Starter {
        // A terminal in a desktop session is below a unit, too.
        let in_unit = app.config.caller.in_unit && !app.config.caller.over_ssh;
        match self.starter {
            Starter::Shell if in_unit => Starter::Unit,
            starter => starter,
        }
    }

    /// `ada (uid 1000)`.
    fn user(&self) -> String {
        self.uid.map_or_else(|| "this user".to_owned(), user)
    }
}

/// Tells who asks, from where, and as which user.
pub fn check_caller(
    app: &App,
    request: DoctorRequest,
    process: &Process,
    report: &mut DoctorReport,
) {
    let caller = &app.config.caller;
    let origin = match request.origin {
        Origin::Person => "a person",
        Origin::Script => "a script",
        Origin::Agent => "an agent",
    };
    let mut detail = match (request.terminal, &app.config.agent) {
        (true, None) => format!("{origin} at a terminal"),
        (true, Some(variable)) => format!("{origin} ({variable}) at a terminal"),
        (false, Some(variable)) => format!("{origin} ({variable}) without a terminal"),
        (false, None) => format!("{origin} without a terminal: nothing can be asked"),
    };
    if process.uid.is_some() {
        detail = format!("{detail}; as {}", process.user());
    }
    if let Some(user) = &caller.sudo_user {
        detail = format!("{detail} by sudo from {user}");
    }
    if caller.over_ssh {
        detail = format!("{detail}; over ssh");
    }
    if !process.ancestors.is_empty() {
        let mut chain = process.ancestors.clone();
        chain.dedup();
        chain.truncate(4);
        detail = format!("{detail}; started by {}", chain.join(" < "));
    }
    report.ok("caller", detail);
}

/// Whether the home folder is this user's own.
pub fn check_home(app: &App, process: &Process, report: &mut DoctorReport) {
    let caller = &app.config.caller;
    let login = process.login.as_ref();
    let own_home = login.map(|login| login.home.display().to_string());
    let set_home = |error: Error| match &own_home {
        Some(home) => error.hint(process.set(app, "HOME", home)),
        None => error.hint("set HOME to a folder of this user, or COMMS_HOME"),
    };
    let Some(home) = &caller.home else {
        let taken = match &caller.home_dir {
            Some(dir) => format!("`{}` of the user database is taken", dir.display()),
            None => "there is none in the user database either".to_owned(),
        };
        let error = set_home(Error::config(format!("HOME is not set; {taken}")));
        return report.weigh("home", false, &error);
    };
    let matters = depends_on_home(app);
    let Ok(metadata) = std::fs::metadata(home) else {
        let error = Error::config(format!("HOME is `{}`, which is not there", home.display()));
        return report.weigh("home", matters, &set_home(error));
    };
    if let (Some(owner), Some(uid)) = (owner(&metadata), process.uid)
        && owner != uid
    {
        let error = Error::config(format!(
            "HOME `{}` belongs to {}, but this runs as {}: what it wrote there would be closed to its owner",
            home.display(),
            user(owner),
            process.user()
        ));
        return report.weigh("home", matters, &set_home(error));
    }
    report.ok("home", format!("`{}`", home.display()));
}

/// Whether a login shell of this user would use other folders.
pub fn check_folders(app: &App, process: &Process, report: &mut DoctorReport) {
    let (caller, data) = (&app.config.caller, &app.config.data_dir);
    if let Some((name, folder)) = caller.xdg.iter().find(|(_, f)| !f.is_absolute()) {
        let detail = format!(
            "{name} is `{}`: not a full path, so it counts as unset",
            folder.display()
        );
        return report.note("folders", detail, format!("`unset {name}`"));
    }
    if let (Ok(metadata), Some(uid)) = (std::fs::metadata(data), process.uid)
        && let Some(owner) = owner(&metadata).filter(|owner| *owner != uid)
    {
        let detail = format!(
            "the data folder `{}` belongs to {}, but this runs as {}: what it writes may be closed to its owner",
            data.display(),
            user(owner),
            process.user()
        );
        let name = login_of(&owner.to_string()).map_or_else(|| format!("#{owner}"), |l| l.name);
        let fix = format!("run it as its owner: `sudo -u {name} -H comms …`");
        return report.note("folders", detail, fix);
    }
    let why = if caller.has_own_folder {
        "as COMMS_HOME says"
    } else if caller.xdg.iter().any(|(name, _)| *name == "XDG_DATA_HOME") {
        "as XDG_DATA_HOME says"
    } else {
        let usual = process
            .login
            .as_ref()
            .map(|login| login.home.join(".local/share/comms"));
        if let Some(usual) = usual.filter(|usual| !is_same(usual, data)) {
            let there = match usual.join("comms.db").exists() {
                true => "and there is a store",
                false => "where there is no store",
            };
            let detail = format!(
                "mail is in `{}`; a login shell of {} would use `{}`, {there}",
                data.display(),
                process.user(),
                usual.display()
            );
            let home = process.login.as_ref().map(|l| l.home.display().to_string());
            let fix = process.set(app, "HOME", &home.unwrap_or_default());
            return report.note("folders", detail, fix);
        }
        "as in a login shell without XDG_DATA_HOME and COMMS_HOME"
    };
    report.ok("folders", format!("mail is in `{}`, {why}", data.display()));
}

/// Whether times can be told in the user's zone.
pub fn check_zone(app: &App, report: &mut DoctorReport) {
    if let (Some(zone), true) = (&app.config.caller.zone, app.clock.zone().is_unknown()) {
        report.note(
            "zone",
            format!("TZ is `{zone}`, which no zone is called: times are shown in UTC"),
            "`export TZ='Europe/Berlin'`, with the name of your zone",
        );
    }
}

/// Whether nothing but `HOME` says where config and mail are.
fn depends_on_home(app: &App) -> bool {
    let caller = &app.config.caller;
    !caller.has_own_folder && caller.xdg.iter().filter(|(_, f)| f.is_absolute()).count() < 2
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn user(uid: u32) -> String {
    match login_of(&uid.to_string()) {
        Some(login) => format!("{} (uid {uid})", login.name),
        None => format!("uid {uid}"),
    }
}

fn login_of(uid: &str) -> Option<Login> {
    login_in(&std::fs::read_to_string("/etc/passwd").ok()?, uid)
}

/// The user with this number (passwd(5): name, password, uid, gid, words, home, shell).
fn login_in(passwd: &str, uid: &str) -> Option<Login> {
    passwd.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        let [name, _, number, _, _, home, ..] = fields[..] else {
            return None;
        };
        (number == uid && !home.is_empty()).then(|| Login {
            name: name.to_owned(),
            home: PathBuf::from(home),
        })
    })
}

fn ancestors() -> Vec<String> {
    let mut names = Vec::new();
    let mut pid = match std::fs::read_to_string("/proc/self/stat")
        .as_deref()
        .map(name_and_parent)
    {
        Ok(Some((_, parent))) => parent,
        _ => return names,
    };
    // A loop could only be made by processes that end and numbers that are used anew meanwhile.
    while pid != "0" && names.len() < 32 {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
            break;
        };
        let Some((name, parent)) = name_and_parent(&stat) else {
            break;
        };
        names.push(name);
        pid = parent;
    }
    names
}

/// Of `1 (name) S 0 …`; the name may itself hold brackets (proc_pid_stat(5)).
fn name_and_parent(stat: &str) -> Option<(String, String)> {
    let (head, tail) = stat.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    Some((name.to_owned(), tail.split_whitespace().nth(1)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number_and_never_by_a_part_of_it() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nada:x:1000:1000::/home/ada:/bin/sh\n";
        let ada = login_in(passwd, "1000").unwrap();
        assert_eq!((ada.name.as_str(), ada.home), ("ada", "/home/ada".into()));
        assert_eq!(login_in(passwd, "100"), None);
    }

    #[test]
    fn a_process_name_may_hold_brackets_and_blanks() {
        let stat = "7 (a) b (c) S 42 7 7 0";
        assert_eq!(
            name_and_parent(stat),
            Some(("a) b (c".to_owned(), "42".to_owned()))
        );
    }
}
