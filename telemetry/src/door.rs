//! The door: who may look, and at what. The services decide; telemetry asks them once a client, and once a delivery.

use skyhaul_actors::ids::DeliveryId;

/// What a client may look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// All there is.
    All,
    /// Deliveries of one owner, and nothing else.
    Owner(String),
}

/// Decides who may look.
pub trait Door: Send + Sync {
    /// What whoever shows this key may look at; `None` where they may not come in.
    fn sight(&self, key: Option<&str>) -> Option<Sight>;

    /// Whether the delivery is one of the owner's.
    fn owns(&self, owner: &str, delivery: DeliveryId) -> bool;
}

/// A door that stands open.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenDoor;

impl Door for OpenDoor {
    fn sight(&self, _: Option<&str>) -> Option<Sight> {
        Some(Sight::All)
    }

    fn owns(&self, _: &str, _: DeliveryId) -> bool {
        true
    }
}
