//! Gazetteer: what a client's words for a place mean.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use skyhaul_actors::airspace::Airspace;
use skyhaul_actors::command::Place;
use skyhaul_actors::energy::powers;
use skyhaul_actors::environment::{AircraftSpec, Area, Environment, Weather, WeatherSeries, Zone};
use skyhaul_actors::mission::READY_SHARE;
use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Kilograms;

use crate::scenario::Scenario;

/// Altitudes of places, m above ground: from a deep cellar to above the tallest building.
const ALTITUDE_M: std::ops::RangeInclusive<f32> = -100.0..=1_000.0;

/// Placeholders keep this share of the area's radius, so that a way to them seldom leaves the area.
const PLACEHOLDER_SHARE: f64 = 0.75;

/// A drone that flies home → pickup → drop-off → home flies at most four times the distance of the farther of the two from home.
const LEGS_OF_A_MISSION: f64 = 4.0;

/// Points drawn for a placeholder in the favoured disc, then in the whole area, before the depot itself stands for it.
const DRAWS_MAX: usize = 256;

/// Turns texts into places.
#[derive(Clone, Debug)]
pub struct Gazetteer {
    area: Area,
    /// All zones, as if always in force: what closes tomorrow is no good place today.
    closed: Airspace,
    named: BTreeMap<String, NamedPlace>,
    landmarks: Landmarks,
    /// Where placeholders are favoured: round a depot, within its strongest drones' reach.
    favoured: Area,
}

/// A place with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPlace {
    /// Its name as the scenario writes it.
    pub name: String,
    /// Where it is.
    pub at: Position,
}

/// What of a city everyone may see who is shown a map of it: nothing that its operator has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Landmarks {
    /// Places of the scenario's lists, each name once, by name.
    pub places: Vec<NamedPlace>,
    /// Airports, in the order of their list.
    pub airports: Vec<NamedPlace>,
}

/// Why a text names no place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlaceRefusal {
    /// It says nothing.
    #[error("is empty; give \"latitude,longitude\", a postcode, or the name of a depot or place")]
    Empty,
    /// Its numbers are no place on the Earth.
    #[error("`{text}`: {what} must be between {low} and {high}")]
    OutOfRange {
        /// What was said.
        text: String,
        /// Which of its numbers.
        what: &'static str,
        /// The least it may be.
        low: f64,
        /// The most it may be.
        high: f64,
    },
    /// It lies where nobody delivers.
    #[error(
        "`{text}` lies {distance_m:.0} m from the centre of the service area, whose radius is {radius_m} m"
    )]
    OutsideArea {
        /// What was said.
        text: String,
        /// How far from the area's centre.
        distance_m: f64,
        /// The area's radius.
        radius_m: f64,
    },
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
    pub fn new(scenario: &Scenario, environment: &Environment) -> Self {
        let depots = environment
            .depots
            .iter()
            .map(|depot| (depot.name.as_str(), depot.at));
        let listed = || {
            let listed = scenario.named_places().iter();
            listed.map(|(name, at)| (name.as_str(), *at))
        };
        let airports = scenario.airports().iter();
        Self {
            landmarks: Landmarks {
                places: by_name(listed()).into_values().collect(),
                airports: airports.map(|(name, at)| NamedPlace::new(name, *at)).collect(),
            },
            area: environment.area,
            closed: Airspace::new(&all_in_force(environment)),
            named: by_name(depots.chain(listed())),
            favoured: favoured(environment),
        }
    }

    /// What everyone may see of the city.
    #[must_use]
    pub const fn landmarks(&self) -> &Landmarks {
        &self.landmarks
    }

    /// The place a text means: `"lat,lon"`, `"alt,lat,lon"`, a known name whatever the case of its letters, else a point that the text always
    /// stands for. `strict`: the last is refused.
    ///
    /// # Errors
    /// Where it names none, or numbers that are no place in the area.
    pub fn resolve(&self, text: &str, strict: bool) -> Result<Place, PlaceRefusal> {
        if text.trim().is_empty() {
            return Err(PlaceRefusal::Empty);
        }
        if let Some(place) = coordinates(text)? {
            return self.within_area(text, place);
        }
        let key = key(text);
        if let Some(place) = self.named.get(&key) {
            return Ok(Place::on_ground(place.at));
        }
        if strict {
            let text = text.to_owned();
            return Err(PlaceRefusal::Unknown { text });
        }
        Ok(Place {
            is_placeholder: true,
            ..Place::on_ground(self.placeholder(&key))
        })
    }

    /// Places whose name has the text in it, in any letter case: those that begin with it first, then by name.
    pub fn find(&self, text: &str) -> impl Iterator<Item = &NamedPlace> {
        let wanted = key(text);
        let having = wanted.clone();
        let begins = self.named.range(wanted.clone()..);
        let first = begins.take_while(move |(key, _)| key.starts_with(&wanted));
        let others = self.named.iter();
        let then = others.filter(move |(key, _)| key.contains(&having) && !key.starts_with(&having));
        first.chain(then).map(|(_, place)| place)
    }

    fn within_area(&self, text: &str, place: Place) -> Result<Place, PlaceRefusal> {
        if self.area.contains(place.at) {
            return Ok(place);
        }
        Err(PlaceRefusal::OutsideArea {
            text: text.to_owned(),
            distance_m: self.area.centre.distance_m(place.at),
            radius_m: self.area.radius_m,
        })
    }

    /// An open point of the area, always the same for the same text.
    fn placeholder(&self, key: &str) -> Position {
        let digest = Sha256::digest(key.as_bytes());
        let seed = digest
            .iter()
            .take(8)
            .fold(0, |seed: u64, byte| (seed << 8) | u64::from(*byte));
        let mut random = RandomStream::new(seed, 0);
        let core_m = self.area.radius_m * PLACEHOLDER_SHARE;
        let is_good = |at: &Position, radius_m| {
            self.area.centre.distance_m(*at) <= radius_m && !self.closed.is_closed(*at, SimTime::ZERO)
        };
        let near = (0..DRAWS_MAX)
            .map(|_| draw(&mut random, &self.favoured))
            .find(|at| is_good(at, core_m));
        near.or_else(|| {
            (0..DRAWS_MAX)
                .map(|_| draw(&mut random, &self.area))
                .find(|at| is_good(at, self.area.radius_m))
        })
        .unwrap_or(self.favoured.centre)
    }
}

/// Places by their names as those are looked up; of several with one name the first.
fn by_name<'a>(places: impl Iterator<Item = (&'a str, Position)>) -> BTreeMap<String, NamedPlace> {
    let mut named = BTreeMap::new();
    for (name, at) in places {
        named
            .entry(key(name))
            .or_insert_with(|| NamedPlace::new(name, at));
    }
    named
}

impl NamedPlace {
    fn new(name: &str, at: Position) -> Self {
        Self {
            name: name.to_owned(),
            at,
        }
    }
}

/// A name as it is looked up: case, and how much space stands where, do not matter.
fn key(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// The place that two or three numbers mean; `None` where the text is anything else.
fn coordinates(text: &str) -> Result<Option<Place>, PlaceRefusal> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let (altitude, lat, lon) = match parts.as_slice() {
        [lat, lon] => (None, lat, lon),
        [altitude, lat, lon] => (Some(altitude), lat, lon),
        _ => return Ok(None),
    };
    let altitude_m = altitude.map_or(Ok(0.0), |altitude| altitude.parse::<f32>());
    let (Ok(altitude_m), Ok(lat), Ok(lon)) = (altitude_m, lat.parse::<f64>(), lon.parse::<f64>()) else {
        return Ok(None);
    };
    let check = |what, value: f64, low: f64, high: f64| {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        let text = text.to_owned();
        Err(PlaceRefusal::OutOfRange {
            text,
            what,
            low,
            high,
        })
    };
    let (low, high) = (f64::from(*ALTITUDE_M.start()), f64::from(*ALTITUDE_M.end()));
    check("altitude", f64::from(altitude_m), low, high)?;
    check("latitude", lat, -90.0, 90.0)?;
    check("longitude", lon, -180.0, 180.0)?;
    Ok(Position::new(lat, lon).map(|at| Place {
        altitude_m,
        ..Place::on_ground(at)
    }))
}

/// The world with every zone in force at all times.
fn all_in_force(environment: &Environment) -> Environment {
    let zones = environment.zones.iter().map(|zone| Zone {
        from: None,
        until: None,
        announced: None,
        ..zone.clone()
    });
    Environment {
        zones: zones.collect(),
        demand: None,
        ..environment.clone()
    }
}

/// The disc round a home of the strongest aircraft in which it can fly any mission; of equals, the home nearest to the area's centre.
fn favoured(environment: &Environment) -> Area {
    let centre = environment.area.centre;
    let strongest = environment
        .fleets
        .iter()
        .map(|fleet| {
            (
                environment.aircraft(fleet.aircraft),
                environment.depot(fleet.depot).at,
            )
        })
        .max_by(|(a, home_a), (b, home_b)| {
            let nearer = centre.distance_m(*home_b).total_cmp(&centre.distance_m(*home_a));
            a.payload_max.cmp(&b.payload_max).then(nearer)
        });
    strongest.map_or(environment.area, |(aircraft, home)| Area {
        centre: home,
        radius_m: reach_m(
            aircraft,
            &typical(environment.weather.at_level(aircraft.altitude_m)),
        ) / LEGS_OF_A_MISSION,
    })
}

/// The series' mean wind and air, so that places do not depend on the day on which they are first named.
fn typical(series: &WeatherSeries) -> Weather {
    let rows = series.rows();
    let mean =
        |of: fn(&Weather) -> f64| rows.iter().map(|row| of(&row.weather)).sum::<f64>() / rows.len() as f64;
    Weather {
        wind_mps: mean(|weather| weather.wind_mps),
        rho: mean(|weather| weather.rho),
        ..Weather::STANDARD
    }
}

/// How far an aircraft flies against the wind with half its payload, climbs and descents of three legs paid for.
fn reach_m(aircraft: &AircraftSpec, weather: &Weather) -> f64 {
    let payload = Kilograms::new(aircraft.payload_max.get() / 2.0);
    let draws = powers(aircraft, payload, weather.rho);
    let usable_ws = aircraft.battery_capacity.get() * (READY_SHARE - aircraft.reserve) * 3_600.0;
    let leg_ws = draws.take_off * aircraft.altitude_m / aircraft.climb_mps
        + draws.landing * aircraft.altitude_m / aircraft.descent_mps;
    let speed = aircraft.cruise_mps - weather.wind_mps;
    ((usable_ws - 3.0 * leg_ws) / draws.cruise * speed).max(0.0)
}

/// A point of a disc, every part of it alike.
fn draw(random: &mut RandomStream, disc: &Area) -> Position {
    let distance_m = disc.radius_m * random.unit().sqrt();
    let angle = random.unit() * std::f64::consts::TAU;
    let plane = LocalPlane::new(disc.centre);
    plane.to_position((distance_m * libm::cos(angle), distance_m * libm::sin(angle)))
}
