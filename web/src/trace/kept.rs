//! The traces of deliveries, kept in the delivery store as long as the deliveries are.

use skyhaul_actors::ids::DeliveryId;
use skyhaul_actors::trace::CommandTrace;

use super::{TraceContext, of_delivery};
use crate::delivery::row::{DeliveryRow, delivery_row, trace_row};
use crate::ports::StoreError;
use crate::store::{Rows, Table};

/// Reads the traces of deliveries.
#[derive(Clone)]
pub struct DeliveryTraces(pub(crate) Table);

impl DeliveryTraces {
    /// The trace that a delivery belongs to: its caller's, else its own.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn of(&self, delivery: DeliveryId) -> Result<TraceContext, StoreError> {
        let kept = self.0.get(&trace_row(delivery))?;
        Ok(kept.unwrap_or_else(|| of_delivery(delivery)))
    }
}

/// A command belongs to a trace; so does the delivery that it begins, unless there is one of that name.
pub(crate) fn on_traced(trace: &CommandTrace, rows: &mut Rows<'_>) -> Result<(), StoreError> {
    let Some(delivery) = trace.delivery else {
        return Ok(());
    };
    if rows.get::<DeliveryRow>(&delivery_row(delivery))?.is_some() {
        return Ok(());
    }
    rows.put(trace_row(delivery), &trace.context)
}
