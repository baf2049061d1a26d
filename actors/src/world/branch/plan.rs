//! The plan of a branch: the wanted one, with every number that the recorded state knows things by left as it is.

use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Kilograms;

use super::BranchError;
use crate::environment::{AircraftSpec, CarrierSpec, Environment, Faults, FleetSpec, Zone};
use crate::ids::{AircraftId, DepotId};

/// Where the ways part.
#[derive(Clone, Copy)]
pub(super) struct Fork {
    /// The instant.
    pub(super) now: SimTime,
    /// When everything that flies then has landed.
    pub(super) landed_at: SimTime,
}

/// The plan by which the recorded world goes on as `wanted`.
pub(super) fn merge(
    recorded: &Environment,
    wanted: &Environment,
    fork: Fork,
) -> Result<Environment, BranchError> {
    if recorded.seed != wanted.seed {
        return Err(BranchError::SeedChanged);
    }
    if recorded.area != wanted.area {
        return Err(BranchError::AreaChanged);
    }
    if recorded.dispatch.region_delay != wanted.dispatch.region_delay {
        return Err(BranchError::RegionDelayChanged);
    }
    check_depots(recorded, wanted)?;
    let aircraft = merge_aircraft(recorded, wanted)?;
    Ok(Environment {
        epoch: recorded.epoch,
        fleets: merge_fleets(recorded, wanted, &aircraft)?,
        aircraft,
        zones: merge_zones(&recorded.zones, &wanted.zones, fork),
        carriers: merge_carriers(&recorded.carriers, &wanted.carriers),
        // Word of the recorded ones is under way already.
        faults: Faults {
            outages: recorded.faults.outages.clone(),
            ..wanted.faults.clone()
        },
        ..wanted.clone()
    })
}

fn check_depots(recorded: &Environment, wanted: &Environment) -> Result<(), BranchError> {
    let pairs = (0..recorded.depots.len().max(wanted.depots.len()))
        .map(|place| (recorded.depots.get(place), wanted.depots.get(place)));
    for (was, is) in pairs {
        if was != is {
            let name = was.or(is).map_or_else(String::new, |depot| depot.name.clone());
            return Err(BranchError::DepotsChanged(name));
        }
    }
    Ok(())
}

/// The recorded types at their places, then the new ones. One of which there are no drones may change.
fn merge_aircraft(recorded: &Environment, wanted: &Environment) -> Result<Vec<AircraftSpec>, BranchError> {
    let mut merged = recorded.aircraft.clone();
    for spec in &wanted.aircraft {
        let Some(place) = merged.iter().position(|known| known.name == spec.name) else {
            merged.push(spec.clone());
            continue;
        };
        let is_flown = recorded
            .fleets
            .iter()
            .any(|fleet| usize::from(fleet.aircraft.0) == place);
        if is_flown && merged[place] != *spec {
            return Err(BranchError::AircraftChanged(spec.name.clone()));
        }
        merged[place] = spec.clone();
    }
    Ok(merged)
}

/// The recorded fleets, then the drones that are new, each kind as a fleet of its own.
fn merge_fleets(
    recorded: &Environment,
    wanted: &Environment,
    aircraft: &[AircraftSpec],
) -> Result<Vec<FleetSpec>, BranchError> {
    let count = |environment: &Environment, depot: DepotId, name: &str| -> u32 {
        let alike =
            |fleet: &&FleetSpec| fleet.depot == depot && environment.aircraft(fleet.aircraft).name == name;
        let fleets = environment.fleets.iter().filter(alike);
        fleets.map(|fleet| fleet.count).sum()
    };
    for fleet in &recorded.fleets {
        let name = &recorded.aircraft(fleet.aircraft).name;
        let had = count(recorded, fleet.depot, name);
        let stays = count(wanted, fleet.depot, name);
        if stays < had {
            return Err(BranchError::DronesTaken {
                depot: recorded.depot(fleet.depot).name.clone(),
                aircraft: name.clone(),
                had,
                wanted: stays,
            });
        }
    }
    let mut merged = recorded.fleets.clone();
    let mut seen = Vec::new();
    for fleet in &wanted.fleets {
        let name = &wanted.aircraft(fleet.aircraft).name;
        if seen.contains(&(fleet.depot, name)) {
            continue;
        }
        seen.push((fleet.depot, name));
        let more = count(wanted, fleet.depot, name) - count(recorded, fleet.depot, name);
        let place = aircraft.iter().position(|known| known.name == *name);
        if let Some(place) = place.and_then(|place| u16::try_from(place).ok())
            && more > 0
        {
            merged.push(FleetSpec {
                depot: fleet.depot,
                aircraft: AircraftId(place),
                count: more,
            });
        }
    }
    Ok(merged)
}

/// The recorded zones at their places, those that are not wanted ended now; then the new ones.
fn merge_zones(recorded: &[Zone], wanted: &[Zone], fork: Fork) -> Vec<Zone> {
    let stays = recorded.iter().map(|zone| {
        let is_over = zone.until.is_some_and(|until| until <= fork.now);
        Zone {
            until: if is_over || wanted.contains(zone) {
                zone.until
            } else {
                Some(fork.now)
            },
            ..zone.clone()
        }
    });
    let comes = wanted.iter().filter(|zone| !recorded.contains(zone)).map(|zone| {
        let is_known = recorded.iter().any(|known| known.name == zone.name);
        Zone {
            name: if is_known {
                format!("{} (changed)", zone.name)
            } else {
                zone.name.clone()
            },
            from: Some(zone.from.unwrap_or(SimTime::ZERO).max(fork.landed_at)),
            announced: zone.announced.filter(|announced| *announced > fork.now),
            ..zone.clone()
        }
    });
    stays.chain(comes).collect()
}

/// The recorded carriers at their places, with their new terms; one that is not wanted takes nothing any more. Then the new ones.
fn merge_carriers(recorded: &[CarrierSpec], wanted: &[CarrierSpec]) -> Vec<CarrierSpec> {
    let stays = recorded.iter().map(|known| {
        let spec = wanted.iter().find(|spec| spec.name == known.name);
        spec.cloned().unwrap_or_else(|| CarrierSpec {
            payload_max: Kilograms::ZERO,
            ..known.clone()
        })
    });
    let is_new = |spec: &&CarrierSpec| !recorded.iter().any(|known| known.name == spec.name);
    stays.chain(wanted.iter().filter(is_new).cloned()).collect()
}
