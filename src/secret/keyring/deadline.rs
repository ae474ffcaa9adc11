//! Calls that may never come back, on threads of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::{Fault, NAME, Trouble};

/// Calls that were given up and have still not come back. While there is one, the next is not even tried: ten
/// accounts must not wait ten times for the same keyring.
static STUCK: AtomicUsize = AtomicUsize::new(0);

const RUNNING: u8 = 0;
const ENDED: u8 = 1;
const GIVEN_UP: u8 = 2;

/// What the work gives, or that it took too long.
pub fn within<T: Send + 'static>(
    deadline: Duration,
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    if STUCK.load(Ordering::SeqCst) > 0 {
        return Err(Fault {
            trouble: Trouble::NoAnswer,
            cause: format!("an earlier call to the {NAME} still waits"),
        });
    }
    let (done, wait) = mpsc::channel();
    let state = Arc::new(AtomicU8::new(RUNNING));
    let theirs = state.clone();
    std::thread::spawn(move || {
        // Nobody listens any more after the deadline.
        let _ = done.send(work());
        if theirs.swap(ENDED, Ordering::SeqCst) == GIVEN_UP {
            STUCK.fetch_sub(1, Ordering::SeqCst);
        }
    });
    match wait.recv_timeout(deadline) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => {
            // Counted first, so that it is never taken off before it was put on.
            STUCK.fetch_add(1, Ordering::SeqCst);
            if state.swap(GIVEN_UP, Ordering::SeqCst) == ENDED {
                STUCK.fetch_sub(1, Ordering::SeqCst);
            }
            Err(Fault {
                trouble: Trouble::NoAnswer,
                cause: format!("waited {} s for the {NAME}", deadline.as_secs()),
            })
        }
        Err(RecvTimeoutError::Disconnected) => Err(Fault {
            trouble: Trouble::Failed,
            cause: format!("the client of the {NAME} broke down"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_call_that_hangs_ends_at_its_deadline_and_the_next_fails_at_once_until_it_comes_back() {
        let (release, hold) = channel::<()>();
        let fault = within(Duration::from_millis(20), move || {
            let _ = hold.recv();
            Ok(())
        });
        assert_eq!(fault.unwrap_err().trouble, Trouble::NoAnswer);
        let fault = within(Duration::from_secs(60), || Ok(())).unwrap_err();
        assert!(fault.cause.contains("still waits"), "{fault:?}");
        drop(release);
        let again = std::iter::repeat_with(|| {
            std::thread::sleep(Duration::from_millis(5));
            within(Duration::from_secs(60), || Ok(()))
        });
        assert!(again.take(200).any(|result| result.is_ok()));
    }
}
