//! What is forgotten of a delivery that ended longer ago than history is kept: all but what was counted.

use skyhaul_actors::ids::DeliveryId;

use super::index::Index;
use super::row::{
    DeliveryRow, blob_rows, cause_rows, confirmation_rows, delivery_row, failure_row, links_row, trace_row,
};
use crate::notification::row::{contact_row, outcome_rows};
use crate::ports::StoreError;
use crate::store::Rows;

/// Removes a delivery and all that hangs on it.
pub(super) fn forget(id: DeliveryId, rows: &mut Rows<'_>) -> Result<(), StoreError> {
    let Some(row) = rows.get::<DeliveryRow>(&delivery_row(id))? else {
        return Ok(());
    };
    for index in [Index::all(), Index::of(&row.owner)] {
        index.remove(row.number, rows)?;
    }
    for told in &row.told {
        rows.delete(contact_row(told.contact));
    }
    for all in [
        cause_rows(id),
        confirmation_rows(id),
        blob_rows(id),
        outcome_rows(id),
    ] {
        rows.delete_all(&all)?;
    }
    for one in [failure_row(id), links_row(id), trace_row(id), delivery_row(id)] {
        rows.delete(one);
    }
    Ok(())
}
