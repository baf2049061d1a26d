//! The door: who may look, and at what. The services decide; telemetry asks them once a client, once a delivery, and whether it still holds.

use std::sync::Arc;

use skyhaul_actors::ids::DeliveryId;

/// What a client may look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// All there is.
    All,
    /// Deliveries of one owner, and nothing else.
    Owner(String),
    /// One delivery, and nothing else.
    One(DeliveryId),
}

/// What lets a client in.
#[derive(Clone)]
pub struct Pass {
    /// What it may look at.
    pub sight: Sight,
    /// Says when that ends; `None`: never.
    pub lease: Option<Arc<dyn Lease>>,
}

/// A permission that may end while a client looks.
pub trait Lease: Send + Sync {
    /// Whether it still holds. It is asked every few seconds for every client, so it must be cheap.
    fn holds(&self) -> bool;
}

/// Decides who may look.
pub trait Door: Send + Sync {
    /// What whoever shows this key may look at; `None` where they may not come in.
    fn pass(&self, key: Option<&str>) -> Option<Pass>;

    /// Whether the delivery is one of the owner's.
    fn owns(&self, owner: &str, delivery: DeliveryId) -> bool;
}

/// A door that stands open.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenDoor;

impl Door for OpenDoor {
    fn pass(&self, _: Option<&str>) -> Option<Pass> {
        Some(Pass {
            sight: Sight::All,
            lease: None,
        })
    }

    fn owns(&self, _: &str, _: DeliveryId) -> bool {
        true
    }
}
