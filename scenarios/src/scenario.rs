//! A scenario that has been checked: what a run or a service is made from.

use jiff::Timestamp;
use skyhaul_actors::airspace::Airspace;
use skyhaul_actors::environment::{Area, Environment, Epoch, Faults, Weather};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};
use toml::value::Offset;

use crate::bundle::ScenarioBundle;
use crate::error::ScenarioError;
use crate::file::{Field, Section, Source, read_tables};
use crate::weather::PlannedWeather;
use crate::zones::PlannedZone;

use self::airspace::ReadAirspace;
use self::demand::{Ground, SaidDemand};

mod aircraft;
mod airspace;
mod demand;
mod describe;
mod fleet;
mod incidents;
mod terms;

/// What `demand.pickups` says where parcels come from the depots.
pub(crate) const PICKUPS_AT_DEPOTS: &str = "depots";

/// The keys of the file.
const KEYS: &[&str] = &[
    "name",
    "seed",
    "start",
    "duration",
    "area",
    "demand",
    "depots",
    "fleets",
    "aircraft",
    "weather",
    "airspace",
    "dispatch",
    "carriers",
    "faults",
    "incidents",
];
const AREA_KEYS: &[&str] = &["centre", "radius"];

/// The longest run: ten years.
const DURATION_MAX: SimDuration = SimDuration::from_secs(10 * 366 * 86_400);

/// Radii of the service area, m: on a flat map a larger one is no longer true to scale.
const AREA_RADIUS_M: std::ops::RangeInclusive<f64> = 10.0..=200_000.0;

/// Farthest the area's centre may lie from the equator, degrees: nearer to the poles a flat map has no east.
const CENTRE_LAT_MAX: f64 = 80.0;

/// What differs from the file when a world is built.
#[derive(Clone, Copy, Debug)]
pub struct BuildOptions {
    /// Another seed than the file's.
    pub seed: Option<u64>,
    /// Virtual time 0 on the calendar, microseconds since 1970, instead of the file's `start`; its offset from UTC is kept.
    pub epoch_unix_micros: Option<i64>,
    /// Whether the file's demand goes on by itself.
    pub demand: bool,
}

impl Default for BuildOptions {
    /// As the file says.
    fn default() -> Self {
        Self {
            seed: None,
            epoch_unix_micros: None,
            demand: true,
        }
    }
}

/// A scenario whose every value has been checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The world, its zones and weather apart: their times depend on where virtual time begins.
    environment: Environment,
    zones: Vec<PlannedZone>,
    weather: PlannedWeather,
    duration: SimDuration,
    named: Vec<(String, Position)>,
    airports: Vec<(String, Position)>,
    said: Said,
}

/// What only the file knows, to be said again.
#[derive(Clone, Debug)]
struct Said {
    start: String,
    airports: Option<(String, f64)>,
    no_fly: Option<String>,
    demand: SaidDemand,
}

impl Scenario {
    /// Checks a scenario.
    ///
    /// # Errors
    /// The first mistake in it or in a file it names.
    pub fn parse(bundle: &ScenarioBundle) -> Result<Self, ScenarioError> {
        let source = Source::new(&bundle.name, &bundle.text);
        let tables = read_tables(&source, &bundle.text)?;
        let root = Section::open(&source, "", 0, tables.get_ref(), KEYS)?;
        Self::read(&root, bundle)
    }

    fn read(root: &Section<'_>, bundle: &ScenarioBundle) -> Result<Self, ScenarioError> {
        let name = root.require("name")?.text()?.to_owned();
        let seed = root.require("seed")?.whole(0..=u64::MAX)?;
        let start = root.require("start")?;
        let epoch = read_epoch(&start)?;
        let duration = root
            .require("duration")?
            .duration(SimDuration::from_secs(1)..=DURATION_MAX)?;
        let area = read_area(&root.require("area")?)?;
        let own_aircraft = aircraft::read(root)?;
        let (depots, places): (Vec<_>, Vec<_>) = fleet::read_depots(root, &area)?.into_iter().unzip();
        let (fleets, aircraft) = fleet::read_fleets(root, &depots, &own_aircraft)?;
        let airspace = airspace::read(root, bundle)?;
        let flown = terms::Flown {
            aircraft: &aircraft,
            epoch,
        };
        let weather = terms::read_weather(root, bundle, &flown)?;
        let outages = incidents::read(root, &depots)?;
        let mut environment = Environment {
            name,
            seed,
            epoch,
            area,
            depots,
            aircraft,
            fleets,
            weather: Weather::STANDARD.into(),
            zones: permanent(&airspace.zones, &epoch),
            dispatch: terms::read_dispatch(root)?,
            carriers: terms::read_carriers(root)?,
            faults: Faults {
                outages,
                ..terms::read_faults(root)?
            },
            demand: None,
        };
        let closed = Airspace::new(&environment);
        check_depots_are_open(&environment, &places, &closed)?;
        let ground = Ground {
            area,
            closed: &closed,
            bundle,
        };
        let demand = demand::read(root, &ground)?;
        environment.demand = Some(demand.demand);
        environment.zones = Vec::new();
        let airports_at = airspace.airports();
        let ReadAirspace {
            zones,
            airports,
            no_fly,
            ..
        } = airspace;
        Ok(Self {
            environment,
            zones,
            weather,
            duration,
            named: demand.named,
            airports: airports_at,
            said: Said {
                start: start.datetime()?.to_string(),
                airports,
                no_fly,
                demand: demand.said,
            },
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.environment.name
    }

    /// The seed that the file gives.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.environment.seed
    }

    /// How long a run of it lasts.
    #[must_use]
    pub const fn duration(&self) -> SimDuration {
        self.duration
    }

    /// The world it describes.
    #[must_use]
    pub fn environment(&self, options: BuildOptions) -> Environment {
        let mut environment = self.environment.clone();
        environment.seed = options.seed.unwrap_or(environment.seed);
        environment.epoch.unix_micros = options.epoch_unix_micros.unwrap_or(environment.epoch.unix_micros);
        let epoch = environment.epoch;
        environment.zones = self.zones.iter().filter_map(|zone| zone.zone(&epoch)).collect();
        environment.weather = self.weather.aloft(&epoch);
        if !options.demand {
            environment.demand = None;
        }
        environment
    }

    /// Everything it will run, defaults included: a scenario file that means the same.
    #[must_use]
    pub fn describe(&self) -> String {
        describe::write(self)
    }

    /// The places of its lists by their names, in the order of the lists.
    pub(crate) fn named_places(&self) -> &[(String, Position)] {
        &self.named
    }

    /// The airports whose surroundings are closed, by their names.
    pub(crate) fn airports(&self) -> &[(String, Position)] {
        &self.airports
    }
}

/// The zones that are in force at all times.
fn permanent(zones: &[PlannedZone], epoch: &Epoch) -> Vec<skyhaul_actors::environment::Zone> {
    zones
        .iter()
        .filter(|zone| zone.is_permanent())
        .filter_map(|zone| zone.zone(epoch))
        .collect()
}

fn read_epoch(start: &Field<'_>) -> Result<Epoch, ScenarioError> {
    let datetime = start.datetime()?;
    let timestamp: Timestamp = datetime
        .to_string()
        .parse()
        .map_err(|error| start.refuse(format_args!("is {datetime}, which is no time: {error}")))?;
    let utc_offset_s = match datetime.offset {
        Some(Offset::Custom { minutes }) => i32::from(minutes) * 60,
        Some(Offset::Z) | None => 0,
    };
    Ok(Epoch {
        unix_micros: timestamp.as_microsecond(),
        utc_offset_s,
    })
}

fn read_area(field: &Field<'_>) -> Result<Area, ScenarioError> {
    let section = field.table(AREA_KEYS)?;
    let centre_field = section.require("centre")?;
    let centre = centre_field.position()?;
    if centre.lat().abs() > CENTRE_LAT_MAX {
        return Err(centre_field.refuse(format_args!(
            "is nearer to a pole than {CENTRE_LAT_MAX} degrees of latitude; choose another place"
        )));
    }
    let radius_m = section.require("radius")?.number(AREA_RADIUS_M)?;
    Ok(Area { centre, radius_m })
}

/// A drone could never leave a depot that lies in a zone.
fn check_depots_are_open(
    environment: &Environment,
    places: &[Field<'_>],
    closed: &Airspace,
) -> Result<(), ScenarioError> {
    let shut = environment
        .depots
        .iter()
        .zip(places)
        .find(|(depot, _)| closed.is_closed(depot.at, SimTime::ZERO));
    shut.map_or(Ok(()), |(depot, place)| {
        Err(place.refuse(format_args!(
            "`{}` lies in a no-fly zone, or too near to one to take off; move the depot",
            depot.name
        )))
    })
}
