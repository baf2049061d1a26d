//! Drones lent to another region, and zones that come up in their way.

use skyhaul_actors::energy::Range;
use skyhaul_actors::environment::{DepotSpec, EnergyModel, Environment, FleetSpec, Zone, ZoneShape};
use skyhaul_actors::event::{Event, LegPurpose, ReleaseReason};
use skyhaul_actors::ids::{DeliveryId, DepotId, DroneId};
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, place};
use crate::invariants::broken;

const WEST: DroneId = DroneId(0);
const EAST: DroneId = DroneId(1);

/// Two regions with a drone each and no carrier, their depots so far apart, and a wall between them that is told of at so many seconds: from so far east
/// on a hundred metres thick, so far to the north and to the south.
fn walled(apart_m: f64, told_s: u64, wall_m: f64, reach_m: f64) -> Environment {
    let mut planned = environment(1);
    planned.carriers.clear();
    planned.depots.push(DepotSpec {
        name: "east".to_owned(),
        at: place(apart_m, 0.0),
        region: RegionId(1),
        ..planned.depots[0].clone()
    });
    planned.fleets.push(FleetSpec {
        depot: DepotId(1),
        ..planned.fleets[0].clone()
    });
    let corners = [
        (wall_m, -reach_m),
        (wall_m + 100.0, -reach_m),
        (wall_m + 100.0, reach_m),
        (wall_m, reach_m),
    ];
    let shape = ZoneShape::Polygon(corners.map(|(east_m, north_m)| place(east_m, north_m)).to_vec());
    let told_at = SimTime::ZERO + SimDuration::from_secs(told_s);
    planned.zones = vec![Zone::permanent("wall".to_owned(), shape).told_of_at(told_at)];
    planned
}

/// To which drones the delivery was given, and which had to let go of it, why.
fn given_and_released(city: &City, wanted: DeliveryId) -> (Vec<DroneId>, Vec<(DroneId, ReleaseReason)>) {
    let (mut given, mut released) = (Vec::new(), Vec::new());
    for event in &city.events {
        match event.event {
            Event::DroneAssigned { delivery, drone, .. } if delivery == wanted => given.push(drone),
            Event::DroneReleased {
                delivery,
                drone,
                reason,
            } if delivery == wanted => released.push((drone, reason)),
            _ => {}
        }
    }
    (given, released)
}

fn all_is_well(city: &City) {
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

#[test]
fn a_lent_drone_that_has_to_go_a_long_way_round_is_let_go_of_for_one_at_home_that_is_sooner_there() {
    let mut planned = walled(12_000.0, 330, 500.0, 2_500.0);
    planned.aircraft[0].energy_model = EnergyModel::Range(Range { range_m: 80_000.0 });
    let mut city = City::new(planned);
    city.request(1, place(100.0, 0.0), place(100.0, 100.0), 1.0);
    city.run_s(10);
    let id = city.request(2, place(300.0, 0.0), place(300.0, 1_000.0), 1.0);
    city.run_s(7_200);
    let (given, released) = given_and_released(&city, id);
    assert_eq!(given, [EAST, WEST]);
    assert_eq!(released, [(EAST, ReleaseReason::Delayed)]);
    assert_eq!(city.story(id).last(), Some(&"completed"));
    all_is_well(&city);
}

#[test]
fn a_lent_drone_does_not_take_off_for_a_parcel_that_it_could_not_bring_any_more() {
    let mut city = City::new(walled(6_000.0, 12, 2_600.0, 6_000.0));
    city.request(1, place(500.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(10);
    let id = city.request(2, place(2_500.0, 0.0), place(2_500.0, 1_500.0), 1.0);
    city.run_s(7_200);
    let (given, released) = given_and_released(&city, id);
    assert_eq!(given, [EAST, WEST]);
    assert_eq!(released, [(EAST, ReleaseReason::DroneRefused)]);
    let flown_for_it = city.events.iter().any(|event| {
        matches!(&event.event, Event::LegStarted(leg)
            if leg.drone == EAST && leg.purpose == LegPurpose::Pickup)
    });
    assert!(!flown_for_it, "it stays where it is");
    assert_eq!(city.story(id).last(), Some(&"completed"));
    all_is_well(&city);
}
