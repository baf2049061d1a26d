//! What clients may ask, and why they are refused.

use serde::Deserialize;
use serde_json::Value;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::ids::{DeliveryId, DepotId, DroneId};
use thiserror::Error;

use super::scope::{Mode, Scope};
use crate::tiles::Bbox;

/// The fastest a subscription may be served: as often as the server ticks.
pub(super) const HZ_MAX: f64 = 10.0;

/// The slowest; the server forgets what happened longer ago.
const HZ_MIN: f64 = 0.1;

/// How often what moves or is counted is sent where nothing is said: often enough to read, slow enough for a phone.
const HZ_DEFAULT: f64 = 1.0;

/// How often legs are sent where nothing is said: they come only when something changes, and a map shows a take-off late otherwise.
const HZ_OF_LEGS_DEFAULT: f64 = HZ_MAX;

/// The longest name of a subscription: longer than any a program would make up, short enough to send with each frame.
const ID_BYTES_MAX: usize = 64;

/// Something a client asks.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Request {
    /// Send me this from now on.
    Subscribe {
        /// The client's name for it.
        id: String,
        /// What.
        topic: Topic,
        /// How often at most.
        hz: f64,
        /// What was seen on an earlier socket.
        since: Option<Since>,
    },
    /// Send it no more.
    Unsubscribe {
        /// Which.
        id: String,
    },
    /// Go on after the last frame I have seen.
    Resume {
        /// Which.
        id: String,
        /// The last number seen.
        after: u64,
    },
}

/// The picture and the tick of the last frame of drones that a client saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Since {
    pub(super) epoch: u32,
    pub(super) tick: u64,
}

/// What can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Topic {
    /// Drones.
    Fleet(Scope, Mode),
    /// A delivery.
    Delivery(DeliveryId),
    /// The fleet's figures.
    Stats,
}

/// Why something was refused. The socket stays open.
#[derive(Clone, Debug, PartialEq, Error)]
pub(super) enum Refusal {
    #[error("a message is a JSON object as text: {0}")]
    BadMessage(String),
    #[error("`op` is `subscribe`, `unsubscribe` or `resume`")]
    UnknownOp,
    #[error("`id` is a text of 1 to {ID_BYTES_MAX} bytes")]
    BadId,
    #[error("`topic` is `fleet`, `drone:{{id}}`, `delivery:{{id}}`, `depot:{{name}}` or `stats`")]
    UnknownTopic,
    #[error("your key opens `delivery:{{id}}` of your own deliveries only")]
    Forbidden,
    #[error("there is no drone `{0}`")]
    UnknownDrone(String),
    #[error("there is no depot `{0}`")]
    UnknownDepot(String),
    #[error("there is no delivery `{0}`, or it ended long ago")]
    UnknownDelivery(String),
    #[error("`bbox` is [west, south, east, north] in degrees, west ≤ east and south ≤ north")]
    BadBbox,
    #[error("`mode` is `legs` or `positions`")]
    BadMode,
    #[error("`hz` is a number from {HZ_MIN} to {HZ_MAX}")]
    BadHz,
    #[error("`hz` is at most {HZ_MAX}")]
    HzLimit,
    #[error("`epoch` is that of a `hello`, `tick` that of a frame of drones: both or neither")]
    BadSince,
    #[error("`after` is a number of a frame that was sent")]
    BadAfter,
    #[error("there is no subscription `{0}` on this socket")]
    UnknownSubscription(String),
    #[error("a client has at most {0} subscriptions")]
    SubscriptionLimit(usize),
    #[error("an address has at most {0} clients; subscribe again when another has left")]
    ClientLimit(usize),
}

impl Refusal {
    /// The code on the wire.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::BadMessage(_) => "bad_message",
            Self::UnknownOp => "unknown_op",
            Self::BadId => "bad_id",
            Self::UnknownTopic => "unknown_topic",
            Self::Forbidden => "forbidden",
            Self::UnknownDrone(_) => "unknown_drone",
            Self::UnknownDepot(_) => "unknown_depot",
            Self::UnknownDelivery(_) => "unknown_delivery",
            Self::BadBbox => "bad_bbox",
            Self::BadMode => "bad_mode",
            Self::BadHz => "bad_hz",
            Self::HzLimit => "hz_limit",
            Self::BadSince => "bad_since",
            Self::BadAfter => "bad_after",
            Self::UnknownSubscription(_) => "unknown_subscription",
            Self::SubscriptionLimit(_) => "subscription_limit",
            Self::ClientLimit(_) => "client_limit",
        }
    }
}

/// A message as it comes; what is wrong in it is said field by field.
#[derive(Deserialize)]
struct Message {
    op: Option<Value>,
    id: Option<Value>,
    topic: Option<Value>,
    bbox: Option<Value>,
    mode: Option<Value>,
    hz: Option<Value>,
    epoch: Option<Value>,
    tick: Option<Value>,
    after: Option<Value>,
}

/// Reads a message. With a refusal comes the subscription it is about, where that much could be read.
pub(super) fn read(text: &str, environment: &Environment) -> Result<Request, (Refusal, Option<String>)> {
    let message: Message =
        serde_json::from_str(text).map_err(|error| (Refusal::BadMessage(error.to_string()), None))?;
    let id = message.id.as_ref().and_then(Value::as_str);
    let id = id
        .filter(|id| (1..=ID_BYTES_MAX).contains(&id.len()))
        .map(str::to_owned);
    let about = id.clone();
    let op = message.op.as_ref().and_then(Value::as_str);
    let request = match (op, id) {
        (Some("subscribe" | "unsubscribe" | "resume"), None) => Err(Refusal::BadId),
        (Some("subscribe"), Some(id)) => subscribe(&message, id, environment),
        (Some("unsubscribe"), Some(id)) => Ok(Request::Unsubscribe { id }),
        (Some("resume"), Some(id)) => {
            let after = message.after.as_ref().and_then(Value::as_u64);
            after
                .map(|after| Request::Resume { id, after })
                .ok_or(Refusal::BadAfter)
        }
        _ => Err(Refusal::UnknownOp),
    };
    request.map_err(|refusal| (refusal, about))
}

fn subscribe(message: &Message, id: String, environment: &Environment) -> Result<Request, Refusal> {
    let mode = mode(message.mode.as_ref())?;
    let bbox = message.bbox.as_ref().map(bbox).transpose()?;
    let topic = topic(message.topic.as_ref(), bbox, mode, environment)?;
    let usual = match topic {
        Topic::Fleet(_, Mode::Legs) => HZ_OF_LEGS_DEFAULT,
        Topic::Fleet(_, Mode::Positions) | Topic::Delivery(_) | Topic::Stats => HZ_DEFAULT,
    };
    let hz = hz(message.hz.as_ref(), usual)?;
    let since = since(message)?;
    Ok(Request::Subscribe { id, topic, hz, since })
}

fn since(message: &Message) -> Result<Option<Since>, Refusal> {
    let (Some(epoch), Some(tick)) = (&message.epoch, &message.tick) else {
        let neither = message.epoch.is_none() && message.tick.is_none();
        return neither.then_some(None).ok_or(Refusal::BadSince);
    };
    let epoch = epoch.as_u64().and_then(|epoch| u32::try_from(epoch).ok());
    let since = epoch
        .zip(tick.as_u64())
        .map(|(epoch, tick)| Since { epoch, tick });
    since.map(Some).ok_or(Refusal::BadSince)
}

fn mode(value: Option<&Value>) -> Result<Mode, Refusal> {
    match value.map(Value::as_str) {
        None | Some(Some("legs")) => Ok(Mode::Legs),
        Some(Some("positions")) => Ok(Mode::Positions),
        Some(_) => Err(Refusal::BadMode),
    }
}

fn hz(value: Option<&Value>, usual: f64) -> Result<f64, Refusal> {
    let Some(value) = value else { return Ok(usual) };
    match value.as_f64() {
        Some(hz) if hz > HZ_MAX => Err(Refusal::HzLimit),
        Some(hz) if hz >= HZ_MIN => Ok(hz),
        _ => Err(Refusal::BadHz),
    }
}

fn bbox(value: &Value) -> Result<Bbox, Refusal> {
    let corners = value.as_array().ok_or(Refusal::BadBbox)?;
    let degrees: Option<Vec<f64>> = corners.iter().map(Value::as_f64).collect();
    let degrees: Option<[f64; 4]> = degrees.and_then(|degrees| degrees.try_into().ok());
    degrees.and_then(Bbox::new).ok_or(Refusal::BadBbox)
}

fn topic(
    value: Option<&Value>,
    bbox: Option<Bbox>,
    mode: Mode,
    environment: &Environment,
) -> Result<Topic, Refusal> {
    let topic = value.and_then(Value::as_str).ok_or(Refusal::UnknownTopic)?;
    match topic.split_once(':') {
        None if topic == "fleet" => Ok(Topic::Fleet(bbox.map_or(Scope::All, Scope::Within), mode)),
        None if topic == "stats" => Ok(Topic::Stats),
        Some(("drone", id)) => {
            let drone: DroneId = id.parse().map_err(|_| Refusal::UnknownDrone(id.to_owned()))?;
            Ok(Topic::Fleet(Scope::Drone(drone), mode))
        }
        Some(("delivery", id)) => {
            let delivery: DeliveryId = id.parse().map_err(|_| Refusal::UnknownDelivery(id.to_owned()))?;
            Ok(Topic::Delivery(delivery))
        }
        Some(("depot", name)) => {
            let place = environment.depots.iter().position(|depot| depot.name == name);
            let depot = place.and_then(|place| u16::try_from(place).ok());
            let depot = depot.ok_or_else(|| Refusal::UnknownDepot(name.to_owned()))?;
            Ok(Topic::Fleet(Scope::Depot(DepotId(depot)), mode))
        }
        _ => Err(Refusal::UnknownTopic),
    }
}
