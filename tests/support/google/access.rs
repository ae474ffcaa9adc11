//! What a client is lent when a test calls it in its own process: a login, no budget, waits that end at once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use comms::error::Result;
use comms::net::api::{Access, Api, Pending};
use comms::net::google;
use comms::net::http::{Client, Redirects};
use secrecy::SecretString;

use super::{Google, TOKEN};

/// Lends the first token, then those the test gives; keeps what was asked of it.
#[derive(Default)]
pub struct Lent {
    /// What a renewal gives, in order.
    pub renewals: Mutex<Vec<String>>,
    /// The waits that were asked for.
    pub pauses: Mutex<Vec<Duration>>,
    /// The units that were taken.
    pub units: Mutex<Vec<u32>>,
}

impl Access for Lent {
    fn token(&self) -> Pending<'_, Result<SecretString>> {
        Box::pin(async { Ok(TOKEN.into()) })
    }

    fn renew(&self, _refused: SecretString) -> Pending<'_, Result<Option<SecretString>>> {
        let mut renewals = self.renewals.lock().unwrap();
        let next = (!renewals.is_empty()).then(|| renewals.remove(0));
        Box::pin(async move { Ok(next.map(SecretString::from)) })
    }

    fn units(&self, units: u32) -> Pending<'_, Result<comms::net::api::Units>> {
        self.units.lock().unwrap().push(units);
        Box::pin(async { Ok(Box::new(()) as comms::net::api::Units) })
    }

    fn pause(&self, wait: Duration) -> Pending<'_, ()> {
        self.pauses.lock().unwrap().push(wait);
        Box::pin(async {})
    }
}

impl Google {
    /// An API of this provider for a client within the test.
    pub fn api(&self) -> Api {
        self.api_for(Arc::new(Lent::default()))
    }

    /// The same with what is lent in the test's hand.
    pub fn api_for(&self, lent: Arc<Lent>) -> Api {
        let client = Client::new(None, Redirects::Never).expect("a client");
        Api::new(client, &self.url, lent, google::reading).expect("an address")
    }
}
