//! Worlds in which anything may go wrong.

use proptest::prelude::*;
use skyhaul_actors::command::{Command, Place, RescheduleChanges};
use skyhaul_actors::energy::Range;
use skyhaul_actors::environment::{
    AircraftSpec, Demand, DepotSpec, EnergyModel, Environment, FleetSpec, Weather, Zone, ZoneShape,
};
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::{AircraftId, DepotId};
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};

use crate::city::{City, environment, light, place, trace};

/// Requests a world with mishaps gets.
pub(crate) const REQUESTS: u32 = 40;

/// A world in which anything may go wrong.
#[derive(Clone, Debug)]
pub(crate) struct Mishaps {
    seed: u64,
    drones: u32,
    heavy_drones: u32,
    failures: f64,
    links: f64,
    panics: f64,
    carrier_failure: f64,
    wind: (f64, f64),
    zones: Vec<Closing>,
    /// Every so many seconds a client changes its mind.
    changes_every_s: Option<u64>,
    /// How often drones move between the depots, where they share a region.
    rebalance_mins: Option<u64>,
    /// How long word takes between the depots, where each is a region of its own.
    apart_ms: Option<u64>,
}

/// A zone: where, how large, from when, for how long, and whether it is a disc.
#[derive(Clone, Debug)]
struct Closing {
    east_m: f64,
    north_m: f64,
    size_m: f64,
    from_s: Option<u64>,
    lasts_s: Option<u64>,
    is_disc: bool,
}

impl Mishaps {
    /// The drones it begins with.
    pub(crate) fn drones(&self) -> usize {
        self.environment()
            .fleets
            .iter()
            .map(|fleet| fleet.count as usize)
            .sum()
    }

    /// Its plan: two depots, two types of aircraft, every fifth parcel heavy, every seventh to be fetched near the second depot.
    pub(crate) fn environment(&self) -> Environment {
        let mut planned = environment(self.drones);
        planned.seed = self.seed;
        planned.faults.drone_failure_per_flight_hour = self.failures;
        planned.faults.link_loss_per_flight_hour = self.links;
        planned.faults.actor_panic_per_message = self.panics;
        planned.carriers[0].failure = self.carrier_failure;
        planned.weather = Weather::windy(self.wind.0, self.wind.1).into();
        planned.depots.push(DepotSpec {
            name: "east".to_owned(),
            at: place(2_500.0, -1_000.0),
            pads: 1,
            spare_batteries: 0,
            region: RegionId(u16::from(self.apart_ms.is_some())),
        });
        planned.dispatch.region_delay = SimDuration::from_millis(self.apart_ms.unwrap_or(1_000));
        planned.dispatch.rebalance = self.rebalance_mins.map(SimDuration::from_mins);
        planned.aircraft.push(heavy());
        planned.fleets.push(FleetSpec {
            depot: DepotId(1),
            aircraft: AircraftId(1),
            count: self.heavy_drones,
        });
        planned.zones = self.zones.iter().map(Closing::zone).collect();
        let mut demand = trace(REQUESTS, 45);
        if let Demand::Trace(requests) = &mut demand {
            for request in requests.iter_mut().step_by(5) {
                request.weight = Kilograms::new(8.0);
            }
            for request in requests.iter_mut().step_by(7) {
                request.pickup = place(2_300.0, -800.0);
            }
        }
        planned.demand = Some(demand);
        planned
    }

    /// Runs it until all has ended.
    pub(crate) fn run(&self) -> City {
        let mut city = City::new(self.environment());
        self.change_minds(&mut city, |_| {});
        city.run_s(48 * 3_600);
        city
    }

    /// The first hour, with its clients' changes of mind, and what else is done between them.
    pub(crate) fn change_minds(&self, city: &mut City, between: impl Fn(&mut City)) {
        for round in 0..self.changes_every_s.map_or(0, |every_s| 3_600 / every_s) {
            city.run_s(self.changes_every_s.unwrap_or_default());
            if let Some(command) = change_of_mind(city, round) {
                city.ask(command);
            }
            between(city);
        }
    }
}

/// A slow heavy lifter that charges on its pad.
fn heavy() -> AircraftSpec {
    AircraftSpec {
        name: "heavy".to_owned(),
        energy_model: EnergyModel::Range(Range { range_m: 16_000.0 }),
        airframe: Kilograms::new(40.0),
        battery: Kilograms::new(12.0),
        battery_capacity: WattHours::new(4_000.0),
        payload_max: Kilograms::new(30.0),
        cruise_mps: 15.0,
        swap: None,
        charge_w: 8_000.0,
        ..light()
    }
}

impl Closing {
    fn zone(&self) -> Zone {
        let (x, y, r) = (self.east_m, self.north_m, self.size_m);
        let from = self
            .from_s
            .map(|from_s| SimTime::ZERO + SimDuration::from_secs(from_s));
        Zone {
            name: format!("{self:?}"),
            shape: if self.is_disc {
                ZoneShape::Circle {
                    centre: place(x, y),
                    radius_m: r,
                }
            } else {
                // An L, so that one corner is hollow.
                let corners = [
                    (0.0, 0.0),
                    (r, 0.0),
                    (r, r / 2.0),
                    (r / 2.0, r / 2.0),
                    (r / 2.0, r),
                    (0.0, r),
                ];
                ZoneShape::Polygon(corners.map(|(dx, dy)| place(x + dx, y + dy)).to_vec())
            },
            from,
            until: self
                .lasts_s
                .map(|s| from.unwrap_or(SimTime::ZERO) + SimDuration::from_secs(s)),
            announced: None,
            floor_m: 0.0,
            ceiling_m: None,
        }
    }
}

/// Cancels or reschedules one of the last deliveries asked for.
fn change_of_mind(city: &City, round: u64) -> Option<Command> {
    let delivery = city
        .events
        .iter()
        .rev()
        .filter_map(|event| match &event.event {
            Event::DeliveryRequested { request, .. } => Some(request.delivery),
            _ => None,
        })
        .nth(usize::try_from(round % 4).ok()?)?;
    let changes = RescheduleChanges {
        pickup: Some(Place::on_ground(place(300.0, -400.0))),
        pickup_at: round
            .is_multiple_of(5)
            .then(|| city.world.now() + SimDuration::from_mins(20)),
        ..RescheduleChanges::default()
    };
    Some(match round % 3 {
        0 => Command::CancelDelivery { delivery },
        _ => Command::RescheduleDelivery { delivery, changes },
    })
}

fn closing() -> impl Strategy<Value = Closing> {
    (
        (-2_000.0..2_500.0_f64, -2_000.0..2_000.0_f64, 50.0..900.0_f64),
        prop::option::of(0..3_600_u64),
        prop::option::of(60..3_600_u64),
        any::<bool>(),
    )
        .prop_map(|((east_m, north_m, size_m), from_s, lasts_s, is_disc)| Closing {
            east_m,
            north_m,
            size_m,
            from_s,
            lasts_s,
            is_disc,
        })
}

/// Any world with mishaps.
pub(crate) fn mishaps() -> impl Strategy<Value = Mishaps> {
    (
        (any::<u64>(), 1..6_u32, 0..3_u32),
        (
            0.0..4.0_f64,
            prop_oneof![Just(0.0), 0.0..60.0_f64],
            prop_oneof![Just(0.0), 0.0..0.4_f64],
            0.0..0.5_f64,
        ),
        prop_oneof![Just((0.0, 0.0)), (0.0..11.0_f64, 0.0..360.0_f64)],
        prop::collection::vec(closing(), 0..4),
        prop::option::of(20..200_u64),
        (prop::option::of(1..10_000_u64), prop::option::of(1..20_u64)),
    )
        .prop_map(
            |(
                (seed, drones, heavy_drones),
                (failures, links, panics, carrier_failure),
                wind,
                zones,
                changes_every_s,
                (apart_ms, rebalance_mins),
            )| {
                Mishaps {
                    seed,
                    drones,
                    heavy_drones,
                    failures,
                    links,
                    panics,
                    carrier_failure,
                    wind,
                    zones,
                    changes_every_s,
                    apart_ms,
                    rebalance_mins,
                }
            },
        )
}
