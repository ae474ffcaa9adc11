//! Questions to `index.db`: searches, the inbox, counts.

use crate::error::Result;
use crate::model::message::{Envelope, ThreadRow};
use crate::model::query::{Query, Sort};

use super::Store;

/// One page of a list and the cursor of the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Opaque; give it back as `after`. `None` on the last page.
    pub next: Option<String>,
}

/// Which threads the inbox lists.
#[derive(Clone, Debug)]
pub struct ThreadFilter {
    /// The thread is listed if one of its messages fits this and lies in an inbox or ordinary folder
    /// (not Sent, Drafts, Trash, Junk, Archive); `Query::All` for every thread.
    pub query: Query,
    /// Drop the folder condition: the query names a folder itself.
    pub any_folder: bool,
}

impl Store {
    /// Messages that fit, best or newest first. `limit: None` means all.
    pub fn search(
        &self,
        _query: &Query,
        _sort: Sort,
        _limit: Option<usize>,
        _after: Option<&str>,
    ) -> Result<Page<Envelope>> {
        todo!()
    }

    /// How many messages fit.
    pub fn count(&self, _query: &Query) -> Result<u64> {
        todo!()
    }

    /// Threads, newest first.
    pub fn threads(
        &self,
        _filter: &ThreadFilter,
        _limit: usize,
        _after: Option<&str>,
    ) -> Result<Page<ThreadRow>> {
        todo!()
    }

    /// Unread messages per account in inbox and ordinary folders.
    pub fn unread_by_account(&self) -> Result<Vec<(String, u64)>> {
        todo!()
    }

    /// Messages per account.
    pub fn count_by_account(&self) -> Result<Vec<(String, u64)>> {
        todo!()
    }
}
