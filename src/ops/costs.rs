//! What messages cost: by what each part is charged, and the caps it has to fit under.

mod caps;
mod report;
mod tariff;
mod update;

use jiff::Timestamp;

use crate::model::money::Money;

use super::App;

pub use caps::{Purses, pass};
pub use report::{By, CapReport, CostsReport, CostsRequest, CostsRow, cap_reports, costs};
pub use tariff::{is_priced, tariffs};
pub use update::{UpdateReport, UpdateRequest, Updated, update};

/// When this calendar month began, where this machine is.
pub fn month_began(app: &App) -> Timestamp {
    let now = app.clock.now_local();
    let first = now.date().first_of_month();
    first
        .to_zoned(app.clock.zone().clone())
        .map_or(Timestamp::UNIX_EPOCH, |day| day.timestamp())
}

/// The sum; `None` if one of them is not known, they are of two currencies, or too large to count.
pub fn sum(parts: impl IntoIterator<Item = Option<Money>>) -> Option<Money> {
    let mut parts = parts.into_iter();
    let first = parts.next()??;
    parts.try_fold(first, |sum, part| sum.plus(part?))
}
