//! Zones: where nobody may fly.

use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;

/// A no-fly zone, from the ground up.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Its name, unique in the scenario.
    pub name: String,
    /// Its outline.
    pub shape: ZoneShape,
    /// From when it is in force; `None`: from the start.
    pub from: Option<SimTime>,
    /// Until when it is in force; `None`: for ever.
    pub until: Option<SimTime>,
}

/// The outline of a zone.
#[derive(Clone, Debug, PartialEq)]
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
