//! The fleet by MAVLink, as a ground station hears it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mavlink::dialects::common::{MavMessage, MavModeFlag, MavType, UtmFlightState};
use mavlink::{MavHeader, MavlinkReader};
use parking_lot::RwLock;
use skyhaul_actors::environment::{AircraftKind, Environment};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_telemetry::clock::VirtualClock;
use skyhaul_telemetry::mavlink::Broadcast;
use skyhaul_telemetry::tracks::Tracks;
use tokio::net::UdpSocket;

use crate::city::{City, environment, place};

/// Where the stream is written for another decoder, if anywhere.
const CAPTURE: &str = "SKYHAUL_MAVLINK_CAPTURE";

/// A clock that the test sets.
#[derive(Default)]
struct Hand(AtomicU64);

impl VirtualClock for Hand {
    fn now(&self) -> SimTime {
        SimTime::from_micros(self.0.load(Ordering::Relaxed))
    }

    fn speed(&self) -> f64 {
        1.0
    }

    fn behind_s(&self) -> f64 {
        0.0
    }
}

/// A city and what tells of it.
struct Sky {
    city: City,
    tracks: Arc<RwLock<Tracks>>,
    clock: Arc<Hand>,
}

impl Sky {
    fn new(drones_each: u32) -> Self {
        Self::of(environment(drones_each))
    }

    fn of(environment: Environment) -> Self {
        let city = City::new(environment);
        let tracks = Tracks::new(Arc::clone(city.world.environment()));
        Self {
            city,
            tracks: Arc::new(RwLock::new(tracks)),
            clock: Arc::default(),
        }
    }

    fn broadcast(&self, targets: Vec<SocketAddr>) -> Broadcast {
        let clock = Arc::clone(&self.clock) as Arc<dyn VirtualClock>;
        let epoch = self.city.world.environment().epoch;
        Broadcast::new(targets, Arc::clone(&self.tracks), clock, epoch)
    }

    fn run_s(&mut self, seconds: u64) {
        self.city.run_s(seconds);
        let mut tracks = self.tracks.write();
        let known = tracks.next_event();
        let news = self.city.events.iter().filter(|event| event.number >= known);
        news.for_each(|event| tracks.apply(event));
        let now = self.city.world.now().micros();
        self.clock.0.store(now, Ordering::Relaxed);
    }
}

fn heard(datagram: &[u8]) -> Vec<(MavHeader, MavMessage)> {
    let mut reader = MavlinkReader::new(datagram);
    let mut messages = Vec::new();
    while let Ok(message) = reader.read_any_message() {
        messages.push(message);
    }
    messages
}

#[test]
fn a_heartbeat_tells_what_carries_the_aircraft() {
    for (kind, expected) in [
        (AircraftKind::Multirotor, MavType::MAV_TYPE_QUADROTOR),
        (AircraftKind::Hybrid, MavType::MAV_TYPE_VTOL_FIXEDROTOR),
        (AircraftKind::Aeroplane, MavType::MAV_TYPE_FIXED_WING),
    ] {
        let mut planned = environment(1);
        planned.aircraft[0].kind = kind;
        let mut sky = Sky::of(planned);
        sky.run_s(1);
        let datagrams = sky.broadcast(Vec::new()).datagrams();
        let told = heard(&datagrams[0]);
        let Some((_, MavMessage::HEARTBEAT(heartbeat))) = told.first() else {
            panic!("a heartbeat comes first: {told:?}");
        };
        assert_eq!(heartbeat.mavtype, expected);
    }
}

#[test]
fn an_hour_of_the_stream_tells_where_each_drone_is() {
    let mut planned = environment(2);
    planned.aircraft[0].phases.winch_m = Some(15.0);
    planned.aircraft[0].phases.hover = SimDuration::from_secs(20);
    let mut sky = Sky::of(planned);
    let mut broadcast = sky.broadcast(Vec::new());
    let mut capture = std::env::var_os(CAPTURE).map(|path| File::create(path).expect("it can be written"));
    let mut sequences: BTreeMap<u32, u8> = BTreeMap::new();
    let (mut airborne, mut hanging, mut climbing, mut descending) = (0, 0, 0, 0);
    for second in 0..3_600_u64 {
        if second.is_multiple_of(300) {
            sky.city
                .request(u128::from(second) + 1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
        }
        sky.run_s(1);
        for datagram in broadcast.datagrams() {
            if let Some(capture) = &mut capture {
                capture.write_all(&datagram).expect("there is room");
            }
            let messages = heard(&datagram);
            let [
                (header, MavMessage::HEARTBEAT(heartbeat)),
                (_, MavMessage::GLOBAL_POSITION_INT(position)),
                (_, MavMessage::BATTERY_STATUS(battery)),
                (last, MavMessage::UTM_GLOBAL_POSITION(utm)),
            ] = messages.as_slice()
            else {
                panic!("four messages, not {messages:?}");
            };
            let drone = skyhaul_actors::ids::DroneId(header.system_id - 1);
            let view = sky
                .tracks
                .read()
                .drone(drone, sky.clock.now())
                .expect("it is known");
            assert_eq!((position.lat, position.lon), (view.at.lat_e7(), view.at.lon_e7()));
            assert_eq!(
                (utm.lat, utm.lon, utm.relative_alt),
                (position.lat, position.lon, position.relative_alt)
            );
            assert_eq!(u64::from(position.time_boot_ms), sky.clock.now().micros() / 1_000);
            assert!(utm.uas_id.starts_with(drone.to_string().as_bytes()));
            assert!((f64::from(battery.battery_remaining) - view.battery * 100.0).abs() <= 0.5);
            let is_armed = heartbeat
                .base_mode
                .contains(MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED);
            let flies = utm.flight_state == UtmFlightState::UTM_FLIGHT_STATE_AIRBORNE;
            assert_eq!((is_armed, flies), (view.is_in_air(), view.is_in_air()));
            assert_eq!(utm.vz, position.vz);
            assert!(
                (f64::from(position.vz) + view.climb_mps * 100.0).abs() <= 0.5,
                "downwards"
            );
            airborne += u32::from(flies);
            hanging += u32::from(flies && view.arrives_at.is_none() && position.relative_alt == 15_000);
            climbing += u32::from(position.vz == -500);
            descending += u32::from(position.vz == 400);
            let before = sequences.insert(header.system_id, last.sequence);
            assert_eq!(header.sequence, before.map_or(0, |before| before.wrapping_add(1)));
        }
    }
    assert_eq!(sequences.len(), 4, "all drones are heard");
    assert!(airborne > 1_000, "and some of them fly: {airborne}");
    assert!(hanging > 100, "some hang there with their winch down: {hanging}");
    assert!(climbing > 100 && descending > 100, "{climbing}, {descending}");
}

#[test]
fn a_large_fleet_is_told_of_as_far_as_there_are_system_ids() {
    let mut sky = Sky::new(200);
    sky.run_s(1);
    let datagrams = sky.broadcast(Vec::new()).datagrams();
    let last = heard(datagrams.last().expect("there are some"));
    assert_eq!((datagrams.len(), last[0].0.system_id), (250, 250));
}

#[tokio::test]
async fn a_ground_station_hears_the_fleet_and_nobody_minds_one_that_is_gone() {
    let mut sky = Sky::new(1);
    sky.run_s(1);
    let station = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
    let gone = SocketAddr::from(([127, 0, 0, 1], 9));
    let targets = vec![gone, station.local_addr().expect("it is bound")];
    let sending = tokio::spawn(sky.broadcast(targets).run());
    let mut heard_of = std::collections::BTreeSet::new();
    let mut datagram = [0; 512];
    while heard_of.len() < 2 {
        let length = station.recv(&mut datagram).await.expect("something comes");
        heard_of.insert(heard(&datagram[..length])[0].0.system_id);
    }
    assert!(!sending.is_finished());
    sending.abort();
}
