//! Zones: where nobody may fly.

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};

/// From when a zone is told of until it comes into force, at the least: long enough for whatever flies there to leave it by the shortest
/// way or to land, so that nothing is ever in the air in a zone in force. The slowest descent from 122 m takes a minute.
pub const ZONE_NOTICE: SimDuration = SimDuration::from_mins(2);

/// A no-fly zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Zone {
    /// Its name, unique in the scenario.
    pub name: String,
    /// Its outline.
    pub shape: ZoneShape,
    /// From when it is in force; `None`: from the start.
    pub from: Option<SimTime>,
    /// Until when it is in force; `None`: for ever.
    pub until: Option<SimTime>,
    /// From when it is known; before that nobody plans round it. `None`: from the start.
    pub announced: Option<SimTime>,
    /// Metres above ground from which it reaches up; what cruises below may pass.
    pub floor_m: f64,
    /// Metres above ground up to which it reaches; what cruises above may pass, but not climb or descend through it. `None`: without end.
    pub ceiling_m: Option<f64>,
}

/// The outline of a zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ZoneShape {
    /// A disc.
    Circle {
        /// Its centre.
        centre: Position,
        /// Its radius in metres.
        radius_m: f64,
    },
    /// A simple polygon, not closed (the first point is not repeated).
    Polygon(Vec<Position>),
}

impl Zone {
    /// A zone that is known and in force at all times, from the ground up.
    #[must_use]
    pub const fn permanent(name: String, shape: ZoneShape) -> Self {
        Self {
            name,
            shape,
            from: None,
            until: None,
            announced: None,
            floor_m: 0.0,
            ceiling_m: None,
        }
    }

    /// The zone where it is told of at `announced`: it comes into force [`ZONE_NOTICE`] later at the soonest.
    #[must_use]
    pub fn told_of_at(self, announced: SimTime) -> Self {
        let soonest = announced + ZONE_NOTICE;
        Self {
            announced: Some(announced),
            from: Some(self.from.map_or(soonest, |from| from.max(soonest))),
            ..self
        }
    }

    /// Whether it is over at `time`.
    #[must_use]
    pub fn is_over(&self, time: SimTime) -> bool {
        self.until.is_some_and(|until| until <= time)
    }

    /// Whether it is an outline of which something can be kept out, and reaches up from where it begins.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let has_outline = match &self.shape {
            ZoneShape::Circle { radius_m, .. } => radius_m.is_finite() && *radius_m > 0.0,
            ZoneShape::Polygon(corners) => corners.len() >= 3,
        };
        let has_height = self.floor_m.is_finite()
            && self.floor_m >= 0.0
            && self.ceiling_m.is_none_or(|ceiling_m| ceiling_m > self.floor_m);
        has_outline && has_height
    }
}
