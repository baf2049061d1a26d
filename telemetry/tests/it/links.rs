//! Drones whose link is lost, as the map shows them.

use std::collections::BTreeMap;
use std::sync::Arc;

use skyhaul_actors::event::Event;
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_actors::stage::Stage;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_telemetry::tracks::Tracks;
use skyhaul_telemetry::view::{DeliveryView, DroneView};

use crate::city::{City, environment, trace};

/// A day on which links are lost about once a minute, and are back or not.
fn unlinked_city(seed: u64) -> City {
    let mut planned = environment(4);
    planned.seed = seed;
    planned.faults.link_loss_per_flight_hour = 50.0;
    planned.demand = Some(trace(60, 60));
    let mut city = City::new(planned);
    city.run_s(4 * 3_600);
    city
}

/// What was last heard of a drone, and of its delivery.
struct Heard {
    drone: DroneView,
    delivery: Option<(DeliveryId, DeliveryView)>,
}

impl Heard {
    fn of(tracks: &Tracks, drone: DroneId, now: SimTime) -> Self {
        let drone = tracks.drone(drone, now).expect("it was commissioned");
        let delivery = drone.delivery;
        Self {
            delivery: delivery.and_then(|id| Some((id, tracks.delivery(id, now)?))),
            drone,
        }
    }

    /// The map shows this and no more.
    fn is_all_that_is_shown(&self, tracks: &Tracks, now: SimTime) {
        let last = &self.drone;
        let shown = tracks.drone(last.drone, now).expect("it was commissioned");
        assert!(shown.is_stale && tracks.leg(last.drone).is_none(), "{shown:?}");
        assert_eq!(
            (shown.at, shown.altitude_m, shown.heading_deg, shown.battery),
            (last.at, last.altitude_m, last.heading_deg, last.battery)
        );
        assert_eq!(shown.arrives_at, last.arrives_at.map(|at| at.max(now)));
        let Some((id, told)) = &self.delivery else { return };
        let Some(view) = tracks.delivery(*id, now) else {
            return;
        };
        if view.drone == Some(last.drone) && view.stage == told.stage {
            // What should have been by now is put off, as ever.
            let late = match view.stage {
                Stage::HeadedToPickup => now.since(told.pickup_eta),
                _ => now.since(told.delivery_eta),
            };
            assert_eq!(view.leg, None);
            let put_off = view.delivery_eta.since(told.delivery_eta);
            let most = if late == SimDuration::ZERO {
                SimDuration::ZERO
            } else {
                SimDuration::from_secs(30).max(late + late + late)
            };
            assert!((late..=most).contains(&put_off), "{view:?}");
        }
    }
}

/// Folds event by event; looks after each, and between it and the next.
fn watch(city: &City, mut look: impl FnMut(&Tracks, &Tracks, &Numbered<Event>, SimTime)) {
    let mut tracks = Tracks::new(Arc::clone(city.world.environment()));
    for (index, event) in city.events.iter().enumerate() {
        let before = tracks.clone();
        tracks.apply(event);
        let next = city.events.get(index + 1).map_or(event.at, |next| next.at);
        let between = event.at + SimDuration::from_micros(next.since(event.at).micros() / 2);
        for now in [event.at, between] {
            look(&before, &tracks, event, now);
        }
    }
}

#[test]
fn a_drone_without_a_link_stays_where_it_was_last_heard_of() {
    let city = unlinked_city(21);
    let mut silent: BTreeMap<DroneId, Heard> = BTreeMap::new();
    let (mut lost, mut turned) = (0, 0);
    watch(&city, |before, tracks, event, now| {
        match &event.event {
            Event::LinkLost { drone, .. } => {
                lost += usize::from(
                    silent
                        .insert(*drone, Heard::of(before, *drone, event.at))
                        .is_none(),
                );
            }
            Event::LinkRestored { drone } | Event::DroneFailed { drone, .. } => {
                silent.remove(drone);
                let shown = tracks.drone(*drone, now).expect("it was commissioned");
                assert!(!shown.is_stale);
            }
            Event::LegStarted(leg) => turned += usize::from(silent.contains_key(&leg.drone)),
            _ => {}
        }
        for heard in silent.values() {
            heard.is_all_that_is_shown(tracks, now);
        }
    });
    assert!(lost > 20, "{lost} links were lost");
    assert!(turned > 20, "{turned} legs began unheard");
    assert!(silent.is_empty());
}

#[test]
fn what_it_did_meanwhile_is_known_once_it_speaks_again() {
    let city = unlinked_city(22);
    let mut back = 0;
    watch(&city, |before, tracks, event, now| {
        let Event::LinkRestored { drone } = event.event else {
            return;
        };
        let shown = tracks.drone(drone, now).expect("it was commissioned");
        let Some(leg) = tracks.leg(drone) else { return };
        assert_eq!(shown.arrives_at, Some(leg.arrives().max(now)));
        assert!(before.leg(drone).is_none());
        back += 1;
        let Some(view) = shown.delivery.and_then(|id| tracks.delivery(id, now)) else {
            return;
        };
        if view.drone == Some(drone) && leg.delivery == shown.delivery {
            assert_eq!(view.leg.as_ref(), Some(leg));
        }
    });
    assert!(back > 20, "{back} spoke again in the air");
}

#[test]
fn saved_tracks_keep_what_was_last_heard() {
    let city = unlinked_city(23);
    let mut tracks = Tracks::new(Arc::clone(city.world.environment()));
    let mut kept = 0;
    for event in &city.events {
        tracks.apply(event);
        if matches!(event.event, Event::LinkLost { .. }) {
            let again = Tracks::load(Arc::clone(city.world.environment()), &tracks.save());
            assert!(again.is_ok_and(|again| again == tracks));
            kept += 1;
        }
    }
    assert!(kept > 20);
}
