//! Aircraft that fly elsewhere and say by MAVLink where they are.

use std::net::SocketAddr;
use std::sync::Arc;

use mavlink::dialects::common::{
    ATTITUDE_DATA, BATTERY_STATUS_DATA, GLOBAL_POSITION_INT_DATA, HEARTBEAT_DATA, MavMessage, MavModeFlag,
};
use mavlink::{MavHeader, write_v2_msg};
use serde_json::{Value, json};
use skyhaul_telemetry::mavlink::Listener;
use tokio::net::UdpSocket;

use crate::city::environment;
use crate::live::{Live, Peer};

/// An aircraft: its system id, and the socket it speaks from.
struct Aircraft {
    system_id: u32,
    socket: UdpSocket,
    to: SocketAddr,
}

impl Aircraft {
    async fn new(system_id: u32, from: &str, to: SocketAddr) -> Self {
        let socket = UdpSocket::bind(from).await.expect("a port is free");
        Self {
            system_id,
            socket,
            to,
        }
    }

    fn datagram(&self, messages: &[MavMessage]) -> Vec<u8> {
        let mut datagram = Vec::new();
        for message in messages {
            let header = MavHeader {
                system_id: self.system_id,
                component_id: 1,
                sequence: 0,
            };
            write_v2_msg(&mut datagram, header, message).expect("a vector takes all");
        }
        datagram
    }

    async fn say(&self, datagram: &[u8]) {
        self.socket.send_to(datagram, self.to).await.expect("it is sent");
    }

    /// Says that it flies at so many metres above 43.77° N, 11.25° E, with 62 % of its battery left.
    async fn fly(&self, metres: i32) {
        let heartbeat = HEARTBEAT_DATA {
            base_mode: MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED,
            ..HEARTBEAT_DATA::default()
        };
        let battery = BATTERY_STATUS_DATA {
            battery_remaining: 62,
            ..BATTERY_STATUS_DATA::default()
        };
        let messages = [
            MavMessage::GLOBAL_POSITION_INT(position(metres)),
            MavMessage::HEARTBEAT(heartbeat),
            MavMessage::BATTERY_STATUS(battery),
        ];
        self.say(&self.datagram(&messages)).await;
    }
}

fn position(metres: i32) -> GLOBAL_POSITION_INT_DATA {
    GLOBAL_POSITION_INT_DATA {
        lat: 437_700_000,
        lon: 112_500_000,
        alt: 90_000 + 1_000 * metres,
        relative_alt: 1_000 * metres,
        vx: 300,
        vy: -400,
        hdg: 30_687,
        ..GLOBAL_POSITION_INT_DATA::default()
    }
}

/// A server that listens to aircraft at 127.0.0.1, and where.
async fn listening() -> (Live, SocketAddr) {
    let live = Live::start(environment(1)).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
    let address = socket.local_addr().expect("it is bound");
    let takes = |sender: std::net::IpAddr| sender.to_string() == "127.0.0.1";
    let listener = Listener::new(Arc::clone(&live.externals), takes, &live.registry);
    tokio::spawn(listener.expect("the metric's name is free").run(socket));
    (live, address)
}

/// How many datagrams came to this.
fn counted(live: &Live, outcome: &str) -> f64 {
    let families = live.registry.gather();
    let family = families
        .iter()
        .find(|family| family.name() == "skyhaul_mavlink_datagrams_total");
    let metrics = family.map_or(&[][..], |family| family.get_metric());
    let is_it = |metric: &&prometheus::proto::Metric| metric.get_label()[0].value() == outcome;
    metrics
        .iter()
        .find(is_it)
        .map_or(0.0, |metric| metric.get_counter().get_value())
}

/// The next position of an external aircraft that is told.
async fn external(peer: &mut Peer) -> Value {
    loop {
        let frame = peer.next().await;
        let positions = frame["positions"].as_array().expect("a list");
        if let Some(found) = positions.iter().find(|each| each["external"] == true) {
            return found.clone();
        }
    }
}

#[tokio::test]
async fn an_aircraft_is_shown_beside_the_fleet_to_all_who_look_at_it() {
    let (live, address) = listening().await;
    let mut peer = live.connect().await;
    // Far away from where it flies: externals are few, and told to all.
    peer.say(r#"{"op":"subscribe","id":"f","topic":"fleet","bbox":[0,0,1,1]}"#)
        .await;
    assert_eq!(peer.next().await["positions"], json!([]));
    let aircraft = Aircraft::new(7, "127.0.0.1:0", address).await;
    aircraft.fly(30).await;
    let told = external(&mut peer).await;
    assert_eq!(
        told,
        json!({"drone": "external-7", "external": true, "stale": false, "state": "idle", "latitude": 43.77, "longitude": 11.25,
            "altitude": 30.0, "heading_deg": 306.9, "speed_mps": 5.0, "battery": 0.62, "delivery": null, "eta": null})
    );
    aircraft.fly(31).await;
    assert_eq!(external(&mut peer).await["altitude"], 31.0);
    let mut late = live.connect().await;
    late.say(r#"{"op":"subscribe","id":"f","topic":"fleet"}"#).await;
    assert_eq!(
        external(&mut late).await["altitude"],
        31.0,
        "a newcomer is told at once"
    );
}

#[tokio::test]
async fn an_aircraft_is_no_drone_of_the_fleet() {
    let (live, address) = listening().await;
    let mut peer = live.connect().await;
    peer.say(r#"{"op":"subscribe","id":"f","topic":"fleet"}"#).await;
    peer.next().await;
    Aircraft::new(7, "127.0.0.1:0", address).await.fly(30).await;
    external(&mut peer).await;
    let mut other = live.connect().await;
    other
        .say(r#"{"op":"subscribe","id":"d","topic":"drone:external-7"}"#)
        .await;
    assert_eq!(other.next().await["code"], "unknown_drone");
    other.say(r#"{"op":"subscribe","id":"s","topic":"stats"}"#).await;
    let drones = other.next().await["drones"].clone();
    let count: u64 = drones
        .as_object()
        .expect("by state")
        .values()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(count, 2, "the fleet's own: {drones}");
    assert!(
        live.city
            .events
            .iter()
            .all(|event| !format!("{event:?}").contains("external"))
    );
}

#[tokio::test]
async fn it_is_said_in_bytes_as_well() {
    let (live, address) = listening().await;
    let aircraft = Aircraft::new(7, "127.0.0.1:0", address).await;
    let mut peer = live
        .connect_raw("Sec-WebSocket-Protocol: skyhaul.v1.bin\r\n")
        .await;
    peer.next().await;
    peer.say(r#"{"op":"subscribe","id":"a","topic":"fleet"}"#).await;
    aircraft.fly(30).await;
    let frame = loop {
        let frame = peer.bytes().await;
        // A keyframe of the cell of externals.
        if (frame[0], frame[3]) == (3, 6) {
            break frame;
        }
    };
    let word = |at: usize| u32::from_le_bytes(frame[at..at + 4].try_into().expect("four bytes"));
    let half = |at: usize| u16::from_le_bytes(frame[at..at + 2].try_into().expect("two bytes"));
    assert_eq!(
        [24, 28, 32, 36, 40, 44].map(word),
        [0, 0, 0, 0, 1, 0],
        "one fix, and nothing else"
    );
    assert_eq!(
        (word(48), word(52)),
        (0x8000_0007, 512 + 1_024),
        "its number, and that it is external and flies"
    );
    assert_eq!((word(56), word(60)), (437_700_000, 112_500_000));
    assert_eq!([68, 72, 76, 80].map(half), [300, 3_069, 500, 6_200]);
}

#[tokio::test]
async fn what_makes_no_sense_and_what_strangers_say_is_dropped_and_counted() {
    let (live, address) = listening().await;
    let aircraft = Aircraft::new(7, "127.0.0.1:0", address).await;
    let whole = aircraft.datagram(&[MavMessage::GLOBAL_POSITION_INT(position(30))]);
    for cut in 0..whole.len() {
        aircraft.say(&whole[..cut]).await;
    }
    for bit in 0..8 * whole.len() {
        let mut other = whole.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        aircraft.say(&other).await;
    }
    aircraft.say(&[0xFD; 1_600]).await;
    let no_fix = GLOBAL_POSITION_INT_DATA {
        relative_alt: 5_000,
        ..GLOBAL_POSITION_INT_DATA::default()
    };
    let attitude = MavMessage::ATTITUDE(ATTITUDE_DATA::default());
    let nothing = aircraft.datagram(&[attitude, MavMessage::GLOBAL_POSITION_INT(no_fix)]);
    aircraft.say(&nothing).await;
    let stranger = Aircraft::new(9, "127.0.0.2:0", address).await;
    stranger.fly(30).await;
    // Datagrams on loopback keep their order, so all that came before is dealt with once this one is seen.
    let mut peer = live.connect().await;
    peer.say(r#"{"op":"subscribe","id":"f","topic":"fleet"}"#).await;
    aircraft.fly(40).await;
    let shown = external(&mut peer).await;
    assert_eq!(
        (&shown["drone"], &shown["altitude"]),
        (&json!("external-7"), &json!(40.0))
    );
    assert_eq!(counted(&live, "stranger"), 1.0);
    assert!(
        counted(&live, "malformed") >= 8.0 * 30.0,
        "{}",
        counted(&live, "malformed")
    );
    assert_eq!(counted(&live, "flood"), 0.0);
}
