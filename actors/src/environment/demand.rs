//! Demand: what is asked for when nobody asks from outside.

use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

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
