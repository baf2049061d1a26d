//! The world as it was planned: area, depots, fleets, aircraft, weather, zones, demand. Read-only while it runs.

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, MetresPerSecond, WattHours};

use crate::ids::{AircraftId, CarrierId, DepotId};
use crate::mission::UNLOADING;

/// The longest that word from one region to another may take: an answer to a drone that unloads is back before it has unloaded, so that no
/// flight waits for word.
pub const REGION_DELAY_MAX: SimDuration = SimDuration::from_micros(UNLOADING.micros() / 2);

/// Everything that does not change while the world runs. Built from a scenario, shared by all actors.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The scenario's name.
    pub name: String,
    /// The seed of every random stream.
    pub seed: u64,
    /// Where virtual time begins on the calendar.
    pub epoch: Epoch,
    /// The service area.
    pub area: Area,
    /// The depots, by [`DepotId`].
    pub depots: Vec<DepotSpec>,
    /// The aircraft types, by [`AircraftId`].
    pub aircraft: Vec<AircraftSpec>,
    /// The fleets; drones are numbered through them in order.
    pub fleets: Vec<FleetSpec>,
    /// Wind and air.
    pub weather: Weather,
    /// No-fly zones.
    pub zones: Vec<Zone>,
    /// How drones are assigned.
    pub dispatch: Dispatch,
    /// Third-party carriers, by [`CarrierId`]; empty where they are not enabled.
    pub carriers: Vec<CarrierSpec>,
    /// What goes wrong, and how often.
    pub faults: Faults,
    /// Requests that come by themselves; `None` where only commands ask.
    pub demand: Option<Demand>,
}

impl Environment {
    /// The depot's plan.
    #[must_use]
    pub fn depot(&self, depot: DepotId) -> &DepotSpec {
        &self.depots[usize::from(depot.0)]
    }

    /// How many drones there are.
    #[must_use]
    pub fn drones(&self) -> u32 {
        self.fleets.iter().map(|fleet| fleet.count).sum()
    }

    /// The aircraft type.
    #[must_use]
    pub fn aircraft(&self, aircraft: AircraftId) -> &AircraftSpec {
        &self.aircraft[usize::from(aircraft.0)]
    }

    /// The greatest ground speed that an aircraft of the type may reach: with the wind. Rounded up, so that no drone is ever faster.
    #[must_use]
    pub fn speed_max(&self, aircraft: AircraftId) -> MetresPerSecond {
        const HALF_A_STEP_MPS: f64 = 0.000_5;
        MetresPerSecond::new(self.aircraft(aircraft).cruise_mps + self.weather.wind_mps + HALF_A_STEP_MPS)
    }

    /// The carrier's terms.
    #[must_use]
    pub fn carrier(&self, carrier: CarrierId) -> &CarrierSpec {
        &self.carriers[usize::from(carrier.0)]
    }

    /// The flat map round the area's centre on which paths are planned.
    #[must_use]
    pub fn plane(&self) -> LocalPlane {
        LocalPlane::new(self.area.centre)
    }
}

/// Where virtual time begins on the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Microseconds since 1970-01-01T00:00:00Z at virtual time 0.
    pub unix_micros: i64,
    /// Local time minus UTC, in seconds; demand's hours are local.
    pub utc_offset_s: i32,
}

impl Epoch {
    /// Microseconds since 1970-01-01T00:00:00Z at `at`.
    #[must_use]
    pub fn unix_micros_at(&self, at: SimTime) -> i64 {
        self.unix_micros.saturating_add_unsigned(at.micros())
    }

    /// Virtual time at a Unix time in microseconds; times before the epoch give zero.
    #[must_use]
    pub fn sim_time(&self, unix_micros: i64) -> SimTime {
        SimTime::from_micros(u64::try_from(unix_micros.saturating_sub(self.unix_micros)).unwrap_or(0))
    }
}

/// The service area: a disc.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Its centre.
    pub centre: Position,
    /// Its radius in metres.
    pub radius_m: f64,
}

impl Area {
    /// Whether the place lies inside.
    #[must_use]
    pub fn contains(&self, place: Position) -> bool {
        self.centre.distance_m(place) <= self.radius_m
    }
}

/// A depot as planned.
#[derive(Clone, Debug, PartialEq)]
pub struct DepotSpec {
    /// Its name, unique in the scenario.
    pub name: String,
    /// Where it stands.
    pub at: Position,
    /// How many drones may be charged or swapped at once.
    pub pads: u32,
    /// Charged batteries on the shelf at the start.
    pub spare_batteries: u32,
    /// The region in which it and its drones live. Regions are numbered from 0 without a gap.
    pub region: RegionId,
}

/// A number of equal drones at one depot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetSpec {
    /// Their home.
    pub depot: DepotId,
    /// Their type.
    pub aircraft: AircraftId,
    /// How many.
    pub count: u32,
}

/// How much energy an aircraft draws.
#[derive(Clone, Debug, PartialEq)]
pub enum EnergyModel {
    /// Rodrigues et al. 2022, measured on the DJI M100: take-off, cruise and landing.
    Rodrigues2022,
    /// Energy per metre from the published range: `battery_wh * (1 - reserve) / range_m` at half the greatest payload in
    /// calm air, scaled by total mass to the power 1.5; wind acts through time.
    Range {
        /// The published range in metres (both ways together) down to the reserve.
        range_m: f64,
    },
}

/// An aircraft type.
#[derive(Clone, Debug, PartialEq)]
pub struct AircraftSpec {
    /// Its name in the catalogue.
    pub name: String,
    /// Its energy model.
    pub energy_model: EnergyModel,
    /// Mass without battery and payload.
    pub airframe: Kilograms,
    /// Mass of the battery.
    pub battery: Kilograms,
    /// Capacity of the battery.
    pub battery_capacity: WattHours,
    /// The heaviest parcel it lifts.
    pub payload_max: Kilograms,
    /// Airspeed in cruise, m/s.
    pub cruise_mps: f64,
    /// Climb rate, m/s.
    pub climb_mps: f64,
    /// Descent rate, m/s.
    pub descent_mps: f64,
    /// Cruise altitude above ground, m.
    pub altitude_m: f64,
    /// Share of the battery that stays in it.
    pub reserve: f64,
    /// The strongest wind it flies in, m/s.
    pub wind_max_mps: f64,
    /// Time to swap the battery; `None` where it charges instead.
    pub swap: Option<SimDuration>,
    /// Charging power, W.
    pub charge_w: f64,
}

impl AircraftSpec {
    /// What must stay in the battery.
    #[must_use]
    pub fn reserve_energy(&self) -> WattHours {
        WattHours::new(self.battery_capacity.get() * self.reserve)
    }
}

/// Wind and air, the same everywhere in the area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    /// Wind speed at flight level, m/s.
    pub wind_mps: f64,
    /// Where the wind comes from, degrees clockwise from north.
    pub wind_from_deg: f64,
    /// Air density, kg/m³.
    pub rho: f64,
}

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

/// How drones are assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// The policy.
    pub policy: DispatchPolicy,
    /// How long a request waits for an able drone before it goes to a carrier.
    pub wait_max: SimDuration,
    /// How long word takes from one region to another: above zero, at most [`REGION_DELAY_MAX`].
    pub region_delay: SimDuration,
}

/// The policies that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchPolicy {
    /// The able drone that reaches the pickup first, at once.
    Nearest,
}

/// A third-party carrier's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct CarrierSpec {
    /// Its name.
    pub name: String,
    /// Price up to five miles, USD.
    pub base_usd: f64,
    /// Price of each further mile, USD.
    pub per_mile_usd: f64,
    /// Its mean speed on the road, m/s.
    pub speed_mps: f64,
    /// From booking to pickup.
    pub pickup_delay: SimDuration,
    /// Share of bookings that fail.
    pub failure: f64,
    /// The heaviest parcel it takes.
    pub payload_max: Kilograms,
}

/// What goes wrong, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// Failures of a drone per hour in the air.
    pub drone_failure_per_flight_hour: f64,
    /// Share of messages whose handler panics.
    pub actor_panic_per_message: f64,
    /// A mistake built into dispatch, to try those who should notice it. No scenario file can ask for it.
    pub sabotage: Option<Sabotage>,
}

/// Mistakes that dispatch can be made to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// A drone that was given a delivery still counts as ready.
    GivesTwice,
    /// A request that has to wait is forgotten.
    ForgetsWaiting,
    /// No zone is kept out of.
    IgnoresZones,
    /// No parcel is too heavy.
    IgnoresPayload,
}

/// Requests that come by themselves.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one in a world")]
pub enum Demand {
    /// A Poisson stream of requests.
    Stream(DemandStream),
    /// Exactly these requests, sorted by time.
    Trace(Vec<TraceRequest>),
}

/// A Poisson stream of requests whose rate follows the local hour.
#[derive(Clone, Debug, PartialEq)]
pub struct DemandStream {
    /// Where parcels go.
    pub dropoffs: Places,
    /// Where parcels come from.
    pub pickups: Pickups,
    /// Mean requests a day.
    pub requests_per_day: f64,
    /// Share of the day's requests in each local hour; sums to 1.
    pub hourly: [f64; 24],
    /// Mean mass of a parcel, kg (exponential, cut at the greatest).
    pub weight_mean_kg: f64,
    /// Greatest mass of a parcel, kg.
    pub weight_max_kg: f64,
    /// Share of expedited requests.
    pub expedited: f64,
    /// From request to deadline.
    pub deadline: Option<SimDuration>,
}

/// Where the parcels of a stream come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Pickups {
    /// The depot nearest to the drop-off.
    Depots,
    /// Places drawn by weight.
    Places(Places),
}

/// Places to draw from.
#[derive(Clone, Debug, PartialEq)]
pub enum Places {
    /// Anywhere in the area.
    Uniform,
    /// Listed places with weights and scatter.
    Weighted(Vec<WeightedPlace>),
}

/// A place with its share of the demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedPlace {
    /// Its middle.
    pub at: Position,
    /// Sum of the weights up to and including this place, so that drawing is a binary search.
    pub cumulative_weight: f64,
    /// Radius of the disc over which demand scatters, m.
    pub spread_m: f64,
}

/// One request of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceRequest {
    /// When it is made.
    pub at: SimTime,
    /// Where the parcel is.
    pub pickup: Position,
    /// Where it goes.
    pub dropoff: Position,
    /// Its mass.
    pub weight: Kilograms,
    /// Whether it is expedited.
    pub expedited: bool,
    /// By when it should arrive.
    pub deadline: Option<SimTime>,
}
