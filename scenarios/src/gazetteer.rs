//! Gazetteer: what a client's words for a place mean.

use skyhaul_actors::command::Place;
use skyhaul_actors::environment::{Area, Environment};

use crate::scenario::Scenario;

/// Turns texts into places.
#[derive(Clone, Debug)]
pub struct Gazetteer {
    area: Area,
}

/// Why a text names no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceRefusal {
    /// There is no such place, and none is to be made up.
    #[error(
        "`{text}` names no place known here; give \"latitude,longitude\", a postcode, or the name of a depot or place"
    )]
    Unknown {
        /// What was said.
        text: String,
    },
}

impl Gazetteer {
    /// The places of a scenario, in the world that was built from it.
    #[must_use]
    pub fn new(_scenario: &Scenario, environment: &Environment) -> Self {
        Self {
            area: environment.area,
        }
    }

    /// The place a text means. `strict`: a text that names no place is refused, instead of standing for a point of the area.
    ///
    /// # Errors
    /// Where it names none.
    pub fn resolve(&self, text: &str, strict: bool) -> Result<Place, PlaceRefusal> {
        if strict {
            let text = text.to_owned();
            return Err(PlaceRefusal::Unknown { text });
        }
        Ok(Place {
            is_placeholder: true,
            ..Place::on_ground(self.area.centre)
        })
    }
}
