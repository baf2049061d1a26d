//! What went wrong with a delivery: kept beside its changes of stage, and shown with them.

use std::collections::BTreeMap;

use skyhaul_actors::event::CancelReason;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_actors::stage::Stage;
use skyhaul_actors::workflow::saga::Step;

use super::Delivery;
use super::row::{CauseRow, DeliveryRow, FailureRow, MilestoneRow, cause_rows, delivery_row, failure_row};
use super::shown::MilestoneResponse;
use crate::ports::StoreError;
use crate::store::{Rows, last_number};

/// A delivery is cancelled; what its client wants no more is not asked for anew.
pub(super) fn on_cancelled(
    id: DeliveryId,
    reason: CancelReason,
    rows: &mut Rows<'_>,
) -> Result<(), StoreError> {
    if reason == CancelReason::Requested {
        rows.change(delivery_row(id), |row: &mut DeliveryRow| row.package = None)?;
    }
    let row = FailureRow {
        reason,
        step: None,
        undone: Vec::new(),
        retried_as: None,
    };
    rows.put(failure_row(id), &row)
}

/// Its workflow has undone what it had done.
pub(super) fn on_undone(
    id: DeliveryId,
    step: Step,
    undone: &[Step],
    rows: &mut Rows<'_>,
) -> Result<(), StoreError> {
    rows.change(failure_row(id), |row: &mut FailureRow| {
        (row.step, row.undone) = (Some(step), undone.to_vec());
    })
}

impl Delivery {
    /// Every change of a delivery's stage, with what caused it where something went wrong.
    pub(super) fn history(
        &self,
        id: DeliveryId,
        row: &DeliveryRow,
    ) -> Result<Vec<MilestoneResponse>, StoreError> {
        let context = &self.context;
        let causes = cause_rows(id);
        let mut by_number = BTreeMap::new();
        self.table
            .scan((&causes, &causes.end()), false, &mut |key, cause: CauseRow| {
                by_number.extend(last_number(key).map(|number| (number, cause)));
                true
            })?;
        let failure: Option<FailureRow> = self.table.get(&failure_row(id))?;
        let shown = row.story.milestones.iter().map(|milestone| {
            let cause = by_number.get(&milestone.number).copied();
            let shown = MilestoneResponse::new(milestone, cause, context);
            match &failure {
                Some(failure) if milestone.stage == Stage::Cancelled => shown.with_failure(failure),
                _ => shown,
            }
        });
        let mut shown: Vec<_> = shown.collect();
        if shown.is_empty() {
            let requested = MilestoneRow {
                number: row.number,
                stage: row.stage,
                at: row.requested_at,
                parcel_at: row.parcel_at,
                drone: row.drone,
                carrier: row.carrier,
            };
            shown.push(MilestoneResponse::new(&requested, None, context));
        }
        Ok(shown)
    }
}
