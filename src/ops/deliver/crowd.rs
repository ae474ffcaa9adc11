//! Callers that one process answers side by side: what they share, so that no server that hangs holds them all up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Messages of one account at once.
const MOST: usize = 4;
/// How long the next one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// No account takes up more than its share of the callers; what else is due is sent aside.
#[derive(Default)]
pub struct Crowd {
    accounts: Mutex<HashMap<String, Arc<Gate>>>,
    due: Mutex<Due>,
    asked: Notify,
}

/// Whose items may be due.
#[derive(Default)]
struct Due {
    accounts: Vec<String>,
    all: bool,
}

struct Gate {
    places: Arc<Semaphore>,
    /// Someone waited in vain since the last place became free.
    is_stuck: AtomicBool,
}

/// Leave to send by an account, until it is dropped.
pub struct Place {
    gate: Arc<Gate>,
    _permit: OwnedSemaphorePermit,
}

impl Crowd {
    /// A place among those who send by this account; `None` if it has too many under way that get no answer.
    pub async fn enter(&self, account: &str) -> Option<Place> {
        let gate = self.gate(account);
        let places = Arc::clone(&gate.places);
        let permit = match Arc::clone(&places).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) if gate.is_stuck.load(Ordering::Relaxed) => return None,
            Err(_) => match timeout(PATIENCE, places.acquire_owned()).await {
                Ok(permit) => permit.ok()?,
                Err(_) => {
                    gate.is_stuck.store(true, Ordering::Relaxed);
                    return None;
                }
            },
        };
        Some(Place {
            gate,
            _permit: permit,
        })
    }

    /// Has what is due of these accounts sent aside; `None` means all.
    pub fn send(&self, accounts: Option<Vec<String>>) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        match accounts {
            Some(accounts) => due.accounts.extend(accounts),
            None => due.all = true,
        }
        drop(due);
        self.asked.notify_one();
    }

    /// Waits until something is to be sent aside.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Of which accounts it was asked since the last time; `None` means all.
    pub fn due(&self) -> Option<Vec<String>> {
        let due = std::mem::take(&mut *self.due.lock().unwrap_or_else(PoisonError::into_inner));
        (!due.all).then_some(due.accounts)
    }

    fn gate(&self, account: &str) -> Arc<Gate> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = accounts.get(account) {
            return Arc::clone(gate);
        }
        let gate = Arc::new(Gate {
            places: Arc::new(Semaphore::new(MOST)),
            is_stuck: AtomicBool::new(false),
        });
        accounts.insert(account.to_owned(), Arc::clone(&gate));
        gate
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.is_stuck.store(false, Ordering::Relaxed);
    }
}
