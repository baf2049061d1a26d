//! The package store: what was said last about each label, and what each owner's parcels weigh by month.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::command::PackageRecord;
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::units::Kilograms;

use crate::calendar::Calendar;
use crate::inbox::Inbox;
use crate::ports::StoreError;
use crate::store::{Fold, Key, Rows};

const PACKAGES: u8 = b'p';
const OWNED: u8 = b'o';
const WEIGHTS: u8 = b'w';
const CARRIED: u8 = b'c';

/// Where what was said last about a label is found.
pub(super) fn package_row(label: &str) -> Key {
    Key::of(PACKAGES).text(label)
}

/// A package as its owner calls it: many owners use the same label.
pub(super) fn owned_row(owner: &str, label: &str) -> Key {
    Key::of(OWNED).text(owner).text(label)
}

/// Grams of an owner's parcels in a month.
pub(super) fn weight_row(owner: &str, month: (u16, u8)) -> Key {
    Key::of(WEIGHTS).text(owner).month(month)
}

fn carried_row(id: DeliveryId) -> Key {
    Key::of(CARRIED).delivery(id)
}

/// What was said last about a package by its owner.
pub(super) type OwnedRow = Arc<PackageRecord>;

/// What was said last about a package, by whomever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum PackageRow {
    /// What this owner said last about it.
    Owned(String),
    /// This, of which nobody is the owner.
    Nobodys(Arc<PackageRecord>),
}

/// What an open delivery carries, and where that was added, to be taken back should it be cancelled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct CarriedRow {
    owner: String,
    month: (u16, u8),
    weight: Kilograms,
}

/// Folds events into the package store.
pub(super) struct PackageFold {
    inbox: Arc<Inbox>,
    calendar: Calendar,
}

impl PackageFold {
    /// A fold that tells `inbox` what is in the store.
    pub(super) fn new(inbox: Arc<Inbox>, calendar: Calendar) -> Self {
        Self { inbox, calendar }
    }
}

impl Fold for PackageFold {
    const NAME: &'static str = "package";

    const LOOKED_UP: &'static [u8] = &[PACKAGES, OWNED, CARRIED];

    fn fold(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        match &event.event {
            Event::DeliveryRequested { command, request } => {
                if command.is_some() {
                    keep(&request.package, rows)?;
                }
                let carried = CarriedRow {
                    owner: request.owner.clone(),
                    month: self.calendar.month(event.at),
                    weight: request.package.weight,
                };
                rows.add(weight_row(&carried.owner, carried.month), carried.weight.milli())?;
                rows.put_new(carried_row(request.delivery), carried);
                Ok(())
            }
            Event::PackageRecorded { package, .. } => keep(package, rows),
            Event::DeliveryCompleted { delivery, .. } => {
                rows.delete(carried_row(*delivery));
                Ok(())
            }
            Event::DeliveryCancelled { delivery, .. } => {
                if let Some(carried) = rows.get::<CarriedRow>(&carried_row(*delivery))? {
                    rows.add(weight_row(&carried.owner, carried.month), -carried.weight.milli())?;
                    rows.delete(carried_row(*delivery));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn committed(&self, events: &[Numbered<Event>]) {
        for event in events {
            match &event.event {
                Event::DeliveryRequested {
                    command: Some(_),
                    request,
                } => self.inbox.package_projected(&request.package),
                Event::PackageRecorded { package, .. } => self.inbox.package_projected(package),
                _ => {}
            }
        }
    }
}

/// The background demand's labels are its own, and many: only what clients say is kept.
fn keep(record: &PackageRecord, rows: &mut Rows<'_>) -> Result<(), StoreError> {
    let said = Arc::new(record.clone());
    let row = match &record.owner {
        Some(owner) => {
            rows.put::<OwnedRow>(owned_row(owner, &record.label), &said)?;
            PackageRow::Owned(owner.clone())
        }
        None => PackageRow::Nobodys(said),
    };
    rows.put(package_row(&record.label), &row)
}
