//! `[demand]`: who wants what brought where.

use std::ops::RangeInclusive;

use skyhaul_actors::airspace::Airspace;
use skyhaul_actors::environment::{Area, Demand, DemandStream, Pickups, Places, TraceRequest};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use super::PICKUPS_AT_DEPOTS;
use crate::bundle::ScenarioBundle;
use crate::error::ScenarioError;
use crate::file::{Field, Section};
use crate::places::{Land, PlaceList, Spread, read_places};

/// The keys of the table, of `weight_kg`, and of a request.
const KEYS: &[&str] = &[
    "kind",
    "places",
    "weight",
    "spread_m",
    "clear_of_zones",
    "pickups",
    "requests_per_day",
    "hourly",
    "weight_kg",
    "expedited",
    "deadline",
    "request",
];
const WEIGHT_KEYS: &[&str] = &["mean", "max"];
const REQUEST_KEYS: &[&str] = &["at", "pickup", "dropoff", "weight_kg", "expedited", "deadline"];

/// The keys that mean something to lists of places only, and to streams only.
const PLACES_KEYS: &[&str] = &["places", "weight", "spread_m"];
const STREAM_KEYS: &[&str] = &[
    "places",
    "weight",
    "spread_m",
    "clear_of_zones",
    "pickups",
    "requests_per_day",
    "hourly",
    "weight_kg",
    "expedited",
    "deadline",
];

/// Most requests a day: fifty thousand a second would be 4.3 thousand million, far beyond any city.
const REQUESTS_PER_DAY: RangeInclusive<f64> = 0.0..=1e9;
/// Most requests of a trace. More are refused.
const TRACE_MAX: usize = 1_000_000;
/// Weights of an hour.
const HOUR_WEIGHT: RangeInclusive<f64> = 0.0..=1e12;
/// Masses of parcels, kg.
const PARCEL_KG: RangeInclusive<f64> = 0.001..=10_000.0;
/// Masses of parcels where the file does not say: what retail sends by drone.
const WEIGHT_MEAN_KG_DEFAULT: f64 = 0.9;
const WEIGHT_MAX_KG_DEFAULT: f64 = 2.5;
/// Scatter, m.
const SPREAD_M: RangeInclusive<f64> = 0.0..=100_000.0;
/// From request to deadline, and from the start to a request.
const DEADLINE: RangeInclusive<SimDuration> =
    SimDuration::from_secs(1)..=SimDuration::from_mins(30 * 24 * 60);
const REQUEST_AT: RangeInclusive<SimDuration> = SimDuration::ZERO..=super::DURATION_MAX;

/// Demand with what only the file knew of it.
#[derive(Clone, Debug)]
pub(super) struct ReadDemand {
    /// As the world takes it.
    pub(super) demand: Demand,
    /// As the file said it.
    pub(super) said: SaidDemand,
    /// Places by name.
    pub(super) named: Vec<(String, Position)>,
}

/// What describes demand but is no part of the world.
#[derive(Clone, Debug, Default)]
pub(super) struct SaidDemand {
    /// The list of places, where there is one.
    pub(super) places: Option<SaidPlaces>,
    /// `depots`, or the list of shops.
    pub(super) pickups: String,
    /// The weights of the hours as written.
    pub(super) hourly: Option<[f64; 24]>,
    /// Whether places in zones are left out.
    pub(super) clear_of_zones: bool,
    /// What was left out, in words.
    pub(super) notes: Vec<String>,
}

/// What describes a list of places.
#[derive(Clone, Debug)]
pub(super) struct SaidPlaces {
    pub(super) path: String,
    pub(super) weight: Option<String>,
    pub(super) spread_m: Option<f64>,
}

/// What demand is read against.
pub(super) struct Ground<'a> {
    /// The service area.
    pub(super) area: Area,
    /// What is closed for ever.
    pub(super) closed: &'a Airspace,
    /// The files.
    pub(super) bundle: &'a ScenarioBundle,
}

/// Reads the table.
///
/// # Errors
/// The first mistake.
pub(super) fn read(root: &Section<'_>, ground: &Ground<'_>) -> Result<ReadDemand, ScenarioError> {
    let section = root.require("demand")?.table(KEYS)?;
    match section.require("kind")?.word(&["places", "uniform", "trace"])? {
        "trace" => {
            let why = "means nothing to demand kind = \"trace\"; remove it, or give it with each request";
            section.refuse_all(STREAM_KEYS, why)?;
            read_trace(&section)
        }
        kind => {
            let why = "belongs to demand kind = \"trace\"; remove it, or change the kind";
            section.refuse_all(&["request"], why)?;
            if kind == "uniform" {
                let why = "belongs to demand kind = \"places\"; remove it, or change the kind";
                section.refuse_all(PLACES_KEYS, why)?;
            }
            read_stream(&section, kind, ground)
        }
    }
}

fn read_stream(section: &Section<'_>, kind: &str, ground: &Ground<'_>) -> Result<ReadDemand, ScenarioError> {
    let clear_of_zones = section.boolean_or("clear_of_zones", false)?;
    let land = Land {
        area: ground.area,
        clear_of: clear_of_zones.then_some(ground.closed),
    };
    let mut said = SaidDemand {
        clear_of_zones,
        hourly: section
            .get("hourly")
            .map(|field| read_hourly(&field))
            .transpose()?,
        ..SaidDemand::default()
    };
    let mut named = Vec::new();
    let dropoffs = if kind == "places" {
        let (list, places) = read_dropoffs(section, ground.bundle, &land)?;
        said.notes.extend(note(&places.path, &list));
        said.places = Some(places);
        named.extend(list.named);
        Places::Weighted(list.weighted)
    } else {
        Places::Uniform
    };
    let pickups = match section.get("pickups") {
        Some(field) if field.text()? != PICKUPS_AT_DEPOTS => {
            let (path, text) = ground.bundle.file(&field)?;
            let list = read_places(path, text, None, Spread::None, &land)?;
            path.clone_into(&mut said.pickups);
            said.notes.extend(note(path, &list));
            named.extend(list.named);
            Pickups::Places(Places::Weighted(list.weighted))
        }
        _ => {
            PICKUPS_AT_DEPOTS.clone_into(&mut said.pickups);
            Pickups::Depots
        }
    };
    let (weight_mean_kg, weight_max_kg) = read_weight(section)?;
    let demand = Demand::Stream(DemandStream {
        dropoffs,
        pickups,
        requests_per_day: section.require("requests_per_day")?.number(REQUESTS_PER_DAY)?,
        hourly: shares(&said.hourly.unwrap_or([1.0; 24])),
        weight_mean_kg,
        weight_max_kg,
        expedited: section.number_or("expedited", 0.0, 0.0..=1.0)?,
        deadline: section.duration("deadline", DEADLINE)?,
    });
    Ok(ReadDemand { demand, said, named })
}

fn read_dropoffs(
    section: &Section<'_>,
    bundle: &ScenarioBundle,
    land: &Land<'_>,
) -> Result<(PlaceList, SaidPlaces), ScenarioError> {
    let (path, text) = bundle.file(&section.require("places")?)?;
    let weight = section.get("weight").map(|field| field.text()).transpose()?;
    let spread_m = section
        .get("spread_m")
        .map(|field| field.number(SPREAD_M))
        .transpose()?;
    let spread = spread_m.map_or(Spread::ByLandArea, Spread::Metres);
    let list = read_places(path, text, weight, spread, land)?;
    let said = SaidPlaces {
        path: path.to_owned(),
        weight: weight.map(str::to_owned),
        spread_m,
    };
    Ok((list, said))
}

/// What of a list was left out, in words.
fn note(path: &str, list: &PlaceList) -> Option<String> {
    (list.outside + list.closed > 0).then(|| {
        format!(
            "{path}: {} places; left out: {} outside the area, {} in no-fly zones",
            list.weighted.len(),
            list.outside,
            list.closed
        )
    })
}

fn read_hourly(field: &Field<'_>) -> Result<[f64; 24], ScenarioError> {
    let items = field.items()?;
    let weights: Vec<f64> = items
        .iter()
        .map(|item| item.number(HOUR_WEIGHT))
        .collect::<Result<_, _>>()?;
    let count = weights.len();
    let weights: [f64; 24] = weights.try_into().map_err(|_| {
        field.refuse(format_args!(
            "has {count} numbers, must have 24, one a local hour from midnight"
        ))
    })?;
    if weights.iter().sum::<f64>() <= 0.0 {
        return Err(field.refuse("has no hour above 0; give one hour or more a weight"));
    }
    Ok(weights)
}

/// Weights as shares of their sum.
fn shares(weights: &[f64; 24]) -> [f64; 24] {
    let total: f64 = weights.iter().sum();
    weights.map(|weight| weight / total)
}

fn read_weight(section: &Section<'_>) -> Result<(f64, f64), ScenarioError> {
    let Some(weight) = section.table("weight_kg", WEIGHT_KEYS)? else {
        return Ok((WEIGHT_MEAN_KG_DEFAULT, WEIGHT_MAX_KG_DEFAULT));
    };
    let mean = weight.number_or("mean", WEIGHT_MEAN_KG_DEFAULT, PARCEL_KG)?;
    let max = weight.number_or("max", WEIGHT_MAX_KG_DEFAULT.max(mean), PARCEL_KG)?;
    match weight.get("max") {
        Some(field) if max < mean => {
            Err(field.refuse(format_args!("is {max}, less than the mean {mean}; raise it")))
        }
        _ => Ok((mean, max)),
    }
}

fn read_trace(section: &Section<'_>) -> Result<ReadDemand, ScenarioError> {
    let list = section.require("request")?;
    let items = list.items()?;
    if items.len() > TRACE_MAX {
        return Err(list.refuse(format_args!("has more than {TRACE_MAX} requests; use fewer")));
    }
    let mut requests = items.iter().map(read_request).collect::<Result<Vec<_>, _>>()?;
    requests.sort_by_key(|request| request.at);
    Ok(ReadDemand {
        demand: Demand::Trace(requests),
        said: SaidDemand::default(),
        named: Vec::new(),
    })
}

fn read_request(item: &Field<'_>) -> Result<TraceRequest, ScenarioError> {
    let section = item.table(REQUEST_KEYS)?;
    let at = SimTime::ZERO + section.require("at")?.duration(REQUEST_AT)?;
    let deadline = section.duration("deadline", DEADLINE)?;
    Ok(TraceRequest {
        at,
        pickup: section.require("pickup")?.position()?,
        dropoff: section.require("dropoff")?.position()?,
        weight: Kilograms::new(section.require("weight_kg")?.number(PARCEL_KG)?),
        expedited: section.boolean_or("expedited", false)?,
        deadline: deadline.map(|span| at + span),
    })
}
