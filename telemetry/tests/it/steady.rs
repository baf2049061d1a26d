//! Maps of legs in the binary form, whose clients mostly just keep up: what comes between two of their frames, and what they are told then.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use serde_json::json;
use skyhaul_telemetry::external::{Movement, Report, Source};
use tokio::task::yield_now;
use tokio::time::Instant;

use crate::city::{centre, environment, place};
use crate::live::{Live, Peer};

const BINARY: &str = "Sec-WebSocket-Protocol: skyhaul.v1.bin\r\n";

/// Kinds of frames and of cells.
const VIEW: u8 = 2;
const KEYFRAME: u8 = 3;
const EXTERNALS: u8 = 6;

/// Flags of a view.
const WHOLE: u8 = 1;
const ANSWER: u8 = 2;

fn word(frame: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(frame[at..at + 4].try_into().expect("four bytes"))
}

fn words(frame: &[u8], at: usize, count: u32) -> Vec<u32> {
    let count = usize::try_from(count).expect("few");
    (0..count).map(|n| word(frame, at + 4 * n)).collect()
}

/// A map, and which drones' legs are in each of its cells.
struct Map {
    peer: Peer,
    seq: u32,
    cells: BTreeMap<(u8, u32), BTreeSet<u32>>,
}

impl Map {
    async fn open(mut peer: Peer) -> Self {
        look(&mut peer, 0.2).await;
        let (seq, cells) = (0, BTreeMap::new());
        let mut map = Self { peer, seq, cells };
        assert_eq!(map.next().await, WHOLE | ANSWER);
        map
    }

    /// Takes the next view in; gives its flags.
    async fn next(&mut self) -> u8 {
        let view = self.peer.bytes().await;
        assert_eq!(view[0], VIEW);
        assert_eq!(word(&view, 24), self.seq + 1, "nothing was missed");
        self.seq += 1;
        for _ in 0..word(&view, 28) {
            let frame = self.peer.bytes().await;
            let legs = self.cells.entry((frame[3], word(&frame, 4))).or_default();
            if frame[0] == KEYFRAME {
                legs.clear();
            }
            let gone = word(&frame, 24);
            for drone in words(&frame, 28, gone) {
                legs.remove(&drone);
            }
            let section = 28 + 4 * usize::try_from(gone).expect("few");
            legs.extend(words(&frame, section + 12, word(&frame, section)));
        }
        view[2]
    }

    fn legs(&self) -> BTreeSet<u32> {
        self.cells.values().flatten().copied().collect()
    }
}

/// Asks for the legs so many degrees around the middle.
async fn look(peer: &mut Peer, degrees: f64) {
    let (lat, lon) = (centre().lat(), centre().lon());
    let bbox = [lon - degrees, lat - degrees, lon + degrees, lat + degrees];
    let ask = json!({"op": "subscribe", "id": "map", "topic": "fleet", "bbox": bbox});
    peer.say(&ask.to_string()).await;
}

/// Lets drones take off, so many that are told of.
fn take_off(live: &mut Live, first: u128, count: u128) {
    for id in first..first + count {
        live.city.request(id, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    }
    live.advance(1);
}

#[tokio::test]
async fn whatever_comes_between_the_frames_of_a_map_are_one_row() {
    let mut live = Live::start(environment(20)).await;
    let mut map = Map::open(live.connect_raw(BINARY).await).await;
    take_off(&mut live, 1, 1);
    assert_eq!((map.next().await, map.legs().len()), (0, 1));
    map.peer.say(r#"{"op":"unsubscribe","id":"x"}"#).await;
    while live.metric("skyhaul_telemetry_errors_total") < 1.0 {
        yield_now().await;
    }
    take_off(&mut live, 2, 1);
    assert_eq!((map.next().await, map.legs().len()), (0, 2));
    look(&mut map.peer, 0.3).await;
    assert_eq!((map.next().await, map.legs().len()), (ANSWER, 2));
    take_off(&mut live, 3, 1);
    assert_eq!((map.next().await, map.legs().len()), (0, 3));
    let (source, report) = external();
    live.externals
        .hear(source, report, Instant::now())
        .expect("there is room");
    assert_eq!(map.next().await, 0);
    assert!(map.cells.contains_key(&(EXTERNALS, 0)));
    take_off(&mut live, 4, 1);
    assert_eq!((map.next().await, map.legs().len()), (0, 4));
}

fn external() -> (Source, Report) {
    let source = Source {
        address: Ipv4Addr::LOCALHOST.into(),
        system: 7,
    };
    let movement = Movement {
        at: centre(),
        altitude_m: 30.0,
        heading_deg: 0.0,
        speed_mps: 0.0,
    };
    (source, Report::Moving(movement))
}
