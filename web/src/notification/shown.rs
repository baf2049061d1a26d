//! What clients are shown of notifications, and what receivers are told.

use serde::Serialize;
use skyhaul_actors::command::Channel;
use utoipa::ToSchema;

use super::row::{ContactRow, NoticeKey, NoticeRow, NoticeState, OutcomeRow};
use crate::calendar::{Calendar, unix_micros_text};
use crate::delivery::row::Subscription;
use crate::location::Location;

/// The type of the events that receivers are told of.
const EVENT_TYPE: &str = "skyhaul.delivery.stage.v1";

/// Who is told, and what has become of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationResponse {
    /// Its number among all.
    id: u64,
    /// The address that is called.
    webhook: Option<String>,
    /// Where e-mail goes.
    email_address: Option<String>,
    /// Where text messages go.
    sms: Option<String>,
    /// What was told, oldest first, and what is still tried.
    notices: Vec<NoticeResponse>,
}

/// A notice, and what has become of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NoticeResponse {
    /// The stage that it tells of.
    stage: &'static str,
    /// How: `webhook`, `email` or `sms`.
    channel: &'static str,
    /// `pending`, `retrying`, `delivered`, or `parked`: it is tried no more.
    state: &'static str,
    /// How often it was tried.
    attempts: u32,
    /// When it was tried last.
    last_attempt_at: Option<String>,
    /// Why it failed last.
    error: Option<String>,
}

/// The name of a channel.
pub(crate) const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Webhook => "webhook",
        Channel::Email => "email",
        Channel::Sms => "sms",
    }
}

impl NotificationResponse {
    /// Somebody with the notices that are theirs.
    pub(crate) fn new(
        subscription: &Subscription,
        contact: ContactRow,
        notices: Vec<NoticeResponse>,
    ) -> Self {
        Self {
            id: subscription.number,
            webhook: contact.webhook,
            email_address: contact.email,
            sms: contact.sms,
            notices,
        }
    }
}

impl NoticeResponse {
    /// What has become of it.
    pub(crate) fn new(outcome: &OutcomeRow) -> Self {
        Self {
            stage: outcome.stage.name(),
            channel: channel_name(outcome.channel),
            state: match outcome.state {
                NoticeState::Pending => "pending",
                NoticeState::Retrying => "retrying",
                NoticeState::Delivered => "delivered",
                NoticeState::Parked => "parked",
            },
            attempts: outcome.attempts,
            last_attempt_at: outcome.tried_unix_micros.map(|(_, last)| unix_micros_text(last)),
            error: outcome.error.clone(),
        }
    }
}

/// An event as receivers get it: `CloudEvents` 1.0, structured JSON. One that comes again has the same `source` and `id`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CloudEvent {
    specversion: &'static str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: &'static str,
    subject: String,
    time: String,
    datacontenttype: &'static str,
    data: StageData,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StageData {
    delivery_id: String,
    stage: &'static str,
    drone_id: Option<String>,
    last_known_location: Location,
    #[serde(rename = "pickupETA")]
    pickup_eta: Option<String>,
    #[serde(rename = "deliveryETA")]
    delivery_eta: Option<String>,
    /// Whom a text message is for; only its gateway is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

impl CloudEvent {
    /// What a notice says.
    pub(crate) fn new(key: NoticeKey, notice: &NoticeRow, to: Option<String>, calendar: &Calendar) -> Self {
        let delivery = notice.delivery.to_string();
        Self {
            specversion: "1.0",
            id: key.event.to_string(),
            source: format!("/api/deliveries/{delivery}"),
            kind: EVENT_TYPE,
            time: calendar.text(notice.at),
            datacontenttype: "application/json",
            data: StageData {
                stage: notice.stage.name(),
                drone_id: notice.drone.map(|drone| drone.to_string()),
                last_known_location: notice.parcel_at.into(),
                pickup_eta: notice.pickup_eta.map(|at| calendar.text(at)),
                delivery_eta: notice.delivery_eta.map(|at| calendar.text(at)),
                delivery_id: delivery.clone(),
                to,
            },
            subject: delivery,
        }
    }

    /// The same in words, for people: a subject and a text.
    pub(crate) fn words(&self) -> (String, String) {
        let Self { data, .. } = self;
        let what = match data.stage {
            "HeadedToPickup" => "is on its way to be picked up",
            "HeadedToDropoff" => "was picked up and is on its way to you",
            "Completed" => "has arrived",
            "Cancelled" => "was cancelled",
            _ => "waits to be picked up",
        };
        let subject = format!("Your delivery {what}");
        let eta = match (data.stage, &data.delivery_eta) {
            ("Completed" | "Cancelled", _) | (_, None) => String::new(),
            (_, Some(eta)) => format!("\nIt is expected at {eta} (UTC)."),
        };
        (subject, format!("Delivery {} {what}.{eta}\n", data.delivery_id))
    }
}
