//! Answers that were given, for who asks the same again: as long as nothing was written to the store, by whatever process,
//! and no setting was changed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::ops::calls::Caller;
use crate::store::Store;
use crate::store::pulse::{Mark, Marker};

use super::Desk;

/// How late an answer may be in what changes by itself: "stale", "newer than an hour".
const LATE: Duration = Duration::from_secs(5);
/// How often a store that can't be looked at is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Bytes of all answers, and of one.
const MOST: usize = 16 << 20;
const LARGEST: usize = 256 << 10;

/// What was asked, and by whom: nobody is given what another one may see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    pub caller: Caller,
    /// The address with its query.
    pub target: String,
}

/// How things stood when a call was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    mark: Mark,
    /// Which marker set the mark: another one counts from elsewhere.
    marker: u64,
    settings: u64,
}

/// Keeps answers of the form `V`.
pub struct Shelf<V> {
    store: Store,
    kept: Mutex<Kept<V>>,
}

struct Kept<V> {
    marker: Option<Marker>,
    markers: u64,
    /// When the store was last tried to be looked at.
    tried: Option<Instant>,
    /// All answers are of this standing.
    standing: Option<Standing>,
    since: Instant,
    bytes: usize,
    answers: HashMap<Asked, V>,
}

impl<V: Clone> Shelf<V> {
    /// An empty one; it looks at the store when it is first asked.
    pub fn new(desk: &Desk) -> Shelf<V> {
        Shelf::over(desk.app().store.twin())
    }

    fn over(store: Store) -> Shelf<V> {
        Shelf {
            store,
            kept: Mutex::new(Kept {
                marker: None,
                markers: 0,
                tried: None,
                standing: None,
                since: Instant::now(),
                bytes: 0,
                answers: HashMap::new(),
            }),
        }
    }

    /// What was answered to this; and how things stand, to [`Shelf::keep`] the answer that is made now. `settings`
    /// counts how often they were renewed.
    pub fn look(&self, asked: &Asked, settings: u64) -> (Option<V>, Option<Standing>) {
        let mut kept = self.kept();
        let mark = kept.mark(&self.store);
        let marker = kept.markers;
        let standing = mark.map(|mark| Standing {
            mark,
            marker,
            settings,
        });
        if standing.is_none() || standing != kept.standing || kept.since.elapsed() > LATE {
            kept.clear();
            kept.standing = standing;
            kept.since = Instant::now();
            return (None, standing);
        }
        (kept.answers.get(asked).cloned(), standing)
    }

    /// Keeps an answer of so many bytes, unless things have changed since they stood so.
    pub fn keep(&self, (asked, standing): (Asked, Standing), answer: V, bytes: usize) {
        let mut kept = self.kept();
        let bytes = bytes + asked.target.len();
        if bytes > LARGEST || kept.standing != Some(standing) {
            return;
        }
        if kept.bytes + bytes > MOST {
            kept.clear();
        }
        if kept.answers.insert(asked, answer).is_none() {
            kept.bytes += bytes;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept<V>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Kept<V> {
    fn clear(&mut self) {
        self.answers.clear();
        self.bytes = 0;
    }

    /// Where the store stands; `None` if that can't be told now.
    fn mark(&mut self, store: &Store) -> Option<Mark> {
        if self.marker.is_none() {
            if self.tried.is_some_and(|at| at.elapsed() < RETRY) {
                return None;
            }
            self.tried = Some(Instant::now());
            self.marker = store.marker().ok().flatten();
            self.markers += 1;
        }
        let mark = self.marker.as_ref()?.mark();
        if mark.is_err() {
            self.marker = None;
        }
        mark.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::MessageId;
    use crate::ops::Origin;
    use crate::ops::calls::Scope;

    fn asked(name: &str, accounts: Option<&[&str]>) -> Asked {
        Asked {
            caller: Caller {
                origin: Origin::Script,
                name: name.to_owned(),
                scope: Scope::Read,
                accounts: accounts.map(|all| all.iter().map(|one| (*one).to_owned()).collect()),
            },
            target: "/v1/messages/m1".to_owned(),
        }
    }

    fn shelf(dir: &std::path::Path) -> (Shelf<&'static str>, Store) {
        let store = Store::at(dir);
        store.first_today("y", jiff::Timestamp::UNIX_EPOCH).unwrap();
        store.newest_id().unwrap();
        store.folder_paths().unwrap();
        let shelf = Shelf::over(store.twin());
        (shelf, store)
    }

    #[test]
    fn an_answer_lasts_until_anyone_writes() {
        let dir = tempfile::tempdir().unwrap();
        let (shelf, store) = shelf(dir.path());
        let asked = || asked("a", None);
        let (None, Some(standing)) = shelf.look(&asked(), 0) else {
            panic!("nothing was kept yet")
        };
        shelf.keep((asked(), standing), "one", 3);
        assert_eq!(shelf.look(&asked(), 0).0, Some("one"));
        store.save_watch_cursor("x", MessageId(1)).unwrap();
        let (None, Some(after)) = shelf.look(&asked(), 0) else {
            panic!("it outlived a change")
        };
        // What was begun before the change comes too late.
        shelf.keep((asked(), standing), "old", 3);
        assert_eq!(shelf.look(&asked(), 0).0, None);
        shelf.keep((asked(), after), "two", 3);
        assert_eq!(shelf.look(&asked(), 0).0, Some("two"));
        assert_eq!(shelf.look(&asked(), 1).0, None, "other settings");
    }

    #[test]
    fn nobody_is_given_what_another_key_was() {
        let dir = tempfile::tempdir().unwrap();
        let (shelf, _store) = shelf(dir.path());
        let all = asked("a", None);
        let standing = shelf.look(&all, 0).1.unwrap();
        shelf.keep((all, standing), "all", 3);
        for other in [asked("a", Some(&["home"])), asked("b", None)] {
            assert_eq!(shelf.look(&other, 0).0, None);
        }
    }

    #[test]
    fn it_holds_only_so_much() {
        let dir = tempfile::tempdir().unwrap();
        let (shelf, _store) = shelf(dir.path());
        let standing = shelf.look(&asked("a", None), 0).1.unwrap();
        shelf.keep((asked("large", None), standing), "x", LARGEST);
        assert_eq!(shelf.kept().bytes, 0);
        for n in 0..200 {
            shelf.keep((asked(&n.to_string(), None), standing), "x", LARGEST / 2);
        }
        let kept = shelf.kept();
        assert!(kept.bytes <= MOST && kept.answers.len() > 20);
    }

    #[test]
    fn without_a_store_nothing_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::<()>::over(Store::at(dir.path()));
        assert_eq!(shelf.look(&asked("a", None), 0), (None, None));
        assert!(!Store::at(dir.path()).exists());
    }
}
