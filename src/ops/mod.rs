//! Operations: Request -> Result<Report>. Only here do a store and a channel meet.

pub mod access;
pub mod accounts;
pub mod alter;
pub mod approval;
pub mod audit;
pub mod auth;
pub mod batch;
pub mod calls;
pub mod complete;
pub mod confirm;
pub mod contacts;
pub mod costs;
pub mod deliver;
pub mod doctor;
pub mod drain;
pub mod edit;
pub mod export;
pub mod feed;
pub mod gate;
pub mod hook;
pub mod import;
pub mod inbox;
pub mod intake;
pub mod keys;
pub mod labels;
pub mod mark;
mod named;
pub mod oauth;
pub mod optout;
pub mod outbox;
pub mod policy;
pub mod purge;
pub mod receive;
pub mod recipients;
pub mod relocate;
pub mod reported;
pub mod save;
pub mod scan;
pub mod search;
pub mod send;
pub mod serving;
pub mod settings;
mod shell;
pub mod show;
pub mod status;
pub mod stop;
pub mod sync;
pub mod throttle;
pub mod token;
mod told;
pub mod watch;
pub mod webhooks;
pub mod whatsapp;

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::{Config, LOOK, Stamp};
pub use crate::disk::read_small;
use crate::secret::Vault;
use crate::store::Store;

/// What every operation has at hand. Nothing in it is opened before it is used.
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub store: Store,
    pub vault: Vault,
    /// Called by long operations as they go; the door decides how it looks.
    pub progress: Arc<dyn Fn(&Progress) + Send + Sync>,
    /// Called with what someone who waits has to know now, not with the report.
    pub notice: Arc<dyn Fn(&str) + Send + Sync>,
    /// What it shares with others whom this process answers meanwhile; `None` where there is one caller.
    pub crowd: Option<Arc<deliver::Crowd>>,
}

impl App {
    /// The same with what the config and the secrets are now. What can't be read changes nothing, and is told.
    pub fn again(&self) -> Option<App> {
        let notice = Arc::clone(&self.notice);
        match self.config.again() {
            Ok(config) => Some(App {
                vault: Vault::new(config.secrets.clone()).telling(Arc::clone(&notice)),
                config,
                clock: self.clock.clone(),
                crowd: None,
                store: self.store.twin(),
                progress: Arc::clone(&self.progress),
                notice,
            }),
            Err(e) => {
                notice(&format!("the config stays as it was: {}", e.message));
                None
            }
        }
    }

    /// Says that all goes by these settings from now on.
    pub fn tell_read_again(&self) {
        (self.notice)("the config and the secrets were read again");
    }

    /// The same for another thread, with connections of its own. It falls silent when this one is gone.
    pub fn twin(&self) -> App {
        let (progress, notice) = (Arc::downgrade(&self.progress), Arc::downgrade(&self.notice));
        App {
            config: self.config.clone(),
            clock: self.clock.clone(),
            store: self.store.twin(),
            vault: self.vault.clone(),
            crowd: self.crowd.clone(),
            progress: Arc::new(move |step| {
                if let Some(progress) = progress.upgrade() {
                    progress(step);
                }
            }),
            notice: Arc::new(move |words| {
                if let Some(notice) = notice.upgrade() {
                    notice(words);
                }
            }),
        }
    }
}

/// For whoever runs on and on: what it works with as the config changes.
pub struct Renewals {
    app: App,
    stamp: Stamp,
}

impl Renewals {
    /// From the config as it was read.
    pub fn of(app: &App) -> Renewals {
        Renewals {
            stamp: Stamp::of(&app.config),
            app: app.twin(),
        }
    }

    /// Waits until the config is another and can be read. May be dropped and asked again.
    pub async fn next(&mut self) -> App {
        loop {
            tokio::time::sleep(LOOK).await;
            if self.stamp.has_changed(&self.app.config)
                && let Some(app) = self.app.again()
            {
                return app;
            }
        }
    }
}

/// How far a long operation is. The last call of a stage has `done == total`, which takes its bar away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, for a person: "importing lists.mbox".
    pub stage: String,
    pub done: u64,
    /// `None` if it can't be known.
    pub total: Option<u64>,
}

/// Who asks. Set by the door.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    Person,
    Script,
    Agent,
}

impl Origin {
    /// As reports, the store and the config write it.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Person => "person",
            Origin::Script => "script",
            Origin::Agent => "agent",
        }
    }
}
