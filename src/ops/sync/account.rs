//! One IMAP account: log in, tell what changed here, look at each folder; go on after a cut connection.

use crate::channel::imap::{Credentials, Folder, Session, is_cut};
use crate::error::{Error, Kind, Result};
use crate::format::mime;
use crate::model::account::{Account, ChannelKind};
use crate::model::id::MessageId;
use crate::model::message::{Flags, Ident, NewMessage, Raw, Role};
use crate::net::tls;
use crate::ops::{App, token};
use crate::store::FolderState;

use super::Tally;
use super::folder::{FolderSync, is_unchanged};
use super::push;
use super::writer::Writer;

/// Connections tried anew after a cut before the account counts as failed.
const RECONNECTS: u32 = 2;

/// TLS and the secret of an account. Off the runtime's thread: a password manager may take its time.
pub async fn credentials(app: &App, account: &Account) -> Result<Credentials> {
    credentials_with_source(app, account).await.map(|(c, _)| c)
}

/// The same, and who gave the secret.
pub async fn credentials_with_source(
    app: &App,
    account: &Account,
) -> Result<(Credentials, String)> {
    let tls = tls::of_account(account).await?;
    let found = token::secret(app, account).await?;
    let credentials = Credentials {
        tls,
        secret: found.secret,
        read_only: app.config.read_only,
    };
    Ok((credentials, found.source))
}

/// Connects and logs in; a token that is refused although it looked good is renewed once.
pub async fn open(app: &App, account: &Account, credentials: &mut Credentials) -> Result<Session> {
    match Session::open(account, credentials).await {
        Err(e) if e.kind == Kind::Auth => {
            match token::renewed(app, account, &credentials.secret).await? {
                Some(secret) => {
                    credentials.secret = secret;
                    let opened = Session::open(account, credentials).await;
                    opened.map_err(|e| token::explained(app, account, e))
                }
                None => Err(e),
            }
        }
        other => other,
    }
}

/// Connects anew in the course of a sync: an access token may have expired since.
async fn reopen(app: &App, account: &Account, credentials: &mut Credentials) -> Result<Session> {
    if token::managed(account).is_some() {
        credentials.secret = token::secret(app, account).await?.secret;
    }
    open(app, account, credentials).await
}

/// Syncs one IMAP account, counting into the tally as it goes.
pub async fn sync(app: &App, account: &Account, writer: &Writer, tally: &mut Tally) -> Result<()> {
    let mut credentials = credentials(app, account).await?;
    let mut cuts = 0;
    let mut session = open(app, account, &mut credentials).await?;
    loop {
        let before = (tally.added, tally.broken.count());
        tally.refused.clear();
        match pass(app, account, writer, (&mut session, tally)).await {
            Ok(()) => {
                session.logout().await;
                return Ok(());
            }
            Err(e) if is_cut(&e) => {
                // A connection that brought something, or found out at what the server hangs up, was worth it.
                let worth = tally.added > before.0
                    || (tally.broken.count() > before.1 && !tally.broken.is_full());
                cuts = if worth { 1 } else { cuts + 1 };
                if cuts > RECONNECTS {
                    return Err(e);
                }
                session = reopen(app, account, &mut credentials).await?;
            }
            Err(e) => return Err(e),
        }
    }
}

/// One pass over all folders on one connection.
async fn pass(
    app: &App,
    account: &Account,
    writer: &Writer,
    (session, tally): (&mut Session, &mut Tally),
) -> Result<()> {
    tally.through = false;
    let known = app.store.folders(&account.name)?;
    let mut folders = listed(account, &known, session).await?;
    let mut trouble: Option<Error> = None;
    let mut put_off = false;
    if !app.config.read_only && !app.store.queued_changes(&account.name)?.is_empty() {
        let pushed = push::push((app, account), (session, &mut folders), false).await?;
        tally.pushed += pushed.told;
        trouble = pushed.refused;
        put_off = pushed.put_off;
        folders = listed(account, &known, session).await?;
    }
    let known = app.store.folders(&account.name)?;
    for gone in known
        .iter()
        .filter(|state| !folders.iter().any(|folder| folder.path == state.path))
    {
        tally.removed += app.store.uids(&account.name, &gone.path)?.len() as u64;
        app.store.forget_folder(&account.name, &gone.path)?;
    }
    let (chosen, missing) = choose(account, &folders);
    tally.folders = chosen.len();
    tally.notes = views_note(account, &folders).into_iter().collect();
    for folder in chosen {
        let state = known.iter().find(|state| state.path == folder.path);
        if state.is_some_and(|state| is_unchanged(folder, state)) {
            continue;
        }
        let sync = FolderSync::new((app, account, writer), folder, state.cloned(), tally);
        match sync.run(session).await {
            Ok(()) => {}
            // One folder we may not read, or the server can't, doesn't keep the others away.
            Err(e) if e.kind == Kind::Refused => trouble = trouble.or(Some(e)),
            Err(e) if e.kind == Kind::Unavailable && session.answers().await => {
                trouble = trouble.or(Some(e));
            }
            Err(e) => return Err(e),
        }
    }
    if put_off {
        // By now they may have been found.
        let pushed = push::push((app, account), (session, &mut folders), true).await?;
        tally.pushed += pushed.told;
        trouble = trouble.or(pushed.refused);
    }
    tally.through = true;
    match trouble.or(missing) {
        Some(e) => Err(e),
        None => Ok(()),
    }
}

/// The server's folders. A list without the inbox that was there is no list to forget folders by.
async fn listed(
    account: &Account,
    known: &[FolderState],
    session: &mut Session,
) -> Result<Vec<Folder>> {
    let folders = session.folders().await?;
    let knew_inbox = known.iter().any(|state| state.role == Role::Inbox);
    let has_inbox = folders.iter().any(|folder| folder.role == Role::Inbox);
    if has_inbox || (!knew_inbox && (known.is_empty() || !folders.is_empty())) {
        return Ok(folders);
    }
    Err(Error::unavailable(format!(
        "the server of account `{}` lists {}",
        account.name,
        match folders.len() {
            0 => "no folders",
            _ => "folders, and no INBOX among them",
        }
    ))
    .hint("nothing was forgotten here; sync again when the server has its folders"))
}

/// The folders to sync: those the config names, else all that hold messages of their own.
///
/// Views (all mail, starred, important) show what is already elsewhere; they are left out unless named.
fn choose<'f>(account: &Account, folders: &'f [Folder]) -> (Vec<&'f Folder>, Option<Error>) {
    let Some(wanted) = &account.folders else {
        return (folders.iter().filter(|folder| !folder.view).collect(), None);
    };
    let fits = |pattern: &str, path: &str| match pattern.strip_suffix('*') {
        Some(start) => path.to_lowercase().starts_with(&start.to_lowercase()),
        None => path.to_lowercase() == pattern.to_lowercase(),
    };
    let chosen = folders
        .iter()
        .filter(|folder| wanted.iter().any(|pattern| fits(pattern, &folder.path)))
        .collect();
    let missing = wanted
        .iter()
        .find(|pattern| !folders.iter().any(|folder| fits(pattern, &folder.path)))
        .map(|pattern| {
            let paths: Vec<_> = folders
                .iter()
                .take(20)
                .map(|folder| format!("`{}`", folder.path))
                .collect();
            Error::config(format!(
                "account `{}` has no folder `{pattern}` on its server",
                account.name
            ))
            .hint(format!("its folders are {}", paths.join(", ")))
        });
    (chosen, missing)
}

/// What is left out and how to have it, where a server shows messages twice (Gmail's labels).
pub fn views_note(account: &Account, folders: &[Folder]) -> Option<String> {
    let views: Vec<String> = folders
        .iter()
        .filter(|folder| account.folders.is_none() && folder.view)
        .map(|folder| format!("`{}`", folder.path))
        .collect();
    (!views.is_empty()).then(|| {
        format!(
            "left out {}: shows messages of other folders; name it in `folders` of [accounts.{}] to sync it, too",
            views.join(", "),
            account.name
        )
    })
}

/// Tells the server what is queued, on a connection of its own.
pub async fn push_queued(app: &App, account: &Account) -> Result<()> {
    let mut credentials = credentials(app, account).await?;
    let mut session = open(app, account, &mut credentials).await?;
    let mut folders = session.folders().await?;
    let pushed = push::push((app, account), (&mut session, &mut folders), false).await?;
    session.logout().await;
    pushed.refused.map_or(Ok(()), Err)
}

/// Files a message in the account's folder with this role and stores it; a copy that is already there is not
/// filed again.
pub async fn file_copy(
    app: &App,
    account: &Account,
    role: Role,
    raw: &[u8],
) -> Result<Option<MessageId>> {
    let mut credentials = credentials(app, account).await?;
    let mut session = open(app, account, &mut credentials).await?;
    let mut folders = session.folders().await?;
    let folder = push::place_for(&mut session, &mut folders, role).await?;
    let parsed = mime::parse(raw);
    let opened = session
        .open_folder(&folder.path, &folder.wire, None)
        .await?;
    let mut place = match &parsed.message_id {
        Some(message_id) => push::find_uid(&mut session, &folder.path, message_id)
            .await?
            .map(|uid| (opened.uid_validity, uid)),
        None => None,
    };
    if place.is_none() {
        let flags: &[&str] = match role {
            Role::Drafts => &["\\Draft", "\\Seen"],
            _ => &["\\Seen"],
        };
        place = session
            .append(&folder.path, &folder.wire, flags, raw)
            .await?;
        if let (None, Some(message_id)) = (place, &parsed.message_id) {
            let uid = push::find_uid(&mut session, &folder.path, message_id).await?;
            place = uid.map(|uid| (opened.uid_validity, uid));
        }
    }
    session.logout().await;
    let Some((validity, uid)) = place else {
        return Ok(None); // filed, but the server doesn't say where; the next sync finds it
    };
    let added = app.store.add(vec![NewMessage {
        account: account.name.clone(),
        channel: ChannelKind::Imap,
        folder: folder.path,
        role,
        ident: Ident::Uid { validity, uid },
        raw: Raw::Bytes(raw.to_vec()),
        size_bytes: raw.len() as u64,
        received_at: app.clock.now(),
        flags: Flags {
            seen: true,
            draft: role == Role::Drafts,
            ..Flags::default()
        },
        labels: Vec::new(),
        parsed,
    }])?;
    Ok(added.first().and_then(|added| added.id))
}
