//! What lies on this disk: the config file, the data folder, the store.

use std::path::Path;

use crate::error::Error;
use crate::ops::{App, Progress, settings};

use super::{DoctorReport, DoctorRequest};

pub fn check_config(app: &App, report: &mut DoctorReport) {
    let file = &app.config.config_file;
    if let Err(e) = app.config.again() {
        return report.fault("config", &e);
    }
    let own = app.config.accounts.iter().filter(|a| !a.built_in).count();
    if !file.exists() {
        let detail = format!(
            "there is no `{}`: the built-in account is all there is",
            file.display()
        );
        report.note("config", detail, "`comms auth add` makes one");
        return;
    }
    let accounts = match own {
        1 => "1 account".to_owned(),
        n => format!("{n} accounts"),
    };
    report.ok("config", format!("`{}`, {accounts}", file.display()));
    for remark in settings::check(app).remarks {
        let error = Error::config(remark.problem).hint(remark.hint);
        report.fault(format!("{}: config", remark.account), &error);
    }
}

pub fn check_data_folder(app: &App, report: &mut DoctorReport) {
    let dir = &app.config.data_dir;
    let metadata = match std::fs::metadata(dir) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return match could_be_made(dir) {
                Ok(()) => report.ok(
                    "data folder",
                    format!("`{}` is made with the first message", dir.display()),
                ),
                Err(e) => {
                    let error = Error::internal(format!("`{}` can't be made", dir.display()))
                        .hint("point COMMS_HOME at a folder that you may write to")
                        .because(e);
                    report.fault("data folder", &error);
                }
            };
        }
        Err(e) => {
            let error = Error::internal(format!("`{}` can't be read", dir.display())).because(e);
            return report.fault("data folder", &error);
        }
    };
    if !metadata.is_dir() {
        let error = Error::config(format!("`{}` is not a folder", dir.display()))
            .hint("point COMMS_HOME at a folder");
        return report.fault("data folder", &error);
    }
    // The worse fault first.
    if let Err(e) = tempfile::tempfile_in(dir) {
        let error = Error::internal(format!("`{}` can't be written to", dir.display()))
            .hint("free some space, or give yourself the right to write there")
            .because(e);
        return report.fault("data folder", &error);
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            let detail = format!(
                "others can look into `{}` (mode {mode:o}); its files are private",
                dir.display()
            );
            return report.note(
                "data folder",
                detail,
                format!("chmod 700 '{}'", dir.display()),
            );
        }
    }
    report.ok("data folder", format!("`{}`", dir.display()));
}

/// Whether the nearest folder that is there takes something new.
fn could_be_made(dir: &Path) -> std::io::Result<()> {
    let above = dir.ancestors().skip(1).find(|above| above.exists());
    let above = above.filter(|above| !above.as_os_str().is_empty());
    tempfile::tempdir_in(above.unwrap_or(Path::new("."))).map(drop)
}

pub fn check_store(app: &App, request: DoctorRequest, report: &mut DoctorReport) {
    if request.rebuild_index {
        let progress = |done, total| {
            (app.progress)(&Progress {
                stage: "rebuilding the index".to_owned(),
                done,
                total,
            });
        };
        match app.store.rebuild_index(&progress) {
            Ok(messages) => report.ok("index", format!("built anew, {messages} messages")),
            Err(e) => return report.fault("index", &e),
        }
    }
    match app.store.check_main() {
        Err(e) => report.fault("store", &e),
        Ok(faults) => faults.iter().for_each(|fault| report.fault("store", fault)),
    }
    if !app.config.data_dir.join("index.db").exists() {
        return report.ok("store", "empty");
    }
    match app.store.check() {
        Err(e) => report.once("store", Err(e)),
        Ok(faults) if faults.is_empty() => report.ok("store", "sound"),
        Ok(faults) => {
            for fault in faults {
                report.fault("store", &fault);
            }
        }
    }
}

/// Whether the audit log ends as it should; only `comms outbox log --verify` reads every line.
pub fn check_audit(app: &App, report: &mut DoctorReport) {
    if !app.store.has_outbox() {
        return;
    }
    match app.store.audit_ends_well() {
        Ok(true) => report.ok("audit", "the log has as many lines as were written"),
        Ok(false) => report.fault(
            "audit",
            &Error::internal("lines of the audit log were removed or added behind its back")
                .hint("`comms outbox log --verify` names the first"),
        ),
        Err(e) => report.once("audit", Err(e)),
    }
}
