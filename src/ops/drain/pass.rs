//! A pass over what is due: accounts side by side, the items of each one after the other.
//!
//! A server may take ten minutes to answer (RFC 5321 section 4.5.3.2.6): it holds its own account, nobody else's.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::model::id::OutboxId;
use crate::ops::deliver::{self, Delivered, Delivery, Filing, Lines};
use crate::ops::{App, confirm};
use crate::store::Owner;
use crate::store::outbox::Item;

/// So many accounts at once.
const LANES: usize = 8;
/// Copies that are looked for at once.
const COPIES: usize = 100;
/// An item that could not be worked on is left alone for so long.
const TROUBLED: Duration = Duration::from_secs(5 * 60);

/// What is due now. An item that comes back for another try waits for the next pass.
///
/// It must come to its end: to drop it before is to leave what is under way in doubt.
pub(super) struct Pass<'a> {
    row: Rc<Row<'a>>,
    under_way: FuturesUnordered<LocalBoxFuture<'a, Ended>>,
    /// Accounts that an item of is under way.
    busy: Vec<String>,
    /// Nothing begins later.
    until: Option<Instant>,
    now: Timestamp,
    touched: HashSet<OutboxId>,
    /// The only accounts that are sent for; `None` means all.
    pub only: Option<Vec<String>>,
    /// Accounts that are left to others.
    pub but: Vec<String>,
    /// To be told of as well.
    pub settled: HashSet<OutboxId>,
    warnings: Vec<String>,
    interrupted: bool,
    /// The store's; nothing begins after it.
    fault: Option<Error>,
    rests: bool,
}

/// What all that is under way has at hand.
struct Row<'a> {
    app: &'a App,
    owner: Owner,
    lines: Lines,
    filing: &'a Filing,
    ends: Cell<bool>,
    /// Providers are being asked.
    asks: Cell<bool>,
}

enum Ended {
    Item(OutboxId, String, Result<Delivered>),
    /// Copies were filed, or not: what there is to tell.
    Filed(Vec<String>),
    /// Providers were asked about what is in doubt.
    Asked(Result<()>),
    Closed,
}

impl<'a> Pass<'a> {
    pub fn new(app: &'a App, filing: &'a Filing) -> Result<Pass<'a>> {
        let row = Row {
            app,
            owner: app.store.owner()?,
            lines: Lines::default(),
            filing,
            ends: Cell::new(false),
            asks: Cell::new(false),
        };
        Ok(Pass {
            row: Rc::new(row),
            under_way: FuturesUnordered::new(),
            busy: Vec::new(),
            until: None,
            now: app.clock.now(),
            touched: HashSet::new(),
            only: None,
            but: Vec::new(),
            settled: HashSet::new(),
            warnings: Vec::new(),
            interrupted: false,
            fault: None,
            rests: false,
        })
    }

    /// The same, but nothing begins after this, and all has to be on its way by then.
    pub fn until(mut self, until: Instant) -> Pass<'a> {
        self.until = Some(until);
        self
    }

    /// Another pass, beside what is under way of this one.
    pub fn renew(&mut self) {
        self.now = self.row.app.clock.now();
        self.touched.clear();
        self.row.lines.renew();
        self.rests = false;
    }

    /// Delivers until an item comes to its end; `None` once nothing is under way and nothing begins any more. May be
    /// dropped and asked again.
    ///
    /// # Errors
    /// The store's; nothing is under way then.
    pub async fn next(&mut self) -> Result<Option<OutboxId>> {
        loop {
            // Those that are delivered without any wait let the others have their turn.
            tokio::task::consume_budget().await;
            self.begin();
            let Some(ended) = self.under_way.next().await else {
                return self.trouble().map_or(Ok(None), Err);
            };
            match ended {
                Ended::Item(id, account, delivered) => {
                    self.busy.retain(|name| *name != account);
                    if self.take_in(id, delivered) {
                        return Ok(Some(id));
                    }
                }
                Ended::Filed(warnings) => self.warnings.extend(warnings),
                Ended::Asked(Err(e)) => self.fail(e),
                Ended::Asked(Ok(())) | Ended::Closed => {}
            }
        }
    }

    /// Files the copies that are still missing, beside all else.
    pub fn file_rest(&mut self) -> Result<()> {
        if self.row.ends.get() {
            return Ok(());
        }
        let (accounts, items) = self.row.filing.left_alone();
        let store = &self.row.app.store;
        let mut by_account: BTreeMap<String, Vec<OutboxId>> = BTreeMap::new();
        for (id, account) in store.unfiled(COPIES, (&accounts, &items))? {
            by_account.entry(account).or_default().push(id);
        }
        for ids in by_account.into_values() {
            let row = Rc::clone(&self.row);
            let file = async move {
                let mut warnings = Vec::new();
                for id in ids {
                    if row.ends.get() {
                        break;
                    }
                    warnings.extend(row.filing.file(row.app, id).await);
                }
                Ended::Filed(warnings)
            };
            self.under_way.push(file.boxed_local());
        }
        Ok(())
    }

    /// Asks the providers about items in doubt, beside all else.
    pub fn ask(&mut self, doubtful: Vec<Item>) {
        if doubtful.is_empty() || self.row.asks.replace(true) {
            return;
        }
        let row = Rc::clone(&self.row);
        let ask = async move {
            let asked = confirm::ask_about(row.app, doubtful).await;
            row.asks.set(false);
            Ended::Asked(asked.map(drop))
        };
        self.under_way.push(ask.boxed_local());
    }

    /// Lets nothing begin any more.
    pub fn stop(&self) {
        self.row.ends.set(true);
    }

    /// Lets nothing begin until the next pass.
    pub fn rest(&mut self) {
        self.rests = true;
    }

    /// The fault after which nothing begins, told once.
    pub fn trouble(&mut self) -> Option<Error> {
        self.fault.take()
    }

    pub fn was_interrupted(&self) -> bool {
        self.interrupted
    }

    /// What there is to tell so far, told once.
    pub fn warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    pub async fn end(self) -> (Vec<OutboxId>, Vec<String>) {
        self.row.lines.close().await;
        let touched = self.touched.union(&self.settled).copied().collect();
        (touched, self.warnings)
    }

    fn begin(&mut self) {
        while self.busy.len() < LANES && !self.rests && !self.row.ends.get() {
            let left = self.until.map(|at| at.duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return;
            }
            match self.claim() {
                Ok(Some((id, account))) => self.deliver(id, account, left),
                Ok(None) => {
                    // Who has nothing more to send hears it now, whatever the others wait for.
                    if let Some(goodbye) = self.row.lines.close_but(&self.busy) {
                        let closed = goodbye.map(|()| Ended::Closed);
                        self.under_way.push(closed.boxed_local());
                    }
                    return;
                }
                Err(e) => self.fail(e),
            }
        }
    }

    /// The next item that is due, of an account that is free.
    fn claim(&self) -> Result<Option<(OutboxId, String)>> {
        let Row {
            app, owner, lines, ..
        } = &*self.row;
        loop {
            let but = [lines.down(), self.busy.clone(), self.but.clone()].concat();
            let claim = || app.store.claim_due(owner, &but, self.now);
            let Some((id, account)) = app.store.within(self.only.as_deref(), claim)? else {
                return Ok(None);
            };
            if !self.touched.contains(&id) {
                return Ok(Some((id, account)));
            }
            app.store.unclaim(id, owner)?;
            lines.note_down(&account);
        }
    }

    fn deliver(&mut self, id: OutboxId, account: String, timeout: Option<Duration>) {
        self.touched.insert(id);
        self.busy.push(account.clone());
        let row = Rc::clone(&self.row);
        let deliver = async move {
            let delivery = Delivery {
                owner: &row.owner,
                lines: &row.lines,
                filing: row.filing,
                timeout,
                keep: true,
                by_hand: false,
                insists: false,
            };
            let delivered = deliver::deliver(row.app, id, &delivery).await;
            Ended::Item(id, account, delivered)
        };
        self.under_way.push(deliver.boxed_local());
    }

    /// Whether that is its end for now.
    fn take_in(&mut self, id: OutboxId, delivered: Result<Delivered>) -> bool {
        match delivered {
            Ok(delivered) => {
                self.warnings.extend(delivered.warnings);
                if delivered.interrupted {
                    self.interrupted = true;
                    self.stop();
                }
                if delivered.moved {
                    self.touched.remove(&id);
                }
                !delivered.moved
            }
            // One item's trouble is not the others'; if it is the disk's, this fails as well.
            Err(e) => {
                let later = self.now.checked_add(TROUBLED).unwrap_or(self.now);
                let store = &self.row.app.store;
                if let Err(e) = store.put_off(id, (later, &e.message), self.now) {
                    self.fail(e);
                    return false;
                }
                self.warnings
                    .push(format!("`{id}` was left for later: {}", e.message));
                true
            }
        }
    }

    fn fail(&mut self, e: Error) {
        self.fault = Some(e);
        self.rests = true;
    }
}
