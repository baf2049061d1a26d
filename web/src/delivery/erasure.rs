//! What is erased of a person in the delivery store: contacts, what receivers gave, tracks and exact places, a few deliveries at a time. What is
//! still under way is waited for: its places are needed until it has ended.

use skyhaul_actors::command::{Command, Place};
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::geo::Position;

use super::index::Index;
use super::row::{
    ConfirmationRow, DeliveryRow, blob_rows, confirmation_rows, delivery_row, erasing_row, erasing_rows,
};
use crate::notification::row::{contact_row, outcome_rows};
use crate::ports::StoreError;
use crate::store::{Key, Rows};

/// Most deliveries that one step goes through, so that no step holds up the projection.
const STEP: usize = 64;

/// How many parts of a degree are left of a place: a tenth, some ten kilometres, tells a town and no address.
const PARTS_OF_DEGREE: f64 = 10.0;

/// An operator had a person erased.
pub(super) fn on_operated(command: &Command, rows: &mut Rows<'_>) -> Result<(), StoreError> {
    match command {
        Command::ErasePerson { owner } => rows.put(erasing_row(owner), &(owner.clone(), 0_u64)),
        _ => Ok(()),
    }
}

/// Goes on with what is to be erased, as far as it has ended.
pub(super) fn go_on(rows: &mut Rows<'_>) -> Result<(), StoreError> {
    let erasing: Vec<(String, u64)> = rows.table().all(&erasing_rows())?;
    let mut left = STEP;
    for (owner, from) in erasing {
        let deliveries = Index::of(&owner).from(rows.table(), from, left)?;
        left -= deliveries.len();
        let is_last = left > 0;
        let mut next = from;
        let mut is_open = false;
        for (number, id) in deliveries {
            is_open = !erase(id, rows)?;
            if is_open {
                break;
            }
            next = number + 1;
        }
        if is_last && !is_open {
            rows.delete(erasing_row(&owner));
        } else if next != from {
            rows.put(erasing_row(&owner), &(owner.clone(), next))?;
        }
        if left == 0 {
            break;
        }
    }
    Ok(())
}

/// Erases what is known of people in a delivery that has ended; whether it has.
fn erase(id: DeliveryId, rows: &mut Rows<'_>) -> Result<bool, StoreError> {
    let Some(mut row) = rows.get::<DeliveryRow>(&delivery_row(id))? else {
        return Ok(true);
    };
    if !row.stage.is_final() {
        return Ok(false);
    }
    for told in row.told.drain(..) {
        rows.delete(contact_row(told.contact));
    }
    row.account = None;
    row.package = None;
    row.pickup = coarse(row.pickup);
    row.dropoff = coarse(row.dropoff);
    row.parcel_at = coarse(row.parcel_at);
    row.story.legs.clear();
    for milestone in &mut row.story.milestones {
        milestone.parcel_at = coarse(milestone.parcel_at);
    }
    rows.put(delivery_row(id), &row)?;
    rows.delete_all(&blob_rows(id))?;
    rows.delete_all(&outcome_rows(id))?;
    forget_where_it_was_given(id, rows)?;
    Ok(true)
}

fn forget_where_it_was_given(id: DeliveryId, rows: &mut Rows<'_>) -> Result<(), StoreError> {
    let all = confirmation_rows(id);
    let mut keys = Vec::new();
    rows.table().scan((&all, &all.end()), false, &mut |key, ()| {
        keys.push(Key::from_bytes(key));
        true
    })?;
    keys.into_iter()
        .try_for_each(|key| rows.change(key, |given: &mut ConfirmationRow| given.place = None))
}

/// Where a place roughly was.
fn coarse(place: Place) -> Place {
    let round = |degrees: f64| (degrees * PARTS_OF_DEGREE).round() / PARTS_OF_DEGREE;
    let at = Position::new(round(place.at.lat()), round(place.at.lon()));
    Place {
        altitude_m: 0.0,
        ..Place::on_ground(at.unwrap_or_default())
    }
}
