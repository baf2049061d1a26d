//! What the delivery fold does for those who are told.

use skyhaul_actors::command::NotificationRequest;
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_actors::stage::Stage;
use skyhaul_engine::ports::Numbered;

use super::row::{NoticeKey, NoticeRow, NoticeState, OutcomeRow, notice_row, outcome_row};
use crate::delivery::row::{DeliveryRow, Subscription, delivery_row};
use crate::ports::StoreError;
use crate::store::Rows;

/// Most who are told of one delivery: a customer, a shop, their systems, and some more. Further ones are turned down as they ask.
pub(crate) const SUBSCRIPTIONS_MAX: usize = 16;

/// Somebody is told from now on: at once of where the delivery stands, once anybody is on the way.
pub(crate) fn on_requested(
    request: &NotificationRequest,
    event: &Numbered<Event>,
    rows: &mut Rows<'_>,
) -> Result<(), StoreError> {
    let key = || delivery_row(request.delivery);
    let Some(mut row) = rows.get::<DeliveryRow>(&key())? else {
        return Ok(());
    };
    if row.told.len() >= SUBSCRIPTIONS_MAX {
        return Ok(());
    }
    let subscription = Subscription {
        number: event.number,
        contact: request.contact.0,
        channels: request.channels.clone(),
    };
    if !matches!(row.stage, Stage::Created | Stage::Rescheduled) {
        put_notices(request.delivery, &row, &subscription, event, rows)?;
    }
    row.told.push(subscription);
    rows.put(key(), &row)
}

/// The delivery has entered a stage.
pub(crate) fn on_stage(
    id: DeliveryId,
    row: &DeliveryRow,
    event: &Numbered<Event>,
    rows: &mut Rows<'_>,
) -> Result<(), StoreError> {
    for subscription in &row.told {
        put_notices(id, row, subscription, event, rows)?;
    }
    Ok(())
}

fn put_notices(
    delivery: DeliveryId,
    row: &DeliveryRow,
    subscription: &Subscription,
    event: &Numbered<Event>,
    rows: &mut Rows<'_>,
) -> Result<(), StoreError> {
    let notice = NoticeRow {
        delivery,
        contact: subscription.contact,
        stage: row.stage,
        at: event.at,
        drone: row.drone,
        parcel_at: row.parcel_at,
        pickup_eta: row.pickup_eta,
        delivery_eta: row.delivery_eta,
    };
    for channel in &subscription.channels {
        let key = NoticeKey {
            event: event.number,
            subscription: subscription.number,
            channel: *channel,
        };
        rows.put(notice_row(key), &notice)?;
        let outcome = OutcomeRow {
            stage: row.stage,
            channel: *channel,
            state: NoticeState::Pending,
            attempts: 0,
            tried_unix_micros: None,
            error: None,
        };
        rows.put(outcome_row(delivery, key), &outcome)?;
    }
    Ok(())
}
