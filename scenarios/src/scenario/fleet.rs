//! `[[depots]]` and `[[fleets]]`: where drones live, and how many of which.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use skyhaul_actors::environment::{AircraftSpec, Area, DepotSpec, FleetSpec};
use skyhaul_actors::ids::{AircraftId, DepotId};
use skyhaul_engine::kernel::{REGIONS_MAX, RegionId};

use crate::catalogue;
use crate::error::ScenarioError;
use crate::file::{Field, Section, suggest};

/// The keys of a depot and of a fleet.
const DEPOT_KEYS: &[&str] = &["name", "at", "pads", "spare_batteries", "region"];
const FLEET_KEYS: &[&str] = &["depot", "aircraft", "count"];

/// Most depots: their ids are 16 bits. More are refused.
const DEPOTS_MAX: usize = 10_000;
/// Most entries of `[[fleets]]`: dispatch looks at each for each request. More are refused.
const FLEETS_MAX: usize = 10_000;
/// Most drones altogether: a million, the size the engine is measured at. More are refused.
const DRONES_MAX: u32 = 1_000_000;
/// Pads at a depot, and what it has where the file does not say.
const PADS: RangeInclusive<u32> = 1..=100_000;
const PADS_DEFAULT: u32 = 20;
/// Charged batteries on a depot's shelf, and what it has where the file does not say.
const SPARES: RangeInclusive<u32> = 0..=1_000_000;
const SPARES_DEFAULT: u32 = 20;

/// The depots, each with where its place stands in the file.
///
/// # Errors
/// The first mistake.
pub(super) fn read_depots<'a>(
    root: &Section<'a>,
    area: &Area,
) -> Result<Vec<(DepotSpec, Field<'a>)>, ScenarioError> {
    let list = root.require("depots")?;
    let items = limited(&list, DEPOTS_MAX)?;
    let mut depots: Vec<(DepotSpec, Field<'a>)> = Vec::with_capacity(items.len());
    let mut names = BTreeSet::new();
    let mut regions = Vec::new();
    for item in items {
        let section = item.table(DEPOT_KEYS)?;
        let name = section.require("name")?;
        let at = section.require("at")?;
        let depot = DepotSpec {
            name: name.text()?.to_owned(),
            at: at.position()?,
            pads: section.count_or("pads", PADS_DEFAULT, PADS)?,
            spare_batteries: section.count_or("spare_batteries", SPARES_DEFAULT, SPARES)?,
            region: find_region(&section, &name, &mut regions)?,
        };
        if !names.insert(depot.name.to_lowercase()) {
            return Err(name.refuse(format_args!(
                "`{}` is the name of another depot; choose another",
                depot.name
            )));
        }
        if !area.contains(depot.at) {
            return Err(at.refuse(format_args!(
                "`{}` lies {:.0} m from the area's centre, outside its radius of {} m; move the depot or widen the area",
                depot.name,
                area.centre.distance_m(depot.at),
                area.radius_m
            )));
        }
        depots.push((depot, at));
    }
    Ok(depots)
}

/// The region's place among those named so far, where it is put if it is not there yet. A depot has its own, under its own name, unless it says
/// otherwise.
fn find_region<'a>(
    section: &Section<'a>,
    depot: &Field<'a>,
    regions: &mut Vec<String>,
) -> Result<RegionId, ScenarioError> {
    let region = section.get("region");
    let name = region.as_ref().unwrap_or(depot).text()?;
    let place = regions.iter().position(|known| known == name);
    let place = place.unwrap_or_else(|| {
        regions.push(name.to_owned());
        regions.len() - 1
    });
    match u16::try_from(place) {
        Ok(number) if number < REGIONS_MAX => Ok(RegionId(number)),
        _ => Err(region.as_ref().unwrap_or(depot).refuse(format_args!(
            "is one region too many: there may be {REGIONS_MAX}; let depots share a `region`"
        ))),
    }
}

/// The fleets, and the aircraft types they use.
///
/// # Errors
/// The first mistake.
pub(super) fn read_fleets(
    root: &Section<'_>,
    depots: &[DepotSpec],
    own: &BTreeMap<String, AircraftSpec>,
) -> Result<(Vec<FleetSpec>, Vec<AircraftSpec>), ScenarioError> {
    let list = root.require("fleets")?;
    let mut fleets = Vec::new();
    let mut used: Vec<AircraftSpec> = Vec::new();
    let mut drones = 0;
    for item in limited(&list, FLEETS_MAX)? {
        let section = item.table(FLEET_KEYS)?;
        let depot = find_depot(&section.require("depot")?, depots)?;
        let aircraft = find_aircraft(&section.require("aircraft")?, own, &mut used)?;
        let count_field = section.require("count")?;
        let count = count_field.count(1..=DRONES_MAX)?;
        drones += count;
        if drones > DRONES_MAX {
            return Err(count_field.refuse(format_args!("makes more than {DRONES_MAX} drones; use fewer")));
        }
        fleets.push(FleetSpec {
            depot,
            aircraft,
            count,
        });
    }
    Ok((fleets, used))
}

pub(super) fn find_depot(field: &Field<'_>, depots: &[DepotSpec]) -> Result<DepotId, ScenarioError> {
    let name = field.text()?;
    depots
        .iter()
        .position(|depot| depot.name == name)
        .and_then(|index| u16::try_from(index).ok())
        .map(DepotId)
        .ok_or_else(|| {
            let known = depots.iter().map(|depot| depot.name.as_str());
            field.refuse(format_args!(
                "there is no depot `{name}`; {}",
                suggest(name, known, "must be one of")
            ))
        })
}

/// The aircraft's place among those used, where it is put if it is not there yet.
fn find_aircraft(
    field: &Field<'_>,
    own: &BTreeMap<String, AircraftSpec>,
    used: &mut Vec<AircraftSpec>,
) -> Result<AircraftId, ScenarioError> {
    let name = field.text()?;
    let index = used
        .iter()
        .position(|spec| spec.name == name)
        .unwrap_or(used.len());
    if index == used.len() {
        let spec = own.get(name).cloned().or_else(|| catalogue::find(name));
        used.push(spec.ok_or_else(|| {
            let known = own.keys().map(String::as_str).chain(catalogue::names());
            field.refuse(format_args!(
                "there is no aircraft `{name}`; {}",
                suggest(name, known, "must be one of")
            ))
        })?);
    }
    u16::try_from(index)
        .map(AircraftId)
        .map_err(|_| field.refuse("is one aircraft type too many; use fewer"))
}

/// The items of a list that is neither empty nor too long.
pub(super) fn limited<'a>(list: &Field<'a>, count_max: usize) -> Result<Vec<Field<'a>>, ScenarioError> {
    let items = list.items()?;
    if items.is_empty() || items.len() > count_max {
        return Err(list.refuse(format_args!(
            "has {} entries, must have 1 to {count_max}",
            items.len()
        )));
    }
    Ok(items)
}
