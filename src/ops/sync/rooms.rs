//! Folders of rooms: one for each, called as the room is, and moved when that is called otherwise.

use crate::error::Result;
use crate::model::account::Account;
use crate::model::message::Role;
use crate::ops::App;
use crate::store::{FolderState, Placed};

/// Makes the folder of a room, so that it can be named before anything was said in it.
pub fn make(app: &App, account: &Account, path: &str) -> Result<()> {
    let known = app.store.folders(&account.name)?;
    if known.iter().any(|folder| folder.path == path) {
        return Ok(());
    }
    let state = FolderState {
        path: path.to_owned(),
        role: Role::Other,
        ..FolderState::default()
    };
    app.store.save_folder(&account.name, &state)
}

/// Moves what is in a folder into another; the first is forgotten once it is empty: a webhook may store something there
/// meanwhile.
pub fn rename(app: &App, account: &Account, (from, to): (&str, &str)) -> Result<()> {
    app.store.carry_history(&account.name, (from, to))?;
    for _ in 0..ROUNDS {
        let known = app.store.remotes_in(&account.name, from)?;
        let placed: Vec<Placed> = known
            .into_iter()
            .map(|remote| Placed {
                id: remote.id,
                folder: to.to_owned(),
                role: Role::Other,
                flags: remote.flags,
                labels: remote.labels,
            })
            .collect();
        for share in placed.chunks(500) {
            app.store.place(share)?;
        }
        if app.store.forget_if_empty(&account.name, from)? {
            break;
        }
    }
    Ok(())
}

/// How often a folder that is not empty yet is emptied.
const ROUNDS: usize = 10;
