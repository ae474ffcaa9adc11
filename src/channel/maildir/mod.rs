//! Maildir: delivery (tmp → new, fsync), reading trees of other programs, flags in file names.
//!
//! Other programs rename, move and delete files at any moment; whoever misses a file looks again by its
//! unique name, which never changes.

mod deliver;
mod entry;
mod files;
mod listing;
pub mod names;
mod tree;

#[cfg(test)]
mod tests;

pub use crate::rules::maildir::{flags_of, unique_of};
pub use deliver::{create_folder, deliver, put};
pub use entry::{find, move_to, read, remove, set_flags};
pub use files::Files;
pub use listing::{Entry, Listing, Unknown, list, list_unknown, stamp};
pub use names::Names;
pub use tree::{Folder, Tree, folder_dir, folders, is_maildir};

use std::path::PathBuf;

/// A file or folder that could not be read, and the system's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub path: PathBuf,
    pub words: String,
}
