//! The servers of each account: reached, logged in to, and what they offer.

use jiff::Timestamp;

use crate::channel::imap::Session;
use crate::error::{Error, Kind, Result};
use crate::model::account::{Account, ChannelKind};
use crate::model::message::Role;
use crate::ops::sync::account::{open, views_note};
use crate::ops::{App, access, auth, token};

use super::secrets::Secrets;
use super::{DoctorReport, DoctorRequest};

/// Logs in to the servers of an account, or looks at its Maildir.
pub async fn check_account(
    app: &App,
    account: &Account,
    (request, secrets): (DoctorRequest, &Secrets),
    report: &mut DoctorReport,
) {
    let name = &account.name;
    if account.channel == ChannelKind::Maildir {
        let path = account.path.as_ref().filter(|path| !path.is_dir());
        if let (Some(_), true) = (path, account.built_in) {
            report.ok(format!("{name}: maildir"), "made with the first delivery");
        } else if let Some(path) = path {
            let error = Error::config(format!("`{}` is not a folder", path.display()))
                .hint(format!("set `path` in [accounts.{name}]"));
            report.fault(format!("{name}: maildir"), &error);
        } else {
            report.ok(format!("{name}: maildir"), "there");
        }
        if account.smtp.is_none() {
            return;
        }
    }
    if request.offline {
        return report.say(format!("{name}: servers"), "skipped", "--offline");
    }
    // Why there is nothing to log in with was told already.
    let Some(mut credentials) = secrets.credentials(name).cloned() else {
        if secrets.is_found(name) {
            report.say(
                format!("{name}: servers"),
                "skipped",
                "no certificate is trusted",
            );
        }
        return;
    };
    if let Some(base) = &account.base_url {
        let secret = &credentials.secret;
        let mut ended = access::prove(app, account, secret).await;
        if ended.as_ref().is_err_and(|e| e.kind == Kind::Auth)
            && let Ok(Some(secret)) = token::renewed(app, account, secret).await
        {
            ended = access::prove(app, account, &secret).await;
        }
        let check = format!("{name}: {}", account.channel.name());
        let can = match account.channel {
            ChannelKind::GoogleChatWebhook | ChannelKind::SlackWebhook => {
                "the address is sound; it is asked only by sending"
            }
            _ => "logged in",
        };
        return match ended {
            Ok(_) => report.ok(check, format!("{can} ({base})")),
            Err(e) => {
                let e = token::explained(app, account, e);
                report.fault(check, &with_clock(app.clock.now(), e));
            }
        };
    }
    if account.imap.is_some() {
        let ended = match open(app, account, &mut credentials).await {
            Ok(session) => check_folders(account, session, report).await,
            Err(e) => Err(e),
        };
        if let Err(e) = ended {
            report.fault(format!("{name}: imap"), &with_clock(app.clock.now(), e));
        }
    }
    if account.smtp.is_some() {
        match auth::prove_smtp(account, &credentials).await {
            Ok(()) => report.ok(format!("{name}: smtp"), "logged in; mail can leave"),
            Err(e) => report.fault(format!("{name}: smtp"), &with_clock(app.clock.now(), e)),
        }
    }
}

/// A certificate of another time is more often our clock than the server's fault.
fn with_clock(now: Timestamp, error: Error) -> Error {
    let of_another_time = |cause: &String| {
        cause.contains("certificate expired") || cause.contains("certificate not valid yet")
    };
    if !error.causes().iter().any(of_another_time) {
        return error;
    }
    let hint = format!(
        "it is {} by this machine's clock; if that is wrong: `sudo timedatectl set-ntp true`",
        now.strftime("%Y-%m-%d %H:%M UTC")
    );
    error.hint(hint)
}

async fn check_folders(
    account: &Account,
    mut session: Session,
    report: &mut DoctorReport,
) -> Result<()> {
    let name = &account.name;
    let extras: Vec<&str> = [
        "QRESYNC",
        "CONDSTORE",
        "IDLE",
        "MOVE",
        "UIDPLUS",
        "LIST-STATUS",
    ]
    .into_iter()
    .filter(|extra| session.offers(extra))
    .collect();
    report.ok(
        format!("{name}: imap"),
        format!("logged in; the server offers {}", extras.join(", ")),
    );
    let folders = session.folders().await?;
    let found: Vec<String> = [
        Role::Sent,
        Role::Drafts,
        Role::Trash,
        Role::Junk,
        Role::Archive,
    ]
    .into_iter()
    .filter_map(|role| {
        let folder = folders.iter().find(|folder| folder.role == role)?;
        Some(format!("{role:?} `{}`", folder.path))
    })
    .collect();
    let detail = format!("{} folders; {}", folders.len(), found.join(", "));
    report.ok(format!("{name}: folders"), detail);
    if let Some(words) = views_note(account, &folders) {
        report.say(format!("{name}: views"), "note", words);
    }
    session.logout().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustls::{CertificateError, Error as Tls};

    use super::*;

    #[test]
    fn a_certificate_of_another_time_makes_one_look_at_the_clock() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let told = |cause: CertificateError| {
            let error = Error::config("it is not trusted").hint("set `ca_file`");
            let error = error.because(Tls::InvalidCertificate(cause));
            with_clock(now, error).hint.unwrap()
        };
        let time = rustls::pki_types::UnixTime::since_unix_epoch(std::time::Duration::ZERO);
        for cause in [
            CertificateError::NotValidYetContext {
                time,
                not_before: time,
            },
            CertificateError::ExpiredContext {
                time,
                not_after: time,
            },
        ] {
            let hint = told(cause);
            assert!(hint.contains("2026-11-21 12:00 UTC"), "{hint}");
        }
        assert_eq!(told(CertificateError::UnknownIssuer), "set `ca_file`");
    }
}
