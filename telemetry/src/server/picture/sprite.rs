//! A drone in the picture, and how it is said in JSON: made once, when someone who speaks that is first shown it.

use std::sync::OnceLock;

use skyhaul_actors::environment::Epoch;
use skyhaul_actors::ids::{DepotId, DroneId};
use skyhaul_engine::time::SimTime;

use crate::frame;
use crate::server::scope::Shape;
use crate::tiles::Tile;
use crate::tracks::motion::along;
use crate::view::DroneView;

/// A drone in the picture.
pub(super) struct Sprite {
    pub(super) drone: DroneId,
    pub(super) home: DepotId,
    /// The event since which it looks so.
    pub(super) since: u64,
    pub(super) shape: Shape,
    pub(super) tiles: Box<[Tile]>,
    /// In JSON, made when someone who speaks that is first shown it: the leg where it flies, the position where it stands.
    pub(super) json: OnceLock<String>,
    /// As it was when the shape was drawn.
    pub(super) view: DroneView,
    pub(super) capacity_wh: f64,
    /// Where it flies: its position at this tick, encoded when first asked for.
    pub(super) position: OnceLock<String>,
}

impl Sprite {
    /// Whether nobody can tell them apart.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        match (&self.shape, &other.shape) {
            (Shape::Flies(leg), Shape::Flies(other_leg)) => {
                leg == other_leg && self.view.state == other.view.state
            }
            (Shape::Stands(_), Shape::Stands(_)) => self.view == other.view,
            _ => false,
        }
    }

    /// The leg where it flies, the position where it stands.
    pub(super) fn json(&self, epoch: &Epoch) -> &str {
        self.json.get_or_init(|| match &self.shape {
            Shape::Flies(leg) => frame::leg(leg, epoch),
            Shape::Stands(_) => frame::position(&self.view, epoch),
        })
    }

    /// Its position at this tick.
    pub(super) fn position(&self, now: SimTime, epoch: &Epoch) -> &str {
        self.position
            .get_or_init(|| frame::position(&self.moved(now), epoch))
    }

    /// The drone at this tick.
    pub(super) fn moved(&self, now: SimTime) -> DroneView {
        let Shape::Flies(leg) = &self.shape else {
            return self.view.clone();
        };
        let motion = along(leg, now);
        DroneView {
            at: motion.at,
            altitude_m: motion.altitude_m,
            heading_deg: motion.heading_deg,
            speed_mps: motion.speed_mps,
            climb_mps: motion.climb_mps,
            battery: (motion.battery_wh / self.capacity_wh).clamp(0.0, 1.0),
            arrives_at: Some(leg.arrives().max(now)),
            ..self.view.clone()
        }
    }
}
