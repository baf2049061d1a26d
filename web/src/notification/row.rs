//! Rows of notifications, in the delivery store.

use serde::{Deserialize, Serialize};
use skyhaul_actors::command::{Channel, Place};
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_actors::stage::Stage;
use skyhaul_engine::time::SimTime;

use crate::store::Key;

const CONTACTS: u8 = b'k';
const NOTICES: u8 = b'n';
const OUTCOMES: u8 = b'y';

/// Who is told, and where they are reached. Kept before the journal hears of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContactRow {
    pub(crate) webhook: Option<String>,
    /// What calls of the webhook are signed with, where its client brought something of its own.
    pub(crate) secret: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) sms: Option<String>,
}

/// Something that somebody is still to be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NoticeRow {
    pub(crate) delivery: DeliveryId,
    pub(crate) contact: u128,
    pub(crate) stage: Stage,
    /// When the stage began.
    pub(crate) at: SimTime,
    pub(crate) drone: Option<DroneId>,
    pub(crate) parcel_at: Place,
    pub(crate) pickup_eta: Option<SimTime>,
    pub(crate) delivery_eta: Option<SimTime>,
}

/// What has become of a notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OutcomeRow {
    pub(crate) stage: Stage,
    pub(crate) channel: Channel,
    pub(crate) state: NoticeState,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// When it was tried first and last: wall clock, microseconds since 1970; `None` before it was.
    pub(crate) tried_unix_micros: Option<(i64, i64)>,
    /// Why it failed last.
    pub(crate) error: Option<String>,
}

/// How far a notice has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NoticeState {
    /// It waits for its turn.
    Pending,
    /// It failed and is tried again.
    Retrying,
    /// It was taken.
    Delivered,
    /// It is tried no more.
    Parked,
}

/// The place of a notice: by the event that it tells of, then by who is told and how. Those told first come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeKey {
    /// The number of the event.
    pub event: u64,
    /// The number of the event by which somebody asked.
    pub subscription: u64,
    /// How they are told.
    pub channel: Channel,
}

/// Who is told.
pub(crate) fn contact_row(contact: u128) -> Key {
    Key::of(CONTACTS).pseudonym(contact)
}

/// All that is still to be told, in order.
pub(crate) fn notices() -> Key {
    Key::of(NOTICES)
}

/// Something that is still to be told.
pub(crate) fn notice_row(key: NoticeKey) -> Key {
    place(notices(), key)
}

/// What has become of all notices of a delivery.
pub(crate) fn outcome_rows(delivery: DeliveryId) -> Key {
    Key::of(OUTCOMES).delivery(delivery)
}

/// What has become of a notice.
pub(crate) fn outcome_row(delivery: DeliveryId, key: NoticeKey) -> Key {
    place(outcome_rows(delivery), key)
}

fn place(table: Key, key: NoticeKey) -> Key {
    let channel = match key.channel {
        Channel::Webhook => 0,
        Channel::Email => 1,
        Channel::Sms => 2,
    };
    table.number(key.event).number(key.subscription).number(channel)
}

/// The place that a row's key ends with.
pub(crate) fn notice_key(key: &[u8]) -> Option<NoticeKey> {
    let (rest, channel) = key.split_last_chunk::<8>()?;
    let (rest, subscription) = rest.split_last_chunk::<8>()?;
    let (_, event) = rest.split_last_chunk::<8>()?;
    Some(NoticeKey {
        event: u64::from_be_bytes(*event),
        subscription: u64::from_be_bytes(*subscription),
        channel: match u64::from_be_bytes(*channel) {
            0 => Channel::Webhook,
            1 => Channel::Email,
            2 => Channel::Sms,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_back_its_place() {
        for channel in [Channel::Webhook, Channel::Email, Channel::Sms] {
            let key = NoticeKey {
                event: 7,
                subscription: u64::MAX,
                channel,
            };
            assert_eq!(notice_key(notice_row(key).bytes()), Some(key));
            assert_eq!(notice_key(outcome_row(DeliveryId(9), key).bytes()), Some(key));
        }
        assert_eq!(notice_key(b"x"), None);
    }
}
